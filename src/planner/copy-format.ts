// The options of COPY as ProcessCopyOptions (copy.c) reads them, as far as rows and fields are
// found by them. What would change that in a way that is not followed here is named and refused.

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
  const options = new Map<string, SyntaxNode | undefined>();
  for (const node of (copy.options ?? []) as readonly SyntaxNode[]) {
    const { defname = '', arg } = node.DefElem ?? {};
    options.set(defname, arg as SyntaxNode | undefined);
  }
  const format = (textOf(options.get('format')) ?? 'text').toLowerCase();
  if (format !== 'text' && format !== 'csv' && format !== 'binary') {
    return { kind: 'unsupported', option: `FORMAT ${format}` };
  }
  for (const [name, value] of options) {
    if (!isFollowed(name, value, key)) return { kind: 'unsupported', option: name.toUpperCase() };
  }
  const quote = textOf(options.get('quote')) ?? '"';
  return {
    kind: 'format',
    format: {
      format,
      delimiter: textOf(options.get('delimiter')) ?? (format === 'csv' ? ',' : '\t'),
      nullText: textOf(options.get('null')) ?? (format === 'csv' ? '' : '\\N'),
      quote,
      escape: textOf(options.get('escape')) ?? quote,
      header: options.has('header') && isHeader(options.get('header')),
    },
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

function textOf(value: SyntaxNode | undefined): string | null {
  return value?.String?.sval ?? (value?.String === undefined ? null : '');
}
