// Aggregates in two steps: what a shard computes of its rows, and the expression over all shards'
// partial results that has the value, type and scale of the aggregate over all rows. What is not
// listed has no split that is known to be exact.

import type { Level } from '../sql/level.ts';
import type { ScopeBuilder } from '../sql/scope-builder.ts';
import type { FuncCall, SyntaxNode } from '../sql/syntax-tree.ts';
import { typeOid } from '../types/type-oid.ts';
import { builtinCall } from './builtin-call.ts';
import { expressionType } from './expression-type.ts';

export interface AggregateSplit {
  /** Aggregate calls for the shards, with the statement's arguments and FILTER. */
  readonly partials: readonly SyntaxNode[];
  /** SQL over the columns of the partials, given by reference, in their order. */
  combined(columns: readonly string[]): string;
  /** The result's collation, where it is given in the arguments. */
  readonly collation: SyntaxNode | null;
}

/** The same function over the partial results, whether the arguments are DISTINCT or not. */
const idempotent = new Set([
  'min',
  'max',
  'bool_and',
  'bool_or',
  'every',
  'bit_and',
  'bit_or',
  'range_intersect_agg',
]);
const integers: readonly number[] = [typeOid.int2, typeOid.int4, typeOid.int8];
const exactNumbers: readonly number[] = [...integers, typeOid.numeric];
const floats: readonly number[] = [typeOid.float4, typeOid.float8];
const variances = new Set([
  'variance',
  'var_samp',
  'var_pop',
  'stddev',
  'stddev_samp',
  'stddev_pop',
]);

/** Whether DISTINCT among the arguments changes nothing. */
export function ignoresRepetition(call: FuncCall, facts: ScopeBuilder): boolean {
  return idempotent.has(builtinCall(call, facts) ?? '');
}

/** Of a call whose DISTINCT, if there is one, changes nothing; null: no exact split is known. */
export function splitAggregate(
  call: FuncCall,
  level: Level,
  facts: ScopeBuilder,
): AggregateSplit | null {
  const name = builtinCall(call, facts);
  if (name === null || call.agg_within_group || call.func_variadic) return null;
  const { agg_distinct: _distinct, agg_order: order, ...plain } = call as FuncCall;
  const args = (call.args ?? []) as readonly SyntaxNode[];
  const [arg] = args;
  const type = expressionType(arg, level, facts)?.oid ?? null;
  // Sums of floats hang on the order, so does which value any_value takes.
  const inOrder = (order?.length ?? 0) > 0;
  const isFloat = type !== null && floats.includes(type);
  const same = (sql: (column: string) => string, collation: SyntaxNode | null = null) => ({
    partials: [{ FuncCall: plain } as SyntaxNode],
    combined: ([column]: readonly string[]) => sql(column!),
    collation,
  });
  if (name === 'count' || name === 'regr_count') {
    return same(column => `COALESCE(pg_catalog.sum(${column}), 0)::bigint`);
  }
  if (args.length !== 1 || arg === undefined) return null;
  if (idempotent.has(name) || (name === 'any_value' && !inOrder)) {
    const collation = collationOf(arg);
    if (collation === undefined || isRecord(arg, level)) return null;
    return same(column => `pg_catalog.${name}(${column})`, collation);
  }
  if (name === 'bit_xor') return same(column => `pg_catalog.bit_xor(${column})`);
  if (type === null || (isFloat && inOrder)) return null;
  if (name === 'sum') return isSummable(type) ? same(column => sumSql(type, column)) : null;
  const operator = ownOperators(facts);
  if (name === 'avg') return splitAverage(plain, arg, type, operator);
  if (!variances.has(name) || !exactNumbers.includes(type)) return null;
  return splitVariance(name, { call: plain, arg, type }, operator);
}

/** How PostgreSQL's own operator of a name is written: other ones may fit its operands too. */
function ownOperators(facts: ScopeBuilder): (name: string) => string {
  const { operators } = facts.input.catalog;
  return name => (operators.has(name) ? `OPERATOR(pg_catalog.${name})` : name);
}

function isSummable(type: number): boolean {
  const others: readonly number[] = [typeOid.interval, typeOid.money];
  return exactNumbers.includes(type) || floats.includes(type) || others.includes(type);
}

/** Parallel plans add up float sums in the same way (float4pl and float8pl combine, pg_aggregate.dat);
 *  of bigint sums the sum is numeric. */
function sumSql(type: number, column: string): string {
  const narrow = type === typeOid.int2 || type === typeOid.int4;
  return `pg_catalog.sum(${column})${narrow ? '::bigint' : ''}`;
}

/** Divided once, as the final functions do: numeric_avg and int8_avg by numeric_div, interval_avg by
 *  interval_div. */
