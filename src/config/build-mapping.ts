// Mappings of keys to shards by list, range and default: their values have the columns' types, no
// two name the same key, and every shard exists. Where a column's type is not known here, the order
// of what is not plain integers is checked when the catalog is read (sharding/choose-placement.ts).

import { PgError } from '../common/pg-error.ts';
import type { MappedBound, MappedKeyType, MappedValue } from './mapped-key.ts';
import { showValue } from './mapped-key.ts';
import { gapsOf, readMapping } from './read-mapping.ts';
import type { Report } from './report.ts';
import type { Entry } from './section-reader.ts';
import type { MappingEntry } from './sharding-keys.ts';
import type { ListMapping, Mapping, RangeMapping } from './topology.ts';

export interface MappingContext {
  /** One for each key column; null: the column's own type, which is not known here. */
  readonly types: readonly (MappedKeyType | null)[];
  /** null: unknown, because the database is wrong. */
  readonly shardCount: number | null;
  readonly report: Report;
}

/** null: there are no mappings. */
export function buildMapping(
  entries: readonly Entry<MappingEntry>[],
  context: MappingContext,
): Mapping | null {
  return entries.length === 0 ? null : new MappingBuilder(context).build(entries);
}

class MappingBuilder {
  readonly #context: MappingContext;
  readonly #report: Report;
  readonly #lists: ListMapping[] = [];
  readonly #ranges: RangeMapping[] = [];
  readonly #entries = new Map<ListMapping | RangeMapping, Entry<MappingEntry>>();
  #defaultShard: number | null = null;

  constructor(context: MappingContext) {
    this.#context = context;
    this.#report = context.report;
  }

  build(entries: readonly Entry<MappingEntry>[]): Mapping {
    for (const entry of entries) if (entry.ok) this.#add(entry);
    const mapping = {
      lists: this.#lists,
      ranges: this.#ranges,
      defaultShard: this.#defaultShard,
    };
    this.#check(mapping);
    return mapping;
  }

  #add(entry: Entry<MappingEntry>): void {
    const { values, null: withNull, start, end, shard } = entry.values;
    this.#checkShard(entry);
    const isList = values !== null || withNull;
    if (isList && (start !== null || end !== null)) {
      this.#report.error(entry.at(), 'both a list and a range', 'make two mappings of it');
    } else if (isList) {
      const written = this.#list(values ?? [], entry);
      const list = { values: withNull ? [...written, null] : written, shard };
      this.#lists.push(list);
      this.#entries.set(list, entry);
    } else if (start !== null || end !== null) {
      const boundsFit = [this.#fits(start, 'start', entry), this.#fits(end, 'end', entry)];
      if (boundsFit.includes(false)) return;
      const range = { start, end, shard };
      this.#ranges.push(range);
      this.#entries.set(range, entry);
    } else if (this.#defaultShard !== null) {
      this.#report.error(entry.at(), 'a second default mapping', 'remove one of them');
    } else this.#defaultShard = shard;
  }

