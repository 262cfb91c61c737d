// Messages a server sends, built for PgPack's clients. Bodiless ones are shared constants.

import type { Severity } from '../common/error-catalogue.ts';
import type { PgError } from '../common/pg-error.ts';
import { ByteWriter } from './byte-writer.ts';
import { Backend, TransactionStatus } from './message-codes.ts';

export const parseComplete = bodiless(Backend.parseComplete);
export const bindComplete = bodiless(Backend.bindComplete);
export const closeComplete = bodiless(Backend.closeComplete);
export const noData = bodiless(Backend.noData);
export const emptyQueryResponse = bodiless(Backend.emptyQuery);
export const portalSuspended = bodiless(Backend.portalSuspended);

const ready = new Map<number, Buffer>();

/** `status` is a byte of `TransactionStatus`. The buffer is shared: not to be written to. */
export function readyForQuery(status: number): Buffer {
  let message = ready.get(status);
  if (message === undefined) {
    message = new ByteWriter(6).begin(Backend.readyForQuery).byte(status).end().take();
    ready.set(status, message);
  }
  return message;
}

export function commandComplete(tag: string): Buffer {
  return new ByteWriter(32).begin(Backend.commandComplete).cstring(tag).end().take();
}

export function parameterDescription(typeOids: readonly number[]): Buffer {
  const writer = new ByteWriter(64).begin(Backend.parameterDescription).int16(typeOids.length);
  for (const oid of typeOids) writer.int32(oid);
  return writer.end().take();
}

export function parameterStatus(name: string, value: string): Buffer {
  return new ByteWriter(64)
    .begin(Backend.parameterStatus)
    .cstring(name)
    .cstring(value)
    .end()
    .take();
}

/** `secret`: 4 bytes in protocol 3.0, 4 to 256 in 3.2. */
export function backendKeyData(processId: number, secret: Buffer): Buffer {
  return new ByteWriter(32)
    .begin(Backend.backendKeyData)
    .int32(processId)
    .bytes(secret)
    .end()
    .take();
}

/** Protocol section "Messages": newest minor version supported, then the options not known. */
export function negotiateProtocolVersion(minor: number, unknownOptions: readonly string[]): Buffer {
  const writer = new ByteWriter(64)
    .begin(Backend.negotiateProtocolVersion)
    .int32((3 << 16) | minor)
    .int32(unknownOptions.length);
  for (const name of unknownOptions) writer.cstring(name);
  return writer.end().take();
}

/** Authentication* messages: `kind` is the request code, `data` what follows it. */
export function authentication(kind: number, data: Buffer = Buffer.alloc(0)): Buffer {
  return new ByteWriter(64).begin(Backend.authentication).int32(kind).bytes(data).end().take();
}

/** `severity`: another than the error's own, e.g. FATAL for whatever ends a login. */
export function errorResponse(error: PgError, severity: Severity = error.severity): Buffer {
  const writer = new ByteWriter(256).begin(Backend.error);
  const field = (code: string, value: string | undefined) => {
    if (value !== undefined) writer.byte(code.charCodeAt(0)).cstring(value);
  };
  field('S', severity);
  field('V', severity);
  field('C', error.sqlstate);
  field('M', error.message);
  field('D', error.detail);
  field('H', error.hint);
  field('P', error.position?.toString());
  field('R', error.id);
  return writer.byte(0).end().take();
}

/** The end of a login (protocol section "Start-up"): AuthenticationOk, the parameters, the key for
 *  cancel requests, ReadyForQuery. */
export function loginDone(
  parameters: Iterable<readonly [name: string, value: string]>,
  key: { readonly processId: number; readonly secret: Buffer },
): Buffer {
  return Buffer.concat([
    authentication(0),
    ...[...parameters].map(([name, value]) => parameterStatus(name, value)),
    backendKeyData(key.processId, key.secret),
    readyForQuery(TransactionStatus.idle),
  ]);
}

export function noticeResponse(severity: string, sqlstate: string, message: string): Buffer {
  return new ByteWriter(128)
    .begin(Backend.notice)
    .text('S')
    .cstring(severity)
    .text('V')
    .cstring(severity)
    .text('C')
    .cstring(sqlstate)
    .text('M')
    .cstring(message)
    .byte(0)
    .end()
    .take();
}

/** Text-format row; null is SQL NULL. */
export function dataRow(values: readonly (string | null)[]): Buffer {
  const writer = new ByteWriter(128).begin(Backend.dataRow).int16(values.length);
  for (const value of values) {
    if (value === null) writer.int32(-1);
    else writer.int32(Buffer.byteLength(value)).text(value);
  }
  return writer.end().take();
}

function bodiless(type: number): Buffer {
  return Buffer.from([type, 0, 0, 0, 4]);
}
