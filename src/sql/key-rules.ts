// Which relations are sharded, by which column and function: the configuration's sharded tables
// matched against the catalog. Partitions and inheritance children follow their parents.

import type { Catalog, Column, Table } from '../catalog/catalog.ts';
import { columnOf, isSystemSchema } from '../catalog/catalog.ts';
import { typeOid } from '../types/type-oid.ts';

/** The part of the configuration's sharded table that planning needs. */
export interface KeyRule {
  /** null: every table that has the column. */
  readonly name: string | null;
  /** null: in any schema. */
  readonly schema: string | null;
  readonly column: string;
  readonly dataType: string;
}

/** Types among which `=` is equality of the keys' canonical forms. */
export type KeyFamily = 'bigint' | 'uuid' | 'varchar';

const families: ReadonlyMap<number, KeyFamily> = new Map([
  [typeOid.int2, 'bigint'],
  [typeOid.int4, 'bigint'],
  [typeOid.int8, 'bigint'],
  [typeOid.uuid, 'uuid'],
  [typeOid.text, 'varchar'],
  [typeOid.varchar, 'varchar'],
]);

/** null: equality in this column says nothing of shards (numeric, char(n), citext …). */
export function familyOf(column: Column): KeyFamily | null {
  const family = families.get(column.typeOid) ?? null;
  return column.collation === 'nondeterministic' ? null : family;
}

/** Index of the rule that shards the table, -1 when none does. */
export function ruleOf(table: Table, catalog: Catalog, rules: readonly KeyRule[]): number {
  return ruleOfLineage(table, catalog, rules, new Set());
}

function ruleOfLineage(
  table: Table,
  catalog: Catalog,
  rules: readonly KeyRule[],
  seen: Set<number>,
): number {
  if (isSystemSchema(table.schema) || seen.has(table.oid)) return -1;
  seen.add(table.oid);
  const own = ownRule(table, rules);
  if (own !== -1) return own;
  for (const oid of table.parents) {
    const parent = catalog.tablesByOid.get(oid);
    if (parent === undefined) continue;
    const inherited = ruleOfLineage(parent, catalog, rules, seen);
    if (inherited !== -1) return inherited;
  }
  return -1;
}

/** A rule that names the table and schema comes before one that names the table, that before one
 *  that names only a column. */
function ownRule(table: Table, rules: readonly KeyRule[]): number {
  let best = -1;
  let bestRank = 0;
  for (const [index, rule] of rules.entries()) {
    if (rule.schema !== null && rule.schema !== table.schema) continue;
    if (rule.name !== null && rule.name !== table.name) continue;
    if (rule.name === null && columnOf(table, rule.column) === null) continue;
    const rank = 1 + (rule.name === null ? 0 : 2) + (rule.schema === null ? 0 : 1);
    if (rank > bestRank) {
      best = index;
      bestRank = rank;
    }
  }
  return best;
}

const shardedAncestors = new WeakMap<Catalog, Map<readonly KeyRule[], ReadonlySet<number>>>();

/** Whether rows of a sharded partition or inheritance child are read through the table, which is
 *  not sharded itself. */
export function hasShardedChild(
  table: Table,
  catalog: Catalog,
  rules: readonly KeyRule[],
): boolean {
  let byRules = shardedAncestors.get(catalog);
  if (byRules === undefined) {
    byRules = new Map();
    shardedAncestors.set(catalog, byRules);
  }
  let ancestors = byRules.get(rules);
  if (ancestors === undefined) {
    ancestors = ancestorsOfSharded(catalog, rules);
    byRules.set(rules, ancestors);
  }
  return ancestors.has(table.oid);
}

function ancestorsOfSharded(catalog: Catalog, rules: readonly KeyRule[]): ReadonlySet<number> {
  const ancestors = new Set<number>();
  for (const table of catalog.tablesByOid.values()) {
    if (table.parents.length === 0 || ruleOf(table, catalog, rules) === -1) continue;
    for (const oid of table.parents) ancestors.add(oid);
  }
  for (const oid of ancestors) {
    for (const parent of catalog.tablesByOid.get(oid)?.parents ?? []) ancestors.add(parent);
  }
  return ancestors;
}

/** Whether a view reads a sharded relation, through other views too. */
export function readsSharded(table: Table, catalog: Catalog, rules: readonly KeyRule[]): boolean {
  return table.uses.some(oid => {
    const used = catalog.tablesByOid.get(oid);
    if (used === undefined) return false;
    return ruleOf(used, catalog, rules) !== -1 || hasShardedChild(used, catalog, rules);
  });
}

/** Equal keys lie on equal shards under both rules. */
export function sameFunction(rules: readonly KeyRule[], a: number, b: number): boolean {
  return a === b || functionOf(rules[a]) === functionOf(rules[b]);
}

function functionOf(rule: KeyRule | undefined): string {
  return JSON.stringify({ ...rule, name: null, schema: null, column: null }, (_, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  );
}
