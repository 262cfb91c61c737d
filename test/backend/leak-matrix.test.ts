// The leak matrix: every kind of session state, every way for its client to end, and the next
// client on a pool of one connection sees nothing of it. The client itself sees its state as on a
// direct connection, also when others used the connection in between. On three shards each state is
// tried with a third of the ways, by turns (`ALL=1`: with all of them).

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ByteWriter } from '../../src/protocol/byte-writer.ts';
import { cancelRequest } from '../../src/protocol/frontend-messages.ts';
import { extended, parse, query, sync, terminate } from '../support/client-bytes.ts';
import { connect, createTestDatabase, type TestDatabase } from '../support/cluster.ts';
import { type PgPack, startPgPack } from '../support/pgpack.ts';
import { RawClient } from '../support/raw-client.ts';
import { allReturned, eventually } from '../support/settled.ts';

interface State {
  /** One message each; strings are simple queries. */
  readonly make: readonly (string | Buffer)[];
  /** What the client then sees of it. */
  readonly see: string;
  /** Not inside a transaction block. */
  readonly alone?: true;
}

/** FunctionCall with arguments and result as text. */
function functionCall(oid: number, values: readonly string[]): Buffer {
  const out = new ByteWriter().begin(0x46).int32(oid).int16(0).int16(values.length);
  for (const value of values) out.int32(Buffer.byteLength(value)).bytes(Buffer.from(value));
  return out.int16(0).end().take();
}

const setting = (name: string) => `SELECT current_setting('${name}', true)`;
const workMem = setting('work_mem');
const tenant = setting('app.tenant');

