// `-d` on the command line: what a URL says, what it leaves out, and what is wrong with it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ConfigInput, loadConfig, readConfig } from '../../src/config/load-config.ts';
import { formatProblem } from '../../src/config/problem.ts';

function input(databaseUrls: readonly string[], env: Record<string, string> = {}): ConfigInput {
  return { configPath: null, usersPath: null, databaseUrls, env };
}

function errorsOf(...urls: string[]): string[] {
  return readConfig(input(urls)).errors.map(formatProblem);
}

test('a URL gives a database and a user who logs in on both sides with its password', () => {
  const { config } = loadConfig(input(['postgresql://al%40ice:s%3Aecret@[::1]:5441/shop']));
  const [server] = config.databases.get('shop')!.shards[0]!.servers;
  assert.equal(server!.host, '::1');
  assert.equal(server!.port, 5441);
  assert.equal(server!.databaseName, 'shop');
  assert.equal(config.users[0]!.name, 'al@ice');
  assert.deepEqual(config.users[0]!.passwords, ['s:ecret']);
  assert.deepEqual(config.users[0]!.databases, ['shop']);
});

test('what a URL leaves out is what PgDog takes', () => {
  const { config } = loadConfig(input(['postgres://'], { USER: 'eve' }));
  const [server] = config.databases.get('postgres')!.shards[0]!.servers;
  assert.equal(
    `${server!.host}:${server!.port}/${server!.databaseName}`,
    '127.0.0.1:5432/postgres',
  );
  assert.equal(config.users[0]!.name, 'eve');
  assert.deepEqual(config.users[0]!.passwords, ['postgres']);
});

test('URLs of one database are its shards in order, unless they say which', () => {
  const { config } = loadConfig(
    input([
      'postgres://u:p@a/x',
      'postgres://u:p@b/x',
      'postgres://u:p@c/y?shard=0',
      'postgres://u:p@d/x',
    ]),
  );
  const hosts = config.databases.get('x')!.shards.map(shard => shard.servers[0]!.host);
  assert.deepEqual(hosts, ['a', 'b', 'd']);
  assert.equal(config.databases.get('y')!.shards.length, 1);
  assert.equal(config.users.length, 2);
  const explicit = loadConfig(
    input([
      'postgres://u:p@a/x?shard=1',
      'postgres://u:p@b/x?shard=0',
      'postgres://u:p@c/x?role=replica',
    ]),
  ).config;
  const shards = explicit.databases.get('x')!.shards;
  assert.deepEqual(
    shards.map(shard => shard.servers.map(server => server.host)),
    [['b', 'c'], ['a']],
  );
});

test('query parameters of a URL are keys of [[databases]]', () => {
  const { config, warnings } = loadConfig(
    input([
      'postgres://u:p@a/x?database_name=real&user=su&password=sp&pool_size=20&min_pool_size=2' +
        '&statement_timeout=5000&read_only=true&server_lifetime=3600&sslmode=disable',
    ]),
  );
  const [server] = config.databases.get('x')!.shards[0]!.servers;
  assert.equal(server!.databaseName, 'real');
  assert.equal(server!.user, 'su');
  assert.equal(server!.password, 'sp');
  assert.equal(server!.poolSize, 20);
  assert.equal(server!.statementTimeoutMs, 5000);
  assert.equal(server!.readOnly, true);
  assert.deepEqual(warnings.map(formatProblem), [
    'command line: --database-url 1 sslmode: has no effect yet; ' +
      'see tls_verify and others of [general]',
  ]);
});

const notUrl = 'not a PostgreSQL URL; write postgres://user:password@host:port/database';

test('everything wrong with the URLs is told at once, without passwords', () => {
  assert.deepEqual(
    errorsOf(
      'mysql://u:hunter2@a/x',
      'not a url hunter2',
      'postgres://u:%zz@a/x',
      'postgres://u:p@b/x?shard=one&colour=red&host=c',
      'postgres://u:hunter2@d/x?shard=1',
    ),
    [
      `command line: --database-url 1: ${notUrl}`,
      `command line: --database-url 2: ${notUrl}`,
      `command line: --database-url 3: ${notUrl}`,
      'command line: --database-url 4 host: belongs into the URL itself; remove the parameter',
      'command line: --database-url 4 colour: unknown key; remove it',
      'command line: --database-url 4 shard: expected an integer, found "one"; ' +
        'write 0 to 65535 without quotes',
      'command line: --database-url 5: user "u" has another password than in the URL before; ' +
        'add ?user=…&password=… for the servers and use one password for clients',
    ],
  );
});
