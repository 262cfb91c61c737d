// Every time limit, provoked: what the client is told and with which SQLSTATE. The table is
// printed.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { copyData, query } from '../support/client-bytes.ts';
import { connect, firstShards, type TestDatabase } from '../support/cluster.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { createItems } from '../support/items.ts';
import { databaseEntry, type PgPack, startPgPack } from '../support/pgpack.ts';
import { RawClient, shown } from '../support/raw-client.ts';
import { allReturned, eventually } from '../support/settled.ts';

let database: TestDatabase;

before(async () => {
  database = await createItems('timeouts');
});

after(() => database.drop());

interface Limit {
  readonly limit: string;
  /** Lines of [general], or of [[users]] where `ofUser`. */
  readonly setting: string;
  readonly ofUser?: boolean;
  /** Answers what the client was told, as `shown` shows it. */
  provoke(pgpack: PgPack): Promise<readonly string[]>;
  /** Severity, SQLSTATE, message. */
  readonly told: string;
  /** Whether the client is still connected. */
  readonly stays: boolean;
}

const inBlock = async (pgpack: PgPack, ...statements: string[]): Promise<RawClient> => {
  const client = await RawClient.login(pgpack.address);
  for (const sql of ['BEGIN', ...statements]) await client.ask(query(sql));
  return client;
};

/** Holds the only connection while another client asks. */
async function askWhileHeld(pgpack: PgPack, sql: string): Promise<readonly string[]> {
  const holder = await inBlock(pgpack, 'SELECT 1');
  const client = await RawClient.login(pgpack.address);
  const answer = await client.ask(query(sql));
  holder.destroy();
  client.destroy();
  return answer;
}

async function askOnce(pgpack: PgPack, sql: string): Promise<readonly string[]> {
  const client = await RawClient.login(pgpack.address);
  const answer = await client.ask(query(sql));
  client.destroy();
  return answer;
}

const untilEnd = async (client: RawClient) => (await client.ended()).map(shown);

async function sleeps(): Promise<boolean> {
  const watcher = await connect(database.shards[0]!);
  const { rows } = await watcher.query(
    `SELECT 1 FROM pg_stat_activity WHERE datname = current_database()
     AND state = 'active' AND query = 'SELECT pg_sleep(30)'`,
  );
  await watcher.end();
  return rows.length === 1;
}

/** A query that waits for a lock which another transaction has. */
async function askForLock(pgpack: PgPack): Promise<readonly string[]> {
  const locker = await connect(database.shards[0]!);
  await locker.query('BEGIN');
  await locker.query('LOCK TABLE items');
  const answer = await askOnce(pgpack, 'SELECT 1 FROM items WHERE id = 1');
  await locker.end();
  return answer;
}

async function idleInBlock(pgpack: PgPack): Promise<readonly string[]> {
  const client = await RawClient.login(pgpack.address);
  client.send(query('BEGIN'), query('SELECT 1'));
  return untilEnd(client);
}

