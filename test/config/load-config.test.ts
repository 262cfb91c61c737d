// Both files together: defaults, variables, warnings, and what ends up in the configuration.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { checkConfig } from '../../src/config/check.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { ConfigErrors } from '../../src/config/problem.ts';
import { loadText, oneDatabase, oneUser, problemsOf, twoShards } from './write-config.ts';

const verifier = `SCRAM-SHA-256$4096:c2FsdA==$${'A'.repeat(43)}=:${'B'.repeat(43)}=`;

test("the repository's own pgdog.toml and users.toml are valid and give no warning", () => {
  const input = { configPath: 'pgdog.toml', usersPath: 'users.toml', databaseUrls: [], env: {} };
  assert.deepEqual(checkConfig(input), {
    ok: true,
    lines: ['configuration is valid: 1 database, 3 shards, 1 user'],
  });
  const database = loadConfig(input).config.databases.get('pgpack')!;
  assert.deepEqual(
    database.shards.map(shard => shard.servers.map(server => server.port)),
    [[5440], [5441], [5442]],
  );
  assert.deepEqual(
    database.shardedTables.map(table => `${table.name}.${table.columns} ${table.dataTypes}`),
    ['users.id bigint', 'payments.user_id bigint'],
  );
  assert.deepEqual(database.omnishardedTables, [
    { schema: null, name: 'countries', sticky: false },
  ]);
});

test('what is not written has its default', () => {
  const { config, warnings } = loadText(oneDatabase);
  assert.deepEqual(warnings, []);
  const { general } = config;
  assert.equal(general.host, '0.0.0.0');
  assert.equal(general.port, 6432);
  assert.equal(general.queryTimeoutMs, Number.POSITIVE_INFINITY);
  assert.equal(general.preparedStatementsLimit, Number.POSITIVE_INFINITY);
  assert.equal(general.querySizeLimit, null);
  assert.equal(general.maxClientConn, 10_000);
  assert.equal(general.messageSizeLimit, 2 ** 30 - 1);
  assert.equal(general.mergeMemoryLimit, 256 * 2 ** 20);
  assert.equal(config.tcp.keepalive, true);
  assert.equal(config.multiTenant, null);
  assert.equal(config.vault, null);
});

test('the password of the admin is random unless it is written', () => {
  const first = loadText(oneDatabase).config.admin.password;
  assert.match(first, /^_pgpack_[\da-f]{24}$/);
  assert.notEqual(loadText(oneDatabase).config.admin.password, first);
  const users = `${oneUser}[admin]\npassword = "known"\n`;
  assert.equal(loadText(oneDatabase, users).config.admin.password, 'known');
});

test('[admin] in both files is an error that names the other place', () => {
  const { errors } = problemsOf(`[admin]\nname = "a"\n${oneDatabase}`, `${oneUser}[admin]\n`);
  assert.deepEqual(errors, [
    'users.toml:6: admin: is also in pgdog.toml (line 1); remove one of them',
  ]);
});

test('a variable gives the default, and the file wins over it', () => {
  const env = {
    PGDOG_PORT: '7000',
    PGDOG_CHECKOUT_TIMEOUT: '1',
    PGDOG_CLIENT_LOG_TIMEOUT: '123',
    PGDOG_SCHEMA_RELOAD_ON_DDL: 'false',
    PGDOG_AUTH_TYPE: 'MD5',
    PGDOG_CONNECTION_RECOVERY: 'rollbackonly',
    PGDOG_LOG_CONNECTIONS: '0',
    PGPACK_MAX_CLIENT_CONN: '5',
    PGDOG_QUERY_TIMEOUT: '18446744073709551615',
    PGDOG_TLS_CERTIFICATE: '',
    RUST_LOG: 'pgdog=trace,debug',
  };
  const { config } = loadText(`[general]\ncheckout_timeout = 2\n${oneDatabase}`, oneUser, env);
  const { general } = config;
  assert.equal(general.port, 7000);
  assert.equal(general.checkoutTimeoutMs, 2);
  assert.equal(general.clientLoginTimeoutMs, 123);
  assert.equal(general.reloadSchemaOnDdl, false);
  assert.equal(general.authType, 'md5');
  assert.equal(general.connectionRecovery, 'rollback_only');
  assert.equal(general.logConnections, false);
  assert.equal(general.maxClientConn, 5);
  assert.equal(general.queryTimeoutMs, Number.POSITIVE_INFINITY);
  assert.equal(general.tlsCertificate, null);
  assert.equal(general.logLevel, 'debug');
});

