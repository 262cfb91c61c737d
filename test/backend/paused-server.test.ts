// A server connection whose reading is paused when it comes back: whoever read it last waited for his
// client behind the very last answer.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import PQueue from 'p-queue';
import { internalQuery } from '../../src/backend/internal-query.ts';
import { Pool } from '../../src/backend/pool.ts';
import { openServer } from '../../src/backend/server-login.ts';
import { createTestDatabase, type TestDatabase } from '../support/cluster.ts';

const minuteMs = 60_000;

const limits = {
  poolSize: 1,
  minPoolSize: 0,
  reservePoolSize: 0,
  reservePoolTimeoutMs: minuteMs,
  checkoutTimeoutMs: minuteMs,
  idleTimeoutMs: minuteMs,
  serverLifetimeMs: minuteMs,
  serverLifetimeJitterMs: 0,
  rollbackTimeoutMs: minuteMs,
  connectionRecovery: 'recover',
  healthcheckIntervalMs: minuteMs,
  healthcheckTimeoutMs: minuteMs,
  pipelineDepth: 1,
} as const;

const login = {
  connectTimeoutMs: minuteMs,
  connectAttempts: 1,
  connectAttemptDelayMs: 0,
  parameters: new Map<string, string>(),
  messageBytesMax: 1_000_000,
  preparedStatementsMax: 10,
  keepAlive: { enabled: false, timeMs: 0, intervalMs: 0, retries: 0 },
};

let database: TestDatabase;

before(async () => {
  database = await createTestDatabase('paused_server', 1);
});

after(() => database.drop());

test('a connection that comes back paused answers whoever gets it next', async () => {
  const { host, port, user, password, database: name } = database.shards[0]!;
  const address = { shard: 0, host, port, database: name, user, passwords: [password] };
  const pool = new Pool(address, limits, at => openServer(at, login), new PQueue());
  try {
    const first = await pool.acquire();
    first.transport.pause();
    pool.release(first);
    const next = await pool.acquire();
    assert.equal(next, first);
    // Without an answer the query is rejected then.
    const patience = setTimeout(() => next.destroy(), 10_000);
    assert.deepEqual(await internalQuery(next, 'SELECT 1'), [['1']]);
    clearTimeout(patience);
    pool.release(next);
  } finally {
    pool.destroy();
  }
});
