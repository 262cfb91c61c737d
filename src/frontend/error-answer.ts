// Any failure as the ErrorResponse a client gets: a server's error as it came, our own from the
// catalogue, everything else as an internal error.

import { errors, type Severity } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { countError } from '../metrics/error-counts.ts';
import { errorResponse } from '../protocol/backend-messages.ts';
import { ServerError, withSeverity } from '../protocol/server-error.ts';

/** `severity`: instead of the error's own. */
export function errorAnswer(error: unknown, severity?: Severity): Buffer {
  if (error instanceof ServerError) {
    return severity === undefined ? error.response : withSeverity(error.response, severity);
  }
  if (error instanceof PgError) {
    countError(error.id);
    return errorResponse(error, severity);
  }
  countError(errors.internal.id);
  const what = error instanceof Error ? error.message : String(error);
  return errorResponse(new PgError(errors.internal, { what }, { cause: error }), severity);
}
