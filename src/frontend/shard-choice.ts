// Evaluates a statement's routing program with the literals and parameters of one execution.
// Anything about a value that is not certain widens the choice; it never narrows it.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { KeyGroup, KeyItem, KeySet, KeyValue, RouteProgram } from '../plan/route.ts';
import { type BindMessage, parameterFormat, parameterOffset } from '../protocol/client-frame.ts';
import { elementOid } from '../sharding/hash-types.ts';
import {
  type KeyBytes,
  type KeyPart,
  type KeyRange,
  noShard,
  type Placement,
} from '../sharding/placement.ts';
import { binaryArrayElements, textArrayElements } from './array-elements.ts';

/** No sharded table is touched: any shard will do. */
export const anyShard = -1;
/** More than one shard, or groups that disagree. */
const severalShards = -2;

/** What one value says where it names no shard. */
const nullKey = -3;
const unknownKey = -4;

type Parameter = Extract<KeyValue, { kind: 'parameter' }>;

/** The values of one execution. */
export interface Execution {
  readonly bind: BindMessage | null;
  /** OIDs the client declared in Parse; 0 or absent: PostgreSQL infers the column's own type. */
  readonly parameterTypes: readonly number[];
  readonly shardCount: number;
  readonly placements: readonly Placement[];
}

/** The values of one run of a statement. */
export function executionOf(
  database: { readonly shardCount: number; readonly placements: readonly Placement[] },
  run: {
    readonly bind: BindMessage | null;
    readonly parameterTypes: readonly number[];
  },
): Execution {
  const { shardCount, placements } = database;
  return { bind: run.bind, parameterTypes: run.parameterTypes, shardCount, placements };
}

/** The one shard (0-based), `anyShard`, or `severalShards` (then ask `targetShards`). A value that
 *  PostgreSQL would not read as the key's type can be refused by any shard, in PostgreSQL's words.
 *  Throws `noPartition` for a row that has no place. */
export function chooseShard(route: RouteProgram, execution: Execution): number {
  try {
    return choose(route, execution);
  } catch (error) {
    if (isUnreadableKey(error)) return anyShard;
    const isStored = route.groups.some(group => group.stored);
    if (!isStored && isUnprovenKey(error)) return severalShards;
    throw error;
  }
}

/** The value may be read in more than one way: rows that it is compared with may be anywhere. */
export function isUnprovenKey(error: unknown): boolean {
  return error instanceof PgError && error.id === 'keyFormUnproven';
}

/** The value is no text or binary form of the key's type. */
export function isUnreadableKey(error: unknown): boolean {
  if (!(error instanceof PgError)) return false;
  const { id } = error;
  return id === 'keyIsInvalid' || id === 'keyOutOfRange' || id === 'invalidBinaryRepresentation';
}

function choose(route: RouteProgram, execution: Execution): number {
  const { groups } = route;
  if (groups.length === 0) return anyShard;
  if (groups.length === 1) {
    const { sets, placement, shard: fixed, stored } = groups[0]!;
    if (fixed !== undefined) return fixed;
    if (sets.length === 1 && sets[0]!.values.length === 1) {
      const shard = fastShard(sets[0]!.values[0]!, placement, stored, execution);
      if (shard >= 0) return shard;
    }
  }
  const shards = targetShards(route, execution);
  if (shards === null) return severalShards;
  return shards.length === 1 ? shards[0]! : severalShards;
}

/** The shard of a key of one column that is one value; below 0: it has to be looked at closer. */
function fastShard(
  value: KeyItem,
  placement: number,
  stored: boolean,
  execution: Execution,
): number {
  const found = execution.placements[placement]!;
  if (found.columnCount > 1) return unknownKey;
  if (value.kind === 'constant') {
    if (!found.readsAs(value.type ?? 0)) return unknownKey;
    return found.shardOfText(value.text, stored);
  }
  const { bind, parameterTypes } = execution;
  if (value.kind !== 'parameter' || value.array || bind === null) return unknownKey;
  if (!found.readsAs(typeOf(value, parameterTypes))) return unknownKey;
  const at = parameterOffset(bind, value.index);
  if (at < 0) return unknownKey;
  const length = bind.buffer.readInt32BE(at);
  if (length < 0) return nullKey;
  const end = at + 4 + length;
  return parameterFormat(bind, value.index) === 1
    ? found.shardOfBinary(bind.buffer, at + 4, end, stored)
    : found.shardOfTextBytes(bind.buffer, at + 4, end, stored);
}

