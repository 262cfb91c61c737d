// LIMIT, OFFSET and FETCH: each shard gives at most the rows that could be needed, the merge counts
// again. Constants are folded; a parameter stays as the client wrote it, cast included; any other
// expression is PostgreSQL's to evaluate: its value comes as a hidden column of every row.

import type { MergeNode, RowCount, SortKey } from '../plan/merge-plan.ts';
import type { Refusal } from '../plan/statement-plan.ts';
import type { ByteText } from '../sql/byte-text.ts';
import { limitItems } from '../sql/clause-items.ts';
import type { Clauses, Range } from '../sql/clauses.ts';
import type { SelectStmt, SyntaxNode } from '../sql/syntax-tree.ts';
import { qualifiedName, walk } from '../sql/syntax-tree.ts';
import { refuseWide } from './plan-input.ts';

export interface RowLimit {
  readonly count: RowCount | null;
  readonly offset: RowCount | null;
  readonly withTies: boolean;
  /** What shards get instead; empty: all rows are needed. */
  readonly sql: string;
  /** What shards get that must send all rows: parameters stay in the text, or PostgreSQL could
   *  not tell their types. */
  readonly allRowsSql: string;
  /** What shards get that must send so many rows, of which this limit says nothing. */
  readonly countedSql: (rows: string) => string;
}

/** What a limit is made of besides the tree. */
export interface LimitText {
  readonly clauses: Clauses;
  readonly text: ByteText;
  /** Index of a helper column; null: there can be none. */
  readonly hidden: ((sql: string) => number) | null;
}

const integerTypes = new Set(['int2', 'int4', 'int8']);
const int8Max = 2n ** 63n - 1n;

interface Bound {
  readonly rows: RowCount | null;
  readonly sql: string;
}

/** null: the statement has none of them. */
export function rowLimit(select: SelectStmt, text: LimitText): RowLimit | Refusal | null {
  const { limitCount, limitOffset } = select;
  if (limitCount === undefined && limitOffset === undefined) return null;
  const items = limitItems(text.clauses);
  const count = bound(limitCount, select) ?? expressionBound(items.count, text);
  const offset = bound(limitOffset, select) ?? expressionBound(items.offset, text);
  if (count === null) return refuseWide('LIMIT with an expression');
  if (offset === null) return refuseWide('OFFSET with an expression');
  const withTies = select.limitOption === 'LIMIT_OPTION_WITH_TIES';
  if (withTies && count.rows === null) return refuseWide('FETCH … WITH TIES of NULL');
  const bounds = [count.rows?.kind, offset.rows?.kind];
  const limits = bounds.includes('column')
    ? checkedLimits(count, offset, withTies)
    : plainLimits(count, offset, withTies);
  return { count: count.rows, offset: offset.rows, withTies, ...limits };
}

/** The merge's own counting, above what gives the rows. */
export function limited(
  input: MergeNode,
  limit: RowLimit | null,
  keys: readonly SortKey[],
): MergeNode {
  if (limit === null) return input;
  const { count, offset, withTies } = limit;
  if (count === null && offset === null) return input;
  const ties = withTies && count !== null ? { ties: keys } : {};
  return { kind: 'limit', count, offset, ...ties, input };
}

function plainLimits(count: Bound, offset: Bound, withTies: boolean) {
  const allRowsSql = keptParameters(count, offset);
  const countedSql = (number: string) => `LIMIT ${number} ${allRowsSql}`.trim();
  const rows = shardRows(count, offset);
  if (rows === '') return { sql: allRowsSql, allRowsSql, countedSql };
  const sql = withTies ? `FETCH FIRST (${rows}) ROWS WITH TIES` : `LIMIT ${rows}`;
  return { sql, allRowsSql, countedSql };
}

function keptParameters(...bounds: readonly Bound[]): string {
  const kept = bounds.filter(({ rows }) => rows?.kind === 'parameter');
  if (kept.length === 0) return '';
  return `OFFSET ${kept.map(({ sql }) => `0 * coalesce((${sql})::bigint, 0)`).join(' + ')}`;
}

