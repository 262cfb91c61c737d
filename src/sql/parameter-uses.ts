// Which parameters surely have the type of the key they are compared with. PostgreSQL gives `$1`
// the type that its first use asks for (variable_coerce_param_hook, parse_param.c), in its own
// order of analysis: with `$1::numeric > 0 AND id = $1` the value '5.0' is a key. So a parameter
// that is used elsewhere too names a shard only where every use asks for a type of one family.

import type { KeySet } from '../plan/route.ts';
import { insertColumns, valuesRows } from './inserted-keys.ts';
import { familyOf, type KeyFamily } from './key-rules.ts';
import { unchangedFamily } from './key-values.ts';
import type { ScopeRelation } from './level.ts';
import type { InsertStmt, SyntaxNode } from './syntax-tree.ts';
import { qualifiedName, walk } from './syntax-tree.ts';

/** Operators whose sides have one type; `int4 ^ $1` makes a float8 of it. */
const comparisons: ReadonlySet<string> = new Set(['=', '<>', '<', '>', '<=', '>=']);

/** `neutral`: a use that asks for no type. */
type Use = KeyFamily | 'neutral';

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

  /** Whether all parameters of the set are of the family, if PostgreSQL is left to infer them. */
  areCertain({ values }: KeySet, family: KeyFamily): boolean {
    return values.every(value => {
      if (value.kind !== 'parameter') return true;
      const number = value.index + 1;
      if ((this.#total.get(number) ?? 0) <= 1) return true;
      const known = this.#known.get(number) ?? [];
      if (known.length < this.#total.get(number)!) return false;
      return known.every(use => use === family || use === 'neutral');
    });
  }

  #note(node: SyntaxNode): void {
    const { ParamRef, A_Expr, TypeCast, NullTest, InsertStmt, UpdateStmt } = node;
    if (ParamRef !== undefined) {
      const number = ParamRef.number ?? 0;
      this.#total.set(number, (this.#total.get(number) ?? 0) + 1);
    } else if (A_Expr !== undefined && comparisons.has(qualifiedName(A_Expr.name).name)) {
      this.#compared(A_Expr.lexpr, A_Expr.rexpr);
      this.#compared(A_Expr.rexpr, A_Expr.lexpr);
    } else if (TypeCast !== undefined) {
      this.#asks(TypeCast.arg as SyntaxNode | undefined, unchangedFamily(TypeCast.typeName));
    } else if (NullTest !== undefined) {
      this.#asks(NullTest.arg as SyntaxNode | undefined, 'neutral');
    } else if (InsertStmt !== undefined) {
      this.#inserted(InsertStmt);
    } else if (UpdateStmt !== undefined) {
      for (const target of (UpdateStmt.targetList ?? []) as readonly SyntaxNode[]) {
        this.#asks(target.ResTarget?.val, this.#familyNamed(target.ResTarget?.name));
      }
    }
  }

  /** A column, or a row of them, on one side; parameters, alone or in a list, on the other. */
  #compared(column: SyntaxNode | undefined, other: SyntaxNode | undefined): void {
    if (column === undefined || other === undefined) return;
    const columns = items(column.RowExpr?.args);
    if (columns !== null) {
      for (const row of other.List === undefined ? [other] : (items(other.List.items) ?? [])) {
        const values = items(row.RowExpr?.args) ?? [];
        for (const [at, value] of values.entries()) this.#compared(columns[at], value);
      }
      return;
    }
    const field = (column.ColumnRef?.fields?.at(-1) as SyntaxNode | undefined)?.String?.sval;
    const family = this.#familyNamed(field);
    for (const value of items(other.List?.items) ?? items(other.A_ArrayExpr?.elements) ?? [other]) {
      this.#asks(value, family);
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
      const family = column === undefined ? null : familyOf(column);
      for (const row of rows) this.#asks(row[at], family);
    }
  }

  #asks(node: SyntaxNode | undefined, use: Use | null): void {
    const number = node?.ParamRef?.number;
    if (number === undefined || use === null) return;
    const known = this.#known.get(number);
    if (known === undefined) this.#known.set(number, [use]);
    else known.push(use);
  }

  /** The family of every column that the name could mean; null: of none, or of several. */
  #familyNamed(name: string | undefined): KeyFamily | null {
    let family: KeyFamily | null = null;
    for (const { columns, table } of this.#relations) {
      if (columns === null) return null;
      const at = columns.indexOf(name ?? '');
      if (at === -1) continue;
      const column = table?.columns[at];
      const found = column === undefined ? null : familyOf(column);
      if (found === null || (family !== null && found !== family)) return null;
      family = found;
    }
    return family;
  }
}

function items(list: unknown): readonly SyntaxNode[] | null {
  return Array.isArray(list) ? (list as readonly SyntaxNode[]) : null;
}
