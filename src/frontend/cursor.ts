// A cursor of SQL over the rows of a SELECT on several shards: where it stands, and how it moves (pquery.c,
// DoPortalRunFetch). With SCROLL the rows it came by are kept, without it only those around it.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { RowChunk } from '../executor/shard-client.ts';
import type { ColumnDescription } from '../protocol/row-description.ts';
import type { HeldCursor } from './session-statements.ts';
import type { WideRows } from './wide-run.ts';

export interface CursorOptions {
  readonly name: string;
  readonly columns: readonly ColumnDescription[];
  readonly binary: boolean;
  /** null: it is not said. */
  readonly scroll: boolean | null;
  readonly hold: boolean;
  readonly transaction: number;
  readonly savepoints: number;
  /** Of rows that are kept. */
  readonly bytesMax: number;
  readonly onNotices: (notices: readonly Buffer[]) => void;
}

type Take = ((rows: Buffer) => Promise<void>) | null;

/** Rows one after the other; `first`: number of the first one, from 1. */
interface KeptRows {
  readonly chunk: RowChunk;
  readonly first: number;
}

export class Cursor implements HeldCursor {
  readonly columns: readonly ColumnDescription[];
  readonly binary: boolean;
  readonly transaction: number;
  readonly hold: boolean;
  savepoints: number;
  readonly #options: CursorOptions;
  /** null: all were read, or no more are wanted. */
  #rows: WideRows | null;
  /** Ascending. */
  #kept: KeptRows[] = [];
  #bytes = 0;
  /** Rows that were read. */
  #known = 0;
  /** 0: before the first row; one more than there are: behind the last. */
  #position = 0;
  #failed = false;

  constructor(rows: WideRows, options: CursorOptions) {
    this.#rows = rows;
    this.#options = options;
    this.columns = options.columns;
    this.binary = options.binary;
    this.transaction = options.transaction;
    this.hold = options.hold;
    this.savepoints = options.savepoints;
  }

  async fetch(
    direction: 'forward' | 'backward' | 'absolute' | 'relative',
    count: number | null,
    take: Take,
  ): Promise<number> {
    if (this.#failed) throw new PgError(errors.portalEnded, { name: this.#options.name });
    try {
      const moved = await this.#fetch(direction, count ?? Number.POSITIVE_INFINITY, take);
      await this.#rows?.idle();
      return moved;
    } catch (error) {
      this.#failed = true;
      this.#kept = [];
      await this.#stop(true);
      throw error;
    }
  }

  close(): Promise<void> {
    this.#kept = [];
    return this.#stop(false);
  }

  /** Reads all rows there are, for a cursor that outlives its transaction. */
  async readAll(): Promise<void> {
    try {
      while (await this.#load()) {
        // It is kept.
      }
    } catch (error) {
      await this.#stop(true);
      throw error;
    }
  }

  #fetch(direction: string, count: number, take: Take): Promise<number> {
    switch (direction) {
      case 'absolute':
        return this.#absolute(count, take);
      case 'relative':
        if (count === 0) return this.#again(take);
        return count > 0 ? this.#skip(count - 1, take) : this.#skipBack(-count - 1, take);
      default: {
        const forward = direction === 'backward' ? -count : count;
        if (forward === 0) return this.#again(take);
        return forward > 0 ? this.#forward(forward, take) : this.#backward(-forward, take);
      }
    }
  }

  async #absolute(count: number, take: Take): Promise<number> {
    if (count < 0) {
      await this.#forward(Number.POSITIVE_INFINITY, null);
      return this.#skipBack(-count - 1, take);
    }
    if (count <= this.#position && this.#position > 0) {
      this.#requireScroll();
      this.#position = Math.max(0, count - 1);
      return count === 0 ? 0 : this.#forward(1, take);
    }
    return count === 0 ? 0 : this.#skip(count - this.#position - 1, take);
  }

  async #skip(count: number, take: Take): Promise<number> {
    if (count > 0) await this.#forward(count, null);
    return this.#forward(1, take);
  }

  async #skipBack(count: number, take: Take): Promise<number> {
    if (count > 0) await this.#backward(count, null);
    return this.#backward(1, take);
  }

  /** The row that it stands on. */
  async #again(take: Take): Promise<number> {
    const at = this.#position;
    const rows = at === 0 ? null : this.#find(at);
    if (rows === null) return 0;
    if (take === null) return 1;
    if (this.#options.scroll === false) this.#requireScroll();
    await take(slice(rows, at, at + 1));
    return 1;
  }

  async #forward(count: number, take: Take): Promise<number> {
    let moved = 0;
    while (moved < count) {
      const at = this.#position + 1;
      if (at > this.#known && !(await this.#load(count - moved))) {
        this.#position = this.#known + 1;
        break;
      }
      const rows = this.#find(at)!;
      const to = Math.min(rows.first + rows.chunk.rows, at + count - moved);
      if (take !== null) await take(slice(rows, at, to));
      moved += to - at;
      this.#position = to - 1;
    }
    return moved;
  }

  async #backward(count: number, take: Take): Promise<number> {
    // Nothing is behind it yet, and whether it could go back is for the plan to say.
    if (this.#position === 0 && this.#options.scroll !== false) return 0;
    this.#requireScroll();
    let moved = 0;
    while (moved < count && this.#position > 0) {
      this.#position -= 1;
      const at = this.#position;
      if (at === 0) break;
      if (take !== null) await take(slice(this.#find(at)!, at, at + 1));
      moved += 1;
    }
    return moved;
  }

  #requireScroll(): void {
    if (this.#options.scroll !== true) throw new PgError(errors.cursorForwardOnly);
  }

  /** null: it is not kept, or there is none. */
  #find(row: number): KeptRows | null {
    const kept = this.#kept;
    let low = 0;
    let high = kept.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (kept[middle]!.first <= row) low = middle;
      else high = middle - 1;
    }
    const found = kept[low];
    const has = found !== undefined && row >= found.first && row < found.first + found.chunk.rows;
    return has ? found : null;
  }

  /** `wanted`: of more than these an error is not to be raised yet. False: there are no more rows. */
  async #load(wanted = Number.POSITIVE_INFINITY): Promise<boolean> {
    const rows = this.#rows;
    if (rows === null) return false;
    rows.want?.(wanted);
    const chunk = await rows.next();
    if (chunk === null) {
      this.#rows = null;
      this.#options.onNotices(await rows.finish());
      return false;
    }
    const { scroll, hold, bytesMax } = this.#options;
    if (scroll !== true && !hold) this.#kept = [];
    else this.#bytes += chunk.bytes.length;
    this.#kept.push({ chunk, first: this.#known + 1 });
    this.#known += chunk.rows;
    if (this.#bytes > bytesMax) {
      const what = 'the memory for the rows of a cursor (merge_memory_limit)';
      throw new PgError(errors.memoryLimit, { what, limit: `${bytesMax} bytes` });
    }
    return true;
  }

  async #stop(failed: boolean): Promise<void> {
    const rows = this.#rows;
    this.#rows = null;
    await rows?.stop(failed);
  }
}

/** Messages of the rows from `from` up to and without `to`. */
function slice({ chunk, first }: KeptRows, from: number, to: number): Buffer {
  return chunk.bytes.subarray(chunk.offsets[from - first], chunk.offsets[to - first]);
}
