// A column of decoded keys as the typed arrays of an Arrow vector, filled by hand (Arrow's own
// builders are an order of magnitude slower) and wrapped by `makeData` without copying.

import { Binary, type Data, type DataType, Float64, Int32, Int64, makeData } from 'apache-arrow';
import type { Int64Halves } from './integer-text.ts';

/**
 * How a key is held. Comparing what is held compares the SQL values, and equal SQL values are
 * held equal: `bytes` compare as unsigned bytes with the shorter first, `float64` with NaN last.
 */
export type KeyKind = 'int32' | 'int64' | 'float64' | 'bytes';

const noInt32 = new Int32Array(0);
const noFloat64 = new Float64Array(0);
const noBytes = new Uint8Array(0);

export class KeyColumn {
  readonly kind: KeyKind;
  readonly capacity: number;
  length = 0;
  nullCount = 0;
  /** `int32`: one entry a row. `int64`: two, low and high half. */
  readonly int32: Int32Array;
  readonly float64: Float64Array;
  /** `bytes`: value i is data[offsets[i]] up to data[offsets[i + 1]]. */
  readonly offsets: Int32Array;
  data: Uint8Array = noBytes;
  /** Bit i (lowest first) is 0 where row i is NULL. */
  readonly validity: Uint8Array;

  constructor(kind: KeyKind, capacity: number) {
    this.kind = kind;
    this.capacity = capacity;
    const halves = kind === 'int64' ? 2 * capacity : kind === 'int32' ? capacity : 0;
    this.int32 = halves === 0 ? noInt32 : new Int32Array(halves);
    this.float64 = kind === 'float64' ? new Float64Array(capacity) : noFloat64;
    this.offsets = kind === 'bytes' ? new Int32Array(capacity + 1) : noInt32;
    this.validity = new Uint8Array((capacity + 7) >>> 3).fill(0xff);
  }

  /** Empties the column for the next values. */
  reset(): void {
    if (this.nullCount !== 0) this.validity.fill(0xff);
    this.length = 0;
    this.nullCount = 0;
  }

  isNull(row: number): boolean {
    return this.nullCount !== 0 && (this.validity[row >>> 3]! & (1 << (row & 7))) === 0;
  }

  appendNull(): void {
    const row = this.length++;
    this.validity[row >>> 3]! &= ~(1 << (row & 7));
    this.nullCount++;
    if (this.kind === 'bytes') this.offsets[row + 1] = this.offsets[row]!;
  }

  appendInt32(value: number): void {
    this.int32[this.length++] = value;
  }

  appendHalves(high: number, low: number): void {
    const at = 2 * this.length++;
    this.int32[at] = low;
    this.int32[at + 1] = high;
  }

  appendInt64(value: Int64Halves): void {
    this.appendHalves(value.high, value.low);
  }

  /** -0 is held as 0, every NaN as the same one: V8 keeps the bits a NaN was read with, and infinity
   *  less infinity has others than 'NaN'. */
  appendFloat64(value: number): void {
    const held = Number.isNaN(value) ? Number.NaN : value;
    this.float64[this.length++] = held === 0 ? 0 : held;
  }

  appendBytes(bytes: Uint8Array, start: number, end: number): void {
    const row = this.length++;
    const from = this.offsets[row]!;
    const size = end - start;
    if (from + size > this.data.length) this.#grow(from, size);
    const { data } = this;
    for (let i = 0; i < size; i++) data[from + i] = bytes[start + i]!;
    this.offsets[row + 1] = from + size;
  }

  #grow(used: number, size: number): void {
    const guess = (used + size) * 2;
    const grown = new Uint8Array(Math.max(guess, this.capacity * 8, 64));
    grown.set(this.data.subarray(0, used));
    this.data = grown;
  }

  /** Bytes of memory held. */
  get byteLength(): number {
    const arrays = this.int32.byteLength + this.float64.byteLength + this.offsets.byteLength;
    return arrays + this.data.byteLength + this.validity.byteLength;
  }

  /** The Arrow type of a kind: Int32, Int64, Float64 or Binary. */
  static arrowType(kind: KeyKind): DataType {
    return arrowTypes[kind];
  }

  /** The column as Arrow data over the same memory. */
  toArrow(): Data {
    const { length, nullCount } = this;
    const nullBitmap = nullCount === 0 ? null : this.validity;
    const common = { length, nullCount, nullBitmap };
    switch (this.kind) {
      case 'int32':
        return makeData({ type: arrowTypes.int32, ...common, data: this.int32 });
      case 'int64': {
        const { buffer, byteOffset } = this.int32;
        const data = new BigInt64Array(buffer, byteOffset, this.capacity);
        return makeData({ type: arrowTypes.int64, ...common, data });
      }
      case 'float64':
        return makeData({ type: arrowTypes.float64, ...common, data: this.float64 });
      case 'bytes': {
        const { data, offsets: valueOffsets } = this;
        return makeData({ type: arrowTypes.bytes, ...common, valueOffsets, data });
      }
    }
  }
}

const arrowTypes = {
  int32: new Int32(),
  int64: new Int64(),
  float64: new Float64(),
  bytes: new Binary(),
} as const;
