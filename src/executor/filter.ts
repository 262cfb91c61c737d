// filter: passes the rows for which a condition is true, neither false nor unknown (HAVING). Values
// are compared by the order of their type's btree operator class, to which its operators belong.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { ComparisonOperator, RowCondition } from '../plan/row-condition.ts';
import type { KeyColumn } from '../types/key-column.ts';
import { compareValues } from '../types/key-order.ts';
import { BatchLayout, RowBatch } from './row-batch.ts';
import type { RowSource } from './row-source.ts';
import { RowWriter } from './row-writer.ts';
import type { ColumnDescription, RowChunk } from './shard-client.ts';

/** null: unknown. */
type Test = (keys: readonly KeyColumn[], row: number) => boolean | null;

export class Filter implements RowSource {
  readonly #input: RowSource;
  readonly #layout: BatchLayout;
  readonly #test: Test;
  readonly #writer: RowWriter;
  /** The last one, whose memory the next one gets. */
  #batch: RowBatch | null = null;

  /** Throws `unsupportedAcrossShards` where columns that are compared are not of one type, or of one
   *  whose order is not known. */
  constructor(
    input: RowSource,
    columns: readonly ColumnDescription[],
    condition: RowCondition,
    dropped: number,
  ) {
    const read = columnsOf(condition);
    assertSameTypes(condition, columns);
    this.#input = input;
    this.#layout = BatchLayout.of(columns, read);
    this.#test = testOf(condition, read);
    this.#writer = new RowWriter(columns.length, dropped);
  }

  async next(): Promise<RowChunk | null> {
    for (;;) {
      const chunk = await this.#input.next();
      if (chunk === null) return null;
      this.#batch = RowBatch.decodeInto(this.#batch, chunk, this.#layout);
      const { keys, view } = this.#batch;
      const { offsets, rows } = chunk;
      for (let row = 0; row < rows; row++) {
        if (this.#test(keys, row) !== true) continue;
        this.#writer.copyRow(view, offsets[row]!, offsets[row + 1]!);
      }
      if (this.#writer.rows > 0) return this.#writer.take();
    }
  }
}

function columnsOf(condition: RowCondition): readonly number[] {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return [...new Set(condition.parts.flatMap(columnsOf))];
    case 'not':
      return columnsOf(condition.part);
    case 'is-null':
      return [condition.column];
    case 'compare':
      return [...new Set([condition.left, condition.right])];
  }
}

function assertSameTypes(condition: RowCondition, columns: readonly ColumnDescription[]): void {
  switch (condition.kind) {
    case 'and':
    case 'or':
      for (const part of condition.parts) assertSameTypes(part, columns);
      return;
    case 'not':
      assertSameTypes(condition.part, columns);
      return;
    case 'compare':
      if (columns[condition.left]!.typeOid === columns[condition.right]!.typeOid) return;
      throw new PgError(errors.unsupportedAcrossShards, {
        construct: 'HAVING that compares values of different types',
      });
  }
}

/** `read`: the columns that keys are of. */
function testOf(condition: RowCondition, read: readonly number[]): Test {
  switch (condition.kind) {
    case 'and':
    case 'or': {
      const tests = condition.parts.map(part => testOf(part, read));
      return allOf(tests, condition.kind === 'or');
    }
    case 'not': {
      const test = testOf(condition.part, read);
      return (keys, row) => {
        const is = test(keys, row);
        return is === null ? null : !is;
      };
    }
    case 'is-null': {
      const at = read.indexOf(condition.column);
      return (keys, row) => keys[at]!.isNull(row);
    }
    case 'compare': {
      const [a, b] = [read.indexOf(condition.left), read.indexOf(condition.right)];
      const holds = comparisons[condition.operator];
      return (keys, row) => {
        const [left, right] = [keys[a]!, keys[b]!];
        if (left.isNull(row) || right.isNull(row)) return null;
        return holds(compareValues(left, row, right, row));
      };
    }
  }
}

/** One that is `decisive` decides; else one that is unknown leaves it unknown. */
function allOf(tests: readonly Test[], decisive: boolean): Test {
  return (keys, row) => {
    let result: boolean | null = !decisive;
    for (const test of tests) {
      const is = test(keys, row);
      if (is === decisive) return decisive;
      if (is === null) result = null;
    }
    return result;
  };
}

const comparisons: Readonly<Record<ComparisonOperator, (order: number) => boolean>> = {
  '=': order => order === 0,
  '<>': order => order !== 0,
  '<': order => order < 0,
  '<=': order => order <= 0,
  '>': order => order > 0,
  '>=': order => order >= 0,
};
