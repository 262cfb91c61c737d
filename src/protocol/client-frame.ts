// Finds the messages in what a client sends and reads the parts of them that PgPack needs.
// Message formats: PostgreSQL documentation, "Message Formats".

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { Frontend, headerBytes } from './message-codes.ts';

const known = new Uint8Array(256);
for (const type of Object.values(Frontend)) known[type] = 1;

/**
 * Size in bytes of the message at `pos`, header included, or 0 when its header is incomplete.
 * Throws `protocolViolation` for an unknown type or impossible length, `messageTooLarge`.
 */
export function clientMessageSize(
  buffer: Buffer,
  pos: number,
  end: number,
  messageBytesMax: number,
): number {
  if (pos >= end) return 0;
  const type = buffer[pos]!;
  if (known[type] === 0) {
    throw new PgError(errors.protocolViolation, { what: `invalid frontend message type ${type}` });
  }
  if (end - pos < headerBytes) return 0;
  const size = buffer.readInt32BE(pos + 1) + 1;
  if (size < headerBytes) {
    throw new PgError(errors.protocolViolation, { what: 'invalid message length' });
  }
  if (size > messageBytesMax) {
    throw new PgError(errors.messageTooLarge, { bytes: size, limit: messageBytesMax });
  }
  return size;
}

/** Position of the zero byte that ends the string at `pos`; throws when there is none. */
export function stringEnd(buffer: Buffer, pos: number, end: number): number {
  // Most names are empty.
  if (pos < end && buffer[pos] === 0) return pos;
  const zero = buffer.indexOf(0, pos);
  if (zero < 0 || zero >= end) {
    throw new PgError(errors.protocolViolation, { what: 'invalid string in message' });
  }
  return zero;
}

export interface ParseMessage {
  readonly name: string;
  readonly sql: string;
  readonly parameterTypes: readonly number[];
}

export function readParse(buffer: Buffer, start: number, end: number): ParseMessage {
  const nameEnd = stringEnd(buffer, start + headerBytes, end);
  const sqlEnd = stringEnd(buffer, nameEnd + 1, end);
  const parameterTypes: number[] = [];
  if (sqlEnd + 3 > end) throw truncated('Parse');
  const count = buffer.readUInt16BE(sqlEnd + 1);
  if (sqlEnd + 3 + 4 * count !== end) throw truncated('Parse');
  for (let i = 0; i < count; i++) parameterTypes.push(buffer.readUInt32BE(sqlEnd + 3 + 4 * i));
  return {
    name: textOf(buffer, start + headerBytes, nameEnd),
    sql: buffer.toString('utf8', nameEnd + 1, sqlEnd),
    parameterTypes,
  };
}

/** Where the parts of a Bind message lie in its buffer. */
export interface BindMessage {
  readonly buffer: Buffer;
  readonly portal: string;
  readonly statement: string;
  /** Offset just behind the statement's name, where the parameter formats begin. */
  readonly rest: number;
  readonly end: number;
  readonly parameters: number;
  readonly parameterFormats: number;
  /** Offset of the first parameter's length. */
  readonly values: number;
  /** Offset of the result format count. */
  readonly resultFormats: number;
  /** Where `parameterOffset` was last. */
  seen?: SeenParameter;
}

interface SeenParameter {
  /** Of the message it was in. */
  readonly buffer: Buffer;
  readonly values: number;
  readonly index: number;
  readonly offset: number;
}

/** So many are read from the first one on each time. */
const fewParameters = 64;

