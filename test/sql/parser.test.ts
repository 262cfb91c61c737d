// Statements, their own texts and locations, and syntax errors.

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { PgError } from '../../src/common/pg-error.ts';
import { loadParser, parseStatements } from '../../src/sql/parser.ts';

describe('parseStatements', () => {
  before(loadParser);

  it('gives a single statement its whole text', () => {
    const [one, ...more] = parseStatements(' /* é */ SELECT 1; -- x');
    assert.equal(one?.text, ' /* é */ SELECT 1; -- x');
    assert.deepEqual(more, []);
  });

  it('gives each of several its own text and locations within it', () => {
    const text = "SELECT 'é';; /* x */ SELECT 22 ;SELECT 3";
    const parsed = parseStatements(text);
    assert.deepEqual(
      parsed.map(one => one.text.trim()),
      ["SELECT 'é'", 'SELECT 22', 'SELECT 3'],
    );
    for (const { text: part, location, length } of parsed) {
      assert.equal(Buffer.from(text).toString('utf8', location, location + length), part);
    }
    const target = parsed[1]?.stmt.SelectStmt?.targetList?.[0];
    assert.ok(target && 'ResTarget' in target);
    assert.equal(parsed[1]?.text.indexOf('22'), target.ResTarget.location);
  });

  it('has no statements in an empty text', () => {
    for (const text of ['', ' ', ';', '-- x', '/* x */ ;;']) {
      assert.deepEqual(parseStatements(text), [], JSON.stringify(text));
    }
  });

  it("raises PostgreSQL's message with the position in characters", () => {
    const check = (sql: string, message: string, position: number) =>
      assert.throws(
        () => parseStatements(sql),
        (error: unknown) => {
          assert.ok(error instanceof PgError);
          assert.equal(error.sqlstate, '42601');
          assert.equal(error.message, message);
          assert.equal(error.position, position);
          return true;
        },
      );
    check('SELECT FROM WHERE', 'syntax error at or near "WHERE"', 13);
    check('SELECT é,, 1', 'syntax error at or near ","', 10);
    check("SELECT 'open", 'unterminated quoted string at or near "\'open"', 8);
    check('SELECT 1 +', 'syntax error at end of input', 11);
    check('SELECT 1; SELEC 2', 'syntax error at or near "SELEC"', 11);
  });

  it('goes on after thousands of errors and long texts', () => {
    for (let at = 0; at < 2_000; at++) assert.throws(() => parseStatements('SELEC'), PgError);
    const rows = Array.from({ length: 2_000 }, (_, row) => `(${row}, 'x')`).join(', ');
    assert.equal(parseStatements(`INSERT INTO t VALUES ${rows}`).length, 1);
  });
});
