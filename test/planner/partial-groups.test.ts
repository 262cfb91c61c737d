// Partial groups and the fragment over them, both run by a real PostgreSQL: rows of one table are
// spread over three schemas, each of which is a shard, and the final fragment must give what the
// statement gives over all rows, types included.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type pg from 'pg';
import type { Catalog } from '../../src/catalog/catalog.ts';
import type { CollectPlan } from '../../src/plan/collect-plan.ts';
import type { Refusal } from '../../src/plan/statement-plan.ts';
import { planPartialGroups } from '../../src/planner/plan-partial-groups.ts';
import { queryFacts } from '../../src/planner/plan-query.ts';
import { loadParser, parseStatements } from '../../src/sql/parser.ts';
import { readSchema } from '../../src/sql/schema-file.ts';
import { ShardingScheme } from '../../src/sql/sharding-scheme.ts';
import { shardedTable } from '../sharding/sharded-table.ts';
import { connect, createTestDatabase, type TestDatabase } from '../support/cluster.ts';

const schema = `
  CREATE TABLE sales (
    id bigint PRIMARY KEY,
    region text COLLATE "C",
    product int,
    small int2,
    big int8,
    amount numeric,
    price numeric(12, 3),
    score float8,
    weight float4,
    active boolean,
    bits bit(5),
    span interval,
    cash money,
    day date,
    place varchar(10),
    window_of int4range
  );
  CREATE TABLE lines (sale bigint NOT NULL, n int NOT NULL, quantity int, PRIMARY KEY (sale, n));
  CREATE TABLE products (id int PRIMARY KEY, title text, cost numeric);
`;
const shards = [0, 1, 2];
const filler = `
  INSERT INTO products SELECT n, 'product ' || n, n * 1.10 FROM generate_series(0, 6) n;
  INSERT INTO sales SELECT n,
    (ARRAY['eu', 'us', 'asia', NULL, 'zu'])[1 + n * 7 % 5],
    nullif(n % 6, 5),
    nullif(n % 11, 3) - 4,
    n * 4611686018427387::int8,
    CASE WHEN n % 7 = 0 THEN NULL WHEN n % 3 = 0 THEN n * 1.0 WHEN n % 3 = 1 THEN n * 1.000
      ELSE n / 7.0 END,
    round(n * 0.7771, 3),
    CASE n % 5 WHEN 0 THEN NULL WHEN 1 THEN '-0' ELSE (n % 4) - 1.5 END,
    CASE n % 4 WHEN 0 THEN NULL ELSE n % 9 END,
    CASE n % 5 WHEN 0 THEN NULL ELSE n % 2 = 0 END,
    (n % 32)::bit(5),
    make_interval(days => n % 9, secs => n * 0.3),
    n::numeric::money,
    CASE n % 8 WHEN 0 THEN 'infinity' ELSE DATE '2026-01-01' + n % 13 END,
    'p' || n % 4,
    CASE n % 6 WHEN 0 THEN NULL WHEN 1 THEN 'empty' ELSE int4range(n % 20, n % 20 + 3) END
  FROM generate_series(1, 90) n;
  INSERT INTO sales (id, region, product, amount, price, score, weight) VALUES
    (101, 'nan', 1, 'NaN', 1, 'NaN', 'NaN'), (102, 'nan', 1, 2, 2, 1, 1),
    (103, 'inf', 2, 'Infinity', 1, 'Infinity', 'Infinity'), (104, 'inf', 2, 5, 1, 1, 1),
    (105, 'both', 3, 'Infinity', 1, 'Infinity', 1), (106, 'both', 3, '-Infinity', 1, '-Infinity', 1),
    (107, 'one', 4, 1.0, 1, '-0', 1), (108, 'zero', 4, 1.00, 1, '-0', 1),
    (109, 'zero', 4, 1.0, 1, '-0', 1), (110, 'one', NULL, NULL, NULL, NULL, NULL);
  INSERT INTO lines SELECT n, l, n * l % 10 FROM generate_series(1, 110) n, generate_series(1, 2) l;
`;

let database: TestDatabase;
let client: pg.Client;
let catalog: Catalog;
let scheme: ShardingScheme;

before(async () => {
  await loadParser();
  catalog = readSchema(schema);
  const rules = [
    shardedTable({ name: 'sales', columns: ['id'] }),
    shardedTable({ name: 'lines', columns: ['sale'] }),
  ];
  scheme = new ShardingScheme(catalog, rules, shards.length);
  database = await createTestDatabase('partial_groups', 1);
  client = await connect(database.oracle);
  await client.query(schema + filler);
  for (const shard of shards) {
    const own = (key: string) => `abs(hashint8(${key}) % 97) % 3 = ${shard}`;
    await client.query(`
      CREATE SCHEMA s${shard}; SET search_path = s${shard}; ${schema}
      INSERT INTO sales SELECT * FROM public.sales WHERE ${own('id')};
      INSERT INTO lines SELECT * FROM public.lines WHERE ${own('sale')};
      INSERT INTO products SELECT * FROM public.products;
    `);
  }
});

