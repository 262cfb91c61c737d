// Which texts of procedures may leave something behind on a connection.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nothingStateful } from '../../src/catalog/catalog.ts';
import { asksForeignSequence, mayLeaveState } from '../../src/sql/procedure-text.ts';

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
  'BEGIN PERFORM "Known"(); PERFORM "kNOWN"(); END',
  'BEGIN PERFORM "Set It"(); END',
  'SELECT 1 @@@@ 2',
  'BEGIN INSERT INTO audited VALUES (1); END',
  'BEGIN DEALLOCATE ALL; END',
  'BEGIN DISCARD PLANS; END',
  "BEGIN EXECUTE 'DEALLOCATE ALL'; END",
  "BEGIN EXECUTE 'SELECT ' || quote_ident(f) || '()'; END",
  "BEGIN EXECUTE format('SELECT %I()', f); END",
  "BEGIN EXECUTE format('SELECT %1$I.%2$I (1)', s, f); END",
  "BEGIN EXECUTE format('SELECT 1 FROM %I(1)', f); END",
  "BEGIN EXECUTE format('ALTER TABLE %s ADD x int', t); END",
  "BEGIN EXECUTE 'SELECT 1' || tail; END",
  "BEGIN EXECUTE 'SELECT set_' || 'config(''a'', ''b'', false)'; END",
  'BEGIN FOR r IN EXECUTE q LOOP NULL; END LOOP; END',
  "BEGIN EXECUTE format('SELECT 1') || tail; END",
  "BEGIN EXECUTE ('SELECT 1' || tail); END",
  "BEGIN EXECUTE E'SELECT s\\x65t_config(1)'; END",
  'BEGIN EXECUTE $x$DO $y$ BEGIN EXECUTE z; END $y$ $x$; END',
];

const harmless = [
  'BEGIN UPDATE t SET a = 1 WHERE b = 2; RETURN NEW; END',
  'BEGIN\n  UPDATE t\n  SET a = 1;\nEND',
  'INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET b = 2',
  'BEGIN PERFORM pg_advisory_xact_lock(1); END',
  'BEGIN CREATE TEMP TABLE t (v int) ON COMMIT DROP; END',
  "BEGIN EXECUTE 'INSERT INTO t VALUES ($1)' USING 1; END",
  "BEGIN EXECUTE format('ALTER TABLE %I ALTER c SET NOT NULL', t); END",
  "BEGIN EXECUTE 'INSERT INTO ' || quote_ident(t) || ' (a) VALUES ($1)' USING 1; END",
  "BEGIN EXECUTE ('SELECT ' || quote_literal(x)) INTO y; END",
  "BEGIN FOR r IN EXECUTE format('SELECT * FROM %I.%I WHERE a = %L', s, t, v) LOOP END LOOP; END",
  "BEGIN EXECUTE format('CREATE TABLE IF NOT EXISTS %I (a int)', t); END",
  "BEGIN EXECUTE format('CREATE INDEX ON %I (a)', t); END",
  "BEGIN EXECUTE 'GRANT EXECUTE ON FUNCTION f() TO x'; END",
  'BEGIN RETURN (SELECT count(*) FROM audited); END',
  'ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u ON DELETE SET NULL',
  'SELECT load, prepare, temp FROM readings',
  'BEGIN PERFORM app.unknown(); END',
];

const known = {
  ...nothingStateful.names,
  words: new Set(['known']),
  written: new Set(['audited']),
  others: ['@@@@', 'set it'],
};

test('a text that sets, locks, prepares or keeps something may leave it behind', () => {
  for (const text of stateful) assert.equal(mayLeaveState(text, known), true, text);
});

test('a text that only reads and writes tables does not', () => {
  for (const text of harmless) assert.equal(mayLeaveState(text, known), false, text);
});

test('a name that is known only when it runs may be a relation that leaves something', () => {
  const text = "BEGIN EXECUTE format('INSERT INTO %I VALUES (1)', t); END";
  assert.equal(mayLeaveState(text, known), false);
  assert.equal(mayLeaveState(text, { ...known, relations: true }), true);
});

test('a text that asks a sequence before it makes one give asks for what others were given', () => {
  assert.equal(asksForeignSequence("SELECT currval('a')"), true);
  assert.equal(asksForeignSequence('BEGIN RETURN lastval(); END'), true);
  assert.equal(asksForeignSequence('BEGIN INSERT INTO t VALUES (1); RETURN lastval(); END'), false);
  assert.equal(asksForeignSequence("SELECT nextval('a')"), false);
});
