// No route misses a shard: random schemas, keys and predicates, each statement's route against one
// PostgreSQL that answers with the rows of those shards only (soundness/answer-oracle.ts).
// `npm run test:routing -- --seed 7 --statements 100000` for more of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestDatabase } from '../support/cluster.ts';
import { checkRoutes, reportLines } from './soundness/check-routes.ts';

const seed = Number(process.env.SEED ?? 20_261_121);
const count = Number(process.env.COUNT ?? 2000);

test(`the shards of a route hold every row that counts (seed ${seed})`, async t => {
  const database = await createTestDatabase('soundness', 1);
  try {
    const report = await checkRoutes(database.oracle, { seed, count });
    for (const line of reportLines(report)) t.diagnostic(line);
    assert.ok(report.violations.length === 0, `\n${report.violations.join('\n\n')}\n`);
    assert.ok(report.single > count / 10 && report.several > count / 20);
    assert.ok(report.errors < count / 4, `${report.errors} errors`);
  } finally {
    await database.drop();
  }
});
