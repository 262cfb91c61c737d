// Clients that go away or do not read, in every state they can be in: what they held is free again
// soon, nothing of theirs goes on, and the process does not grow. Each case prints what it tried.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { bind, copyData, execute, flush, parse, query } from '../support/client-bytes.ts';
import { connect, type TestDatabase } from '../support/cluster.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { createItems } from '../support/items.ts';
import { type PgPack, startPgPack } from '../support/pgpack.ts';
import { RawClient } from '../support/raw-client.ts';
import { allReturned, eventually } from '../support/settled.ts';

let database: TestDatabase;

before(async () => {
  database = await createItems('client_loss');
});

after(() => database.drop());

interface Setting {
  readonly pgpack: PgPack;
  /** Between the client and PgPack. */
  readonly proxy: FaultProxy;
  readonly client: RawClient;
}

async function withClient(
  shards: number,
  general: string,
  work: (setting: Setting) => Promise<void>,
): Promise<void> {
  const own = { ...database, shards: database.shards.slice(0, shards) };
  const pgpack = await startPgPack({ database: own, sharded: ['items.id'], general });
  const proxy = await startFaultProxy(pgpack.address);
  try {
    const client = await RawClient.login({ ...pgpack.address, port: proxy.port });
    await client.ask(query('SELECT count(*) FROM items'));
    await work({ pgpack, proxy, client });
    client.destroy();
    await allReturned(pgpack);
    await nothingGoesOn();
  } finally {
    await pgpack.close();
    await proxy.close();
  }
}

/** No statement runs, no transaction is open, no row was kept. */
async function nothingGoesOn(): Promise<void> {
  for (const shard of database.shards) {
    const watcher = await connect(shard);
    await eventually('all sessions of the server are idle', async () => {
      const { rows } = await watcher.query(
        `SELECT state, query FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'`,
      );
      return rows.length === 0;
    });
    assert.equal((await watcher.query('SELECT 1 FROM items')).rows.length, 0);
    await watcher.end();
  }
}

const largeRows = "SELECT repeat('x', 10000) FROM generate_series(1, 100000)";
const inserts = "INSERT INTO items VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd')";

const states: Readonly<Record<string, (client: RawClient) => Promise<unknown>>> = {
  'while its query runs': async client => {
    client.send(query('SELECT pg_sleep(60), count(*) FROM items'));
    await new Promise(resolve => setTimeout(resolve, 50));
  },
  'in mid-result': async client => {
    client.send(query(largeRows));
    await client.until('D');
    client.pause();
  },
  'in COPY TO STDOUT': async client => {
    client.send(query(`COPY (${largeRows}) TO STDOUT`));
    await client.until('d');
    client.pause();
  },
  'in COPY FROM STDIN': async client => {
    await client.ask(query('COPY items FROM STDIN'), 'G');
    client.send(copyData('1\ta\n2\tb\n3\tc\n4\td\n'));
  },
  'in a transaction that wrote': async client => {
    await client.ask(query('BEGIN'));
    await client.ask(query(inserts));
  },
  'in a failed transaction': async client => {
    await client.ask(query('BEGIN'));
    await client.ask(query(inserts));
    await client.ask(query('SELECT 1 / 0'));
  },
  'in an exchange without Sync': async client => {
    await client.ask(
      [parse('', "INSERT INTO items VALUES (1, 'a')"), bind(), execute(), flush],
      'C',
    );
  },
};

const losses: Readonly<Record<string, (setting: Setting) => void>> = {
  closes: ({ client }) => client.destroy(),
  'is cut off': ({ proxy }) => proxy.cut(),
  'closes its sending half': ({ client }) => {
    client.end();
    client.resume();
  },
};

for (const shards of [1, 2]) {
  for (const [state, reach] of Object.entries(states)) {
    for (const [loss, lose] of Object.entries(losses)) {
      test(`a client that ${loss} ${state} holds nothing (${shards} shards)`, async t => {
        await withClient(shards, 'default_pool_size = 2', async setting => {
          await reach(setting.client);
          lose(setting);
          await allReturned(setting.pgpack);
          t.diagnostic(`${state}: ${loss}`);
        });
      });
    }
  }
}

test('connection_recovery says which connections are mended and which are closed', async t => {
  const left: Readonly<Record<string, (client: RawClient) => Promise<unknown>>> = {
    'in a transaction': client => client.ask(query('BEGIN; SELECT 1')),
    'in a COPY': client => client.ask(query('COPY items FROM STDIN'), 'G'),
  };
  const mended = {
    recover: ['in a transaction', 'in a COPY'],
    rollback_only: ['in a transaction'],
    drop: [],
  };
  for (const [recovery, states] of Object.entries(mended)) {
    const general = `default_pool_size = 1\nconnection_recovery = "${recovery}"`;
    for (const [state, reach] of Object.entries(left)) {
      await withClient(1, general, async ({ pgpack, client }) => {
        const pid = async () => {
          const other = await connect(pgpack.address);
          const { rows } = await other.query('SELECT pg_backend_pid() AS pid');
          await other.end();
          return rows[0].pid as number;
        };
        const before = await pid();
        await reach(client);
        client.destroy();
        await allReturned(pgpack);
        const isSame = (await pid()) === before;
        t.diagnostic(`${recovery}, left ${state}: ${isSame ? 'mended' : 'closed'}`);
        assert.equal(isSame, (states as string[]).includes(state));
      });
    }
  }
});

