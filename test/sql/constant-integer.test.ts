// Integers that PostgreSQL computes from literals: its types and its overflow.

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { constantInteger } from '../../src/sql/constant-integer.ts';
import { loadParser, parseStatements } from '../../src/sql/parser.ts';
import type { SyntaxNode } from '../../src/sql/syntax-tree.ts';

function folded(expression: string): bigint | null {
  const [statement] = parseStatements(`SELECT ${expression}`);
  const target = statement!.stmt.SelectStmt!.targetList![0] as SyntaxNode;
  return constantInteger(target.ResTarget!.val!);
}

describe('constantInteger', () => {
  before(loadParser);

  it('adds, subtracts, multiplies and negates integers', () => {
    assert.equal(folded('40 + 2'), 42n);
    assert.equal(folded('2 * 3 - -(4 + 1)'), 11n);
    assert.equal(folded('- (-5)'), 5n);
    assert.equal(folded('+7'), 7n);
  });

  it('overflows where integer does, and not where bigint is among the operands', () => {
    assert.equal(folded('2147483647 + 1'), null);
    assert.equal(folded('-2147483648 - 1'), null);
    assert.equal(folded('65536 * 65536'), null);
    assert.equal(folded('2147483648 + 1'), 2147483649n);
    assert.equal(folded('4294967296 * 2147483647'), 4294967296n * 2147483647n);
    assert.equal(folded('9223372036854775807 + 1'), null);
  });

  it('leaves alone what PostgreSQL computes otherwise', () => {
    for (const other of ['7 / 2', '7 % 2', '2 ^ 3', '1.5 + 1', "'1' + 1", '1 + $1', '1 || 2']) {
      assert.equal(folded(other), null, other);
    }
    assert.equal(folded('9223372036854775808 - 1'), null);
    assert.equal(folded('1 OPERATOR(own.+) 2'), null);
  });
});
