// What SET, RESET, DISCARD, PREPARE and their like answer, message by message as one PostgreSQL
// answers them: ParameterStatus included, on one shard and on three.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { bind, execute, extended, parse, query, sync } from '../support/client-bytes.ts';
import {
  connect,
  createTestDatabase,
  type DatabaseAddress,
  type TestDatabase,
} from '../support/cluster.ts';
import { type PgPack, startPgPack } from '../support/pgpack.ts';
import type { LoginOptions } from '../support/raw-client.ts';
import { compare } from '../support/wire-cases.ts';

type Sent = string | Buffer;

interface Case {
  readonly sends: readonly Sent[];
  readonly login?: LoginOptions;
  /** Refused where rows lie on several shards. */
  readonly refused?: true;
}

const startup: LoginOptions = {
  parameters: { application_name: 'app', TimeZone: 'Asia/Tokyo', DateStyle: 'SQL, DMY' },
};

const see = (name: string) => `SHOW ${name}`;

const cases: Readonly<Record<string, Case>> = {
  'RESET goes back to the startup value': {
    login: startup,
    sends: ["SET application_name = 'x'", 'RESET application_name', see('application_name')],
  },
  'RESET of a startup value that was not changed tells nothing': {
    login: startup,
    sends: ['RESET TimeZone', 'RESET application_name', see('TimeZone')],
  },
  'SET TO DEFAULT is RESET': {
    login: startup,
    sends: ["SET TimeZone = 'UTC'", 'SET TIME ZONE DEFAULT', see('TimeZone')],
  },
  'SET LOCAL TO DEFAULT is the startup value': {
    login: startup,
    sends: [
      "SET application_name = 'x'",
      'BEGIN',
      'SET LOCAL application_name TO DEFAULT',
      see('application_name'),
      'SET LOCAL TIME ZONE DEFAULT',
      see('TimeZone'),
      extended('SET LOCAL datestyle TO DEFAULT'),
      see('datestyle'),
      'SELECT name FROM items WHERE id = 2',
      see('application_name'),
      'COMMIT',
      see('application_name'),
      'SET LOCAL application_name TO DEFAULT',
    ],
  },
  'set_config() of NULL is the startup value': {
    login: startup,
    sends: [
      "SET application_name = 'x'",
      "SELECT set_config('application_name', NULL, false)",
      "SET TimeZone = 'UTC'",
      "SELECT set_config('TimeZone', NULL, false) AS zone, set_config('work_mem', NULL, false)",
      extended("SELECT set_config('DateStyle', $1, false)", [null]),
      extended("SELECT set_config('DateStyle', $1, false)", ['ISO, MDY']),
      'BEGIN',
      "SELECT set_config('DateStyle', NULL, true)",
      'SELECT name FROM items WHERE id = 2',
      'COMMIT',
      see('DateStyle'),
    ],
  },
  'PREPARE TRANSACTION of a failed block rolls it back': {
    sends: [
      'BEGIN',
      "SET application_name = 'x'",
      'SELECT 1/0',
      "PREPARE TRANSACTION 'x'",
      see('application_name'),
    ],
  },
  'RESET ALL goes back to all startup values': {
    login: startup,
    sends: [
      "SET application_name = 'x'",
      "SET work_mem = '7MB'",
      'RESET ALL',
      see('application_name'),
      see('work_mem'),
      see('DateStyle'),
    ],
  },
  'RESET in the extended protocol': {
    login: startup,
    sends: [extended("SET application_name = 'x'"), extended('RESET application_name')],
  },
  'RESET in a block that is rolled back': {
    login: startup,
    sends: [
      "SET application_name = 'x'",
      'BEGIN',
      'RESET application_name',
      see('application_name'),
      'ROLLBACK',
      see('application_name'),
    ],
  },
  'SET in a block that is rolled back': {
    login: startup,
    sends: ['BEGIN', "SET application_name = 'x'", 'ROLLBACK', see('application_name')],
  },
  'SET undone by ROLLBACK TO': {
    sends: [
      'BEGIN',
      "SET application_name = 'one'",
      'SAVEPOINT a',
      "SET application_name = 'two'",
      "SET LOCAL work_mem = '6MB'",
      'ROLLBACK TO a',
      see('application_name'),
      see('work_mem'),
      'COMMIT',
      see('application_name'),
    ],
  },
  'SET LOCAL under a SET that is rolled back to': {
    sends: [
      'BEGIN',
      "SET LOCAL work_mem = '5MB'",
      'SAVEPOINT a',
      "SET work_mem = '6MB'",
      'ROLLBACK TO a',
      see('work_mem'),
      'COMMIT',
      see('work_mem'),
    ],
  },
  'SET in a failed block': {
    sends: [
      'BEGIN',
      "SET work_mem = '6MB'",
      'SELECT 1 / 0',
      "SET work_mem = '7MB'",
      'COMMIT',
      see('work_mem'),
    ],
  },
  'a script whose statements after COMMIT fail': {
    sends: [
      "BEGIN; SET work_mem = '6MB'; COMMIT; SET work_mem = '7MB'; SELECT 1 / 0",
      see('work_mem'),
    ],
  },
  'a script with RESET': {
    login: startup,
    sends: ["SET work_mem = '6MB'; RESET application_name; SELECT 1", see('work_mem')],
  },
  'what asyncpg sends when a connection goes back to its pool': {
    login: startup,
    sends: [
      "SET work_mem = '6MB'",
      'SELECT pg_advisory_unlock_all(); CLOSE ALL; UNLISTEN *; RESET ALL;',
      see('work_mem'),
    ],
  },
  'DISCARD ALL': {
    login: startup,
    sends: [
      "SET application_name = 'x'",
      Buffer.concat([parse('s', 'SELECT 1'), sync]),
      'DISCARD ALL',
      see('application_name'),
      Buffer.concat([bind({ statement: 's' }), execute(), sync]),
      'EXECUTE s',
    ],
  },
  'DISCARD ALL in the extended protocol': {
    login: startup,
    sends: ["SET application_name = 'x'", extended('DISCARD ALL'), see('application_name')],
  },
  'DISCARD ALL in a block': { sends: ['BEGIN', 'DISCARD ALL', 'ROLLBACK'] },
  'the other DISCARDs': {
    sends: [
      'DISCARD PLANS',
      'DISCARD SEQUENCES',
      'DISCARD TEMP',
      'DISCARD TEMPORARY',
      extended('DISCARD PLANS'),
    ],
  },
  'role and session authorization': {
    sends: [
      'SET SESSION AUTHORIZATION state_role',
      'SET ROLE state_other',
      'SELECT current_user, session_user',
      'RESET ROLE',
      'SELECT current_user, session_user',
      'SET ROLE state_other',
      'RESET SESSION AUTHORIZATION',
      "SELECT current_user, current_setting('role')",
      'SET ROLE state_role',
      'SELECT current_user',
      'SET SESSION AUTHORIZATION DEFAULT',
      'SELECT current_user',
      'SET ROLE nobody_has_this',
      'SELECT current_user',
    ],
  },
  'a role in a block': {
    sends: [
      'BEGIN',
      'SET LOCAL ROLE state_role',
      'SELECT current_user',
      'COMMIT',
      'SELECT current_user',
    ],
  },
  'startup options': {
    login: { parameters: { options: '-c work_mem=7MB --app.a-b=x\\ y -c search_path=a,b' } },
    sends: [
      see('work_mem'),
      see('"app.a_b"'),
      see('search_path'),
      "SET work_mem = '1MB'",
      'RESET work_mem',
      see('work_mem'),
    ],
  },
  'an empty search path': {
    login: { parameters: { search_path: '' } },
    sends: [see('search_path'), 'SET search_path = a', 'RESET search_path', see('search_path')],
  },
  'a role of the startup options': {
    login: { parameters: { options: '-c role=state_role' } },
    sends: [
      'SELECT current_user',
      'RESET SESSION AUTHORIZATION',
      'SELECT current_user',
      'RESET ROLE',
      'SELECT current_user',
    ],
  },
  'set_config() in every form': {
    sends: [
      "SELECT set_config('application_name', 'x', false)",
      extended('SELECT set_config($1, $2, $3)', ['app.v', 'w', 'f']),
      "SELECT current_setting('app.v')",
      "SELECT set_config('app.v', NULL, false)",
      "SELECT current_setting('app.v')",
      'BEGIN',
      extended("SELECT set_config('app.v', $1, true)", ['local']),
      "SELECT current_setting('app.v')",
      'COMMIT',
      "SELECT current_setting('app.v')",
      "SELECT set_config(NULL, 'x', false)",
      "SELECT set_config('no_such_setting', 'x', false)",
      "SELECT set_config('work_mem', '7MB', false) AS a, set_config('app.v', 'z', false) AS b",
      see('work_mem'),
    ],
  },
  'PREPARE and EXECUTE': {
    sends: [
      'PREPARE p AS SELECT 1 AS v',
      'EXECUTE p',
      'PREPARE p AS SELECT 2',
      'DEALLOCATE p',
      'EXECUTE p',
      'DEALLOCATE p',
      'PREPARE q (int, text) AS SELECT $1 + 1 AS n, $2 || $2 AS t',
      "EXECUTE q(41, 'ab')",
      'EXECUTE q(41)',
      'EXECUTE q(-1, NULL)',
      'DEALLOCATE ALL',
      'EXECUTE q',
      'PREPARE r AS SELECT nothing',
    ],
  },
  'EXECUTE on a table': {
    sends: [
      'PREPARE one AS SELECT id, name FROM items WHERE id = $1',
      'EXECUTE one(1)',
      "EXECUTE one('7')",
      'PREPARE several (bigint, bigint) AS SELECT id FROM items WHERE id IN ($1, $2) ORDER BY id',
      'EXECUTE several(2, 9)',
      'PREPARE every AS SELECT count(*), sum(id) FROM items WHERE name < $1',
      "EXECUTE every('n6')",
      'PREPARE ins (bigint, text) AS INSERT INTO items VALUES ($1, $2)',
      "EXECUTE ins(100, 'new')",
      'SELECT name FROM items WHERE id = 100',
      'PREPARE del AS DELETE FROM items WHERE id = $1 RETURNING name',
      'EXECUTE del(100)',
      'BEGIN',
      "EXECUTE ins(101, 'gone')",
      'EXECUTE one(101)',
      'ROLLBACK',
      'EXECUTE one(101)',
    ],
  },
  'EXECUTE in the extended protocol': {
    sends: [
      'PREPARE one (bigint) AS SELECT id, name FROM items WHERE id = $1',
      Buffer.concat([parse('', 'EXECUTE one(3)'), bind(), execute(), sync]),
    ],
  },
  'names of messages and of SQL are one space': {
    sends: [
      Buffer.concat([parse('s', 'SELECT 42 AS v'), sync]),
      'PREPARE s AS SELECT 1',
      'DEALLOCATE s',
      'DEALLOCATE s',
      'PREPARE s AS SELECT 43 AS v',
      Buffer.concat([parse('s', 'SELECT 44'), sync]),
      'EXECUTE s',
    ],
  },
};

