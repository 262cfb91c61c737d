// COPY … FROM STDIN into several shards: rows are cut from the client's stream and each goes to
// the shard of its key (or all go to all), byte for byte, in one transaction.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { BroadcastCopyPlan, SplitCopyPlan } from '../plan/statement-plan.ts';
import { commandComplete } from '../protocol/backend-messages.ts';
import { headerBytes } from '../protocol/message-codes.ts';
import type { KeyBytes, Placement } from '../sharding/placement.ts';
import type { CopyRows } from '../types/copy/copy-rows.ts';
import { openCopyRows, requireSplittableEncoding } from '../types/copy/open-copy-rows.ts';
import { CopiedDates } from './copied-dates.ts';
import { CopyDataBuffer } from './copy-data-buffer.ts';
import type { CopyReceiver } from './copy-stream.ts';
import type { DatabaseService } from './database-service.ts';
import { summedTag } from './fan-out.ts';
import type { Lookups } from './lookups.ts';
import { RowCopy } from './row-copy.ts';
import type { SessionContext, StatementRun } from './session-context.ts';
import { placed } from './shard-choice.ts';
import { inBlock } from './wide-block.ts';

type CopyPlan = SplitCopyPlan | BroadcastCopyPlan;

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
  session.client.writeSoon(commandComplete(tag));
}

