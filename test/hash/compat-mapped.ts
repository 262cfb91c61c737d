// Placement by list and range against PostgreSQL's: seeded mappings become real tables PARTITION BY
// LIST and RANGE with a default partition, which stands for "no shard" where the mapping has no
// default; each row's partition is compared with the shard of every form of its key.

import type pg from 'pg';
import { PgError } from '../../src/common/pg-error.ts';
import {
  below,
  comparePositions,
  type MappedBound,
  readBound,
} from '../../src/config/mapped-key.ts';
import type { ListMapping, Mapping, RangeMapping } from '../../src/config/topology.ts';
import { OrderedKeyColumn } from '../../src/sharding/ordered-key-column.ts';
import { chooseOrderedType } from '../../src/sharding/ordered-types.ts';
import { noShard, type Placement } from '../../src/sharding/placement.ts';
import { type Random, seededRandom } from '../sharding/seeded-random.ts';
import { mustPlace, shardedTable } from '../sharding/sharded-table.ts';
import {
  type Comparison,
  edgesOf,
  keySamples,
  majorVersion,
  type StoredRow,
  storedRows,
} from './compat.ts';
import { judgePlacement } from './judge-placement.ts';
import { between, type KeySample, pick } from './key-sample.ts';

const shardCount = 4;
/** Column types whose order hangs on a collation. */
export const collated = ['text', 'varchar', 'varchar(3)', 'bpchar', 'char(6)'];

/** Name of the partition of what the mapping does not place. */
const rest = 'rest';

const enumSample: KeySample = {
  columnType: 'mood',
  inputType: 'mood',
  compared: { kind: 'enum', name: 'mood' },
  stored: { kind: 'enum', name: 'mood' },
  edges: ['sad', 'ok', 'happy', 'Happy', 'o k'],
  random: random => pick(random, enumSample.edges),
};

function isOrdered({ stored }: KeySample): boolean {
  const choice = chooseOrderedType(stored);
  return choice.type !== null && !choice.equalityOnly;
}

/** Types whose values rows can be placed by in order. */
export const orderedSamples = keySamples.filter(isOrdered);

/** A table of each ordered type, and of an enum, with a list of some of its values per partition. */
export async function* compareLists(
  client: pg.Client,
  seed: number,
  rows: number,
): AsyncGenerator<Comparison> {
  await client.query(`CREATE TYPE mood AS ENUM ('happy', 'ok', 'o k', 'sad', 'Happy')`);
  const version = await majorVersion(client);
  for (const [index, sample] of [...orderedSamples, enumSample].entries()) {
    const random = seededRandom(seed + 15_485_863 + index * 7919);
    const values = valuesOf(sample, version, random, rows);
    const bounds = await storedTexts(client, sample, values.slice(0, 24));
    const shards = Array.from({ length: shardCount - 1 }, (): (string | null)[] => []);
    for (const bound of bounds) pick(random, shards).push(bound);
    if (random.below(2) === 0) pick(random, shards).push(null);
    const lists = shards.flatMap((list, shard): ListMapping[] =>
      list.length === 0 ? [] : [{ values: list, shard }],
    );
    const mapping = { lists, ranges: [], defaultShard: someDefault(random) };
    yield await compare(client, [sample], [[...values, null]], mapping);
  }
}

/** A table of each ordered type, and as many of two or three key columns, with ranges of them. */
export async function* compareRanges(
  client: pg.Client,
  seed: number,
  rows: number,
  tables: number,
): AsyncGenerator<Comparison> {
  const version = await majorVersion(client);
  for (let table = 0; table < orderedSamples.length + tables; table++) {
    const random = seededRandom(seed + 32_452_843 + table * 7919);
    const several = Array.from({ length: between(random, 2, 3) }, () =>
      pick(random, orderedSamples),
    );
    const samples = table < orderedSamples.length ? [orderedSamples[table]!] : several;
    const values = samples.map(sample => valuesOf(sample, version, random, rows));
    const texts: string[][] = [];
    for (const [i, sample] of samples.entries()) {
      texts.push(await storedTexts(client, sample, values[i]!.slice(0, 40)));
    }
    // Keys share leading columns often enough that the following ones count.
    const narrow = values.map((column, i) =>
      column.map(value => (i < samples.length - 1 && random.below(2) === 0 ? column[0]! : value)),
    );
    const columns = narrow.map(column => [...column, random.below(2) === 0 ? null : column[0]!]);
    const ranges = someRanges(random, samples, texts);
    const mapping = { lists: [], ranges, defaultShard: someDefault(random) };
    yield await compare(client, samples, columns, mapping);
  }
}

function someDefault(random: Random): number | null {
  return random.below(2) === 0 ? shardCount - 1 : null;
}

function valuesOf(sample: KeySample, version: number, random: Random, rows: number): string[] {
  const values = edgesOf(sample, version);
  while (values.length < rows) values.push(sample.random(random));
  // Shuffled: edges and random values among the first, which become bounds.
  for (let i = values.length - 1; i > 0; i--) {
    const other = random.below(i + 1);
    [values[i], values[other]] = [values[other]!, values[i]!];
  }
  return values;
}

/** Different values of the column's type, as the server prints them and we read them. */
async function storedTexts(
  client: pg.Client,
  sample: KeySample,
  values: readonly string[],
): Promise<string[]> {
  const { rows } = await client.query<{ text: string }>(
    `SELECT DISTINCT ON (x) x::text AS text
      FROM (SELECT v::${sample.inputType}::${sample.columnType} AS x FROM unnest($1::text[]) v) s`,
    [values],
  );
  const column = columnOf(sample);
  return rows.map(({ text }) => text).filter(text => isRead(() => column.read(text)));
}

