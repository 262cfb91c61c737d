// Our shard against PostgreSQL's partition: seeded values go into real tables PARTITION BY HASH, and
// for each row the partition it lies in (tableoid) is compared with the shard of the text it was
// inserted as, of the text and of the binary form that the server gives back.

import type pg from 'pg';
import { PgError } from '../../src/common/pg-error.ts';
import type { HashType } from '../../src/sharding/hash-type.ts';
import { chooseHashType, type KeyTypeDescription } from '../../src/sharding/hash-types.ts';
import { PartitionHash } from '../../src/sharding/partition-hash.ts';
import { type Random, seededRandom } from '../sharding/seeded-random.ts';
import { mustPlace, shardedTable } from '../sharding/sharded-table.ts';
import { dateTimeSamples } from './date-time-samples.ts';
import { judgePlacement, type KeyForms, type Verdict } from './judge-placement.ts';
import { between, type KeySample, pick } from './key-sample.ts';
import { mutatedText } from './mutated-text.ts';
import { numberSamples } from './number-samples.ts';
import { stringSamples } from './string-samples.ts';
import { keyColumnSamples, structuredSamples, structuredTypes } from './structured-samples.ts';

export const keySamples: readonly KeySample[] = [
  ...numberSamples,
  ...dateTimeSamples,
  ...stringSamples,
  ...structuredSamples,
];

export interface Comparison extends Verdict {
  /** The column's type, or those of several key columns. */
  readonly type: string;
  readonly partitions: number;
}

/** Settings that a client may have: no form that is read may hang on them. */
const inputSettings = [
  "SET DateStyle = 'SQL, DMY'; SET IntervalStyle = 'sql_standard'; SET TimeZone = 'Asia/Kolkata'",
  "SET DateStyle = 'German'; SET IntervalStyle = 'iso_8601'; SET TimeZone = 'America/St_Johns'",
  "SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'postgres'; SET TimeZone = 'UTC'",
];
const outputSettings = [
  "SET DateStyle = 'ISO, DMY'; SET IntervalStyle = 'postgres'; SET bytea_output = 'escape'",
  "SET DateStyle = 'ISO, MDY'; SET IntervalStyle = 'postgres'; SET bytea_output = 'hex'",
];

export interface Column {
  readonly sample: KeySample;
  readonly values: readonly (string | null)[];
}

/** Tables of one key column each, in a database of their own that the caller made. */
export async function* compareTypes(
  client: pg.Client,
  seed: number,
  rows: number,
): AsyncGenerator<Comparison> {
  await client.query(structuredTypes);
  const version = await majorVersion(client);
  for (const [index, sample] of keySamples.entries()) {
    const random = seededRandom(seed + index * 7919);
    const values = [...edgesOf(sample, version), null];
    while (values.length < rows) values.push(sample.random(random));
    yield await compare(client, random, [{ sample, values }]);
  }
}

export async function majorVersion(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ number: string }>(
    "SELECT current_setting('server_version_num') AS number",
  );
  return Math.floor(Number(rows[0]!.number) / 10_000);
}

export function edgesOf({ edges, newer }: KeySample, version: number): string[] {
  return newer !== undefined && version >= newer.since ? [...edges, ...newer.edges] : [...edges];
}

/** Tables of two to four key columns, NULL among the values. */
export async function* compareSeveralColumns(
  client: pg.Client,
  seed: number,
  rows: number,
  tables: number,
): AsyncGenerator<Comparison> {
  for (let table = 0; table < tables; table++) {
    const random = seededRandom(seed + 1_000_003 + table);
    const columns = Array.from({ length: between(random, 2, 4) }, () => {
      const sample = pick(random, keyColumnSamples);
      const one = (): string | null => {
        if (random.below(6) === 0) return null;
        return random.below(8) === 0 ? pick(random, sample.edges) : sample.random(random);
      };
      return { sample, values: Array.from({ length: rows }, one) };
    });
    yield await compare(client, random, columns);
  }
}

/**
 * Texts with accidents in them: of those that our types read and PostgreSQL reads as well, both
 * must have read the same. Needs PostgreSQL 16 (pg_input_is_valid).
 */
export async function* compareMutatedTexts(
  client: pg.Client,
  seed: number,
  rows: number,
): AsyncGenerator<Comparison> {
  for (const [index, sample] of keySamples.entries()) {
    // A column's modifier makes errors that are not of the text.
    if (sample.stored !== sample.compared) continue;
    const random = seededRandom(seed + index * 7919 + 5);
    const hash = new PartitionHash();
    const type = hashTypeOf(sample.stored);
    const values: string[] = [];
    for (let tries = 0; values.length < rows && tries < rows * 20; tries++) {
      const text = random.below(3) === 0 ? pick(random, sample.edges) : sample.random(random);
      const mutated = mutatedText(text, random);
      if (isRead(hash, type, mutated)) values.push(mutated);
    }
    yield await compare(client, random, [{ sample, values }], true);
  }
}

function isRead(hash: PartitionHash, type: HashType, text: string): boolean {
  try {
    hash.addText(type, text);
    return true;
  } catch (error) {
    if (error instanceof PgError) return false;
    throw error;
  }
}

