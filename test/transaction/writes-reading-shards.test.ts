// UPDATE and DELETE whose queries read other shards: answers and tables are those of one PostgreSQL,
// and workers of a queue get rows of their own.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type pg from 'pg';
import type { Case } from '../differential/case-file.ts';
import { difference, isRefusal } from '../differential/compare.ts';
import { type Mode, runCase } from '../differential/modes.ts';
import { WireClient } from '../differential/wire-client.ts';
import { connect, createTestDatabase, type TestDatabase } from '../support/cluster.ts';
import { type PgPack, startPgPack } from '../support/pgpack.ts';
import { eventually } from '../support/settled.ts';

const schema = `
CREATE TABLE jobs (id bigint PRIMARY KEY, state text, rank int, at timestamptz, note varchar(20));
CREATE TABLE items (id int PRIMARY KEY, job bigint, name text, price numeric(10,2), tag uuid);
CREATE TABLE tasks (
  tenant bigint, name text COLLATE "C", done bool, PRIMARY KEY (name, tenant));
CREATE TABLE lands (code char(4) PRIMARY KEY, title text, jobs int);
CREATE TABLE weights (id bigint PRIMARY KEY, job bigint, weight float8, place point, word text)`;

const rows = [
  `INSERT INTO jobs SELECT n, CASE WHEN n % 4 = 0 THEN 'done' ELSE 'queued' END, 100 - n,
     '2026-01-01'::timestamptz + n * interval '1 hour', 'it''s \\' || n FROM generate_series(1, 40) n`,
  `INSERT INTO items SELECT n, CASE WHEN n % 5 > 0 THEN n % 17 END, 'item "' || n % 9 || '"',
     n * 1.25, md5(n::text)::uuid FROM generate_series(1, 60) n`,
  `INSERT INTO tasks SELECT n % 7, 'task ' || n, n % 3 = 0 FROM generate_series(1, 30) n`,
  `INSERT INTO lands VALUES ('de', 'Germany', 3), ('fr', 'France', 7), ('it', 'Italy', NULL)`,
  `INSERT INTO weights SELECT n, n + 5, n / 3.0, point(n, n), 'Word ' || n
     FROM generate_series(1, 20) n`,
];

interface World {
  readonly database: TestDatabase;
  readonly pgpack: PgPack;
  readonly got: WireClient;
  readonly expected: WireClient;
}

const worlds = new Map<number, World>();
const shardCounts = [1, 2, 3];

before(async () => {
  for (const shards of shardCounts) {
    const database = await createTestDatabase('reading_writes', shards);
    await database.runEverywhere(schema);
    const pgpack = await startPgPack({
      database,
      sharded: ['jobs.id', 'items.id int', 'tasks.tenant', 'weights.id'],
      omnisharded: ['lands'],
      general: 'merge_memory_limit = 65536',
    });
    const got = await WireClient.connect(pgpack.address);
    const expected = await WireClient.connect(database.oracle);
    worlds.set(shards, { database, pgpack, got, expected });
    const source = await connect(database.oracle);
    for (const sql of rows) await source.query(sql);
    const client = await connect(pgpack.address);
    for (const table of ['jobs', 'items', 'tasks', 'lands', 'weights']) {
      const { rows: texts } = await source.query(insertOf(table));
      await client.query(texts[0].sql);
    }
    await client.end();
    await source.end();
  }
});

after(async () => {
  for (const { database, pgpack, got, expected } of worlds.values()) {
    await got.close();
    await expected.close();
    await pgpack.close();
    await database.drop();
  }
});

/** The rows of a table as one INSERT. */
const insertOf = (table: string) => `SELECT 'INSERT INTO ${table} VALUES ' || string_agg(
  '(' || (SELECT string_agg(quote_nullable(value), ',') FROM json_each_text(row_to_json(t))) || ')',
  ',') AS sql FROM ${table} t`;

