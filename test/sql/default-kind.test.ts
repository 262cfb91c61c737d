// Column defaults by what they give.

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { defaultKind } from '../../src/sql/default-kind.ts';
import { loadParser } from '../../src/sql/parser.ts';
import { sampleCatalog } from '../planner/sample-catalog.ts';

describe('defaultKind', () => {
  before(loadParser);

  const cases = [
    [null, 'none'],
    ["'x'::character varying", 'constant'],
    ['-1.5', 'constant'],
    ["'{}'::jsonb", 'constant'],
    ["'{}'::integer[]", 'constant'],
    ["lower('X'::text)", 'constant'],
    ['now()', 'stable'],
    ['CURRENT_TIMESTAMP', 'stable'],
    ["(now() + '1 day'::interval)", 'stable'],
    ['random()', 'volatile'],
    ['gen_random_uuid()', 'volatile'],
    ['write_log(now())', 'volatile'],
    ['something_unknown()', 'volatile'],
    ["nextval('users_id_seq'::regclass)", 'sequence'],
    ["('u'::text || nextval('s'::regclass))", 'sequence'],
  ] as const;
  for (const [expression, kind] of cases) {
    it(`calls ${expression} ${kind}`, () => {
      assert.equal(defaultKind(expression, sampleCatalog.functions), kind);
    });
  }
});
