// SELECT … FOR UPDATE and its kin over shards: locked is what is returned, and nothing else. Who else
// may have a row is asked on the shards themselves, past PgPack, and by a second client of it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type pg from 'pg';
import { bind, execute, flush, parse, sync } from '../support/client-bytes.ts';
import { connect, createTestDatabase, type TestDatabase } from '../support/cluster.ts';
import { type PgPack, startPgPack } from '../support/pgpack.ts';
import { RawClient } from '../support/raw-client.ts';
import { allReturned, eventually } from '../support/settled.ts';

interface World {
  readonly database: TestDatabase;
  readonly pgpack: PgPack;
  /** Connections past PgPack that hold locks while it waits. */
  readonly holders: Set<pg.Client>;
}

const worlds = new Map<number, World>();
const shardCounts = [1, 3];

before(async () => {
  for (const shards of shardCounts) worlds.set(shards, await createWorld(shards));
});

after(async () => {
  for (const { database, pgpack } of worlds.values()) {
    await pgpack.close();
    await database.drop();
  }
});

async function createWorld(shards: number): Promise<World> {
  const database = await createTestDatabase('row_locks', shards);
  await database.runEverywhere(`
    CREATE TABLE jobs (id bigint PRIMARY KEY, state text, rank int);
    CREATE TABLE tasks (
      tenant bigint, name text COLLATE "C", done bool, PRIMARY KEY (name, tenant));
    CREATE TABLE lands (code text PRIMARY KEY, title text)`);
  const pgpack = await startPgPack({
    database,
    sharded: ['jobs.id', 'tasks.tenant'],
    omnisharded: ['lands'],
  });
  const client = await connect(pgpack.address);
  const ids = Array.from({ length: 40 }, (_, i) => i + 1);
  const jobs = ids.map(id => `(${id}, '${id % 4 === 0 ? 'done' : 'queued'}', ${100 - id})`);
  await client.query(`INSERT INTO jobs VALUES ${jobs.join()}`);
  const tasks = ids.map(id => `(${id % 7}, 'it''s \\${id}', false)`);
  await client.query(`INSERT INTO tasks VALUES ${tasks.join()}`);
  await client.query("INSERT INTO lands VALUES ('de', 'Germany'), ('fr', 'France')");
  await client.end();
  return { database, pgpack, holders: new Set() };
}

/** Clients of PgPack, the second to compete with the first. */
async function withClients(
  shards: number,
  work: (first: pg.Client, second: pg.Client, world: World) => Promise<void>,
): Promise<void> {
  const world = worlds.get(shards)!;
  const first = await connect(world.pgpack.address);
  const second = await connect(world.pgpack.address);
  try {
    await work(first, second, world);
  } finally {
    // At once: where an assertion has failed one may still wait for another's locks.
    const holders = [...world.holders].map(one => one.end());
    world.holders.clear();
    const rollbacks = [first, second].map(one => one.query('ROLLBACK').catch(() => {}));
    await Promise.all([...holders, ...rollbacks]);
    await first.end();
    await second.end();
  }
  await allReturned(world.pgpack);
}

/** A connection to the first shard, for as long as `withClients` works. */
async function holderOn({ database, holders }: World): Promise<pg.Client> {
  const holder = await connect(database.shards[0]!);
  holders.add(holder);
  return holder;
}

/** Keys of the rows that nobody else could lock now, as the shards say. */
async function lockedOn({ database }: World, table: string, key: string): Promise<string[]> {
  const locked: string[] = [];
  for (const address of database.shards) {
    const direct = await connect(address);
    const all = await direct.query(`SELECT ${key}::text AS k FROM ${table}`);
    await direct.query('BEGIN');
    const free = await direct.query(
      `SELECT ${key}::text AS k FROM ${table} FOR UPDATE SKIP LOCKED`,
    );
    const isFree = new Set(free.rows.map(row => row.k));
    locked.push(...all.rows.map(row => row.k).filter(one => !isFree.has(one)));
    await direct.end();
  }
  return locked.sort();
}

const keys = (result: pg.QueryResult, key = 'id') => result.rows.map(row => String(row[key]));
const sorted = (values: readonly string[]) => [...values].sort();

