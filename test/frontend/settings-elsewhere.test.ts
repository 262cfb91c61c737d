// Settings as they are on a connection that the client has not had before: what its session keeps
// of them is what PostgreSQL did.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { bind, execute, extended, parse, query, sync } from '../support/client-bytes.ts';
import type { DatabaseAddress } from '../support/cluster.ts';
import { RawClient } from '../support/raw-client.ts';
import { startWire, type Wire } from '../support/wire.ts';

let wire: Wire;

before(async () => {
  wire = await startWire('settings_elsewhere', 1, '', { general: 'default_pool_size = 2' });
});

after(() => wire.close());

interface Case {
  readonly sends: readonly (string | Buffer)[];
  readonly setting: string;
  readonly startup?: Readonly<Record<string, string>>;
}

const failedBlock = ['BEGIN', "SET work_mem = '11MB'", 'SELECT 1/0'];

const cases: Readonly<Record<string, Case>> = {
  'PREPARE TRANSACTION of a failed block keeps nothing': {
    sends: [...failedBlock, "PREPARE TRANSACTION 'x'"],
    setting: 'work_mem',
  },
  'the same in the extended protocol': {
    sends: [...failedBlock, extended("PREPARE TRANSACTION 'x'")],
    setting: 'work_mem',
  },
  'DateStyle in two parts': {
    sends: ["SET datestyle = 'SQL'", "SET datestyle = 'DMY'"],
    setting: 'datestyle',
  },
  'the order of DateStyle after a startup value': {
    startup: { DateStyle: 'SQL' },
    sends: ["SET datestyle = 'DMY'"],
    setting: 'datestyle',
  },
  'DateStyle behind SET LOCAL of its other part': {
    sends: ['BEGIN', "SET LOCAL datestyle = 'YMD'", "SET datestyle = 'SQL'", 'COMMIT'],
    setting: 'datestyle',
  },
  'DateStyle in a savepoint that is rolled back, in one query': {
    sends: [
      "BEGIN; SET datestyle = 'SQL'; SAVEPOINT a; SET datestyle = 'DMY'",
      'ROLLBACK TO a',
      'COMMIT',
    ],
    setting: 'datestyle',
  },
  'set_config() of NULL': {
    startup: { work_mem: '5MB' },
    sends: ["SET work_mem = '9MB'", "SELECT set_config('work_mem', NULL, false)"],
    setting: 'work_mem',
  },
  'set_config() of a parameter that is NULL': {
    startup: { work_mem: '5MB' },
    sends: [
      "SET work_mem = '9MB'",
      Buffer.concat([
        parse('', "SELECT set_config('work_mem', $1, false)"),
        bind({ values: [null] }),
        execute(),
        sync,
      ]),
    ],
    setting: 'work_mem',
  },
};

for (const [name, { sends, setting, startup = {} }] of Object.entries(cases)) {
  test(name, async () => {
    const see = query(`SHOW ${setting}`);
    const login = async (address: DatabaseAddress) => {
      const client = await RawClient.login(address, { parameters: startup });
      for (const one of sends) await client.ask(typeof one === 'string' ? query(one) : one);
      return client;
    };
    const direct = await login(wire.database.oracle);
    const expected = (await direct.ask(see)).filter(line => line.startsWith('D'));
    const client = await login(wire.pgpack.address);
    // Whoever used a connection last gets it next.
    const blocker = await RawClient.login(wire.pgpack.address);
    await blocker.ask(query('BEGIN; SELECT 1'));
    const actual = (await client.ask(see)).filter(line => line.startsWith('D'));
    for (const one of [direct, client, blocker]) one.destroy();
    assert.deepEqual(actual, expected);
  });
}

test('a DO block is refused if it resets a startup parameter', async () => {
  const client = await RawClient.login(wire.pgpack.address, { parameters: { work_mem: '5MB' } });
  const ask = async (sql: string) => (await client.ask(query(sql))).join();
  for (const reset of ['RESET work_mem', 'SET work_mem TO DEFAULT', 'RESET ALL']) {
    const sql = `DO $$ BEGIN ${reset}; END $$`;
    assert.match(await ask(sql), /C=0A000.*DO block.*Z I/);
    assert.match((await client.ask(extended(sql))).join(), /C=0A000.*DO block.*Z I/);
  }
  assert.match(await ask('DO $$ BEGIN RESET lock_timeout; END $$'), /C DO,Z I/);
  client.destroy();
});