function isRead(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch (error) {
    if (error instanceof PgError && error.id === 'keyFormUnproven') return false;
    throw error;
  }
}

export function columnOf({ stored }: KeySample): OrderedKeyColumn {
  const choice = chooseOrderedType(stored);
  if (choice.type === null) throw new Error(choice.reason);
  return new OrderedKeyColumn(stored, choice.type, true);
}

/** Sorted by our order: where it is not PostgreSQL's, that refuses the partitions as overlapping. */
function someRanges(
  random: Random,
  samples: readonly KeySample[],
  texts: readonly (readonly string[])[],
): RangeMapping[] {
  const types = samples.map(columnOf);
  const bounds: MappedBound[] = Array.from({ length: between(random, 3, 9) }, () => {
    let end: MappedBound[number] | null = null;
    return samples.map((_, i) => {
      if (i > 0 && random.below(4) === 0) {
        end ??= { unbounded: random.below(2) === 0 ? 'below' : 'above' };
      }
      return end ?? pick(random, i === 0 ? texts[i]!.slice(0, 6) : texts[i]!);
    });
  });
  const read = bounds.map(bound => ({ bound, at: readBound(bound, types, below) }));
  read.sort((a, b) => comparePositions(types, a.at, b.at));
  const apart = read.filter(
    ({ at }, i) => i === 0 || comparePositions(types, read[i - 1]!.at, at) < 0,
  );
  const ends: (MappedBound | null)[] = apart.map(({ bound }) => bound);
  if (random.below(2) === 0) ends.unshift(null);
  if (random.below(2) === 0) ends.push(null);
  const ranges: RangeMapping[] = [];
  for (let i = 1; i < ends.length; i++) {
    const shard = random.below(shardCount);
    if (random.below(4) > 0) ranges.push({ start: ends[i - 1]!, end: ends[i]!, shard });
  }
  return ranges.length > 0 ? ranges : [{ start: null, end: null, shard: 0 }];
}

let tablesMade = 0;

/** `values`: of each column, all of one length. */
async function compare(
  client: pg.Client,
  samples: readonly KeySample[],
  values: readonly (readonly (string | null)[])[],
  mapping: Mapping,
): Promise<Comparison> {
  const placement = mustPlace(
    shardedTable({ columns: samples.map((_, i) => `k${i}`), mapping }),
    samples.map(({ stored }) => ({ key: stored, nondeterministic: false, bytewise: true })),
    shardCount,
  );
  const table = `mapped_${++tablesMade}`;
  await createTable(client, table, samples, mapping);
  const names = samples.map((_, i) => `v${i}`);
  const casts = samples.map(({ inputType }, i) => `v${i}::${inputType}`);
  const arrays = samples.map((_, i) => `$${i + 1}::text[]`);
  await client.query(
    `INSERT INTO ${table} SELECT ${[...names, ...casts].join(', ')}
      FROM unnest(${arrays.join(', ')}) AS v(${names.join(', ')})`,
    [...values],
  );
  const rows = await storedRows(client, table, samples);
  return judge(samples, mapping, placement, rows);
}

async function createTable(
  client: pg.Client,
  table: string,
  samples: readonly KeySample[],
  { lists, ranges }: Mapping,
): Promise<void> {
  const inputs = samples.map((_, i) => `src${i} text`);
  const keys = samples.map(({ columnType }, i) => {
    return `k${i} ${columnType}${collated.includes(columnType) ? ' COLLATE "C"' : ''}`;
  });
  const by = lists.length > 0 ? 'LIST' : 'RANGE';
  const parts = [
    ...lists.map(({ values }) => `FOR VALUES IN (${values.map(literal).join(', ')})`),
    ...ranges.map(({ start, end }) => {
      const bounds = [boundOf(start, samples, 'MINVALUE'), boundOf(end, samples, 'MAXVALUE')];
      return `FOR VALUES FROM (${bounds[0]}) TO (${bounds[1]})`;
    }),
  ].map((bounds, i) => `CREATE TABLE ${table}_${i} PARTITION OF ${table} ${bounds}`);
  await client.query(
    `CREATE TABLE ${table} (${[...inputs, ...keys].join(', ')})
      PARTITION BY ${by} (${samples.map((_, i) => `k${i}`).join(', ')});
    ${parts.join(';')}; CREATE TABLE ${table}_${rest} PARTITION OF ${table} DEFAULT`,
  );
}

function literal(value: bigint | string | null): string {
  return value === null ? 'NULL' : `'${String(value).replaceAll("'", "''")}'`;
}

function boundOf(
  bound: MappedBound | null,
  samples: readonly KeySample[],
  open: 'MINVALUE' | 'MAXVALUE',
): string {
  if (bound === null) return samples.map(() => open).join(', ');
  const words = bound.map(value => {
    if (typeof value !== 'object') return literal(value);
    return value.unbounded === 'below' ? 'MINVALUE' : 'MAXVALUE';
  });
  return words.join(', ');
}

function judge(
  samples: readonly KeySample[],
  mapping: Mapping,
  placement: Placement,
  rows: readonly StoredRow[],
): Comparison {
  const shards = [...mapping.lists, ...mapping.ranges].map(({ shard }) => shard);
  const placed = rows.map(({ partition, keys }) => ({
    shard: shards[partition] ?? mapping.defaultShard ?? noShard,
    keys,
  }));
  const type = `${placement.kind}: ${samples.map(({ columnType }) => columnType).join(', ')}`;
  return { type, partitions: shards.length + 1, ...judgePlacement(placement, placed) };
}
