// Which texts of procedures may leave something behind on a connection.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mayLeaveState } from '../../src/sql/procedure-text.ts';

const stateful = [
  "BEGIN PERFORM set_config('a', 'b', false); END",
  'BEGIN SET work_mem = 1; END',
  'BEGIN\n  -- why\n  SET ROLE x;\nEND',
  '/* -- */ BEGIN IF x THEN RESET ALL; END IF; END',
  "BEGIN EXECUTE 'SET work_mem = 1'; END",
  "BEGIN EXECUTE 'set ' || name || ' = 1'; END",
  'BEGIN EXECUTE statement; END',
  "BEGIN EXECUTE format('%s', statement); END",
  'BEGIN CREATE TEMP TABLE t (v int); END',
  'BEGIN CREATE TEMPORARY VIEW t AS SELECT 1; END',
  'SELECT 1 INTO TEMP t',
  'CREATE TABLE pg_temp.t (v int)',
  'BEGIN PERFORM pg_advisory_lock(1); END',
  'SELECT pg_try_advisory_lock_shared(1)',
  'BEGIN PERFORM setseed(0.1); END',
  "BEGIN LISTEN x; LOAD 'y'; END",
  'DECLARE c CURSOR WITH HOLD FOR SELECT 1',
  "SELECT '--'; SELECT set_config('a', 'b', false)",
  "SELECT dblink_connect('x')",
  'BEGIN PERFORM app.known(); END',
];

const harmless = [
  'BEGIN UPDATE t SET a = 1 WHERE b = 2; RETURN NEW; END',
  'BEGIN\n  UPDATE t\n  SET a = 1;\nEND',
  'INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET b = 2',
  'BEGIN PERFORM pg_advisory_xact_lock(1); END',
  'BEGIN CREATE TEMP TABLE t (v int) ON COMMIT DROP; END',
  "BEGIN EXECUTE 'INSERT INTO t VALUES ($1)' USING 1; END",
  "BEGIN EXECUTE format('ALTER TABLE %I ALTER c SET NOT NULL', t); END",
  'ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u ON DELETE SET NULL',
  'SELECT load, prepare, temp FROM readings',
  'BEGIN PERFORM app.unknown(); END',
];

const known = (name: string) => name === 'known';

test('a text that sets, locks, prepares or keeps something may leave it behind', () => {
  for (const text of stateful) assert.equal(mayLeaveState(text, known), true, text);
});

test('a text that only reads and writes tables does not', () => {
  for (const text of harmless) assert.equal(mayLeaveState(text, known), false, text);
});
