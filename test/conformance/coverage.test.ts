// The corpus leaves nothing out: every kind of statement that PostgreSQL's grammar has. (That every
// class of SQLSTATE is met is seen when it is run: conformance.test.ts.)

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { before, test } from 'node:test';
import { loadParser, parseStatements } from '../../src/sql/parser.ts';
import { corpus } from './corpus-file.ts';

/** Nodes named …Stmt that are no statements a client sends. */
const notSent: Readonly<Record<string, string>> = {
  RawStmt: 'the envelope of every statement',
  PLAssignStmt: 'only the PL/pgSQL parser makes it',
  ReturnStmt: 'only inside CREATE FUNCTION … RETURN',
  SetOperationStmt: 'made by the analyzer',
  ReplicaIdentityStmt: 'a part of ALTER TABLE',
};

before(() => loadParser());

test('every kind of statement is in the corpus', () => {
  const require = createRequire(import.meta.url);
  const types = readFileSync(require.resolve('@pgsql/types/types.d.ts'), 'utf8');
  const kinds = [...new Set([...types.matchAll(/\b([A-Z]\w*Stmt)\b/g)].map(([, kind]) => kind!))];
  const seen = new Set<string>();
  for (const sql of texts()) {
    for (const kind of kindsOf(sql)) seen.add(kind);
  }
  assert.ok(kinds.length > 100, `${kinds.length} kinds of statements are known`);
  console.log(`${seen.size} kinds of statements`);
  const missing = kinds.filter(kind => !seen.has(kind) && notSent[kind] === undefined);
  assert.deepEqual(missing, []);
});

function texts(): string[] {
  return corpus('.sql').flatMap(({ steps }) => steps.flatMap(({ sql }) => sql ?? []));
}

function kindsOf(sql: string): string[] {
  try {
    return parseStatements(sql).flatMap(({ stmt }) => Object.keys(stmt));
  } catch {
    // Texts that are wrong on purpose.
    return [];
  }
}
