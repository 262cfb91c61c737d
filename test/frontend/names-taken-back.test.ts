// A unit of the extended protocol that turns out to need several shards is walked through twice: the
// second time it finds the names as they were before it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { bind, close, execute, flush, parse, query, sync } from '../support/client-bytes.ts';
import { RawClient } from '../support/raw-client.ts';
import { startWire, type Wire } from '../support/wire.ts';

let wire: Wire;

before(async () => {
  wire = await startWire('names_taken_back', 2, 'CREATE TABLE items (id bigint PRIMARY KEY)', {
    sharded: ['items.id'],
  });
  for (const address of [wire.pgpack.address, wire.database.oracle]) {
    const client = await RawClient.login(address);
    await client.ask(query('INSERT INTO items VALUES (1), (2), (3), (4), (5)'));
    client.destroy();
  }
});

after(() => wire.close());

const one = 'SELECT id FROM items WHERE id = 5';
const wide = 'SELECT id FROM items ORDER BY id LIMIT 1';
const run = (statement = '') => Buffer.concat([bind({ statement }), execute()]);

async function answers(...exchanges: readonly Uint8Array[][]): Promise<string[]> {
  const [ours, theirs] = await Promise.all(
    [wire.pgpack.address, wire.database.oracle].map(async address => {
      const client = await RawClient.login(address);
      const answered: string[] = [];
      for (const exchange of exchanges) answered.push(...(await client.ask([...exchange, sync])));
      client.destroy();
      return answered;
    }),
  );
  assert.deepEqual(ours, theirs);
  return ours!;
}

test('the unnamed statement that is bound is the one before it is replaced', async () => {
  const rest = [run(), parse('', wide), run()];
  for (const found of [
    await answers([parse('', one), flush, ...rest]),
    await answers([parse('', one), run()], rest),
    await answers([parse('', one), flush, run(), close('S', ''), parse('', wide), run()]),
  ]) {
    const [five, least] = found.filter(line => line.startsWith('D')).slice(-2);
    assert.deepEqual([five, least], ['D 0000000135', 'D 0000000131']);
  }
});

test('a name that is given and given up in one unit is free again', async () => {
  await answers([parse('a', one), run('a'), close('S', 'a'), parse('', wide), run()]);
  const again = [
    close('S', 'a'),
    parse('a', wide),
    run('a'),
    close('S', 'a'),
    parse('', wide),
    run(),
  ];
  await answers([parse('a', one)], again, [run('a')]);
});
