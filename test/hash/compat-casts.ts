// Keys that come with a type of their own, as parameters do that a driver declares: stored by
// PostgreSQL's assignment casts and compared by its implicit ones, against our shard of the value as
// it was sent.

import type pg from 'pg';
import { PgError } from '../../src/common/pg-error.ts';
import type { KeyTypeDescription } from '../../src/sharding/hash-types.ts';
import type { KeyBytes, Placement } from '../../src/sharding/placement.ts';
import { type Random, seededRandom } from '../sharding/seeded-random.ts';
import { mustPlace, shardedTable } from '../sharding/sharded-table.ts';
import type { Comparison } from './compat.ts';
import { magnitude, pick } from './key-sample.ts';

interface Cast {
  readonly from: string;
  readonly fromOid: number;
  readonly to: string;
  readonly key: KeyTypeDescription;
  readonly value: (random: Random) => string;
}

const shardCount = 7;

function integerBelow(bits: number) {
  return (random: Random): string =>
    `${random.below(2) === 0 ? '-' : ''}${magnitude(random, bits)}`;
}

function base(oid: number, typmod?: number): KeyTypeDescription {
  return typmod === undefined ? { kind: 'base', oid } : { kind: 'base', oid, typmod };
}

const words = (random: Random): string => pick(random, ['', 'a', 'ab', 'ab ', 'é', 'x  ', ' y']);
const networks = (random: Random): string => `10.${random.below(256)}.0.0/16`;
const rounded = base(1700, (12 << 16) + (-1 & 0x7ff) + 4);

const casts: readonly Cast[] = [
  ...([21, 23, 20] as const).flatMap((fromOid, i): Cast[] => {
    const from = ['smallint', 'integer', 'bigint'][i]!;
    const value = integerBelow([14, 30, 62][i]!);
    return [
      { from, fromOid, to: 'bigint', key: base(20), value },
      { from, fromOid, to: 'numeric', key: base(1700), value },
      { from, fromOid, to: 'numeric(12,-1)', key: rounded, value: integerBelow(14) },
      { from, fromOid, to: 'real', key: base(700), value },
      { from, fromOid, to: 'double precision', key: base(701), value },
    ];
  }),
  { from: 'bigint', fromOid: 20, to: 'smallint', key: base(21), value: integerBelow(14) },
  { from: 'text', fromOid: 25, to: 'varchar(2)', key: base(1043, 6), value: words },
  { from: 'text', fromOid: 25, to: 'name', key: base(19), value: words },
  { from: 'varchar', fromOid: 1043, to: 'char(3)', key: base(1042, 7), value: words },
  { from: 'name', fromOid: 19, to: 'text', key: base(25), value: words },
  {
    ...{ from: 'real', fromOid: 700, to: 'double precision', key: base(701) },
    value: random => `${random.below(1000)}.${random.below(100)}`,
  },
  { from: 'cidr', fromOid: 650, to: 'inet', key: base(869), value: networks },
];

/** A table for each cast, hashed; and what the server finds by the value is on one of our shards. */
export async function* compareCasts(
  client: pg.Client,
  seed: number,
  rows: number,
): AsyncGenerator<Comparison> {
  for (const [index, cast] of casts.entries()) {
    const random = seededRandom(seed + 49_979_687 + index);
    const table = `cast_${index}`;
    await createTable(client, table, cast.to);
    const values = Array.from({ length: rows }, () => cast.value(random));
    const { rows: sends } = await client.query<{ send: string }>(
      'SELECT typsend::regproc::text AS send FROM pg_type WHERE oid = $1',
      [cast.fromOid],
    );
    await client.query(
      `INSERT INTO ${table} SELECT v, encode(${sends[0]!.send}(v::${cast.from}), 'hex'),
        v::${cast.from} FROM unnest($1::text[]) v`,
      [values],
    );
    const { rows: stored } = await client.query<[string, string, string, string[]]>({
      text: `SELECT src, sent, split_part(tableoid::regclass::text, '_', 3),
          ARRAY(SELECT split_part(o.tableoid::regclass::text, '_', 3) FROM ${table} o
            WHERE o.k = t.src::${cast.from}) FROM ${table} t`,
      rowMode: 'array',
    });
    yield judge(cast, stored);
  }
}

async function createTable(client: pg.Client, table: string, type: string): Promise<void> {
  const parts = Array.from(
    { length: shardCount },
    (_, part) =>
      `CREATE TABLE ${table}_${part} PARTITION OF ${table}
        FOR VALUES WITH (MODULUS ${shardCount}, REMAINDER ${part})`,
  );
  await client.query(
    `CREATE TABLE ${table} (src text, sent text, k ${type}) PARTITION BY HASH (k);
    ${parts.join(';')}`,
  );
}

function judge(
  { from, fromOid, to, key }: Cast,
  rows: readonly (readonly [string, string, string, readonly string[]])[],
): Comparison {
  const columns = [{ key, nondeterministic: false }];
  const placement = mustPlace(shardedTable({ columns: ['k'] }), columns, shardCount);
  const mismatches: string[] = [];
  for (const [text, binary, partition, found] of rows) {
    for (const value of [
      keyBytes('text', Buffer.from(text), fromOid),
      keyBytes('binary', Buffer.from(binary, 'hex'), fromOid),
    ]) {
      const problem = problemOf(placement, value, Number(partition), found);
      if (problem !== null) mismatches.push(`${value.kind} of ${JSON.stringify(text)}: ${problem}`);
    }
  }
  return {
    type: `${from} as ${to}`,
    partitions: shardCount,
    values: rows.length,
    forms: rows.length * 2,
    refusals: [],
    mismatches,
  };
}

function keyBytes(kind: KeyBytes['kind'], bytes: Buffer, type: number): KeyBytes {
  return { kind, bytes, start: 0, end: bytes.length, type };
}

function problemOf(
  placement: Placement,
  value: KeyBytes,
  partition: number,
  found: readonly string[],
): string | null {
  try {
    const shard = placement.shardOfRow([value]);
    if (shard !== partition) return `stored on ${shard}, not on ${partition}`;
    const shards = placement.shardsOf([[value]]);
    const missed = shards === null ? [] : found.filter(one => !shards.includes(Number(one)));
    return missed.length === 0 ? null : `looked for on ${shards}, found on ${missed}`;
  } catch (error) {
    if (error instanceof PgError) return error.message;
    throw error;
  }
}
