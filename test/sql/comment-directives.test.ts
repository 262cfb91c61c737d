// Directives in comments, told apart from what only looks like a comment as PostgreSQL's lexer does.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { PgError } from '../../src/common/pg-error.ts';
import { commentDirective } from '../../src/sql/comment-directives.ts';
import { loadParser } from '../../src/sql/parser.ts';

before(loadParser);

const shard = (number: number) => ({ kind: 'shard', shard: number });
const key = (value: string) => ({ kind: 'key', value });

const found: readonly (readonly [sql: string, expected: unknown])[] = [
  ['/* pgdog_shard: 1 */ SELECT 1', shard(1)],
  ['SELECT 1 /* pgdog_shard: 12 */', shard(12)],
  ['SELECT /* pgdog_shard:3*/ 1', shard(3)],
  ['SELECT 1 -- pgdog_shard: 2', shard(2)],
  ['SELECT 1 --pgdog_shard: 2\n, 3', shard(2)],
  ['SELECT /* outer /* pgdog_shard: 1 */ more */ 1', shard(1)],
  ['/* pgdog_sharding_key: abc */ SELECT 1', key('abc')],
  ['/* pgdog_sharding_key: "a b; c" */ SELECT 1', key('a b; c')],
  ["/* pgdog_sharding_key: 'it is' */ SELECT 1", key('it is')],
  ['/* pgdog_sharding_key: -5, pgdog_role: replica */ SELECT 1', key('-5')],
  ['/* pgdog_sharding_key: "é€" */ SELECT \'é\'', key('é€')],
  ['/* pgdog_role: primary */ SELECT 1', null],
  ['/* pgdog_shard: 1 */ SELECT 1 /* pgdog_shard: 1 */', shard(1)],
  ["SELECT '/* pgdog_shard: 1 */'", null],
  ['SELECT $x$ -- pgdog_shard: 1 $x$', null],
  ['SELECT 1 AS "/* pgdog_shard: 1 */"', null],
  ["SELECT E'\\'/* pgdog_shard: 1 */'", null],
  ['SELECT 1 /* see pgdog_shard */', null],
  ['SELECT 1', null],
];

for (const [sql, expected] of found) {
  test(`${JSON.stringify(sql)} is ordered to ${JSON.stringify(expected)}`, () => {
    assert.deepEqual(commentDirective(sql), expected);
  });
}

const refused: readonly (readonly [sql: string, sqlstate: string])[] = [
  ['/* pgdog_shard: one */ SELECT 1', '22023'],
  ['/* pgdog_shard: -1 */ SELECT 1', '22023'],
  ['/* pgdog_shard: */ SELECT 1', '22023'],
  ['/* pgdog_sharding_key: "" */ SELECT 1', '22023'],
  ['/* pgdog_role: leader */ SELECT 1', '22023'],
  ['/* pgdog_shard: 0 */ SELECT 1 /* pgdog_shard: 1 */', '22023'],
  ['/* pgdog_shard: 0 pgdog_sharding_key: 5 */ SELECT 1', '22023'],
];

for (const [sql, sqlstate] of refused) {
  test(`${JSON.stringify(sql)} is refused`, () => {
    assert.throws(
      () => commentDirective(sql),
      (error: PgError) => error instanceof PgError && error.sqlstate === sqlstate,
    );
  });
}

test("the operator's expressions see whole comments, and nothing else", () => {
  const patterns = {
    shard: /\/\* shard_id: (\d+) \*\//,
    key: /sharding_key: (\d+)/,
  };
  assert.deepEqual(commentDirective('/* shard_id: 1 */ SELECT 1', patterns), shard(1));
  assert.deepEqual(commentDirective('SELECT 1 -- sharding_key: 1234', patterns), key('1234'));
  assert.equal(commentDirective("SELECT '/* shard_id: 1 */'", patterns), null);
});
