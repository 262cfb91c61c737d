// COPY … FROM STDIN into several shards: rows are cut from the client's stream and each goes to
// the shard of its key (or all go to all), byte for byte, in one transaction.

import type { ServerConnection, ServerConsumer } from '../backend/server-connection.ts';
import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { BroadcastCopyPlan, SplitCopyPlan } from '../plan/statement-plan.ts';
import { commandComplete } from '../protocol/backend-messages.ts';
import {
  copyDoneFromClient,
  copyFailMessage,
  queryMessage,
} from '../protocol/frontend-messages.ts';
import { Backend, Frontend, headerBytes } from '../protocol/message-codes.ts';
import { ServerError } from '../protocol/server-error.ts';
import type { KeyBytes, Placement } from '../sharding/placement.ts';
import type { CopyRows } from '../types/copy/copy-rows.ts';
import { openCopyRows, requireSplittableEncoding } from '../types/copy/open-copy-rows.ts';
import type { CopyReceiver } from './copy-stream.ts';
import { summedTag } from './fan-out.ts';
import type { SessionContext, StatementRun } from './session-context.ts';
import { placed } from './shard-choice.ts';
import { inBlock } from './wide-block.ts';

type CopyPlan = SplitCopyPlan | BroadcastCopyPlan;

/** Rows of one shard are sent on in messages of about this size. */
const messageBytes = 65_536;

/** Rows wait this long for others at most: a client may want to hear of an error before it sends
 *  more. */
const rowsWaitMs = 50;

export async function runCopy(
  session: SessionContext,
  run: StatementRun,
  plan: CopyPlan,
  shards: readonly number[],
): Promise<void> {
  const tag = await inBlock(session, () => copy(session, run, plan, shards));
  session.client.write(commandComplete(tag));
}

async function copy(
  session: SessionContext,
  run: StatementRun,
  plan: CopyPlan,
  shards: readonly number[],
): Promise<string> {
  const servers = await session.transaction.openAll(shards);
  const distributor = distributorFor(session, plan);
  const branches = servers.map(server => new CopyBranch(server, run.cached.sql));
  try {
    const responses = await Promise.all(branches.map(branch => branch.ready));
    session.client.write(responses[0]!);
    run.copyBegan = true;
    await receive(session, distributor, branches);
  } catch (error) {
    for (const branch of branches) branch.fail('the COPY was stopped');
    await Promise.all(branches.map(branch => branch.finished));
    throw error;
  }
  await Promise.all(branches.map(branch => branch.finished));
  for (const branch of branches) if (branch.error !== null) throw branch.error;
  const tags = branches.map(branch => branch.tag);
  return plan.kind === 'split-copy' ? summedTag(tags) : tags[0]!;
}

/** Cuts the stream: bytes go to one branch or to all (null). */
interface Distributor {
  push(data: Buffer, to: (branch: number | null, bytes: Buffer) => void): void;
  end(to: (branch: number | null, bytes: Buffer) => void): void;
}

function distributorFor(session: SessionContext, plan: CopyPlan): Distributor {
  if (plan.kind === 'broadcast-copy') {
    return { push: (data, to) => to(null, data), end() {} };
  }
  const { parameters } = session.transaction.servers[0]!;
  const encoding = parameters.get('client_encoding') ?? 'UTF8';
  requireSplittableEncoding(encoding, plan.format.format, plan.hasText);
  const { format, keyPositions, columns } = plan;
  const rowBytesMax = session.database.config.general.messageSizeLimit;
  // Before PostgreSQL 18 `\.` alone on a line ended csv data too.
  const csvEndMarker = Number.parseInt(parameters.get('server_version') ?? '', 10) < 18;
  const rows = openCopyRows({ format, keyPositions, columns, rowBytesMax, csvEndMarker });
  return new RowDistributor(rows, session.database.placements[plan.placement]!, plan);
}