  #checkShard(entry: Entry<MappingEntry>): void {
    const { shard } = entry.values;
    const { shardCount } = this.#context;
    if (shardCount === null || shard < shardCount) return;
    const fix = shardCount === 1 ? 'the only shard is 0' : `write 0 to ${shardCount - 1}`;
    this.#report.error(entry.at('shard'), `shard ${shard} does not exist`, fix);
  }

  #list(values: readonly MappedValue[], entry: Entry<MappingEntry>): readonly MappedValue[] {
    const { types } = this.#context;
    if (types.length > 1) {
      const message = `a list for a key of ${types.length} columns`;
      this.#report.error(entry.at('values'), message, 'map it by start and end');
      return [];
    }
    if (values.length === 0 && !entry.values.null) {
      this.#report.error(entry.at('values'), 'an empty list', 'list keys or remove the mapping');
    }
    return values.filter(value => this.#isTyped(value, 0, 'values', entry));
  }

  #fits(bound: MappedBound | null, key: 'start' | 'end', entry: Entry<MappingEntry>): boolean {
    if (bound === null) return true;
    const { types } = this.#context;
    if (bound.length !== types.length) {
      const columns = types.length === 1 ? '1 key column' : `${types.length} key columns`;
      const message = `${bound.length} values for ${columns}`;
      this.#report.error(entry.at(key), message, 'write one for each, or MINVALUE or MAXVALUE');
      return false;
    }
    const typed = bound.map(
      (value, column) => typeof value === 'object' || this.#isTyped(value, column, key, entry),
    );
    return !typed.includes(false);
  }

  /** Whether the value is of its column's type; reported where it is not. */
  #isTyped(value: MappedValue, column: number, key: string, entry: Entry<MappingEntry>): boolean {
    const type = this.#context.types[column]!;
    const fix = type === null ? null : fixOf(value, type);
    if (fix === null) return true;
    this.#report.error(entry.at(key), `${showValue(value)} is not of type ${type!.name}`, fix);
    return false;
  }

  #check(mapping: Mapping): void {
    const known = this.#knownTypes(mapping);
    if (known === null && mapping.lists.length === 0) return;
    // The same text twice is the same key in every type.
    const types = known ?? this.#context.types.map(() => asWritten);
    const { problems, ranges } = readMapping(known ? mapping : { ...mapping, ranges: [] }, types);
    for (const { mapping: one, other, key, message, fix } of problems) {
      const line = other === null ? null : this.#entries.get(other)!.at().line;
      const where = line === null ? '' : ` (line ${line})`;
      this.#report.error(this.#entries.get(one)!.at(key ?? undefined), `${message}${where}`, fix);
    }
    if (problems.length > 0 || mapping.lists.length > 0 || mapping.defaultShard !== null) return;
    const gaps = gapsOf(ranges, types);
    const first = mapping.ranges[0];
    if (gaps.length === 0 || first === undefined) return;
    const message = `keys ${gaps.join(', ')} have no shard`;
    const fix = 'rows with them are refused; a mapping of `shard` alone takes them';
    this.#report.warn(this.#entries.get(first)!.at(), message, fix);
  }

  /** null: of some column neither the type is known nor that all values are integers. */
  #knownTypes({ lists, ranges }: Mapping): readonly MappedKeyType[] | null {
    const known = this.#context.types.map((type, column) => {
      if (type !== null) return type;
      const listed = column === 0 ? lists.flatMap(({ values }) => values) : [];
      const bounds = ranges.flatMap(({ start, end }) => [start?.[column], end?.[column]]);
      return [...listed, ...bounds].some(value => typeof value === 'string') ? null : integers;
    });
    return known.every(type => type !== null) ? known : null;
  }
}

/** What to write instead of a value that is not of the type; null: it is. */
function fixOf(value: MappedValue, type: MappedKeyType): string | null {
  const bits = integerBits[type.name];
  if (bits !== undefined) {
    const fits = typeof value === 'bigint' && BigInt.asIntN(bits, value) === value;
    return fits ? null : `write a ${bits}-bit integer without quotes`;
  }
  if (typeof value === 'bigint' && !type.numeric) return 'put it in double quotes';
  try {
    type.read(String(value));
    return null;
  } catch (error) {
    if (!(error instanceof PgError)) throw error;
    const isUuid = type.name === 'uuid';
    return isUuid
      ? 'write it as 8-4-4-4-12 hexadecimal digits'
      : 'write it as PostgreSQL prints it';
  }
}

const integerBits: Readonly<Record<string, number>> = { smallint: 16, integer: 32, bigint: 64 };

/** Unquoted integers are in the same order in every type that takes them. */
const integers: MappedKeyType = {
  name: 'integer',
  numeric: true,
  read: text => BigInt(text),
  compare: (left, right) =>
    Number((left as bigint) > (right as bigint)) - Number((left as bigint) < (right as bigint)),
};

const asWritten: MappedKeyType = {
  name: 'text',
  numeric: false,
  read: text => text,
  compare: (left, right) =>
    Number(String(left) > String(right)) - Number(String(left) < String(right)),
};
