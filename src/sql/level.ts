// One query level and the relations its names can mean (parse_relation.c): which column of which
// relation a reference is, or that it cannot be said. "Cannot be said" is the safe answer.

import type { Column, Table } from '../catalog/catalog.ts';
import type { ShardedKey } from './sharding-scheme.ts';
import type { ColumnRef, SyntaxNode } from './syntax-tree.ts';

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

/** A column of a query that a relation stands for. */
export interface OutputColumn {
  readonly name: string;
  /** Of the catalog, where it is a plain column of one type; null: not known. */
  readonly type: Column | null;
  /** Plain columns of the query's own relations that it is, in set operations one per arm. */
  readonly origins: readonly OutputOrigin[];
  /** In every row it is the value of one of these; null: not known. */
  readonly values: readonly SyntaxNode[] | null;
}

export interface OutputOrigin {
  readonly use: ColumnUse;
  /** Every value of the output is the value of a row of the origin that matters. */
  readonly isValue: boolean;
  /** Rows with a value depend on no rows of the origin's relation with another. */
  readonly isWhole: boolean;
}

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
  /** null: not sharded. */
  readonly key: ShardedKey | null;
  /** Visible names in order (column aliases applied); null: not known. */
  readonly columns: readonly string[] | null;
  /** Of the query that it stands for (derived table, WITH, view), as many as `columns`; null: of
   *  none, or they are not known. */
  readonly outputs: readonly OutputColumn[] | null;
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

/** Some predicate asks that the relation is not NULL-extended: in WHERE (`within` null), or in the ON
 *  of a join of the relations `within`, which says nothing of the joins around it. */
export interface PresentRelation {
  readonly relation: ScopeRelation;
  readonly within: ReadonlySet<ScopeRelation> | null;
}

export interface OuterJoin {
  /** Of both sides. */
  readonly relations: ReadonlySet<ScopeRelation>;
  /** Relations that it NULL-extends. */
  readonly extended: ReadonlySet<ScopeRelation>;
  /** Records what its condition says of the other side, of which no row is left without a match. */
  confirm(): void;
  confirmed: boolean;
}

export class Level {
  readonly parent: Level | null;
  readonly relations: ScopeRelation[] = [];
  readonly outerJoins: OuterJoin[] = [];
  readonly present: PresentRelation[] = [];
  /** Columns merged by USING or NATURAL; null: equal to no one column (FULL JOIN). */
  readonly merged = new Map<string, ColumnUse | null>();
  /** Columns of some join are not known: unqualified names prove nothing. */
  opaque = false;
  /** The relation that the query of this level is to the level around it; null: to none. */
  derivedAs: ScopeRelation | null = null;
  /** Names of joins (`(a JOIN b …) AS x`, `USING (…) AS x`): whose columns they are is not told. */
  readonly joinNames = new Set<string>();
  /** What queries that are being read see of this level; undefined: all of it. */
  private shown: ReadonlySet<ScopeRelation> | undefined;
  /** What this level sees of its parent: within an ON, the relations of that join. */
  private readonly seen: ReadonlySet<ScopeRelation> | undefined;

  constructor(parent: Level | null) {
    this.parent = parent;
    this.seen = parent?.shown;
  }

  /** Levels that `read` makes below this one see no more than `visible` of it. */
  showing(visible: ReadonlySet<ScopeRelation>, read: () => void): void {
    const before = this.shown;
    this.shown = visible;
    read();
    this.shown = before;
  }

  /**
   * Outer joins whose NULL-extended rows some predicate drops: they are as good as inner ones
   * (reduce_outer_joins in prepjointree.c). One may confirm another.
   */
  confirmOuterJoins(): void {
    const next = this.outerJoins.find(
      join =>
        !join.confirmed &&
        this.present.some(
          ({ relation, within }) =>
            join.extended.has(relation) &&
            (within === null ||
              (within.size > join.relations.size && join.relations.isSubsetOf(within))),
        ),
    );
    if (next === undefined) return;
    next.confirmed = true;
    next.confirm();
    for (const relation of next.extended) {
      relation.nullable = this.outerJoins.some(
        join => !join.confirmed && join.extended.has(relation),
      );
    }
    this.confirmOuterJoins();
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
    if (merged === null) return null;
    // Another item of FROM may have merged them, of which an ON sees nothing.
    if (merged !== undefined && (visible?.has(merged.relation) ?? true)) return merged;
    let found: ColumnUse | null = null;
    for (const relation of this.relations) {
      if (visible !== undefined && !visible.has(relation)) continue;
      if (relation.columns === null) return null;
      if (!relation.columns.includes(column)) continue;
      if (found !== null) return null;
      found = { relation, column };
    }
    return found ?? this.parent?.unqualified(column, this.seen) ?? null;
  }

  private qualified(
    schema: string | null,
    name: string,
    column: string,
    visible?: ReadonlySet<ScopeRelation>,
  ): ColumnUse | null {
    if (this.joinNames.has(name)) return null;
    const matches = this.relations.filter(
      relation =>
        relation.refname === name &&
        (visible === undefined || visible.has(relation)) &&
        (schema === null || (!relation.aliased && relation.table?.schema === schema)),
    );
    const [relation] = matches;
    if (relation === undefined) {
      return this.parent?.qualified(schema, name, column, this.seen) ?? null;
    }
    if (matches.length > 1 || relation.hidden) return null;
    return relation.columns?.includes(column) ? { relation, column } : null;
  }
}

/** The column of a table that a derived table's is, row by row or group by group; null: none. */
export function innermostColumn(use: ColumnUse): ColumnUse | null {
  const { outputs, columns } = use.relation;
  if (outputs === null) return use;
  const origins = outputs[columns?.indexOf(use.column) ?? -1]?.origins ?? [];
  const [origin] = origins;
  if (origin === undefined || origins.length > 1) return null;
  return origin.isValue && origin.isWhole ? innermostColumn(origin.use) : null;
}

/** Expressions of which one is the value of the column, where it is not NULL; null: not known. */
export function knownValues(use: ColumnUse): readonly SyntaxNode[] | null {
  const { outputs, columns } = use.relation;
  const output = outputs?.[columns?.indexOf(use.column) ?? -1];
  if (output === undefined) return null;
  const [origin] = output.origins;
  if (output.values !== null || output.origins.length !== 1) return output.values;
  return origin!.isValue ? knownValues(origin!.use) : null;
}

/** The catalog's column behind a visible name, which a column alias may have changed, or behind the
 *  plain column of a derived table. */
export function catalogColumn(use: ColumnUse): Column | null {
  const { columns, table, outputs } = use.relation;
  const position = columns?.indexOf(use.column) ?? -1;
  return outputs?.[position]?.type ?? table?.columns[position] ?? null;
}
