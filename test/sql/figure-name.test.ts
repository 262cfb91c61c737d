// Names of columns that have none: as PostgreSQL gives them.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import pg from 'pg';
import { figureName } from '../../src/sql/figure-name.ts';
import { loadParser, parseStatements } from '../../src/sql/parser.ts';
import type { SyntaxNode } from '../../src/sql/syntax-tree.ts';
import { testServers } from '../support/test-servers.ts';

const expressions = [
  "1, 'x', NULL, $$a$$, true, -1, 1 + 1, NOT true, 1 IS NULL, 2 BETWEEN 1 AND 3, 1 IN (1)",
  "1::int, '1'::int4::text, (1 + 1)::numeric(3, 1), date '2026-01-01', interval '1 day', '{}'::int[]",
  'r.id, r.id::text, (r).id, (r.list)[1], (r.list)[1:2], lower(\'A\') COLLATE "C", \'a\' COLLATE "C"',
  'count(*), sum(1)::int, pg_catalog.max(2), -count(*), count(*) OVER (), GROUPING(r.id)',
  'nullif(1, 2), coalesce(1, 2), greatest(1, 2), least(1, 2), ARRAY[1], ROW(1, 2), (1, 2)',
  'CASE WHEN true THEN 1 END, CASE WHEN true THEN 1 ELSE 0 END, CASE WHEN true THEN 1 ELSE r.id END',
  "CASE WHEN true THEN 'a' ELSE 'b'::text END, CASE WHEN true THEN 1 ELSE abs(1) END::int8",
  'EXISTS (SELECT 1), ARRAY(SELECT 1), (SELECT 1), (SELECT 1 AS one), (SELECT max(1) UNION SELECT 2)',
  '(VALUES (1)), 1 IN (SELECT 1), 1 = ANY (SELECT 1), (SELECT (SELECT abs(1))), (SELECT 1::int8)',
  'current_date, current_time, current_timestamp(2), localtime, localtimestamp, current_role',
  'current_user, user, session_user, current_catalog, current_schema',
  "extract(year from now()), now() AT TIME ZONE 'UTC', substring('abc' from 1), trim('a'), position('a' in 'b')",
  "JSON_ARRAYAGG(1), JSON_OBJECTAGG('a': 1), JSON_OBJECT('a': 1), JSON_ARRAY(1), JSON_SCALAR(1), JSON('{}')",
  "JSON_SERIALIZE('{}'), JSON_VALUE('{}', '$.a'), JSON_QUERY('{}', '$.a'), JSON_EXISTS('{}', '$.a')",
  'JSON_ARRAY(SELECT 1)',
];

before(loadParser);

test('a column without a name is called as PostgreSQL calls it', async () => {
  const { oracle } = await testServers();
  const client = new pg.Client({ ...oracle, database: 'postgres' });
  await client.connect();
  try {
    for (const list of expressions) {
      const from = '(SELECT 1 AS id, ARRAY[1] AS list) r';
      const sql = `SELECT ${list} FROM ${from} GROUP BY r.id, r.list, r LIMIT 0`;
      const [statement] = parseStatements(sql);
      const targets = statement?.stmt.SelectStmt?.targetList as readonly SyntaxNode[];
      const { fields } = await client.query({ text: sql, rowMode: 'array' });
      assert.deepEqual(
        targets.map(target => figureName(target.ResTarget?.val ?? {})),
        fields.map(field => field.name),
      );
    }
  } finally {
    await client.end();
  }
});

test('a star has no name that can be told without a catalog', () => {
  for (const sql of ['*', 't.*', '(t.r).*', '(SELECT * FROM t)']) {
    const [statement] = parseStatements(`SELECT ${sql} FROM t`);
    const targets = (statement?.stmt.SelectStmt?.targetList ?? []) as readonly SyntaxNode[];
    const [target] = targets;
    assert.equal(figureName(target?.ResTarget?.val ?? {}), null);
  }
});
