// Whether a plan may be used for other statements of its shape, and whether their keys are found.

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { KeyItem } from '../../src/plan/route.ts';
import { isShareable, planStatement } from '../../src/planner/plan-statement.ts';
import { liftLiterals, newLiftedStatement } from '../../src/sql/lexer.ts';
import { loadParser, parseStatements } from '../../src/sql/parser.ts';
import { sampleCatalog, sampleScheme } from './sample-catalog.ts';

function plan(sql: string) {
  const [parsed] = parseStatements(sql);
  return planStatement({
    sql,
    stmt: parsed!.stmt,
    catalog: sampleCatalog,
    scheme: sampleScheme(3),
    shardCount: 3,
    searchPath: ['public'],
  });
}

function constantsOf(sql: string): KeyItem[] {
  return plan(sql).route.groups.flatMap(group => group.sets.flatMap(set => set.values));
}

describe('isShareable', () => {
  before(loadParser);

  it('holds where every key is a literal that can be lifted', () => {
    for (const sql of [
      'SELECT * FROM users WHERE id = 5',
      "SELECT * FROM codes WHERE code = 'x'::text",
      'INSERT INTO users (id) VALUES (1)',
      'SELECT * FROM countries',
    ]) {
      assert.equal(isShareable(plan(sql)), true, sql);
    }
  });

  it('does not where a literal decides more than the key', () => {
    for (const sql of [
      'SELECT * FROM users WHERE id = -5',
      "SELECT * FROM users WHERE id = ANY('{1,2}')",
      "SET search_path = 'x'",
      'INSERT INTO users (id) VALUES (1.5)',
      'COPY users FROM STDIN',
    ]) {
      assert.equal(isShareable(plan(sql)), false, sql);
    }
  });

  it('finds each key again among the lifted literals, by its byte offset', () => {
    for (const sql of [
      "SELECT 'é日', 3 FROM users WHERE name = 'ü' AND id = 77",
      "SELECT 'é日', 3 FROM codes WHERE label = 'ü' AND code = 'schlüssel'",
      "/* é */ INSERT INTO users (email, id) VALUES ('ß', 5), ('ß', '6')",
      "SELECT 1 FROM users WHERE id IN (1, 22, '333', bigint '4')",
    ]) {
      const bytes = Buffer.from(sql);
      const lifted = newLiftedStatement();
      assert.ok(liftLiterals(bytes, 0, bytes.length, lifted));
      const constants = constantsOf(sql);
      assert.ok(constants.length > 0);
      for (const value of constants) {
        assert.ok(value.kind === 'constant');
        const slot = lifted.locations.subarray(0, lifted.count).indexOf(value.location);
        assert.notEqual(slot, -1, `${value.text} in ${sql}`);
        assert.equal(bytes.toString('utf8', lifted.starts[slot], lifted.ends[slot]), value.text);
      }
    }
  });
});