function splitAverage(
  call: FuncCall,
  arg: SyntaxNode,
  type: number,
  operator: (name: string) => string,
): AggregateSplit | null {
  const isFloat = floats.includes(type);
  if (!isFloat && !exactNumbers.includes(type) && type !== typeOid.interval) return null;
  // float4_accum adds up in float8, sum(float4) would not.
  const summed = type === typeOid.float4 ? cast(arg, 'float8') : arg;
  const partials = [partial(call, 'sum', [summed]), partial(call, 'count', [arg])];
  const combined = (columns: readonly string[]) => {
    const [sum, count] = columns.map(column => `pg_catalog.sum(${column})`);
    const over = operator('/');
    if (exactNumbers.includes(type)) return `${sum} ${over} ${count}`;
    // The state begins with 0, to which -0 is added.
    const total = isFloat ? `(${sum} ${operator('+')} 0::float8)` : sum;
    return `${total} ${over} (${count})::float8`;
  };
  return { partials, combined, collation: null };
}

/**
 * numeric_stddev_internal of numeric.c: (N * sum(x²) - sum(x)²) / (N * (N - 1)) by numeric_div's
 * scale, the root rounded to the same scale. All sums are exact. The root is taken of so many more
 * digits that rounding it twice makes no difference: between a root and the middle of two results
 * there are at least as many zeros as twice the scale and the root's own digits.
 */
function splitVariance(
  name: string,
  { call, arg, type }: { call: FuncCall; arg: SyntaxNode; type: number },
  operator: (name: string) => string,
): AggregateSplit {
  const value = type === typeOid.numeric ? arg : cast(arg, 'numeric');
  const own = operator('*') === '*' ? ['*'] : ['pg_catalog', '*'];
  const times = own.map(sval => ({ String: { sval } }));
  const square = { A_Expr: { kind: 'AEXPR_OP', name: times, lexpr: value, rexpr: value } };
  const partials = [
    partial(call, 'count', [arg]),
    partial(call, 'sum', [value]),
    partial(call, 'sum', [square as unknown as SyntaxNode]),
  ];
  const isPopulation = name.endsWith('_pop');
  const put = (a: string, sign: string, b: string) => `(${a} ${operator(sign)} ${b})`;
  const combined = (columns: readonly string[]) => {
    const [n = '', sum = '', squares = ''] = columns.map(column => `pg_catalog.sum(${column})`);
    const spread = put(put(n, '*', squares), '-', put(sum, '*', sum));
    const variance = put(spread, '/', put(n, '*', isPopulation ? n : put(n, '-', '1')));
    const result = name.startsWith('stddev') ? rootSql(variance, put) : variance;
    const known = `CASE WHEN ${put(spread, '<=', '0')} THEN 0::numeric ELSE ${result} END`;
    return `CASE WHEN ${put(n, '>', isPopulation ? '0' : '1')} THEN ${known} END`;
  };
  return { partials, combined, collation: null };
}

/** Of a number, with its scale; of NaN, which has none, NaN. */
function rootSql(variance: string, put: (a: string, sign: string, b: string) => string): string {
  const twice = put('2', '*', `pg_catalog.length(${variance}::text)`);
  const root = `pg_catalog.sqrt(pg_catalog.round(${variance}, ${put(twice, '+', '8')}))`;
  return `pg_catalog.round(${root}, COALESCE(pg_catalog.scale(${variance}), 0))`;
}

function partial(call: FuncCall, name: string, args: readonly SyntaxNode[]): SyntaxNode {
  const funcname = [{ String: { sval: 'pg_catalog' } }, { String: { sval: name } }];
  return { FuncCall: { ...call, funcname, args } } as unknown as SyntaxNode;
}

function cast(arg: SyntaxNode, name: 'float8' | 'numeric'): SyntaxNode {
  const names = [{ String: { sval: 'pg_catalog' } }, { String: { sval: name } }];
  return { TypeCast: { arg, typeName: { names, typemod: -1 } } } as unknown as SyntaxNode;
}

/** COLLATE around an expression; undefined: it is somewhere within, and may be what counts. */
export function collationOf(node: SyntaxNode): SyntaxNode | null | undefined {
  const inner = node.CollateClause === undefined ? node : node.CollateClause.arg;
  if (JSON.stringify(inner).includes('"CollateClause"')) return undefined;
  return node.CollateClause === undefined ? null : node;
}

/** A row is no column of a table, a whole row is of a type that each shard has for itself. */
function isRecord(node: SyntaxNode, level: Level): boolean {
  if (node.RowExpr !== undefined) return true;
  return node.ColumnRef !== undefined && level.resolve(node.ColumnRef) === null;
}
