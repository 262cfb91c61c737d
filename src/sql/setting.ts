// SET statements made and read: settings travel as the statement that makes them, so that any
// server connection can be brought to them.

import { parseStatements } from './parser.ts';
import { quoteName } from './quote-name.ts';
import type { SyntaxNode } from './syntax-tree.ts';

/** Settings that hold a list of names (GUC_LIST_QUOTE): SET quotes each by itself. */
const nameLists = new Set(['search_path', 'temp_tablespaces']);
const plainName = /^\s*(?:"((?:[^"]|"")*)"|([a-z_$\u0080-\uffff][\w$\u0080-\uffff]*))\s*$/i;

/** Old names that PostgreSQL still takes (guc.c, map_old_guc_names). */
const oldNames: Readonly<Record<string, string>> = {
  sort_mem: 'work_mem',
  vacuum_mem: 'maintenance_work_mem',
};

/** The name under which a setting is kept. */
export function settingName(name: string): string {
  const lower = name.toLowerCase();
  return oldNames[lower] ?? lower;
}

/** A statement that does what set_config() with these arguments does; `value` null: the setting's
 *  default. A list of names is not taken apart; SET is used otherwise, for it needs no snapshot. */
export function setConfigStatement(name: string, value: string | null, local: boolean): string {
  const setting = name.split('.').map(quoteName).join('.');
  const set = local ? 'SET LOCAL' : 'SET';
  if (value === null) return `${set} ${setting} TO DEFAULT`;
  if (!nameLists.has(name.toLowerCase())) return `${set} ${setting} TO ${quoteText(value)}`;
  return `SELECT pg_catalog.set_config(${quoteText(name)}, ${quoteText(value)}, ${local})`;
}

/** The same until the transaction ends, of a statement that `setConfigStatement` made. */
export function localStatement(sql: string): string {
  return sql.startsWith('SET ') ? `SET LOCAL ${sql.slice(4)}` : sql.replace(/false\)$/, 'true)');
}

/** What set_config() is given to do the same, of a statement that `setConfigStatement` made. */
export function valueSet(sql: string): string {
  const [parsed] = parseStatements(sql);
  const [target] = (parsed?.stmt.SelectStmt?.targetList ?? []) as readonly SyntaxNode[];
  const call = (target?.ResTarget?.val as SyntaxNode | undefined)?.FuncCall;
  const args = (call?.args?.slice(1) ?? parsed?.stmt.VariableSetStmt?.args ?? []) as SyntaxNode[];
  return args[0]?.A_Const?.sval?.sval ?? '';
}

/** Name (lower case) and values of a SET statement, or of a set_config() that was made here; null
 *  when `sql` gives no values. */
export function settingOf(sql: string): { name: string; values: readonly string[] } | null {
  const [parsed] = parseStatements(sql);
  const set = parsed?.stmt.VariableSetStmt;
  if (parsed?.stmt.SelectStmt !== undefined) return configOf(parsed.stmt);
  if (set === undefined || set.kind !== 'VAR_SET_VALUE') return null;
  const values = ((set.args ?? []) as readonly SyntaxNode[]).map(arg => {
    const { sval, ival, fval, boolval } = arg.A_Const ?? {};
    if (boolval !== undefined) return String(boolval.boolval ?? false);
    return sval === undefined ? (fval?.fval ?? String(ival?.ival ?? 0)) : (sval.sval ?? '');
  });
  return { name: (set.name ?? '').toLowerCase(), values };
}

function configOf(stmt: SyntaxNode): { name: string; values: readonly string[] } | null {
  const [target] = (stmt.SelectStmt?.targetList ?? []) as readonly SyntaxNode[];
  const call = (target?.ResTarget?.val as SyntaxNode | undefined)?.FuncCall;
  const [name, value] = ((call?.args ?? []) as readonly SyntaxNode[]).map(
    ({ A_Const: constant }) =>
      constant?.sval === undefined ? undefined : (constant.sval.sval ?? ''),
  );
  if (name === undefined || value === undefined) return null;
  const setting = name.toLowerCase();
  if (!nameLists.has(setting)) return { name: setting, values: [value] };
  return { name: setting, values: value.trim() === '' ? [] : (namesOf(value) ?? [value]) };
}

/** The names of a list (varlena.c, SplitIdentifierString); null: it cannot be read. */
function namesOf(list: string): string[] | null {
  const names: string[] = [];
  for (const part of list.match(/(?:"(?:[^"]|"")*"|[^,"])+/g) ?? []) {
    const found = plainName.exec(part);
    if (found === null) return null;
    names.push(found[1]?.replaceAll('""', '"') ?? found[2]!.toLowerCase());
  }
  return names;
}

/** As a literal. */
export function quoteText(text: string): string {
  const quoted = `'${text.replaceAll("'", "''")}'`;
  return text.includes('\\') ? `E${quoted.replaceAll('\\', '\\\\')}` : quoted;
}
