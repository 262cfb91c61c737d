// LISTEN and NOTIFY in transaction mode, on a database of one shard and on one of three: the same
// cases, since a client must not see the difference.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type pg from 'pg';
import * as wire from '../support/client-bytes.ts';
import { connect, createTestDatabase, type TestDatabase } from '../support/cluster.ts';
import { type PgPack, startPgPack } from '../support/pgpack.ts';
import { type Message, RawClient, shown } from '../support/raw-client.ts';
import { allReturned, eventually } from '../support/settled.ts';

const schema = `
  CREATE TABLE items (id bigint PRIMARY KEY, name text);
  CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_notify('items', NEW.id::text); RETURN NEW; END $$;
  CREATE TRIGGER told AFTER INSERT ON items FOR EACH ROW EXECUTE FUNCTION tell()`;

/** As text: `channel payload`, with `own` in front where the number is the client's own. */
function notification({ type, body }: Message, client: RawClient): string {
  assert.equal(type, 'A');
  const [channel, payload] = body.toString('utf8', 4).split('\0');
  return `${body.readInt32BE(0) === client.processId ? 'own ' : ''}${channel} ${payload}`;
}

async function nextNotification(client: RawClient): Promise<string> {
  const message = await client.next();
  assert.ok(message, 'the connection has ended');
  return notification(message, client);
}

/** Answers to one query, notifications among them. */
async function ask(client: RawClient, sql: string): Promise<string[]> {
  client.send(wire.query(sql));
  const messages = await client.until('Z');
  return messages.map(one => (one.type === 'A' ? notification(one, client) : shown(one)));
}

/** Nothing came up to now: what was sent before arrives before this does. */
async function nothingElse(client: RawClient, other: RawClient): Promise<void> {
  await ask(client, 'LISTEN fence');
  await ask(other, `NOTIFY fence, 'end'`);
  assert.equal(await nextNotification(client), 'fence end');
  await ask(client, 'UNLISTEN fence');
}

interface Setup {
  readonly shards: number;
  readonly database: TestDatabase;
  readonly pgpack: PgPack;
  login(): Promise<RawClient>;
}

const setups = new Map<number, Setup>();

async function setUp(shards: number): Promise<Setup> {
  const database = await createTestDatabase(`listen_${shards}`, shards);
  await database.runEverywhere(schema);
  const pgpack = await startPgPack({
    database,
    sharded: shards > 1 ? ['items.id'] : [],
    general: 'default_pool_size = 3\nlisten_channels_limit = 3',
  });
  return { shards, database, pgpack, login: () => RawClient.login(pgpack.address) };
}

before(async () => {
  for (const shards of [1, 3]) setups.set(shards, await setUp(shards));
});

after(async () => {
  for (const { pgpack, database } of setups.values()) {
    await pgpack.close();
    await database.drop();
  }
});

/** The same on one shard and on three. */
function each(behaviour: string, run: (setup: Setup) => Promise<void>): void {
  for (const shards of [1, 3]) {
    test(`on ${shards} shard${shards > 1 ? 's' : ''}: ${behaviour}`, () =>
      run(setups.get(shards)!));
  }
}

each('an idle client gets a notification at once, and others do not', async ({ pgpack, login }) => {
  const [listener, bystander, sender] = await Promise.all([login(), login(), login()]);
  assert.deepEqual(await ask(listener, 'LISTEN news'), ['C LISTEN', 'Z I']);
  assert.deepEqual(await ask(sender, `NOTIFY news, 'one'`), ['C NOTIFY', 'Z I']);
  assert.equal(await nextNotification(listener), 'news one');
  const answer = await ask(bystander, 'SELECT 1');
  assert.deepEqual(answer.slice(1), ['D 0000000131', 'C SELECT 1', 'Z I']);
  for (const client of [listener, bystander, sender]) client.destroy();
  await allReturned(pgpack);
});

each('a sender hears itself before ReadyForQuery, with its own number', async ({ login }) => {
  const client = await login();
  await ask(client, 'LISTEN mine');
  assert.deepEqual(await ask(client, `NOTIFY mine, 'a'`), ['C NOTIFY', 'own mine a', 'Z I']);
  await ask(client, 'BEGIN');
  assert.deepEqual(await ask(client, `NOTIFY mine, 'b'`), ['C NOTIFY', 'Z T']);
  assert.deepEqual(await ask(client, 'COMMIT'), ['C COMMIT', 'own mine b', 'Z I']);
  const called = await ask(client, `SELECT pg_notify('mine', 'c')`);
  assert.deepEqual(called.slice(1), ['D 00000000', 'C SELECT 1', 'own mine c', 'Z I']);
  client.destroy();
});

