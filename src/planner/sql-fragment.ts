// Pieces of SQL that planners put into a statement's tree: written as text, read by the parser, so
// that they are the nodes that PostgreSQL would make of it.

import { parseStatements } from '../sql/parser.ts';
import type { SyntaxNode } from '../sql/syntax-tree.ts';

/** The tree of an expression. It must not be changed: it may stand in several places. */
export function expressionOf(sql: string): SyntaxNode {
  const [statement] = parseStatements(`SELECT ${sql}`);
  const [target] = (statement?.stmt.SelectStmt?.targetList ?? []) as readonly SyntaxNode[];
  return (target?.ResTarget?.val ?? {}) as SyntaxNode;
}

export function columnNode(...names: readonly string[]): SyntaxNode {
  return { ColumnRef: { fields: names.map(sval => ({ String: { sval } })) } } as SyntaxNode;
}

/** An item of a target list. */
export function targetNode(name: string, val: SyntaxNode): SyntaxNode {
  return { ResTarget: { name, val } } as SyntaxNode;
}

/** The n-th output column (1-based), as GROUP BY and ORDER BY say it. */
export function ordinalNode(n: number): SyntaxNode {
  return { A_Const: { ival: { ival: n } } } as SyntaxNode;
}
