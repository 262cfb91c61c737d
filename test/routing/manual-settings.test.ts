// Sessions that are sent to a shard by settings, startup parameters and PgCat's commands: levels,
// transactions, both protocols, three shards and one.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type pg from 'pg';
import {
  bind,
  describe as describeMessage,
  execute,
  extended,
  parse,
  query,
  sync,
} from '../support/client-bytes.ts';
import { RawClient } from '../support/raw-client.ts';
import { allReturned } from '../support/settled.ts';
import { type ManualWire, onlyValue, refuses, shardOf, startManual } from './manual-support.ts';

const schema = `CREATE TABLE users (id bigint PRIMARY KEY, name text);
  CREATE TABLE kinds (id int PRIMARY KEY, name text)`;

let wire: ManualWire;
let client: pg.Client;

const show = (name: string) => onlyValue(client, `SHOW ${name}`);

before(async () => {
  wire = await startManual('manual_settings', 3, schema, {
    sharded: ['users.id'],
    omnisharded: ['kinds'],
  });
  const filler = await wire.client();
  const rows = Array.from({ length: 30 }, (_, i) => `(${i}, 'user ${i}')`).join();
  await filler.query(`INSERT INTO users VALUES ${rows}`);
  await filler.end();
});

after(() => wire.close());

/** A client of its own for each test. */
function on(name: string, work: () => Promise<void>, options?: string): void {
  it(name, async () => {
    client = await wire.client(options);
    try {
      await work();
    } finally {
      await client.end();
    }
  });
}

async function sees(...shards: readonly (number | string)[]): Promise<void> {
  for (const shard of shards) {
    assert.equal(await shardOf(client), String(shard));
    assert.equal(await onlyValue(client, 'SELECT shard FROM here', []), String(shard));
  }
}

describe('pgdog.shard', () => {
  on('holds until it is set again', async () => {
    for (const shard of [2, 0, 1]) {
      await client.query(`SET pgdog.shard TO ${shard}`);
      await sees(shard);
      assert.equal(await show('pgdog.shard'), String(shard));
    }
    assert.equal(await show('pgdog.shards'), '3');
    await client.query('RESET pgdog.shard');
    assert.equal(await show('pgdog.shard'), '');
    assert.equal(await onlyValue(client, 'SELECT count(*) FROM users'), '30');
  });

  on('holds for prepared statements that were prepared before', async () => {
    const named = { name: 'here', text: 'SELECT shard FROM here WHERE $1::int = 1', values: [1] };
    for (const shard of [0, 1, 2, 0]) {
      await client.query(`SET pgdog.shard TO '${shard}'`);
      assert.deepEqual((await client.query(named)).rows, [{ shard }]);
    }
  });

  on('sends statements as they are', async () => {
    await client.query('SET SESSION pgdog.shard = 1');
    const here = await onlyValue(client, 'SELECT count(*) FROM users');
    assert.ok(Number(here) < 30);
    await refuses(client, 'DELETE FROM kinds', '0A000', /omnisharded table "kinds"/);
    await client.query("SET pgdog.shard = ''");
    assert.equal(await onlyValue(client, 'SELECT count(*) FROM users'), '30');
  });
});

describe('pgdog.shard and transactions', () => {
  on('is undone by a rollback, and kept by a commit', async () => {
    await client.query('SET pgdog.shard TO 0');
    await client.query('BEGIN');
    await client.query('SET pgdog.shard TO 1');
    await sees(1);
    await client.query('ROLLBACK');
    await sees(0);
    await client.query('BEGIN');
    await client.query('SET pgdog.shard TO 2');
    await client.query('COMMIT');
    await sees(2);
  });

  on('is local to the transaction with SET LOCAL, and to a savepoint', async () => {
    await client.query('SET pgdog.shard TO 0');
    await client.query('BEGIN');
    await client.query('SET LOCAL pgdog.shard TO 1');
    await sees(1);
    await client.query('SAVEPOINT a');
    await client.query('SET LOCAL pgdog.shard TO 2');
    await sees(2);
    await client.query('ROLLBACK TO a');
    await sees(1);
    await client.query('SET pgdog.shard TO 2');
    await sees(2);
    await client.query('COMMIT');
    await sees(2);
  });

  on('is passed over by SET LOCAL outside a transaction', async () => {
    const notices: string[] = [];
    client.on('notice', ({ message }) => notices.push(message ?? ''));
    await client.query('SET pgdog.shard TO 1');
    await client.query('SET LOCAL pgdog.shard TO 2');
    await sees(1);
    assert.deepEqual(notices, ['SET LOCAL can only be used in transaction blocks']);
  });
});