class RowDistributor implements Distributor {
  readonly #rows: CopyRows;
  readonly #placement: Placement;
  readonly #plan: SplitCopyPlan;

  constructor(rows: CopyRows, placement: Placement, plan: SplitCopyPlan) {
    this.#rows = rows;
    this.#placement = placement;
    this.#plan = plan;
  }

  push(data: Buffer, to: (branch: number | null, bytes: Buffer) => void): void {
    this.#distribute(this.#rows.push(data), to);
  }

  end(to: (branch: number | null, bytes: Buffer) => void): void {
    this.#distribute(this.#rows.end(), to);
    const trailer = this.#rows.trailer();
    if (trailer !== null) to(null, trailer);
  }

  #distribute(rows: Buffer[], to: (branch: number | null, bytes: Buffer) => void): void {
    const preamble = this.#rows.takePreamble();
    if (preamble !== null) to(null, preamble);
    for (const row of rows) to(this.#shardOf(row), row);
  }

  #shardOf(row: Buffer): number {
    const { columns, format } = this.#plan;
    const isBinary = format.format === 'binary';
    const bytes = columns.length > 1 ? null : this.#rows.keyOf(row, 0);
    if (bytes === null) return placed(this.#placement.shardOfRow(this.#key(row)), this.#plan);
    const shard = isBinary
      ? this.#placement.shardOfBinary(bytes, 0, bytes.length, true)
      : this.#placement.shardOfTextBytes(bytes, 0, bytes.length, true);
    return placed(shard, this.#plan);
  }

  #key(row: Buffer): (KeyBytes | null)[] {
    const { columns, format } = this.#plan;
    const kind = format.format === 'binary' ? 'binary' : 'text';
    return columns.map((_, column) => {
      const bytes = this.#rows.keyOf(row, column);
      return bytes === null ? null : { kind, bytes, start: 0, end: bytes.length, type: 0 };
    });
  }
}

function receive(
  session: SessionContext,
  distributor: Distributor,
  branches: readonly CopyBranch[],
): Promise<void> {
  const byShard = new Map(branches.map(branch => [branch.shard, branch]));
  const to = (shard: number | null, bytes: Buffer) => {
    if (shard !== null) byShard.get(shard)!.add(bytes);
    else for (const branch of branches) branch.add(bytes);
  };
  return new Promise((resolve, reject) => {
    let flushing: NodeJS.Timeout | undefined;
    const flush = () => {
      flushing = undefined;
      for (const branch of branches) branch.flush();
    };
    // PostgreSQL says so at once; what still comes is dropped (postgres.c, PostgresMain).
    const stop = (error: unknown) => {
      clearTimeout(flushing);
      session.intake.stopCopy();
      reject(error);
    };
    const attempt = (work: () => void): boolean => {
      try {
        work();
        return true;
      } catch (error) {
        stop(error);
        return false;
      }
    };
    const receiver: CopyReceiver = {
      onData(message) {
        if (!attempt(() => distributor.push(message.subarray(headerBytes), to))) return false;
        flushing ??= setTimeout(flush, rowsWaitMs);
        return branches.every(branch => branch.flowing);
      },
      onDone() {
        if (!attempt(() => distributor.end(to))) return;
        clearTimeout(flushing);
        for (const branch of branches) branch.done();
        resolve();
      },
      onFail(reason) {
        stop(new PgError(errors.copyFailed, { what: `COPY from stdin failed: ${reason}` }));
      },
    };
    for (const branch of branches) {
      branch.onDrain = () => branches.every(one => one.flowing) && session.intake.resumeCopy();
      branch.onError = stop;
      if (branch.error !== null) return stop(branch.error);
    }
    session.intake.receiveCopy(receiver);
  });
}

