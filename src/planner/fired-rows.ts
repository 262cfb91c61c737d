// A statement of a trigger or rule without the rows that it is fired for: NEW and OLD become
// parameters, and it is known which of them hold the sharding key of a row that is on this shard.

import type { Table } from '../catalog/catalog.ts';
import { parseStatements } from '../sql/parser.ts';
import { printStatement } from '../sql/print-statement.ts';
import type { SyntaxNode } from '../sql/syntax-tree.ts';
import { parameterCount } from '../sql/syntax-tree.ts';

/** The rows that something fires for, one by one. */
export interface FiredRow {
  readonly table: Table;
  /** Of the sharding key, in its order. */
  readonly key: readonly string[];
  /** Which records have its key: an INSERT has no OLD, a DELETE no NEW. */
  readonly records: ReadonlySet<string>;
  /** Variables that hold columns of the records as they are. */
  readonly held?: ReadonlyMap<string, SyntaxNode>;
}

export interface StatementOfRow {
  readonly sql: string;
  readonly stmt: SyntaxNode;
  /** Of parameters (0-based) that are key columns, their position in the key. */
  readonly keys: ReadonlyMap<number, number>;
  /** How many of its relations are transition tables. */
  readonly renamed: number;
}

type Members = Record<string, unknown>;

/**
 * `row` null: for no row by itself. `transitions`: names under which it has the rows of `table` that
 * were written. `plain`: CURRENT_USER and its kin need not be looked at. null: it cannot be
 * printed.
 */
export function statementOfRow(
  stmt: SyntaxNode,
  row: FiredRow | null,
  transitions: { readonly names: readonly string[]; readonly table: Table } | null,
  plain: boolean,
): StatementOfRow | null {
  const copy = structuredClone(stmt);
  const keys = new Map<number, number>();
  let parameters = parameterCount(copy);
  let renamed = 0;
  const parameter = (position: number): Members => {
    parameters++;
    if (position >= 0) keys.set(parameters - 1, position);
    return { ParamRef: { number: parameters } };
  };
  /** What the node becomes; undefined: what it is. */
  const replaced = (node: Members & SyntaxNode): Members | undefined => {
    if (plain && node.SQLValueFunction !== undefined) return parameter(-1);
    if (row === null) return undefined;
    const value = heldBy(node, row);
    if (value !== undefined) return visit(structuredClone(value), '') as Members;
    if (node.ColumnRef !== undefined) {
      return isOfRow(node, row) ? parameter(keyPosition(node, row)) : undefined;
    }
    const args = (node.CoalesceExpr?.args ?? []) as readonly SyntaxNode[];
    const positions = args.map(one => (recordOf(one) === null ? -1 : columnPosition(one, row)));
    const [first = -1] = positions;
    const present = args.some(one => row.records.has(recordOf(one) ?? ''));
    const isKey = present && first >= 0 && positions.every(one => one === first);
    return isKey ? parameter(first) : undefined;
  };
  const items = (list: readonly unknown[], member: string): unknown[] =>
    list.flatMap(item => {
      const target = (item as { ResTarget?: { val?: SyntaxNode } } | null)?.ResTarget?.val;
      const star = row === null || member === 'args' ? null : starOf(target ?? item, row);
      if (star === null) return [visit(item, member)];
      return star.map(name => {
        const value = parameter(
          row!.records.has(recordOf(target ?? item)!) ? row!.key.indexOf(name) : -1,
        );
        return target === undefined ? value : { ResTarget: { val: value } };
      });
    });
  const visit = (value: unknown, member: string): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return items(value, member);
    const node = withoutParentheses(value as Members & SyntaxNode);
    const other = replaced(node);
    if (other !== undefined) return other;
    if (renameTransition(node, transitions)) renamed++;
    for (const [name, child] of Object.entries(node)) node[name] = visit(child, name);
    return node;
  };
  const tree = withValues(visit(copy, '') as SyntaxNode);
  const sql = printStatement(tree);
  const read = sql === null ? undefined : parseStatements(sql)[0]?.stmt;
  return sql === null || read === undefined ? null : { sql, stmt: read, keys, renamed };
}

