// How fast rows of three shards are merged in this process, without sockets or servers: the executor
// over chunks in memory, of the size in which a socket gives them.

import { executeMerge } from '../src/executor/execute-merge.ts';
import { SharedMemory } from '../src/executor/memory-budget.ts';
import { RowWriter } from '../src/executor/row-writer.ts';
import type { ColumnDescription, RowChunk, ShardStream } from '../src/executor/shard-client.ts';
import type { AggregateSpec, Fragment, MergeNode } from '../src/plan/merge-plan.ts';
import { typeOid } from '../src/types/type-oid.ts';
import { type Spread, spreadOf } from './statistics.ts';

export interface RateFigures {
  readonly merge: string;
  /** Of all shards. */
  readonly rows: number;
  /** Million rows for each second of this thread's CPU. */
  readonly rate: Spread;
}

const shards = [0, 1, 2];
const passes = 5;
const bytesMax = 2 ** 31;
const memory = { bytesMax, shared: new SharedMemory(), sharedBytesMax: bytesMax };
const columns = [
  column('id', typeOid.int8),
  column('grp', typeOid.int4),
  column('number', typeOid.int8),
  column('amount', typeOid.numeric),
  column('name', typeOid.text),
  column('note', typeOid.text),
] as const;
const [id, grp, number, amount, name] = columns.keys();
const gather: Fragment = { kind: 'gather', sql: '', hiddenColumns: 0 };

/** `rows`: of each shard, and as many groups; each shard has about two thirds of them. */
export async function measureRates(rows: number): Promise<RateFigures[]> {
  const total = rows * shards.length;
  const streams = streamsOf(total, rows);
  const count: AggregateSpec = { kind: 'count', column: number! };
  const sum: AggregateSpec = { kind: 'sum', column: amount! };
  const grouped = (...aggregates: AggregateSpec[]): MergeNode => {
    return { kind: 'aggregate', groupColumns: [grp!], aggregates, input: gather };
  };
  const sorted = (by: number): MergeNode => ({
    kind: 'merge-sort',
    keys: [{ column: by, descending: false, nullsFirst: false }],
    input: gather,
  });
  const groups = `${rows.toLocaleString('en')} groups`;
  const merges: readonly (readonly [string, MergeNode])[] = [
    ['in order of a bigint', sorted(id!)],
    ['in order of a text', sorted(name!)],
    ['in order of a numeric', sorted(amount!)],
    [`${groups}: count`, grouped(count)],
    [`${groups}: count and a sum of numeric`, grouped(count, sum)],
  ];
  const figures: RateFigures[] = [];
  for (const [merge, root] of merges) {
    const rates: number[] = [];
    // The first pass is the compiler's.
    for (let pass = 0; pass <= passes; pass++) {
      const millions = await once(root, streams, total);
      if (pass > 0) rates.push(millions);
    }
    figures.push({ merge, rows: total, rate: spreadOf(rates)! });
  }
  return figures;
}

function column(columnName: string, type: number): ColumnDescription {
  const place = { tableOid: 0, columnNumber: 0, typeSize: -1, typeModifier: -1 };
  return { name: columnName, typeOid: type, format: 0, ...place };
}

/** Rows ascend in every column but the group; which shard has the next one follows no pattern. */
function streamsOf(rows: number, groups: number): RowChunk[][] {
  const streams = shards.map(() => {
    return { writer: new RowWriter(columns.length, 0), chunks: [] as RowChunk[] };
  });
  for (let i = 0; i < rows; i++) {
    const { writer, chunks } = streams[(Math.imul(i, 0x9e3779b1) >>> 8) % shards.length]!;
    writer.beginRow();
    for (const value of rowOf(i, groups)) writer.appendText(value);
    writer.endRow();
    if (writer.full) chunks.push(writer.take());
  }
  for (const { writer, chunks } of streams) if (writer.rows > 0) chunks.push(writer.take());
  return streams.map(({ chunks }) => chunks);
}

/** Values as PostgreSQL would write them. */
function rowOf(i: number, groups: number): readonly string[] {
  const word = (i * 99_991).toString(16).padStart(12, '0');
  const cents = ((i * 37) / 100).toFixed(2);
  return [
    `${1_000_000 + i}`,
    `${(i * 7_919) % groups}`,
    `${i % 5}`,
    cents,
    word,
    `note ${i % 1e6}`,
  ];
}

/** Million rows a second. */
async function once(
  root: MergeNode,
  streams: readonly (readonly RowChunk[])[],
  rows: number,
): Promise<number> {
  const begin = process.threadCpuUsage();
  const execution = executeMerge({
    ...{ plan: { kind: 'merge', root, otherwise: null }, shards, memory },
    client: { open: () => streams.map(streamOf) },
    rowCount: () => null,
  });
  let answered = 0;
  for (let chunk = await execution.next(); chunk !== null; chunk = await execution.next()) {
    answered += chunk.rows;
  }
  if (answered === 0) throw new Error('the merge gave no rows');
  const { user, system } = process.threadCpuUsage(begin);
  return rows / (user + system);
}

function streamOf(source: readonly RowChunk[], shard: number): ShardStream {
  let at = 0;
  return {
    ...{ shard, columns: Promise.resolve(columns) },
    next: () => Promise.resolve(source[at++] ?? null),
    cancel() {},
  };
}
