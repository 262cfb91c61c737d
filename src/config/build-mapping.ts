// Mappings of keys to shards by list, range and default: their values have the column's type, no
// two name the same key, and every shard exists. Keys are compared as PostgreSQL compares bigint
// and uuid (utils/adt/uuid.c: bytes), text by its UTF-8 bytes as collation "C" does.

import type { Report } from './report.ts';
import type { Entry } from './section-reader.ts';
import type { MappingEntry, ShardedTableEntry } from './sharding-keys.ts';
import type { ListMapping, Mapping, RangeMapping } from './topology.ts';

type KeyValue = bigint | string;
type DataType = ShardedTableEntry['dataType'];

export interface MappingContext {
  readonly dataType: DataType;
  /** null: unknown, because the database is wrong. */
  readonly shardCount: number | null;
  readonly report: Report;
}

interface Placed<T> {
  readonly mapping: T;
  readonly entry: Entry<MappingEntry>;
}

export function buildMapping(
  entries: readonly Entry<MappingEntry>[],
  context: MappingContext,
): Mapping | null {
  if (entries.length === 0) return null;
  const lists: Placed<ListMapping>[] = [];
  const ranges: Placed<RangeMapping>[] = [];
  let defaultShard: number | null = null;
  for (const entry of entries.filter(candidate => candidate.ok)) {
    const { values, start, end, shard } = entry.values;
    checkShard(entry, context);
    if (values !== null && (start !== null || end !== null)) {
      context.report.error(entry.at(), 'both a list and a range', 'make two mappings of it');
    } else if (values !== null) {
      lists.push({ mapping: { values: typedList(values, entry, context), shard }, entry });
    } else if (start !== null || end !== null) {
      const range = typedRange(entry, context);
      if (range !== null) ranges.push({ mapping: range, entry });
    } else if (defaultShard !== null) {
      context.report.error(entry.at(), 'a second default mapping', 'remove one of them');
    } else defaultShard = shard;
  }
  checkLists(lists, context.report);
  checkRanges(ranges, context.report);
  return {
    lists: lists.map(placed => placed.mapping),
    ranges: ranges.map(placed => placed.mapping),
    defaultShard,
  };
}

function checkShard(entry: Entry<MappingEntry>, { shardCount, report }: MappingContext): void {
  const { shard } = entry.values;
  if (shardCount === null || shard < shardCount) return;
  const fix = shardCount === 1 ? 'the only shard is 0' : `write 0 to ${shardCount - 1}`;
  report.error(entry.at('shard'), `shard ${shard} does not exist`, fix);
}

function typedList(
  values: readonly KeyValue[],
  entry: Entry<MappingEntry>,
  context: MappingContext,
): KeyValue[] {
  if (values.length === 0) {
    context.report.error(entry.at('values'), 'an empty list', 'list keys or remove the mapping');
  }
  return values.flatMap(value => typed(value, 'values', entry, context) ?? []);
}

function typedRange(entry: Entry<MappingEntry>, context: MappingContext): RangeMapping | null {
  const { start, end, shard } = entry.values;
  const from = start === null ? null : typed(start, 'start', entry, context);
  const to = end === null ? null : typed(end, 'end', entry, context);
  if (from === undefined || to === undefined) return null;
  if (from !== null && to !== null && compareKeys(from, to) >= 0) {
    context.report.error(entry.at('end'), 'an empty range', 'end must be greater than start');
    return null;
  }
  return { start: from, end: to, shard };
}

/** The key in its canonical form, or undefined, reported, where it is not of the type. */
function typed(
  value: KeyValue,
  name: string,
  entry: Entry<MappingEntry>,
  { dataType, report }: MappingContext,
): KeyValue | undefined {
  const wrong = (fix: string): undefined => {
    const shown = typeof value === 'string' ? JSON.stringify(value) : String(value);
    report.error(entry.at(name), `${shown} is not of type ${dataType}`, fix);
  };
  if (dataType === 'bigint') {
    const fits = typeof value === 'bigint' && BigInt.asIntN(64, value) === value;
    return fits ? value : wrong('write a 64-bit integer without quotes');
  }
  if (typeof value !== 'string') return wrong('put it in double quotes');
  if (dataType !== 'uuid') return value;
  const uuid = value.toLowerCase();
  return /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(uuid)
    ? uuid
    : wrong('write it as 8-4-4-4-12 hexadecimal digits');
}

function checkLists(lists: readonly Placed<ListMapping>[], report: Report): void {
  const shards = new Map<KeyValue, number>();
  for (const { mapping, entry } of lists) {
    for (const value of mapping.values) {
      const other = shards.get(value);
      if (other !== undefined) {
        const message = `key ${show(value)} is already mapped to shard ${other}`;
        report.error(entry.at('values'), message, 'list each key once');
      } else shards.set(value, mapping.shard);
    }
  }
}

function checkRanges(ranges: readonly Placed<RangeMapping>[], report: Report): void {
  for (const [index, { mapping, entry }] of ranges.entries()) {
    const other = ranges.slice(0, index).find(before => overlap(before.mapping, mapping));
    if (other === undefined) continue;
    const { line } = other.entry.at();
    const where = line === null ? '' : ` (line ${line})`;
    report.error(
      entry.at(),
      `range ${showRange(mapping)} overlaps ${showRange(other.mapping)}${where}`,
      'end is not included, so the next start may equal it',
    );
  }
}

function overlap(a: RangeMapping, b: RangeMapping): boolean {
  const before = (end: KeyValue | null, start: KeyValue | null) =>
    end !== null && start !== null && compareKeys(end, start) <= 0;
  return !before(a.end, b.start) && !before(b.end, a.start);
}

/** Order of two keys of one type. */
export function compareKeys(a: KeyValue, b: KeyValue): number {
  if (typeof a === 'bigint' && typeof b === 'bigint') return a < b ? -1 : Number(a > b);
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
}

function show(value: KeyValue): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

function showRange({ start, end }: RangeMapping): string {
  return `${start === null ? '…' : show(start)} to ${end === null ? '…' : show(end)}`;
}