describe('pgdog.shard beside other statements', () => {
  on('comes behind a comment', async () => {
    await client.query('SET pgdog.shard TO 1');
    const sql = '/* pgdog_shard: 2 */ SELECT shard FROM here';
    assert.equal(await onlyValue(client, sql), '2');
    assert.equal(await onlyValue(client, sql, []), '2');
    await sees(1);
  });

  on('holds for what follows it in the same text', async () => {
    const results = (await client.query(
      `SET pgdog.shard TO 2; SELECT shard FROM here; SET pgdog.shard TO 1;
       SELECT shard FROM here`,
    )) as unknown as pg.QueryResult[];
    assert.deepEqual([results[1]!.rows[0].shard, results[3]!.rows[0].shard], [2, 1]);
    await sees(1);
  });

  it('holds for what follows it before the same Sync', async () => {
    const raw = await RawClient.login(wire.pgpack.address);
    const set = (shard: number) => [parse('', `SET pgdog.shard TO ${shard}`), bind(), execute()];
    const read = [parse('', 'SELECT shard FROM here'), bind(), execute()];
    const lines = await raw.ask([...set(2), ...read, ...set(1), ...read, sync]);
    const rows = lines.filter(line => line.startsWith('D '));
    assert.deepEqual(
      rows.map(line => line.slice(-2)),
      ['32', '31'],
    );
    raw.destroy();
  });

  on('is not taken from set_config()', async () => {
    const sql = "SELECT set_config('pgdog.shard', '1', false)";
    await refuses(client, sql, '0A000', /set_config\(\) of pgdog.shard/);
  });

  on('is forgotten with RESET ALL and DISCARD ALL', async () => {
    for (const sql of ['RESET ALL', 'DISCARD ALL']) {
      await client.query('SET pgdog.shard TO 1');
      await client.query(sql);
      assert.equal(await show('pgdog.shard'), '');
    }
  });
});

describe('pgdog.shard and what it cannot be', () => {
  on('that does not exist is refused, and the old one stays', async () => {
    await client.query('SET pgdog.shard TO 1');
    await refuses(client, 'SET pgdog.shard TO 3', '22023', /shards are numbered 0 to 2/);
    await refuses(client, 'SET pgdog.shard TO main', '22023', /invalid value for pgdog.shard/);
    await refuses(client, 'SET pgdog.shard TO -1', '22023', /invalid value for pgdog.shard/);
    await sees(1);
  });

  on('may go from shard to shard within one transaction', async () => {
    await client.query('BEGIN');
    for (const shard of [0, 1, 2]) {
      await client.query(`SET LOCAL pgdog.shard TO ${shard}`);
      await client.query(`UPDATE users SET name = 'seen'`);
      await sees(shard);
    }
    await client.query('RESET pgdog.shard');
    await client.query("SET LOCAL pgdog.shard TO ''");
    const sql = "SELECT count(*) FROM users WHERE name = 'seen'";
    assert.equal(await onlyValue(client, sql), '30');
    await client.query('ROLLBACK');
    assert.equal(await onlyValue(client, sql), '0');
  });
});