/** Literals in «» are parameters in the extended protocol. */
const answered = [
  // The idioms of queues.
  `UPDATE jobs SET state = 'run' WHERE id IN (SELECT id FROM jobs WHERE state = «'queued'»
     ORDER BY id LIMIT 5 FOR UPDATE SKIP LOCKED) RETURNING *`,
  `UPDATE jobs SET state = 'run', at = date_trunc('year', now()) WHERE id = (SELECT id FROM jobs
     WHERE state = 'queued' ORDER BY rank LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id, rank`,
  `UPDATE jobs SET state = «'run'» WHERE id = ANY(ARRAY(SELECT id FROM jobs
     WHERE state = 'queued' ORDER BY id DESC LIMIT «3» FOR UPDATE SKIP LOCKED)) RETURNING id`,
  `UPDATE jobs SET state = 'run' WHERE id = ANY (SELECT id FROM jobs WHERE rank > 70
     ORDER BY id LIMIT 4 FOR UPDATE)`,
  `DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE state = 'done'
     ORDER BY id LIMIT 3 FOR UPDATE SKIP LOCKED) RETURNING note`,
  `WITH picked AS (SELECT id FROM jobs WHERE state = 'queued' ORDER BY id
     FOR UPDATE SKIP LOCKED LIMIT 4)
   UPDATE jobs SET state = 'run' FROM picked WHERE jobs.id = picked.id RETURNING jobs.*`,
  `WITH picked (job, was, its) AS MATERIALIZED (SELECT id, state, note FROM jobs ORDER BY id
     LIMIT «4» FOR UPDATE)
   UPDATE jobs j SET state = p.was || «'!'» FROM picked p WHERE j.id = p.job RETURNING j.id, p.its`,
  `WITH picked AS (SELECT id FROM jobs ORDER BY id LIMIT 4 FOR UPDATE SKIP LOCKED)
   DELETE FROM jobs WHERE id IN (SELECT id FROM picked) RETURNING id`,
  `UPDATE jobs SET state = 'run' FROM (SELECT id, state AS was FROM jobs WHERE rank > «60»
     ORDER BY id LIMIT 4 FOR UPDATE SKIP LOCKED) q JOIN lands ON true WHERE jobs.id = q.id
   RETURNING q.*, jobs.state`,
  `DELETE FROM jobs USING ((SELECT job FROM items) ) AS i (j) WHERE rank = j RETURNING id`,
  // Rows of other shards.
  `DELETE FROM jobs WHERE id IN (SELECT job FROM items WHERE price > «50»)`,
  `DELETE FROM jobs WHERE id NOT IN (SELECT job FROM items WHERE job IS NOT NULL)`,
  `DELETE FROM jobs WHERE id NOT IN (SELECT job FROM items)`,
  `DELETE FROM jobs WHERE rank > ALL (SELECT price FROM items WHERE price < «62.5») RETURNING rank`,
  `DELETE FROM jobs WHERE rank < (SELECT avg(price) FROM items) AND state = 'done' RETURNING id`,
  `DELETE FROM items WHERE tag IN (SELECT tag FROM items ORDER BY tag LIMIT 7) RETURNING tag`,
  `UPDATE items SET price = price + 1 WHERE name = (SELECT min(name) FROM items)`,
  `UPDATE items SET name = 'x' WHERE EXISTS (SELECT 1 FROM jobs WHERE rank = «99») RETURNING id`,
  `UPDATE items SET name = 'x' WHERE NOT EXISTS (SELECT FROM jobs WHERE rank = 1000) AND id < 9`,
  `UPDATE items SET name = 'x' WHERE EXISTS (SELECT FROM jobs WHERE rank = 1000)`,
  `UPDATE items SET price = (SELECT max(rank) FROM jobs) WHERE id < «4» RETURNING price`,
  `UPDATE items SET (name, price) = (SELECT note, rank FROM jobs ORDER BY rank LIMIT 1)
   WHERE id < 4 RETURNING *`,
  `UPDATE jobs SET at = (SELECT max(at) FROM jobs) WHERE at < (SELECT min(at) + interval '5 hours'
     FROM jobs)`,
  `UPDATE jobs SET rank = 0 WHERE (id, rank) IN (SELECT job, 100 - job FROM items) RETURNING id`,
  `UPDATE jobs SET rank = 0 WHERE (id, rank) = (SELECT job, 100 - job FROM items WHERE job IS NOT NULL
     ORDER BY job DESC LIMIT 1) RETURNING id`,
  `UPDATE jobs SET rank = -1 WHERE 2 + 2 = 4 AND id IN (SELECT id + 1 FROM jobs WHERE state = 'done')`,
  `UPDATE jobs SET rank = rank + 1 WHERE note IN (SELECT note FROM jobs WHERE rank > «95»)`,
  `UPDATE jobs SET rank = 7 WHERE note = ANY (ARRAY(SELECT note FROM jobs ORDER BY id LIMIT 3))`,
  `DELETE FROM tasks WHERE name IN (SELECT 'task ' || job FROM items) RETURNING *`,
  `DELETE FROM tasks WHERE name > (SELECT 'task ' || max(job) FROM items) RETURNING *`,
  `UPDATE jobs SET state = 'x' WHERE id IN (SELECT i.job FROM items i JOIN tasks t
     ON t.tenant = i.job WHERE t.done) RETURNING id`,
  `UPDATE jobs SET state = 'x' WHERE id IN (SELECT job FROM items GROUP BY job
     HAVING count(*) > 3) RETURNING id`,
  `UPDATE jobs SET state = 'x' WHERE id IN (SELECT job FROM items UNION SELECT id FROM weights)`,
  `UPDATE jobs SET state = 'x' WHERE id IN (WITH q AS (SELECT job FROM items) SELECT job FROM q)`,
  `UPDATE jobs SET state = 'x' WHERE id IN ((SELECT job FROM items WHERE id = 3))`,
  `UPDATE jobs SET state = 'x' WHERE (id IN (SELECT job FROM items)) IS NOT TRUE RETURNING id`,
  `UPDATE jobs SET state = 'x' WHERE state || id IN (SELECT 'done' || job FROM items) RETURNING id`,
  `UPDATE jobs SET state = 'x' WHERE id IN (SELECT job FROM items WHERE id > 1000)`,
  `UPDATE jobs SET state = 'x' WHERE id = (SELECT job FROM items WHERE id > 1000)`,
  `UPDATE jobs SET state = 'x' WHERE id IN (SELECT job FROM items WHERE job IN (SELECT id FROM tasks
     JOIN weights ON tenant = weights.id))`,
  `DELETE FROM jobs j USING lands l WHERE l.jobs = j.id AND j.id IN (SELECT job FROM items) RETURNING *`,
  `DELETE FROM jobs WHERE id IN (SELECT jobs FROM lands ORDER BY code LIMIT 2) RETURNING id`,
  `DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE id IN (3, 5, 7)) AND rank IN
     (SELECT rank FROM jobs WHERE id = 5)`,
  `DELETE FROM jobs WHERE id = 3 AND rank = (SELECT max(rank) - 2 FROM jobs)`,
  // Copies of a table.
  `UPDATE lands SET jobs = (SELECT count(*) FROM jobs WHERE state = 'done') RETURNING *`,
  `DELETE FROM lands WHERE jobs IN (SELECT job FROM items WHERE id < «30») RETURNING code`,
  `UPDATE lands SET title = 'none' WHERE code IN (SELECT code FROM lands ORDER BY title LIMIT 2)`,
  `UPDATE lands SET title = (SELECT note FROM jobs WHERE id = «5»)`,
  // Other collations, other types.
  `UPDATE jobs SET state = 'x' WHERE note > (SELECT max(name) FROM tasks) RETURNING id`,
  `UPDATE weights SET word = 'x' WHERE word < ANY (SELECT name FROM tasks WHERE done) RETURNING id`,
  `UPDATE weights SET word = 'x' WHERE word COLLATE "C" = ANY (SELECT 'Word ' || id FROM items)`,
  `UPDATE lands SET title = 'x' WHERE code IN (SELECT left(title, 2)::char(4) FROM lands LIMIT 9)`,
  `DELETE FROM lands WHERE title IN (SELECT upper(left(title, 1)) || substr(title, 2) FROM lands
     LIMIT «9»)`,
  `DELETE FROM weights WHERE weight >= ALL (SELECT weight FROM weights) RETURNING weight`,
  `UPDATE weights SET weight = (SELECT avg(weight) FROM weights) WHERE weight = ANY
     (ARRAY(SELECT weight::real FROM weights UNION SELECT weight FROM weights WHERE id > 5))`,
  `DELETE FROM jobs WHERE at - '2026-01-01' < ANY (SELECT at - '2025-12-31' FROM jobs WHERE id < 3)`,
  `UPDATE items SET price = 0 WHERE EXISTS(SELECT FROM jobs)AND id=SOME(SELECT rank FROM jobs)`,
  `UPDATE jobs SET state = 'x' WHERE at::date = ANY (SELECT at::date FROM jobs WHERE rank > 98)`,
  `UPDATE jobs SET rank = 3 FROM (SELECT id AS i, (at - '2025-12-31')::interval(2) AS two,
     (at - '2025-12-31')::interval day to second(1) AS one, (at - '2025-12-31')::interval hour AS h
     FROM jobs ORDER BY id LIMIT 3) q WHERE id = i RETURNING q.*`,
  // What PostgreSQL finds wrong with it.
  `UPDATE jobs SET state = 'x' WHERE id = (SELECT job FROM items WHERE job IS NOT NULL)`,
  `UPDATE jobs SET state = 'x' WHERE id IN (SELECT job, id FROM items)`,
  `UPDATE jobs SET state = 'x' WHERE id IN (SELECT name FROM items)`,
  `UPDATE jobs SET state = 'x' WHERE id IN (SELECT nothing FROM items)`,
  `UPDATE jobs SET state = 'x' WHERE id IN (SELECT job / (id - id) FROM items)`,
];