/** Empty: there is no bound. */
function shardRows(count: Bound, offset: Bound): string {
  if (count.rows === null) return '';
  const both = [count.rows, offset.rows ?? { kind: 'constant', rows: 0n }] as const;
  const [first, second] = both;
  if (first.kind === 'constant' && second.kind === 'constant') {
    const sum = first.rows + second.rows;
    const bad = first.rows < 0n || second.rows < 0n || sum > int8Max;
    return bad ? '' : String(sum);
  }
  if (offset.rows === null) return count.sql;
  return `((${count.sql})::bigint + coalesce((${offset.sql})::bigint, 0))`;
}

/**
 * A negative count has to be an error on the shards, in PostgreSQL's words and order: nobody knows
 * it here if no row comes.
 */
function checkedLimits(count: Bound, offset: Bound, withTies: boolean) {
  const c = count.rows === null ? null : `(${count.sql})::bigint`;
  const o = offset.rows === null ? null : `(${offset.sql})::bigint`;
  const offsetSql = o === null ? '' : ` OFFSET least(${o}, 0)`;
  const counted = (number: string) => {
    return `LIMIT ${c === null ? number : `CASE WHEN ${c} < 0 THEN ${c} ELSE ${number} END`}`;
  };
  const countedSql = (number: string) => counted(number) + offsetSql;
  if (c === null) return { sql: offsetSql.trim(), allRowsSql: offsetSql.trim(), countedSql };
  const skipped = `greatest(coalesce(${o ?? '0'}, 0), 0)`;
  const sum =
    o === null ? c : `CASE WHEN ${c} <= ${int8Max} - ${skipped} THEN ${c} + ${skipped} END`;
  const rows = o === null ? c : `CASE WHEN ${c} < 0 THEN ${c} ELSE ${sum} END`;
  const all = `LIMIT CASE WHEN ${c} < 0 THEN ${c} END${offsetSql}`;
  const first = withTies ? `FETCH FIRST (${rows}) ROWS WITH TIES` : `LIMIT ${rows}`;
  return {
    sql: withTies ? `${offsetSql.trim()} ${first}`.trim() : first + offsetSql,
    allRowsSql: all,
    countedSql,
  };
}

function bound(node: SyntaxNode | undefined, select: SelectStmt): Bound | null {
  if (node === undefined || node.A_Const?.isnull) return { rows: null, sql: 'NULL' };
  const cast = node.TypeCast;
  if (cast === undefined) return plainBound(node, '', select);
  const { schema, name } = qualifiedName(cast.typeName?.names);
  const plain = (cast.typeName?.arrayBounds?.length ?? 0) === 0;
  if (!plain || !integerTypes.has(name) || (schema !== null && schema !== 'pg_catalog'))
    return null;
  return plainBound((cast.arg ?? {}) as SyntaxNode, `::${name}`, select);
}

function plainBound(node: SyntaxNode, cast: string, select: SelectStmt): Bound | null {
  if (node.ParamRef !== undefined) {
    const number = node.ParamRef.number ?? 0;
    // Another place may have made it of another type.
    if (usesOf(number, select) > 1) return null;
    return { rows: { kind: 'parameter', index: number - 1 }, sql: `$${number}${cast}` };
  }
  const text = constantText(node);
  if (text === null || !/^\s*-?\d{1,19}\s*$/.test(text) || BigInt(text) > int8Max) return null;
  return { rows: { kind: 'constant', rows: BigInt(text) }, sql: text.trim() + cast };
}

/** Places where a parameter stands. */
export function usesOf(parameter: number, select: SelectStmt): number {
  let uses = 0;
  walk(select, value => {
    if ((value as SyntaxNode).ParamRef?.number === parameter) uses++;
    return true;
  });
  return uses;
}

/** Types that are none for LIMIT are none for its NULL either. */
function expressionBound(range: Range | null, { text, hidden }: LimitText): Bound | null {
  if (range === null || hidden === null) return null;
  const sql = `coalesce((${text.slice(range.start, range.end)}), NULL::bigint)`;
  return { rows: { kind: 'column', column: hidden(`${sql}::bigint`) }, sql };
}

function constantText(node: SyntaxNode): string | null {
  const { A_Const: constant } = node;
  if (constant?.ival !== undefined) return String(constant.ival.ival ?? 0);
  return constant?.fval?.fval ?? constant?.sval?.sval ?? null;
}
