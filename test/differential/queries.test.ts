// Every query of the corpus on one PostgreSQL and through PgPack on 1 to 4 shards, in every way
// the protocol has. `REWRITE=1` writes what is refused today into the corpus; `ONLY=text` runs
// the cases that contain it.

import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { createTestDatabase, type TestDatabase } from '../support/cluster.ts';
import type { PgPack } from '../support/pgpack.ts';
import { type Case, readCases, writeRefusals } from './case-file.ts';
import { difference, isRefusal } from './compare.ts';
import { modesOf, runCase } from './modes.ts';
import { loadShop, startShop } from './shop.ts';
import { type Exchange, WireClient } from './wire-client.ts';

interface Endpoint {
  readonly shards: number;
  readonly database: TestDatabase;
  readonly pgpack: PgPack;
  readonly client: WireClient;
}

const endpoints: Endpoint[] = [];
let oracle: WireClient;
let oracleDatabase: TestDatabase;

before(async () => {
  for (const shards of [1, 2, 3, 4]) {
    const database = await createTestDatabase('queries', shards);
    const pgpack = await startShop(database);
    const client = await WireClient.connect(pgpack.address);
    await loadShop(client);
    endpoints.push({ shards, database, pgpack, client });
  }
  oracleDatabase = endpoints[0]!.database;
  oracle = await WireClient.connect(oracleDatabase.oracle);
  await loadShop(oracle);
});

after(async () => {
  oracle?.close();
  for (const { client, pgpack, database } of endpoints) {
    client.close();
    await pgpack.close();
    await database.drop();
  }
});

const only = process.env.ONLY ?? '';
let total = 0;
let refusals = 0;

for (const name of globSync('*.sql', { cwd: new URL('./queries/', import.meta.url) }).sort()) {
  test(`queries/${name}: PgPack answers as one PostgreSQL or refuses what is listed`, async () => {
    const path = new URL(`./queries/${name}`, import.meta.url);
    const problems: string[] = [];
    const refused = new Map<number, readonly number[]>();
    for (const one of readCases(path).filter(({ sql }) => sql.includes(only))) {
      const found = await refusedShards(one, problems);
      refused.set(one.line, found);
      total++;
      if (found.length > 0) refusals++;
      if (process.env.REWRITE === '1' || found.join() === one.refused.join()) continue;
      problems.push(`${at(one)} refused with [${found}] shards, listed [${one.refused}]`);
    }
    if (process.env.REWRITE === '1' && only === '') writeRefusals(path, refused);
    assert.equal(problems.join('\n\n'), '');
  });
}

test('the count of refused queries is told', t => {
  t.diagnostic(`${refusals} of ${total} queries refused across shards`);
  assert.ok(refusals < total || only !== '');
});

/** Numbers of shards with which the case is refused; differences go to `problems`. */
async function refusedShards(one: Case, problems: string[]): Promise<number[]> {
  const refused = new Set<number>();
  for (const mode of modesOf(one)) {
    const expected = await runCase(oracle, one, mode);
    for (const { shards, client } of endpoints) {
      const got = await runCase(client, one, mode);
      if (isRefusal(got) && !isRefusal(expected)) {
        refused.add(shards);
        if (process.env.SHOW === '1') console.log(`${at(one)} ${shards} ${mode}: ${refusalOf(got)}`);
        continue;
      }
      const found = difference(got, expected, one);
      if (found !== null) problems.push(`${at(one)} on ${shards} shards, ${mode}\n  ${found}`);
    }
  }
  return [...refused].sort();
}

function refusalOf(exchanges: readonly Exchange[]): string {
  const answers = exchanges.flatMap(exchange => exchange.answers);
  return answers.find(answer => answer.error !== null)?.error?.M ?? '';
}

function at(one: Case): string {
  return `${one.file}:${one.line} ${one.sql}`;
}
