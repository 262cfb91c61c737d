// The query that a view stands for, as a syntax tree. Its literals are no part of the statement's
// text, so none of them has a place there.

import type { Table } from '../catalog/catalog.ts';
import { parseStatements } from './parser.ts';
import type { SelectStmt } from './syntax-tree.ts';
import { walk } from './syntax-tree.ts';

const queries = new WeakMap<Table, SelectStmt | null>();

/** null: there is none, or it cannot be read. */
export function viewQuery(table: Table): SelectStmt | null {
  let query = queries.get(table);
  if (query === undefined) {
    query = table.view === null ? null : readQuery(table.view.query);
    queries.set(table, query);
  }
  return query;
}

function readQuery(text: string): SelectStmt | null {
  let select: SelectStmt | undefined;
  try {
    select = parseStatements(text)[0]?.stmt.SelectStmt;
  } catch {
    // Of a newer PostgreSQL than the parser's.
    return null;
  }
  if (select === undefined) return null;
  // The parser leaves a location of 0 out.
  walk(select, value => {
    (value as { location?: number }).location = -1;
    return true;
  });
  return select;
}