each('LISTEN and NOTIFY of one block, and of one text', async ({ login }) => {
  const client = await login();
  await ask(client, 'BEGIN');
  await ask(client, 'LISTEN pair');
  await ask(client, 'NOTIFY pair');
  assert.deepEqual(await ask(client, 'COMMIT'), ['C COMMIT', 'own pair ', 'Z I']);
  const answers = await ask(client, `LISTEN two; NOTIFY two, 'x'; LISTEN pair`);
  assert.deepEqual(answers, ['C LISTEN', 'C NOTIFY', 'C LISTEN', 'own two x', 'Z I']);
  client.destroy();
});

each('notifications wait while the client is in a transaction block', async ({ login }) => {
  const [listener, sender] = await Promise.all([login(), login()]);
  await ask(listener, 'LISTEN news');
  await ask(listener, 'BEGIN');
  await ask(sender, `NOTIFY news, 'early'`);
  assert.deepEqual((await ask(listener, 'SELECT 1')).slice(-2), ['C SELECT 1', 'Z T']);
  const ended = await ask(listener, 'ROLLBACK');
  if (ended.length === 2) ended.push(await nextNotification(listener));
  assert.deepEqual([...ended].sort(), ['C ROLLBACK', 'Z I', 'news early']);
  listener.destroy();
  sender.destroy();
});

each(
  'LISTEN takes effect at commit, and is undone by ROLLBACK and ROLLBACK TO',
  async ({ login }) => {
    const [client, sender] = await Promise.all([login(), login()]);
    await ask(client, 'BEGIN');
    await ask(client, 'LISTEN lost');
    await ask(client, 'ROLLBACK');
    await ask(client, 'BEGIN');
    await ask(client, 'LISTEN kept');
    await ask(client, 'SAVEPOINT s');
    await ask(client, 'LISTEN undone');
    await ask(client, 'UNLISTEN kept');
    await ask(client, 'ROLLBACK TO s');
    await ask(client, 'COMMIT');
    for (const channel of ['lost', 'undone', 'kept']) await ask(sender, `NOTIFY ${channel}`);
    assert.equal(await nextNotification(client), 'kept ');
    await nothingElse(client, sender);
    client.destroy();
    sender.destroy();
  },
);

each('a block that fails takes its LISTEN with it', async ({ login }) => {
  const [client, sender] = await Promise.all([login(), login()]);
  await ask(client, 'BEGIN');
  await ask(client, 'LISTEN failed');
  await ask(client, 'SELECT 1/0');
  assert.deepEqual(await ask(client, 'COMMIT'), ['C ROLLBACK', 'Z I']);
  const text = await ask(client, 'LISTEN failed; SELECT 1/0');
  assert.equal(text.at(-1), 'Z I');
  await ask(sender, 'NOTIFY failed');
  await nothingElse(client, sender);
  client.destroy();
  sender.destroy();
});

each('UNLISTEN, UNLISTEN * and DISCARD ALL end it', async ({ login }) => {
  const [client, sender] = await Promise.all([login(), login()]);
  for (const [end, tag] of [
    ['UNLISTEN a', 'UNLISTEN'],
    ['UNLISTEN *', 'UNLISTEN'],
    ['DISCARD ALL', 'DISCARD ALL'],
  ] as const) {
    await ask(client, 'LISTEN a');
    assert.deepEqual(await ask(client, end), [`C ${tag}`, 'Z I']);
    await ask(sender, 'NOTIFY a');
    await nothingElse(client, sender);
  }
  client.destroy();
  sender.destroy();
});

each('a channel is a name as PostgreSQL reads it', async ({ login }) => {
  const [client, sender] = await Promise.all([login(), login()]);
  await ask(client, 'LISTEN "Ünd ""so"""');
  await ask(client, 'LISTEN FOLDED');
  await ask(sender, `NOTIFY "Ünd ""so""", 'é'`);
  await ask(sender, 'NOTIFY folded');
  assert.equal(await nextNotification(client), 'Ünd "so" é');
  assert.equal(await nextNotification(client), 'folded ');
  client.destroy();
  sender.destroy();
});