/**
 * Shards the statement touches, ascending; null when groups name different shards, so that no
 * plan for a set of shards is right. Throws as `chooseShard`, which is asked first.
 */
export function targetShards(route: RouteProgram, execution: Execution): readonly number[] | null {
  let result: readonly number[] | null = null;
  let all = false;
  for (const group of route.groups) {
    const shards = groupShards(group, execution);
    if (shards === null) {
      all = true;
    } else if (shards.length > 0) {
      if (result === null) result = shards;
      else if (!sameShards(result, shards)) return null;
    }
  }
  const everyShard = Array.from({ length: execution.shardCount }, (_, shard) => shard);
  if (!all) return result ?? [0];
  // Some group needs every shard: fine alone, a contradiction beside a narrower one.
  if (result !== null && result.length < execution.shardCount) return null;
  return everyShard;
}

/** Shards of one group, ascending; empty: no row can match; null: not confined. */
export function groupShards(group: KeyGroup, execution: Execution): readonly number[] | null {
  if (group.placement === -1) return group.shard === undefined ? null : [group.shard];
  const placement = execution.placements[group.placement]!;
  if (group.stored && group.sets.length > 0) return rowShards(group, placement, execution);
  const first: (readonly KeyPart[] | null)[] = new Array(placement.columnCount).fill(null);
  const others: { readonly column: number; readonly parts: readonly KeyPart[] }[] = [];
  for (const { column, values } of group.sets) {
    const parts = keyParts(values, execution);
    if (parts === null) continue;
    if (parts.length === 0) return [];
    if (first[column] === null) first[column] = parts;
    else others.push({ column, parts });
  }
  let shards = first.some(parts => parts !== null) ? shardsOf(placement, first) : null;
  for (const { column, parts } of others) {
    const found = shardsOf(
      placement,
      first.map((one, at) => (at === column ? parts : one)),
    );
    if (found === null) continue;
    shards = shards === null ? found : shards.filter(shard => found.includes(shard));
  }
  return shards;
}

/** null also where a value can be read in more than one way. */
function shardsOf(
  placement: Placement,
  parts: readonly (readonly KeyPart[] | null)[],
): readonly number[] | null {
  try {
    return placement.shardsOf(parts);
  } catch (error) {
    if (isUnprovenKey(error)) return null;
    throw error;
  }
}

/** Shards of the rows that an INSERT stores. Each set has a value for each row, or there is one
 *  column only. */
function rowShards(
  group: KeyGroup,
  placement: Placement,
  execution: Execution,
): readonly number[] | null {
  const several = placement.columnCount > 1;
  let shards: Set<number> | null = null;
  const lists = several ? [group.sets] : group.sets.map(set => [set]);
  for (const sets of lists) {
    const found = new Set<number>();
    for (let row = 0; row < sets[0]!.values.length; row++) {
      const shard = rowShard(sets, row, group, placement, execution);
      if (shard === null) return null;
      found.add(shard);
    }
    shards = shards === null ? found : shards.intersection(found);
  }
  return shards === null ? null : [...shards].sort((a, b) => a - b);
}

function rowShard(
  sets: readonly KeySet[],
  row: number,
  group: KeyGroup,
  placement: Placement,
  execution: Execution,
): number | null {
  const key: (KeyBytes | null)[] = [];
  for (const { values } of sets) {
    const value = values[row]!;
    if (value.kind === 'range' || value.kind === 'is-null') return null;
    const bytes = keyBytes(value, execution);
    if (bytes === undefined) return null;
    key.push(bytes);
  }
  return placed(placement.shardOfRow(key), group);
}

/** The shard of a row that an INSERT or COPY stores. Throws `noPartition`. */
export function placed(shard: number, { table }: { readonly table: string }): number {
  if (shard === noShard) throw new PgError(errors.noPartition, { table });
  return shard;
}

