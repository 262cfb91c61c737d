// What collects one aggregate over partial groups, for all groups at once.

import type { RowColumns } from './data-row.ts';
import type { RowWriter } from './row-writer.ts';

export interface Accumulator {
  /** Bytes it holds for each group, beside values of any length, which it counts itself. */
  readonly groupBytes: number;
  /** Adds the partial in `row` to a group; groups come numbered 0, 1, 2 … as they are first seen. */
  add(group: number, row: RowColumns): void;
  /** Appends the group's value in the wire format of its column. */
  write(group: number, writer: RowWriter): void;
}
