// What the columns of collected rows are on the shard that finishes, for rows that go there as
// parameters: an array for each column, whose elements become the column's type, modifier and collation
// again.

import type { CollectedTable } from '../plan/collect-plan.ts';
import type { ColumnDescription } from '../protocol/row-description.ts';
import { typeOid } from '../types/type-oid.ts';
import { collectedForm } from './collected-form.ts';

/** Of a statement: each is an array and a function of its own (nodeFunctionscan.c). */
export const carriedColumnsMax = 200;

export interface CarriedColumn {
  /** `numeric(10,2)`, `text COLLATE "C"`. */
  readonly type: string;
  /** Of the elements of its array. */
  readonly element: string;
  /** OID of that. */
  readonly elementOid: number;
}

export interface CarriedTable {
  readonly columns: readonly CarriedColumn[];
  /** In which form its rows are read, and the elements are. */
  readonly format: 0 | 1;
  /** What comes out is what a table would hold. */
  readonly fit: boolean;
}

/** By column: its type, the name of an array's element of it, and how it travels. */
type ColumnFacts = readonly [
  type: string,
  element: string,
  form: 'any' | 'binary' | 'text' | 'unfit',
];

/** `described`: of each table. `ask` runs a query of one text value. */
export async function carriedTables(
  tables: readonly CollectedTable[],
  described: readonly (readonly ColumnDescription[])[],
  ask: (sql: string) => Promise<string>,
): Promise<readonly CarriedTable[]> {
  const count = described.reduce((sum, columns) => sum + columns.length, 0);
  const facts =
    count === 0 ? [] : (JSON.parse(await ask(factsQuery(tables, described))) as ColumnFacts[]);
  let at = 0;
  return tables.map((_, i) => {
    const own = facts.slice(at, (at += described[i]!.length));
    return carriedTable(described[i]!, own);
  });
}

function carriedTable(
  described: readonly ColumnDescription[],
  facts: readonly ColumnFacts[],
): CarriedTable {
  const isBinary =
    collectedForm(described).format === 1 &&
    facts.every(([, , form]) => form === 'any' || form === 'binary');
  const isFit = isBinary || facts.every(([, , form]) => form === 'any' || form === 'text');
  const local = isBinary ? xmlTypes : localText;
  return {
    columns: facts.map(([type, element], i) =>
      isBinary
        ? { type, element, elementOid: described[i]!.typeOid }
        : { type, element: 'pg_catalog.text', elementOid: typeOid.text },
    ),
    format: isBinary ? 1 : 0,
    fit:
      isFit &&
      facts.length === described.length &&
      described.every(column => !local.has(column.typeOid)),
  };
}

/** What is xml hangs on a setting of the session (xmloption). */
const xmlTypes: ReadonlySet<number> = new Set([typeOid.xml, 143]);

/** Types whose text hangs on the server (lc_monetary), and arrays of them. */
const localText: ReadonlySet<number> = new Set([typeOid.money, 791, ...xmlTypes]);

/**
 * Binary: types but arrays, which are no elements. Text: what is cast by its type's input function
 * (pg_cast has others, which read other texts: of regclass, or the user's). Unfit: what is checked
 * when it is cast (domains), has no collation where it needs one, or cannot be a table's column.
 */
function factsQuery(
  tables: readonly CollectedTable[],
  described: readonly (readonly ColumnDescription[])[],
): string {
  const facts = described.flatMap((columns, table) =>
    columns.map(({ typeModifier }, i) => {
      const column = `r${table}.c${i}`;
      const asked = `pg_catalog.pg_collation_for(${column})`;
      const collation = `CASE WHEN t.typcollation <> 0 THEN ${asked} END`;
      return `(SELECT ARRAY[
        pg_catalog.format_type(t.oid, CASE WHEN t.typtype = 'd' THEN NULL ELSE ${typeModifier} END)
          || coalesce(' COLLATE ' || ${collation}, ''),
        pg_catalog.format_type(t.oid, -1),
        CASE WHEN t.typtype NOT IN ('b', 'c', 'e', 'm', 'r')
            OR t.typcollation <> 0 AND ${collation} IS NULL THEN 'unfit'
          WHEN EXISTS (SELECT FROM pg_catalog.pg_cast
              WHERE castsource = ${typeOid.text} AND casttarget = t.oid AND castmethod = 'f')
            THEN CASE WHEN ${isElement} THEN 'binary' ELSE 'unfit' END
          WHEN ${isElement} THEN 'any' ELSE 'text' END]
      FROM pg_catalog.pg_type t WHERE t.oid = pg_catalog.pg_typeof(${column}))`;
    }),
  );
  const sources = tables.map(({ sql }, table) => {
    const names = described[table]!.map((_, i) => `c${i}`);
    return names.length === 0 ? '' : ` LEFT JOIN (${sql}) r${table} (${names.join()}) ON false`;
  });
  const all = `pg_catalog.array_to_json(ARRAY[${facts.join()}])`;
  return `SELECT ${all} FROM (SELECT) one${sources.join('')}`;
}

/** There is an array of it, and the binary form of its elements. */
const isElement = "t.typcategory <> 'A' AND t.typtype IN ('b', 'm', 'r') AND t.typarray <> 0";