for (const shards of shardCounts) {
  const on = `on ${shards} ${shards === 1 ? 'shard' : 'shards'}`;

  test(`what is returned is locked, and nothing else, ${on}`, async () => {
    await withClients(shards, async (first, second, world) => {
      await first.query('BEGIN');
      const held = await first.query("SELECT id FROM jobs WHERE state = 'queued' FOR UPDATE");
      assert.equal(held.rowCount, 30);
      assert.deepEqual(await lockedOn(world, 'jobs', 'id'), sorted(keys(held)));
      const others = await second.query('SELECT id FROM jobs FOR SHARE SKIP LOCKED');
      assert.equal(others.rowCount, 10);
      const refused = second.query('SELECT id FROM jobs ORDER BY id FOR UPDATE NOWAIT');
      await assert.rejects(refused, { code: '55P03' });
      await first.query('COMMIT');
      assert.deepEqual(await lockedOn(world, 'jobs', 'id'), []);
      // A statement of its own: its locks are gone when it has ended.
      const all = 'SELECT id FROM jobs WHERE rank > $1 ORDER BY rank DESC FOR UPDATE';
      assert.deepEqual(keys(await first.query(all, [96])), ['1', '2', '3']);
      assert.deepEqual(await lockedOn(world, 'jobs', 'id'), []);
    });
  });

  test(`of a queue each worker has the first that are free, and no more, ${on}`, async () => {
    const simple = `SELECT id FROM jobs WHERE state = 'queued' ORDER BY id LIMIT 5
      FOR UPDATE SKIP LOCKED`;
    const bound = {
      text: 'SELECT id, state FROM jobs WHERE state = $2 ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED',
      values: [5, 'queued'],
    };
    await withClients(shards, async (first, second, world) => {
      await first.query('BEGIN');
      await second.query('BEGIN');
      const taken = await first.query(simple);
      assert.deepEqual(keys(taken), ['1', '2', '3', '5', '6']);
      const next = await second.query(bound);
      assert.deepEqual(keys(next), ['7', '9', '10', '11', '13']);
      assert.deepEqual(
        await lockedOn(world, 'jobs', 'id'),
        sorted([...keys(taken), ...keys(next)]),
      );
      // All but four are held: a second look is needed.
      const most = await first.query(
        "SELECT id FROM jobs WHERE state = 'queued' AND id < 39 FOR UPDATE SKIP LOCKED",
      );
      const last = await second.query(simple);
      assert.deepEqual(keys(last), ['7', '9', '10', '11', '13']);
      assert.equal(most.rowCount, 24);
      await second.query('ROLLBACK');
      const rest = await second.query(simple);
      assert.deepEqual(keys(rest), ['7', '9', '10', '11', '13']);
    });
  });

  test(`more rows are looked for than those that others hold, ${on}`, async () => {
    await withClients(shards, async (first, second) => {
      await first.query('BEGIN');
      await first.query('SELECT id FROM jobs WHERE id < 39 FOR UPDATE');
      const free = 'SELECT id FROM jobs ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED';
      assert.deepEqual(keys(await second.query(free)), ['39']);
      const three = 'SELECT rank FROM jobs LIMIT 3 FOR UPDATE SKIP LOCKED';
      assert.deepEqual(keys(await second.query(three), 'rank').sort(), ['60', '61']);
      const none = await second.query('SELECT * FROM jobs WHERE id < 0 LIMIT 3 FOR UPDATE');
      assert.deepEqual(
        none.fields.map(one => one.name),
        ['id', 'state', 'rank'],
      );
      await assert.rejects(second.query('SELECT id FROM jobs LIMIT -1 FOR UPDATE'), {
        code: '2201W',
      });
      await assert.rejects(
        second.query('SELECT id FROM jobs ORDER BY id LIMIT 1 FOR UPDATE NOWAIT'),
        { code: '55P03' },
      );
    });
  });

  test(`rows are known by all columns of the key, ${on}`, async () => {
    await withClients(shards, async (first, _second, world) => {
      await first.query('BEGIN');
      const sql =
        'SELECT tenant, name FROM tasks WHERE NOT done ORDER BY name DESC LIMIT 3 FOR UPDATE';
      const { rows } = await first.query(sql);
      assert.deepEqual(
        rows.map(row => row.name),
        ["it's \\9", "it's \\8", "it's \\7"],
      );
      assert.deepEqual(await lockedOn(world, 'tasks', 'name'), sorted(rows.map(row => row.name)));
    });
  });

  test(`a row that is changed while it is waited for is looked at again, ${on}`, async () => {
    await withClients(shards, async (first, second) => {
      await first.query('BEGIN');
      await first.query("UPDATE jobs SET state = 'taken' WHERE id = 1");
      await second.query('BEGIN');
      const waiting = second.query(
        "SELECT id FROM jobs WHERE state = 'queued' ORDER BY id LIMIT 2 FOR UPDATE",
      );
      await eventually('it waits', () => isWaiting(worlds.get(shards)!));
      await first.query('COMMIT');
      assert.deepEqual(keys(await waiting), ['2', '3']);
      await second.query('COMMIT');
      await first.query("UPDATE jobs SET state = 'queued' WHERE id = 1");
    });
  });

  test(`rows that every shard has are locked on all of them, the first before, ${on}`, async () => {
    await withClients(shards, async (first, second, world) => {
      await first.query('BEGIN');
      const one = await first.query('SELECT title FROM lands WHERE code = $1 FOR UPDATE', ['de']);
      assert.deepEqual(one.rows, [{ title: 'Germany' }]);
      assert.equal(one.rowCount, 1);
      assert.deepEqual(await lockedOn(world, 'lands', 'code'), Array(shards).fill('de'));
      await first.query('ROLLBACK');
      const direct = await holderOn(world);
      await direct.query('BEGIN');
      await direct.query("SELECT 1 FROM lands WHERE code = 'fr' FOR UPDATE");
      for (const sql of [
        'SELECT * FROM lands ORDER BY code FOR SHARE',
        "UPDATE lands SET title = title WHERE code <> ''",
      ]) {
        const waiting = second.query(sql);
        await eventually('it waits', () => isWaiting(world));
        // On the first shard alone.
        assert.deepEqual(await lockedOn(world, 'lands', 'code'), ['de', 'fr']);
        await direct.query('ROLLBACK');
        assert.equal((await waiting).rowCount, 2);
        await direct.query('BEGIN');
        await direct.query("SELECT 1 FROM lands WHERE code = 'fr' FOR UPDATE");
      }
    });
  });

  test(`what PostgreSQL refuses is refused in its words, ${on}`, async () => {
    await withClients(shards, async (first, _second, world) => {
      const oracle = await connect(world.database.oracle);
      for (const sql of [
        'SELECT DISTINCT state FROM jobs FOR UPDATE',
        'SELECT count(*) FROM jobs FOR SHARE',
        'SELECT state FROM jobs GROUP BY state FOR UPDATE',
        'SELECT row_number() OVER () FROM jobs FOR UPDATE',
        'SELECT id FROM jobs UNION SELECT tenant FROM tasks FOR UPDATE',
        'SELECT id FROM jobs FOR UPDATE OF nobody',
        'SELECT j.id FROM jobs j LEFT JOIN tasks t ON t.tenant = j.id FOR UPDATE OF t',
        'SELECT generate_series(1, 2) FROM jobs FOR UPDATE',
        'BEGIN READ ONLY; SELECT id FROM jobs FOR UPDATE',
      ]) {
        const expected = await failure(oracle, sql);
        const found = await failure(first, sql);
        await first.query('ROLLBACK');
        await oracle.query('ROLLBACK');
        assert.deepEqual(found, expected, sql);
      }
      await oracle.end();
    });
  });
}

