// A query that asks for the time at which its transaction began, as one that is told: shards would
// each give the time of their own.

import { resolveFunctions } from '../catalog/catalog.ts';
import { momentMark } from '../plan/moment.ts';
import { figureName } from '../sql/figure-name.ts';
import { parseStatements } from '../sql/parser.ts';
import { printStatement } from '../sql/print-statement.ts';
import type { FuncCall, SyntaxNode } from '../sql/syntax-tree.ts';
import { qualifiedName, walk } from '../sql/syntax-tree.ts';
import type { PlanInput } from './plan-input.ts';

/** What each is of the moment, in SQL (SQLValueFunction, execExpr.c). */
const types: Readonly<Record<string, string>> = {
  SVFOP_CURRENT_DATE: 'date',
  SVFOP_CURRENT_TIME: 'timetz',
  SVFOP_CURRENT_TIME_N: 'timetz',
  SVFOP_CURRENT_TIMESTAMP: 'timestamptz',
  SVFOP_CURRENT_TIMESTAMP_N: 'timestamptz',
  SVFOP_LOCALTIME: 'time',
  SVFOP_LOCALTIME_N: 'time',
  SVFOP_LOCALTIMESTAMP: 'timestamp',
  SVFOP_LOCALTIMESTAMP_N: 'timestamp',
};

type Members = Record<string, unknown>;

/** In every text that asks. */
const asking = /now|transaction_timestamp|current_(date|time)|localtime/i;

/** null: it does not ask, or its columns would have other names. */
export function withFixedMoment(input: PlanInput): PlanInput | null {
  if (!asking.test(input.sql)) return null;
  const stmt = structuredClone(input.stmt);
  let found = false;
  let named = true;
  walk(stmt, value => {
    const node = value as Members & SyntaxNode;
    const target = node.ResTarget as { name?: string; val?: SyntaxNode } | undefined;
    if (target?.val !== undefined && target.name === undefined) {
      const name = holdsMoment(target.val, input) ? figureName(target.val) : undefined;
      if (name === null) named = false;
      else if (name !== undefined) target.name = name;
    }
    const moment = momentOf(node, input);
    if (moment === null) return true;
    found = true;
    for (const member of Object.keys(node)) delete node[member];
    Object.assign(node, moment);
    return false;
  });
  if (!found || !named) return null;
  const sql = printStatement(stmt);
  const read = sql === null ? undefined : parseStatements(sql)[0]?.stmt;
  return sql === null || read === undefined ? null : { ...input, sql, stmt: read };
}

function holdsMoment(tree: SyntaxNode, input: PlanInput): boolean {
  let found = false;
  walk(tree, value => {
    found ||= momentOf(value as SyntaxNode, input) !== null;
    return !found;
  });
  return found;
}

/** The node for it; null: it does not ask for the time. */
function momentOf(node: SyntaxNode, input: PlanInput): SyntaxNode | null {
  if (node.FuncCall !== undefined) return isNow(node.FuncCall, input) ? moment() : null;
  const { op, typmod } = node.SQLValueFunction ?? {};
  const type = types[op ?? ''];
  if (type === undefined) return null;
  const digits = op!.endsWith('_N') ? (typmod ?? 0) : null;
  return type === 'timestamptz' && digits === null ? moment() : cast(moment(), type, digits);
}

function isNow(call: FuncCall, { catalog, searchPath }: PlanInput): boolean {
  const { schema, name } = qualifiedName(call.funcname);
  if (name !== 'now' && name !== 'transaction_timestamp') return false;
  const meant = resolveFunctions(catalog, name, schema, searchPath);
  return call.args === undefined && meant.every(one => one.schema === 'pg_catalog');
}

function moment(): SyntaxNode {
  return cast({ A_Const: { sval: { sval: momentMark } } } as SyntaxNode, 'timestamptz', null);
}

function cast(arg: SyntaxNode, type: string, digits: number | null): SyntaxNode {
  const names = ['pg_catalog', type].map(sval => ({ String: { sval } }));
  const ival = digits === 0 ? {} : { ival: digits };
  const typmods = digits === null ? {} : { typmods: [{ A_Const: { ival } }] };
  return { TypeCast: { arg, typeName: { names, ...typmods, typemod: -1 } } } as SyntaxNode;
}
