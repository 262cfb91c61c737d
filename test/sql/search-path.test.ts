// The schemas that SET search_path names.

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { loadParser } from '../../src/sql/parser.ts';
import { searchPathOf } from '../../src/sql/search-path.ts';

describe('searchPathOf', () => {
  before(loadParser);

  const cases = [
    ['SET search_path = a, "B", \'c d\'', ['a', 'B', 'c d']],
    ['SET search_path TO "$user", public', ['ann', 'public']],
    ["SET search_path TO ''", []],
    ["SET SCHEMA 'x'", ['x']],
    ['SET LOCAL search_path = Public', ['public']],
    ['SET search_path TO DEFAULT', null],
    ['SELECT 1', null],
  ] as const;
  for (const [sql, path] of cases) {
    it(`reads ${sql}`, () => {
      assert.deepEqual(searchPathOf(sql, 'ann'), path);
    });
  }
});