const limits: readonly Limit[] = [
  {
    limit: 'checkout_timeout',
    setting: 'default_pool_size = 1\ncheckout_timeout = 100',
    provoke: pgpack => askWhileHeld(pgpack, 'SELECT 1'),
    told: 'ERROR 53300 no server connection to shard 0 became free within 100 ms (checkout_timeout)',
    stays: true,
  },
  {
    limit: 'checkout_timeout of a user',
    setting: 'pool_size = 1\ncheckout_timeout = 120',
    ofUser: true,
    provoke: pgpack => askWhileHeld(pgpack, 'SELECT 1'),
    told: 'ERROR 53300 no server connection to shard 0 became free within 120 ms (checkout_timeout)',
    stays: true,
  },
  {
    limit: 'client_login_timeout',
    setting: 'client_login_timeout = 100',
    provoke: async pgpack => untilEnd(await RawClient.dial(pgpack.address)),
    told: 'FATAL 57014 canceling authentication due to timeout',
    stays: false,
  },
  {
    limit: 'client_idle_timeout',
    setting: 'client_idle_timeout = 100',
    provoke: async pgpack => untilEnd(await RawClient.login(pgpack.address)),
    told: 'FATAL 57P05 terminating connection due to idle-session timeout',
    stays: false,
  },
  {
    limit: 'client_idle_timeout of a user',
    setting: 'client_idle_timeout = 100',
    ofUser: true,
    provoke: async pgpack => untilEnd(await RawClient.login(pgpack.address)),
    told: 'FATAL 57P05 terminating connection due to idle-session timeout',
    stays: false,
  },
  {
    limit: 'client_idle_in_transaction_timeout',
    setting: 'client_idle_in_transaction_timeout = 100',
    provoke: idleInBlock,
    told: 'FATAL 25P03 terminating connection due to idle-in-transaction timeout',
    stays: false,
  },
  {
    limit: 'client_idle_in_transaction_timeout of a user',
    setting: 'client_idle_in_transaction_timeout = 100',
    ofUser: true,
    provoke: idleInBlock,
    told: 'FATAL 25P03 terminating connection due to idle-in-transaction timeout',
    stays: false,
  },
  {
    limit: 'transaction_timeout, idle',
    setting: 'transaction_timeout = 100',
    provoke: idleInBlock,
    told: 'FATAL 25P04 terminating connection due to transaction timeout',
    stays: false,
  },
  {
    limit: 'transaction_timeout, of several statements',
    setting: 'transaction_timeout = 300',
    async provoke(pgpack) {
      const client = await inBlock(pgpack);
      const answer: string[] = [];
      while (!client.closed) answer.push(...(await client.ask(query('SELECT 1'))));
      return [...answer, ...(await untilEnd(client))];
    },
    told: 'FATAL 25P04 terminating connection due to transaction timeout',
    stays: false,
  },
  {
    limit: 'transaction_timeout of a user, of one statement',
    setting: 'transaction_timeout = 100',
    ofUser: true,
    async provoke(pgpack) {
      const client = await RawClient.login(pgpack.address);
      client.send(query('SELECT pg_sleep(30)'));
      return untilEnd(client);
    },
    told: 'FATAL 25P04 terminating connection due to transaction timeout',
    stays: false,
  },
  {
    limit: 'query_timeout',
    setting: 'query_timeout = 100',
    provoke: pgpack => askOnce(pgpack, 'SELECT pg_sleep(30)'),
    told: 'ERROR 57014 canceling statement due to user request',
    stays: true,
  },
  {
    limit: 'query_timeout of a user',
    setting: 'query_timeout = 100',
    ofUser: true,
    provoke: pgpack => askOnce(pgpack, 'SELECT pg_sleep(30)'),
    told: 'ERROR 57014 canceling statement due to user request',
    stays: true,
  },
  {
    limit: 'query_timeout, waiting for a connection',
    setting: 'default_pool_size = 1\nquery_timeout = 100',
    provoke: pgpack => askWhileHeld(pgpack, 'SELECT 1'),
    told: 'ERROR 57014 canceling statement due to statement timeout',
    stays: true,
  },
  {
    limit: 'query_timeout, of a COPY whose client says nothing',
    // Long enough for the server to be in the midst of reading, where a cancel does not reach it.
    setting: 'query_timeout = 1000\nrollback_timeout = 100',
    async provoke(pgpack) {
      const client = await RawClient.login(pgpack.address);
      await client.ask(query('COPY items FROM STDIN'), 'G');
      client.send(copyData('1\ta\n'));
      return untilEnd(client);
    },
    told: 'ERROR 08006 connection to shard 0 at ADDRESS was lost: the server closed the connection',
    stays: false,
  },
  {
    limit: 'statement_timeout of a user',
    setting: 'statement_timeout = 100',
    ofUser: true,
    provoke: pgpack => askOnce(pgpack, 'SELECT pg_sleep(30)'),
    told: 'ERROR 57014 canceling statement due to statement timeout',
    stays: true,
  },
  {
    limit: 'lock_timeout of a user',
    setting: 'lock_timeout = 100',
    ofUser: true,
    provoke: askForLock,
    told: 'ERROR 55P03 canceling statement due to lock timeout',
    stays: true,
  },
  {
    limit: 'client_write_timeout',
    setting: 'client_write_timeout = 200',
    async provoke(pgpack) {
      const client = await RawClient.login(pgpack.address);
      client.send(query("SELECT repeat('x', 10000) FROM generate_series(1, 100000)"));
      await client.next();
      client.pause();
      await allReturned(pgpack);
      client.destroy();
      return [];
    },
    told: '',
    stays: false,
  },
  {
    limit: 'shutdown_timeout',
    setting: 'shutdown_timeout = 100',
    async provoke(pgpack) {
      const client = await inBlock(pgpack, 'SELECT 1');
      const told = untilEnd(client);
      await pgpack.app.close({ drain: true });
      return told;
    },
    told: 'FATAL 57P01 PgPack is shutting down',
    stays: false,
  },
  {
    limit: 'shutdown_termination_timeout',
    setting: 'shutdown_timeout = 50\nshutdown_termination_timeout = 5000',
    async provoke(pgpack) {
      const client = await RawClient.login(pgpack.address);
      client.send(query('SELECT pg_sleep(30)'));
      await eventually('it runs', () => sleeps());
      const told = untilEnd(client);
      await pgpack.app.close({ drain: true });
      return told;
    },
    told: 'ERROR 57014 canceling statement due to user request',
    stays: false,
  },
];

