// Queries of the corpus as COPY (query) TO STDOUT: what is written as lines has to be what PostgreSQL
// writes, whichever way the query goes.

import type { Case } from './case-file.ts';
import { withLiterals } from './literals.ts';

const formats = ['', '(FORMAT csv, HEADER)', '(FORMAT binary)'];
const isQuery = /^\s*(\(|select|with|values|table)\b/i;

/** One of every so many, in turn in each format. null: it is none of them. */
export function copiedCase(one: Case, every: number): Case | null {
  if (one.about === true || one.line % every !== 0 || !isQuery.test(one.sql)) return null;
  const format = formats[(one.line / every) % (one.textOnly ? 2 : 3)]!;
  const sql = `COPY (${withLiterals(one.sql)}\n) TO STDOUT ${format}`;
  return { ...one, sql, ordered: one.ordered === null ? null : [], simpleOnly: true };
}
