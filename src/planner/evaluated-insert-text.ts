// The text of an INSERT … VALUES with holes where values go that are not known yet, by edits on
// what the client wrote.

import { quoteName } from '../sql/quote-name.ts';
import { rowCells, type TextRange } from '../sql/row-cells.ts';
import { type Edit, splice } from '../sql/splice.ts';
import type { InsertStmt, SyntaxNode } from '../sql/syntax-tree.ts';
import { depthsOf, type Token, tokensOf } from '../sql/tokens.ts';
import { valuesSlices } from '../sql/values-slices.ts';

/** NUL is in no statement. */
const holeMark = /\0(\d+)\0/;

export class EvaluatedInsertText {
  readonly #sql: string;
  readonly #tokens: readonly Token[];
  readonly #insert: InsertStmt;
  /** With parentheses; empty for DEFAULT VALUES. */
  readonly #rows: readonly TextRange[];
  readonly #cells: readonly (readonly TextRange[])[];
  /** Index of the token VALUES, of DEFAULT in DEFAULT VALUES. */
  readonly #values: number;
  readonly #edits: Edit[] = [];
  readonly #appended: string[][];

  private constructor(
    sql: string,
    insert: InsertStmt,
    tokens: readonly Token[],
    rows: readonly TextRange[],
    values: number,
  ) {
    this.#sql = sql;
    this.#insert = insert;
    this.#tokens = tokens;
    this.#rows = rows;
    this.#values = values;
    this.#cells = rowCells(tokens, depthsOf(tokens), rows);
    this.#appended = Array.from({ length: Math.max(rows.length, 1) }, () => []);
  }

  /** null: the rows were not found in the text. */
  static of(
    sql: string,
    insert: InsertStmt,
    rows: readonly (readonly SyntaxNode[])[],
  ): EvaluatedInsertText | null {
    if (insert.selectStmt === undefined) {
      const tokens = tokensOf(sql);
      const at = tokens.findIndex(
        ({ keyword }, index) => keyword === 'default' && tokens[index + 1]?.keyword === 'values',
      );
      return at === -1 ? null : new EvaluatedInsertText(sql, insert, tokens, [], at);
    }
    const slices = valuesSlices(sql, rows.length);
    if (slices === null) return null;
    const { tokens, ranges } = slices;
    const values = tokens.findIndex(({ start }) => start === ranges[0]!.start) - 1;
    const text = new EvaluatedInsertText(sql, insert, tokens, ranges, values);
    const whole = text.#cells.every((cells, at) => cells.length === rows[at]!.length);
    return whole ? text : null;
  }

  /** As the client wrote it. */
  cell(row: number, position: number): string {
    const { start, end } = this.#cells[row]![position]!;
    return Buffer.from(this.#sql).toString('utf8', start, end);
  }

  hole(number: number): string {
    return `\0${number}\0`;
  }

  replace(row: number, position: number, text: string): void {
    this.#edits.push({ ...this.#cells[row]![position]!, text });
  }

  /** A value behind those of the row. */
  append(row: number, text: string): void {
    this.#appended[row]!.push(text);
  }

  /** Names `more` behind the columns given; false: their list was not found. */
  addColumns(given: readonly string[], more: readonly string[]): boolean {
    if (more.length === 0) return true;
    const names = more.map(quoteName).join(', ');
    const before = this.#tokens[this.#values]!;
    if (this.#rows.length === 0) {
      const values = this.#appended[0]!.join(', ');
      const { end } = this.#tokens[this.#values + 1]!;
      this.#edits.push({ start: before.start, end, text: `(${names}) VALUES (${values})` });
      return true;
    }
    for (const [row, { end }] of this.#rows.entries()) {
      const text = this.#appended[row]!.map(value => `, ${value}`).join('');
      this.#edits.push({ start: end - 1, end: end - 1, text });
    }
    if ((this.#insert.cols ?? []).length === 0) {
      const all = [...given, ...more].map(quoteName).join(', ');
      const { start } = this.#tokens[this.#values - this.#overrideWords]!;
      this.#edits.push({ start, end: start, text: `(${all}) ` });
      return true;
    }
    const close = this.#closeOfColumns();
    if (close !== null) this.#edits.push({ start: close, end: close, text: `, ${names}` });
    return close !== null;
  }

  overrideSystemValue(): void {
    if (this.#rows.length === 0) {
      const edit = this.#edits.pop()!;
      this.#edits.push({ ...edit, text: edit.text.replace(' VALUES (', `${overriding}VALUES (`) });
      return;
    }
    const { start } = this.#tokens[this.#values]!;
    this.#edits.push({ start, end: start, text: overriding.trimStart() });
  }

  /** What stands around the holes, in the order of their numbers. */
  parts(): readonly string[] {
    const pieces = splice(this.#sql, this.#edits).split(holeMark);
    return pieces.filter((_, at) => at % 2 === 0);
  }

  /** OVERRIDING SYSTEM VALUE */
  get #overrideWords(): number {
    return this.#tokens[this.#values - 3]?.keyword === 'overriding' ? 3 : 0;
  }

  #closeOfColumns(): number | null {
    const at = this.#values - this.#overrideWords - 1;
    const token = this.#tokens[at];
    return token?.text === ')' ? token.start : null;
  }
}

const overriding = ' OVERRIDING SYSTEM VALUE ';
