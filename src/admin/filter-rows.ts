// WHERE, ORDER BY and LIMIT of a SHOW, over rows whose cells are read already. NULL compares with
// nothing, as in SQL; text is compared by code units.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { Cell, OutputColumn } from './column.ts';
import type { Condition, Operand, ShowCommand } from './command.ts';

/** Values of `$1`, `$2` … as text; null is SQL NULL. */
export type ParameterValues = readonly (string | null)[];

type Row = readonly Cell[];
type Test = (row: Row) => boolean;

/** Throws PgError for values that are not of their column's type. */
export function filterRows(
  rows: readonly Row[],
  { view, conditions, order, limit }: ShowCommand,
  parameters: ParameterValues,
): Row[] {
  const tests = conditions.map(one => testFor(one, view.columns[one.column]!, parameters));
  const kept = rows.filter(row => tests.every(test => test(row)));
  if (order.length > 0) {
    kept.sort((a, b) => {
      for (const { column, descending } of order) {
        const difference = ordered(a[column]!, b[column]!);
        if (difference !== 0) return descending ? -difference : difference;
      }
      return 0;
    });
  }
  if (limit === null) return kept;
  const most = operandText(limit, parameters);
  return most === null ? kept : kept.slice(0, Math.max(0, numberFrom(most, 'bigint')));
}

function testFor(condition: Condition, column: OutputColumn, parameters: ParameterValues): Test {
  const { comparison, negated } = condition;
  const cellOf = (row: Row) => row[condition.column]!;
  if (comparison === 'null') return row => (cellOf(row) === null) !== negated;
  const operands = condition.operands.map(one => operandText(one, parameters));
  if (comparison === 'like' || comparison === 'ilike') {
    const [pattern] = operands;
    if (pattern === null || pattern === undefined) return () => false;
    const regex = likePattern(pattern, comparison === 'ilike');
    return row => cellOf(row) !== null && regex.test(String(cellOf(row))) !== negated;
  }
  const values = operands.map(one => (one === null ? null : typed(one, column)));
  if (comparison === 'in') {
    // With a NULL in the list, `NOT IN` holds for nothing.
    if (negated && values.includes(null)) return () => false;
    return row => cellOf(row) !== null && values.includes(cellOf(row)) !== negated;
  }
  const value = values[0] ?? null;
  return row => {
    const cell = cellOf(row);
    if (cell === null || value === null) return false;
    const difference = ordered(cell, value);
    switch (comparison) {
      case '=':
        return difference === 0;
      case '<>':
        return difference !== 0;
      case '<':
        return difference < 0;
      case '<=':
        return difference <= 0;
      case '>':
        return difference > 0;
      case '>=':
        return difference >= 0;
    }
  };
}

export function operandText(operand: Operand, parameters: ParameterValues): string | null {
  if (operand.kind === 'value') return operand.value;
  const value = parameters[operand.index];
  if (value !== undefined) return value;
  const what = `there is no parameter $${operand.index + 1}`;
  throw new PgError(errors.syntaxError, { what });
}

function typed(text: string, { type }: OutputColumn): Cell {
  switch (type) {
    case 'text':
      return text;
    case 'bool':
      if (/^(?:t|true|on|yes|1)$/i.test(text)) return true;
      if (/^(?:f|false|off|no|0)$/i.test(text)) return false;
      throw new PgError(errors.keyIsInvalid, { type: 'boolean', value: text });
    default:
      return numberFrom(text, type === 'float8' ? 'double precision' : 'bigint');
  }
}

export function numberFrom(text: string, type: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isNaN(value)) throw new PgError(errors.keyIsInvalid, { type, value: text });
  return value;
}

/** NULL comes last, as in PostgreSQL. */
function ordered(a: Cell, b: Cell): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** `%` any text, `_` one character, a backslash makes either itself. */
function likePattern(pattern: string, anyCase: boolean): RegExp {
  const source = pattern.replace(/\\([\s\S])|[%_]|[\\^$.*+?()[\]{}|/]/g, (match, escaped) => {
    if (match === '%') return '[^]*';
    if (match === '_') return '[^]';
    const character = (escaped as string | undefined) ?? match;
    return /[\\^$.*+?()[\]{}|/]/.test(character) ? `\\${character}` : character;
  });
  return new RegExp(`^${source}$`, anyCase ? 'iu' : 'u');
}