async function copy(
  session: SessionContext,
  run: StatementRun,
  plan: CopyPlan,
  shards: readonly number[],
): Promise<string> {
  const servers = await session.transaction.openAll(shards);
  const distributor = distributorFor(session, plan);
  const branches = servers.map(server => new RowCopy(server, run.cached.sql));
  try {
    const responses = await Promise.all(branches.map(branch => branch.ready));
    session.client.write(responses[0]!);
    run.copyBegan = true;
    await new CopyReception(session, distributor, branches).run();
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

type Take = (branch: number | null, bytes: Buffer) => void;

/** Cuts the stream: bytes go to one branch or to all (null). Answers null, or when the rows are on
 *  their way whose keys had to be looked up: nothing is pushed before. */
interface Distributor {
  push(data: Buffer, to: Take): Promise<void> | null;
  end(to: Take): Promise<void> | null;
}

function distributorFor(session: SessionContext, plan: CopyPlan): Distributor {
  if (plan.kind === 'split-copy') {
    const { format, keyPositions, columns, hasText } = plan;
    const rows = openRows(session, { format, keyPositions, columns }, hasText);
    return new RowDistributor(rows, session.database, plan);
  }
  const { dated } = plan;
  if (dated !== null) {
    const { format, positions: keyPositions, columns } = dated;
    return new CopiedDates(openRows(session, { format, keyPositions, columns }, false), dated);
  }
  const push = (data: Buffer, to: Take) => {
    to(null, data);
    return null;
  };
  return { push, end: () => null };
}

function openRows(
  { transaction, database }: SessionContext,
  of: Pick<SplitCopyPlan, 'format' | 'keyPositions' | 'columns'>,
  keyIsText: boolean,
): CopyRows {
  const { parameters } = transaction.servers[0]!;
  const encoding = parameters.get('client_encoding') ?? 'UTF8';
  requireSplittableEncoding(encoding, of.format.format, keyIsText);
  const rowBytesMax = database.config.general.messageSizeLimit;
  // Before PostgreSQL 18 `\.` alone on a line ended csv data too.
  const csvEndMarker = Number.parseInt(parameters.get('server_version') ?? '', 10) < 18;
  return openCopyRows({ ...of, rowBytesMax, csvEndMarker });
}

class RowDistributor implements Distributor {
  readonly #rows: CopyRows;
  readonly #placement: Placement;
  readonly #lookups: Lookups;
  readonly #plan: SplitCopyPlan;

  constructor(rows: CopyRows, { placements, lookups }: DatabaseService, plan: SplitCopyPlan) {
    this.#rows = rows;
    this.#placement = placements[plan.placement]!;
    this.#lookups = lookups;
    this.#plan = plan;
  }

  push(data: Buffer, to: Take): Promise<void> | null {
    return this.#distribute(this.#rows.push(data), to);
  }

  end(to: Take): Promise<void> | null {
    const later = this.#distribute(this.#rows.end(), to);
    const trail = () => {
      const trailer = this.#rows.trailer();
      if (trailer !== null) to(null, trailer);
    };
    if (later !== null) return later.then(trail);
    trail();
    return null;
  }

  #distribute(rows: Buffer[], to: Take): Promise<void> | null {
    const preamble = this.#rows.takePreamble();
    if (preamble !== null) to(null, preamble);
    if (this.#placement.kind !== 'lookup') {
      for (const row of rows) to(this.#shardOf(row), row);
      return null;
    }
    const shards = this.#lookups.evaluate(() => rows.map(row => this.#shardOf(row)));
    const send = (shardOfRow: readonly number[]) => {
      for (const [i, row] of rows.entries()) to(shardOfRow[i]!, row);
    };
    if (shards instanceof Promise) return shards.then(send);
    send(shards);
    return null;
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

/** Takes what the client sends, up to its end or the first error. */
class CopyReception implements CopyReceiver {
  readonly #session: SessionContext;
  readonly #distributor: Distributor;
  readonly #branches: readonly RowCopy[];
  /** Of each branch, in the same order. */
  readonly #buffers: readonly CopyDataBuffer[];
  readonly #byShard: ReadonlyMap<number, CopyDataBuffer>;
  #flushing: NodeJS.Timeout | undefined;
  #stopped = false;
  /** Rows wait for their keys. */
  #waiting = false;
  #resolve!: () => void;
  #reject!: (error: unknown) => void;

  constructor(session: SessionContext, distributor: Distributor, branches: readonly RowCopy[]) {
    this.#session = session;
    this.#distributor = distributor;
    this.#branches = branches;
    this.#buffers = branches.map(branch => new CopyDataBuffer(message => branch.push(message)));
    this.#byShard = new Map(branches.map(({ shard }, i) => [shard, this.#buffers[i]!]));
  }

  /** Resolves when all rows are on their way. Rejects with what is wrong with them, or what a
   *  server says of them, which PostgreSQL does at once. */
  run(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      for (const branch of this.#branches) {
        branch.onDrain = () => this.#flows && this.#session.intake.resumeCopy();
        branch.onError = error => this.#stop(error);
        if (branch.error !== null) return this.#stop(branch.error);
      }
      this.#session.intake.receiveCopy(this);
    });
  }

  onData(message: Buffer): boolean {
    const data = message.subarray(headerBytes);
    const later = this.#attempt(() => this.#distributor.push(data, this.#to));
    if (later === undefined) return false;
    if (later === null) {
      this.#flushSoon();
      return this.#flows;
    }
    this.#wait(later, () => {
      this.#flushSoon();
      if (this.#flows) this.#session.intake.resumeCopy();
    });
    return false;
  }

  onDone(): void {
    const later = this.#attempt(() => this.#distributor.end(this.#to));
    if (later === null) this.#end();
    else if (later !== undefined) this.#wait(later, () => this.#end());
  }

  onFail(reason: string): void {
    this.#stop(new PgError(errors.copyFailed, { what: `COPY from stdin failed: ${reason}` }));
  }

  get #flows(): boolean {
    return !this.#waiting && this.#branches.every(branch => branch.flowing);
  }

  /** Once it was stopped the connections may be others' already. */
  readonly #to: Take = (shard, bytes) => {
    if (this.#stopped) return;
    if (shard !== null) this.#byShard.get(shard)!.add(bytes);
    else for (const buffer of this.#buffers) buffer.add(bytes);
  };

  /** undefined: it was stopped. */
  #attempt(work: () => Promise<void> | null): Promise<void> | null | undefined {
    try {
      return work();
    } catch (error) {
      this.#stop(error);
      return undefined;
    }
  }

  #wait(later: Promise<void>, goOn: () => void): void {
    this.#waiting = true;
    later.then(
      () => {
        this.#waiting = false;
        if (!this.#stopped) goOn();
      },
      error => {
        if (!this.#stopped) this.#stop(error);
      },
    );
  }

  #flushSoon(): void {
    this.#flushing ??= setTimeout(() => {
      this.#flushing = undefined;
      for (const buffer of this.#buffers) buffer.flush();
    }, rowsWaitMs);
  }

  #end(): void {
    clearTimeout(this.#flushing);
    for (const buffer of this.#buffers) buffer.flush();
    for (const branch of this.#branches) branch.done();
    this.#resolve();
  }

  /** What still comes is dropped (postgres.c, PostgresMain). */
  #stop(error: unknown): void {
    clearTimeout(this.#flushing);
    this.#stopped = true;
    this.#session.intake.stopCopy();
    this.#reject(error);
  }
}
