// Rows by their primary keys, as a condition of SQL: keys are text that their types read back as the
// same value (`planner/plan-locked-limit.ts`), compared by PostgreSQL's own operators.

import { quoteLiteral } from '../sql/quote-literal.ts';

/** Values of a key as text; null is NULL. */
export type RowKey = readonly (string | null)[];

/** `id = ANY ('{"5","6"}')`, `(id = '5' AND region = 'eu') OR …`. */
export function keyCondition(keys: readonly RowKey[], columns: readonly string[]): string {
  if (keys.length === 0) return 'false';
  const [column] = columns;
  if (columns.length === 1) {
    const values = keys.map(([value]) => `"${value!.replace(/["\\]/g, '\\$&')}"`);
    return `${column} OPERATOR(pg_catalog.=) ANY (${quoteLiteral(`{${values.join()}}`)})`;
  }
  const rows = keys.map(key => {
    const items = columns.map((column, at) => {
      const value = key[at]!;
      if (value === null) return `${column} IS NULL`;
      return `${column} OPERATOR(pg_catalog.=) ${quoteLiteral(value)}`;
    });
    return `(${items.join(' AND ')})`;
  });
  return `(${rows.join(' OR ')})`;
}
