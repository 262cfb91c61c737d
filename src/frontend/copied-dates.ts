// COPY … FROM STDIN into an omnisharded table with date/time columns: every shard gets every byte,
// but no text that each would read as its own moment ('now').

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { DatedColumns } from '../plan/statement-plan.ts';
import { namesMoment } from '../sql/moment-text.ts';
import type { CopyRows } from '../types/copy/copy-rows.ts';

export class CopiedDates {
  readonly #rows: CopyRows;
  readonly #columns: DatedColumns['columns'];

  /** `rows`: whose keys are the columns. */
  constructor(rows: CopyRows, { columns }: DatedColumns) {
    this.#rows = rows;
    this.#columns = columns;
  }

  /** Throws for a row that holds a moment. */
  push(data: Buffer, to: (branch: null, bytes: Buffer) => void): null {
    return this.#pass(this.#rows.push(data), to);
  }

  end(to: (branch: null, bytes: Buffer) => void): null {
    this.#pass(this.#rows.end(), to);
    const trailer = this.#rows.trailer();
    if (trailer !== null) to(null, trailer);
    return null;
  }

  #pass(rows: readonly Buffer[], to: (branch: null, bytes: Buffer) => void): null {
    const preamble = this.#rows.takePreamble();
    if (preamble !== null) to(null, preamble);
    for (const row of rows) {
      this.#check(row);
      to(null, row);
    }
    return null;
  }

  #check(row: Buffer): void {
    for (const [at, column] of this.#columns.entries()) {
      const text = this.#rows.keyOf(row, at)?.toString('latin1') ?? '';
      if (!namesMoment(text)) continue;
      const construct = `'${text}' for column "${column}" in a COPY into an omnisharded table`;
      const hint = 'Copies on all shards must stay equal: give the moment itself.';
      throw new PgError(errors.unsupportedAcrossShards, { construct }, { hint });
    }
  }
}
