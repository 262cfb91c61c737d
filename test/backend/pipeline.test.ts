// Several clients' reads on one server connection: everybody gets his own answer, and whatever
// happens to one of them is no business of those behind it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type pg from 'pg';
import { bind, execute, parse, query, sync } from '../support/client-bytes.ts';
import { connect, createTestDatabase, type TestDatabase } from '../support/cluster.ts';
import type { PgPack, PgPackOptions } from '../support/pgpack.ts';
import { RawClient } from '../support/raw-client.ts';
import { eventually } from '../support/settled.ts';
import { usePgPack } from '../support/wire.ts';

let database: TestDatabase;
let locker: pg.Client;

before(async () => {
  database = await createTestDatabase('pipeline', 1);
  await database.runEverywhere(`
    CREATE TABLE items (id bigint PRIMARY KEY, name text);
    INSERT INTO items SELECT i, 'item ' || i FROM generate_series(0, 999) i;
    CREATE TABLE locked (id bigint PRIMARY KEY, name text);
    INSERT INTO locked VALUES (1, 'one')`);
  locker = await connect(database.shards[0]!);
});

after(async () => {
  await locker.end();
  await database.drop();
});

async function withPgPack(
  options: Partial<PgPackOptions>,
  work: (pgpack: PgPack) => Promise<void>,
): Promise<void> {
  await usePgPack({ database, ...options }, work);
}

const pool = (size: number, more = ''): Partial<PgPackOptions> => ({
  general: `default_pool_size = ${size}\n${more}`,
});

function logIn(pgpack: PgPack, count: number): Promise<RawClient[]> {
  return Promise.all(Array.from({ length: count }, () => RawClient.login(pgpack.address)));
}

const nameOf = (id: number) => query(`SELECT name FROM items WHERE id = ${id}`);
const lockedName = query('SELECT name FROM locked WHERE id = 1');
const row = (text: string) =>
  `D ${Buffer.from(`\0\0\0${String.fromCharCode(text.length)}${text}`, 'latin1').toString('hex')}`;

/** Runs a statement often enough for PgPack to know that it is a short one. */
async function learn(client: RawClient, statement: Buffer): Promise<void> {
  for (let i = 0; i < 5; i++) await client.ask(statement);
}

/** Makes the next read of table `locked` wait until the work is done. */
async function whileLocked(work: () => Promise<void>): Promise<void> {
  await locker.query('BEGIN; LOCK TABLE locked IN ACCESS EXCLUSIVE MODE');
  try {
    await work();
  } finally {
    await locker.query('ROLLBACK');
  }
}