/** On three shards each with its parameters or in one way in turn, on others some. */
function waysOf(sql: string, at: number, shards: number): readonly Mode[] {
  const ways: readonly Mode[] = ['simple', 'extended', 'binary'];
  if (shards === 1) return at % 6 === 0 ? ['extended'] : [];
  if (shards === 2) return at % 3 === 0 ? ['simple'] : [];
  return sql.includes('«') ? ways : [ways[at % ways.length]!];
}

for (const shards of shardCounts) {
  describe(`on ${shards} ${shards === 1 ? 'shard' : 'shards'}`, () => {
    for (const [at, sql] of answered.entries()) {
      for (const mode of waysOf(sql, at, shards)) {
        test(`${mode}: ${sql}`, () => same(worlds.get(shards)!, sql, mode));
      }
    }
  });
}

const refused: readonly (readonly [sql: string, construct: RegExp])[] = [
  [
    'DELETE FROM jobs WHERE rank > (SELECT min(price) FROM items WHERE job = rank)',
    /correlated subquery on table "items"/,
  ],
  [
    'UPDATE jobs SET rank = 1 WHERE id IN (SELECT id FROM jobs ORDER BY random() LIMIT 1 FOR UPDATE)',
    /random\(\) in a subquery of a write/,
  ],
  [
    'DELETE FROM weights WHERE EXISTS (SELECT 1 FROM items) AND place ~= (SELECT place FROM weights LIMIT 1)',
    /type point/,
  ],
  ['DELETE FROM jobs WHERE EXISTS (SELECT 1 FROM items FOR UPDATE)', /FOR UPDATE .* in a subquery/],
  [
    'UPDATE jobs SET rank = 1 RETURNING (SELECT max(price) FROM items)',
    /subquery on sharded table "items"/,
  ],
  ['UPDATE jobs SET id = 5 WHERE id IN (SELECT job FROM items)', /sharding key "id"/],
];

