// Functions that the configuration judges otherwise than pg_proc.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Volatility } from '../../src/catalog/catalog.ts';
import { withListedFunctions } from '../../src/catalog/listed-functions.ts';
import { sampleCatalog } from '../planner/sample-catalog.ts';

const cases: readonly (readonly [
  title: string,
  writing: readonly string[],
  readOnly: readonly string[],
  name: string,
  volatility: Volatility,
])[] = [
  ['listed as writing is volatile', ['total_users'], [], 'total_users', 'volatile'],
  ['listed with its schema is meant', ['public.tax'], [], 'tax', 'volatile'],
  ['listed with another schema is not meant', ['app.tax'], [], 'tax', 'immutable'],
  ['listed as only reading is stable', [], ['write_log'], 'write_log', 'stable'],
  ['listed as only reading stays immutable', [], ['tax'], 'tax', 'immutable'],
  ['in both lists writes', ['write_log'], ['write_log'], 'write_log', 'volatile'],
  ["of PostgreSQL's own is not judged by lists", ['lower'], ['random'], 'lower', 'immutable'],
  ['in no list is what it was declared', ['tax'], [], 'write_log', 'volatile'],
];

for (const [title, writing, readOnly, name, volatility] of cases) {
  test(`a function ${title}`, () => {
    const { functions } = withListedFunctions(sampleCatalog, { writing, readOnly });
    assert.equal(functions.get(name)?.[0]?.volatility, volatility);
  });
}
