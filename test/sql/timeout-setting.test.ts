// The time that a SET of a timeout sets, with PostgreSQL's units.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { loadParser } from '../../src/sql/parser.ts';
import { timeoutSetMs } from '../../src/sql/timeout-setting.ts';

before(() => loadParser());

const cases: Readonly<Record<string, number>> = {
  '3': 3,
  "'250'": 250,
  "'2s'": 2_000,
  "' 1.5 min '": 90_000,
  "'1 h'": 3_600_000,
  "'2d'": 172_800_000,
  "'1500us'": 2,
  "'0x10'": 16,
  '0': Number.POSITIVE_INFINITY,
  "'0s'": Number.POSITIVE_INFINITY,
};

for (const [value, ms] of Object.entries(cases)) {
  test(`${value} is ${ms} ms`, () => {
    assert.equal(timeoutSetMs(`SET idle_session_timeout = ${value}`), ms);
  });
}