/** COPY … FROM STDIN on one server. */
class CopyBranch implements ServerConsumer {
  /** The server's CopyInResponse; rejects when it refused the COPY. */
  readonly ready: Promise<Buffer>;
  /** Resolves when the server is done, whatever came of it. */
  readonly finished: Promise<void>;
  error: Error | null = null;
  tag = '';
  onDrain: () => void = () => {};
  onError: (error: Error) => void = () => {};
  readonly #server: ServerConnection;
  #resolveReady!: (response: Buffer) => void;
  #rejectReady!: (error: Error) => void;
  #resolveFinished!: () => void;
  /** The CopyData message being filled, its header left free. */
  #message: Buffer = Buffer.allocUnsafe(messageBytes + 1024);
  #filled = headerBytes;
  #copying = false;
  /** Why the COPY is to fail whose beginning the server has not yet answered. */
  #failing: string | null = null;

  constructor(server: ServerConnection, sql: string) {
    this.#server = server;
    this.ready = new Promise((resolve, reject) => {
      this.#resolveReady = resolve;
      this.#rejectReady = reject;
    });
    this.ready.catch(() => {});
    this.finished = new Promise(resolve => {
      this.#resolveFinished = resolve;
    });
    server.consumer = this;
    server.unnamed = null;
    server.send(queryMessage(sql), 1);
    // Lost while those of other shards were waited for: nothing will be heard of it any more.
    if (server.closed) this.onServerLost(server.lostError('the server closed the connection'));
  }

  get shard(): number {
    return this.#server.address.shard;
  }

  get flowing(): boolean {
    return this.#server.transport.backlogBytes === 0;
  }

  /** Copies: what is added may be a view of a buffer that is used again. */
  add(bytes: Buffer): void {
    const needed = this.#filled + bytes.length;
    if (needed > this.#message.length) this.#grow(needed);
    bytes.copy(this.#message, this.#filled);
    this.#filled = needed;
    if (needed >= messageBytes) this.flush();
  }

  /** Sends what was added as one CopyData message. */
  flush(): void {
    if (this.#filled === headerBytes) return;
    this.#message[0] = Frontend.copyData;
    this.#message.writeInt32BE(this.#filled - 1, 1);
    this.#server.transport.write(this.#message.subarray(0, this.#filled));
    this.#message = Buffer.allocUnsafe(messageBytes + 1024);
    this.#filled = headerBytes;
  }

  #grow(needed: number): void {
    const grown = Buffer.allocUnsafe(needed * 2);
    this.#message.copy(grown, 0, 0, this.#filled);
    this.#message = grown;
  }

  done(): void {
    this.flush();
    this.#copying = false;
    this.#server.send(copyDoneFromClient, 0);
  }

  /** Ends it on the server, at once or as soon as that waits for rows. */
  fail(reason: string): void {
    if (this.#copying && this.error === null) this.#server.send(copyFailMessage(reason), 0);
    this.#copying = false;
    this.#failing = reason;
  }

  onMessage(type: number, buffer: Buffer, start: number, end: number): void {
    if (type === Backend.copyInResponse) {
      if (this.#failing !== null) this.#server.send(copyFailMessage(this.#failing), 0);
      else this.#copying = true;
      this.#resolveReady(Buffer.from(buffer.subarray(start, end)));
    } else if (type === Backend.commandComplete) {
      this.tag = buffer.toString('latin1', start + headerBytes, end - 1);
    } else if (type === Backend.error) {
      this.error ??= new ServerError(Buffer.from(buffer.subarray(start, end)));
    }
  }

  onRows(): void {}

  onChunkEnd(server: ServerConnection): void {
    if (this.error !== null) {
      this.#rejectReady(this.error);
      this.onError(this.error);
    }
    if (server.readyDue > 0) return;
    server.consumer = null;
    this.#resolveFinished();
  }

  onServerLost(error: PgError): void {
    this.error ??= error;
    this.#rejectReady(this.error);
    this.onError(this.error);
    this.#resolveFinished();
  }

  onServerDrain(): void {
    this.onDrain();
  }
}
