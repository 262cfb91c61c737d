// Rows of the admin database as messages, in text or binary as the client asked for. Types are
// PostgreSQL's (catalog/pg_type.dat).

import { ByteWriter } from '../protocol/byte-writer.ts';
import { Backend } from '../protocol/message-codes.ts';
import { rowDescription } from '../protocol/row-description.ts';
import type { Cell, ColumnType, OutputColumn } from './column.ts';

const types: Readonly<Record<ColumnType, { readonly oid: number; readonly size: number }>> = {
  bool: { oid: 16, size: 1 },
  int8: { oid: 20, size: 8 },
  int4: { oid: 23, size: 4 },
  text: { oid: 25, size: -1 },
  float8: { oid: 701, size: 8 },
};

export type FormatOf = (column: number) => 0 | 1;

export const inText: FormatOf = () => 0;

export function typeOid(type: ColumnType): number {
  return types[type].oid;
}

export function describeColumns(columns: readonly OutputColumn[], formatOf: FormatOf): Buffer {
  return rowDescription(
    columns.map(({ name, type }, column) => ({
      name,
      tableOid: 0,
      columnNumber: 0,
      typeOid: types[type].oid,
      typeSize: types[type].size,
      typeModifier: -1,
      format: formatOf(column),
    })),
  );
}

/** DataRow messages. */
export function encodeRows(
  columns: readonly OutputColumn[],
  rows: readonly (readonly Cell[])[],
  formatOf: FormatOf,
): Buffer {
  const writer = new ByteWriter(1_024);
  for (const row of rows) {
    writer.begin(Backend.dataRow).int16(row.length);
    row.forEach((cell, column) => {
      if (cell === null) writer.int32(-1);
      else if (formatOf(column) === 1) addBinary(writer, columns[column]!.type, cell);
      else addText(writer, cell);
    });
    writer.end();
  }
  return writer.take();
}

function addText(writer: ByteWriter, cell: string | number | boolean): void {
  const text = typeof cell === 'boolean' ? (cell ? 't' : 'f') : String(cell);
  writer.int32(Buffer.byteLength(text)).text(text);
}

function addBinary(writer: ByteWriter, type: ColumnType, cell: string | number | boolean): void {
  switch (type) {
    case 'text':
      addText(writer, cell);
      return;
    case 'bool':
      writer.int32(1).byte(cell === true ? 1 : 0);
      return;
    case 'int4':
      writer.int32(4).int32(Number(cell));
      return;
    case 'int8':
    case 'float8': {
      const bytes = Buffer.allocUnsafe(8);
      if (type === 'int8') bytes.writeBigInt64BE(BigInt(Math.round(Number(cell))));
      else bytes.writeDoubleBE(Number(cell));
      writer.int32(8).bytes(bytes);
    }
  }
}