each('in the extended protocol, by one exchange and by prepared statements', async ({ login }) => {
  const [client, sender] = await Promise.all([login(), login()]);
  const run = (name: string) => [wire.bind({ statement: name }), wire.execute()];
  const unnamed = [wire.parse('', 'LISTEN ext'), ...run(''), wire.sync];
  assert.deepEqual(await client.ask(unnamed), ['1', '2', 'C LISTEN', 'Z I']);
  await client.ask([wire.parse('l', 'LISTEN ext2'), wire.sync]);
  assert.deepEqual(await client.ask([...run('l'), wire.sync]), ['2', 'C LISTEN', 'Z I']);
  const notify = [wire.parse('', `NOTIFY ext, 'p'`), ...run(''), wire.sync];
  assert.deepEqual(await sender.ask(notify), ['1', '2', 'C NOTIFY', 'Z I']);
  await ask(sender, 'NOTIFY ext2');
  assert.equal(await nextNotification(client), 'ext p');
  assert.equal(await nextNotification(client), 'ext2 ');
  client.destroy();
  sender.destroy();
});

each('a client has no more channels than listen_channels_limit', async ({ login }) => {
  const client = await login();
  await ask(client, 'LISTEN a; LISTEN b; LISTEN c');
  const [refused] = await ask(client, 'LISTEN d');
  assert.match(refused!, /C=53400 .*listen_channels_limit/);
  assert.deepEqual(await ask(client, 'LISTEN a'), ['C LISTEN', 'Z I']);
  await ask(client, 'UNLISTEN b');
  assert.deepEqual(await ask(client, 'LISTEN d'), ['C LISTEN', 'Z I']);
  client.destroy();
});

each('what a trigger notifies on any shard arrives once', async ({ login }) => {
  const [client, sender] = await Promise.all([login(), login()]);
  await ask(client, 'LISTEN items');
  const ids = Array.from({ length: 20 }, (_, i) => i + 1000);
  for (const id of ids) await ask(sender, `INSERT INTO items VALUES (${id}, 'x')`);
  const seen: string[] = [];
  while (seen.length < ids.length) seen.push(await nextNotification(client));
  assert.deepEqual(
    seen.sort(),
    ids.map(id => `items ${id}`),
  );
  await nothingElse(client, sender);
  assert.equal((await ask(client, `INSERT INTO items VALUES (7, 'x')`))[1], 'own items 7');
  client.destroy();
  sender.destroy();
});

each('a thousand notifications reach fifty listeners in commit order', async ({ pgpack }) => {
  const listeners = await Promise.all(Array.from({ length: 50 }, () => connect(pgpack.address)));
  const seen = listeners.map((): string[] => []);
  for (const [i, client] of listeners.entries()) {
    client.on('notification', ({ payload }) => seen[i]!.push(payload!));
    await client.query('LISTEN many');
  }
  const senders = await Promise.all([1, 2, 3].map(() => connect(pgpack.address)));
  const send = async (sender: pg.Client, from: number) => {
    for (let i = from; i < 1000; i += 3) await sender.query(`NOTIFY many, '${i}'`);
  };
  await Promise.all(senders.map(send));
  await eventually('all have all', () => seen.every(({ length }) => length >= 1000));
  for (const one of seen) assert.deepEqual(one, seen[0]);
  for (let from = 0; from < 3; from++) {
    const mine = seen[0]!.map(Number).filter(i => i % 3 === from);
    assert.deepEqual(
      mine,
      [...mine].sort((a, b) => a - b),
      `order of sender ${from}`,
    );
  }
  assert.equal(new Set(seen[0]).size, 1000);
  await Promise.all([...listeners, ...senders].map(client => client.end()));
  await allReturned(pgpack);
});

each(
  'no server connection of the pool listens afterwards',
  async ({ pgpack, database, login, shards }) => {
    const clients = await Promise.all([login(), login(), login(), login()]);
    await Promise.all(clients.map((client, i) => ask(client, `LISTEN c${i}`)));
    clients[0]!.send(wire.query('LISTEN cut'));
    for (const client of clients) client.destroy();
    await allReturned(pgpack);
    const observers = await Promise.all([login(), login(), login()]);
    for (const client of observers) {
      await ask(client, 'BEGIN');
      if (shards === 1) {
        const answer = await ask(client, 'SELECT pg_listening_channels()');
        assert.equal(answer.at(-2), 'C SELECT 0');
      }
    }
    for (const client of observers) client.destroy();
    const direct = await connect(database.shards[0]!);
    const { rows } = await direct.query(
      `SELECT query FROM pg_stat_activity
     WHERE datname = $1 AND (query LIKE 'LISTEN %' OR query LIKE '/* PgPack%')`,
      [database.name],
    );
    await direct.end();
    assert.ok(rows.length <= 1, 'one connection listens');
  },
);