test('rows that are read in portions are locked when they are read', async () => {
  await withClients(3, async (first, _second, world) => {
    await first.query('BEGIN');
    await first.query("DECLARE c CURSOR FOR SELECT id FROM jobs WHERE state = 'queued' FOR UPDATE");
    const fetched = keys(await first.query('FETCH 2 FROM c'));
    assert.deepEqual(await lockedOn(world, 'jobs', 'id'), sorted(fetched));
    fetched.push(...keys(await first.query('FETCH 14 FROM c')));
    assert.equal(fetched.length, 16);
    assert.deepEqual(await lockedOn(world, 'jobs', 'id'), sorted(fetched));
    fetched.push(...keys(await first.query('FETCH ALL FROM c')));
    assert.equal(fetched.length, 30);
    const ordered = 'DECLARE d CURSOR FOR SELECT id FROM jobs ORDER BY id FOR UPDATE';
    await assert.rejects(first.query(ordered), { code: '0A000' });
    await first.query('ROLLBACK');
    const raw = await RawClient.login(world.pgpack.address);
    const sql = 'SELECT id FROM jobs FOR UPDATE';
    const portion = [parse('', sql), bind(), execute('', 3)];
    assert.equal((await raw.ask([...portion, flush], 's')).length, 6);
    assert.equal((await lockedOn(world, 'jobs', 'id')).length, 3);
    assert.deepEqual(await raw.ask(sync), ['Z I']);
    assert.equal((await raw.ask([...portion, sync])).at(-1), 'Z I');
    assert.deepEqual(await lockedOn(world, 'jobs', 'id'), []);
    raw.destroy();
  });
});

