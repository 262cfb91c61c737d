// What the tests of COPY splitters share: options with defaults, and splitting a stream in pieces.

import type { CopyFormat, CopyRows, CopyRowsOptions } from '../../../src/types/copy/copy-rows.ts';
import { openCopyRows } from '../../../src/types/copy/open-copy-rows.ts';

export interface Split {
  readonly rows: string[];
  readonly keys: (string | null)[];
  readonly preamble: string | null;
  readonly trailer: string | null;
}

/** `keyPosition`: of a key of one column, `id`. */
export type SplitOptions = Partial<Omit<CopyRowsOptions, 'format'>> &
  Partial<CopyFormat> & { readonly keyPosition?: number };

export function open(format: CopyFormat['format'], options: SplitOptions = {}): CopyRows {
  const csv = format === 'csv';
  return openCopyRows({
    format: {
      format,
      delimiter: options.delimiter ?? (csv ? ',' : '\t'),
      nullText: options.nullText ?? (csv ? '' : '\\N'),
      quote: options.quote ?? '"',
      escape: options.escape ?? options.quote ?? '"',
      header: options.header ?? false,
    },
    keyPositions: [options.keyPosition ?? 0],
    columns: ['id'],
    rowBytesMax: options.rowBytesMax ?? 1_000_000,
    csvEndMarker: options.csvEndMarker ?? false,
  });
}

/** Feeds `pieces` (overwriting each afterwards, as a reused read buffer would be) and collects. */
export function split(splitter: CopyRows, pieces: readonly Buffer[]): Split {
  const rows: string[] = [];
  const keys: (string | null)[] = [];
  let preamble: string | null = null;
  const take = (cut: Buffer[]): void => {
    preamble ??= splitter.takePreamble()?.toString('latin1') ?? null;
    for (const row of cut) {
      rows.push(row.toString('latin1'));
      keys.push(splitter.keyOf(row, 0)?.toString('latin1') ?? null);
    }
  };
  for (const piece of pieces) {
    const chunk = Buffer.from(piece);
    take(splitter.push(chunk));
    chunk.fill(0x3f);
  }
  take(splitter.end());
  return { rows, keys, preamble, trailer: splitter.trailer()?.toString('latin1') ?? null };
}

/** Every way to cut `data` in two, then byte by byte, then whole. */
export function* cuts(data: Buffer): Generator<Buffer[]> {
  yield [data];
  for (let at = 0; at <= data.length; at++) yield [data.subarray(0, at), data.subarray(at)];
  yield Array.from(data, byte => Buffer.from([byte]));
}