let database: TestDatabase;

describe('session state', () => {
  before(async () => {
    database = await createTestDatabase('state', 3);
    await database.runEverywhere(`
      DO $$ BEGIN CREATE ROLE state_role; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
      DO $$ BEGIN CREATE ROLE state_other; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
      GRANT state_other TO state_role;
      CREATE TABLE items (id bigint PRIMARY KEY, name text);
      CREATE SEQUENCE numbers;`);
    const oracle = await connect(database.oracle);
    await oracle.query("INSERT INTO items SELECT i, 'n' || i FROM generate_series(1, 20) i");
    await oracle.end();
  });
  after(() => database.drop());

  for (const shards of [1, 3]) {
    describe(`on ${shards} shards`, () => {
      let pgpack: PgPack;
      before(async () => {
        const own = { ...database, shards: database.shards.slice(0, shards) };
        pgpack = await startPgPack({
          database: own,
          sharded: ['items.id'],
          general: 'default_pool_size = 2',
        });
        const client = await connect(pgpack.address);
        await client.query('DELETE FROM items');
        for (let i = 1; i <= 20; i++)
          await client.query(`INSERT INTO items VALUES (${i}, 'n${i}')`);
        await client.end();
      });
      after(() => pgpack.close());

      for (const [name, { sends, login }] of Object.entries(cases)) {
        it(name, async () => {
          const exchanges = sends.map(one => ({
            send: [typeof one === 'string' ? query(one) : one],
          }));
          const conversation = { name, exchanges, ...(login === undefined ? {} : { login }) };
          await compare(conversation, database.oracle, pgpack.address);
        });
      }

      it('lastval() is answered where nextval() was called, and refused elsewhere', () =>
        lastValue(pgpack.address, shards));

      it('an EXECUTE that cannot be proved right is refused', async () => {
        const client = await connect(pgpack.address);
        await client.query('PREPARE p (bigint) AS SELECT id FROM items WHERE id = $1');
        if (shards > 1) {
          await assert.rejects(client.query('EXECUTE p(1 + 1)'), { code: '0A000' });
          await client.query('SET search_path = other, public');
          await assert.rejects(client.query('EXECUTE p(1)'), { code: '0A000' });
        } else {
          assert.deepEqual((await client.query('EXECUTE p(1 + 1)')).rows, [{ id: '2' }]);
        }
        await client.end();
      });
    });
  }
});

async function lastValue(address: DatabaseAddress, shards: number): Promise<void> {
  const client = await connect(address);
  const refused = { code: '0A000' };
  await assert.rejects(client.query('SELECT lastval()'), refused);
  await assert.rejects(client.query("SELECT 1 WHERE currval('numbers') = $1", [1]), refused);
  if (shards === 1) {
    await client.query('BEGIN');
    const { rows } = await client.query("SELECT nextval('numbers') AS v");
    assert.deepEqual((await client.query('SELECT lastval() AS v')).rows, rows);
    await client.query('COMMIT');
    await client.query("SELECT nextval('numbers'); SELECT lastval()");
    await client.query('PREPARE pins AS SELECT 1');
    await client.query("SELECT nextval('numbers')");
    assert.equal((await client.query('SELECT lastval()')).rowCount, 1);
  }
  await client.end();
}
