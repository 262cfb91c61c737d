// The unconsumed input of a row splitter: a chunk as it came, or the tail of earlier chunks with
// the new one appended. Growth doubles, so one huge row costs linear time; storage is never
// reused while slices of it may be in use.

const empty = Buffer.alloc(0);
const storageMin = 4096;

export class RowBuffer {
  /** Everything that was not consumed; byte 0 is the first of the incomplete row. */
  bytes: Buffer = empty;
  #storage: Buffer = empty;

  append(chunk: Buffer): void {
    const length = this.bytes.length;
    if (length === 0) {
      this.bytes = chunk;
      return;
    }
    const needed = length + chunk.length;
    if (this.#storage.length < needed) {
      const grown = Buffer.allocUnsafeSlow(Math.max(2 * this.#storage.length, needed));
      this.bytes.copy(grown);
      this.#storage = grown;
    }
    chunk.copy(this.#storage, length);
    this.bytes = this.#storage.subarray(0, needed);
  }

  /** Bytes before `from` are consumed (slices of them may live on); the rest is kept. */
  consume(from: number): void {
    if (from === 0 && this.#storage.length > 0) return;
    const rest = this.bytes.length - from;
    if (rest === 0) {
      this.clear();
      return;
    }
    // A copy: the chunk belongs to the caller, and consumed storage to the rows cut from it.
    const storage = Buffer.allocUnsafeSlow(Math.max(storageMin, 2 * rest));
    this.bytes.copy(storage, 0, from);
    this.#storage = storage;
    this.bytes = storage.subarray(0, rest);
  }

  clear(): void {
    this.bytes = empty;
    this.#storage = empty;
  }
}
