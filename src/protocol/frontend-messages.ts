// Messages a client sends, built for PgPack's connections to servers.

import { ByteWriter } from './byte-writer.ts';
import { Frontend } from './message-codes.ts';

export const syncMessage = Buffer.from([Frontend.sync, 0, 0, 0, 4]);
export const flushMessage = Buffer.from([Frontend.flush, 0, 0, 0, 4]);
export const terminateMessage = Buffer.from([Frontend.terminate, 0, 0, 0, 4]);
export const copyDoneFromClient = Buffer.from([Frontend.copyDone, 0, 0, 0, 4]);

export const sslRequestCode = 80877103;
export const gssEncryptionRequestCode = 80877104;
export const cancelRequestCode = 80877102;

export function startupMessage(version: number, parameters: ReadonlyMap<string, string>): Buffer {
  const writer = new ByteWriter(256).int32(0).int32(version);
  for (const [name, value] of parameters) writer.cstring(name).cstring(value);
  const message = writer.byte(0).take();
  message.writeInt32BE(message.length, 0);
  return message;
}

export function sslRequest(): Buffer {
  return new ByteWriter(8).int32(8).int32(sslRequestCode).take();
}

export function cancelRequest(processId: number, secret: Buffer): Buffer {
  return new ByteWriter(16)
    .int32(12 + secret.length)
    .int32(cancelRequestCode)
    .int32(processId)
    .bytes(secret)
    .take();
}

export function queryMessage(sql: string): Buffer {
  return new ByteWriter(sql.length + 16).begin(Frontend.query).cstring(sql).end().take();
}

export function writeParse(
  out: ByteWriter,
  name: string,
  sql: string,
  parameterTypes: readonly number[] = [],
): ByteWriter {
  out.begin(Frontend.parse).cstring(name).cstring(sql).int16(parameterTypes.length);
  for (const oid of parameterTypes) out.int32(oid);
  return out.end();
}

/** `target`: `S` statement, `P` portal. */
export function writeDescribe(out: ByteWriter, target: 'S' | 'P', name: string): ByteWriter {
  return out.begin(Frontend.describe).text(target).cstring(name).end();
}

export function writeClose(out: ByteWriter, target: 'S' | 'P', name: string): ByteWriter {
  return out.begin(Frontend.close).text(target).cstring(name).end();
}

export function writeExecute(out: ByteWriter, portal: string, rowsMax: number): ByteWriter {
  return out.begin(Frontend.execute).cstring(portal).int32(rowsMax).end();
}

export function copyFailMessage(reason: string): Buffer {
  return new ByteWriter(64).begin(Frontend.copyFail).cstring(reason).end().take();
}
