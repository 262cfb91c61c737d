// psql and pgbench, where they are installed: what a person types and what a benchmark sends.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { firstShards, type TestDatabase } from '../support/cluster.ts';
import { createItems } from '../support/items.ts';
import { type PgPack, startPgPack } from '../support/pgpack.ts';
import { allReturned } from '../support/settled.ts';

let database: TestDatabase;
let pgpack: PgPack;
let directory: string;

before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'pgpack-test-psql-'));
  database = await createItems('psql');
  pgpack = await startPgPack({ database, sharded: ['items.id'] });
});

after(async () => {
  await pgpack.close();
  await database.drop();
  rmSync(directory, { recursive: true });
});

/** Why tests of a program are skipped, or false. */
function missing(program: string): string | false {
  const found = spawnSync(program, ['--version']).status === 0;
  return found ? false : `${program} is not installed`;
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a client program to its end; `interruptAfterMs`: Ctrl-C. */
function run(
  program: string,
  args: readonly string[],
  options: {
    readonly input?: string;
    readonly interruptAfterMs?: number;
    readonly of?: PgPack;
  } = {},
): Promise<Ended> {
  const { host, port, user, password, database: name } = (options.of ?? pgpack).address;
  const env = {
    ...process.env,
    ...{ PGHOST: host, PGPORT: String(port), PGUSER: user, PGPASSWORD: password, PGDATABASE: name },
  };
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, timeout: 60_000 });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk));
    child.once('error', reject);
    child.once('close', code => resolve({ code, stdout, stderr }));
    child.stdin.end(options.input ?? '');
    const { interruptAfterMs } = options;
    if (interruptAfterMs !== undefined) setTimeout(() => child.kill('SIGINT'), interruptAfterMs);
  });
}

const psql = (args: readonly string[], input?: string) =>
  run('psql', ['-X', '-q', '-A', '-t', ...args], input === undefined ? {} : { input });

const noPsql = missing('psql');

test('psql -c: results, tags, an error and its exit code', { skip: noPsql }, async () => {
  const inserted = await run('psql', [
    '-X',
    '-c',
    "INSERT INTO items VALUES (1, 'a'), (2, 'b'), (3, 'c')",
  ]);
  assert.deepEqual(inserted, { code: 0, stdout: 'INSERT 0 3\n', stderr: '' });
  const rows = await psql([
    '-c',
    'SELECT * FROM items ORDER BY id',
    '-c',
    'SELECT count(*) FROM items',
  ]);
  assert.deepEqual(rows, { code: 0, stdout: '1|a\n2|b\n3|c\n3\n', stderr: '' });
  const failed = await psql(['-c', 'SELECT nonsense']);
  assert.equal(failed.code, 1);
  assert.match(
    failed.stderr,
    /ERROR: {2}column "nonsense" does not exist\nLINE 1: SELECT nonsense\n/,
  );
});

test('psql: backslash commands that ask the catalog', { skip: noPsql }, async () => {
  const { code, stdout, stderr } = await psql(
    [],
    '\\timing\n\\d items\n\\dt\n\\df no*\n\\conninfo\n',
  );
  assert.equal(stderr, '');
  assert.equal(code, 0);
  assert.match(stdout, /id\|bigint\|\|not null\|/);
  assert.match(stdout, /public\|items\|table\|/);
});

test('psql: a script with a transaction, a refused statement and ON_ERROR_ROLLBACK', {
  skip: noPsql,
}, async () => {
  const script = `\\set ON_ERROR_ROLLBACK on
BEGIN;
INSERT INTO items VALUES (10, 'x'), (11, 'y');
SELECT id FROM items ORDER BY id FETCH FIRST ROW WITH TIES FOR UPDATE;
COMMIT;
DELETE FROM items WHERE id >= 10 RETURNING id;
`;
  const { stdout, stderr } = await psql([], script);
  assert.match(stderr, /ERROR: .*is not supported across shards\n/);
  assert.deepEqual(stdout.trim().split('\n').sort(), ['10', '11']);
});