test('every time limit has its SQLSTATE', async t => {
  for (const { limit, setting, ofUser, provoke, told, stays } of limits) {
    const first = firstShards(database);
    const users = `[[users]]\nname = "test"\ndatabase = "${database.name}"\npassword = "test"`;
    const pgpack = await startPgPack({
      database: first,
      ...(ofUser ? { users: `${users}\n${setting}\n` } : { general: setting }),
    });
    try {
      const answer = await provoke(pgpack);
      const error = answer.find(line => line.startsWith('E ')) ?? '';
      const [, severity, sqlstate, message] = /V=(\w+) C=(\w+) M=(.*)/.exec(error) ?? [];
      const said = error === '' ? '' : `${severity} ${sqlstate} ${message}`;
      const known = said.replace(/ [HP]=.*$/, '').replace(/127\.0\.0\.1:\d+/, 'ADDRESS');
      t.diagnostic(`${limit}: ${known === '' ? 'disconnected' : known}`);
      assert.equal(known, told, limit);
      assert.equal(answer.at(-1) === 'Z I', stays, `${limit}: client stays`);
      await allReturned(pgpack);
    } finally {
      await pgpack.close();
    }
  }
});

test('lock_timeout and statement_timeout of a database hold for all its shards', async () => {
  const entries = database.shards.map((server, shard) => {
    const limited = `statement_timeout = 100\nlock_timeout = ${shard === 0 ? 50 : 60}`;
    const more = `database_name = "${database.name}"\n${limited}`;
    return databaseEntry('limited', server, shard, more);
  });
  const users = '[[users]]\nname = "test"\nall_databases = true\npassword = "test"\n';
  const pgpack = await startPgPack({ database, more: entries.join(''), users });
  try {
    const client = await connect({ ...pgpack.address, database: 'limited' });
    await assert.rejects(client.query('SELECT pg_sleep(30)'), { code: '57014' });
    await client.query("SET statement_timeout = '1min'");
    assert.equal((await client.query('SHOW statement_timeout')).rows[0].statement_timeout, '1min');
    await client.query('RESET statement_timeout');
    await assert.rejects(client.query('SELECT pg_sleep(30)'), {
      message: 'canceling statement due to statement timeout',
    });
    await client.end();
  } finally {
    await pgpack.close();
  }
});

// ------------------------------------------------------------------ servers that do not answer

async function withFrozenServer(
  general: string,
  work: (pgpack: PgPack, proxy: Awaited<ReturnType<typeof startFaultProxy>>) => Promise<void>,
): Promise<void> {
  const [shard] = database.shards;
  const proxy = await startFaultProxy(shard!);
  const shards = [{ ...shard!, host: proxy.host, port: proxy.port }];
  const pgpack = await startPgPack({ database: { ...database, shards }, general });
  try {
    await work(pgpack, proxy);
  } finally {
    await pgpack.close();
    await proxy.close();
  }
}

test('connect_timeout: a server that accepts and says nothing is unavailable (08006)', async () => {
  await withFrozenServer('min_pool_size = 0\nconnect_timeout = 100', async (pgpack, proxy) => {
    proxy.freeze();
    await assert.rejects(RawClient.login(pgpack.address), /C=08006 .*no \S+ \S*\s?within 100 ms/);
    proxy.thaw();
    (await RawClient.login(pgpack.address)).destroy();
  });
});

test('query_timeout: a server that does not answer the cancel loses the connection', async () => {
  const general = 'query_timeout = 100\nrollback_timeout = 100';
  await withFrozenServer(general, async (pgpack, proxy) => {
    const client = await RawClient.login(pgpack.address);
    await client.ask(query('SELECT 1'));
    proxy.freeze();
    const answer = await client.ask(query('SELECT 1'));
    // A read may have been given another connection, for which it waited.
    assert.match(answer.join('\n'), /^E .*C=(08006|57014) .*\nZ I$/);
    proxy.thaw();
    assert.deepEqual((await client.ask(query('SELECT 1'))).slice(-2), ['C SELECT 1', 'Z I']);
    client.destroy();
  });
});

test('rollback_timeout: a server that does not roll back loses the connection', async () => {
  await withFrozenServer('rollback_timeout = 100', async (pgpack, proxy) => {
    const client = await inBlock(pgpack, 'SELECT 1');
    proxy.freeze();
    client.destroy();
    await eventually('its connection is closed', () => pgpack.app.counts.serverConnections === 0);
    proxy.thaw();
  });
});
