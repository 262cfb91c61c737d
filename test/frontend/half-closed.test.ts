// Clients that close their side while answers are due, as `printf … | nc` does: what they sent is
// answered, then the connection ends. One that is gone altogether looks the same at first.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  bind,
  copyData,
  copyDone,
  execute,
  extended,
  flush,
  parse,
  query,
} from '../support/client-bytes.ts';
import { connect, type DatabaseAddress } from '../support/cluster.ts';
import { RawClient } from '../support/raw-client.ts';
import { allReturned, eventually } from '../support/settled.ts';
import { startWire, type Wire } from '../support/wire.ts';

const schema = `CREATE TABLE items (id bigint PRIMARY KEY, name text);
  CREATE TABLE locked (id bigint PRIMARY KEY)`;

let wire: Wire;

before(async () => {
  wire = await startWire('half_closed', 2, schema, {
    sharded: ['items.id', 'locked.id'],
    general: 'default_pool_size = 1\nrollback_timeout = 60000',
  });
});

after(() => wire.close());

const cases: Readonly<Record<string, readonly Buffer[]>> = {
  'a query': [query('SELECT 1, pg_sleep(0.2)')],
  'several queries, the first of several shards': [
    query('SELECT count(*) FROM items'),
    query('SELECT 2'),
    extended('SELECT 3'),
  ],
  'a transaction that is left open': [query('BEGIN'), query('SELECT 1 FROM items WHERE id = 1')],
  'a COPY that is there in full': [
    query('COPY items FROM STDIN'),
    copyData('1\ta\n2\tb\n'),
    copyDone,
    query('DELETE FROM items'),
  ],
  'more than is handled in one turn': Array.from({ length: 500 }, () => query('')),
  'a large result': [query("SELECT repeat('x', 1000) FROM generate_series(1, 20000)")],
};

for (const [name, messages] of Object.entries(cases)) {
  test(`answered to the end: ${name}`, async () => {
    const expected = await answers(wire.database.oracle, messages);
    assert.equal(expected.at(-1), 'Z');
    assert.deepEqual(await answers(wire.pgpack.address, messages), expected);
    await allReturned(wire.pgpack);
  });
}

/** Types of the messages that come after the client has closed its side. */
async function answers(address: DatabaseAddress, messages: readonly Buffer[]): Promise<string[]> {
  const client = await RawClient.login(address);
  client.send(...messages);
  client.end();
  const types = (await client.ended()).map(({ type }) => type);
  // Asks whether the client is still there.
  return types.filter(type => type !== 'S');
}

const gone: Readonly<Record<string, readonly Buffer[]>> = {
  'a query': [query('SELECT pg_sleep(100)')],
  'a query of several shards': [query('SELECT count(*) FROM locked')],
  'an exchange without Sync': [parse('', 'SELECT pg_sleep(100)'), bind(), execute(), flush],
  'a COPY whose end is not there': [query('COPY items FROM STDIN'), copyData('1\ta\n')],
};

for (const [name, messages] of Object.entries(gone)) {
  test(`who is gone altogether holds no connection: ${name}`, async () => {
    const locker = await connect(wire.database.shards[0]!);
    await locker.query('BEGIN; LOCK TABLE locked');
    const client = await RawClient.login(wire.pgpack.address);
    client.send(...messages);
    await eventually('it has a connection', () => {
      const { serverConnections, idleServerConnections } = wire.pgpack.app.counts;
      return idleServerConnections < serverConnections;
    });
    client.destroy();
    await allReturned(wire.pgpack);
    await locker.end();
    const next = await RawClient.login(wire.pgpack.address);
    const [columns] = await next.ask(query('SELECT count(*) FROM items'));
    assert.match(columns!, /^T/);
    next.destroy();
  });
}