test('psql: \\copy to and from files', { skip: noPsql }, async () => {
  const from = join(directory, 'from.csv');
  const to = join(directory, 'to.csv');
  const lines = Array.from({ length: 500 }, (_, i) => `${1_000 + i},"line ${i}, ""quoted"""\n`);
  writeFileSync(from, `id,name\n${lines.join('')}`);
  const loaded = await run('psql', ['-X', '-c', `\\copy items FROM '${from}' CSV HEADER`]);
  assert.deepEqual(loaded, { code: 0, stdout: 'COPY 500\n', stderr: '' });
  const query = 'SELECT name FROM items WHERE id = 1007';
  const written = await run('psql', ['-X', '-c', `\\copy (${query}) TO '${to}' CSV`]);
  assert.deepEqual(written, { code: 0, stdout: 'COPY 1\n', stderr: '' });
  assert.equal(readFileSync(to, 'utf8'), '"line 7, ""quoted"""\n');
  const table = await run('psql', ['-X', '-c', `\\copy items TO '${to}' CSV HEADER`]);
  assert.match(table.stdout, /^COPY \d+\n$/);
  const [header, ...rows] = readFileSync(to, 'utf8').split('\n');
  assert.equal(header, 'id,name');
  assert.equal(rows.filter(row => lines.includes(`${row}\n`)).length, 500);
  assert.equal((await psql(['-c', 'DELETE FROM items WHERE id >= 1000'])).code, 0);
});

/** Why pg_dump is not run: it refuses servers that are newer than itself. */
function noDump(): string | false {
  const version = spawnSync('pg_dump', ['--version'], { encoding: 'utf8' }).stdout ?? '';
  const major = Number(/ (\d+)/.exec(version)?.[1] ?? 0);
  return major >= 18 ? false : 'pg_dump of PostgreSQL 18 is not installed';
}

test('pg_dump: the rows of all shards, which psql loads again', { skip: noDump() }, async () => {
  const values = "(501, E'\\t\\n'), (502, NULL), (503, ''), (504, 'a')";
  assert.equal((await psql(['-c', `INSERT INTO items VALUES ${values}`])).code, 0);
  const before = await psql(['-c', 'SELECT * FROM items ORDER BY id']);
  const dump = await run('pg_dump', ['--data-only']);
  assert.deepEqual([dump.code, dump.stderr], [0, '']);
  assert.equal((await psql(['-c', 'DELETE FROM items'])).code, 0);
  assert.equal((await psql(['-v', 'ON_ERROR_STOP=1'], dump.stdout)).stderr, '');
  assert.deepEqual(await psql(['-c', 'SELECT * FROM items ORDER BY id']), before);
  assert.equal((await psql(['-c', 'DELETE FROM items WHERE id > 500'])).code, 0);
});

test('psql: Ctrl-C cancels the statement', { skip: noPsql }, async () => {
  const args = ['-X', '-c', 'SELECT pg_sleep(50)'];
  const { stderr } = await run('psql', args, { interruptAfterMs: 1_000 });
  assert.match(stderr, /ERROR: {2}canceling statement due to user request/);
  await allReturned(pgpack);
});

test('pgbench: its tables and each of its protocols', { skip: missing('pgbench') }, async () => {
  const own = firstShards(database);
  const single = await startPgPack({ database: own, general: 'default_pool_size = 4' });
  try {
    const filled = await run('pgbench', ['-i', '-q', '-s', '1'], { of: single });
    assert.equal(filled.code, 0, filled.stderr);
    for (const protocol of ['simple', 'extended', 'prepared']) {
      // A thread for each client: pgbench prepares without letting its others go on meanwhile.
      const args = ['-n', '-M', protocol, '-c', '8', '-j', '8', '-t', '20'];
      const { code, stdout, stderr } = await run('pgbench', args, { of: single });
      assert.equal(code, 0, stderr);
      assert.match(stdout, /number of transactions actually processed: 160\/160/);
      assert.match(stdout, /number of failed transactions: 0 /);
    }
    await allReturned(single);
  } finally {
    await single.close();
  }
});
