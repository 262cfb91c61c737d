// The limit on the size of a statement (query_size_limit).

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { SessionContext } from './session-context.ts';

/** Throws `queryTooLarge` when the limit blocks; `bytes` is the message's size. */
export function checkQuerySize(session: SessionContext, bytes: number): void {
  const { querySizeLimit, querySizeLimitAction } = session.database.config.general;
  if (querySizeLimit === null || bytes <= querySizeLimit) return;
  if (querySizeLimitAction === 'block') {
    throw new PgError(errors.queryTooLarge, { bytes, limit: querySizeLimit });
  }
  session.database.log.warn({ bytes, limit: querySizeLimit }, 'query over query_size_limit');
}