const states: Readonly<Record<string, State>> = {
  SET: { make: ["SET work_mem = '7MB'"], see: workMem },
  'SET of an invented name': { make: ["SET app.tenant = 'a'"], see: tenant },
  'SET in extended protocol': { make: [extended("SET work_mem = '7MB'")], see: workMem },
  'SET behind a long comment': {
    make: [`/* ${'long '.repeat(400)} */ SET work_mem = '7MB'`],
    see: workMem,
  },
  'SET search_path': { make: ['SET search_path = hidden, public'], see: setting('search_path') },
  'SET TIME ZONE': { make: ["SET TIME ZONE 'Asia/Tokyo'"], see: setting('TimeZone') },
  'SET SESSION CHARACTERISTICS': {
    make: [
      'SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE',
      'SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY',
    ],
    see: `SELECT current_setting('default_transaction_isolation'),
      current_setting('default_transaction_read_only')`,
  },
  'SET FROM CURRENT': {
    make: ['BEGIN', "SET LOCAL work_mem = '6MB'", 'SET work_mem FROM CURRENT', 'COMMIT'],
    see: workMem,
    alone: true,
  },
  'SET and RESET': { make: ["SET work_mem = '7MB'", 'RESET work_mem'], see: workMem },
  'SET ROLE': { make: ['SET ROLE leak_role'], see: 'SELECT current_user, session_user' },
  'SET SESSION AUTHORIZATION': {
    make: ['SET SESSION AUTHORIZATION leak_role'],
    see: 'SELECT current_user, session_user',
  },
  'both of them': {
    make: ['SET SESSION AUTHORIZATION leak_role', 'SET ROLE leak_other'],
    see: "SELECT current_user, session_user, current_setting('role')",
  },
  'set_config()': { make: ["SELECT set_config('app.tenant', 'a', false)"], see: tenant },
  'set_config() with a parameter': {
    make: [extended("SELECT set_config('app.tenant', $1, false)", ['a'])],
    see: tenant,
  },
  'set_config() with parameters only': {
    make: [extended('SELECT set_config($1, $2, $3)', ['work_mem', '9MB', 'false'])],
    see: workMem,
  },
  'two set_config()': {
    make: ["SELECT set_config('app.tenant', 'a', false), set_config('work_mem', '8MB', false)"],
    see: `SELECT current_setting('app.tenant', true), current_setting('work_mem')`,
  },
  'set_config() in WITH': {
    make: ["WITH x AS (SELECT set_config('app.tenant', 'a', false) v) SELECT v FROM x"],
    see: tenant,
  },
  'set_config() in WHERE': {
    make: ["SELECT 1 WHERE set_config('app.tenant', 'a', 1 > 2) = 'a'"],
    see: tenant,
  },
  'set_config() of the role': {
    make: ["SELECT set_config('role', 'leak_role', false)"],
    see: 'SELECT current_user',
  },
  'set_config() in COPY': {
    make: [`COPY (SELECT set_config('app.tenant', 'a', false)) TO STDOUT`],
    see: tenant,
  },
  'set_config() by a function call message': {
    make: [functionCall(2078, ['app.tenant', 'a', 'f'])],
    see: tenant,
  },
  'UPDATE pg_settings': {
    make: ["UPDATE pg_settings SET setting = '7168' WHERE name = 'work_mem'"],
    see: workMem,
  },
  'a function that sets': { make: ['SELECT leak_set()'], see: tenant },
  'a function that calls one that sets': { make: ['SELECT leak_calls()'], see: tenant },
  'a procedure that sets': { make: ['CALL leak_procedure()'], see: tenant },
  'a trigger that sets': { make: ['INSERT INTO triggered VALUES (1)'], see: tenant },
  'a view that sets': { make: ['SELECT * FROM leak_view'], see: tenant },
  'DO that sets': {
    make: ["DO $$ BEGIN EXECUTE 'SET app.tenant = ''a'''; END $$"],
    see: tenant,
  },
  'DO in quotes': {
    make: [
      "DO 'BEGIN PERFORM 1; END'",
      "DO 'BEGIN PERFORM set_config(''app.tenant'', ''a'', false); END'",
    ],
    see: tenant,
  },
  'a temporary table': {
    make: ['CREATE TEMP TABLE leak (v int)', 'INSERT INTO leak VALUES (42)'],
    see: 'SELECT v FROM pg_temp.leak',
  },
  'SELECT INTO TEMP': { make: ['SELECT 42 AS v INTO TEMP leak'], see: 'SELECT v FROM leak' },
  'a table in pg_temp': {
    make: ['SET search_path = pg_temp, public', 'CREATE TABLE leak AS SELECT 42 AS v'],
    see: 'SELECT v FROM leak',
  },
  'a function in pg_temp': {
    make: ["CREATE FUNCTION pg_temp.leaked() RETURNS int LANGUAGE sql AS 'SELECT 42'"],
    see: 'SELECT pg_temp.leaked()',
  },
  'a cursor WITH HOLD': {
    make: ['DECLARE leak CURSOR WITH HOLD FOR SELECT 42 UNION ALL SELECT 43'],
    see: 'FETCH 1 FROM leak',
  },
  'an advisory lock': {
    make: ['SELECT pg_advisory_lock(4711)'],
    see: "SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()",
  },
  'an advisory lock in DO': {
    make: ['DO $$ BEGIN PERFORM pg_advisory_lock(4712); END $$'],
    see: "SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()",
  },
  LISTEN: { make: ['LISTEN leak'], see: 'SELECT 1' },
  PREPARE: { make: ['PREPARE leak AS SELECT 42 AS v'], see: 'EXECUTE leak' },
  'PREPARE with a parameter': {
    make: ['PREPARE leak (bigint) AS SELECT $1 + 1 AS v'],
    see: 'EXECUTE leak(41)',
  },
  'a named statement': {
    make: [Buffer.concat([parse('leak', 'SELECT 42 AS v'), sync])],
    see: 'SELECT 1',
  },
  LOAD: {
    make: ["LOAD 'auto_explain'"],
    see: "SELECT count(*) FROM pg_settings WHERE name LIKE 'auto_explain.%'",
  },
  'setseed()': { make: ['SELECT setseed(0.25)'], see: 'SELECT random()' },
  'SET seed': { make: ['SET seed = 0.25'], see: 'SELECT random()' },
  'another client_encoding': {
    make: ["SET client_encoding = 'LATIN1'"],
    see: setting('client_encoding'),
  },
  'standard_conforming_strings off': {
    make: ['SET standard_conforming_strings = off'],
    see: setting('standard_conforming_strings'),
  },
  'settings in a script': {
    make: ["SET work_mem = '7MB'; SET app.tenant = 'a'; SELECT 1"],
    see: `SELECT current_setting('app.tenant', true), current_setting('work_mem')`,
  },
  'a script that commits in the middle': {
    make: ["BEGIN; SET work_mem = '7MB'; COMMIT; SET work_mem = '8MB'; SELECT 1 / 0"],
    see: workMem,
    alone: true,
  },
  'a text that PgPack cannot read': { make: ['SELECT 1 FROM WHERE'], see: workMem },
};

