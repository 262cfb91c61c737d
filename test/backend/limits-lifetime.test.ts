// The age at which server connections are replaced: server_lifetime, spread by its jitter so that
// connections that were opened together do not go together.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import PQueue from 'p-queue';
import { Pool } from '../../src/backend/pool.ts';
import type { PoolLimits } from '../../src/backend/pool-limits.ts';
import type { ServerConnection } from '../../src/backend/server-connection.ts';

const address = { shard: 0, host: 'h', port: 1, database: 'd', user: 'u', passwords: [] };

const limits: PoolLimits = {
  poolSize: 50,
  minPoolSize: 50,
  reservePoolSize: 0,
  reservePoolTimeoutMs: 1_000,
  checkoutTimeoutMs: 1_000,
  idleTimeoutMs: Number.POSITIVE_INFINITY,
  serverLifetimeMs: 100_000,
  serverLifetimeJitterMs: 20_000,
  rollbackTimeoutMs: 1_000,
  connectionRecovery: 'recover',
  healthcheckIntervalMs: Number.POSITIVE_INFINITY,
  healthcheckTimeoutMs: 1_000,
  pipelineDepth: 1,
};

const connectedAtMs = 1_000_000_000_000_000;

/** As far as a pool looks at a connection that nobody uses. */
function connection(since = connectedAtMs): ServerConnection {
  const server = {
    closed: false,
    clean: true,
    cancelling: false,
    transport: { resume: () => {} },
    connectedAtMs: since,
    closeNeeded: false,
    stats: {},
    onClosed: () => {},
    close() {
      server.closed = true;
      server.onClosed();
    },
  };
  return server as unknown as ServerConnection;
}

test('connections end at server_lifetime, give or take server_lifetime_jitter', async t => {
  const queue = new PQueue();
  const pool = new Pool(address, limits, async () => connection(), queue);
  pool.maintain(connectedAtMs);
  await queue.onIdle();
  await new Promise(resolve => setImmediate(resolve));
  const ends = [...pool.servers].map(server => server.lifetimeEndMs - connectedAtMs);
  assert.equal(ends.length, 50);
  for (const end of ends) assert.ok(end >= 80_000 && end <= 120_000, `${end} ms`);
  t.diagnostic(`from ${Math.round(Math.min(...ends))} to ${Math.round(Math.max(...ends))} ms`);
  assert.ok(new Set(ends).size > 40, 'they are spread');
});

test('a connection whose lifetime is over before its first use serves once', async () => {
  let opened = 0;
  const short = { ...limits, minPoolSize: 0, serverLifetimeMs: 0, serverLifetimeJitterMs: 0 };
  const connect = async () => {
    opened += 1;
    return connection(0);
  };
  const pool = new Pool(address, short, connect, new PQueue());
  const first = await pool.acquire();
  pool.release(first);
  assert.ok(first.closed, 'nobody gets it again');
  const second = await pool.acquire();
  assert.notEqual(second, first);
  assert.equal(opened, 2);
});