test('shards are locked one after the other, so that nobody waits in a circle', async () => {
  await withClients(3, async (first, _second, world) => {
    const [, ...others] = world.database.shards;
    const direct = await holderOn(world);
    await direct.query('BEGIN');
    await direct.query('SELECT id FROM jobs FOR UPDATE');
    for (const sql of [
      'SELECT id FROM jobs ORDER BY id FOR UPDATE',
      "SELECT id FROM jobs WHERE state <> '' FOR SHARE",
      'SELECT id FROM jobs ORDER BY id LIMIT 20 FOR UPDATE',
    ]) {
      const waiting = first.query(sql);
      await eventually('it waits', () => isWaiting(world));
      const elsewhere = { ...world, database: { ...world.database, shards: others } };
      assert.deepEqual(await lockedOn(elsewhere, 'jobs', 'id'), [], sql);
      await direct.query('ROLLBACK');
      assert.equal((await waiting).rowCount, sql.includes('LIMIT') ? 20 : 40);
      await direct.query('BEGIN');
      await direct.query('SELECT id FROM jobs FOR UPDATE');
    }
  });
});

test('a row that has another key when the wait for it ends is among the first still', async () => {
  await withClients(3, async (first, second, world) => {
    await second.query('BEGIN');
    const { rows } = await second.query('SELECT name FROM tasks ORDER BY tenant, name LIMIT 1');
    const rename = 'UPDATE tasks SET name = $2 WHERE tenant = 0 AND name = $1';
    await second.query(rename, [rows[0].name, 'another']);
    const sql = 'SELECT name FROM tasks ORDER BY tenant, name COLLATE "C" DESC LIMIT 5 FOR UPDATE';
    const waiting = first.query(sql);
    await eventually('it waits', () => isWaiting(world));
    await second.query('COMMIT');
    assert.ok(keys(await waiting, 'name').includes('another'));
    await second.query(rename, ['another', rows[0].name]);
  });
});

test('workers take each job once, and stop when none is left', async () => {
  const { pgpack } = worlds.get(3)!;
  const taken: string[] = [];
  const work = async () => {
    const worker = await connect(pgpack.address);
    for (;;) {
      await worker.query('BEGIN');
      const ids = keys(
        await worker.query(`SELECT id FROM jobs WHERE state = 'queued' ORDER BY rank DESC
          LIMIT 2 FOR UPDATE SKIP LOCKED`),
      );
      taken.push(...ids);
      await worker.query("UPDATE jobs SET state = 'taken' WHERE id = ANY ($1)", [ids]);
      await worker.query('COMMIT');
      if (ids.length === 0) break;
    }
    await worker.end();
  };
  await Promise.all(Array.from({ length: 6 }, work));
  assert.equal(taken.length, 30);
  assert.equal(new Set(taken).size, 30);
  const client = await connect(pgpack.address);
  await client.query("UPDATE jobs SET state = 'queued' WHERE state = 'taken'");
  await client.end();
  await allReturned(pgpack);
});

test('copies that are not the same on all shards are not locked', async () => {
  await withClients(3, async (first, _second, { database }) => {
    const direct = await connect(database.shards[1]!);
    await direct.query("DELETE FROM lands WHERE code = 'fr'");
    const sql = 'SELECT title FROM lands FOR UPDATE';
    await assert.rejects(first.query(sql), { code: '40001' });
    await direct.query("INSERT INTO lands VALUES ('fr', 'France')");
    await direct.end();
    assert.equal((await first.query(sql)).rowCount, 2);
  });
});

/** Code, message and place. */
async function failure(client: pg.Client, sql: string): Promise<readonly unknown[]> {
  const error = await client.query(sql).then(
    () => null,
    (thrown: pg.DatabaseError) => thrown,
  );
  return [error?.code, error?.message, error?.position];
}

async function isWaiting({ database }: World): Promise<boolean> {
  const all = await Promise.all(
    database.shards.map(async address => {
      const one = await connect(address);
      const { rows } = await one.query(
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
      );
      await one.end();
      return rows.length > 0;
    }),
  );
  return all.some(Boolean);
}