// ------------------------------------------------------------------ clients that do not read

const megabyte = 1_048_576;
const held = () => process.memoryUsage().external + process.memoryUsage().heapUsed;

for (const [kind, shards, sql] of [
  ['a result', 1, largeRows],
  ['a COPY', 1, `COPY (${largeRows}) TO STDOUT`],
  ['a merged result', 2, "SELECT repeat('x', 10000) FROM items, generate_series(1, 100000)"],
] as const) {
  test(`a client that never reads ${kind} loses it after client_write_timeout`, async t => {
    for (let shard = 0; shard < shards; shard++) {
      const direct = await connect(database.shards[shard]!);
      await direct.query("INSERT INTO items VALUES (1, 'on every shard')");
      await direct.end();
    }
    const general = 'default_pool_size = 1\nclient_write_timeout = 300';
    await withClient(shards, general, async ({ pgpack, client }) => {
      const before = held();
      client.send(query(sql));
      await client.next();
      client.pause();
      await eventually('it is disconnected', () => pgpack.app.counts.clients === 0);
      const growth = Math.round((held() - before) / megabyte);
      t.diagnostic(`${kind} of 1 GB: ${growth} MB more`);
      assert.ok(growth < 64, `${growth} MB more`);
      await allReturned(pgpack);
      const next = await connect(pgpack.address);
      await next.query('DELETE FROM items');
      await next.end();
    });
  });
}

test('a client that reads slowly but does read keeps its connection', async () => {
  await withClient(1, 'client_write_timeout = 1500', async ({ client }) => {
    client.send(query("SELECT repeat('x', 10000) FROM generate_series(1, 4000)"));
    let rows = 0;
    for (let pause = 0; pause < 8; pause++) {
      client.pause();
      await new Promise(resolve => setTimeout(resolve, 300));
      client.resume();
      rows += (await client.until('D', 400)).filter(({ type }) => type === 'D').length;
    }
    rows += (await client.until('Z')).filter(({ type }) => type === 'D').length;
    assert.equal(rows, 4000);
  });
});

test('an idle client that owes nothing is not cut by client_write_timeout', async () => {
  await withClient(1, 'client_write_timeout = 50', async ({ client }) => {
    await new Promise(resolve => setTimeout(resolve, 300));
    assert.equal((await client.ask(query('SELECT 1'))).at(-1), 'Z I');
  });
});

// ------------------------------------------------------------------ half-open connections

test('the keys of [tcp] are set on the sockets of clients and servers', async t => {
  const keys = '[tcp]\ntime = 45000\ninterval = 7000\nretries = 4';
  const pgpack = await startPgPack({ database, sharded: ['items.id'], more: keys });
  try {
    const client = await connect(pgpack.address);
    await client.query('SELECT count(*) FROM items');
    const ports = [pgpack.app.port, ...database.shards.map(({ port }) => port)];
    const patterns = ports.map((port, i) =>
      i === 0 ? new RegExp(`:${port}\\]? +\\S+:\\d+ `) : new RegExp(`:\\d+ +\\S+:${port} `),
    );
    let seconds: (number | undefined)[] = [];
    try {
      // While what was sent is not acknowledged, a socket has another timer.
      await eventually('keepalive timers of a client and two servers', () => {
        const sockets = execFileSync('ss', ['-tnoH', 'state', 'established'], { encoding: 'utf8' });
        seconds = patterns.map(pattern => keepAliveLeft(sockets, pattern));
        return seconds.every(left => left !== undefined);
      });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return t.skip('there is no ss');
      throw error;
    }
    t.diagnostic(`keepalive timers of a client and two servers: ${seconds.join(', ')} s`);
    await client.end();
  } finally {
    await pgpack.close();
  }
});

/** Seconds to the next probe on a socket, as the keys say; other tests have sockets to the same
 *  servers, without these keys. */
function keepAliveLeft(sockets: string, socket: RegExp): number | undefined {
  return sockets
    .split('\n')
    .map(line => line.replaceAll('[::ffff:', ''))
    .filter(line => socket.test(line))
    .map(line => Number(/timer:\(keepalive,(\d+)sec/.exec(line)?.[1]))
    .find(left => left > 30 && left <= 45);
}
