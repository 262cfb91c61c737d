// From a directive to its shard: a number is checked, a key is placed as the configuration places
// the keys of the tables concerned, whichever function that is.

import type { Catalog, Table } from '../catalog/catalog.ts';
import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { Directive } from '../plan/directive.ts';
import { noShard } from '../sharding/placement.ts';
import type { ShardingScheme } from './sharding-scheme.ts';

export interface DirectiveScope {
  readonly catalog: Catalog;
  readonly scheme: ShardingScheme;
  readonly shardCount: number;
}

/**
 * The shard (0-based) that a directive names for a statement on `tables`; where none of them is
 * sharded, and where they are not known (null), all sharded tables of the database have to agree.
 * Throws `shardMissing`, `keyUnmapped`, what the key's type says of the value, and `unsupported`
 * where functions differ.
 */
export function shardOfDirective(
  directive: Directive,
  scope: DirectiveScope,
  tables: readonly Table[] | null,
): number {
  if (directive.kind === 'shard') {
    checkShard(directive.shard, scope.shardCount);
    return directive.shard;
  }
  let placements: ReadonlySet<number> = placementsOf(tables ?? [], scope.scheme);
  if (placements.size === 0) placements = allPlacements(scope);
  return shardOfKey(directive.value, placements, scope.scheme);
}

/**
 * The directive with its key placed, where that holds for every statement: all sharded tables put
 * it on one shard. Else it comes back as it is. Throws `shardMissing`, and what is wrong with a key
 * that no table can have.
 */
export function settledDirective(directive: Directive, scope: DirectiveScope): Directive {
  if (directive.kind === 'shard') {
    checkShard(directive.shard, scope.shardCount);
    return directive;
  }
  const { scheme } = scope;
  const placements = allPlacements(scope);
  if (placements.size === 0) throw noPlacement();
  const outcomes = [...placements].map(number => outcomeOf(directive.value, number, scheme));
  const [first] = outcomes;
  if (outcomes.every(one => one instanceof PgError)) throw first;
  if (outcomes.some(one => one !== first)) return directive;
  return { kind: 'shard', shard: first as number };
}

/** Throws `shardMissing`. */
export function checkShard(shard: number, shardCount: number): void {
  if (shard < shardCount) return;
  throw new PgError(errors.shardMissing, { shard, last: shardCount - 1 });
}

const known = new WeakMap<ShardingScheme, ReadonlySet<number>>();

/** Functions of all sharded tables there are. */
function allPlacements({ catalog, scheme }: DirectiveScope): ReadonlySet<number> {
  let placements = known.get(scheme);
  if (placements === undefined) {
    placements = placementsOf(catalog.tables.values(), scheme);
    known.set(scheme, placements);
  }
  return placements;
}

function placementsOf(tables: Iterable<Table>, scheme: ShardingScheme): Set<number> {
  const placements = new Set<number>();
  for (const table of tables) {
    const key = scheme.keyOf(table);
    if (key !== null && key.placement >= 0) placements.add(key.placement);
  }
  return placements;
}

/** A value that one type cannot have may be a key of another one's. */
function shardOfKey(value: string, placements: Iterable<number>, scheme: ShardingScheme): number {
  const shards = new Set<number>();
  let refused: PgError | null = null;
  for (const number of placements) {
    const outcome = outcomeOf(value, number, scheme);
    if (outcome instanceof PgError) refused ??= outcome;
    else shards.add(outcome);
  }
  const [shard] = shards;
  if (shard === undefined) throw refused ?? noPlacement();
  if (shards.size === 1) return shard;
  const construct = `sharding key "${value}", which sharded tables have on different shards,`;
  throw new PgError(errors.unsupported, { construct }, { hint: 'Name the shard instead.' });
}

/** The shard, or why there is none. */
function outcomeOf(value: string, number: number, scheme: ShardingScheme): number | PgError {
  const placement = scheme.placements.list[number]!;
  if (placement.columnCount !== 1) {
    const construct = 'one sharding key for a key of several columns';
    return new PgError(errors.unsupported, { construct }, { hint: 'Name the shard instead.' });
  }
  if (placement.kind === 'lookup') {
    const construct = 'a sharding key that has to be looked up';
    return new PgError(errors.unsupported, { construct }, { hint: 'Name the shard instead.' });
  }
  try {
    const shard = placement.shardOfText(value, false);
    return shard === noShard ? new PgError(errors.directiveUnmapped, { value }) : shard;
  } catch (error) {
    if (error instanceof PgError) return error;
    throw error;
  }
}

function noPlacement(): PgError {
  const construct = 'a sharding key in a database without sharded tables';
  const hint = 'Name the shard instead, or configure [[sharded_tables]].';
  return new PgError(errors.unsupported, { construct }, { hint });
}