describe('pgdog.sharding_key', () => {
  on('goes where rows with that key are', async () => {
    for (let key = 0; key < 8; key++) {
      await client.query(`SET pgdog.sharding_key TO '${key}'`);
      const sql = `SELECT count(*) FROM users WHERE name = 'user ${key}'`;
      assert.equal(await onlyValue(client, sql), '1');
      assert.equal(await onlyValue(client, sql, []), '1');
      assert.equal(await show('pgdog.sharding_key'), String(key));
    }
  });

  on('takes the place of pgdog.shard, and the reverse', async () => {
    await client.query('SET pgdog.shard TO 1');
    await client.query('SET pgdog.sharding_key TO 5');
    assert.equal(await show('pgdog.shard'), '');
    await client.query('RESET pgdog.shard');
    assert.equal(await show('pgdog.sharding_key'), '5');
    await client.query('SET pgdog.shard TO 2');
    assert.equal(await show('pgdog.sharding_key'), '');
    await sees(2);
  });

  on('that no column can have is refused', async () => {
    const message = /invalid input syntax for type bigint: "abc"/;
    await refuses(client, "SET pgdog.sharding_key TO 'abc'", '22P02', message);
    assert.equal(await onlyValue(client, 'SELECT count(*) FROM users'), '30');
  });
});

describe('startup parameters', () => {
  on('name the shard', () => sees(2), '-c pgdog.shard=2');

  on(
    'are what RESET goes back to',
    async () => {
      await client.query('SET pgdog.shard TO 0');
      await sees(0);
      for (const sql of ['RESET pgdog.shard', 'RESET ALL', 'SET pgdog.shard TO DEFAULT']) {
        await client.query('SET pgdog.shard TO 0');
        await client.query(sql);
        await sees(1);
      }
    },
    '-c pgdog.shard=1',
  );

  on(
    'name the key',
    async () => {
      const sql = "SELECT count(*) FROM users WHERE name = 'user 7'";
      assert.equal(await onlyValue(client, sql), '1');
      assert.ok(Number(await onlyValue(client, 'SELECT count(*) FROM users')) < 30);
    },
    '-c pgdog.sharding_key=7',
  );

  it('stand in the packet itself too', async () => {
    const raw = await RawClient.login(wire.pgpack.address, {
      parameters: { 'pgdog.shard': '1', 'pgdog.role': 'primary' },
    });
    const lines = await raw.ask([query('SHOW pgdog.shard')]);
    assert.equal(lines[1], 'D 0000000131');
    raw.destroy();
  });

  it('with a shard that does not exist are refused', async () => {
    await assert.rejects(wire.client('-c pgdog.shard=3'), { code: '22023', severity: 'FATAL' });
    await assert.rejects(wire.client('-c pgdog.role=leader'), { code: '22023' });
  });
});

describe("PgCat's commands", () => {
  on('choose and show the shard', async () => {
    assert.equal(await show('SHARD'), 'unset');
    for (const shard of [1, 2, 0]) {
      await client.query(`SET SHARD TO '${shard}'`);
      assert.equal(await show('SHARD'), String(shard));
      await sees(shard);
    }
    await client.query("SET SHARD TO 'any'");
    const any = await show('SHARD');
    await sees(any, any);
    await refuses(client, "SET SHARD TO '7'", '22023', /shard 7 does not exist/);
  });

  on('choose a shard by its key', async () => {
    for (let key = 0; key < 8; key++) {
      await client.query(`SET SHARDING KEY TO '${key}'`);
      const sql = `SELECT count(*) FROM users WHERE name = 'user ${key}'`;
      assert.equal(await onlyValue(client, sql), '1');
      assert.equal(await show('SHARD'), await shardOf(client));
    }
  });

  on('choose and show the role', async () => {
    assert.equal(await show('SERVER ROLE'), 'auto');
    for (const role of ['primary', 'replica', 'any', 'auto']) {
      await client.query(`SET SERVER ROLE TO '${role}'`);
      assert.equal(await show('SERVER ROLE'), role);
      assert.equal(await show('pgdog.role'), role);
    }
    await client.query("SET SERVER ROLE TO 'default'");
    assert.equal(await show('SERVER ROLE'), 'auto');
    await client.query("SET PRIMARY READS TO 'off'");
    assert.equal(await show('PRIMARY READS'), 'off');
    await client.query('SET PRIMARY READS TO DEFAULT');
    assert.equal(await show('PRIMARY READS'), 'on');
  });

  it('answer message by message, in both protocols', async () => {
    const raw = await RawClient.login(wire.pgpack.address);
    assert.deepEqual(await raw.ask([query("SET SHARD TO '1'")]), ['C SET SHARD', 'Z I']);
    const [row, ...rest] = (await raw.ask([query('SHOW SHARD')])).map(line => line.split(':')[0]);
    assert.deepEqual([row, ...rest], ['T shard', 'D 0000000131', 'C SELECT 1', 'Z I']);
    const told = await raw.ask([extended('SHOW SHARD')]);
    assert.deepEqual(
      told.map(line => line.split(':')[0]),
      ['1', '2', 'T shard', 'D 0000000131', 'C SELECT 1', 'Z I'],
    );
    const prepared = [parse('s', 'SHOW pgdog.shard'), describeMessage('S', 's'), sync];
    assert.deepEqual(
      (await raw.ask(prepared)).map(line => line.split(':')[0]),
      ['1', 't 0000', 'T pgdog.shard', 'Z I'],
    );
    const run = [bind({ statement: 's', resultFormats: [0, 0] }), execute(), sync];
    assert.match((await raw.ask(run)).join('\n'), /C=08P01 .*2 result formats but query has 1/);
    const set = [extended('SET pgdog.shard TO 2'), extended('SELECT shard FROM here')];
    const answers = await raw.ask(set, 'Z', 2);
    assert.deepEqual(answers.slice(0, 5), ['1', '2', 'n', 'C SET', 'Z I']);
    assert.ok(answers.includes('D 0000000132'));
    raw.destroy();
  });
});

