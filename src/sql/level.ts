// One query level and the relations its names can mean (parse_relation.c): which column of which
// relation a reference is, or that it cannot be said. "Cannot be said" is the safe answer.

import type { Table } from '../catalog/catalog.ts';
import type { ColumnRef } from './syntax-tree.ts';

export type RelationSource =
  /** A table of the catalog: `sharded` by a rule, or whole on every shard (`omnisharded`). */
  | 'sharded'
  | 'omnisharded'
  | 'system'
  | 'view'
  | 'foreign'
  | 'sequence'
  /** In neither the catalog nor a WITH. */
  | 'missing'
  | 'cte'
  | 'subquery'
  | 'function';

export interface ScopeRelation {
  /** Unique within the statement. */
  readonly id: number;
  readonly level: Level;
  /** Of the relation, unqualified; empty for what has none. */
  readonly name: string;
  /** Alias, or name. */
  readonly refname: string;
  readonly aliased: boolean;
  readonly source: RelationSource;
  readonly table: Table | null;
  /** Index of the rule that shards it; -1. */
  readonly rule: number;
  /** Visible names in order (column aliases applied); null: not known. */
  readonly columns: readonly string[] | null;
  /** Byte offset of its name in the text, -1 when it has none. */
  readonly location: number;
  /** May be NULL-extended by an outer join. */
  nullable: boolean;
  /** Inside a join that has an alias: its own name is hidden. */
  hidden: boolean;
  /** INSERT, UPDATE or DELETE changes it. */
  target: boolean;
}

export interface ColumnUse {
  readonly relation: ScopeRelation;
  /** Visible name. */
  readonly column: string;
}

export class Level {
  readonly parent: Level | null;
  readonly relations: ScopeRelation[] = [];
  /** Columns merged by USING or NATURAL; null: equal to no one column (FULL JOIN). */
  readonly merged = new Map<string, ColumnUse | null>();
  /** Columns of some join are not known: unqualified names prove nothing. */
  opaque = false;

  constructor(parent: Level | null) {
    this.parent = parent;
  }

  /**
   * The column a reference means; null when it cannot be proved. `visible` narrows this level to
   * some relations (an ON clause sees those of its join).
   */
  resolve(ref: ColumnRef, visible?: ReadonlySet<ScopeRelation>): ColumnUse | null {
    const names: string[] = [];
    for (const field of ref.fields ?? []) {
      if (!('String' in field)) return null;
      names.push(field.String.sval ?? '');
    }
    const [first, second, third] = names;
    if (first === undefined || names.length > 3) return null;
    if (second === undefined) return this.unqualified(first, visible);
    if (third === undefined) return this.qualified(null, first, second, visible);
    return this.qualified(first, second, third, visible);
  }

  unqualified(column: string, visible?: ReadonlySet<ScopeRelation>): ColumnUse | null {
    if (this.opaque) return null;
    const merged = this.merged.get(column);
    if (merged !== undefined) return merged;
    let found: ColumnUse | null = null;
    for (const relation of this.relations) {
      if (visible !== undefined && !visible.has(relation)) continue;
      if (relation.columns === null) return null;
      if (!relation.columns.includes(column)) continue;
      if (found !== null) return null;
      found = { relation, column };
    }
    return found ?? this.parent?.unqualified(column) ?? null;
  }

  private qualified(
    schema: string | null,
    name: string,
    column: string,
    visible?: ReadonlySet<ScopeRelation>,
  ): ColumnUse | null {
    const matches = this.relations.filter(
      relation =>
        relation.refname === name &&
        (visible === undefined || visible.has(relation)) &&
        (schema === null || (!relation.aliased && relation.table?.schema === schema)),
    );
    const [relation] = matches;
    if (relation === undefined) {
      return this.parent?.qualified(schema, name, column) ?? null;
    }
    if (matches.length > 1 || relation.hidden) return null;
    return relation.columns?.includes(column) ? { relation, column } : null;
  }
}

/** The catalog's column behind a visible name, which a column alias may have changed. */
export function catalogColumn(use: ColumnUse) {
  const position = use.relation.columns?.indexOf(use.column) ?? -1;
  return use.relation.table?.columns[position] ?? null;
}
