// Order and equality of text where the database's own collation is a linguistic one: ICU's en-US on
// three shards and on the oracle. `REWRITE=1` writes what is refused today into the corpus.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createTestDatabase, type TestDatabase } from '../support/cluster.ts';
import { type PgPack, startPgPack } from '../support/pgpack.ts';
import { readCases, writeRefusals } from './case-file.ts';
import { difference, isRefusal } from './compare.ts';
import { runCase } from './modes.ts';
import { WireClient } from './wire-client.ts';
import { at, loadWorld, times, type World } from './worlds/world.ts';

const texts = ['a', 'B', 'b', 'Z', 'é', 'e', 'E', null, '', 'zebra', 'co-op', 'coop', 'Ångström'];

const words: World = {
  schema: `
    CREATE TABLE words (
      id bigint PRIMARY KEY, w text, v varchar(20), c char(10), n int, nm name, b text COLLATE "C"
    );
    CREATE TABLE labels (k text PRIMARY KEY, label text)`,
  sharded: ['words.id', 'labels.k varchar'],
  omnisharded: [],
  rows: {
    words: times(44, n => [
      ...[n * 3, at(texts, n), at(texts, n * 5 + 2), at(texts, n * 3 + 1), n],
      ...[at(['name', 'Name', 'éname', null], n), at(texts, n * 2)],
    ]),
    labels: () => texts.flatMap((text, n) => (text === null ? [] : [[text, `label ${n}`]])),
  },
};

let database: TestDatabase;
let pgpack: PgPack;
let client: WireClient;
let oracle: WireClient;

before(async () => {
  const locale = `TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'`;
  database = await createTestDatabase('collations', 3, locale);
  await database.runEverywhere(words.schema);
  pgpack = await startPgPack({ database, ...words });
  client = await WireClient.connect(pgpack.address);
  oracle = await WireClient.connect(database.oracle);
  await loadWorld(words, [client, oracle]);
});

after(async () => {
  await pgpack?.close();
  await database?.drop();
});

test('text is ordered as a database of ICU en-US orders it, or refused as listed', async () => {
  const path = new URL('./collations.sql', import.meta.url);
  const problems: string[] = [];
  const refused = new Map<number, readonly number[]>();
  for (const one of readCases(path)) {
    for (const mode of ['simple', 'binary'] as const) {
      const got = await runCase(client, one, mode);
      const expected = await runCase(oracle, one, mode);
      if (isRefusal(got)) refused.set(one.line, [3]);
      else {
        const found = difference(got, expected, one);
        if (found !== null) problems.push(`${one.line} ${one.sql}, ${mode}\n  ${found}`);
      }
    }
    if (process.env.REWRITE === '1') continue;
    const now = refused.get(one.line) ?? [];
    if (now.join() === one.refused.join()) continue;
    problems.push(`${one.line} ${one.sql} refused with [${now}], listed [${one.refused}]`);
  }
  if (process.env.REWRITE === '1') writeRefusals(path, refused);
  assert.ok(problems.length === 0, `\n${problems.join('\n\n')}\n`);
});