test('a variable that is wrong, unknown or without effect is told of', () => {
  const env = { PGDOG_PORT: 'x', PGDOG_PROT: '1', PGDOG_DNS_TTL: '4', PGPACK_XYZ: '1', HOME: '/' };
  assert.deepEqual(problemsOf(oneDatabase, oneUser, env), {
    errors: [
      'environment: PGDOG_PORT: expected an integer, found "x"; write 0 to 65535 without quotes',
    ],
    warnings: [
      'environment: PGDOG_PROT: unknown variable; did you mean "PGDOG_PORT"?',
      'environment: PGPACK_XYZ: unknown variable; it is ignored',
      'environment: PGDOG_DNS_TTL: has no effect yet; PgPack runs as if it were not set',
    ],
  });
});

test('all problems of both files come in one error, by file and line', () => {
  const load = () => loadText('[general]\nport = -1\n', '[[users]]\nnam = "x"\n');
  assert.throws(load, (error: unknown) => {
    assert.ok(error instanceof ConfigErrors);
    assert.deepEqual(
      error.problems.map(({ line, key }) => [line, key]),
      [
        [2, 'general.port'],
        [null, 'databases'],
        [1, 'users[0]'],
        [2, 'users[0].nam'],
      ],
    );
    assert.equal(error.message.split('\n').length, error.problems.length);
    return true;
  });
});

test('a file that cannot be parsed does not hide what is wrong in the other', () => {
  const users = '[[users]]\nname = "x"\ndatabase = "y"\nnam = 1\n';
  const [first, second, ...others] = problemsOf('[general\n', users).errors;
  assert.match(first!, /^pgdog\.toml:1: TOML syntax error at column \d+: /);
  assert.equal(second, 'users.toml:4: users[0].nam: unknown key; did you mean "name"?');
  assert.deepEqual(others, []);
});

test('files that do not exist are named', () => {
  const input = { configPath: '/no/a.toml', usersPath: '/no/b.toml', databaseUrls: [], env: {} };
  const { ok, lines } = checkConfig(input);
  assert.equal(ok, false);
  assert.match(lines[0]!, /^\/no\/a\.toml: the file does not exist; /);
  assert.match(lines[1]!, /^\/no\/b\.toml: the file does not exist; /);
});

test('a byte order mark and Windows line ends do no harm', () => {
  const text = `\uFEFF[general]\r\nport = 1234\r\n${oneDatabase.replaceAll('\n', '\r\n')}`;
  assert.equal(loadText(text).config.general.port, 1234);
});

test('an alias stands for its key', () => {
  assert.equal(
    loadText(`[general]\nmax_pool_size = 33\n${oneDatabase}`).config.general.defaultPoolSize,
    33,
  );
});

test('users may have several databases, all of them, and several passwords', () => {
  const databases = `${oneDatabase}[[databases]]\nname = "blog"\nhost = "10.0.0.9"\n`;
  const users = `${oneUser}databases = ["blog", "shop"]
passwords = ["secret", "next"]

[[users]]
name = "bob"
all_databases = true
password_hash = "${verifier}"
server_password = "x"
`;
  const { config, warnings } = loadText(databases, users);
  assert.deepEqual(config.users[0]!.databases, ['blog', 'shop']);
  assert.deepEqual(config.users[0]!.passwords, ['secret', 'next']);
  assert.deepEqual(config.users[1]!.databases, ['shop', 'blog']);
  assert.equal(config.users[1]!.passwordHash, verifier);
  assert.deepEqual(config.users[1]!.passwords, []);
  assert.deepEqual(warnings, []);
});

test('a user with a verifier only is warned that servers cannot be logged in to with it', () => {
  const users = `[[users]]\nname = "a"\ndatabase = "shop"\npassword_hash = "${verifier}"\n`;
  assert.deepEqual(problemsOf(oneDatabase, users).warnings, [
    'users.toml:4: users[0].password_hash: is not a password for the servers; ' +
      'add server_password, unless the servers store this very verifier or trust PgPack',
  ]);
  assert.deepEqual(problemsOf(`${oneDatabase}password = "x"\n`, users).warnings, []);
  assert.deepEqual(problemsOf(`[general]\nauth_type = "md5"\n${oneDatabase}`, users).errors, [
    'users.toml:4: users[0].password_hash: a SCRAM verifier cannot serve auth_type = "md5"; ' +
      'use auth_type = "scram", or a password',
  ]);
});

