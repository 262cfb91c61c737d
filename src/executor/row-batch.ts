// A chunk of rows as an Arrow record batch: the rows' own bytes as one Binary column over the
// chunk's memory, and the columns an operator compares or groups by as decoded vectors.

import { Binary, type Data, Field, makeData, RecordBatch, Schema, Struct } from 'apache-arrow';
import { readInt32 } from '../types/integer-text.ts';
import { KeyColumn } from '../types/key-column.ts';
import { type KeyDecoder, keyDecoder } from '../types/key-decoder.ts';
import { assertColumnCount, dataRowHeader, malformedRow, viewOf } from './data-row.ts';
import type { ColumnDescription, RowChunk } from './shard-client.ts';

const rowType = new Binary();

/** Which columns of a fragment become vectors, compiled once per operator. */
export class BatchLayout {
  readonly columnCount: number;
  readonly decoders: readonly KeyDecoder[];
  /** For each DataRow column up to the last one needed: its place in `decoders`, or -1. */
  readonly slots: Int32Array;
  /** For each asked key, in the order asked: its place in `decoders`. */
  readonly keySlots: readonly number[];
  /** Of the decoded columns. */
  readonly #names: readonly string[];
  #schema: Schema | null = null;

  /** The same one for the same columns and keys, which a statement has again each time. Throws
   *  `unsupportedAcrossShards` for a column whose type has no known order. */
  static of(columns: readonly ColumnDescription[], keys: readonly number[]): BatchLayout {
    const known = layouts.get(columns);
    const found = known?.find(({ keys: others }) => isSame(others, keys));
    if (found !== undefined) return found.layout;
    const layout = new BatchLayout(columns, keys);
    if (known === undefined) layouts.set(columns, [{ keys, layout }]);
    else known.push({ keys, layout });
    return layout;
  }

  constructor(columns: readonly ColumnDescription[], keys: readonly number[]) {
    const distinct = [...new Set(keys)];
    this.columnCount = columns.length;
    this.decoders = distinct.map(key => keyDecoder(columns[key]!.typeOid, columns[key]!.format));
    this.slots = new Int32Array(Math.max(-1, ...distinct) + 1).fill(-1);
    distinct.forEach((key, slot) => {
      this.slots[key] = slot;
    });
    this.keySlots = keys.map(key => distinct.indexOf(key));
    this.#names = distinct.map(key => `column ${key}`);
  }

  /** The Arrow schema of a batch: the row's bytes, then one field for each decoded column. */
  get schema(): Schema {
    return (this.#schema ??= new Schema([
      new Field('row', rowType, false),
      ...this.#names.map(
        (name, slot) => new Field(name, KeyColumn.arrowType(this.decoders[slot]!.kind)),
      ),
    ]));
  }
}

const layouts = new WeakMap<
  readonly ColumnDescription[],
  { readonly keys: readonly number[]; readonly layout: BatchLayout }[]
>();

function isSame(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((one, i) => one === right[i]);
}

export class RowBatch {
  readonly chunk: RowChunk;
  /** Of the chunk's bytes. */
  readonly view: DataView;
  /** The keys in the order the layout was asked for. */
  readonly keys: readonly KeyColumn[];
  readonly #layout: BatchLayout;
  readonly #columns: readonly KeyColumn[];

  private constructor(chunk: RowChunk, layout: BatchLayout, columns: readonly KeyColumn[]) {
    this.chunk = chunk;
    this.view = viewOf(chunk.bytes);
    this.#layout = layout;
    this.#columns = columns;
    this.keys = layout.keySlots.map(slot => columns[slot]!);
  }

  static decode(chunk: RowChunk, layout: BatchLayout): RowBatch {
    return RowBatch.#decoded(chunk, layout, chunk.rows);
  }

  /** The same in the memory of a batch of this layout that nobody reads any more, if there is one
   *  and it has room: to make vectors costs more than to fill them. */
  static decodeInto(spare: RowBatch | null, chunk: RowChunk, layout: BatchLayout): RowBatch {
    const columns = spare === null ? [] : spare.#columns;
    if (spare === null || columns.some(({ capacity }) => capacity < chunk.rows)) {
      return RowBatch.#decoded(chunk, layout, 2 ** Math.ceil(Math.log2(chunk.rows)));
    }
    for (const column of columns) column.reset();
    decodeColumns(chunk, layout, columns);
    return new RowBatch(chunk, layout, columns);
  }

  static #decoded(chunk: RowChunk, layout: BatchLayout, capacity: number): RowBatch {
    const columns = layout.decoders.map(({ kind }) => new KeyColumn(kind, capacity));
    decodeColumns(chunk, layout, columns);
    return new RowBatch(chunk, layout, columns);
  }

  /** The batch for Arrow's readers; shares all memory with the chunk and the keys. */
  toArrow(): RecordBatch {
    const { bytes, offsets, rows } = this.chunk;
    const common = { length: rows, nullCount: 0 };
    const row = makeData({ type: rowType, ...common, valueOffsets: offsets, data: bytes });
    const children: Data[] = [row, ...this.#columns.map(column => column.toArrow())];
    const struct = new Struct(this.#layout.schema.fields);
    return new RecordBatch(this.#layout.schema, makeData({ type: struct, ...common, children }));
  }

  /** Bytes of memory held. */
  get byteLength(): number {
    const { bytes, offsets } = this.chunk;
    const vectors = this.#columns.reduce((sum, column) => sum + column.byteLength, 0);
    return bytes.length + offsets.byteLength + vectors;
  }
}

function decodeColumns(chunk: RowChunk, layout: BatchLayout, columns: readonly KeyColumn[]): void {
  const { bytes, offsets, rows } = chunk;
  const { slots, decoders, columnCount } = layout;
  for (let row = 0; row < rows; row++) {
    const start = offsets[row]!;
    const end = offsets[row + 1]!;
    assertColumnCount(bytes, start, columnCount);
    let at = start + dataRowHeader;
    for (let column = 0; column < slots.length; column++) {
      const size = readInt32(bytes, at);
      at += 4;
      const valueEnd = size < 0 ? at : at + size;
      if (valueEnd > end) throw malformedRow();
      const slot = slots[column]!;
      if (slot !== -1) {
        if (size < 0) columns[slot]!.appendNull();
        else decoders[slot]!.decode(bytes, at, valueEnd, columns[slot]!);
      }
      at = valueEnd;
    }
  }
}
