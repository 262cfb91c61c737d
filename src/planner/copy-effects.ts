// What triggers do to omnisharded tables for each row of a statement, which every copy may take in
// another order: only what comes out the same in any order leaves copies equal.

import { columnOf, type Table } from '../catalog/catalog.ts';
import type { Fired, WriteEvent } from '../catalog/fired.ts';
import { wordsOf } from '../sql/procedure-text.ts';
import type { SyntaxNode, UpdateStmt } from '../sql/syntax-tree.ts';
import { walk } from '../sql/syntax-tree.ts';
import { typeOid } from '../types/type-oid.ts';

const hint = 'Copies on all shards must stay equal, in whatever order each meets its rows.';

export class CopyEffects {
  readonly #read = new Map<Table, string>();
  /** In how many ways tables are written. */
  readonly #written = new Map<Table, Set<string>>();

  /** What the client's own statement does. */
  client(table: Table, event: WriteEvent): void {
    this.#add(table, event === 'insert' ? 'insert' : `${event} of the client`);
  }

  /** `repeated`: it is the same however often and in which order it is done. */
  write(table: Table, event: WriteEvent, repeated: boolean): void {
    this.#add(table, event);
    if (!repeated) this.#add(table, `${event} in an order`);
  }

  read(table: Table, by: string): void {
    this.#read.set(table, by);
  }

  /** What is wrong with them; null: copies stay equal. */
  problem(): { readonly construct: string; readonly hint: string } | null {
    for (const [table, by] of this.#read) {
      if (!this.#written.has(table)) continue;
      return { construct: `${by}, which reads "${table.name}" while it is written,`, hint };
    }
    for (const [table, ways] of this.#written) {
      if (ways.size < 2) continue;
      const construct = `triggers that write omnisharded table "${table.name}" in several ways`;
      return { construct, hint };
    }
    return null;
  }

  #add(table: Table, way: string): void {
    const ways = this.#written.get(table);
    if (ways === undefined) this.#written.set(table, new Set([way]));
    else ways.add(way);
  }
}

const exactTypes: ReadonlySet<number> = new Set([
  ...[typeOid.int2, typeOid.int4, typeOid.int8, typeOid.numeric],
]);

/** UPDATEs of the form `n = n + …`, of rows chosen by other columns, come to the same in any order. */
export function isCounting(update: UpdateStmt, table: Table): boolean {
  if (update.fromClause !== undefined || update.withClause !== undefined) return false;
  const targets = (update.targetList ?? []) as readonly SyntaxNode[];
  const names = new Set(targets.map(one => one.ResTarget?.name ?? ''));
  const mentions = (tree: unknown) => columnsIn(tree).some(name => names.has(name));
  if (mentions(update.whereClause) || (table.triggers ?? []).some(one => watches(one, names))) {
    return false;
  }
  return targets.every(({ ResTarget: target }) => {
    const column = columnOf(table, target?.name ?? '');
    if (column === null || !exactTypes.has(column.typeOid)) return false;
    const { A_Expr: sum } = (target?.val ?? {}) as SyntaxNode;
    const operator = (sum?.name?.[0] as SyntaxNode | undefined)?.String?.sval;
    if (sum?.name?.length !== 1 || (operator !== '+' && operator !== '-')) return false;
    const { ColumnRef } = (sum.lexpr ?? {}) as SyntaxNode;
    const last = (ColumnRef?.fields?.at(-1) as SyntaxNode | undefined)?.String?.sval;
    return last === column.name && !mentions(sum.rexpr) && !/"SubLink"/.test(JSON.stringify(sum));
  });
}

/** It may see how far the counting has come, by a column or in the whole row. */
function watches(fired: Fired, names: ReadonlySet<string>): boolean {
  if (!fired.events.has('update')) return false;
  if (fired.kind === 'rule') return true;
  const text = `${fired.body.text} ${fired.condition?.replace(/^.*? WHEN /s, '') ?? ''}`;
  if (wordsOf(text).some(word => names.has(word))) return true;
  const used = text.replaceAll(/\breturn\s+(new|old|coalesce\s*\(\s*new\s*,\s*old\s*\))/gi, '');
  return /\b(new|old)\b(?!\s*\.\s*["\w])/i.test(used);
}

function columnsIn(tree: unknown): string[] {
  const names: string[] = [];
  walk(tree, value => {
    const field = (value as SyntaxNode).ColumnRef?.fields?.at(-1) as SyntaxNode | undefined;
    if (field?.String?.sval !== undefined) names.push(field.String.sval);
    return true;
  });
  return names;
}