test('without a password a user is valid only where clients are trusted', () => {
  const users = '[[users]]\nname = "a"\ndatabase = "shop"\n';
  assert.equal(problemsOf(oneDatabase, users).errors.length, 1);
  assert.deepEqual(problemsOf(`[general]\nauth_type = "trust"\n${oneDatabase}`, users).errors, []);
});

test('replicas stand behind the primary of their shard, with a warning', () => {
  const replica = `[[databases]]\nname = "shop"\nhost = "10.0.0.8"\nrole = "replica"\n`;
  const { config, warnings } = loadText(replica + oneDatabase);
  const [shard] = config.databases.get('shop')!.shards;
  assert.deepEqual(
    shard!.servers.map(server => `${server.role} ${server.host}`),
    ['primary 10.0.0.1', 'replica 10.0.0.8'],
  );
  assert.deepEqual(
    warnings.map(({ line, key, message }) => [line, key, message]),
    [[4, 'databases[0].role', '"replica" has no effect yet']],
  );
});

test('databases for resharding only are not served, and are not missed', () => {
  const target = `[[databases]]\nname = "next"\nhost = "10.0.0.7"\nresharding_only = true\n
[[sharded_tables]]\ndatabase = "next"\nname = "users"\ncolumn = "id"\n`;
  const { config } = loadText(oneDatabase + target, `${oneUser}databases = ["next"]\n`);
  assert.deepEqual([...config.databases.keys()], ['shop']);
  assert.deepEqual(config.users[0]!.databases, ['shop']);
});

test('shards are in the order of their numbers, not of the file', () => {
  const text = twoShards.replace('host = "10.0.0.1"', 'host = "10.0.0.1"\nshard = 2');
  const { config } = loadText(
    `${text}\n[[databases]]\nname = "shop"\nhost = "10.0.0.3"\nshard = 0\n`,
  );
  assert.deepEqual(
    config.databases.get('shop')!.shards.map(({ number, servers }) => [number, servers[0]!.host]),
    [
      [0, '10.0.0.3'],
      [1, '10.0.0.2'],
      [2, '10.0.0.1'],
    ],
  );
});

test('omnisharded tables may name their schema', () => {
  const text = `${oneDatabase}[[omnisharded_tables]]
database = "shop"
tables = ["a", "s.b"]
sticky = true
`;
  const { config, warnings } = loadText(text);
  assert.deepEqual(config.databases.get('shop')!.omnishardedTables, [
    { schema: null, name: 'a', sticky: true },
    { schema: 's', name: 'b', sticky: true },
  ]);
  assert.equal(warnings.length, 1);
});

test('a switch that says what happens anyway gives no warning', () => {
  const text = `[general]
dry_run = false
two_phase_commit_auto = false
dns_ttl = 2
${oneDatabase}`;
  assert.deepEqual(problemsOf(text).warnings, [
    'pgdog.toml:4: general.dns_ttl: has no effect yet; PgPack runs as if it were not set',
  ]);
});

test('the same server may be listed as primary and as replica of one shard', () => {
  const replica = `[[databases]]\nname = "shop"\nhost = "10.0.0.1"\nrole = "replica"\n`;
  assert.deepEqual(problemsOf(oneDatabase + replica).errors, []);
});

test('a file with anything changed in it is valid or has problems, and never throws', t => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
  t.diagnostic(`SEED=${seed}`);
  let state = seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return Math.floor((state / 0x80000000) * below);
  };
  const source = readFileSync('pgdog.toml', 'utf8');
  const insertions = ['[', ']', '"', "'", '=', '\n', '#', '.', '{', '}', '-', '1e9', '""', 'é'];
  for (let round = 0; round < 300; round++) {
    let text = source;
    for (let change = random(3); change >= 0; change--) {
      const at = random(text.length);
      const insertion = insertions[random(insertions.length)];
      text = text.slice(0, at) + insertion + text.slice(at + random(4));
    }
    const { errors } = problemsOf(text, readFileSync('users.toml', 'utf8'));
    for (const error of errors)
      assert.match(error, /^(pgdog|users)\.toml(:\d+)?: /, `seed ${seed}`);
  }
});
