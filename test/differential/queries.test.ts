// Every query of the corpus on one PostgreSQL and through PgPack on 3 shards, in two ways that the
// protocol has, and on 1, 2 or 4 (`ALL=1`: in every way on all). `REWRITE=1` writes what is refused
// today into the corpus, `FILES=regexp` takes only files of such names, `ONLY=text` runs the cases
// that contain it, `SHOW=1` tells the refusals, `SHARDS=3` and `ROWS=1000000` take other numbers of
// shards and of analytics rows.

import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { type Case, readCases, writeRefusals } from './case-file.ts';
import { difference, isRefusal } from './compare.ts';
import { copiedCase } from './copied.ts';
import { agreesWithList, type Mode, modesOf, runCase, sampledModes } from './modes.ts';
import { type Shops, startShops } from './shops.ts';
import type { Exchange, WireClient } from './wire-client.ts';
import { star, wide } from './worlds/analytics.ts';
import { events, forms, tenants } from './worlds/worlds.ts';

const only = process.env.ONLY ?? '';
const files = new RegExp(process.env.FILES ?? '');
const shardCounts = (process.env.SHARDS ?? '1 2 3 4').split(' ').map(Number);

let shops: Shops;

before(async () => {
  shops = await startShops('queries', [events, tenants, forms, star, wide], shardCounts);
});

after(() => shops?.close());

let total = 0;
let refusals = 0;

const names = globSync('*.sql', { cwd: new URL('./queries/', import.meta.url) }).sort();

for (const name of names.filter(one => files.test(one))) {
  test(`queries/${name}: PgPack answers as one PostgreSQL or refuses what is listed`, async () => {
    const path = new URL(`./queries/${name}`, import.meta.url);
    const problems: string[] = [];
    const refused = new Map<number, readonly number[]>();
    for (const one of readCases(path).filter(({ sql }) => sql.includes(only))) {
      const found = await refusedShards(one, problems);
      refused.set(one.line, found);
      total++;
      if (found.length > 0) refusals++;
      const ran = (shards: number): boolean => shardCounts.includes(shards);
      if (process.env.REWRITE === '1' || agreesWithList(found, one.refused, ran)) continue;
      problems.push(`${at(one)} refused with [${found}] shards, listed [${one.refused}]`);
    }
    if (process.env.REWRITE === '1' && only === '') writeRefusals(path, refused);
    assert.ok(problems.length === 0, `\n${problems.join('\n\n')}\n`);
  });
}

const copiedOf = process.env.ALL === '1' ? 1 : 20;

test(`one of ${copiedOf} queries is copied to STDOUT as by one PostgreSQL`, async () => {
  const problems: string[] = [];
  let copied = 0;
  for (const name of names.filter(one => files.test(one))) {
    const cases = readCases(new URL(`./queries/${name}`, import.meta.url));
    for (const one of cases.map(each => copiedCase(each, copiedOf)).filter(each => each !== null)) {
      if (one.refused.length > 0 || !one.sql.includes(only)) continue;
      const refused = await refusedShards(one, problems);
      if (refused.length > 0) problems.push(`${at(one)} refused with [${refused}] shards`);
      copied++;
    }
  }
  assert.ok(problems.length === 0, `\n${problems.join('\n\n')}\n`);
  assert.ok(copied > 0 || only !== '' || process.env.FILES !== undefined);
});

test('the count of refused queries is told', t => {
  t.diagnostic(`${refusals} of ${total} queries refused across shards`);
  assert.ok(refusals < total || only !== '');
});

/** Numbers of shards with which the case is refused; differences go to `problems`. */
async function refusedShards(one: Case, problems: string[]): Promise<number[]> {
  const all = modesOf(one);
  const those = shops.endpoints.map(({ shards }) => sampledModes(shards, all, one.line));
  const [expected, ...got] = await Promise.all([
    runModes(shops.oracle, one, [...new Set(those.flat())]),
    ...shops.endpoints.map(({ client }, at) => runModes(client, one, those[at]!)),
  ]);
  const refused = new Set<number>();
  const wrong: string[] = [];
  for (const [index, { shards }] of shops.endpoints.entries()) {
    for (const [mode, answer] of got[index]!) {
      const right = expected.get(mode)!;
      if (isRefusal(answer) && !isRefusal(right)) {
        refused.add(shards);
        if (process.env.SHOW === '1') console.log(`${at(one)} ${shards}: ${refusalOf(answer)}`);
        continue;
      }
      const found = difference(answer, right, one);
      if (found !== null) wrong.push(`on ${shards} shards, ${mode}\n  ${found}`);
    }
  }
  if (wrong.length > 0) problems.push(`${at(one)}\n  ${wrong.length} wrong, ${wrong[0]}`);
  return [...refused].sort();
}

async function runModes(
  client: WireClient,
  one: Case,
  those: readonly Mode[],
): Promise<Map<Mode, Exchange[]>> {
  const exchanges = new Map<Mode, Exchange[]>();
  for (const mode of those) exchanges.set(mode, await runCase(client, one, mode));
  return exchanges;
}

function refusalOf(exchanges: readonly Exchange[]): string {
  const answers = exchanges.flatMap(exchange => exchange.answers);
  return answers.find(answer => answer.error !== null)?.error?.M ?? '';
}

function at(one: Case): string {
  return `${one.file}:${one.line} ${one.sql}`;
}