/** Some of the states, tried on a pool of their own. */
interface Lane {
  readonly pack: PgPack;
  /** application_name of its clients. */
  readonly name: string;
  /** Connections to the shards, past PgPack. */
  readonly watchers: readonly Watcher[];
}

type Watcher = Awaited<ReturnType<typeof connect>>;

const lanes = 4;
const thorough = process.env.ALL === '1';

type Way = (client: RawClient, state: State, lane: Lane) => Promise<void>;

async function make(client: RawClient, { make: messages }: State): Promise<void> {
  for (const message of messages) {
    const bytes = typeof message === 'string' ? query(message) : message;
    await client.ask(bytes);
  }
}

async function sleeping({ name, watchers }: Lane): Promise<void> {
  const running = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database()
    AND wait_event = 'PgSleep' AND application_name = $1`;
  await eventually('pg_sleep runs', async () => {
    const found = await Promise.all(watchers.map(one => one.query(running, [name])));
    return found.some(({ rowCount }) => rowCount === 1);
  });
}

const ways: Readonly<Record<string, Way>> = {
  'says good-bye': async (client, state) => {
    await make(client, state);
    client.send(terminate);
  },
  'is cut': async (client, state) => {
    await make(client, state);
    client.destroy();
  },
  'fails and says good-bye': async (client, state) => {
    await make(client, state);
    await client.ask(query('SELECT 1 / 0'));
    client.send(terminate);
  },
  'is cut in an open block': async (client, state) => {
    if (!state.alone) await client.ask(query('BEGIN'));
    await make(client, state);
    client.destroy();
  },
  'is cut in a failed block': async (client, state) => {
    if (!state.alone) await client.ask(query('BEGIN'));
    await make(client, state);
    await client.ask(query('SELECT 1 / 0'));
    client.destroy();
  },
  'rolls back': async (client, state) => {
    if (!state.alone) await client.ask(query('BEGIN'));
    await make(client, state);
    await client.ask(query('ROLLBACK'));
    client.send(terminate);
  },
  'is cut in mid-query': async (client, state, lane) => {
    await make(client, state);
    client.send(query('SELECT pg_sleep(61)'));
    await sleeping(lane);
    client.destroy();
  },
  'is cut in the very message': async (client, state, lane) => {
    const texts = state.make.filter(one => typeof one === 'string');
    if (texts.length < state.make.length || state.alone) return client.destroy();
    client.send(query(`${texts.join(';')}; SELECT pg_sleep(61)`));
    const first = await Promise.race([
      sleeping(lane).then(() => null),
      client.until('Z').catch(() => []),
    ]);
    assert.ok(first === null || first.some(({ type }) => type === 'E'), 'it sleeps or is refused');
    client.destroy();
  },
  'cancels and says good-bye': async (client, state, lane) => {
    await make(client, state);
    client.send(query('SELECT pg_sleep(61)'));
    await sleeping(lane);
    const canceler = await RawClient.dial(lane.pack.address);
    canceler.send(cancelRequest(client.processId, client.secret));
    await canceler.ended();
    await client.until('Z');
    client.send(terminate);
  },
};

let database: TestDatabase;

before(async () => {
  database = await createTestDatabase('leaks', 3);
  await database.runEverywhere(`
    DO $$ BEGIN CREATE ROLE leak_role; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
    DO $$ BEGIN CREATE ROLE leak_other; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
    GRANT leak_other TO leak_role;
    CREATE SCHEMA hidden;
    CREATE TABLE items (id bigint PRIMARY KEY, name text);
    CREATE TABLE triggered (id bigint);
    CREATE FUNCTION leak_set() RETURNS void LANGUAGE plpgsql
      AS $$ BEGIN PERFORM set_config('app.tenant', 'a', false); END $$;
    CREATE FUNCTION leak_calls() RETURNS void LANGUAGE sql AS 'SELECT leak_set()';
    CREATE PROCEDURE leak_procedure() LANGUAGE plpgsql AS $$ BEGIN PERFORM leak_set(); END $$;
    CREATE FUNCTION leak_trigger() RETURNS trigger LANGUAGE plpgsql
      AS $$ BEGIN PERFORM leak_set(); RETURN NEW; END $$;
    CREATE TRIGGER leaks BEFORE INSERT ON triggered FOR EACH ROW EXECUTE FUNCTION leak_trigger();
    CREATE VIEW leak_view AS SELECT set_config('app.tenant', 'a', false) AS v;`);
});

after(() => database.drop());

/** Everything that could be seen of a state, as the next client sees it. */
const looks = [
  `SELECT name, setting FROM pg_settings WHERE source = 'session' AND name <> 'client_encoding'
    OR name IN ('work_mem', 'search_path', 'TimeZone', 'client_encoding',
      'standard_conforming_strings', 'default_transaction_isolation') ORDER BY name`,
  `SELECT current_user, session_user, current_setting('role')`,
  // PostgreSQL keeps an invented name once it was set, with an empty value after RESET.
  `SELECT coalesce(current_setting('app.tenant', true), '')`,
  `SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()`,
  `SELECT count(*) FROM pg_class WHERE relnamespace = pg_my_temp_schema()`,
  `SELECT count(*) FROM pg_proc WHERE pronamespace = pg_my_temp_schema()`,
  'SELECT count(*) FROM pg_listening_channels()',
  'SELECT count(*) FROM pg_cursors',
  'SELECT count(*) FROM pg_prepared_statements WHERE from_sql',
  "SELECT count(*) FROM pg_settings WHERE name LIKE 'auto_explain.%'",
  'SELECT random() IN (SELECT v FROM seeds)',
];

function login({ pack, name }: Lane): Promise<RawClient> {
  return RawClient.login(pack.address, { parameters: { application_name: name } });
}

async function look(lane: Lane, seeds: string): Promise<string[]> {
  const client = await login(lane);
  const lines: string[] = [];
  for (const sql of looks) {
    lines.push(...(await client.ask(query(sql.replace('SELECT v FROM seeds', seeds)))));
  }
  client.send(terminate);
  await client.ended();
  return lines;
}

/** The first values of random() after the seed that states set. */
async function seedValues(): Promise<string> {
  const client = await connect(database.oracle);
  await client.query('SELECT setseed(0.25)');
  const { rows } = await client.query('SELECT random()::text AS v FROM generate_series(1, 20)');
  await client.end();
  return `VALUES ${rows.map(({ v }) => `(${v}::float8)`).join(', ')}`;
}

for (const shards of [1, 3]) {
  test(`the next client sees nothing of another's state (${shards} shards)`, async t => {
    const seeds = await seedValues();
    const all = Object.entries(states);
    const tried = await Promise.all(
      Array.from({ length: lanes }, (_, i) =>
        tryLane(
          shards,
          `lane ${i}`,
          seeds,
          all
            .map(([kind, state], at) => ({ kind, state, ends: endsOf(shards, at) }))
            .filter((_, at) => at % lanes === i),
        ),
      ),
    );
    const combinations = tried.reduce((sum, one) => sum + one, 0);
    const kinds = `${all.length} kinds of state, ${Object.keys(ways).length} ways to end`;
    t.diagnostic(`${kinds}: ${combinations} combinations tried`);
    assert.equal(combinations, all.flatMap((_, at) => endsOf(shards, at)).length);
    assert.ok(combinations > all.length * 2);
  });

  test(`a client sees its own state as on a direct connection (${shards} shards)`, async t => {
    const own = { ...database, shards: database.shards.slice(0, shards) };
    const pack = await startPgPack({
      database: own,
      sharded: ['items.id'],
      general: 'default_pool_size = 1\nmin_pool_size = 0',
    });
    const refused: string[] = [];
    const pinned: string[] = [];
    try {
      for (const [name, state] of Object.entries(states)) {
        const direct = await RawClient.login(database.oracle);
        const expected = await answers(direct, state, async () => {});
        direct.destroy();
        const client = await RawClient.login(pack.address);
        const actual = await answers(client, state, async () => {
          const { serverConnections, idleServerConnections } = pack.app.counts;
          if (serverConnections !== idleServerConnections) {
            pinned.push(name);
            return;
          }
          // Another client takes the connection for a while, and leaves it changed.
          const other = await RawClient.login(pack.address);
          await other.ask(query("SET work_mem = '3MB'"));
          await other.ask(query("SET app.tenant = 'other'"));
          await other.ask(query('SET ROLE leak_other'));
          other.send(terminate);
          await other.ended();
        });
        client.send(terminate);
        await allReturned(pack);
        if (shards > 1 && actual.some(line => line.includes('C=0A000'))) refused.push(name);
        else assert.deepEqual(actual, expected, name);
      }
      t.diagnostic(`${Object.keys(states).length} kinds; pinned: ${pinned.join(', ')}`);
      t.diagnostic(`refused: ${refused.join(', ') || 'none'}`);
      if (shards === 1) assert.deepEqual(refused, []);
    } finally {
      await pack.close();
    }
  });
}