after(async () => {
  await client.end();
  await database.drop();
});

function plan(sql: string): CollectPlan | Refusal | null {
  const [{ stmt }] = parseStatements(sql) as [ReturnType<typeof parseStatements>[0]];
  const input = { sql, stmt, catalog, scheme, shardCount: shards.length, searchPath: ['public'] };
  return planPartialGroups(input, queryFacts(input));
}

interface Answer {
  readonly columns: readonly string[];
  readonly rows: readonly string[];
}

async function run(sql: string): Promise<Answer> {
  const types = { getTypeParser: () => (text: string) => text };
  const { fields, rows } = await client.query({ text: sql, rowMode: 'array', types });
  return {
    columns: fields.map(one => `${one.name} ${one.dataTypeID} ${one.dataTypeModifier}`),
    rows: rows.map(row => JSON.stringify(row)),
  };
}

/** The final fragment's answer over the partial groups of all shards. */
async function runInTwoSteps({ tables, sql }: CollectPlan): Promise<Answer> {
  const [table, ...others] = tables;
  assert.ok(table !== undefined && others.length === 0);
  await client.query('BEGIN');
  try {
    for (const shard of shards) {
      await client.query(`SET LOCAL search_path = s${shard}`);
      const into = shard === 0 ? 'CREATE TEMP TABLE' : 'INSERT INTO pg_temp.';
      const head = shard === 0 ? `${into} ${table.name} AS` : `${into}${table.name}`;
      await client.query(`${head} ${table.sql}`);
    }
    return await run(sql);
  } finally {
    await client.query('ROLLBACK');
  }
}

async function check(sql: string): Promise<void> {
  const found = plan(sql);
  assert.equal(found?.kind, 'collect', found?.kind === 'refusal' ? found.construct : 'no plan');
  const answer = await runInTwoSteps(found as CollectPlan);
  await client.query('SET search_path = public');
  const expected = await run(sql);
  const isOrdered = /ORDER BY (?!.*\))/.test(sql);
  const sorted = ({ columns, rows }: Answer) => ({
    columns,
    rows: isOrdered ? rows : rows.toSorted(),
  });
  assert.deepEqual(
    sorted(answer),
    sorted(expected),
    `${(found as CollectPlan).tables[0]!.sql}\n${(found as CollectPlan).sql}`,
  );
}

const measures = [
  'count(*)',
  'count(amount)',
  'sum(small)',
  'sum(product)',
  'sum(big)',
  'sum(amount)',
  'sum(price)',
  'sum(score)',
  'sum(weight)',
  'sum(span)',
  'sum(cash)',
  'avg(small)',
  'avg(product)',
  'avg(big)',
  'avg(amount)',
  'avg(price)',
  'avg(score)',
  'avg(weight)',
  'avg(span)',
  'min(region)',
  'max(place)',
  'min(region COLLATE "POSIX")',
  'max(score)',
  'min(amount)',
  'max(day)',
  'bool_and(active)',
  'bool_or(active)',
  'every(active)',
  'bit_and(small)',
  'bit_or(bits)',
  'bit_xor(big)',
  'range_intersect_agg(window_of)',
  'any_value(product * 0)',
  'regr_count(score, product)',
  'variance(small)',
  'var_pop(product)',
  'var_samp(big)',
  'var_pop(amount)',
  'variance(price)',
  'stddev(small)',
  'stddev_pop(product)',
  'stddev_samp(big)',
  'stddev_pop(amount)',
  'stddev(price)',
  'sum(CASE WHEN active THEN 1 ELSE 0 END)',
  'sum(coalesce(amount, 0))',
  'sum(product * price)',
  'avg(nullif(price, 0))',
  'sum(nullif(product, 3::int8))',
  'sum(nullif(big, 3::int2))',
  'sum(nullif(product, 2.5))',
  'sum(greatest(small, product))',
  'sum(price ORDER BY id)',
  'max(DISTINCT price)',
  'sum(product) FILTER (WHERE active)',
  'count(*) FILTER (WHERE price > 10)',
  'range_intersect_agg(window_of) FILTER (WHERE id < 0)',
  'stddev(price) FILTER (WHERE product = 3)',
  'count(DISTINCT product)',
  'count(DISTINCT (product, region))',
  'sum(DISTINCT price)',
  'avg(DISTINCT product) FILTER (WHERE active)',
  "string_agg(DISTINCT region, ',' ORDER BY region DESC)",
  'array_agg(DISTINCT product)',
  'stddev(DISTINCT score)',
];

