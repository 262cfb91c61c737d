// aggregate: partial groups of all shards become whole groups. A group's other columns are those of
// its first row; what PostgreSQL would show there is one of the group's rows too.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { MergeNode } from '../plan/merge-plan.ts';
import type { Accumulator } from './accumulator.ts';
import { createAccumulator } from './create-accumulator.ts';
import { RowColumns } from './data-row.ts';
import { GroupTable } from './group-table.ts';
import { IntegerGroups } from './integer-groups.ts';
import type { MemoryBudget } from './memory-budget.ts';
import { RowArena } from './row-arena.ts';
import { BatchLayout, RowBatch } from './row-batch.ts';
import type { RowSource } from './row-source.ts';
import { RowWriter } from './row-writer.ts';
import type { ColumnDescription, RowChunk } from './shard-client.ts';

export class Aggregate implements RowSource {
  readonly #input: RowSource;
  readonly #layout: BatchLayout;
  /** null: one group of all rows. */
  readonly #table: GroupTable | IntegerGroups | null;
  readonly #accumulators: readonly Accumulator[];
  /** For each column: the accumulator that writes it; null where the first row's value stays. */
  readonly #writers: readonly (Accumulator | null)[];
  /** First row of each group. */
  readonly #rows: RowArena;
  readonly #columns: RowColumns;
  readonly #writer: RowWriter;
  /** The last one, whose memory the next one gets. */
  #batch: RowBatch | null = null;
  #finished = false;
  #emitted = 0;

  /** Throws `unsupportedAcrossShards` for a group column or aggregate that cannot be merged. */
  constructor(
    input: RowSource,
    columns: readonly ColumnDescription[],
    node: MergeNode & { readonly kind: 'aggregate' },
    dropped: number,
    budget: MemoryBudget,
  ) {
    this.#input = input;
    this.#layout = BatchLayout.of(columns, node.groupColumns);
    this.#table = groupTable(this.#layout, budget);
    const writers: (Accumulator | null)[] = columns.map(() => null);
    for (const spec of node.aggregates) {
      if (writers[spec.column] !== null) {
        throw new PgError(errors.internal, { what: `no place for ${spec.kind} in the plan` });
      }
      writers[spec.column] = createAccumulator(spec, columns, budget);
    }
    this.#writers = writers;
    this.#accumulators = writers.filter(accumulator => accumulator !== null);
    const groupBytes = this.#accumulators.reduce((sum, one) => sum + one.groupBytes, 0);
    this.#rows = new RowArena(budget, groupBytes);
    this.#columns = new RowColumns(columns.length);
    this.#writer = new RowWriter(columns.length, dropped);
  }

  async next(): Promise<RowChunk | null> {
    while (!this.#finished) {
      const chunk = await this.#input.next();
      if (chunk === null) this.#finished = true;
      else this.#add(chunk);
    }
    while (this.#emitted < this.#rows.length && !this.#writer.full) this.#emit(this.#emitted++);
    return this.#writer.rows > 0 ? this.#writer.take() : null;
  }

  #add(chunk: RowChunk): void {
    const { bytes, offsets, rows } = chunk;
    this.#batch = RowBatch.decodeInto(this.#batch, chunk, this.#layout);
    const { keys, view } = this.#batch;
    for (let row = 0; row < rows; row++) {
      const start = offsets[row]!;
      const end = offsets[row + 1]!;
      const group = this.#table === null ? 0 : this.#table.find(keys, row);
      if (group === this.#rows.length) this.#rows.append(view, start, end);
      this.#columns.locate(bytes, start, end);
      for (const accumulator of this.#accumulators) accumulator.add(group, this.#columns);
    }
  }

  #emit(group: number): void {
    const columns = this.#columns;
    this.#rows.locate(group, columns);
    this.#writer.beginRow();
    for (let column = 0; column < this.#writer.visibleColumns; column++) {
      const accumulator = this.#writers[column]!;
      if (accumulator !== null) {
        accumulator.write(group, this.#writer);
      } else if (columns.isNull(column)) {
        this.#writer.appendNull();
      } else {
        const start = columns.starts[column]!;
        this.#writer.appendValue(columns.bytes, start, columns.ends[column]!);
      }
    }
    this.#writer.endRow();
  }
}

function groupTable(
  { keySlots, decoders }: BatchLayout,
  budget: MemoryBudget,
): GroupTable | IntegerGroups | null {
  if (keySlots.length === 0) return null;
  const [first, ...more] = keySlots.map(slot => decoders[slot]!.kind);
  const isInteger = more.length === 0 && (first === 'int32' || first === 'int64');
  return isInteger ? new IntegerGroups(budget) : new GroupTable(budget);
}
