// What clients send and do not read has its bounds here, whatever they do: each test lets a client
// try and looks at what the process holds.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  bind,
  copyData,
  describe,
  execute,
  message,
  parse,
  query,
} from '../support/client-bytes.ts';
import { firstShards, type TestDatabase } from '../support/cluster.ts';
import { createItems } from '../support/items.ts';
import { type PgPack, startPgPack } from '../support/pgpack.ts';
import { RawClient } from '../support/raw-client.ts';
import { allReturned } from '../support/settled.ts';

let database: TestDatabase;
let single: PgPack;
let sharded: PgPack;

const megabyte = 1_048_576;
/** What a test may add to the process, garbage included; each client tries many times more. */
const growthMax = 64 * megabyte;
const tried = 256 * megabyte;

before(async () => {
  database = await createItems('bounded');
  single = await startPgPack({ database: firstShards(database) });
  sharded = await startPgPack({ database, sharded: ['items.id'] });
});

after(async () => {
  await single.close();
  await sharded.close();
  await database.drop();
});

const held = () => process.memoryUsage().external + process.memoryUsage().heapUsed;

/** Sends `chunk` again and again, up to `tried` bytes or until nobody takes any more. */
async function flood(client: RawClient, chunk: Buffer): Promise<void> {
  for (let sent = 0; sent < tried && !client.closed; sent += chunk.length) {
    let timer: NodeJS.Timeout | undefined;
    const stuck = new Promise<'stuck'>(resolve => {
      timer = setTimeout(resolve, 300, 'stuck');
    });
    const taken = await Promise.race([client.sendAll(chunk), stuck]);
    clearTimeout(timer);
    if (taken === 'stuck') return;
  }
}

async function bounded(of: PgPack, work: (client: RawClient) => Promise<void>): Promise<void> {
  const client = await RawClient.login(of.address);
  const before = held();
  let highest = before;
  const timer = setInterval(() => {
    highest = Math.max(highest, held());
  }, 5);
  try {
    await work(client);
    highest = Math.max(highest, held());
  } finally {
    clearInterval(timer);
    client.destroy();
  }
  const growth = highest - before;
  assert.ok(growth < growthMax, `${Math.round(growth / megabyte)} MB more`);
  await allReturned(of);
}

const binds = Buffer.concat(Array.from({ length: 10_000 }, () => bind()));
const executes = Buffer.concat(
  Array.from({ length: 2_000 }, () => Buffer.concat([bind(), describe('P'), execute()])),
);

for (const [kind, of] of [
  ['one shard', () => single],
  ['two shards', () => sharded],
] as const) {
  test(`gigabytes announced and not sent take no memory (${kind})`, async () => {
    await bounded(of(), async client => {
      const others = await Promise.all(
        Array.from({ length: 20 }, () => RawClient.login(of().address)),
      );
      for (const each of [client, ...others]) {
        await each.sendAll(message('Q', Buffer.alloc(100_000, 'x'), 1_000_000_000));
      }
      for (const other of others) other.destroy();
    });
  });

  test(`endless Binds without Sync, the answers unread (${kind})`, async () => {
    await bounded(of(), async client => {
      client.pause();
      client.send(parse('', 'SELECT 1'));
      await flood(client, binds);
    });
  });

  test(`endless Executes without Sync, the answers unread (${kind})`, async () => {
    await bounded(of(), async client => {
      client.pause();
      client.send(parse('', "SELECT repeat('x', 100)"));
      await flood(client, executes);
    });
  });

  test(`endless queries, the answers unread (${kind})`, async () => {
    await bounded(of(), async client => {
      client.pause();
      const one = query("SELECT repeat('x', 1000)");
      await flood(client, Buffer.concat(Array.from({ length: 5_000 }, () => one)));
    });
  });

  test(`endless COPY data while nobody asked for any (${kind})`, async () => {
    await bounded(of(), client => flood(client, copyData(Buffer.alloc(megabyte, 'x'))));
  });

  test(`a result that is not read makes its servers wait (${kind})`, async () => {
    await bounded(of(), async client => {
      const rows = "SELECT repeat('x', 10000) FROM generate_series(1, 100000)";
      client.send(query(rows));
      await client.next();
      client.pause();
      await new Promise(resolve => setTimeout(resolve, 500));
    });
  });
}