const statements = [
  'SELECT region, count(*) FROM sales GROUP BY region HAVING count(*) > 5',
  'SELECT coalesce(sum(amount), 0) FROM sales WHERE id < 0',
  'SELECT round(avg(price), 2), sum(price) / count(*), max(product) + 1 FROM sales',
  'SELECT count(*) IS NULL, sum(price)::text, count(*)::numeric, -count(*) FROM sales',
  "SELECT date_trunc('month', day) m, count(*) FROM sales GROUP BY m",
  "SELECT date_trunc('month', day), count(*) FROM sales GROUP BY date_trunc('month', sales.day)",
  'SELECT upper(lower(region)), count(*) FROM sales GROUP BY lower(region)',
  'SELECT s.region, count(*) FROM sales s GROUP BY region ORDER BY s.region NULLS FIRST',
  'SELECT product % 3 AS product, count(*) FROM sales GROUP BY 1 ORDER BY product',
  'SELECT region, product, count(*), GROUPING(region, product) FROM sales ' +
    'GROUP BY GROUPING SETS ((region, product), (region), ()) ' +
    'ORDER BY GROUPING(region, product), region, product',
  'SELECT region r, active, sum(price) FROM sales GROUP BY CUBE (r, 2)',
  'SELECT region, product FROM sales GROUP BY DISTINCT ROLLUP (region, product), ROLLUP (region)',
  'SELECT sum(price) FROM sales GROUP BY ()',
  'SELECT 1 FROM sales HAVING true',
  'SELECT 1 FROM sales GROUP BY ()',
  'SELECT count(*) FROM sales HAVING count(*) > 1000',
  'SELECT count(*) FROM sales WHERE id < 0 GROUP BY region, ()',
  'SELECT sum(price) FROM sales WHERE id < 0 GROUP BY ROLLUP (region)',
  "SELECT 'x' AS k, region, count(*) FROM sales GROUP BY k, 2",
  "SELECT 'x' || region AS k, count(*) FROM sales GROUP BY 'x' || region HAVING true",
  'SELECT DISTINCT count(*) FROM sales GROUP BY region',
  'SELECT DISTINCT ON (product) product, region, count(*) c FROM sales GROUP BY 1, 2 ' +
    'ORDER BY product, c DESC, region',
  'SELECT region, sum(count(*)) OVER (ORDER BY region), rank() OVER w, count(*) OVER () ' +
    'FROM sales GROUP BY region WINDOW w AS (ORDER BY sum(price) DESC, region) ORDER BY region',
  'SELECT region, count(*) c FROM sales GROUP BY region ORDER BY c DESC, 1 LIMIT 3 OFFSET 1',
  'SELECT count(*) FROM sales GROUP BY region ORDER BY count DESC FETCH FIRST 2 ROWS WITH TIES',
  'SELECT region, count(*) FROM sales GROUP BY region ORDER BY lower(region) COLLATE "C", 2',
  'SELECT region COLLATE "POSIX" < \'f\', count(*) FROM sales GROUP BY region COLLATE "POSIX"',
  'SELECT p.id, p.title, p.cost * 2, sum(s.price) FROM products p LEFT JOIN sales s ' +
    'ON s.product = p.id WHERE s.id IS NOT NULL GROUP BY p.id ORDER BY p.id',
  'SELECT p.title, sum(s.price) FROM sales s LEFT JOIN products p ON s.product = p.id ' +
    'GROUP BY p.id HAVING p.cost > 1 OR p.cost IS NULL',
  'SELECT p.*, count(*) FROM sales s JOIN products p ON s.product = p.id ' +
    'GROUP BY p.id, p.title, p.cost HAVING true',
  'SELECT region, sum(quantity) FROM sales JOIN lines ON sale = sales.id GROUP BY region ' +
    'HAVING sum(quantity) > 10',
  'SELECT product, (SELECT max(cost) FROM products), count(*) FROM sales GROUP BY product',
  'SELECT product, count(*) FROM sales GROUP BY product ' +
    'HAVING product IN (SELECT p.id FROM products p WHERE p.cost > 2)',
  'SELECT product, (SELECT title FROM products WHERE id = product), count(*) FROM sales s ' +
    'GROUP BY product HAVING EXISTS (SELECT FROM products p WHERE p.id > s.product) ' +
    'ORDER BY (SELECT -p.id FROM products p WHERE p.id = s.product)',
  'WITH s AS (SELECT * FROM sales WHERE active) SELECT region, count(*) FROM s GROUP BY region ' +
    'HAVING count(*) > 1',
  'SELECT region, sum(n) FROM (SELECT region, price * 2 AS n FROM sales) q GROUP BY region ' +
    'HAVING max(n) > 3',
  'SELECT CASE WHEN count(*) > 3 THEN 1 ELSE 0 END, nullif(count(*), 2), ARRAY[min(id)] FROM sales',
  'SELECT unnest(ARRAY[min(id), max(id)]) FROM sales',
  'SELECT unnest(ARRAY[product, 1]) AS u, count(*) FROM sales GROUP BY u HAVING true',
  'SELECT (min(price) + max(price)) / 2 AS mid, count(DISTINCT region), count(*) FROM sales',
  "SELECT region, count(DISTINCT product) d, sum(price), string_agg(DISTINCT place, ',') " +
    'FROM sales GROUP BY ROLLUP (region) ORDER BY 2 DESC, 3',
  'SELECT count(DISTINCT amount), count(DISTINCT amount::text) FROM sales',
  'SELECT region, max(amount::text) FROM sales GROUP BY region HAVING max(amount) > 1',
  'SELECT count(sales) FROM sales HAVING true',
  'SELECT product FROM sales GROUP BY product ORDER BY sum(price) DESC, product LIMIT 2',
  'SELECT (product, region) IS NULL, count(*) FROM sales GROUP BY (product, region)',
];