describe('on one shard', () => {
  let alone: ManualWire;
  before(async () => {
    alone = await startManual('manual_alone', 1, schema);
  });
  after(() => alone.close());

  it('the one shard may be named, and no other', async () => {
    client = await alone.client();
    await client.query('SET pgdog.shard TO 0');
    assert.equal(await show('pgdog.shard'), '0');
    assert.equal(await show('SHARD'), '0');
    await sees(0);
    assert.equal(await onlyValue(client, '/* pgdog_shard: 0 */ SELECT shard FROM here'), '0');
    await refuses(client, 'SET pgdog.shard TO 1', '22023', /numbered 0 to 0/);
    await refuses(client, '/* pgdog_shard: 1 */ SELECT 1', '22023', /numbered 0 to 0/);
    await refuses(client, '/* pgdog_shard: 1 */ SELECT 1', '22023', /numbered 0 to 0/, []);
    await client.query('BEGIN');
    await client.query('SET LOCAL pgdog.role TO replica');
    assert.equal(await show('pgdog.role'), 'replica');
    await client.query('ROLLBACK');
    assert.equal(await show('pgdog.role'), 'auto');
    const results = (await client.query(
      "SET pgdog.role TO 'primary'; SELECT shard FROM here; SHOW pgdog.role",
    )) as unknown as pg.QueryResult[];
    assert.deepEqual(results[2]!.rows, [{ 'pgdog.role': 'primary' }]);
    const raw = await RawClient.login(alone.pgpack.address);
    const command = "SET SHARDING KEY TO '1'";
    const named = [parse('s', "SET SERVER ROLE TO 'any'"), sync];
    assert.deepEqual(await raw.ask(named), ['1', 'Z I']);
    assert.deepEqual(await raw.ask([bind({ statement: 's' }), execute(), sync]), [
      '2',
      'C SET SERVER ROLE',
      'Z I',
    ]);
    await raw.ask([query('BEGIN')]);
    await raw.ask([query('SELECT 1/0')]);
    assert.match((await raw.ask([extended(command)])).join(' '), /C=25P02 .*Z E$/);
    await raw.ask([query('ROLLBACK')]);
    assert.match((await raw.ask([query(command)])).join(' '), /C=0A000 .*Z I$/);
    raw.destroy();
    await client.query("SET SERVER ROLE TO 'primary'");
    await client.query('DISCARD ALL');
    assert.equal(await show('SERVER ROLE'), 'auto');
    await client.end();
    await allReturned(alone.pgpack);
  });
});
