// Every built-in type as a result and as a parameter, in text and in binary, by a direct connection
// and through PgPack in both modes: the same bytes. Types of arrays, ranges, rows and pseudo-types
// that cannot be written give the same errors.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { bind, describe, execute, parse, query, sync } from '../support/client-bytes.ts';
import { connect, createTestDatabase, type TestDatabase } from '../support/cluster.ts';
import { type PgPack, startPgPack } from '../support/pgpack.ts';
import { RawClient } from '../support/raw-client.ts';
import { Transcript } from './transcript.ts';

interface TypeLine {
  readonly name: string;
  readonly literals: readonly string[];
}

let database: TestDatabase;
let pgpacks: readonly PgPack[];
let tried = 0;

before(async () => {
  database = await createTestDatabase('conformance_types', 1);
  pgpacks = await Promise.all(
    ['session', 'transaction'].map(mode =>
      startPgPack({ database, general: `pooler_mode = "${mode}"` }),
    ),
  );
});

after(async () => {
  for (const pgpack of pgpacks) await pgpack.close();
  await database.drop();
  console.log(`${tried} conversations about values`);
});

test('every built-in type has a line', async () => {
  const client = await connect(database.oracle);
  const { rows } = await client.query<{ name: string }>(`
    SELECT typname AS name FROM pg_type
    WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype IN ('b', 'r', 'm')
      AND typcategory <> 'A'`);
  await client.end();
  const lines = new Set(typeLines().map(({ name }) => name));
  assert.deepEqual(
    rows.map(({ name }) => name).filter(name => !lines.has(name)),
    [],
  );
});

test('values of every type are the same bytes, asked for and given', async () => {
  const addresses = [database.oracle, ...pgpacks.map(({ address }) => address)];
  const clients = await Promise.all(
    addresses.map(address => RawClient.login(address, { parameters: { TimeZone: 'UTC' } })),
  );
  try {
    for (const { name, literals } of typeLines()) {
      for (const literal of literals) await compareValue(clients, name, literal);
    }
  } finally {
    for (const client of clients) client.destroy();
  }
});

async function compareValue(
  clients: readonly RawClient[],
  type: string,
  literal: string,
): Promise<void> {
  const shown = type.includes('.') || type.endsWith('[]') ? type : `pg_catalog."${type}"`;
  const select = `SELECT '${literal.replaceAll("'", "''")}'::${shown} AS v`;
  const echo = `SELECT $1::${shown} AS v, NULL::${shown} AS n`;
  const exchanges: { readonly about: string; readonly send: Buffer }[] = [
    { about: 'simple', send: query(select) },
    { about: 'text', send: run(select, [], 0) },
    { about: 'binary', send: run(select, [], 1) },
    { about: 'text parameter', send: run(echo, [literal], 0) },
    { about: 'text parameter, binary result', send: run(echo, [literal], 1) },
  ];
  const bytes = await binaryOf(clients[0]!, select);
  if (bytes !== null) exchanges.push({ about: 'binary parameter', send: run(echo, [bytes], 1) });
  for (const { about, send } of exchanges) {
    const answers = await Promise.all(clients.map(client => answer(client, send)));
    tried += 1;
    for (const other of answers.slice(1)) {
      assert.deepEqual(other, answers[0], `${type} ${literal}: ${about}`);
    }
  }
}

function run(sql: string, values: readonly (string | Buffer)[], format: number): Buffer {
  const formats = values.map(value => (typeof value === 'string' ? 0 : 1));
  return Buffer.concat([
    parse('', sql),
    bind({ values, parameterFormats: formats, resultFormats: [format] }),
    describe('S'),
    describe('P'),
    execute(),
    sync,
  ]);
}

/** The value's bytes as a server writes them; null where the type has no binary form. */
async function binaryOf(client: RawClient, select: string): Promise<Buffer | null> {
  client.send(run(select, [], 1));
  const row = (await client.until('Z')).find(({ type }) => type === 'D');
  return row === undefined ? null : row.body.subarray(6);
}

async function answer(client: RawClient, send: Buffer): Promise<string[]> {
  client.send(send);
  const transcript = new Transcript();
  return (await client.until('Z')).map(message => transcript.line(message));
}

function typeLines(): TypeLine[] {
  const text = readFileSync(join(import.meta.dirname, 'types.txt'), 'utf8');
  return text
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('-- '))
    .map(line => {
      const [name = '', ...literals] = line.split(/ \|\| ?/);
      return { name, literals };
    });
}
