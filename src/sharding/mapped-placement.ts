// Placement by a mapping, as `PARTITION BY LIST` and `PARTITION BY RANGE`: lists first, then ranges,
// then the default. NULL lies where a list names it, else on the default shard; a key with no place
// has no shard (get_partition_for_tuple in executor/execPartition.c).

import { above, below, comparePositions, type Position } from '../config/mapped-key.ts';
import type { ReadMapping } from '../config/read-mapping.ts';
import { ListPlaces } from './list-places.ts';
import { canonical, type OrderedKeyColumn, unreadable } from './ordered-key-column.ts';
import {
  type KeyBytes,
  type KeyPart,
  noShard,
  oneColumnOnly,
  type Placement,
} from './placement.ts';
import { type Interval, RangePlaces } from './range-places.ts';
import { ShardSet } from './shard-set.ts';

/** Keys and ranges of which the shards of a statement are found one by one. */
const combinationsMax = 10_000;

export class MappedPlacement implements Placement {
  readonly kind: 'list' | 'range';
  readonly shardCount: number;
  readonly columnCount: number;
  readonly print: string;
  readonly #columns: readonly OrderedKeyColumn[];
  readonly #lists: ListPlaces;
  readonly #ranges: RangePlaces;
  /** `noShard`: there is none. */
  readonly #defaultShard: number;
  readonly #nullShard: number;

