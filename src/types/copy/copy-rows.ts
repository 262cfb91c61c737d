// What every splitter of COPY … FROM STDIN data does: cut the stream into rows whose bytes stay
// as the client sent them, and read the sharding key of a row. The implementations follow
// PostgreSQL's src/backend/commands/copyfromparse.c.

/** Format options of the COPY statement, with PostgreSQL's defaults filled in. */
export interface CopyFormat {
  readonly format: 'text' | 'csv' | 'binary';
  /** One byte. */
  readonly delimiter: string;
  readonly nullText: string;
  /** One byte; csv only. */
  readonly quote: string;
  readonly escape: string;
  readonly header: boolean;
}

export interface CopyRowsOptions {
  readonly format: CopyFormat;
  /** 0-based positions of the key's columns among those of the stream; names, for messages. */
  readonly keyPositions: readonly number[];
  readonly columns: readonly string[];
  /** A longer row (line ending included) raises `memoryLimit`. */
  readonly rowBytesMax: number;
  /** Whether `\.` alone on a line ends csv data: true for servers before PostgreSQL 18. (In text
   *  format it always does.) */
  readonly csvEndMarker: boolean;
}

export interface CopyRows {
  /**
   * Adds input and returns the rows it completed, each with its line ending. The slices may be
   * views of `chunk`: use them before the chunk is reused. What comes after an end marker is
   * ignored, as PostgreSQL does. Throws `badCopyFormat` (22P04) and `memoryLimit`.
   */
  push(chunk: Buffer): Buffer[];
  /** No more input: returns the last row if it had no line ending. Throws like `push`. */
  end(): Buffer[];
  /**
   * A column of a row's key (0-based): de-escaped bytes of the field (text, csv) or its binary
   * form; null for NULL. May be a view of the row. Throws `badCopyFormat` when the row ends before
   * the key.
   */
  keyOf(row: Buffer, column: number): Buffer | null;
  /** Once, as soon as it is known: what every shard gets before its rows (header line, binary
   *  signature). Ask after each `push` and after `end`, and send it first. */
  takePreamble(): Buffer | null;
  /** After `end`: what every shard gets behind its rows (binary trailer). */
  trailer(): Buffer | null;
}
