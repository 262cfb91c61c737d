// Messages of a client as bytes, in the form tests write them in.

import { ByteWriter } from '../../src/protocol/byte-writer.ts';
import {
  flushMessage,
  queryMessage,
  syncMessage,
  terminateMessage,
  writeClose,
  writeDescribe,
  writeExecute,
  writeParse,
} from '../../src/protocol/frontend-messages.ts';

type Value = string | Buffer | null;

export interface Binding {
  readonly portal?: string;
  readonly statement?: string;
  readonly parameterFormats?: readonly number[];
  readonly values?: readonly Value[];
  readonly resultFormats?: readonly number[];
}

export const sync = syncMessage;
export const flush = flushMessage;
export const terminate = terminateMessage;
export const copyDone = message('c');

export function query(sql: string): Buffer {
  return queryMessage(sql);
}

export function parse(name: string, sql: string, parameterTypes: readonly number[] = []): Buffer {
  return writeParse(new ByteWriter(), name, sql, parameterTypes).take();
}

export function bind(binding: Binding = {}): Buffer {
  const { parameterFormats = [], values = [], resultFormats = [] } = binding;
  const out = new ByteWriter().begin(0x42);
  out.cstring(binding.portal ?? '').cstring(binding.statement ?? '');
  out.int16(parameterFormats.length);
  for (const format of parameterFormats) out.int16(format);
  out.int16(values.length);
  for (const value of values) {
    if (value === null) out.int32(-1);
    else out.int32(Buffer.byteLength(value)).bytes(Buffer.from(value));
  }
  out.int16(resultFormats.length);
  for (const format of resultFormats) out.int16(format);
  return out.end().take();
}

export function describe(target: 'S' | 'P', name = ''): Buffer {
  return writeDescribe(new ByteWriter(), target, name).take();
}

export function execute(portal = '', rowsMax = 0): Buffer {
  return writeExecute(new ByteWriter(), portal, rowsMax).take();
}

export function close(target: 'S' | 'P', name: string): Buffer {
  return writeClose(new ByteWriter(), target, name).take();
}

export function copyData(text: string | Buffer): Buffer {
  return message('d', Buffer.from(text));
}

export function copyFail(reason: string): Buffer {
  return message('f', Buffer.from(`${reason}\0`));
}

/** Any message: a type and its body, with the length that belongs to it or one that is claimed. */
export function message(type: string, body: Buffer = Buffer.alloc(0), length?: number): Buffer {
  const header = Buffer.alloc(5);
  header.write(type, 'latin1');
  header.writeInt32BE(length ?? body.length + 4, 1);
  return Buffer.concat([header, body]);
}

/** Parse, Bind, Describe, Execute and Sync of one statement. */
export function extended(sql: string, values: readonly Value[] = []): Buffer {
  return Buffer.concat([parse('', sql), bind({ values }), describe('P'), execute(), sync]);
}
