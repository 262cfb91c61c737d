// Clients that create and drop tables beside others: what concerns no plan of theirs costs them no
// reading of the catalog, and one that says what it said before costs them no plan.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { pino } from 'pino';
import { type App, startApp } from '../../src/app.ts';
import { extended, query } from '../support/client-bytes.ts';
import { configOf } from '../support/pgpack.ts';
import { RawClient } from '../support/raw-client.ts';
import { startWire, type Wire } from '../support/wire.ts';

const schema = `CREATE TABLE items (id bigint PRIMARY KEY, name text);
  CREATE DOMAIN positive AS int CHECK (VALUE > 0)`;
let one: Wire;
let several: Wire;

before(async () => {
  one = await startWire('plans_kept_one', 1, schema);
  several = await startWire('plans_kept', 2, schema, { sharded: ['items.id'] });
});

after(() => Promise.all([one.close(), several.close()]));

interface Watched {
  readonly app: App;
  /** How often the catalog was read. */
  readonly reads: () => number;
  readonly login: () => Promise<RawClient>;
}

/** A PgPack of its own, whose readings of the catalog are counted by what it logs of them. */
async function use({ database, pgpack }: Wire, work: (watched: Watched) => Promise<void>) {
  let reads = 0;
  const count = { write: (line: string) => void (reads += line.includes('catalog read') ? 1 : 0) };
  const sharded = database.shards.length > 1 ? ['items.id'] : [];
  const config = configOf({ database, sharded });
  const app = await startApp(config, { log: pino({ level: 'debug' }, count) });
  const login = () => RawClient.login({ ...pgpack.address, port: app.port });
  try {
    await work({ app, reads: () => reads, login });
  } finally {
    await app.close({ drain: false });
  }
}

async function planned({ app }: Watched): Promise<number> {
  const { databases } = await app.own.snapshot('totals');
  return databases.reduce((sum, each) => sum + each.planned, 0);
}

const read = query('SELECT name FROM items WHERE id = 1');

const sparing: Readonly<Record<string, readonly string[]>> = {
  'a temporary table': ['CREATE TEMP TABLE x (a int)', 'DROP TABLE x'],
  'a temporary table of a query': ['CREATE TEMP TABLE x AS SELECT 1', 'DROP TABLE x'],
  'a temporary table by SELECT INTO': ['SELECT 1 INTO TEMP x', 'DROP TABLE x'],
  'a temporary table of one transaction': [
    'BEGIN',
    'CREATE TEMP TABLE x (a int) ON COMMIT DROP',
    'COMMIT',
  ],
  'a temporary view': ['CREATE TEMP VIEW x AS SELECT 1'],
  'a plain table': [
    'CREATE TABLE x (id bigserial PRIMARY KEY, a text NOT NULL DEFAULT 1)',
    'DROP TABLE x',
  ],
  'an index': ['CREATE INDEX x ON items (name)', 'DROP INDEX x'],
};

for (const [what, statements] of Object.entries(sparing)) {
  test(`one shard: ${what} takes no plan from anybody`, () =>
    use(one, async watched => {
      const [client, other] = [await watched.login(), await watched.login()];
      await other.ask(read);
      for (const sql of statements) {
        const before = await planned(watched);
        assert.equal((await client.ask(query(sql)))[0]?.[0], 'C', sql);
        const own = await planned(watched);
        assert.ok(own - before <= 1, sql);
        await other.ask(read);
        assert.equal(await planned(watched), own, `${sql} took a plan`);
      }
      assert.equal(watched.reads(), 1);
    }));
}

const concerning: Readonly<Record<string, string>> = {
  'a view': 'CREATE VIEW x AS SELECT 1',
  'a column': 'ALTER TABLE items ADD COLUMN a int',
  'a table with a default that calls a function': 'CREATE TABLE x1 (a float8 DEFAULT random())',
  'a table with a column of a domain': 'CREATE TABLE x2 (a positive)',
  'a table with a check': 'CREATE TABLE x3 (a int CHECK (a > 0))',
  'a child table': 'CREATE TABLE x4 () INHERITS (items)',
  'an index over an expression': 'CREATE INDEX ON items (lower(name))',
  CASCADE: 'DROP TABLE IF EXISTS x4 CASCADE',
};

for (const [what, sql] of Object.entries(concerning)) {
  test(`one shard: after ${what} the catalog is read before anything else is planned`, () =>
    use(one, async watched => {
      const [client, other] = [await watched.login(), await watched.login()];
      await other.ask(read);
      assert.match((await client.ask(query(sql))).at(-2)!, /^C/);
      await other.ask(read);
      assert.equal(watched.reads(), 2);
    }));
}

test('where event triggers fire, a new table is looked at before anything else is planned', () =>
  use(one, async watched => {
    await one.database.runEverywhere(`
      CREATE FUNCTION fired() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$;
      CREATE EVENT TRIGGER each ON ddl_command_end EXECUTE FUNCTION fired()`);
    const [client, other] = [await watched.login(), await watched.login()];
    await other.ask(read);
    await client.ask(query('CREATE TABLE looked_at (a int)'));
    await other.ask(read);
    assert.equal(watched.reads(), 2);
    await one.database.runEverywhere('DROP EVENT TRIGGER each');
  }));

test('a function made in one text with others is known before it is called', () =>
  use(one, async watched => {
    const [client, other] = [await watched.login(), await watched.login()];
    await other.ask(read);
    const body = `BEGIN PERFORM set_config('app.left', 'x', false); END`;
    const create = `CREATE FUNCTION leaves() RETURNS void LANGUAGE plpgsql AS $$ ${body} $$`;
    await client.ask(query(`${create}; SELECT 1`));
    await other.ask(query('SELECT leaves()'));
    assert.equal(watched.reads(), 2);
  }));

for (const [name, wire] of [
  ['one shard', () => one],
  ['several shards', () => several],
] as const) {
  test(`${name}: a catalog that is read again and the same keeps its plans`, () =>
    use(wire(), async watched => {
      const [client, other] = [await watched.login(), await watched.login()];
      await other.ask(read);
      // Whoever reads the catalog in between would know another one.
      await client.ask(query('BEGIN'));
      await client.ask(query('ALTER TABLE items ADD COLUMN gone int'));
      await client.ask(query('ALTER TABLE items DROP COLUMN gone'));
      await client.ask(query('COMMIT'));
      const before = await planned(watched);
      await other.ask(read);
      assert.equal(await planned(watched), before);
      assert.ok(watched.reads() >= 2);
    }));
}

test('several shards: a relation that nobody knows takes no plan from anybody', () =>
  use(several, async watched => {
    const [client, other] = [await watched.login(), await watched.login()];
    await other.ask(read);
    const behind = 'CREATE TABLE behind AS SELECT 1 AS id';
    await several.database.runEverywhere(behind);
    await client.ask(extended('SELECT * FROM behind'));
    assert.equal(watched.reads(), 2);
    await several.database.runEverywhere('DROP TABLE behind');
    await other.ask(read);
    const before = await planned(watched);
    await other.ask(read);
    assert.equal(await planned(watched), before);
  }));
