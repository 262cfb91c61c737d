// Which parameters surely have the type of the key they are compared with. PostgreSQL gives `$1`
// the type that its first use asks for (variable_coerce_param_hook, parse_param.c), in its own
// order of analysis: with `$1::numeric > 0 AND id = $1` the value '5.0' is a key. So a parameter
// that is used elsewhere too names a shard only where every use asks for types that read alike.

import type { KeyItem } from '../plan/route.ts';
import { insertColumns, valuesRows } from './inserted-keys.ts';
import type { ColumnSet } from './key-graph.ts';
import { arrayReading, type KeyColumnType, readingOf, readingOfCast } from './key-reading.ts';
import { catalogColumn, type ScopeRelation } from './level.ts';
import type { InsertStmt, SyntaxNode } from './syntax-tree.ts';
import { qualifiedName, walk } from './syntax-tree.ts';

/** Operators whose sides have one type; `int4 ^ $1` makes a float8 of it. */
const comparisons: ReadonlySet<string> = new Set([
  ...['=', '<>', '<', '>', '<=', '>='],
  ...['BETWEEN', 'NOT BETWEEN', 'BETWEEN SYMMETRIC', 'NOT BETWEEN SYMMETRIC'],
]);

/** A reading, or `neutral`: a use that asks for no type. */
type Use = string;

export class ParameterUses {
  readonly #relations: readonly ScopeRelation[];
  /** Uses of each parameter by its number. */
  readonly #total = new Map<number, number>();
  readonly #known = new Map<number, Use[]>();

  constructor(stmt: SyntaxNode, relations: readonly ScopeRelation[]) {
    this.#relations = relations;
    walk(stmt, value => {
      this.#note(value as SyntaxNode);
      return true;
    });
  }

  /** Whether all parameters of the set are read as the column is, if PostgreSQL is left to infer
   *  their types. */
  areCertain({ values }: ColumnSet, column: KeyColumnType): boolean {
    const reading = readingOf(column);
    return values.every(item => {
      if (item.kind !== 'range') return this.#isCertain(item, reading);
      const { lower, upper } = item;
      return [lower, upper].every(one => one === null || this.#isCertain(one.value, reading));
    });
  }

  #isCertain(value: KeyItem, reading: string): boolean {
    if (value.kind !== 'parameter') return true;
    const number = value.index + 1;
    if ((this.#total.get(number) ?? 0) <= 1) return true;
    const known = this.#known.get(number) ?? [];
    if (known.length < this.#total.get(number)!) return false;
    const wanted = value.array ? arrayReading(reading) : reading;
    return known.every(use => use === wanted || use === 'neutral');
  }

  #note(node: SyntaxNode): void {
    const { ParamRef, A_Expr, TypeCast, NullTest, InsertStmt, UpdateStmt, MergeWhenClause } = node;
    if (ParamRef !== undefined) {
      const number = ParamRef.number ?? 0;
      this.#total.set(number, (this.#total.get(number) ?? 0) + 1);
    } else if (A_Expr !== undefined && comparisons.has(qualifiedName(A_Expr.name).name)) {
      const array = A_Expr.kind === 'AEXPR_OP_ANY' || A_Expr.kind === 'AEXPR_OP_ALL';
      this.#compared(A_Expr.lexpr, A_Expr.rexpr, array);
      this.#compared(A_Expr.rexpr, A_Expr.lexpr, false);
    } else if (TypeCast !== undefined) {
      this.#asks(TypeCast.arg as SyntaxNode | undefined, readingOfCast(TypeCast.typeName));
    } else if (NullTest !== undefined) {
      this.#asks(NullTest.arg as SyntaxNode | undefined, 'neutral');
    } else if (InsertStmt !== undefined) {
      this.#inserted(InsertStmt);
    } else if (UpdateStmt !== undefined || MergeWhenClause !== undefined) {
      const { targetList, values } = MergeWhenClause ?? { ...UpdateStmt, values: undefined };
      for (const [at, target] of ((targetList ?? []) as readonly SyntaxNode[]).entries()) {
        const value = target.ResTarget?.val ?? (values?.[at] as SyntaxNode | undefined);
        this.#asks(value, this.#readingNamed(target.ResTarget?.name));
      }
    }
  }

  /** A column, or a row of them, on one side; parameters, alone, in a list or as an array, on the
   *  other. */
  #compared(column: SyntaxNode | undefined, other: SyntaxNode | undefined, array: boolean): void {
    if (column === undefined || other === undefined) return;
    const columns = items(column.RowExpr?.args);
    if (columns !== null) {
      for (const row of other.List === undefined ? [other] : (items(other.List.items) ?? [])) {
        const values = items(row.RowExpr?.args) ?? [];
        for (const [at, value] of values.entries()) this.#compared(columns[at], value, false);
      }
      return;
    }
    const field = (column.ColumnRef?.fields?.at(-1) as SyntaxNode | undefined)?.String?.sval;
    const reading = this.#readingNamed(field);
    if (array && other.ParamRef !== undefined) {
      this.#asks(other, reading === null ? null : arrayReading(reading));
      return;
    }
    for (const value of items(other.List?.items) ?? items(other.A_ArrayExpr?.elements) ?? [other]) {
      this.#asks(value, reading);
    }
  }

  #inserted(insert: InsertStmt): void {
    const { location } = insert.relation ?? {};
    const target = this.#relations.find(one => one.target && one.location === (location ?? 0));
    const select = (insert.selectStmt as SyntaxNode | undefined)?.SelectStmt;
    const rows = select === undefined ? null : valuesRows(select);
    if (target?.table == null || rows === null) return;
    const { columns } = target.table;
    for (const [at, name] of insertColumns(insert, target).entries()) {
      const column = columns.find(one => one.name === name);
      const reading = column === undefined ? null : readingOf(column);
      for (const row of rows) this.#asks(row[at], reading);
    }
  }

  #asks(node: SyntaxNode | undefined, use: Use | null): void {
    const number = node?.ParamRef?.number;
    if (number === undefined || use === null) return;
    const known = this.#known.get(number);
    if (known === undefined) this.#known.set(number, [use]);
    else known.push(use);
  }

  /** How every column that the name could mean is read; null: there is none, or they differ. */
  #readingNamed(name: string | undefined): string | null {
    let reading: string | null = null;
    for (const relation of this.#relations) {
      const { columns } = relation;
      if (columns === null) return null;
      const at = columns.indexOf(name ?? '');
      if (at === -1) continue;
      const column = catalogColumn({ relation, column: columns[at]! });
      const found = column === null ? null : readingOf(column);
      if (found === null || (reading !== null && found !== reading)) return null;
      reading = found;
    }
    return reading;
  }
}

function items(list: unknown): readonly SyntaxNode[] | null {
  return Array.isArray(list) ? (list as readonly SyntaxNode[]) : null;
}
