// How keys that cannot be read are refused: PostgreSQL would refuse them too, or their meaning hangs
// on a setting or version of the server (DateStyle, TimeZone, IntervalStyle …), so that nothing can
// be proved from the bytes alone.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { typeName } from '../types/type-oid.ts';

const shownMax = 100;

/** PostgreSQL refuses the text as well: 22P02 in its words. */
export function invalidKey(type: string, value: string): PgError {
  return new PgError(errors.keyIsInvalid, { type, value });
}

/** 22003 in PostgreSQL's words. */
export function keyOutOfRange(type: string, value: string): PgError {
  return new PgError(errors.keyOutOfRange, { type, value });
}

/** 22P03: bytes[start] up to bytes[end] are no binary form of the type. */
export function invalidBinaryKey(type: string, start: number, end: number): PgError {
  const what = `incorrect binary data format: ${end - start} bytes for type ${type}`;
  return new PgError(errors.invalidBinaryRepresentation, { what });
}

/** 0A000: `form` says what is not known to mean the same on every server. */
export function unprovenKey(type: string, value: string, form: string): PgError {
  const shown = value.length > shownMax ? `${value.slice(0, shownMax)}…` : value;
  return new PgError(errors.keyFormUnproven, { type, value: shown, form });
}

/** 0A000: a value of a type that says nothing of where the column's rows lie. */
export function unreadableKey(column: string, oid: number): PgError {
  const construct = `placing a row by a value of type ${typeName(oid)} for a ${column} column`;
  return new PgError(errors.unsupported, { construct });
}
