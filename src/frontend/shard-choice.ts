// Evaluates a statement's routing program with the literals and parameters of one execution.
// Anything about a value that is not certain widens the choice; it never narrows it.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { KeyGroup, KeySet, KeyValue, RouteProgram } from '../plan/route.ts';
import { type BindMessage, parameterFormat, parameterOffset } from '../protocol/client-frame.ts';
import {
  type ShardingKeyType,
  shardOfBinary,
  shardOfText,
  shardOfTextBytes,
} from '../sharding/sharding-key.ts';
import { binaryArrayElements, textArrayElements } from './array-elements.ts';
import { refusePaddedKey, refusePaddedText } from './padded-key.ts';

/** No sharded table is touched: any shard will do. */
export const anyShard = -1;
/** More than one shard, or groups that disagree. */
const severalShards = -2;

const nullKey = -3;
const unknownKey = -4;

export interface KeyRule {
  readonly type: ShardingKeyType;
}

/** The values of one execution. */
export interface Execution {
  readonly bind: BindMessage | null;
  /** OIDs the client declared in Parse; 0 or absent: PostgreSQL infers the column's own type. */
  readonly parameterTypes: readonly number[];
  readonly shardCount: number;
  readonly rules: readonly KeyRule[];
  /** INSERT: a NULL key is an error instead of no match. */
  readonly insert: boolean;
}

/** The values of one run of a statement. */
export function executionOf(
  database: { readonly shardCount: number; readonly rules: readonly KeyRule[] },
  run: {
    readonly cached: { readonly plan: { readonly tag: string } };
    readonly bind: BindMessage | null;
    readonly parameterTypes: readonly number[];
  },
): Execution {
  const { shardCount, rules } = database;
  const insert = run.cached.plan.tag === 'INSERT';
  return { bind: run.bind, parameterTypes: run.parameterTypes, shardCount, rules, insert };
}

// Declared types whose binary and text forms mean the same value for a key of the type.
const scalarTypes: Record<ShardingKeyType, ReadonlySet<number>> = {
  bigint: new Set([0, 20, 21, 23, 705]),
  varchar: new Set([0, 25, 1043, 705]),
  uuid: new Set([0, 2950, 705]),
};
const arrayTypes: Record<ShardingKeyType, ReadonlySet<number>> = {
  bigint: new Set([0, 1016, 1005, 1007]),
  varchar: new Set([0, 1009, 1015]),
  uuid: new Set([0, 2951]),
};

/** The one shard (0-based), `anyShard`, or `severalShards` (then ask `targetShards`). A value that
 *  PostgreSQL would not read as the key's type can be refused by any shard, in PostgreSQL's words.
 *  Throws `keyIsNull`. */
export function chooseShard(route: RouteProgram, execution: Execution): number {
  try {
    return choose(route, execution);
  } catch (error) {
    if (isUnreadableKey(error)) return anyShard;
    throw error;
  }
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
    const { sets, rule } = groups[0]!;
    if (sets.length === 1 && sets[0]!.values.length === 1) {
      const value = sets[0]!.values[0]!;
      if (value.kind !== 'parameter' || !value.array) {
        const shard = shardOf(value, rule, execution);
        if (shard >= 0) return shard;
      }
    }
  }
  const shards = targetShards(route, execution);
  if (shards === null) return severalShards;
  return shards.length === 1 ? shards[0]! : severalShards;
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
function groupShards(group: KeyGroup, execution: Execution): readonly number[] | null {
  let shards: Set<number> | null = null;
  for (const set of group.sets) {
    const found = setShards(set, group, execution);
    if (found === null) continue;
    shards = shards === null ? found : shards.intersection(found);
  }
  return shards === null ? null : [...shards].sort((a, b) => a - b);
}

function setShards(set: KeySet, group: KeyGroup, execution: Execution): Set<number> | null {
  const shards = new Set<number>();
  for (const value of set.values) {
    if (value.kind === 'parameter' && value.array) {
      if (!addArrayShards(shards, value.index, group.rule, execution)) return null;
      continue;
    }
    const shard = shardOf(value, group.rule, execution);
    if (shard === unknownKey) return null;
    if (shard !== nullKey) shards.add(shard);
    else if (execution.insert) {
      throw new PgError(errors.keyIsNull, { column: group.column, table: group.table });
    }
  }
  return shards;
}

/** Shard of one key value, or `nullKey` or `unknownKey`. */
function shardOf(value: KeyValue, rule: number, execution: Execution): number {
  const { type } = execution.rules[rule]!;
  if (value.kind === 'null') return nullKey;
  if (value.kind === 'constant') {
    if (execution.insert) refusePaddedText(type, value.text);
    return shardOfText(type, value.text, execution.shardCount);
  }
  const { bind } = execution;
  if (bind === null || !scalarTypes[type].has(execution.parameterTypes[value.index] ?? 0)) {
    return unknownKey;
  }
  const at = parameterOffset(bind, value.index);
  if (at < 0) return unknownKey;
  const length = bind.buffer.readInt32BE(at);
  if (length < 0) return nullKey;
  if (execution.insert) refusePaddedKey(type, bind.buffer, at + 4, at + 4 + length);
  if (parameterFormat(bind, value.index) === 1) {
    return shardOfBinary(type, bind.buffer, at + 4, length, execution.shardCount);
  }
  return shardOfTextBytes(type, bind.buffer, at + 4, at + 4 + length, execution.shardCount);
}

/** The shard of an INSERT row's key. Throws `keyIsNull`. */
export function shardOfKey(
  value: KeyValue,
  at: { readonly rule: number; readonly table: string; readonly column: string },
  execution: Execution,
): number {
  const shard = shardOf(value, at.rule, execution);
  if (shard === nullKey) {
    throw new PgError(errors.keyIsNull, { column: at.column, table: at.table });
  }
  if (shard === unknownKey) {
    const construct = `sharding key "${at.column}" of "${at.table}" given as this parameter type`;
    throw new PgError(errors.unsupportedAcrossShards, { construct });
  }
  return shard;
}

/** False when the array cannot be read with certainty. */
function addArrayShards(
  shards: Set<number>,
  index: number,
  rule: number,
  execution: Execution,
): boolean {
  const { bind, shardCount } = execution;
  const { type } = execution.rules[rule]!;
  if (bind === null || !arrayTypes[type].has(execution.parameterTypes[index] ?? 0)) return false;
  const at = parameterOffset(bind, index);
  if (at < 0) return false;
  const length = bind.buffer.readInt32BE(at);
  if (length < 0) return true; // = ANY(NULL) matches nothing
  if (parameterFormat(bind, index) === 1) {
    const array = binaryArrayElements(bind.buffer, at + 4, length);
    if (array === undefined || !scalarTypes[type].has(array.elementType)) return false;
    for (const element of array.elements) {
      if (element === null) continue;
      shards.add(shardOfBinary(type, bind.buffer, element.start, element.length, shardCount));
    }
    return true;
  }
  const elements = textArrayElements(bind.buffer.toString('utf8', at + 4, at + 4 + length));
  if (elements === undefined) return false;
  for (const element of elements) {
    if (element !== null) shards.add(shardOfText(type, element, shardCount));
  }
  return true;
}

function sameShards(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((shard, i) => shard === b[i]);
}
