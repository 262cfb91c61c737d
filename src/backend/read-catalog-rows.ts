// Runs the queries of the catalog on one server. The functions are thousands of rows that
// hardly ever change: a number says whether they are those that were read before, from any server.

import { type CatalogRow, type CatalogRows, catalogQueries } from './catalog-query.ts';

/** Runs a query; rows as `CatalogRow`. */
export type Ask = (sql: string) => Promise<readonly CatalogRow[]>;

/** Lists of functions that are kept. */
const keptMax = 8;

/** Of everything that the query of functions reads. `#` is exclusive or, which cannot overflow. */
const functionsDigest = `SELECT concat_ws(' ',
    (SELECT concat_ws(' ', count(*), sum(
        pg_catalog.hashnameextended(proname, ascii(provolatile) * 256 + ascii(prokind))
        # pg_catalog.hashint8extended(pronamespace::int8 << 32 | prolang::int8, oid::int8)))
      FROM pg_catalog.pg_proc),
    (SELECT sum(pg_catalog.hashnameextended(nspname, oid::int8)) FROM pg_catalog.pg_namespace),
    (SELECT sum(pg_catalog.hashnameextended(lanname, oid::int8)) FROM pg_catalog.pg_language))`;

/** In one snapshot: the digest, a row with nothing else in it, belongs to the others. It comes
 *  first, as in the second arm of the UNION it would become a `name`, cut off at 63 bytes. */
const functionsWithDigest = `SELECT d.digest, NULL, NULL, NULL, NULL
    FROM (${functionsDigest}) d (digest)
  UNION ALL (${catalogQueries.functions})`;

const keptFunctions = new Map<string, readonly CatalogRow[]>();

/** The rows of all queries. Functions that did not change are the same array. Rejects as `ask`. */
export async function readCatalogRows(ask: Ask): Promise<CatalogRows> {
  const rows: Record<string, readonly CatalogRow[]> = {};
  for (const [name, sql] of Object.entries(catalogQueries)) {
    rows[name] = name === 'functions' ? await functionRows(ask) : await ask(sql);
  }
  return rows as unknown as CatalogRows;
}

async function functionRows(ask: Ask): Promise<readonly CatalogRow[]> {
  const [row] = await ask(functionsDigest);
  const known = keptFunctions.get(row?.[0] ?? '');
  if (known !== undefined) return known;
  const all = await ask(functionsWithDigest);
  const digest = all.find(one => one[1] === null)?.[0] ?? '';
  const rows = all.filter(one => one[1] !== null);
  const [oldest] = keptFunctions.keys();
  if (keptFunctions.size >= keptMax && oldest !== undefined) keptFunctions.delete(oldest);
  keptFunctions.set(digest, rows);
  return rows;
}
