// `SELECT set_config('name', 'value', local)` is SET in the form of a query; pg_dump's scripts and
// drivers use it. With literals the session follows it as it follows SET.

import type { SessionEffect } from '../plan/statement-plan.ts';
import { assignment } from '../sql/setting.ts';
import type { SelectStmt, SyntaxNode } from '../sql/syntax-tree.ts';
import { qualifiedName } from '../sql/syntax-tree.ts';

/** null: it is not such a query, or not with literals only. */
export function setConfigEffect(select: SelectStmt | undefined): SessionEffect | null {
  if (select?.targetList?.length !== 1 || select.op !== 'SETOP_NONE') return null;
  const others = [select.fromClause, select.whereClause, select.withClause, select.intoClause];
  const limits = [select.limitCount, select.limitOffset, select.groupClause, select.havingClause];
  if ([...others, ...limits].some(one => one !== undefined)) return null;
  const [target] = select.targetList as readonly SyntaxNode[];
  const call = (target?.ResTarget?.val as SyntaxNode | undefined)?.FuncCall;
  const { schema, name: functionName } = qualifiedName(call?.funcname);
  if (functionName !== 'set_config' || (schema !== null && schema !== 'pg_catalog')) return null;
  const [first, second, third] = (call?.args ?? []) as readonly SyntaxNode[];
  const name = first?.A_Const?.sval?.sval;
  const text = second?.A_Const?.sval;
  const local = third?.A_Const?.boolval;
  if (name === undefined || text === undefined || local === undefined) return null;
  const set = assignment(name, text.sval ?? '');
  if (set === null) return null;
  if (local.boolval) return { kind: 'set-local', sql: `SET LOCAL ${set}` };
  return { kind: 'set', name: name.toLowerCase(), sql: `SET ${set}` };
}
