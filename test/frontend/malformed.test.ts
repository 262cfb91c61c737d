// What a client may not send, in every state it can be in: named in 08P01 and ended, and nothing
// is left behind. PGPACK_SEED repeats a run of the random part.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startupMessage } from '../../src/protocol/frontend-messages.ts';
import { type Random, seededRandom } from '../sharding/seeded-random.ts';
import {
  bind,
  close,
  copyData,
  copyDone,
  describe,
  execute,
  extended,
  flush,
  message,
  parse,
  query,
  sync,
} from '../support/client-bytes.ts';
import { firstShards, type TestDatabase } from '../support/cluster.ts';
import { createItems } from '../support/items.ts';
import { type PgPack, startPgPack } from '../support/pgpack.ts';
import { type Message, RawClient, shown, sqlstateOf } from '../support/raw-client.ts';
import { allReturned } from '../support/settled.ts';

let database: TestDatabase;
let pgpack: PgPack;
/** The same with the first shard alone. */
let single: PgPack;

before(async () => {
  database = await createItems('malformed');
  pgpack = await startPgPack({
    database,
    sharded: ['items.id'],
    general: 'default_pool_size = 20',
  });
  single = await startPgPack({ database: firstShards(database) });
});

after(async () => {
  await pgpack.close();
  await single.close();
  await database.drop();
});

/** The states a client can be in when it goes wrong. */
const states: Readonly<Record<string, () => Promise<RawClient>>> = {
  idle: () => RawClient.login(pgpack.address),
  'in a block with branches on two shards': async () => {
    const client = await RawClient.login(pgpack.address);
    await client.ask(query('BEGIN'));
    await client.ask(query('SELECT count(*) FROM items'));
    return client;
  },
  'in an extended exchange without Sync': async () => {
    const client = await RawClient.login(pgpack.address);
    await client.ask([parse('s', 'SELECT $1::int'), flush], '1');
    return client;
  },
  'in COPY to one shard': async () => {
    const client = await RawClient.login(single.address);
    await client.ask(query('COPY items FROM STDIN'), 'G');
    return client;
  },
  'in COPY to several shards': async () => {
    const client = await RawClient.login(pgpack.address);
    await client.ask(query('COPY items FROM STDIN'), 'G');
    return client;
  },
  'while a query runs': async () => {
    const client = await RawClient.login(pgpack.address);
    client.send(query('SELECT pg_sleep(0.02)'));
    return client;
  },
};

const violations: Readonly<Record<string, Buffer>> = {
  'an unknown message type': message('~'),
  'a length below four': message('Q', Buffer.from('x\0'), 3),
  'a negative length': message('Q', Buffer.from('x\0'), -2_000_000_000),
  'a zero byte for a type': Buffer.alloc(16),
  'a startup packet': startupMessage(0x30000, new Map([['user', 'test']])),
  'a password': message('p', Buffer.from('secret\0')),
};

const outsideCopy: Readonly<Record<string, Buffer>> = {
  'a query without its zero byte': message('Q', Buffer.from('SELECT 1')),
  'a Parse that ends in its text': message('P', Buffer.from('s\0SELECT 1')),
  'a Parse with fewer types than it says': message('P', Buffer.from('s\0SELECT 1\0\0\x05')),
  'a Bind of nothing': message('B'),
  'a Bind with fewer values than it says': message('B', Buffer.from('\0\0\0\0\xff\xff', 'latin1')),
  'a Describe of nothing': message('D'),
  'a Describe of something else': message('D', Buffer.from('X\0')),
  'a Close of something else': message('C', Buffer.from('X\0')),
  'an Execute that is too short': message('E', Buffer.from('\0\0')),
};

for (const [state, reach] of Object.entries(states)) {
  const applicable = state.includes('COPY') ? violations : { ...violations, ...outsideCopy };
  for (const [violation, bytes] of Object.entries(applicable)) {
    test(`${violation}, ${state}, is 08P01 and the end`, async () => {
      const client = await reach();
      client.send(bytes, sync);
      const messages = await client.ended().finally(() => client.destroy());
      const errors = messages.filter(({ type }) => type === 'E');
      const last = messages.at(-1);
      assert.ok(last !== undefined && last.type === 'E', messages.map(shown).join('\n'));
      assert.match(shown(last), /^E S=FATAL V=FATAL C=08P01 /);
      assert.equal(errors.length, 1, messages.map(shown).join('\n'));
      await allReturned(pgpack);
      await allReturned(single);
    });
  }
}

for (const [violation, bytes] of Object.entries({ ...violations, query: query('SELECT 1') })) {
  if (violation === 'a password' || violation === 'a startup packet') continue;
  test(`${violation} instead of a password is 08P01 and the end`, async () => {
    const client = await RawClient.dial(pgpack.address);
    const parameters = new Map([
      ['user', 'test'],
      ['database', database.name],
    ]);
    client.send(startupMessage(0x30000, parameters));
    assert.equal((await client.next())?.type, 'R');
    client.send(bytes);
    assert.match(
      (await client.ended()).map(shown).join('\n'),
      /^E S=FATAL V=FATAL C=08P01 [^\n]*$/,
    );
    await allReturned(pgpack);
  });
}

// ------------------------------------------------------------------ a thousand random streams

