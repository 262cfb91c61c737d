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
import { randomCase } from './statement-generator.ts';

const { values } = parseArgs({
  options: { seed: { type: 'string' }, count: { type: 'string' }, from: { type: 'string' } },
  strict: false,
});
const setting = (name: string, otherwise: number): number =>
  Number(values[name] ?? process.env[name.toUpperCase()] ?? otherwise);
const seed = setting('seed', 20_261_121);
const count = setting('count', 1500);
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
    const [expected = [], ...answers] = await Promise.all(
      [shops.oracle, ...shops.endpoints.map(({ client }) => client)].map(client =>
        runCase(client, one, mode),
      ),
    );
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

function wrong(one: Case, mode: Mode, shards: number, found: string | null): string[] {
  if (found === null) return [];
  return [`seed ${seed}, number ${one.line}, ${shards} shards, ${mode}\n  ${one.sql}\n  ${found}`];
}
