// Items of GROUP BY and ORDER BY, counts of LIMIT, OFFSET and FETCH, as ranges of the text.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { groupItems, limitItems } from '../../src/sql/clause-items.ts';
import { clausesOf, orderItems, type Range } from '../../src/sql/clauses.ts';
import { loadParser } from '../../src/sql/parser.ts';

before(loadParser);

function slice(sql: string, range: Range | null): string | null {
  return range === null ? null : Buffer.from(sql).toString('utf8', range.start, range.end);
}

const groups: readonly (readonly [string, readonly string[]])[] = [
  ['SELECT 1 FROM t GROUP BY a', ['a']],
  ['SELECT 1 FROM t GROUP BY a, lower(b), f(c, d) HAVING x', ['a', 'lower(b)', 'f(c, d)']],
  ['SELECT 1 FROM t GROUP BY DISTINCT a, b ORDER BY c', ['a', 'b']],
  ['SELECT 1 FROM t GROUP BY ALL a /* , */, (b, c) -- d\n LIMIT 1', ['a', '(b, c)']],
  ["SELECT 'é' FROM t GROUP BY 'é' || a, 2;", ["'é' || a", '2']],
  ['SELECT 1 FROM t', []],
];

for (const [sql, items] of groups) {
  test(`items of GROUP BY in ${sql.replaceAll('\n', ' ')}`, () => {
    assert.deepEqual(
      groupItems(clausesOf(sql)).map(range => slice(sql, range)),
      items,
    );
  });
}

const orders: readonly (readonly [string, readonly string[]])[] = [
  ["SELECT id FROM t ORDER BY by || '1', id", ["by || '1'", 'id']],
  ['SELECT id FROM t ORDER BY by DESC, t.by NULLS FIRST', ['by', 't.by']],
  ['SELECT a FROM t UNION SELECT b FROM (SELECT 1 ORDER BY 2) u ORDER BY 1, a', ['1', 'a']],
];

for (const [sql, items] of orders) {
  test(`items of ORDER BY in ${sql}`, () => {
    assert.deepEqual(
      orderItems(clausesOf(sql)).map(range => slice(sql, range)),
      items,
    );
  });
}

const limits: readonly (readonly [string, string | null, string | null])[] = [
  ['LIMIT 5', '5', null],
  ['LIMIT 2 + $1 OFFSET f(3)', '2 + $1', 'f(3)'],
  ['OFFSET (SELECT max(a) FROM u) LIMIT (5) -- all', '(5)', '(SELECT max(a) FROM u)'],
  ['OFFSET 1 + 1', null, '1 + 1'],
  ['OFFSET 3 ROWS FETCH NEXT (2 * 2) ROWS ONLY', '(2 * 2)', '3'],
  ['FETCH FIRST ROW WITH TIES', null, null],
  ['FETCH FIRST $2 ROWS WITH TIES', '$2', null],
  ['FETCH NEXT ROW ONLY OFFSET 1', null, '1'],
];

for (const [clause, count, offset] of limits) {
  test(`counts of ${clause}`, () => {
    const sql = `SELECT a FROM t ORDER BY a ${clause}`;
    const items = limitItems(clausesOf(sql));
    assert.equal(slice(sql, items.count), count);
    assert.equal(slice(sql, items.offset), offset);
  });
}
