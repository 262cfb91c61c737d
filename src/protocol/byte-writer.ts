// A growing buffer that messages are written into; what it holds leaves in one piece.
// Integers are big-endian as everywhere in the protocol.

const noBytes = Buffer.alloc(0);
const smallest = 64;

export class ByteWriter {
  #buffer: Buffer;
  #length = 0;
  #messageStart = 0;

  constructor(capacity = 256) {
    this.#buffer = Buffer.allocUnsafe(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** Opens a message: type byte and a length that `end` fills in. */
  begin(type: number): this {
    this.#reserve(5);
    this.#messageStart = this.#length;
    this.#buffer[this.#length] = type;
    this.#length += 5;
    return this;
  }

  end(): this {
    const size = this.#length - this.#messageStart - 1;
    this.#buffer.writeInt32BE(size, this.#messageStart + 1);
    return this;
  }

  byte(value: number): this {
    this.#reserve(1);
    this.#buffer[this.#length++] = value;
    return this;
  }

  int16(value: number): this {
    this.#reserve(2);
    this.#buffer[this.#length++] = value >>> 8;
    this.#buffer[this.#length++] = value;
    return this;
  }

  int32(value: number): this {
    this.#reserve(4);
    this.#length = this.#buffer.writeInt32BE(value | 0, this.#length);
    return this;
  }

  /** UTF-8 text and its terminating zero byte. */
  cstring(text: string): this {
    this.text(text);
    return this.byte(0);
  }

  text(text: string): this {
    const bytes = Buffer.byteLength(text);
    this.#reserve(bytes);
    this.#length += this.#buffer.write(text, this.#length);
    return this;
  }

  bytes(source: Uint8Array, start = 0, end = source.length): this {
    this.#reserve(end - start);
    if (source instanceof Buffer) source.copy(this.#buffer, this.#length, start, end);
    else this.#buffer.set(source.subarray(start, end), this.#length);
    this.#length += end - start;
    return this;
  }

  /** What was written so far; the writer starts anew with a buffer of its own. */
  take(): Buffer {
    const taken = this.#buffer.subarray(0, this.#length);
    this.#buffer = noBytes;
    this.#length = 0;
    return taken;
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2, smallest));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }
}
