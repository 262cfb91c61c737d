// PostgreSQL's own parse tree as libpg-query hands it out: each node is an object with one member
// that names its type. `SyntaxNode` lets code ask for any member; zero and false are left out of
// the tree (protobuf's JSON form), so a missing number is 0.

import type { Node } from 'libpg-query';

export type {
  A_Const,
  A_Expr,
  Alias,
  ColumnRef,
  CopyStmt,
  DeleteStmt,
  FuncCall,
  InsertStmt,
  JoinExpr,
  MergeStmt,
  RangeVar,
  SelectStmt,
  SortBy,
  TypeName,
  UpdateStmt,
  WithClause,
} from 'libpg-query';

type MembersOf<T> = T extends T ? keyof T : never;
export type NodeType = MembersOf<Node>;

export type SyntaxNode = {
  readonly [type in NodeType]?: Extract<Node, Record<type, unknown>>[type];
};

/** The type of a node: its one member. */
export function nodeType(node: SyntaxNode): NodeType {
  for (const type in node) return type as NodeType;
  throw new TypeError('empty syntax node');
}

/** `a.b.c` of a name list (function, operator and type names). */
export function nameParts(names: readonly SyntaxNode[] | undefined): string[] {
  return (names ?? []).map(name => name.String?.sval ?? '');
}

/** The last part of a possibly qualified name and the schema before it. */
export function qualifiedName(names: readonly SyntaxNode[] | undefined): {
  schema: string | null;
  name: string;
} {
  const parts = nameParts(names);
  return { schema: parts.at(-2) ?? null, name: parts.at(-1) ?? '' };
}

/**
 * Calls `visit` on every object of the tree, the root included, with the member name it hangs on.
 * `visit` returning false leaves out what is below. The tree is JSON: no cycles.
 */
export function walk(root: unknown, visit: (value: object, member: string) => boolean): void {
  walkMember(root, '', visit);
}

function walkMember(
  value: unknown,
  member: string,
  visit: (value: object, member: string) => boolean,
): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value) walkMember(item, member, visit);
    return;
  }
  if (!visit(value, member)) return;
  for (const [name, child] of Object.entries(value)) walkMember(child, name, visit);
}

/** `*` or `t.*`. */
export function isStar(node: SyntaxNode | undefined): boolean {
  return node?.ColumnRef?.fields?.some(field => 'A_Star' in field) ?? false;
}

/** The same expression, wherever it stands: trees compared without locations. */
export function sameExpression(a: unknown, b: unknown): boolean {
  return fingerprint(a) === fingerprint(b);
}

function fingerprint(tree: unknown): string {
  return JSON.stringify(tree, (key, value: unknown) => (key === 'location' ? undefined : value));
}

/** The number of the highest parameter (`$1`); 0: it has none. */
export function parameterCount(root: unknown): number {
  let highest = 0;
  walk(root, (value, member) => {
    const node =
      member === 'ParamRef' ? (value as { number?: number }) : (value as SyntaxNode).ParamRef;
    highest = Math.max(highest, node?.number ?? 0);
    return true;
  });
  return highest;
}
