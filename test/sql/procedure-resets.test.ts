// Which settings the text of a DO block puts back to their defaults.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resetsInText } from '../../src/sql/procedure-resets.ts';

const cases: Readonly<Record<string, readonly string[]>> = {
  'BEGIN RESET work_mem; END': ['work_mem'],
  'BEGIN RESET "Work_Mem"; RESET ALL; END': ['work_mem', 'all'],
  'BEGIN SET LOCAL TIME ZONE DEFAULT; END': ['timezone'],
  'BEGIN SET sort_mem TO DEFAULT; SET a.b=default; END': ['work_mem', 'a.b'],
  "BEGIN EXECUTE 'reset session authorization'; END": ['session_authorization'],
  "BEGIN PERFORM set_config('TimeZone', NULL, true); END": ['timezone'],
  'BEGIN -- RESET work_mem\n SET work_mem = 100; preset := 1; END': [],
};

for (const [text, names] of Object.entries(cases)) {
  test(`${JSON.stringify(text)} resets ${names.length === 0 ? 'nothing' : names.join()}`, () => {
    assert.deepEqual(resetsInText(text), names);
  });
}
