// Names of a query's output columns, as far as they can be told without a catalog. Used to see
// which relation an unqualified name cannot belong to.

import { figureName } from './figure-name.ts';
import type { SelectStmt, SyntaxNode } from './syntax-tree.ts';

/** null: not known (a star). */
export function outputNames(select: SelectStmt): readonly string[] | null {
  if (select.larg !== undefined) return outputNames(select.larg);
  const row = (select.valuesLists?.[0] as SyntaxNode | undefined)?.List?.items;
  if (row !== undefined) return row.map((_, at) => `column${at + 1}`);
  if (select.targetList === undefined) return null;
  const names: string[] = [];
  for (const node of select.targetList) {
    const name = outputName(node);
    if (name === null) return null;
    names.push(name);
  }
  return names;
}

/** Name of one item of a target list; null for a star and what is not known. */
export function outputName(node: SyntaxNode): string | null {
  const target = node.ResTarget;
  if (target === undefined) return null;
  if (target.name !== undefined) return target.name;
  return target.val === undefined ? null : figureName(target.val);
}
