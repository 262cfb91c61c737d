// Errors about a value that a shard sent: one we cannot read (a setting changed its text form) or
// whose bytes do not fit its type.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';

/** The text form of a value depends on a session setting that is not at the supported value. */
export function unsupportedTextForm(type: string, setting: string): PgError {
  return new PgError(
    errors.unsupportedAcrossShards,
    { construct: `merging ${type} values in a text form other than that of ${setting}` },
    { hint: `SET ${setting}, or ask for the column in binary format.` },
  );
}

/** The value's bytes are not a value of its type: a broken or foreign server. */
export function malformedValue(type: string): PgError {
  return new PgError(errors.internal, { what: `a shard sent a malformed value of type ${type}` });
}
