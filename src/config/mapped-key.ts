// Mapped keys as a configuration writes them, and what has to be known of their types to put them
// in order. The types themselves are `sharding`'s: whoever loads a configuration hands them in.

/** `MINVALUE` and `MAXVALUE`: below and above every value. */
export interface Unbounded {
  readonly unbounded: 'below' | 'above';
}

/** As written: integers are exact, everything else is a string in PostgreSQL's text form. */
export type MappedValue = bigint | string;

/** One end of a range: a value for each key column. */
export type MappedBound = readonly (MappedValue | Unbounded)[];

/** A type that keys can be mapped by. */
export interface MappedKeyType {
  /** As `format_type` prints it. */
  readonly name: string;
  /** Whether its values are numbers, which may stand without quotes. */
  readonly numeric: boolean;
  /** Throws a PgError for what is no value of the type. */
  read(text: string): unknown;
  /** PostgreSQL's order. */
  compare(left: unknown, right: unknown): number;
}

/** The type that a word of `data_type` names; null: its keys cannot be mapped. */
export type MappedKeyTypes = (dataType: string) => MappedKeyType | null;

export const below = Symbol('below');
export const above = Symbol('above');

/** What a bound is read as: a value, `below` or `above` for each key column. */
export type Position = readonly unknown[];

/** Order of two positions; behind `below` or `above` nothing counts (partition_rbound_cmp). */
export function comparePositions(
  types: readonly MappedKeyType[],
  left: Position,
  right: Position,
): number {
  for (let i = 0; i < types.length; i++) {
    const a = left[i];
    const b = right[i];
    const end = endOf(a);
    const ends = end - endOf(b);
    if (ends !== 0) return ends;
    if (end !== 0) return 0;
    const order = types[i]!.compare(a, b);
    if (order !== 0) return order;
  }
  return 0;
}

function endOf(value: unknown): number {
  return value === below ? -1 : value === above ? 1 : 0;
}

export function readValue(value: MappedValue, type: MappedKeyType): unknown {
  return type.read(String(value));
}

/** null: an open end. */
export function readBound(
  bound: MappedBound | null,
  types: readonly MappedKeyType[],
  open: typeof below | typeof above,
): Position {
  if (bound === null) return types.map(() => open);
  return types.map((type, i) => {
    const value = bound[i]!;
    if (typeof value !== 'object') return readValue(value, type);
    return value.unbounded === 'below' ? below : above;
  });
}

export function showValue(value: MappedValue): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

export function showBound(bound: MappedBound | null): string {
  if (bound === null) return '…';
  const values = bound.map(value => {
    if (typeof value !== 'object') return showValue(value);
    return value.unbounded === 'below' ? 'MINVALUE' : 'MAXVALUE';
  });
  return values.length === 1 ? values[0]! : `(${values.join(', ')})`;
}
