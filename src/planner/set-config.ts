// A query of set_config() calls alone is SET in the form of a query: applications give their
// tenant that way, PostgREST its claims, pg_dump's scripts their search path. With literals or
// parameters as arguments the session follows it as it follows SET.

import type { SetConfigArgument, SetConfigCall, StatementPlan } from '../plan/statement-plan.ts';
import type { SelectStmt, SyntaxNode } from '../sql/syntax-tree.ts';
import { nameParts, qualifiedName } from '../sql/syntax-tree.ts';
import type { PlanInput } from './plan-input.ts';
import { unfollowedSetting } from './plan-set.ts';

/** null: it is not such a query, or its arguments are more than literals and parameters. */
export function planSetConfig(input: PlanInput, plan: StatementPlan): StatementPlan | null {
  const calls = setConfigCalls(input.stmt.SelectStmt);
  if (calls === null) return null;
  const kept = input.shardCount > 1 ? null : unfollowedCall(calls);
  if (kept !== null) return { ...plan, pinsSession: kept };
  return { ...plan, effect: { kind: 'set-config', calls } };
}

/** What a client of one shard has to keep its connection for; null: nothing. Parameters are not
 *  looked at. */
export function unfollowedCall(calls: readonly SetConfigCall[]): string | null {
  for (const { name, value } of calls) {
    if (name.kind !== 'text' || value.kind !== 'text') continue;
    const construct = unfollowedSetting(name.text ?? '', value.text);
    if (construct !== null) return construct;
  }
  return null;
}

function setConfigCalls(select: SelectStmt | undefined): readonly SetConfigCall[] | null {
  if (select?.targetList === undefined || select.op !== 'SETOP_NONE') return null;
  if (select.fromClause !== undefined) return ofExisting(select);
  const others = [select.whereClause, select.withClause, select.intoClause];
  const limits = [select.limitCount, select.limitOffset, select.groupClause, select.havingClause];
  const rest = [select.distinctClause, select.windowClause, select.lockingClause];
  if ([...others, ...limits, ...rest].some(one => one !== undefined)) return null;
  const calls: SetConfigCall[] = [];
  for (const target of select.targetList as readonly SyntaxNode[]) {
    const { val, name: column = 'set_config' } = target.ResTarget ?? {};
    const call = setConfigCall(val as SyntaxNode | undefined, column);
    if (call === null) return null;
    calls.push(call);
  }
  return calls;
}

/** `SELECT set_config(name, 'value', false) FROM pg_settings WHERE name = 'a'`: how pg_dump sets what
 *  older servers do not have. */
function ofExisting(select: SelectStmt): readonly SetConfigCall[] | null {
  const { fromClause, whereClause, targetList = [], ...others } = select;
  const relation = (fromClause as readonly SyntaxNode[])[0]?.RangeVar;
  const {
    kind,
    name: operator,
    lexpr,
    rexpr,
  } = (whereClause as SyntaxNode | undefined)?.A_Expr ?? {};
  const setting = (rexpr as SyntaxNode | undefined)?.A_Const?.sval?.sval;
  const isPlain = Object.keys(others).every(key => key === 'op' || key === 'limitOption');
  const isOfSettings = relation?.relname === 'pg_settings' && relation.alias === undefined;
  const isEqual = kind === 'AEXPR_OP' && nameParts(operator).join('.') === '=';
  if (!isPlain || !isOfSettings || fromClause?.length !== 1 || targetList.length !== 1) return null;
  if ((relation.schemaname ?? 'pg_catalog') !== 'pg_catalog' || !isEqual) return null;
  if (setting === undefined || !isNameColumn(lexpr)) return null;
  const { val, name: column = 'set_config' } = (targetList[0] as SyntaxNode).ResTarget ?? {};
  const written = (val as SyntaxNode | undefined)?.FuncCall;
  const [name, ...args] = (written?.args ?? []) as readonly SyntaxNode[];
  if (written === undefined || !isNameColumn(name)) return null;
  const constant = { A_Const: { sval: { sval: setting } } } as SyntaxNode;
  const call = { FuncCall: { ...written, args: [constant, ...args] } } as SyntaxNode;
  const found = setConfigCall(call, column);
  if (found === null || found.value.kind !== 'text' || found.local.kind !== 'text') return null;
  return [{ ...found, ifExists: true }];
}

function isNameColumn(node: unknown): boolean {
  const column = (node as SyntaxNode | undefined)?.ColumnRef;
  return column !== undefined && nameParts(column.fields).join('.') === 'name';
}

function setConfigCall(node: SyntaxNode | undefined, column: string): SetConfigCall | null {
  const call = node?.FuncCall;
  if (call === undefined) return null;
  const { schema, name: functionName } = qualifiedName(call.funcname);
  if (functionName !== 'set_config' || (schema !== null && schema !== 'pg_catalog')) return null;
  const args = (call.args ?? []) as readonly SyntaxNode[];
  if (args.length !== 3 || call.agg_filter !== undefined || call.over !== undefined) return null;
  const [name, value, local] = args.map(argument);
  return name && value && local ? { name, value, local, column } : null;
}

/** A constant or parameter, also under casts to the type that the function takes. */
function argument(node: SyntaxNode): SetConfigArgument | null {
  if (node.ParamRef !== undefined) {
    return { kind: 'parameter', index: (node.ParamRef.number ?? 0) - 1 };
  }
  const constant = node.A_Const;
  if (constant !== undefined) {
    if (constant.isnull) return { kind: 'text', text: null };
    if (constant.boolval !== undefined) {
      return { kind: 'text', text: String(constant.boolval.boolval ?? false) };
    }
    return constant.sval === undefined ? null : { kind: 'text', text: constant.sval.sval ?? '' };
  }
  const cast = node.TypeCast;
  const { name } = qualifiedName(cast?.typeName?.names);
  if (cast === undefined || (name !== 'text' && name !== 'bool')) return null;
  const bounds = cast.typeName?.arrayBounds?.length ?? 0;
  return bounds > 0 ? null : argument(cast.arg as SyntaxNode);
}
