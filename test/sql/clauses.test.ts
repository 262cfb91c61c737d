// Finding clauses in text: reserved words as labels and fields, nesting, comments.

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { ByteText } from '../../src/sql/byte-text.ts';
import { callText, clausesOf, orderItems, type Range } from '../../src/sql/clauses.ts';
import { loadParser } from '../../src/sql/parser.ts';
import { tokensOf } from '../../src/sql/tokens.ts';

function cut(sql: string, range: Range | null): string | null {
  return range === null ? null : new ByteText(sql).slice(range.start, range.end);
}

describe('clausesOf', () => {
  before(loadParser);

  const cases = [
    ['SELECT a FROM t ORDER BY b LIMIT 3 OFFSET 4;', 'SELECT a ', 'ORDER BY b', 'LIMIT 3 OFFSET 4'],
    ['SELECT a AS from, b AS limit FROM t', 'SELECT a AS from, b AS limit ', null, null],
    ['SELECT t.from, (t).limit, t.order FROM t', 'SELECT t.from, (t).limit, t.order ', null, null],
    ['SELECT a IS NOT DISTINCT FROM b FROM t', 'SELECT a IS NOT DISTINCT FROM b ', null, null],
    ['SELECT a IS DISTINCT FROM b FROM t', 'SELECT a IS DISTINCT FROM b ', null, null],
    ['SELECT DISTINCT FROM t', 'SELECT DISTINCT ', null, null],
    ['SELECT extract(year FROM x), trim(both FROM y) FROM t', null, null, null],
    ['SELECT (SELECT a FROM u ORDER BY a LIMIT 1) FROM t', null, null, null],
    [
      'SELECT sum(a ORDER BY b), percentile_cont(1) WITHIN GROUP (ORDER BY c) FROM t OFFSET 1 ROW',
      null,
      null,
      'OFFSET 1 ROW',
    ],
    [
      'SELECT é FROM "from" ORDER BY "é" FETCH FIRST ROW ONLY -- x',
      null,
      'ORDER BY "é"',
      'FETCH FIRST ROW ONLY',
    ],
    ['SELECT a FROM t LIMIT 1 FOR UPDATE', null, null, 'LIMIT 1'],
  ] as const;
  for (const [sql, targets, orderBy, limits] of cases) {
    it(`finds the clauses of ${sql}`, () => {
      const clauses = clausesOf(sql);
      if (targets !== null) {
        assert.equal(cut(sql, { start: 0, end: clauses.targetsEnd }), targets);
      }
      assert.equal(cut(sql, clauses.orderBy), orderBy);
      assert.equal(cut(sql, clauses.limits), limits);
    });
  }

  it('cuts ORDER BY into items without direction', () => {
    const sql =
      'SELECT 1 FROM t ORDER BY a DESC NULLS LAST, f(b, c) ASC, d COLLATE "C", t.desc, ' +
      'e USING <, (SELECT 1 ORDER BY 1 DESC) NULLS FIRST LIMIT 1';
    const items = orderItems(clausesOf(sql)).map(range => cut(sql, range));
    const subquery = '(SELECT 1 ORDER BY 1 DESC)';
    assert.deepEqual(items, ['a', 'f(b, c)', 'd COLLATE "C"', 't.desc', 'e', subquery]);
  });

  it('finds the arguments and the FILTER of a call', () => {
    const sql = 'SELECT avg(f(a, b)) FILTER (WHERE (c)), pg_catalog.avg(d) FROM t';
    const clauses = clausesOf(sql);
    const first = callText(clauses, sql.indexOf('avg'));
    assert.equal(cut(sql, first?.args ?? null), 'f(a, b)');
    assert.equal(cut(sql, first?.filter ?? null), 'FILTER (WHERE (c))');
    const second = callText(clauses, sql.indexOf('pg_catalog'));
    assert.equal(cut(sql, second?.args ?? null), 'd');
    assert.equal(second?.filter, null);
  });
});

describe('tokensOf', () => {
  before(loadParser);

  it('leaves out comments', () => {
    const texts = tokensOf('SELECT /* a /* b */ */ 1 -- c\n, 2').map(token => token.text);
    assert.deepEqual(texts, ['SELECT', '1', ',', '2']);
  });

  it('tells keywords from quoted identifiers', () => {
    const keywords = tokensOf('SELECT "from" FROM t').map(token => token.keyword);
    assert.deepEqual(keywords, ['select', null, 'from', null]);
  });
});
