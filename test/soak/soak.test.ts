// The soak of `run.ts`, short: eight seconds with few clients. It has servers of its own, since it
// restarts them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runSoak } from './soak.ts';

const seed = Number(process.env['SOAK_SEED'] ?? Date.now() % 1_000_000);

test('clients that come, go, die and cancel leave nothing behind; no write is lost', async t => {
  const report = await runSoak({
    ...{ seconds: 8, clients: 40, seed },
    say: line => t.diagnostic(line),
  });
  assert.deepEqual(report.problems, [], `again: SOAK_SEED=${seed}`);
  assert.ok(report.actions > 0 && report.committed > 0);
});
