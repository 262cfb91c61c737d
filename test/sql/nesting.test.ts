// The bound on how deep a parse tree can be, by which texts are kept from the parser.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { errors } from '../../src/common/error-catalogue.ts';
import { PgError } from '../../src/common/pg-error.ts';
import { nestingMax, nestingOf } from '../../src/sql/nesting.ts';
import { loadParser, parseStatements } from '../../src/sql/parser.ts';

before(loadParser);

const deep: Readonly<Record<string, (levels: number) => string>> = {
  operators: n => `SELECT 1${'+1'.repeat(n)}`,
  casts: n => `SELECT 1${'::int'.repeat(n)}`,
  collations: n => `SELECT a${' COLLATE a'.repeat(n)}`,
  tests: n => `SELECT 1${' ISNULL'.repeat(n)}`,
  signs: n => `SELECT ${'- '.repeat(n)}a`,
  brackets: n => `SELECT ${'('.repeat(n)}1${')'.repeat(n)}`,
  calls: n => `SELECT ${'f(a,'.repeat(n)}1${')'.repeat(n)}`,
  subqueries: n => `SELECT ${'(SELECT a,'.repeat(n)}1${')'.repeat(n)}`,
  'derived tables': n => `${'SELECT a, b FROM ('.repeat(n)}SELECT 1${') a'.repeat(n)}`,
  unions: n => `SELECT 1, 2${' UNION SELECT 1, 2'.repeat(n)}`,
  joins: n => `SELECT FROM a${' JOIN a ON a AND b'.repeat(n)}`,
  cases: n => `SELECT ${'CASE WHEN a AND b THEN '.repeat(n)}1${' END'.repeat(n)}`,
  comments: n => `${'/*'.repeat(n)}${'*/'.repeat(n)}SELECT 1`,
  negations: n => `SELECT 1${' BETWEEN 1 AND NOT 1'.repeat(n)}`,
};

const tooComplex = (error: unknown) =>
  error instanceof PgError && error.id === errors.statementTooComplex.id;

for (const [what, text] of Object.entries(deep)) {
  test(`${what} without end are refused, as often as they come, and harm no other text`, () => {
    assert.throws(() => parseStatements(text(50_000)), tooComplex);
    for (let i = 0; i < 25; i++) {
      assert.throws(() => parseStatements(text(nestingMax + 1)), tooComplex);
      assert.equal(parseStatements('SELECT (((1)))').length, 1);
    }
  });

  test(`${what} are counted at least as deep as they are`, () => {
    for (const levels of [1, 10, 1_000]) assert.ok(nestingOf(text(levels)) >= levels);
  });

  test(`${what} as deep as they may be are parsed`, () => {
    const levels = Math.floor((99 * nestingMax) / nestingOf(text(100)));
    assert.ok(nestingOf(text(levels)) > 0.9 * nestingMax);
    try {
      parseStatements(text(levels));
    } catch (error) {
      // What the grammar's own stack does not hold (gram.y, YYMAXDEPTH), or refuses.
      if (!(error instanceof PgError)) throw error;
      assert.equal(error.id, errors.syntaxError.id);
    }
  });
}

const flat: Readonly<Record<string, string>> = {
  'rows of values': `INSERT INTO t VALUES ${Array(20_000).fill("(1, 'x')").join()}`,
  'a list': `SELECT 1 IN (${Array(20_000).fill('1 + 1').join()})`,
  alternatives: `SELECT 1 WHERE ${Array(20_000).fill('a = 1 AND b = 2').join(' OR ')}`,
  statements: 'SELECT 1 UNION SELECT 2;'.repeat(2_000),
  'a string': `SELECT '${"((''+".repeat(20_000)}'`,
  'a string with escapes': `SELECT E'${"((\\'+".repeat(20_000)}'`,
  'a string in dollars': `SELECT $a$${"((''+$$ ".repeat(20_000)}$a$`,
  'a name': `SELECT "${'((+'.repeat(20_000)}"`,
  comments: `${'/*((*/ --((\n'.repeat(20_000)}SELECT 1`,
};

for (const [what, text] of Object.entries(flat)) {
  test(`${what}, however long, are not deep`, () => {
    assert.ok(nestingOf(text) < 20, `${nestingOf(text)}`);
  });
}