describe('partial groups put together by PostgreSQL', () => {
  // Several at once, for speed; each of them meets the others' DISTINCT arguments, too.
  for (let at = 0; at < measures.length; at += 6) {
    const some = measures.slice(at, at + 6).join(', ');
    it(`${some} have the values and types that they have over all rows`, async () => {
      await check(`SELECT region, ${some} FROM sales GROUP BY ROLLUP (region)`);
      await check(`SELECT ${some} FROM sales WHERE id < 0 HAVING true`);
    });
  }

  for (const sql of statements) it(sql, () => check(sql));
});

describe('groups that are not put together from partial ones', () => {
  const cases: readonly (readonly [string, string | null])[] = [
    ['SELECT id FROM sales', null],
    ['SELECT count(*) FROM sales UNION ALL SELECT 1', null],
    ['SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY price) FROM sales', 'percentile_cont'],
    ['SELECT array_agg(id ORDER BY price) FROM sales', 'array_agg'],
    ["SELECT string_agg(region, ',') FROM sales", 'string_agg'],
    ['SELECT stddev(score), corr(score, product) FROM sales', 'stddev'],
    ['SELECT sum(score ORDER BY id) FROM sales', 'sum'],
    ['SELECT any_value(region ORDER BY id) FROM sales', 'any_value'],
    ['SELECT range_agg(window_of) FROM sales', 'range_agg'],
    ['SELECT max(sales) FROM sales', 'max'],
    ['SELECT max(ROW(id, price)) FROM sales', 'max'],
    ['SELECT sum(price * $1) FROM sales HAVING true', 'sum'],
    ["SELECT count(*) FROM sales GROUP BY 'x'::text", 'a constant'],
    ['SELECT ROW(region, id), count(*) FROM sales GROUP BY 1', 'a row'],
    ['SELECT lower(region COLLATE "C"), count(*) FROM sales GROUP BY 1', 'COLLATE'],
    ['SELECT max(lower(region COLLATE "C")) FROM sales HAVING true', 'max'],
    ['SELECT region, price FROM sales GROUP BY region', 'not grouped'],
    [
      'SELECT p.title FROM products p JOIN sales s ON s.product = p.id GROUP BY ROLLUP (p.id)',
      'not grouped',
    ],
    ['SELECT p.id, (SELECT max(s.id) FROM sales s) FROM sales p GROUP BY p.id', 'subquery'],
    [
      'SELECT product, (SELECT title FROM products WHERE id = region::int) FROM sales GROUP BY 1',
      'not grouped',
    ],
    [
      'WITH w AS (SELECT 1 AS x FROM products) SELECT (SELECT max(x) FROM w), count(*) FROM sales',
      'subquery',
    ],
    ['SELECT count(*), (SELECT count(*) FROM pg_class) FROM sales', 'subquery'],
    ['SELECT count(*) FILTER (WHERE random() > 0.5) FROM sales HAVING true', 'random'],
    ['SELECT count(DISTINCT ctid) FROM sales', 'a row'],
    ['SELECT count(ctid) FROM sales HAVING true', 'ctid'],
    ['SELECT count(*) FROM sales JOIN lines ON sale = product HAVING true', 'join'],
    ['SELECT sum(price) FROM (SELECT price FROM sales LIMIT 5) q HAVING true', 'LIMIT'],
    ['SELECT sum(count) FROM (SELECT count(*) FROM sales) q HAVING true', 'aggregate'],
  ];
  for (const [sql, construct] of cases) {
    it(sql, () => {
      const found = plan(sql);
      if (construct === null) assert.equal(found, null);
      else {
        assert.equal(found?.kind, 'refusal');
        assert.ok(
          found?.kind === 'refusal' && found.construct.includes(construct),
          JSON.stringify(found),
        );
      }
    });
  }
});