/** `new` or `old` of NEW.a, NEW.* and NEW; null: another column. */
function recordOf(value: unknown): string | null {
  const { ColumnRef } = (value ?? {}) as SyntaxNode;
  const [first] = (ColumnRef?.fields ?? []) as readonly SyntaxNode[];
  const name = first?.String?.sval;
  return name === 'new' || name === 'old' ? name : null;
}

/** NEW or one of its columns; system columns stay what they are. */
function isOfRow(node: SyntaxNode, { table }: FiredRow): boolean {
  const fields = (node.ColumnRef?.fields ?? []) as readonly SyntaxNode[];
  const name = fields[1]?.String?.sval;
  if (recordOf(node) === null) return false;
  return name === undefined || table.columns.some(column => column.name === name);
}

function starOf(value: unknown, { table }: FiredRow): readonly string[] | null {
  if (recordOf(value) === null) return null;
  const fields = ((value as SyntaxNode).ColumnRef?.fields ?? []) as readonly SyntaxNode[];
  const isStar = fields.length === 2 && 'A_Star' in fields[1]!;
  return isStar ? table.columns.map(({ name }) => name) : null;
}

/** NEW.a of (NEW).a. */
function withoutParentheses(node: Members & SyntaxNode): Members & SyntaxNode {
  const { arg, indirection = [] } = node.A_Indirection ?? {};
  const fields = ((arg as SyntaxNode | undefined)?.ColumnRef?.fields ?? []) as SyntaxNode[];
  const [field] = indirection as SyntaxNode[];
  const isField = fields.length === 1 && indirection.length === 1 && field?.String !== undefined;
  if (!isField || recordOf(arg) === null) return node;
  return { ColumnRef: { fields: [...fields, field] } } as Members & SyntaxNode;
}

function heldBy({ ColumnRef }: SyntaxNode, { held }: FiredRow): SyntaxNode | undefined {
  const [first, ...more] = (ColumnRef?.fields ?? []) as readonly SyntaxNode[];
  return more.length > 0 ? undefined : held?.get(first?.String?.sval ?? '');
}

function columnPosition(node: SyntaxNode, { key }: FiredRow): number {
  const fields = (node.ColumnRef?.fields ?? []) as readonly SyntaxNode[];
  return fields.length === 2 ? key.indexOf(fields[1]?.String?.sval ?? '') : -1;
}

/** -1: its value names no shard. */
function keyPosition(node: SyntaxNode, row: FiredRow): number {
  return row.records.has(recordOf(node) ?? '') ? columnPosition(node, row) : -1;
}

function renameTransition(
  node: Members,
  transitions: { readonly names: readonly string[]; readonly table: Table } | null,
): boolean {
  if (transitions === null || !('relpersistence' in node)) return false;
  const name = node['relname'];
  if (node['schemaname'] !== undefined || typeof name !== 'string') return false;
  if (!transitions.names.includes(name)) return false;
  node['alias'] ??= { aliasname: name };
  node['relname'] = transitions.table.name;
  node['schemaname'] = transitions.table.schema;
  return true;
}

/** INSERT … SELECT without FROM is one row of VALUES. */
function withValues(stmt: SyntaxNode): SyntaxNode {
  const insert = stmt.InsertStmt as Members | undefined;
  const select = (insert?.['selectStmt'] as SyntaxNode | undefined)?.SelectStmt as
    | Members
    | undefined;
  if (insert === undefined || select === undefined) return stmt;
  const { targetList, ...others } = select;
  const known = ['limitOption', 'op'];
  const plain = Object.keys(others).every(member => known.includes(member));
  if (!plain || !Array.isArray(targetList)) return stmt;
  const values = (targetList as readonly SyntaxNode[]).map(one => one.ResTarget?.val);
  if (values.some(one => one === undefined)) return stmt;
  const list = { List: { items: values } };
  insert['selectStmt'] = { SelectStmt: { ...others, valuesLists: [list] } };
  return stmt;
}
