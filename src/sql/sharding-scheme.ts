// Which relations of a catalog are sharded, by which columns and function: the configuration's
// sharded tables matched against the catalog. Partitions and inheritance children follow their
// parents.

import type { Catalog, Column, Table } from '../catalog/catalog.ts';
import { columnOf, isSystemSchema } from '../catalog/catalog.ts';
import type { OmnishardedTable, ShardedTable } from '../config/topology.ts';
import { choosePlacement } from '../sharding/choose-placement.ts';
import { chooseHashType } from '../sharding/hash-types.ts';
import { LookupCache } from '../sharding/lookup-cache.ts';
import type { Placement } from '../sharding/placement.ts';
import { typeOid } from '../types/type-oid.ts';
import { lookupProblem } from './lookup-query.ts';

/** How the rows of one table are placed. */
export interface ShardedKey {
  /** Index into the placements; -1: rows cannot be placed, for the reason given. */
  readonly placement: number;
  readonly reason: string | null;
  /** In the order of the key. */
  readonly columns: readonly string[];
  /** Some column may hold text, whose bytes hang on the encoding. */
  readonly hasText: boolean;
}

/** What of a table decides which rule is its. */
export interface TableShape extends Pick<Table, 'oid' | 'schema' | 'name' | 'parents'> {
  readonly columns: readonly { readonly name: string }[];
}

/** Types whose values are written in ASCII. */
const withoutText: ReadonlySet<number> = new Set([
  ...[typeOid.bool, typeOid.int2, typeOid.int4, typeOid.int8, typeOid.oid, typeOid.float4],
  ...[typeOid.float8, typeOid.numeric, typeOid.date, typeOid.time, typeOid.timetz],
  ...[typeOid.timestamp, typeOid.timestamptz, typeOid.interval, typeOid.uuid, typeOid.bytea],
  ...[typeOid.inet, typeOid.cidr, typeOid.macaddr],
]);

/** Placements by number: that of a function for a type is the same in every catalog, which plans
 *  outlive. */
export class Placements {
  readonly list: Placement[] = [];
  /** Keys that were looked up. */
  readonly lookups = new LookupCache();
  readonly #numbers = new Map<string, number>();

  /** `types`: what values on their way into the columns are read as. */
  numberOf(placement: Placement, types: unknown): number {
    const id = `${placement.print} ${JSON.stringify(types)}`;
    const known = this.#numbers.get(id);
    if (known !== undefined) return known;
    const number = this.list.push(placement) - 1;
    this.#numbers.set(id, number);
    return number;
  }

  /** Equal keys lie on equal shards by both. */
  agree(a: number, b: number): boolean {
    if (a === -1 || b === -1) return false;
    return a === b || this.list[a]!.print === this.list[b]!.print;
  }
}

/**
 * The hash operator family in which the column's equality is equality of keys: equal values of
 * columns of one family lie on one shard under one function. null: equality in this column says
 * nothing of shards (citext, nondeterministic collations …).
 */
export function familyOf(column: Column): string | null {
  if (column.collation === 'nondeterministic') return null;
  if (column.keyType.kind === 'enum') return `enum ${column.typeOid}`;
  const { type } = chooseHashType(unmodified(column));
  return type === null ? null : type.family;
}

/** Values are compared without the modifier of the column. */
function unmodified({ keyType }: Column): Column['keyType'] {
  return keyType.kind === 'base' ? { kind: 'base', oid: keyType.oid } : keyType;
}

export class ShardingScheme {
  readonly placements: Placements;
  readonly #catalog: Catalog;
  readonly #rules: readonly ShardedTable[];
  readonly #shardCount: number;
  readonly #whole: readonly OmnishardedTable[];
  readonly #keys = new Map<number, ShardedKey | null>();
  #ancestors: ReadonlySet<number> | null = null;

  /** `whole`: tables that a rule without a name does not mean. */
  constructor(
    catalog: Catalog,
    rules: readonly ShardedTable[],
    shardCount: number,
    placements = new Placements(),
    whole: readonly OmnishardedTable[] = [],
  ) {
    this.#whole = whole;
    this.#catalog = catalog;
    this.#rules = rules;
    this.#shardCount = shardCount;
    this.placements = placements;
  }

  /** null: not sharded. */
  keyOf(table: Table): ShardedKey | null {
    let key = this.#keys.get(table.oid);
    if (key === undefined) {
      key = this.#keyOfLineage(table);
      this.#keys.set(table.oid, key);
    }
    return key;
  }

