// SET statements made and read: settings travel as the statement that makes them, so that any
// server connection can be brought to them.

import { parseStatements } from './parser.ts';
import { quoteName } from './quote-name.ts';
import type { SyntaxNode } from './syntax-tree.ts';

/** Settings that hold a list of names (GUC_LIST_QUOTE): SET quotes each by itself. */
const nameLists = new Set(['search_path', 'temp_tablespaces']);
const plainName = /^\s*(?:"((?:[^"]|"")*)"|([a-z_$][\w$]*))\s*$/i;

/** `name TO value` of a value given as one text (a startup parameter, an argument of set_config);
 *  null for a list of names that cannot be read. */
export function assignment(name: string, value: string): string | null {
  const setting = name.split('.').map(quoteName).join('.');
  if (!nameLists.has(name.toLowerCase()) || value.trim() === '') {
    return `${setting} TO ${quoteText(value)}`;
  }
  const names: string[] = [];
  for (const part of value.split(',')) {
    const found = plainName.exec(part);
    if (found === null) return null;
    names.push(quoteText(found[1]?.replaceAll('""', '"') ?? found[2]!.toLowerCase()));
  }
  return `${setting} TO ${names.join(', ')}`;
}

/** Name (lower case) and values of a SET statement; null when `sql` gives no values. */
export function settingOf(sql: string): { name: string; values: readonly string[] } | null {
  const [parsed] = parseStatements(sql);
  const set = parsed?.stmt.VariableSetStmt;
  if (set === undefined || set.kind !== 'VAR_SET_VALUE') return null;
  const values = ((set.args ?? []) as readonly SyntaxNode[]).map(arg => {
    const { sval, ival, fval, boolval } = arg.A_Const ?? {};
    if (boolval !== undefined) return String(boolval.boolval ?? false);
    return sval === undefined ? (fval?.fval ?? String(ival?.ival ?? 0)) : (sval.sval ?? '');
  });
  return { name: (set.name ?? '').toLowerCase(), values };
}

function quoteText(text: string): string {
  const quoted = `'${text.replaceAll("'", "''")}'`;
  return text.includes('\\') ? `E${quoted.replaceAll('\\', '\\\\')}` : quoted;
}
