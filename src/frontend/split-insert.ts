// INSERT of many rows into a sharded table: each shard gets the rows whose keys are its own, all
// in one transaction. RETURNING rows come back in the order of VALUES.

import type { ServerConnection } from '../backend/server-connection.ts';
import type { RowChunk } from '../executor/shard-client.ts';
import type { SplitInsertPlan } from '../plan/statement-plan.ts';
import { commandComplete } from '../protocol/backend-messages.ts';
import { rowDescription } from '../protocol/row-description.ts';
import { describeStatement } from './describe-statement.ts';
import { FanOut, summedTag } from './fan-out.ts';
import { partsTypes } from './portable-types.ts';
import type { SessionContext, StatementRun } from './session-context.ts';
import { executionOf, shardOfKey } from './shard-choice.ts';
import type { ServerStream } from './shard-stream.ts';
import { inBlock } from './wide-block.ts';

export async function runSplitInsert(
  session: SessionContext,
  run: StatementRun,
  plan: SplitInsertPlan,
): Promise<void> {
  const { database } = session;
  const execution = executionOf(database, run);
  const shardOfRow = await database.lookups.evaluate(() =>
    plan.rows.map(row => shardOfKey(row.key, plan, execution)),
  );
  const tag = await inBlock(session, () => insert(session, run, plan, shardOfRow));
  session.client.writeSoon(commandComplete(tag));
}

async function insert(
  session: SessionContext,
  run: StatementRun,
  plan: SplitInsertPlan,
  shardOfRow: readonly number[],
): Promise<string> {
  const shards = [...new Set(shardOfRow)].sort((a, b) => a - b);
  const servers = await session.transaction.openAll(shards);
  const types = await parameterTypesOf(run, servers[0]!);
  const fanOut = new FanOut(servers, server => {
    const sql = sqlFor(plan, shardOfRow, server.address.shard);
    const parameterTypes = partsTypes(sql, types, session.database.shardCount, run.bind);
    const original = run.cached.sql;
    return { sql, original, parameterTypes, bind: run.bind, hiddenColumns: 0 };
  });
  await fanOut.readBy(async () => {
    if (plan.returning) await forwardInOrder(session, run, fanOut.streams, shardOfRow);
  });
  for (const notice of fanOut.notices()) session.client.writeSoon(notice);
  return summedTag(fanOut.streams.map(stream => stream.tag));
}

/** What one shard gets; `shardOfRow` in the order of the rows. */
export function sqlFor(
  plan: SplitInsertPlan,
  shardOfRow: readonly number[],
  shard: number,
): string {
  const rows = plan.rows.filter((_, i) => shardOfRow[i] === shard).map(row => row.sql);
  return plan.prefix + rows.join(', ') + plan.suffix;
}

/** A shard that does not get a row cannot infer the types of the row's parameters: they are
 *  asked for with the whole statement. */
export async function parameterTypesOf(
  run: StatementRun,
  server: ServerConnection,
): Promise<readonly number[]> {
  if (run.bind === null || run.bind.parameters === 0) return run.parameterTypes;
  const described = await describeStatement(server, run.cached.sql, run.parameterTypes);
  return described.parameterTypes;
}

async function forwardInOrder(
  session: SessionContext,
  run: StatementRun,
  streams: readonly ServerStream[],
  shardOfRow: readonly number[],
): Promise<void> {
  const { client } = session;
  const readers = new Map(streams.map(stream => [stream.shard, new RowReader(stream)]));
  const columns = await streams[0]!.columns;
  if (run.bind === null) client.writeSoon(rowDescription(columns));
  const pieces: Buffer[] = [];
  for (const shard of shardOfRow) {
    const row = await readers.get(shard)!.next();
    if (row !== null) pieces.push(row);
  }
  // A row trigger may have added or dropped rows: what is left comes behind.
  for (const reader of readers.values()) {
    for (let row = await reader.next(); row !== null; row = await reader.next()) pieces.push(row);
  }
  if (!client.writeSoon(Buffer.concat(pieces))) await session.clientDrained();
}

class RowReader {
  readonly #stream: ServerStream;
  #chunk: RowChunk | null = null;
  #at = 0;

  constructor(stream: ServerStream) {
    this.#stream = stream;
  }

  async next(): Promise<Buffer | null> {
    if (this.#chunk === null || this.#at >= this.#chunk.rows) {
      this.#chunk = await this.#stream.next();
      this.#at = 0;
    }
    if (this.#chunk === null) return null;
    const { bytes, offsets } = this.#chunk;
    const row = bytes.subarray(offsets[this.#at], offsets[this.#at + 1]);
    this.#at += 1;
    return row;
  }
}
