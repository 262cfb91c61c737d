// Columns of the admin database: declared once, with the type that drivers are told, what the
// numbers mean, and where they come from.

export type ColumnType = 'text' | 'int4' | 'int8' | 'float8' | 'bool';

/** The value of one column in one row, of the column's type. */
export type Cell = string | number | boolean | null;

export interface OutputColumn {
  readonly name: string;
  readonly type: ColumnType;
}

/** `R`: what a row is made of. */
export interface Column<R> extends OutputColumn {
  readonly meaning: string;
  read(row: R): Cell;
}

type Build = <R>(name: string, meaning: string, read: (row: R) => Cell) => Column<R>;

const of =
  (type: ColumnType): Build =>
  (name, meaning, read) => ({ name, type, meaning, read });

export const text = of('text');
export const small = of('int4');
export const big = of('int8');
export const real = of('float8');
export const flag = of('bool');

/** `2026-11-21 13:51:21 UTC`, as PgBouncer prints times of day. */
export function timeText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** PgBouncer prints durations in two columns: whole seconds, and microseconds of the rest. */
export function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1_000);
}

export function restMicroseconds(ms: number): number {
  return Math.floor((ms % 1_000) * 1_000);
}

export function microseconds(ms: number): number {
  return Math.round(ms * 1_000);
}