test('what is not proved right is refused by its name', async () => {
  const { got } = worlds.get(3)!;
  for (const [sql, construct] of refused) {
    const exchange = await got.query(sql);
    assert.ok(isRefusal([exchange]), sql);
    assert.match(exchange.answers.at(-1)!.error!.M!, construct, sql);
  }
});

test('values are held within merge_memory_limit', async () => {
  const { got } = worlds.get(3)!;
  const long = "SELECT repeat('x', 3000) || id FROM items";
  const { answers } = await got.query(`DELETE FROM jobs WHERE note IN (${long})`);
  assert.equal(answers.at(-1)!.error?.C, '53400');
  const few = await got.query(`DELETE FROM jobs WHERE note IN (${long} WHERE id < 9)`);
  assert.equal(few.answers[0]!.tag, 'DELETE 0');
});

test('types whose text hangs on a setting are refused under others', async () => {
  const { got } = worlds.get(3)!;
  const sql = 'DELETE FROM jobs WHERE at > (SELECT max(at) FROM jobs)';
  await got.query("SET DateStyle = 'SQL, DMY'");
  const { answers } = await got.query(sql);
  assert.match(answers[0]!.error?.M ?? '', /with DateStyle "SQL, DMY"/);
  await got.query('RESET DateStyle');
  assert.equal((await got.query(sql)).answers[0]!.tag, 'DELETE 0');
});

