// The statements of the merge part, over `merge_rows` and its smaller sisters.

import { mergeTables } from './merge-table.ts';

/** `order`, `aggregate`: against one PostgreSQL and against the shards alone. `collect`: what one
 *  shard finishes, which has no such part. */
type MergeGroup = 'order' | 'aggregate' | 'collect';

export interface MergeStatement {
  readonly name: string;
  readonly group: MergeGroup;
  /** Over a table of those columns. */
  readonly sql: (table: string) => string;
  readonly table: string;
  /** Runs in one measurement, whose median counts: more where one is short. */
  readonly times: number;
}

const { all, tenth } = mergeTables;

function order(name: string, sql: (table: string) => string, times = 1): MergeStatement {
  return { name, group: 'order', sql, table: all, times };
}

function aggregate(name: string, sql: (table: string) => string, times = 1): MergeStatement {
  return { name, group: 'aggregate', sql, table: all, times };
}

const sums = 'count(*), sum(amount), max(id)';

/** `rows`: of the table for each shard, and as many groups. */
export function mergeStatements(rows: number): readonly MergeStatement[] {
  const mostGroups = `${rows.toLocaleString('en')} groups`;
  return [
    order('no order', table => `SELECT * FROM ${table}`),
    order('ORDER BY id (bigint, index)', table => `SELECT * FROM ${table} ORDER BY id`),
    order('ORDER BY name (text)', table => `SELECT * FROM ${table} ORDER BY name`),
    order('ORDER BY amount (numeric)', table => `SELECT * FROM ${table} ORDER BY amount`),
    order('ORDER BY id LIMIT 100', table => `SELECT * FROM ${table} ORDER BY id LIMIT 100`, 20),
    order(
      'ORDER BY name, id LIMIT 100',
      table => `SELECT * FROM ${table} ORDER BY name, id LIMIT 100`,
      3,
    ),
    aggregate('count(*)', table => `SELECT count(*) FROM ${table}`, 3),
    aggregate('10 groups', table => `SELECT few, ${sums} FROM ${table} GROUP BY few`),
    aggregate('10,000 groups', table => `SELECT many, ${sums} FROM ${table} GROUP BY many`),
    aggregate(
      `${mostGroups}, count alone`,
      table => `SELECT most, count(*) FROM ${table} GROUP BY most`,
    ),
    aggregate(mostGroups, table => `SELECT most, ${sums} FROM ${table} GROUP BY most`),
    aggregate(
      'count(DISTINCT many)',
      table => `SELECT few, count(DISTINCT many) FROM ${table} GROUP BY few`,
    ),
    aggregate('HAVING a comparison, 10,000 groups', table => {
      return `SELECT many, ${sums} FROM ${table} GROUP BY many HAVING max(id) > ${3 * rows - 1000}`;
    }),
    aggregate(
      'HAVING, 10,000 groups',
      table => `SELECT many, ${sums} FROM ${table} GROUP BY many HAVING max(id) % 10 = 1`,
    ),
    {
      name: 'window function',
      group: 'collect',
      sql: table =>
        'SELECT id, many, amount, sum(amount) OVER (PARTITION BY many ORDER BY id) ' +
        `FROM ${table}`,
      table: tenth,
      times: 1,
    },
    {
      name: 'join off the key',
      group: 'collect',
      sql: table =>
        `SELECT a.id, a.name, b.amount FROM ${table} a JOIN ${table} b ON b.id = a.other ` +
        'WHERE b.few < 5',
      table: tenth,
      times: 1,
    },
  ];
}
