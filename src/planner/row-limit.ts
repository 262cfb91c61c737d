// LIMIT, OFFSET and FETCH: each shard gives at most the rows that could be needed, the merge counts
// again. Constants are folded; a parameter stays as the client wrote it, cast included.

import type { RowCount } from '../plan/merge-plan.ts';
import type { Refusal } from '../plan/statement-plan.ts';
import type { SelectStmt, SyntaxNode } from '../sql/syntax-tree.ts';
import { qualifiedName } from '../sql/syntax-tree.ts';
import { refuseWide } from './plan-input.ts';

export interface RowLimit {
  readonly count: RowCount | null;
  readonly offset: RowCount | null;
  /** What shards get instead; empty: all rows are needed. */
  readonly sql: string;
  /** What shards get that must send all rows: parameters stay in the text, or PostgreSQL could
   *  not tell their types. */
  readonly allRowsSql: string;
}

const integerTypes = new Set(['int2', 'int4', 'int8']);
const int8Max = 2n ** 63n - 1n;

interface Bound {
  readonly rows: RowCount | null;
  readonly sql: string;
}

/** null: the statement has none of them. */
export function rowLimit(select: SelectStmt): RowLimit | Refusal | null {
  if (select.limitCount === undefined && select.limitOffset === undefined) return null;
  if (select.limitOption === 'LIMIT_OPTION_WITH_TIES') return refuseWide('FETCH … WITH TIES');
  const count = bound(select.limitCount);
  const offset = bound(select.limitOffset);
  if (count === null) return refuseWide('LIMIT with an expression');
  if (offset === null) return refuseWide('OFFSET with an expression');
  const allRowsSql = keptParameters(count, offset);
  const sql = shardLimit(count, offset);
  return { count: count.rows, offset: offset.rows, sql: sql === '' ? allRowsSql : sql, allRowsSql };
}

function keptParameters(...bounds: readonly Bound[]): string {
  const kept = bounds.filter(({ rows }) => rows?.kind === 'parameter');
  if (kept.length === 0) return '';
  return `OFFSET ${kept.map(({ sql }) => `0 * coalesce((${sql})::bigint, 0)`).join(' + ')}`;
}

function shardLimit(count: Bound, offset: Bound): string {
  if (count.rows === null) return '';
  const both = [count.rows, offset.rows ?? { kind: 'constant', rows: 0n }] as const;
  const [first, second] = both;
  if (first.kind === 'constant' && second.kind === 'constant') {
    const sum = first.rows + second.rows;
    const bad = first.rows < 0n || second.rows < 0n || sum > int8Max;
    return bad ? '' : `LIMIT ${sum}`;
  }
  if (offset.rows === null) return `LIMIT ${count.sql}`;
  return `LIMIT ((${count.sql})::bigint + coalesce((${offset.sql})::bigint, 0))`;
}

function bound(node: SyntaxNode | undefined): Bound | null {
  if (node === undefined || node.A_Const?.isnull) return { rows: null, sql: 'NULL' };
  const cast = node.TypeCast;
  if (cast === undefined) return plainBound(node, '');
  const { schema, name } = qualifiedName(cast.typeName?.names);
  const plain = (cast.typeName?.arrayBounds?.length ?? 0) === 0;
  if (!plain || !integerTypes.has(name) || (schema !== null && schema !== 'pg_catalog'))
    return null;
  return plainBound((cast.arg ?? {}) as SyntaxNode, `::${name}`);
}

function plainBound(node: SyntaxNode, cast: string): Bound | null {
  if (node.ParamRef !== undefined) {
    const number = node.ParamRef.number ?? 0;
    return { rows: { kind: 'parameter', index: number - 1 }, sql: `$${number}${cast}` };
  }
  const text = constantText(node);
  if (text === null || !/^\s*-?\d{1,19}\s*$/.test(text) || BigInt(text) > int8Max) return null;
  return { rows: { kind: 'constant', rows: BigInt(text) }, sql: text.trim() + cast };
}

function constantText(node: SyntaxNode): string | null {
  const { A_Const: constant } = node;
  if (constant?.ival !== undefined) return String(constant.ival.ival ?? 0);
  return constant?.fval?.fval ?? constant?.sval?.sval ?? null;
}
