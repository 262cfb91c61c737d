// Functions whose volatility the operator knows better than their declaration says: lists of the
// configuration, before pg_proc.

import type { Catalog, CatalogFunction } from './catalog.ts';

export interface ListedFunctions {
  /** `name` in any schema, or `schema.name`. */
  readonly writing: readonly string[];
  readonly readOnly: readonly string[];
}

/** The catalog by the lists: what writes is volatile, what only reads is not. A function in both
 *  writes. PostgreSQL's own functions are judged by name, whatever a list says. */
export function withListedFunctions(catalog: Catalog, listed: ListedFunctions): Catalog {
  const { writing, readOnly } = listed;
  if (writing.length + readOnly.length === 0) return catalog;
  const [writes, reads] = [new Set(writing), new Set(readOnly)];
  const functions = new Map(catalog.functions);
  for (const name of new Set([...writing, ...readOnly].map(unqualified))) {
    const overloads = functions.get(name);
    if (overloads === undefined) continue;
    functions.set(
      name,
      overloads.map(one => judged(one, writes, reads)),
    );
  }
  return { ...catalog, functions };
}

function judged(
  one: CatalogFunction,
  writes: ReadonlySet<string>,
  reads: ReadonlySet<string>,
): CatalogFunction {
  const names = [one.name, `${one.schema}.${one.name}`];
  if (one.schema === 'pg_catalog') return one;
  if (names.some(name => writes.has(name))) return { ...one, volatility: 'volatile' };
  const declared = one.volatility === 'volatile' && names.some(name => reads.has(name));
  return declared ? { ...one, volatility: 'stable' } : one;
}

function unqualified(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}
