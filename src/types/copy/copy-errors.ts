// Errors of COPY data in PostgreSQL's words (src/backend/commands/copyfromparse.c).

import { errors } from '../../common/error-catalogue.ts';
import { PgError } from '../../common/pg-error.ts';

export function badCopyFormat(what: string, hint?: string): PgError {
  return new PgError(errors.badCopyFormat, { what }, hint === undefined ? {} : { hint });
}

export function missingColumn(column: string): PgError {
  return badCopyFormat(`missing data for column "${column}"`);
}

export function rowTooLarge(rowBytesMax: number): PgError {
  return new PgError(errors.memoryLimit, { what: 'a row of COPY data', limit: rowBytesMax });
}
