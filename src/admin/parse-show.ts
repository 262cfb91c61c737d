// `SHOW view [column, …] [WHERE …] [ORDER BY …] [LIMIT n]`, and the same as
// `SELECT … FROM view …`. PgDog has the columns, PgPack the rest.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { Comparison, Condition, Operand, ShowCommand } from './command.ts';
import { type Token, type TokenReader, unexpected } from './tokens.ts';
import type { View } from './view.ts';
import { views } from './views.ts';

// biome-ignore lint/suspicious/noExplicitAny: a view of any kind of row.
type AnyView = View<any>;

const comparisons: Readonly<Record<string, Comparison>> = {
  '=': '=',
  '<>': '<>',
  '!=': '<>',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
};

/** Behind these words no column follows. */
const clauseWords = new Set(['WHERE', 'ORDER', 'LIMIT']);

export function findView(name: string): AnyView | null {
  return views.find(view => view.name === name.toUpperCase()) ?? null;
}

/** What follows `SHOW view`. Throws PgError. */
export function parseShow(view: AnyView, reader: TokenReader): ShowCommand {
  const wanted = reader.takeSymbol('*') ? null : columnList(view, reader);
  return rest(view, wanted, reader, false);
}

/** What follows `SELECT`. Throws PgError. */
export function parseSelect(reader: TokenReader): ShowCommand {
  const names: Token[] = [];
  if (!reader.takeSymbol('*')) {
    do names.push(reader.takeName());
    while (reader.takeSymbol(','));
  }
  reader.expectWord('FROM');
  const { text } = reader.takeName();
  const view = findView(text);
  if (view === null) throw unknownView(text);
  const wanted = names.length === 0 ? null : names.map(name => columnOf(view, name));
  return rest(view, wanted, reader, true);
}

export function unknownView(name: string): PgError {
  return new PgError(
    errors.unknownObject,
    { what: `"${name}" is nothing that SHOW knows` },
    { hint: `SHOW knows ${views.map(view => view.name).join(', ')} and HELP.` },
  );
}

function rest(
  view: AnyView,
  wanted: readonly number[] | null,
  reader: TokenReader,
  select: boolean,
): ShowCommand {
  const columns = wanted ?? view.columns.map((_, index) => index);
  const conditions: Condition[] = [];
  if (reader.takeWords('WHERE')) {
    do conditions.push(condition(view, reader));
    while (reader.takeWords('AND'));
  }
  const order: { column: number; descending: boolean }[] = [];
  if (reader.takeWords('ORDER', 'BY')) {
    do {
      const column = columnOf(view, reader.takeName());
      const descending = reader.takeWords('DESC');
      if (!descending) reader.takeWords('ASC');
      order.push({ column, descending });
    } while (reader.takeSymbol(','));
  }
  const limit = reader.takeWords('LIMIT') ? operand(reader) : null;
  reader.expectEnd();
  return { kind: 'show', view, columns, conditions, order, limit, select };
}

function columnList(view: AnyView, reader: TokenReader): number[] | null {
  const { next } = reader;
  if (next === null) return null;
  if (next.kind === 'word' && clauseWords.has(next.text.toUpperCase())) return null;
  const columns: number[] = [];
  do columns.push(columnOf(view, reader.takeName()));
  while (reader.takeSymbol(','));
  return columns;
}

function columnOf(view: AnyView, { kind, text }: Token): number {
  const name = kind === 'word' ? text.toLowerCase() : text;
  const index = view.columns.findIndex(column => column.name === name);
  if (index >= 0) return index;
  throw new PgError(
    errors.undefinedColumn,
    { name },
    { hint: `${view.name} has ${view.columns.map(column => column.name).join(', ')}.` },
  );
}

function condition(view: AnyView, reader: TokenReader): Condition {
  const column = columnOf(view, reader.takeName());
  if (reader.takeWords('IS')) {
    const negated = reader.takeWords('NOT');
    reader.expectWord('NULL');
    return { column, comparison: 'null', negated, operands: [] };
  }
  const negated = reader.takeWords('NOT');
  if (reader.takeWords('IN')) {
    reader.expectSymbol('(');
    const operands: Operand[] = [];
    do operands.push(operand(reader));
    while (reader.takeSymbol(','));
    reader.expectSymbol(')');
    return { column, comparison: 'in', negated, operands };
  }
  for (const [word, comparison] of [
    ['LIKE', 'like'],
    ['ILIKE', 'ilike'],
  ] as const) {
    if (reader.takeWords(word)) {
      return { column, comparison, negated, operands: [operand(reader)] };
    }
  }
  const token = reader.take();
  const comparison = token.kind === 'symbol' ? comparisons[token.text] : undefined;
  if (comparison === undefined || negated) throw unexpected(token);
  return { column, comparison, negated, operands: [operand(reader)] };
}

export function operand(reader: TokenReader): Operand {
  const token = reader.take();
  switch (token.kind) {
    case 'parameter':
      return { kind: 'parameter', index: Number(token.text) - 1 };
    case 'string':
    case 'number':
      return { kind: 'value', value: token.text };
    case 'word':
      if (/^(?:true|false|\d+)$/i.test(token.text)) return { kind: 'value', value: token.text };
      throw unexpected(token);
    default:
      throw unexpected(token);
  }
}
