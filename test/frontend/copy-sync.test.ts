// The Sync behind the Execute of a COPY: a server that reads data skips it, one whose COPY fails
// before it reads answers it. Clients get as many answers as they would without PgPack.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { bind, copyData, copyDone, execute, parse, query, sync } from '../support/client-bytes.ts';
import { RawClient } from '../support/raw-client.ts';
import { startWire, type Wire } from '../support/wire.ts';

let wire: Wire;

before(async () => {
  wire = await startWire('copy_sync', 1, 'CREATE TABLE items (id int)', {
    general: 'default_pool_size = 1',
  });
});

after(() => wire.close());

const copies = {
  'fails before it reads': { sql: 'COPY items FROM STDIN WITH (FREEZE)', data: '1\n', readies: 2 },
  'fails while it reads': { sql: 'COPY items FROM STDIN', data: 'x\n', readies: 1 },
  'takes all': { sql: 'COPY items FROM STDIN', data: '1\n', readies: 1 },
};

for (const [what, { sql, data, readies }] of Object.entries(copies)) {
  test(`a COPY that ${what}: its Syncs are answered ${readies} times`, async () => {
    const client = await RawClient.login(wire.pgpack.address);
    for (let round = 0; round < 40; round++) {
      client.send(parse('', sql), bind(), execute(), sync);
      await client.until('G');
      client.send(copyData(data), copyDone, sync);
      // Where it does not hang on when data and error meet.
      await client.until('Z', readies);
      const answer = await client.ask(query(`SELECT ${round} AS round`));
      assert.deepEqual(
        answer.map(line => line[0]),
        ['T', 'D', 'C', 'Z'],
      );
    }
    client.end();
  });
}