/** 2 to 64, every magnitude alike: making partitions takes most of the time. */
function somePartitions(random: Random): number {
  return Math.floor(2 ** (1 + random.below(501) / 100));
}

const mutatedPartitions = 13;
/** Characters of a row's texts, which with their values then surely fit a page of 8 kB. */
const plainLengthMax = 700;
let tablesMade = 0;

async function compare(
  client: pg.Client,
  random: Random,
  columns: readonly Column[],
  onlyValid = false,
): Promise<Comparison> {
  const partitions = onlyValid ? mutatedPartitions : somePartitions(random);
  const rows = await placeRows(client, random, columns, partitions, onlyValid);
  return judge(columns, partitions, rows);
}

/** Puts the values into a table of `partitions` and reads back where they are. */
export async function placeRows(
  client: pg.Client,
  random: Random,
  columns: readonly Column[],
  partitions: number,
  onlyValid = false,
): Promise<StoredRow[]> {
  const table = `keys_${++tablesMade}`;
  await createTable(client, table, columns, partitions);
  await client.query(pick(random, inputSettings));
  const arrays = columns.map((_, i) => `$${i + 1}::text[]`).join(', ');
  const names = columns.map((_, i) => `v${i}`);
  const valid = onlyValid ? `WHERE pg_input_is_valid(v0, '${columns[0]!.sample.inputType}')` : '';
  const casts = columns.map(({ sample }, i) => `v${i}::${sample.inputType}`);
  await client.query(
    `INSERT INTO ${table} SELECT ${[...names, ...casts].join(', ')}
      FROM unnest(${arrays}) AS v(${names}) ${valid}`,
    columns.map(({ values }) => values),
  );
  await client.query(pick(random, outputSettings));
  const found = await storedRows(
    client,
    table,
    columns.map(({ sample }) => sample),
  );
  // The table stays: dropping partitions takes as long as making them.
  await client.query('RESET ALL');
  return found;
}

async function createTable(
  client: pg.Client,
  table: string,
  columns: readonly Column[],
  partitions: number,
): Promise<void> {
  const lengths = columns.flatMap(({ values }) => values.map(value => value?.length ?? 0));
  const isShort = Math.max(...lengths) * columns.length < plainLengthMax;
  // Partitions without TOAST tables are made much faster; the clause came with 16.
  const storage = isShort && (await majorVersion(client)) >= 16 ? 'STORAGE PLAIN' : '';
  const inputs = columns.map((_, i) => `src${i} text ${storage}`);
  const keys = columns.map(({ sample }, i) => `k${i} ${sample.columnType} ${storage}`);
  const parts = Array.from(
    { length: partitions },
    (_, part) =>
      `CREATE TABLE ${table}_${part} PARTITION OF ${table}
        FOR VALUES WITH (MODULUS ${partitions}, REMAINDER ${part})`,
  );
  await client.query(
    `CREATE TABLE ${table} (${[...inputs, ...keys].join(', ')})
      PARTITION BY HASH (${columns.map((_, i) => `k${i}`).join(', ')});
    ${parts.join(';')}`,
  );
}

export interface StoredRow {
  readonly partition: number;
  readonly keys: readonly KeyForms[];
}

/** The partition is NaN where its name ends in no number. */
export async function storedRows(
  client: pg.Client,
  table: string,
  samples: readonly KeySample[],
): Promise<StoredRow[]> {
  const { rows: sends } = await client.query<{ send: string }>(
    `SELECT typsend::regproc::text AS send FROM unnest($1::text[]) WITH ORDINALITY AS u(type, n)
      JOIN pg_type ON oid = type::regtype ORDER BY n`,
    [samples.map(({ inputType }) => inputType)],
  );
  const forms = sends.map(({ send }, i) => `src${i}, k${i}::text, encode(${send}(k${i}), 'hex')`);
  const { rows } = await client.query<(string | null)[]>({
    text: `SELECT split_part(tableoid::regclass::text, '_', 3), ${forms.join(', ')} FROM ${table}`,
    rowMode: 'array',
  });
  return rows.map(row => ({
    partition: Number(row[0]),
    keys: samples.map((_, i) => {
      const [input = null, text = null, binary = null] = row.slice(1 + i * 3, 4 + i * 3);
      return { input, text, binary };
    }),
  }));
}

/** The shards are the partitions. */
function judge(
  columns: readonly Column[],
  partitions: number,
  rows: readonly StoredRow[],
): Comparison {
  const placement = mustPlace(
    shardedTable({ columns: columns.map((_, i) => `k${i}`) }),
    columns.map(({ sample }) => ({ key: sample.stored, nondeterministic: false })),
    partitions,
  );
  const type = columns.map(({ sample }) => sample.columnType).join(', ');
  const placed = rows.map(({ partition, keys }) => ({ shard: partition, keys }));
  return { type, partitions, ...judgePlacement(placement, placed) };
}

export function hashTypeOf(key: KeyTypeDescription): HashType {
  const choice = chooseHashType(key);
  if (choice.type === null) throw new Error(choice.reason);
  return choice.type;
}