test('EXPLAIN says what runs first, and ANALYZE runs it', async () => {
  const { got } = worlds.get(3)!;
  const pick = 'SELECT id FROM jobs ORDER BY id LIMIT 2 FOR UPDATE SKIP LOCKED';
  const sql = `UPDATE jobs SET state = 'seen' WHERE id IN (${pick})`;
  const shown = async (text: string) => {
    const { answers } = await got.query(text);
    assert.equal(answers[0]!.error, null);
    return answers[0]!.rows.map(([line]) => line).join('\n');
  };
  const plan = await shown(`EXPLAIN (COSTS off) ${sql}`);
  assert.match(plan, /^Evaluated Write \(shards by what is read first\) of jobs/);
  assert.ok(plan.includes(`first: ${pick}`), plan);
  await got.query('BEGIN');
  assert.match(await shown(`EXPLAIN (ANALYZE, COSTS off) ${sql}`), /WHERE id IN \('1'::/);
  const { answers } = await got.query("SELECT count(*) FROM jobs WHERE state = 'seen'");
  assert.deepEqual(answers[0]!.rows, [['2']]);
  await got.query('ROLLBACK');
});

const take = `UPDATE jobs SET state = $1 WHERE id IN (SELECT id FROM jobs WHERE state = 'queued'
  ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING id`;
const idsOf = (result: pg.QueryResult) => result.rows.map(({ id }) => Number(id)).sort(byNumber);
const byNumber = (a: number, b: number) => a - b;

function connectionsBack({ app }: PgPack): Promise<void> {
  return eventually('every server connection idle', () => {
    return app.counts.serverConnections === app.counts.idleServerConnections;
  });
}

for (const shards of shardCounts) {
  test(`workers take each job once, on ${shards}`, async () => {
    const { pgpack } = worlds.get(shards)!;
    const clients = await Promise.all([1, 2, 3].map(() => connect(pgpack.address)));
    const [first, second] = clients as [pg.Client, pg.Client];
    await first.query('BEGIN');
    await second.query('BEGIN');
    // A statement that is prepared once and executed again.
    const named = { name: 'take', text: take };
    const one = await first.query({ ...named, values: ['run', 3] });
    const two = await second.query({ ...named, values: ['run', 3] });
    const more = await first.query({ ...named, values: ['run', 2] });
    assert.deepEqual([one, two, more].map(idsOf), [
      [1, 2, 3],
      [5, 6, 7],
      [9, 10],
    ]);
    await first.query('ROLLBACK');
    await second.query('COMMIT');
    const taken: number[] = [];
    const work = async (client: pg.Client, at: number): Promise<void> => {
      for (;;) {
        const ids = idsOf(await client.query(take, [`worker ${at}`, 2]));
        if (ids.length === 0) return;
        taken.push(...ids);
      }
    };
    await Promise.all(clients.map(work));
    const queued = Array.from({ length: 40 }, (_, i) => i + 1).filter(id => id % 4 > 0);
    const others = queued.filter(id => id < 5 || id > 7);
    assert.deepEqual(taken.sort(byNumber), others);
    const left = await first.query("SELECT count(*) FROM jobs WHERE state LIKE 'worker %'");
    assert.equal(Number(left.rows[0].count), others.length);
    for (const client of clients) await client.end();
    await connectionsBack(pgpack);
  });
}

test('columns that the client was told are kept to, or nothing is written', async () => {
  const { got, database } = worlds.get(3)!;
  const prepared = [
    'UPDATE weights SET job = 1 WHERE id IN (SELECT job FROM items WHERE job < 9) RETURNING *',
    'UPDATE weights SET job = 1 WHERE job > 7 RETURNING *',
  ];
  for (const [at, sql] of prepared.entries()) await got.prepare(`told_${at}`, sql);
  const execute = async (at: number) => {
    const statement = { sql: prepared[at]!, name: `told_${at}`, values: [], limits: [0] };
    const { answers } = await got.execute({ ...statement, resultFormat: 0 });
    return answers[0]!.error?.M ?? answers[0]!.tag;
  };
  await got.query('BEGIN');
  assert.deepEqual([await execute(0), await execute(1)], ['UPDATE 8', 'UPDATE 12']);
  await got.query('ROLLBACK');
  await database.runEverywhere('ALTER TABLE weights ADD COLUMN more text');
  for (const at of prepared.keys()) {
    assert.equal(await execute(at), 'cached plan must not change result type');
  }
  const { answers } = await got.query('SELECT count(*) FROM weights WHERE job = 1');
  assert.deepEqual(answers[0]!.rows, [['0']]);
  await database.runEverywhere('ALTER TABLE weights DROP COLUMN more');
  assert.equal(await execute(1), 'UPDATE 18');
});

test('a write that fails leaves nothing changed and nothing locked', async () => {
  const { pgpack } = worlds.get(3)!;
  const client = await connect(pgpack.address);
  const sql = `UPDATE jobs SET rank = 1 / (id - id) WHERE id IN (SELECT id FROM jobs
    ORDER BY id LIMIT 5 FOR UPDATE)`;
  await assert.rejects(client.query(sql), { code: '22012' });
  const free = await client.query('SELECT id FROM jobs WHERE id < 6 FOR UPDATE SKIP LOCKED');
  assert.equal(free.rowCount, 5);
  await client.end();
  await connectionsBack(pgpack);
});

/** Answers, and what the table holds then. */
async function same(world: World, sql: string, mode: Mode): Promise<void> {
  const { got, expected } = world;
  const table = /(?:UPDATE|DELETE FROM) (\w+)/.exec(sql)![1]!;
  const one = caseOf(sql);
  const all = caseOf(`SELECT * FROM ${table}`);
  const outcomes = [got, expected].map(async client => {
    await client.query('BEGIN');
    const answers = await runCase(client, one, mode);
    const failed = isRefusal(answers);
    const held = failed ? [] : await runCase(client, all, 'simple');
    await client.query('ROLLBACK');
    return { answers, held };
  });
  const [a, b] = await Promise.all(outcomes);
  assert.equal(difference(a!.answers, b!.answers, one), null);
  assert.equal(difference(a!.held, b!.held, all), null);
}

function caseOf(sql: string): Case {
  return {
    ...{ file: 'writes-reading-shards.test.ts', line: 0, sql, text: sql, stdin: null, refused: [] },
    ...{ compare: 'rows', ordered: [], messages: true, simpleOnly: false, textOnly: false },
  };
}