const streams = 1_000;
const atOnce = 10;

const pieces: readonly Buffer[] = [
  query('SELECT 1'),
  query('SELECT * FROM items'),
  query("INSERT INTO items VALUES (1, 'a') ON CONFLICT DO NOTHING"),
  query('BEGIN'),
  query('COMMIT'),
  query('COPY items FROM STDIN'),
  query('COPY (SELECT 1) TO STDOUT'),
  extended('SELECT * FROM items WHERE id = $1', ['1']),
  parse('s', 'SELECT $1::int'),
  parse('', 'SELECT * FROM items ORDER BY id'),
  bind({ statement: 's', values: ['1'] }),
  bind(),
  describe('P'),
  describe('S', 's'),
  execute('', 1),
  execute(),
  close('S', 's'),
  flush,
  sync,
  copyData('5\tfive\n'),
  copyDone,
  ...Object.values(violations),
  ...Object.values(outsideCopy),
];

/** Whole messages, broken ones, noise; cut anywhere. */
function randomStream(random: Random): Buffer {
  const parts: Buffer[] = [];
  const count = 1 + random.below(8);
  for (let i = 0; i < count; i++) parts.push(randomPart(random));
  const stream = Buffer.concat(parts);
  return random.below(3) === 0 ? stream.subarray(0, random.below(stream.length + 1)) : stream;
}

function randomPart(random: Random): Buffer {
  const piece = Buffer.from(pieces[random.below(pieces.length)]!);
  switch (random.below(8)) {
    case 0: // noise
      return Buffer.from(Array.from({ length: 1 + random.below(60) }, () => random.below(256)));
    case 1: // some bytes changed
      for (let i = 0; i < 3; i++) piece[random.below(piece.length)] = random.below(256);
      return piece;
    case 2: // a length that is not the body's
      piece.writeInt32BE(piece.readInt32BE(1) + random.below(40) - 20, 1);
      return piece;
    case 3: // a length that never comes
      piece.writeInt32BE(0x3f00_0000 + random.below(0x00ff_ffff), 1);
      return piece;
    default:
      return piece;
  }
}

async function stream(random: Random): Promise<{ bytes: Buffer; answer: readonly Message[] }> {
  const loggedIn = random.below(6) > 0;
  const bytes = loggedIn ? randomStream(random) : randomStart(random);
  const cutAt = random.below(bytes.length + 1);
  const abrupt = random.below(4) === 0;
  const address = pgpack.address;
  const client = await (loggedIn ? RawClient.login(address) : RawClient.dial(address));
  client.send(bytes.subarray(0, cutAt));
  await new Promise(resolve => setImmediate(resolve));
  client.send(bytes.subarray(cutAt));
  if (abrupt) client.destroy();
  else client.end();
  return { bytes, answer: await client.ended() };
}

/** Before login: a startup packet with some of it wrong, or noise. */
function randomStart(random: Random): Buffer {
  const parameters = new Map([
    ['user', 'test'],
    ['database', database.name],
  ]);
  const packet = startupMessage(0x30000 + random.below(4), parameters);
  for (let i = random.below(4); i > 0; i--) packet[random.below(packet.length)] = random.below(256);
  const follow = randomStream(random);
  return random.below(4) === 0 ? follow : Buffer.concat([packet, follow]);
}

test(`${streams} random streams end in errors with names, and leave nothing`, async t => {
  const seed = Number(process.env['PGPACK_SEED'] ?? Date.now() % 1_000_000);
  t.diagnostic(`PGPACK_SEED=${seed}`);
  const random = seededRandom(seed);
  const seeds = Array.from({ length: streams }, () => random.uint32());
  const fatal = new Map<string, number>();
  const worker = async (): Promise<void> => {
    for (let own = seeds.pop(); own !== undefined; own = seeds.pop()) {
      const { bytes, answer } = await stream(seededRandom(own));
      const at = `stream of seed ${own}: ${bytes.toString('latin1')}`;
      const fatals = answer.filter(({ type, body }) => type === 'E' && body.includes('SFATAL'));
      assert.ok(fatals.length <= 1, at);
      for (const one of fatals) {
        assert.equal(answer.at(-1), one, at);
        fatal.set(sqlstateOf(one), (fatal.get(sqlstateOf(one)) ?? 0) + 1);
      }
      for (const one of answer) assert.notEqual(one.type === 'E' && sqlstateOf(one), 'XX000', at);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  t.diagnostic(`FATAL errors: ${JSON.stringify(Object.fromEntries(fatal))}`);
  assert.ok((fatal.get('08P01') ?? 0) > streams / 10);
  const expected = new Set([
    '08P01',
    '54000',
    '28P01',
    '3D000',
    '28000',
    '0A000',
    '42704',
    '22023',
  ]);
  assert.deepEqual(
    [...fatal.keys()].filter(sqlstate => !expected.has(sqlstate)),
    [],
  );
  await allReturned(pgpack);
  const client = await RawClient.login(pgpack.address);
  assert.deepEqual(await client.ask(query('SELECT 1')).then(lines => lines.slice(1)), [
    'D 0000000131',
    'C SELECT 1',
    'Z I',
  ]);
  client.destroy();
  await allReturned(pgpack);
});
