// Settings of pools: which of [general], database, user and role wins.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  clientTimeouts,
  databaseClientsMax,
  userClientsMax,
} from '../../src/config/client-limits.ts';
import { poolSettings } from '../../src/config/topology.ts';
import { loadText, oneDatabase, oneUser } from './write-config.ts';

function settingsOf(pgdog: string, users = oneUser) {
  const { config } = loadText(pgdog, users);
  const database = config.databases.get('shop')!;
  return poolSettings(config, config.users[0]!, database, database.shards[0]!.servers[0]!);
}

test('a pool has the settings of [general] where nothing overrides them', () => {
  assert.deepEqual(settingsOf(oneDatabase), {
    poolSize: 10,
    minPoolSize: 1,
    reservePoolSize: 0,
    reservePoolTimeoutMs: 1_000,
    pipelineDepth: 16,
    poolerMode: 'transaction',
    idleTimeoutMs: 60_000,
    serverLifetimeMs: 86_400_000,
    serverLifetimeJitterMs: 0,
    checkoutTimeoutMs: 5_000,
    connectTimeoutMs: 5_000,
    connectAttempts: 1,
    connectAttemptDelayMs: 0,
    rollbackTimeoutMs: 5_000,
    connectionRecovery: 'recover',
    healthcheckIntervalMs: 30_000,
    healthcheckTimeoutMs: 5_000,
    statementTimeoutMs: null,
    lockTimeoutMs: null,
    readOnly: false,
    serverUser: 'alice',
    serverPasswords: ['secret'],
  });
});

test('the user overrides the database, the database overrides [general]', () => {
  const database = `[general]
default_pool_size = 7
idle_timeout = 1
${oneDatabase}pool_size = 8
idle_timeout = 2
statement_timeout = 100
lock_timeout = 0
read_only = true
`;
  const user = `${oneUser}pool_size = 9\nread_only = false\nserver_lifetime = 3\n`;
  assert.equal(settingsOf(database).poolSize, 8);
  const settings = settingsOf(database, user);
  assert.equal(settings.poolSize, 9);
  assert.equal(settings.idleTimeoutMs, 2);
  assert.equal(settings.statementTimeoutMs, 100);
  assert.equal(settings.lockTimeoutMs, 0);
  assert.equal(settings.readOnly, false);
  assert.equal(settings.serverLifetimeMs, 3);
});

test('a setting for primaries goes before the plain one beside it', () => {
  const database = `${oneDatabase}pool_size = 8\npool_size_primary = 6\npool_size_replica = 5\n`;
  assert.equal(settingsOf(database).poolSize, 6);
  assert.equal(settingsOf(database, `${oneUser}pool_size = 9\n`).poolSize, 9);
  assert.equal(settingsOf(`${oneDatabase}idle_timeout_primary = 4\n`).idleTimeoutMs, 4);
});

test('a pool smaller than the least size keeps no more than it may have', () => {
  const general = `[general]\nmin_pool_size = 5\n${oneDatabase}`;
  const settings = settingsOf(general, `${oneUser}pool_size = 2\n`);
  assert.deepEqual([settings.minPoolSize, settings.poolSize], [2, 2]);
});

test('credentials of the database come before those of the user, server_user before name', () => {
  const own = settingsOf(oneDatabase, `${oneUser}server_user = "app"\nserver_password = "x"\n`);
  assert.deepEqual([own.serverUser, own.serverPasswords], ['app', ['x']]);
  const database = `${oneDatabase}user = "root"\npassword = "y"\n`;
  const theirs = settingsOf(database, `${oneUser}server_user = "app"\nserver_password = "x"\n`);
  assert.deepEqual([theirs.serverUser, theirs.serverPasswords], ['root', ['y']]);
  const several = settingsOf(oneDatabase, `${oneUser}passwords = ["new", "secret"]\n`);
  assert.deepEqual(several.serverPasswords, ['secret', 'new']);
});

test('limits of clients: of the user, of the database, of [general]', () => {
  const pgdog = `[general]
max_user_client_connections = 5
max_db_client_connections = 6
query_timeout = 100
client_idle_timeout = 200
${oneDatabase}max_db_client_connections = 7
reserve_pool_size = 3
`;
  const user = `${oneUser}max_user_client_connections = 8
query_timeout = 300
checkout_timeout = 400
`;
  const { config } = loadText(pgdog, user);
  const [database, alice] = [config.databases.get('shop')!, config.users[0]!];
  assert.equal(databaseClientsMax(config.general, database), 7);
  assert.equal(userClientsMax(config.general, alice), 8);
  const { queryTimeoutMs, clientIdleTimeoutMs } = clientTimeouts(config.general, alice);
  assert.deepEqual([queryTimeoutMs, clientIdleTimeoutMs], [300, 200]);
  const settings = settingsOf(pgdog, user);
  assert.deepEqual([settings.checkoutTimeoutMs, settings.reservePoolSize], [400, 3]);
  const plain = loadText(oneDatabase, oneUser).config;
  assert.equal(userClientsMax(plain.general, plain.users[0]!), Infinity);
  assert.equal(databaseClientsMax(plain.general, plain.databases.get('shop')!), Infinity);
});
