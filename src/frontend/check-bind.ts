// What PostgreSQL checks of a Bind before it answers BindComplete (postgres.c, exec_bind_message;
// pquery.c, PortalSetResultFormat), for portals that no server has: the numbers must agree.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { type BindMessage, parameterFormat } from '../protocol/client-frame.ts';

/** `required`: the statement's parameters. Throws `wrongParameterFormats`, `wrongParameterCount`
 *  and `unsupportedFormat`. */
export function checkParameters(bind: BindMessage, required: number): void {
  const { statement: name, parameters: supplied, parameterFormats: formats } = bind;
  if (formats > 1 && formats !== supplied) {
    throw new PgError(errors.wrongParameterFormats, { formats, supplied });
  }
  if (supplied !== required) {
    throw new PgError(errors.wrongParameterCount, { supplied, name, required });
  }
  for (let i = 0; i < supplied; i++) {
    const code = parameterFormat(bind, i);
    if (code !== 0 && code !== 1) throw new PgError(errors.unsupportedFormat, { code });
  }
}

/** Whether it says a format for each column, so that there must be as many. */
export function formatsColumns(bind: BindMessage): boolean {
  return bind.buffer.readUInt16BE(bind.resultFormats) > 1;
}

/** `columns` null: it returns no rows, whatever their formats. Throws `wrongResultFormats`. */
export function checkColumns(bind: BindMessage, columns: number | null): void {
  const formats = bind.buffer.readUInt16BE(bind.resultFormats);
  if (columns === null || formats <= 1 || formats === columns) return;
  throw new PgError(errors.wrongResultFormats, { formats, columns });
}
