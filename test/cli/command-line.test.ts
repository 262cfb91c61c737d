// The command `pgpack` as a process: what it prints and exits with, and what signals do to it.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { freePort } from '../../src/embedded/free-port.ts';
import { connect, createTestDatabase, type TestDatabase } from '../support/cluster.ts';
import { databaseEntry } from '../support/pgpack.ts';
import { eventually } from '../support/settled.ts';
import { projectRoot } from '../support/source-tree.ts';

const launcher = join(projectRoot, 'bin/pgpack.js');
let directory: string;
let database: TestDatabase;
const children: ChildProcess[] = [];

before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'pgpack-test-cli-'));
  database = await createTestDatabase('cli', 2);
});

after(async () => {
  for (const child of children) child.kill('SIGKILL');
  await database.drop();
  rmSync(directory, { recursive: true });
});

function pgpack(...args: string[]): { code: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [launcher, ...args], {
    cwd: projectRoot,
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { code: status, stdout, stderr };
}

test('--help names every command and option', () => {
  const { code, stdout, stderr } = pgpack('--help');
  assert.deepEqual([code, stderr], [0, '']);
  for (const word of [
    'run',
    'configcheck',
    'route',
    'hash',
    'demo',
    '--config',
    '--users',
    '--database-url',
  ]) {
    assert.ok(stdout.includes(word), word);
  }
});

test('an unknown command or option is exit code 2 with the usage', () => {
  for (const args of [['fly'], ['--fly'], ['hash']]) {
    const { code, stdout, stderr } = pgpack(...args);
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, /^pgpack: .*\n\nPgPack.*\n\nUsage: /);
  }
});

test('hash prints a verifier that PostgreSQL takes for the password', async () => {
  const { code, stdout } = pgpack('hash', 'sécret');
  assert.equal(code, 0);
  assert.match(stdout, /^SCRAM-SHA-256\$4096:[\w+/=]+\$[\w+/=]+:[\w+/=]+\n$/);
  const admin = await connect(database.oracle);
  const user = `cli_${process.pid}`;
  await admin.query(`CREATE ROLE ${user} LOGIN PASSWORD '${stdout.trim()}'`);
  try {
    const client = await connect({ ...database.oracle, user, password: 'sécret' });
    await client.end();
  } finally {
    await admin.query(`DROP ROLE ${user}`);
    await admin.end();
  }
});

test("configcheck: exit code 1 for a broken file, 0 for the repository's own", () => {
  const folder = join(projectRoot, 'test/config/broken');
  const users = join(folder, 'users.toml');
  const broken = readdirSync(folder).filter(
    name => name.endsWith('.toml') && name !== 'users.toml',
  );
  assert.ok(broken.length >= 10);
  for (const name of broken.slice(0, 1)) {
    const { code, stdout } = pgpack('configcheck', '-c', join(folder, name), '-u', users);
    assert.equal(code, 1, name);
    assert.ok(stdout.includes(name), stdout);
    assert.match(stdout, /configuration is not valid: \d+ error/);
  }
  assert.equal(pgpack('configcheck').code, 0);
});

test('run with a broken or missing configuration says why and exits with 1', () => {
  const missing = pgpack('-c', join(directory, 'nowhere.toml'));
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /nowhere\.toml/);
});

// ------------------------------------------------------------------ a running endpoint

interface Running {
  readonly child: ChildProcess;
  readonly port: number;
  readonly config: string;
  /** Resolves with the exit code. */
  readonly exited: Promise<number | null>;
  readonly output: () => string;
}

function configText(port: number, general = ''): string {
  const servers = database.shards.map((server, shard) =>
    databaseEntry(database.name, server, shard),
  );
  return `[general]\nhost = "127.0.0.1"\nport = ${port}\n${general}\n${servers.join('')}`;
}

async function start(general = ''): Promise<Running> {
  const port = await freePort();
  const config = join(directory, `pgdog-${port}.toml`);
  const users = join(directory, 'users.toml');
  writeFileSync(config, configText(port, general));
  writeUsers(users, 'first');
  const args = [launcher, '-c', config, '-u', users];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk));
  child.stderr.on('data', (chunk: Buffer) => (text += chunk));
  const exited = new Promise<number | null>(resolve => child.once('close', resolve));
  const running = { child, port, config, exited, output: () => text };
  await eventually('it listens', () => text.includes('PgPack is listening'));
  return running;
}

function writeUsers(file: string, password: string): void {
  const lines = ['[[users]]', 'name = "test"', `database = "${database.name}"`];
  writeFileSync(file, `${lines.join('\n')}\npassword = "${password}"\n`);
}

const login = ({ port }: Running, password = 'first') =>
  connect({ host: '127.0.0.1', port, user: 'test', password, database: database.name });

test('SIGTERM: idle clients go, a transaction finishes, then it exits with 0', async () => {
  const running = await start();
  const [idle, busy] = [await login(running), await login(running)];
  const idleGone = new Promise(resolve => idle.once('end', resolve));
  await busy.query('BEGIN');
  await busy.query('SELECT 1');
  running.child.kill('SIGTERM');
  await idleGone;
  await assert.rejects(login(running));
  assert.equal((await busy.query('SELECT 2 AS two')).rows[0].two, 2);
  assert.equal((await busy.query('COMMIT')).command, 'COMMIT');
  assert.equal(await running.exited, 0);
  assert.match(running.output(), /PgPack has stopped/);
});

test('SIGTERM: a transaction that goes on is cut at shutdown_timeout', async () => {
  const running = await start('shutdown_timeout = 200');
  const busy = await login(running);
  await busy.query('BEGIN');
  await busy.query('SELECT 1');
  const gone = new Promise(resolve => busy.once('end', resolve));
  running.child.kill('SIGTERM');
  await gone;
  assert.equal(await running.exited, 0);
});

test('SIGINT stops it as well, a second one at once', async () => {
  const running = await start();
  const busy = await login(running);
  await busy.query('BEGIN');
  running.child.kill('SIGINT');
  await eventually('it says so', () => running.output().includes('SIGINT'));
  running.child.kill('SIGINT');
  assert.equal(await running.exited, 130);
});

test('SIGHUP: a new configuration is taken over, clients stay; a broken one is not', async () => {
  const running = await start();
  const staying = await login(running);
  writeUsers(join(directory, 'users.toml'), 'second');
  running.child.kill('SIGHUP');
  await eventually('reloaded', () => running.output().includes('configuration reloaded'));
  await assert.rejects(login(running, 'first'), { code: '28P01' });
  const next = await login(running, 'second');
  assert.equal((await staying.query('SELECT 1 AS one')).rows[0].one, 1);
  writeFileSync(running.config, '[general]\nport = "x"\n');
  running.child.kill('SIGHUP');
  await eventually('refused', () => running.output().includes('not reloaded'));
  assert.equal((await next.query('SELECT 2 AS two')).rows[0].two, 2);
  await Promise.all([staying.end(), next.end()]);
  running.child.kill('SIGTERM');
  assert.equal(await running.exited, 0);
});

test('a port that is taken is one line and exit code 1', async () => {
  const running = await start();
  const users = join(directory, 'users.toml');
  const { code, stderr } = pgpack('-c', running.config, '-u', users);
  assert.equal(code, 1);
  assert.match(stderr, /pgpack: cannot start: .*EADDRINUSE.*\n$/);
  running.child.kill('SIGTERM');
  assert.equal(await running.exited, 0);
});
