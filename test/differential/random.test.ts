// Random statements on one PostgreSQL and through PgPack on 1, 3 and 4 shards.
//   SEED=7 COUNT=5000 node --test test/differential/random.test.ts
//   node test/differential/random.test.ts --seed 7 --count 5000 --from 120
// `--from` (FROM) starts the sequence further on, at the number that a failure tells.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { parseArgs } from 'node:util';
import type { Case } from './case-file.ts';
import { difference, isRefusal } from './compare.ts';
import { type Mode, modes } from './modes.ts';
import { checkSelects, everywhere, reportLines } from './random/check-selects.ts';
import { caseOf, emptyClauses } from './random/clauses.ts';
import { type Shops, startShops } from './shops.ts';
import { randomTransaction } from './statement-generator.ts';
import { events, forms, tenants } from './worlds/worlds.ts';

const { values } = parseArgs({
  options: { seed: { type: 'string' }, count: { type: 'string' }, from: { type: 'string' } },
  strict: false,
});
const setting = (name: string, otherwise: number): number =>
  Number(values[name] ?? process.env[name.toUpperCase()] ?? otherwise);
const seed = setting('seed', 20_261_121);
const count = setting('count', 300);
const from = setting('from', 0);

let shops: Shops;

before(async () => {
  shops = await startShops('random', [events, tenants, forms], [1, 3, 4]);
});

after(() => shops?.close());

test(`random statements give what one PostgreSQL gives (seed ${seed})`, async t => {
  const report = await checkSelects(shops, { seed, count, from });
  for (const line of reportLines(report)) t.diagnostic(line);
  assert.ok(report.wrong.length === 0, `\n${report.wrong.join('\n\n')}\n`);
  assert.ok(report.answered > 0 && report.errors < count / 4, reportLines(report).join('\n'));
});

test(`random transactions change what they change on one PostgreSQL (seed ${seed})`, async t => {
  const problems: string[] = [];
  let refused = 0;
  for (let index = from; index < from + count / 5 && problems.length < 20; index++) {
    const mode = modes[index % 3]!;
    for (const one of randomTransaction(seed, index)) {
      const [expected = [], ...answers] = await everywhere(shops, one, mode);
      if (answers.some(isRefusal)) {
        // The whole transaction is left on all of them, so that their rows stay the same.
        refused++;
        await everywhere(shops, { ...one, sql: 'ROLLBACK' }, 'simple');
        break;
      }
      for (const [position, got] of answers.entries()) {
        const { shards } = shops.endpoints[position]!;
        problems.push(...wrong(one, mode, shards, difference(got, expected, one)));
      }
    }
  }
  for (const sql of ['SELECT * FROM users', 'SELECT * FROM orders', 'SELECT * FROM payments']) {
    const one = { ...caseOf(emptyClauses), sql };
    const [expected = [], ...answers] = await everywhere(shops, one, 'simple');
    for (const [position, got] of answers.entries()) {
      const { shards } = shops.endpoints[position]!;
      problems.push(...wrong(one, 'simple', shards, difference(got, expected, one)));
    }
  }
  t.diagnostic(`seed ${seed}: ${Math.ceil(count / 5)} transactions, ${refused} with a refusal`);
  assert.ok(problems.length === 0, `\n${problems.join('\n\n')}\n`);
});

function wrong(one: Case, mode: Mode, shards: number, found: string | null): string[] {
  if (found === null) return [];
  return [`seed ${seed}, number ${one.line}, ${shards} shards, ${mode}\n  ${one.sql}\n  ${found}`];
}
