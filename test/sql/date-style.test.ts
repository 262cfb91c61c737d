// SETs of DateStyle that name one part, made into such as give the same on any connection.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { dateStyleAfter } from '../../src/sql/date-style.ts';
import { loadParser } from '../../src/sql/parser.ts';

before(() => loadParser());

/** What is kept after each of these; the last one's value. */
function after(...statements: readonly string[]): string {
  let kept: string | undefined;
  for (const sql of statements) kept = dateStyleAfter(kept, sql);
  return /^SET DateStyle TO '(.*)'$/.exec(kept ?? '')?.[1] ?? `(${kept})`;
}

test('what a SET does not name stays as it was, and is first the server’s own', () => {
  assert.equal(after("SET datestyle = 'SQL'"), 'SQL, DEFAULT');
  assert.equal(after("SET datestyle = 'SQL'", "SET datestyle = 'DMY'"), 'SQL, DMY');
  assert.equal(after('SET datestyle TO postgres, euro', 'SET datestyle TO iso'), 'ISO, DMY');
  assert.equal(after("SET datestyle = 'ymd'", 'SET LOCAL datestyle = sql, us'), 'SQL, MDY');
  assert.equal(after('SET datestyle TO NonEuropean'), 'MDY, DEFAULT');
});

test('German brings its order unless one was named', () => {
  assert.equal(after("SET datestyle = 'YMD'", 'SET datestyle TO german'), 'German, DMY');
  assert.equal(after("SET datestyle = 'German, MDY'"), 'German, MDY');
});

test('DEFAULT is the server’s own in what is not named with it', () => {
  assert.equal(after("SET datestyle = 'SQL, DMY'", "SET datestyle = 'default'"), 'DEFAULT');
  assert.equal(
    after("SET datestyle = 'SQL, DMY'", "SET datestyle = 'ISO, default'"),
    'ISO, DEFAULT',
  );
});

test('what cannot be read stays as it is', () => {
  assert.equal(dateStyleAfter(undefined, "SET datestyle = 'other'"), "SET datestyle = 'other'");
});
