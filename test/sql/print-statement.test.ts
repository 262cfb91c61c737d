// What `printStatement` can print, a statement each, and what it leaves to a refusal.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, describe, test } from 'node:test';
import { loadParser, parseStatements } from '../../src/sql/parser.ts';
import { printStatement } from '../../src/sql/print-statement.ts';

const file = new URL('printed-statements.sql', import.meta.url);
const statements = readFileSync(file, 'utf8')
  .split('\n')
  .filter(line => line !== '' && !line.startsWith('--'));

describe('a statement is printed so that it is parsed to the same tree', () => {
  before(loadParser);

  for (const sql of statements) {
    test(sql, () => {
      const [statement] = parseStatements(sql);
      assert.notEqual(printStatement(statement!.stmt), null);
    });
  }

  test('or not at all', () => {
    for (const expression of ['\'101\'::"bit"', 'xmlserialize(DOCUMENT a AS text INDENT)']) {
      const [statement] = parseStatements(`SELECT ${expression} FROM t`);
      assert.equal(printStatement(statement!.stmt), null, expression);
    }
  });
});
