// RowDescription: the columns of a result, read from a server's message and written for clients.

import { ByteWriter } from './byte-writer.ts';
import { Backend, headerBytes } from './message-codes.ts';

/** One column of a RowDescription message. */
export interface ColumnDescription {
  readonly name: string;
  readonly tableOid: number;
  readonly columnNumber: number;
  readonly typeOid: number;
  readonly typeSize: number;
  readonly typeModifier: number;
  /** 0 text, 1 binary. */
  readonly format: 0 | 1;
}

/** `message` is the whole message, header included. */
export function readRowDescription(message: Buffer): ColumnDescription[] {
  const columns: ColumnDescription[] = [];
  const count = message.readInt16BE(headerBytes);
  let pos = headerBytes + 2;
  for (let i = 0; i < count; i++) {
    const zero = message.indexOf(0, pos);
    const name = message.toString('utf8', pos, zero);
    pos = zero + 1;
    columns.push({
      name,
      tableOid: message.readUInt32BE(pos),
      columnNumber: message.readInt16BE(pos + 4),
      typeOid: message.readUInt32BE(pos + 6),
      typeSize: message.readInt16BE(pos + 10),
      typeModifier: message.readInt32BE(pos + 12),
      format: message.readInt16BE(pos + 16) === 1 ? 1 : 0,
    });
    pos += 18;
  }
  return columns;
}

export function rowDescription(columns: readonly ColumnDescription[]): Buffer {
  const writer = new ByteWriter(64).begin(Backend.rowDescription).int16(columns.length);
  for (const column of columns) {
    writer
      .cstring(column.name)
      .int32(column.tableOid)
      .int16(column.columnNumber)
      .int32(column.typeOid)
      .int16(column.typeSize)
      .int32(column.typeModifier)
      .int16(column.format);
  }
  return writer.end().take();
}

/** A column of type text, as PgPack's own answers (EXPLAIN) have them. */
export function textColumn(name: string): ColumnDescription {
  return {
    name,
    tableOid: 0,
    columnNumber: 0,
    typeOid: 25,
    typeSize: -1,
    typeModifier: -1,
    format: 0,
  };
}