  /** `mapping` was read by `columns`; lists only for one column, ranges only for ordered ones. */
  constructor(
    columns: readonly OrderedKeyColumn[],
    mapping: ReadMapping,
    defaultShard: number | null,
    shardCount: number,
  ) {
    this.kind = mapping.ranges.length > 0 ? 'range' : 'list';
    this.#columns = columns;
    this.columnCount = columns.length;
    this.shardCount = shardCount;
    this.#lists = new ListPlaces(columns[0]!, mapping.values);
    this.#ranges = new RangePlaces(columns, mapping.ranges);
    this.#defaultShard = defaultShard ?? noShard;
    this.#nullShard = mapping.nullShard ?? this.#defaultShard;
    this.print = printOf(columns, mapping, this.#nullShard, this.#defaultShard);
  }

  readsAs(type: number): boolean {
    return this.columnCount === 1 && this.#columns[0]!.readsAs(type);
  }

  shardOfTextBytes(bytes: Buffer, start: number, end: number, stored: boolean): number {
    return this.#place([this.#only().readTextBytes(bytes, start, end, stored)]);
  }

  shardOfBinary(bytes: Buffer, start: number, end: number, stored: boolean): number {
    return this.#place([this.#only().readBinary(bytes, start, end, stored)]);
  }

  shardOfText(text: string, stored: boolean): number {
    return this.#place([this.#only().readText(text, stored)]);
  }

  shardOfRow(values: readonly (KeyBytes | null)[]): number {
    const key: unknown[] = [];
    let isNull = false;
    for (let i = 0; i < this.#columns.length; i++) {
      const value = values[i] ?? null;
      if (value === null) isNull = true;
      else key.push(this.#columns[i]!.stored(value));
    }
    return isNull ? this.#nullShard : this.#place(key);
  }

  shardsOf(parts: readonly (readonly KeyPart[] | null)[]): readonly number[] | null {
    const columns = this.#columns.map((_, i) => parts[i] ?? null);
    if (columns.some(items => items?.length === 0)) return [];
    const shards = new ShardSet(this.shardCount);
    // Rows with NULL lie elsewhere, whatever is known of the other columns.
    const maybeNull = columns.some(items => items?.some(isNull) ?? true);
    if (maybeNull && this.#nullShard !== noShard) shards.add(this.#nullShard);
    if (columns.some(items => items?.every(isNull) ?? false)) return shards.ascending();
    const intervals = this.#intervals(columns);
    if (intervals === null) return null;
    for (const interval of intervals) this.#addShards(interval, shards);
    return shards.ascending();
  }

  #only(): OrderedKeyColumn {
    if (this.columnCount !== 1) throw oneColumnOnly(this.columnCount);
    return this.#columns[0]!;
  }

  #place(key: Position): number {
    const listed = this.#lists.find(key[0]);
    if (listed !== noShard) return listed;
    const ranged = this.#ranges.find(key);
    return ranged === noShard ? this.#defaultShard : ranged;
  }

  /**
   * The keys that the parts leave, as intervals: values of leading columns one by one, up to the
   * first column of which only a range is known. null: too many, or nothing is known.
   */
  #intervals(columns: readonly (readonly KeyPart[] | null)[]): readonly Interval[] | null {
    const done: Interval[] = [];
    let prefixes: Position[] = [[]];
    for (const [i, column] of this.#columns.entries()) {
      const items = columns[i] ?? null;
      if (items === null) {
        if (i === 0) return null;
        const open = { point: false, lower: below, upper: above, ...closed };
        return [...done, ...prefixes.map(prefix => this.#interval(prefix, open))];
      }
      const longer: Position[] = [];
      for (const item of items) {
        if (item.kind === 'is-null') continue;
        const range = item.kind === 'range' ? readRange(column, item) : readPoint(column, item);
        if (range === null) return null;
        for (const prefix of prefixes) {
          if (range.point) longer.push([...prefix, range.lower]);
          else done.push(this.#interval(prefix, range));
        }
        if (done.length + longer.length > combinationsMax) return null;
      }
      prefixes = longer;
    }
    return [...done, ...prefixes.map(key => ({ lower: key, upper: key, ...closed, exact: true }))];
  }

  /** Keys that begin with `prefix`, their next column in `range`, those behind it of any value. */
  #interval(prefix: Position, range: ColumnRange): Interval {
    const isLast = prefix.length === this.columnCount - 1;
    const rest = isLast ? [] : [range.lowerInclusive ? below : above];
    const restAbove = isLast ? [] : [range.upperInclusive ? above : below];
    return {
      lower: [...prefix, range.lower, ...rest],
      upper: [...prefix, range.upper, ...restAbove],
      lowerInclusive: isLast && range.lower !== below && range.lowerInclusive,
      upperInclusive: isLast && range.upper !== above && range.upperInclusive,
      exact: false,
    };
  }

  #addShards(interval: Interval, shards: ShardSet): void {
    const { lower, upper, exact } = interval;
    if (exact) {
      const shard = this.#place(lower);
      if (shard !== noShard) shards.add(shard);
      return;
    }
    const order = comparePositions(this.#columns, lower, upper);
    if (order > 0 || (order === 0 && !(interval.lowerInclusive && interval.upperInclusive))) return;
    this.#lists.addBetween(interval, shards);
    const covered = this.#ranges.addBetween(interval, shards);
    if (!covered && this.#defaultShard !== noShard) shards.add(this.#defaultShard);
  }
}

/** What an item says of one column. */
interface ColumnRange {
  readonly point: boolean;
  readonly lower: unknown;
  readonly upper: unknown;
  readonly lowerInclusive: boolean;
  readonly upperInclusive: boolean;
}

const closed = { lowerInclusive: true, upperInclusive: true } as const;

function isNull(part: KeyPart): boolean {
  return part.kind === 'is-null';
}

function readPoint(column: OrderedKeyColumn, item: KeyBytes): ColumnRange | null {
  const value = column.compared(item);
  if (value === unreadable) return null;
  return { point: true, lower: value, upper: value, ...closed };
}

function readRange(
  column: OrderedKeyColumn,
  { lower, upper }: Extract<KeyPart, { readonly kind: 'range' }>,
): ColumnRange | null {
  if (!column.ordered) return null;
  const from = lower === null ? below : column.compared(lower.value);
  const to = upper === null ? above : column.compared(upper.value);
  if (from === unreadable || to === unreadable) return null;
  return {
    point: false,
    lower: from,
    upper: to,
    lowerInclusive: lower?.inclusive ?? true,
    upperInclusive: upper?.inclusive ?? true,
  };
}

function printOf(
  columns: readonly OrderedKeyColumn[],
  { values, ranges }: ReadMapping,
  nullShard: number,
  defaultShard: number,
): string {
  // Types of one family may read one text as different values; these are compared.
  const families = columns.map(({ family }) => family).join(', ');
  const listed = values.map(({ value, shard }) => `${canonical(value)} ${shard}`);
  const position = (at: Position): string =>
    at.map(value => (typeof value === 'symbol' ? value.description : canonical(value))).join(' ');
  const ranged = ranges.map(
    ({ start, end, shard }) => `${position(start)}~${position(end)} ${shard}`,
  );
  const rest = `null ${nullShard} default ${defaultShard}`;
  return `mapped (${families}) ${[...listed, ...ranged, rest].join(';')}`;
}
