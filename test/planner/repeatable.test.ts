// Which statements may be run twice, and beside others on one server connection.

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { planStatement } from '../../src/planner/plan-statement.ts';
import { loadParser, parseStatements } from '../../src/sql/parser.ts';
import { sampleCatalog, sampleScheme } from './sample-catalog.ts';

function isRepeatable(sql: string, shardCount: number): boolean {
  const [parsed] = parseStatements(sql);
  const { stmt } = parsed!;
  const input = { sql, stmt, catalog: sampleCatalog, searchPath: ['public'] };
  return planStatement({ ...input, scheme: sampleScheme(shardCount), shardCount }).repeatable;
}

describe('a plan is repeatable', () => {
  before(loadParser);

  for (const shardCount of [1, 3]) {
    it(`where it only reads tables (${shardCount} shards)`, () => {
      for (const sql of [
        'SELECT * FROM users WHERE id = 5',
        'SELECT id FROM users WHERE id = $1 ORDER BY email LIMIT 1',
        'WITH u AS (SELECT * FROM users WHERE id = 5) SELECT * FROM u',
        'SELECT lower(email) FROM users WHERE id = 5',
        'SELECT * FROM countries',
        'SELECT 1',
      ]) {
        assert.equal(isRepeatable(sql, shardCount), true, sql);
      }
    });

    it(`and not where it writes, locks, or calls what may (${shardCount} shards)`, () => {
      for (const sql of [
        'INSERT INTO users (id) VALUES (1)',
        'UPDATE users SET email = NULL WHERE id = 5',
        'DELETE FROM users WHERE id = 5',
        'SELECT * FROM users WHERE id = 5 FOR UPDATE',
        'SELECT * FROM users WHERE id = 5 FOR KEY SHARE',
        'WITH d AS (DELETE FROM users WHERE id = 5 RETURNING id) SELECT * FROM d',
        'SELECT * INTO copied FROM users WHERE id = 5',
        "SELECT nextval('s') FROM users WHERE id = 5",
        'SELECT random() FROM users WHERE id = 5',
        'SELECT pg_sleep(1) FROM users WHERE id = 5',
        'SELECT pg_advisory_lock(1) FROM users WHERE id = 5',
        "SELECT set_config('work_mem', '1MB', false)",
        'SELECT nobody_knows(id) FROM users WHERE id = 5',
        'SELECT * FROM unknown_table WHERE id = 5',
        'SELECT * FROM pg_locks',
        'BEGIN',
        'SET work_mem = 1',
        'LISTEN channel',
        'EXPLAIN SELECT * FROM users WHERE id = 5',
        'COPY users TO STDOUT',
      ]) {
        assert.equal(isRepeatable(sql, shardCount), false, sql);
      }
    });
  }
});
