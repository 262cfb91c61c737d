// `SELECT set_config('name', 'value', local)` is SET in the form of a query; pg_dump's scripts and
// drivers use it. With literals the session follows it as it follows SET.

import type { SessionEffect } from '../plan/statement-plan.ts';
import { quoteName } from '../sql/quote-name.ts';
import type { SelectStmt, SyntaxNode } from '../sql/syntax-tree.ts';
import { qualifiedName } from '../sql/syntax-tree.ts';

/** Settings that hold a list of names (GUC_LIST_QUOTE): SET quotes each by itself. */
const nameLists = new Set(['search_path', 'temp_tablespaces']);
const plainName = /^\s*(?:"((?:[^"]|"")*)"|([a-z_$][\w$]*))\s*$/i;

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
  const value = settingValue(name.toLowerCase(), text.sval ?? '');
  if (value === null) return null;
  const set = `${name.split('.').map(quoteName).join('.')} TO ${value}`;
  if (local.boolval) return { kind: 'set-local', sql: `SET LOCAL ${set}` };
  return { kind: 'set', name: name.toLowerCase(), sql: `SET ${set}` };
}

function settingValue(name: string, value: string): string | null {
  if (!nameLists.has(name) || value.trim() === '') return quoteText(value);
  const names: string[] = [];
  for (const part of value.split(',')) {
    const found = plainName.exec(part);
    if (found === null) return null;
    names.push(quoteText(found[1]?.replaceAll('""', '"') ?? found[2]!.toLowerCase()));
  }
  return names.join(', ');
}

function quoteText(text: string): string {
  const quoted = `'${text.replaceAll("'", "''")}'`;
  return text.includes('\\') ? `E${quoted.replaceAll('\\', '\\\\')}` : quoted;
}
