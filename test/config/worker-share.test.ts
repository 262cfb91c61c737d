// Shares of the workers: limits on server connections are divided, and add up.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Config } from '../../src/config/config.ts';
import { type PoolSettings, poolSettings } from '../../src/config/topology.ts';
import { shareOf, smallestPool } from '../../src/config/worker-share.ts';
import { loadText, oneDatabase, oneUser } from './write-config.ts';

/** Of every user in every database. */
function pools(config: Config): PoolSettings[] {
  return [...config.databases.values()].flatMap(database =>
    config.users
      .filter(user => user.databases.includes(database.name))
      .flatMap(user =>
        database.shards
          .flatMap(shard => shard.servers)
          .map(server => poolSettings(config, user, database, server)),
      ),
  );
}

const users = `${oneUser}
[[users]]
name = "small"
all_databases = true
password = "x"
pool_size = 4
min_pool_size = 3

[[users]]
name = "large"
all_databases = true
password = "x"
pool_size_primary = 31
min_pool_size_primary = 17
reserve_pool_size = 2
`;

const pgdog = `[general]
default_pool_size = 7
min_pool_size = 5
reserve_pool_size = 5
${oneDatabase}`;

test('the shares of all workers add up to what the files say, and each has a connection', () => {
  const { config } = loadText(pgdog, users);
  const whole = pools(config);
  for (let workers = 1; workers <= 4; workers++) {
    const shares = Array.from({ length: workers }, (_, worker) =>
      pools(shareOf(config, worker, workers)),
    );
    for (const [i, pool] of whole.entries()) {
      for (const name of ['poolSize', 'minPoolSize', 'reservePoolSize'] as const) {
        const parts = shares.map(share => share[i]![name]);
        assert.equal(
          parts.reduce((sum, part) => sum + part),
          pool[name],
          `${name} of pool ${i} as ${parts}`,
        );
        assert.ok(Math.max(...parts) - Math.min(...parts) <= 1);
      }
      assert.ok(shares.every(share => share[i]!.poolSize >= 1));
      assert.ok(shares.every(share => share[i]!.minPoolSize <= share[i]!.poolSize));
    }
  }
});

test('one worker has the whole configuration, and nothing but sizes is divided', () => {
  const { config } = loadText(pgdog, users);
  assert.equal(shareOf(config, 0, 1), config);
  const share = shareOf(config, 1, 2);
  assert.equal(share.general.maxClientConn, config.general.maxClientConn);
  assert.equal(share.general.queryCacheLimit, config.general.queryCacheLimit);
  assert.equal(share.general.fanOutConnections, config.general.fanOutConnections / 2);
  assert.equal(shareOf(config, 30, 31).general.fanOutConnections, 1);
  const without = ({
    poolSize: _,
    minPoolSize: _min,
    reservePoolSize: _reserve,
    ...rest
  }: PoolSettings) => rest;
  assert.deepEqual(pools(share).map(without), pools(config).map(without));
});

test('the smallest pool is named', () => {
  const smallest = (pgdogText: string, usersText = users) =>
    smallestPool(loadText(pgdogText, usersText).config);
  assert.deepEqual(smallest(pgdog), { size: 4, user: 'small', database: 'shop' });
  assert.deepEqual(smallest(`${oneDatabase}pool_size = 3\n`, oneUser)?.size, 3);
  const unlisted = `[general]\npassthrough_auth = "enabled_plain"\ndefault_pool_size = 2\n`;
  assert.deepEqual(smallest(unlisted + oneDatabase, `${oneUser}pool_size = 5\n`), {
    size: 2,
    user: null,
    database: 'shop',
  });
});