export function readBind(buffer: Buffer, start: number, end: number): BindMessage {
  const portalEnd = stringEnd(buffer, start + headerBytes, end);
  const statementEnd = stringEnd(buffer, portalEnd + 1, end);
  const rest = statementEnd + 1;
  if (rest + 2 > end) throw truncated('Bind');
  const parameterFormats = buffer.readUInt16BE(rest);
  let pos = rest + 2 + 2 * parameterFormats;
  if (pos + 2 > end) throw truncated('Bind');
  const parameters = buffer.readUInt16BE(pos);
  const values = pos + 2;
  pos = values;
  for (let i = 0; i < parameters; i++) {
    if (pos + 4 > end) throw truncated('Bind');
    const length = buffer.readInt32BE(pos);
    pos += length < 0 ? 4 : 4 + length;
    if (length < -1) throw truncated('Bind');
  }
  if (pos + 2 > end || pos + 2 + 2 * buffer.readUInt16BE(pos) !== end) throw truncated('Bind');
  return {
    buffer,
    portal: textOf(buffer, start + headerBytes, portalEnd),
    statement: textOf(buffer, portalEnd + 1, statementEnd),
    rest,
    end,
    parameters,
    parameterFormats,
    values,
    resultFormats: pos,
  };
}

/** Format code of parameter `index` (0 text, 1 binary) under Bind's three rules. */
export function parameterFormat(bind: BindMessage, index: number): number {
  if (bind.parameterFormats === 0) return 0;
  const at = bind.parameterFormats === 1 ? 0 : index;
  if (at >= bind.parameterFormats) return 0;
  return bind.buffer.readInt16BE(bind.rest + 2 + 2 * at);
}

/** Offset of the length word of parameter `index`, or -1 when there is no such parameter. */
export function parameterOffset(bind: BindMessage, index: number): number {
  if (index >= bind.parameters) return -1;
  const { buffer, values, seen } = bind;
  let at = 0;
  let pos = values;
  if (seen !== undefined && seen.index <= index && isOf(seen, bind)) {
    at = seen.index;
    pos = seen.offset;
  }
  for (; at < index; at++) {
    const length = buffer.readInt32BE(pos);
    pos += length < 0 ? 4 : 4 + length;
  }
  if (index >= fewParameters) bind.seen = { buffer, values, index, offset: pos };
  return pos;
}

function isOf(seen: SeenParameter, { buffer, values }: BindMessage): boolean {
  return seen.buffer === buffer && seen.values === values;
}

/** Format code of result column `column` (0 text, 1 binary) under Bind's three rules. */
export function resultFormat(bind: BindMessage, column: number): 0 | 1 {
  const count = bind.buffer.readUInt16BE(bind.resultFormats);
  if (count === 0) return 0;
  const at = count === 1 ? 0 : column;
  if (at >= count) return 0;
  return bind.buffer.readInt16BE(bind.resultFormats + 2 + 2 * at) === 1 ? 1 : 0;
}

/** The name in Describe or Close, and whether it names a statement (`S`) or a portal (`P`). */
export function readTarget(
  buffer: Buffer,
  start: number,
  end: number,
): { target: 'S' | 'P'; name: string } {
  const target = buffer[start + headerBytes];
  if (target !== 0x53 && target !== 0x50) {
    throw new PgError(errors.protocolViolation, { what: 'invalid target in Describe or Close' });
  }
  const nameEnd = stringEnd(buffer, start + headerBytes + 1, end);
  if (nameEnd + 1 !== end) throw truncated('Describe or Close');
  const name = textOf(buffer, start + headerBytes + 1, nameEnd);
  return { target: target === 0x53 ? 'S' : 'P', name };
}

export function readExecute(
  buffer: Buffer,
  start: number,
  end: number,
): { portal: string; rowsMax: number } {
  const nameEnd = stringEnd(buffer, start + headerBytes, end);
  if (nameEnd + 5 !== end) throw truncated('Execute');
  return {
    portal: textOf(buffer, start + headerBytes, nameEnd),
    rowsMax: buffer.readInt32BE(nameEnd + 1),
  };
}

function textOf(buffer: Buffer, start: number, end: number): string {
  return start === end ? '' : buffer.toString('utf8', start, end);
}

function truncated(message: string): PgError {
  return new PgError(errors.protocolViolation, { what: `invalid ${message} message format` });
}