  /** Whether any table that is there has a key with text. */
  hasTextKeys(): boolean {
    return [...this.#catalog.tablesByOid.values()].some(table => this.keyOf(table)?.hasText);
  }

  /** Whether the configuration shards tables of this name, in whatever schema. */
  names(table: string | undefined): boolean {
    return this.#rules.some(rule => rule.name !== null && rule.name === table);
  }

  /** Whether rows of a sharded partition or inheritance child are read through the table, which
   *  is not sharded itself. */
  hasShardedChild(table: Table): boolean {
    this.#ancestors ??= this.#ancestorsOfSharded();
    return this.#ancestors.has(table.oid);
  }

  /** Whether a view or policy reads a sharded relation, through other views too. */
  readsSharded(table: Table): boolean {
    return table.uses.some(oid => {
      const used = this.#catalog.tablesByOid.get(oid);
      if (used === undefined) return false;
      return this.keyOf(used) !== null || this.hasShardedChild(used);
    });
  }

  /** Whether a rule shards such a table. */
  places(table: TableShape): boolean {
    return this.#ruleOf(table) !== null;
  }

  /** Names of columns that rules shard by. */
  keyNames(): readonly string[] {
    return this.#rules.flatMap(rule => rule.columns);
  }

  /** Whether rows of `before` are placed otherwise once it is `after`. */
  replaces(before: TableShape, after: TableShape): boolean {
    return this.#ruleOf(before) !== this.#ruleOf(after);
  }

  #keyOfLineage(table: Table): ShardedKey | null {
    const rule = this.#ruleOf(table);
    return rule === null ? null : this.#keyBy(rule, table);
  }

  #ruleOf(table: TableShape): ShardedTable | null {
    if (isSystemSchema(table.schema)) return null;
    return this.#ownRule(table) ?? this.#inheritedRule(table, new Set([table.oid]));
  }

  #inheritedRule(table: TableShape, seen: Set<number>): ShardedTable | null {
    for (const oid of table.parents) {
      const parent = this.#catalog.tablesByOid.get(oid);
      if (parent === undefined || seen.has(oid)) continue;
      seen.add(oid);
      const rule = this.#ownRule(parent) ?? this.#inheritedRule(parent, seen);
      if (rule !== null) return rule;
    }
    return null;
  }

  /** Listed as whole on every shard, or below such a one. */
  #isWhole({ schema, name, parents }: TableShape): boolean {
    const meant = (one: OmnishardedTable) => one.schema === null || one.schema === schema;
    if (this.#whole.some(one => one.name === name && meant(one))) return true;
    return parents.some(oid => {
      const parent = this.#catalog.tablesByOid.get(oid);
      return parent !== undefined && this.#isWhole(parent);
    });
  }

  /** A rule that names the table and schema comes before one that names the table, that before
   *  one that names only columns. */
  #ownRule(table: TableShape): ShardedTable | null {
    if (isSystemSchema(table.schema)) return null;
    let best: ShardedTable | null = null;
    let bestRank = 0;
    for (const rule of this.#rules) {
      if (rule.schema !== null && rule.schema !== table.schema) continue;
      if (rule.name !== null && rule.name !== table.name) continue;
      const hasColumns = rule.columns.every(name => table.columns.some(one => one.name === name));
      if (rule.name === null && (!hasColumns || this.#isWhole(table))) continue;
      const rank = 1 + (rule.name === null ? 0 : 2) + (rule.schema === null ? 0 : 1);
      if (rank > bestRank) {
        best = rule;
        bestRank = rank;
      }
    }
    return best;
  }

  #keyBy(rule: ShardedTable, table: Table): ShardedKey {
    const { columns } = rule;
    const found = columns.map(name => columnOf(table, name));
    const missing = columns.find((_, at) => found[at] === null);
    if (missing !== undefined) {
      const reason = `it has no column "${missing}"`;
      return { placement: -1, reason, columns, hasText: false };
    }
    const hasText = found.some(column => !withoutText.has(column!.typeOid));
    const types = found.map(column => ({
      key: column!.keyType,
      nondeterministic: column!.collation === 'nondeterministic',
      bytewise: column!.collation === 'c',
      typeName: column!.typeName,
    }));
    const { lookupQuery } = rule;
    const isSharded = (one: Table) => this.#ruleOf(one) !== null;
    const problem = lookupQuery && lookupProblem(lookupQuery, this.#catalog, isSharded);
    if (problem) return { placement: -1, reason: problem, columns, hasText };
    const lookups = { table: table.name, cache: this.placements.lookups };
    const chosen = choosePlacement(rule, types, this.#shardCount, lookups);
    if (chosen.placement === null) {
      return { placement: -1, reason: chosen.reason, columns, hasText };
    }
    const id = lookupQuery === null ? types : [types, table.name];
    const placement = this.placements.numberOf(chosen.placement, id);
    return { placement, reason: null, columns, hasText };
  }

  #ancestorsOfSharded(): ReadonlySet<number> {
    const ancestors = new Set<number>();
    for (const table of this.#catalog.tablesByOid.values()) {
      if (table.parents.length === 0 || this.keyOf(table) === null) continue;
      for (const oid of table.parents) ancestors.add(oid);
    }
    // A Set may grow while it is walked: new members are visited too.
    for (const oid of ancestors) {
      for (const parent of this.#catalog.tablesByOid.get(oid)?.parents ?? []) ancestors.add(parent);
    }
    return ancestors;
  }
}