/** The shard of an INSERT row's key. Throws `noPartition`. */
export function shardOfKey(
  values: readonly KeyValue[],
  at: { readonly placement: number; readonly table: string; readonly columns: readonly string[] },
  execution: Execution,
): number {
  const key = values.map((value, column) => {
    const bytes = keyBytes(value, execution);
    if (bytes !== undefined) return bytes;
    const name = at.columns[column];
    const construct = `sharding key "${name}" of "${at.table}" given as this parameter type`;
    throw new PgError(errors.unsupportedAcrossShards, { construct });
  });
  return placed(execution.placements[at.placement]!.shardOfRow(key), at);
}

/** null: some item can be anything. */
function keyParts(items: readonly KeyItem[], execution: Execution): readonly KeyPart[] | null {
  const parts: KeyPart[] = [];
  for (const item of items) {
    if (item.kind === 'is-null') parts.push(item);
    else if (item.kind === 'range') {
      const range = keyRange(item, execution);
      if (range !== null) parts.push(range);
    } else if (item.kind === 'parameter' && item.array) {
      const elements = arrayElements(item, execution);
      if (elements === null) return null;
      for (const element of elements) parts.push(element);
    } else {
      const value = keyBytes(item, execution);
      if (value === undefined) return null;
      // NULL equals nothing.
      if (value !== null) parts.push(value);
    }
  }
  return parts;
}

/** null: no value is beyond NULL. */
function keyRange(
  { lower, upper }: Extract<KeyItem, { kind: 'range' }>,
  execution: Execution,
): KeyRange | null {
  const low = lower === null ? undefined : keyBytes(lower.value, execution);
  const high = upper === null ? undefined : keyBytes(upper.value, execution);
  if (low === null || high === null) return null;
  return {
    kind: 'range',
    lower: low === undefined ? null : { value: low, inclusive: lower!.inclusive },
    upper: high === undefined ? null : { value: high, inclusive: upper!.inclusive },
  };
}

/** null: NULL; undefined: not known. */
function keyBytes(value: KeyValue, execution: Execution): KeyBytes | null | undefined {
  if (value.kind === 'null') return null;
  if (value.kind === 'constant') return textKey(value.text, value.type ?? 0);
  const { bind, parameterTypes } = execution;
  const at = bind === null || value.array ? -1 : parameterOffset(bind, value.index);
  if (bind === null || at < 0) return undefined;
  const length = bind.buffer.readInt32BE(at);
  if (length < 0) return null;
  const kind = parameterFormat(bind, value.index) === 1 ? 'binary' : 'text';
  const type = typeOf(value, parameterTypes);
  return { kind, bytes: bind.buffer, start: at + 4, end: at + 4 + length, type };
}

function textKey(text: string, type: number): KeyBytes {
  const bytes = Buffer.from(text);
  return { kind: 'text', bytes, start: 0, end: bytes.length, type };
}

/** The client's declaration counts before what PostgreSQL would infer from a cast; 0: neither. */
function typeOf(value: Parameter, parameterTypes: readonly number[]): number {
  const declared = parameterTypes[value.index] ?? 0;
  return declared === 0 ? (value.type ?? 0) : declared;
}

/** Elements that are not NULL; null when the array cannot be read with certainty. */
function arrayElements(value: Parameter, execution: Execution): readonly KeyBytes[] | null {
  const { bind, parameterTypes } = execution;
  const { index } = value;
  const declared = parameterTypes[index] ?? 0;
  const type = declared === 0 ? (value.type ?? 0) : elementOid(declared);
  const at = bind === null ? -1 : parameterOffset(bind, index);
  if (bind === null || at < 0 || type === null) return null;
  const { buffer } = bind;
  const length = buffer.readInt32BE(at);
  if (length < 0) return []; // = ANY(NULL) matches nothing
  if (parameterFormat(bind, index) === 1) {
    const array = binaryArrayElements(buffer, at + 4, length);
    if (array === undefined || (type !== 0 && array.elementType !== type)) return null;
    return array.elements.flatMap(element => {
      if (element === null) return [];
      const { start } = element;
      const end = start + element.length;
      return [{ kind: 'binary', bytes: buffer, start, end, type: array.elementType }];
    });
  }
  const elements = textArrayElements(buffer.toString('utf8', at + 4, at + 4 + length));
  if (elements === undefined) return null;
  return elements.flatMap(element => (element === null ? [] : [textKey(element, type)]));
}

function sameShards(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((shard, i) => shard === b[i]);
}
