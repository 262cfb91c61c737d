// What `*` stands for where joins merge columns by USING or NATURAL: those first, once, then what is
// left of both sides (transformJoinUsingClause and expandNSItemVars, parse_clause.c, parse_relation.c).

import { type ColumnUse, catalogColumn, type Level } from '../sql/level.ts';
import type { SelectStmt, SyntaxNode } from '../sql/syntax-tree.ts';
import { nameParts } from '../sql/syntax-tree.ts';

export interface StarColumn {
  readonly name: string;
  /** null: it is no one column as it stands, or of no known type. */
  readonly use: ColumnUse | null;
}

/** null: not known. */
export function starColumns(select: SelectStmt, level: Level): readonly StarColumn[] | null {
  const columns: StarColumn[] = [];
  for (const item of (select.fromClause ?? []) as readonly SyntaxNode[]) {
    const found = itemColumns(item, level);
    if (found === null) return null;
    columns.push(...found);
  }
  return columns;
}

function itemColumns(item: SyntaxNode, level: Level): readonly StarColumn[] | null {
  if (item.JoinExpr !== undefined) return joinColumns(item.JoinExpr, level);
  const { RangeVar, RangeSubselect, RangeFunction } = item;
  const alias = (RangeVar ?? RangeSubselect ?? RangeFunction)?.alias?.aliasname;
  const refname = alias ?? RangeVar?.relname;
  const [relation, ...others] = level.relations.filter(one => one.refname === refname);
  if (relation?.columns == null || relation.hidden || others.length > 0) return null;
  return relation.columns.map(name => ({ name, use: { relation, column: name } }));
}

function joinColumns(
  join: NonNullable<SyntaxNode['JoinExpr']>,
  level: Level,
): readonly StarColumn[] | null {
  const left = itemColumns((join.larg ?? {}) as SyntaxNode, level);
  const right = itemColumns((join.rarg ?? {}) as SyntaxNode, level);
  if (join.alias !== undefined || left === null || right === null) return null;
  const names = join.isNatural
    ? left.map(({ name }) => name).filter(name => right.some(one => one.name === name))
    : nameParts(join.usingClause as readonly SyntaxNode[] | undefined);
  const merged: StarColumn[] = [];
  for (const name of names) {
    const [a, ...moreLeft] = left.filter(one => one.name === name);
    const [b, ...moreRight] = right.filter(one => one.name === name);
    if (a === undefined || b === undefined || moreLeft.length + moreRight.length > 0) return null;
    const kept = join.jointype === 'JOIN_RIGHT' ? b.use : a.use;
    const isOne = join.jointype !== 'JOIN_FULL' && haveSameType(a.use, b.use);
    merged.push({ name, use: isOne ? kept : null });
  }
  const rest = [...left, ...right].filter(({ name }) => !names.includes(name));
  return [...merged, ...rest];
}

/** Else it is a third type that both become. */
function haveSameType(a: ColumnUse | null, b: ColumnUse | null): boolean {
  const [left, right] = [a, b].map(use => (use === null ? null : catalogColumn(use)));
  if (left == null || right == null) return false;
  return left.typeOid === right.typeOid && left.collation === right.collation;
}