type End = readonly [way: string, end: Way];

/** Ways to end for the state that is number `at`. */
function endsOf(shards: number, at: number): End[] {
  const all = Object.entries(ways);
  return shards === 1 || thorough ? all : all.filter((_, number) => (number + at) % 3 === 0);
}

interface Tried {
  readonly kind: string;
  readonly state: State;
  readonly ends: readonly End[];
}

/** Answers how many combinations were tried. */
async function tryLane(
  shards: number,
  name: string,
  seeds: string,
  tried: readonly Tried[],
): Promise<number> {
  const pack = await startPgPack({
    database: { ...database, shards: database.shards.slice(0, shards) },
    sharded: ['items.id'],
    general: 'default_pool_size = 1\nmin_pool_size = 0',
  });
  const watchers = await Promise.all(database.shards.map(connect));
  const lane = { pack, name, watchers };
  let combinations = 0;
  try {
    const clean = await look(lane, seeds);
    for (const { kind, state, ends } of tried) {
      for (const [way, end] of ends) {
        const client = await login(lane);
        await end(client, state, lane);
        await allReturned(pack);
        assert.deepEqual(await look(lane, seeds), clean, `${kind}, its client ${way}`);
        await allReturned(pack);
        combinations += 1;
      }
    }
  } finally {
    for (const watcher of watchers) await watcher.end();
    await pack.close();
  }
  return combinations;
}

async function answers(
  client: RawClient,
  state: State,
  between: () => Promise<void>,
): Promise<string[]> {
  const lines: string[] = [];
  for (const message of state.make) {
    lines.push(...(await client.ask(typeof message === 'string' ? query(message) : message)));
  }
  await between();
  lines.push(...(await client.ask(query(state.see))));
  return lines;
}
