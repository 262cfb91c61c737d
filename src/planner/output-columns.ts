// The columns that a SELECT gives out, stars expanded, and the helper columns a merge adds behind
// them.

import type { Fragment, UntypedColumn } from '../plan/merge-plan.ts';
import type { ColumnUse, Level } from '../sql/level.ts';
import { outputName } from '../sql/output-names.ts';
import { quoteName } from '../sql/quote-name.ts';
import type { ScopeBuilder } from '../sql/scope-builder.ts';
import type { SyntaxNode } from '../sql/syntax-tree.ts';
import { nameParts, sameExpression } from '../sql/syntax-tree.ts';
import { typeOid } from '../types/type-oid.ts';
import { type Comparand, comparand } from './comparable-key.ts';
import { starColumns } from './star-columns.ts';

export interface OutputColumn {
  /** null: not known. */
  readonly name: string | null;
  /** null: from a star. */
  readonly expression: SyntaxNode | null;
  /** The column it is, when it is one as it stands. */
  readonly use: ColumnUse | null;
  readonly value: Comparand;
}

/** Of which the text has several forms: DateStyle, IntervalStyle, bytea_output. */
const styledTypes: ReadonlySet<number> = new Set([
  ...[typeOid.date, typeOid.timestamp, typeOid.timestamptz, typeOid.interval, typeOid.bytea],
]);

export class OutputColumns {
  readonly visible: readonly OutputColumn[];
  /** SQL of helper columns, in order behind the visible ones. */
  readonly hidden: string[] = [];
  /** See `Fragment.untyped`. */
  readonly untyped: UntypedColumn[] = [];
  /** See `Fragment.styled`. */
  #styled = false;

  constructor(visible: readonly OutputColumn[]) {
    this.visible = visible;
  }

  /** 0-based column that shows a relation's column; -1: none does. */
  indexOf(use: ColumnUse): number {
    return this.visible.findIndex(
      one => one.use?.relation === use.relation && one.use.column === use.column,
    );
  }

  /** 0-based column that is an expression as written; -1: none is. */
  indexOfExpression(node: SyntaxNode): number {
    return this.visible.findIndex(one => one.expression && sameExpression(one.expression, node));
  }

  /** Notes that the merge compares a column, or tells whether its values are equal; gives it back. */
  compare(column: number, value: Comparand, how: 'order' | 'equality'): number {
    if (value.type !== null) {
      this.#styled ||= styledTypes.has(value.type.oid);
      return column;
    }
    const text = value.collation === 'c' || (how === 'equality' && value.collation === 'other');
    const noted = this.untyped.findIndex(one => one.column === column);
    if (noted === -1) this.untyped.push({ column, text });
    else if (!text) this.untyped[noted] = { column, text };
    return column;
  }

  /** Of the fragment; see there. `counted`: the merge counts on every column being there. */
  fragmentFacts(counted: boolean): Pick<Fragment, 'visibleColumns' | 'untyped' | 'styled'> {
    return {
      ...(counted || this.hidden.length > 0 ? { visibleColumns: this.visible.length } : {}),
      ...(this.untyped.length === 0 ? {} : { untyped: this.untyped }),
      ...(this.#styled ? { styled: true } : {}),
    };
  }

  /** Adds what a column is compared by in its place; null: there is nothing. */
  surrogate(use: ColumnUse, sqlOf: (column: string) => string | null): number | null {
    const sql = use.relation.hidden ? null : sqlOf(columnSql(use));
    return sql === null ? null : this.addHidden(sql);
  }

  /** Adds a helper column (once) and gives its index. */
  addHidden(sql: string): number {
    let at = this.hidden.indexOf(sql);
    if (at === -1) at = this.hidden.push(sql) - 1;
    return this.visible.length + at;
  }

  /** Adds a relation's column as helper. */
  addColumn(use: ColumnUse): number {
    return this.addHidden(columnSql(use));
  }

  /** `, … AS …` to be put behind the target list. */
  hiddenSql(): string {
    const items = this.hidden.map((sql, at) => `${sql} AS "pgpack ${at + 1}"`);
    if (items.length === 0) return '';
    return `${this.visible.length === 0 ? ' ' : ', '}${items.join(', ')} `;
  }
}

function columnSql({ relation, column }: ColumnUse): string {
  // A derived table may have no alias.
  const qualifier = relation.refname === '' ? '' : `${quoteName(relation.refname)}.`;
  return `${qualifier}${quoteName(column)}`;
}

/** null: a star stands for columns that are not known. */
export function outputColumns(
  targets: readonly SyntaxNode[],
  level: Level,
  facts: ScopeBuilder,
): OutputColumns | null {
  const columns: OutputColumn[] = [];
  for (const target of targets) {
    const value = target.ResTarget?.val as SyntaxNode | undefined;
    const fields = (value?.ColumnRef?.fields ?? []) as readonly SyntaxNode[];
    if (value?.A_Indirection !== undefined && JSON.stringify(value).includes('A_Star')) return null;
    if (fields.at(-1)?.A_Star === undefined) {
      columns.push({
        name: outputName(target),
        expression: value ?? null,
        use: value?.ColumnRef === undefined ? null : level.resolve(value.ColumnRef),
        value: comparand(value, level, facts),
      });
      continue;
    }
    const expanded = expandedStar(fields, level, facts);
    if (expanded === null) return null;
    columns.push(...expanded);
  }
  return new OutputColumns(columns);
}

function expandedStar(
  fields: readonly SyntaxNode[],
  level: Level,
  facts: ScopeBuilder,
): readonly OutputColumn[] | null {
  const names = nameParts(fields.slice(0, -1));
  if (names.length > 1 || level.opaque) return null;
  const [refname] = names;
  if (refname === undefined && level.merged.size > 0) return mergedStar(level, facts);
  const relations = level.relations.filter(
    one => refname === undefined || (one.refname === refname && !one.hidden),
  );
  if (relations.length === 0 || (refname !== undefined && relations.length > 1)) return null;
  const columns: OutputColumn[] = [];
  for (const relation of relations) {
    if (relation.columns === null) return null;
    for (const column of relation.columns) columns.push(shown({ relation, column }, level, facts));
  }
  return columns;
}

function mergedStar(level: Level, facts: ScopeBuilder): readonly OutputColumn[] | null {
  const select = facts.selects.find(one => one.level === level)?.select;
  const columns = select === undefined ? null : starColumns(select, level);
  if (columns === null) return null;
  const unknown = { expression: null, use: null, value: { type: null, collation: null } };
  return columns.map(({ name, use }) =>
    use === null ? { name, ...unknown } : shown(use, level, facts),
  );
}

function shown(use: ColumnUse, level: Level, facts: ScopeBuilder): OutputColumn {
  const field = (name: string) => ({ String: { sval: name } });
  const reference = { ColumnRef: { fields: [field(use.relation.refname), field(use.column)] } };
  return { name: use.column, expression: null, use, value: comparand(reference, level, facts) };
}
