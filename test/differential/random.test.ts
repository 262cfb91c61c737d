// Random statements on one PostgreSQL and through PgPack on 1 to 4 shards.
//   SEED=7 COUNT=5000 node --test test/differential/random.test.ts
//   node test/differential/random.test.ts --seed 7 --count 5000 --from 120
// `--from` (FROM) starts the sequence further on, at the number that a failure tells.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { parseArgs } from 'node:util';
import type { Case } from './case-file.ts';
import { difference, isRefusal } from './compare.ts';
import { type Mode, modes, runCase } from './modes.ts';
import { type Shops, startShops } from './shops.ts';
import { randomCase, randomTransaction } from './statement-generator.ts';
import type { Exchange } from './wire-client.ts';

const { values } = parseArgs({
  options: { seed: { type: 'string' }, count: { type: 'string' }, from: { type: 'string' } },
  strict: false,
});
const setting = (name: string, otherwise: number): number =>
  Number(values[name] ?? process.env[name.toUpperCase()] ?? otherwise);
const seed = setting('seed', 20_261_121);
const count = setting('count', 800);
const from = setting('from', 0);

let shops: Shops;

before(async () => {
  shops = await startShops('random');
});

after(() => shops?.close());

test(`random statements give what one PostgreSQL gives (seed ${seed})`, async t => {
  const problems: string[] = [];
  let refused = 0;
  let errors = 0;
  for (let index = from; index < from + count && problems.length < 20; index++) {
    const one = randomCase(seed, index);
    const mode = modes[index % modes.length]!;
    const [expected = [], ...answers] = await everywhere(one, mode);
    if (expected.some(({ answers: all }) => all.some(({ error }) => error !== null))) errors++;
    for (const [position, got] of answers.entries()) {
      const { shards } = shops.endpoints[position]!;
      if (shards > 1 && isRefusal(got)) refused++;
      else problems.push(...wrong(one, mode, shards, difference(got, expected, one)));
    }
  }
  t.diagnostic(`seed ${seed}: ${count} statements on 2, 3 and 4 shards, ${refused} refused`);
  t.diagnostic(`${errors} of the statements are errors on PostgreSQL too`);
  assert.ok(problems.length === 0, `\n${problems.join('\n\n')}\n`);
  assert.ok(refused < count && errors < count / 4, `${refused} refused, ${errors} errors`);
});

test(`random transactions change what they change on one PostgreSQL (seed ${seed})`, async t => {
  const problems: string[] = [];
  let refused = 0;
  for (let index = from; index < from + count / 10 && problems.length < 20; index++) {
    const mode = modes[index % 3]!;
    for (const one of randomTransaction(seed, index)) {
      const [expected = [], ...answers] = await everywhere(one, mode);
      if (answers.some(isRefusal)) {
        // The whole transaction is left on all of them, so that their rows stay the same.
        refused++;
        await everywhere({ ...one, sql: 'ROLLBACK' }, 'simple');
        break;
      }
      for (const [position, got] of answers.entries()) {
        const { shards } = shops.endpoints[position]!;
        problems.push(...wrong(one, mode, shards, difference(got, expected, one)));
      }
    }
  }
  for (const sql of ['SELECT * FROM users', 'SELECT * FROM orders', 'SELECT * FROM payments']) {
    const one = { ...randomCase(seed, 0), sql, compare: 'rows', ordered: [] } as const;
    const [expected = [], ...answers] = await everywhere(one, 'simple');
    for (const [position, got] of answers.entries()) {
      const { shards } = shops.endpoints[position]!;
      problems.push(...wrong(one, 'simple', shards, difference(got, expected, one)));
    }
  }
  t.diagnostic(`seed ${seed}: ${Math.ceil(count / 10)} transactions, ${refused} with a refusal`);
  assert.ok(problems.length === 0, `\n${problems.join('\n\n')}\n`);
});

/** The oracle's answer, then those of 1, 2, 3 and 4 shards. */
function everywhere(one: Case, mode: Mode): Promise<Exchange[][]> {
  const clients = [shops.oracle, ...shops.endpoints.map(({ client }) => client)];
  return Promise.all(clients.map(client => runCase(client, one, mode)));
}

function wrong(one: Case, mode: Mode, shards: number, found: string | null): string[] {
  if (found === null) return [];
  return [`seed ${seed}, number ${one.line}, ${shards} shards, ${mode}\n  ${one.sql}\n  ${found}`];
}
