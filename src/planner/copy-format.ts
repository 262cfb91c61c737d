// The options of COPY as ProcessCopyOptions (copy.c) reads them, as far as rows and fields are
// found by them. What would change that in a way that is not followed here is named and refused.

import type { CopyLines } from '../plan/statement-plan.ts';
import { isOn } from '../sql/option-value.ts';
import type { CopyStmt, SyntaxNode } from '../sql/syntax-tree.ts';
import { nameParts } from '../sql/syntax-tree.ts';
import type { CopyFormat } from '../types/copy/copy-rows.ts';

type CopyFormatChoice =
  | { readonly kind: 'format'; readonly format: CopyFormat }
  | { readonly kind: 'unsupported'; readonly option: string };

/** Options that change no row's place: FREEZE and LOG_VERBOSITY concern the shard alone. */
const harmless = new Set(['freeze', 'log_verbosity']);

export function copyFormat(copy: CopyStmt, key: readonly string[]): CopyFormatChoice {
  const options = optionsOf(copy);
  const format = (textOf(options.get('format')) ?? 'text').toLowerCase();
  if (format !== 'text' && format !== 'csv' && format !== 'binary') {
    return { kind: 'unsupported', option: `FORMAT ${format}` };
  }
  for (const [name, value] of options) {
    if (!isFollowed(name, value, key)) return { kind: 'unsupported', option: name.toUpperCase() };
  }
  return { kind: 'format', format: formatOf(options, format) };
}

/** How COPY TO writes its lines. */
export function copyLines(copy: CopyStmt): CopyLines {
  const options = optionsOf(copy);
  const format = (textOf(options.get('format')) ?? 'text').toLowerCase();
  const known = format === 'text' || format === 'csv' || format === 'binary';
  const other = [...options.keys()].find(name => !written.has(name));
  const quoted = options.get('force_quote');
  const names = quoted?.List?.items as readonly SyntaxNode[] | undefined;
  return {
    format: formatOf(options, known ? format : 'text'),
    forceQuote: names !== undefined ? nameParts(names) : quoted === undefined ? [] : '*',
    encoding: textOf(options.get('encoding')),
    unknown: known ? (other?.toUpperCase() ?? null) : `FORMAT ${format}`,
  };
}

const written = new Set([
  ...['format', 'delimiter', 'null', 'quote', 'escape', 'header', 'force_quote', 'encoding'],
  'log_verbosity',
]);

type Options = ReadonlyMap<string, SyntaxNode | undefined>;

function optionsOf(copy: CopyStmt): Options {
  const options = new Map<string, SyntaxNode | undefined>();
  for (const node of (copy.options ?? []) as readonly SyntaxNode[]) {
    const { defname = '', arg } = node.DefElem ?? {};
    options.set(defname, arg as SyntaxNode | undefined);
  }
  return options;
}

function formatOf(options: Options, format: CopyFormat['format']): CopyFormat {
  const quote = textOf(options.get('quote')) ?? '"';
  return {
    format,
    delimiter: textOf(options.get('delimiter')) ?? (format === 'csv' ? ',' : '\t'),
    nullText: textOf(options.get('null')) ?? (format === 'csv' ? '' : '\\N'),
    quote,
    escape: textOf(options.get('escape')) ?? quote,
    header: options.has('header') && isHeader(options.get('header')),
  };
}

function isFollowed(name: string, value: SyntaxNode | undefined, key: readonly string[]): boolean {
  if (['format', 'delimiter', 'null', 'quote', 'escape', 'header'].includes(name)) return true;
  if (harmless.has(name)) return true;
  if (name === 'encoding') return (textOf(value) ?? '').toLowerCase().replace('-', '') === 'utf8';
  if (name === 'force_not_null' || name === 'force_null') {
    const columns = value?.List?.items as readonly SyntaxNode[] | undefined;
    // A star (PostgreSQL 17) includes the key.
    return columns !== undefined && !nameParts(columns).some(one => key.includes(one));
  }
  return name === 'on_error' && (textOf(value) ?? '').toLowerCase() === 'stop';
}

/** defGetCopyHeaderChoice: MATCH has a header line too. */
function isHeader(value: SyntaxNode | undefined): boolean {
  return isOn(value) || (textOf(value) ?? '').toLowerCase() === 'match';
}

/** defGetString (define.c); null: there is no value, which PostgreSQL refuses. */
function textOf(value: SyntaxNode | undefined): string | null {
  if (value === undefined) return null;
  const { String: text, Integer: integer, Float: float, List: list } = value;
  if (text !== undefined) return text.sval ?? '';
  if (integer !== undefined) return String(integer.ival ?? 0);
  if (float !== undefined) return float.fval ?? '';
  if (list !== undefined) return nameParts((list.items ?? []) as readonly SyntaxNode[]).join('.');
  return value.A_Star === undefined ? null : '*';
}