async function waitsForLock(): Promise<void> {
  await eventually('somebody waits for the lock', async () => {
    const { rows } = await locker.query(
      `SELECT count(*)::int AS n FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return rows[0].n === 1;
  });
}

test('sixty clients on two connections each get their own answers and errors', async () => {
  await withPgPack(pool(2), async pgpack => {
    const clients = await logIn(pgpack, 60);
    await Promise.all(
      clients.map(async (client, n) => {
        for (let i = 0; i < 30; i++) {
          const id = (n * 37 + i * 101) % 1000;
          const answer = await client.ask(nameOf(id));
          assert.deepEqual(answer.slice(1), [row(`item ${id}`), 'C SELECT 1', 'Z I']);
          const divisor = (n + i) % 3;
          const other = id + 3 > 999 ? 0 : id + 3;
          const quotient = await client.ask(
            query(`SELECT 6 / (id - ${other} + ${divisor}) FROM items WHERE id = ${other}`),
          );
          const expected = divisor === 0 ? /^E .*C=22012/ : /^C SELECT 1$/;
          assert.match(quotient.at(-2)!, expected);
          assert.equal(quotient.at(-1), 'Z I');
        }
      }),
    );
    for (const client of clients) client.destroy();
  });
});

test('named and unnamed statements share connections too', async () => {
  await withPgPack(pool(2), async pgpack => {
    const clients = await logIn(pgpack, 40);
    const sql = 'SELECT name FROM items WHERE id = $1';
    await Promise.all(
      clients.map(async (client, n) => {
        const named = n % 2 === 0;
        if (named) await client.ask([parse(`by_id_${n % 4}`, sql), sync]);
        for (let i = 0; i < 30; i++) {
          const id = String((n * 37 + i * 101) % 1000);
          const statement = named ? `by_id_${n % 4}` : '';
          const messages = [bind({ statement, values: [id] }), execute(), sync];
          if (!named) messages.unshift(parse('', sql));
          const answer = await client.ask(messages);
          assert.deepEqual(answer, [
            ...(named ? [] : ['1']),
            '2',
            row(`item ${id}`),
            'C SELECT 1',
            'Z I',
          ]);
        }
      }),
    );
    for (const client of clients) client.destroy();
  });
});

test('who stands behind a read that waits for a lock is answered elsewhere', async () => {
  await withPgPack(pool(2), async pgpack => {
    const clients = await logIn(pgpack, 8);
    await learn(clients[0]!, nameOf(1));
    await learn(clients[0]!, lockedName);
    await whileLocked(async () => {
      clients[0]!.send(lockedName);
      const answers = await Promise.all(clients.slice(1).map((client, n) => client.ask(nameOf(n))));
      for (const [n, answer] of answers.entries()) assert.equal(answer[1], row(`item ${n}`));
      await waitsForLock();
    });
    assert.equal((await clients[0]!.until('Z')).length, 4);
    for (const client of clients) client.destroy();
  });
});

test('a cancel request ends the query of its client only', async () => {
  await withPgPack(pool(2), async pgpack => {
    const [first, ...others] = await logIn(pgpack, 6);
    await learn(first!, lockedName);
    await learn(first!, nameOf(1));
    await whileLocked(async () => {
      const all = others.map((client, n) => client.ask(nameOf(n)));
      first!.send(lockedName);
      await waitsForLock();
      const canceller = await RawClient.dial(pgpack.address);
      canceller.send(cancelRequest(first!));
      assert.match(
        (await first!.until('Z').then(messages => messages.map(({ type }) => type))).join(''),
        /^EZ$/,
      );
      for (const [n, answer] of (await Promise.all(all)).entries()) {
        assert.equal(answer[1], row(`item ${n}`));
      }
      canceller.destroy();
    });
    assert.equal((await first!.ask(nameOf(3)))[1], row('item 3'));
    for (const client of [first!, ...others]) client.destroy();
  });
});

test('a client that vanishes takes nobody along', async () => {
  await withPgPack(pool(1), async pgpack => {
    const clients = await logIn(pgpack, 20);
    await learn(clients[0]!, nameOf(1));
    for (let round = 0; round < 5; round++) {
      const gone = clients.filter((_, n) => n % 5 === round);
      for (const client of gone) {
        client.send(nameOf(round));
        client.destroy();
      }
      const left = clients.filter((_, n) => n % 5 > round);
      const answers = await Promise.all(left.map((client, n) => client.ask(nameOf(n))));
      for (const [n, answer] of answers.entries()) assert.equal(answer[1], row(`item ${n}`));
    }
  });
});

test('reads in flight on a server connection that is cut are answered by another', async () => {
  await withPgPack(pool(1), async pgpack => {
    const clients = await logIn(pgpack, 10);
    await learn(clients[0]!, nameOf(1));
    for (let round = 0; round < 10; round++) {
      const asked = clients.map((client, n) => client.ask(nameOf(n)));
      await locker.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()`,
      );
      for (const [n, answer] of (await Promise.all(asked)).entries()) {
        assert.equal(answer.at(-1), 'Z I');
        // The one whose query the server was at may be told so.
        if (!answer[0]!.startsWith('E')) assert.equal(answer[1], row(`item ${n}`));
      }
    }
    for (const client of clients) client.destroy();
  });
});

test('a statement that cannot be prepared any more fails with its own error', async () => {
  await database.runEverywhere('CREATE TABLE going (id bigint); INSERT INTO going VALUES (1)');
  await withPgPack(pool(2, 'prepared_statements_limit = 2'), async pgpack => {
    const clients = await logIn(pgpack, 20);
    const sql = 'SELECT id FROM going WHERE id = $1';
    const run = [bind({ statement: 'going', values: ['1'] }), execute(), sync];
    for (const client of clients) await client.ask([parse('going', sql), sync]);
    for (const client of clients) assert.equal((await client.ask(run)).at(-2), 'C SELECT 1');
    await database.runEverywhere('DROP TABLE going');
    // Pushes it out of the server connections.
    for (const other of ['SELECT 1', 'SELECT 2', 'SELECT 3', 'SELECT 4']) {
      for (const client of clients.slice(0, 4)) {
        await client.ask([parse(other, other), bind({ statement: other }), execute(), sync]);
      }
    }
    const answers = await Promise.all(clients.map(client => client.ask(run)));
    for (const answer of answers) assert.match(answer.join('\n'), /^E .*C=42P01.*\nZ I$/);
    for (const client of clients) client.destroy();
  });
});

test('a read that changes something, or may, is never among them', async () => {
  await database.runEverywhere('CREATE SEQUENCE counted');
  await withPgPack(pool(1), async pgpack => {
    const clients = await logIn(pgpack, 20);
    const count = query("SELECT nextval('counted') FROM items WHERE id = 1");
    await learn(clients[0]!, count);
    await Promise.all(clients.map(client => client.ask(count)));
    for (const client of clients) client.destroy();
  });
  const { rows } = await locker.query("SELECT nextval('counted')::int AS n");
  assert.equal(rows[0].n, 26);
});

function cancelRequest({ processId, secret }: RawClient): Buffer {
  const message = Buffer.alloc(12 + secret.length);
  message.writeInt32BE(message.length, 0);
  message.writeInt32BE(80_877_102, 4);
  message.writeInt32BE(processId, 8);
  secret.copy(message, 12);
  return message;
}
