// Messages longer than what is kept of a busy client: they come whole, whatever went before them.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { copyData, copyDone, query } from '../support/client-bytes.ts';
import { RawClient } from '../support/raw-client.ts';
import { startWire, type Wire } from '../support/wire.ts';

const wires: Wire[] = [];
const megabyte = 1_048_576;

before(async () => {
  const schema = 'CREATE TABLE items (id bigint, note text)';
  wires.push(await startWire('long_messages_1', 1, schema));
  wires.push(await startWire('long_messages_2', 2, schema, { sharded: ['items.id'] }));
});

after(async () => {
  for (const wire of wires) await wire.close();
});

for (const at of [0, 1]) {
  test(`one CopyData of megabytes is copied (${at + 1} shards)`, async () => {
    const client = await RawClient.login(wires[at]!.pgpack.address);
    for (const size of [megabyte + 100_000, 5 * megabyte]) {
      const rows = Array.from({ length: size / 1000 }, (_, i) => `${i}\t${'x'.repeat(995)}\n`);
      await client.ask(query('COPY items FROM STDIN'), 'G');
      client.send(copyData(rows.join('')), copyDone);
      const answer = await client.until('Z');
      assert.match(answer[0]!.body.toString(), new RegExp(`^COPY ${rows.length}\\b`));
    }
    client.destroy();
  });

  test(`a statement of megabytes behind one that still runs (${at + 1} shards)`, async () => {
    const client = await RawClient.login(wires[at]!.pgpack.address);
    client.send(query('SELECT pg_sleep(0.3)'));
    client.send(query(`SELECT length('${'x'.repeat(3 * megabyte)}')`));
    const answers = await client.until('Z', 2);
    const values = answers.filter(one => one.type === 'D').map(one => one.body.toString('latin1'));
    assert.equal(values[1]!.slice(6), String(3 * megabyte));
    client.destroy();
  });
}
