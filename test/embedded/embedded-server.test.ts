// Embedded servers: what they promise to the demo and to all other tests, above all that nothing
// is left of them.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { type EmbeddedServer, startServer } from '../../src/embedded/embedded-server.ts';
import { isFree } from '../../src/embedded/free-port.ts';
import { connect } from '../support/cluster.ts';

const started: EmbeddedServer[] = [];
after(() => Promise.all(started.map(server => server.stop())));

async function start(options: Partial<Parameters<typeof startServer>[0]>): Promise<EmbeddedServer> {
  const server = await startServer({ name: 'unit', password: "it's", durable: false, ...options });
  started.push(server);
  return server;
}

async function answer(server: EmbeddedServer, sql: string): Promise<unknown> {
  const client = await connect({ ...server, database: 'postgres' });
  try {
    const { rows } = await client.query({ text: sql, rowMode: 'array' });
    return rows[0]?.[0];
  } finally {
    await client.end();
  }
}

test('text sorts bytewise, settings arrive, stop leaves no directory and no listener', async () => {
  const server = await start({ settings: { max_connections: 17, application_name: "a'\\b" } });
  assert.equal(await answer(server, `SELECT 'b' < 'B'`), false);
  assert.equal(await answer(server, 'SHOW max_connections'), '17');
  assert.equal(await answer(server, 'SHOW max_prepared_transactions'), '32');
  assert.equal(
    await answer(server, `SELECT reset_val FROM pg_settings WHERE name = 'fsync'`),
    'off',
  );
  await server.stop();
  assert.equal(existsSync(server.directory), false);
  assert.equal(await isFree(server.port), true);
});

test('a crash loses no committed row, and restart keeps the port', async () => {
  const server = await start({});
  await answer(server, 'CREATE TABLE t AS SELECT 42 AS a');
  await server.kill();
  await assert.rejects(answer(server, 'SELECT 1'), /ECONNREFUSED/);
  await server.restart();
  assert.equal(await answer(server, 'SELECT a FROM t'), 42);
  await server.restart();
  assert.equal(await answer(server, 'SELECT a FROM t'), 42);
});

test('a taken port is replaced by a free one', async () => {
  const squatter = createServer();
  squatter.listen(0, '127.0.0.1');
  await once(squatter, 'listening');
  const { port } = squatter.address() as { port: number };
  const server = await start({ port });
  squatter.close();
  assert.notEqual(server.port, port);
  assert.equal(await answer(server, 'SELECT 1'), 1);
});

test('the authentication method is the one asked for', async () => {
  for (const [authMethod, stored] of [
    ['scram-sha-256', 'SCRAM-SHA-256'],
    ['md5', 'md5'],
  ] as const) {
    const server = await start({ authMethod });
    const verifier = await answer(server, 'SELECT rolpassword FROM pg_authid WHERE oid = 10');
    assert.ok(String(verifier).startsWith(stored), `${authMethod} stored as ${verifier}`);
    const wrong = { ...server, password: 'wrong', database: 'postgres' };
    await assert.rejects(connect(wrong), { code: '28P01' });
  }
  const trusting = await start({ authMethod: 'trust' });
  const client = await connect({ ...trusting, password: 'wrong', database: 'postgres' });
  await client.end();
});

test('a directory of the caller survives stop with its data', async () => {
  const parent = mkdtempSync(join(tmpdir(), 'pgpack-unit-'));
  after(() => rmSync(parent, { recursive: true, force: true }));
  chmodSync(parent, 0o755);
  const directory = join(parent, 'kept');
  const first = await start({ directory });
  await answer(first, 'CREATE TABLE t AS SELECT 7 AS seven');
  await first.stop();
  const second = await start({ directory });
  assert.equal(await answer(second, 'SELECT seven FROM t'), 7);
  await second.stop();
  assert.equal(existsSync(directory), true);
});

test('a failing start names the reason and leaves no directory', async () => {
  await assert.rejects(start({ settings: { no_such_setting: 1 } }), /no_such_setting/);
});

for (const signal of ['SIGKILL', 'SIGINT'] as const) {
  test(`nothing is left when the process that started a server ends by ${signal}`, async () => {
    const module = new URL('../../src/embedded/embedded-server.ts', import.meta.url).href;
    const code = `
      const { startServer } = await import(${JSON.stringify(module)});
      const server = await startServer({ name: 'orphan', password: 'x', durable: false });
      console.log(server.port + ' ' + server.directory);
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    const [port, directory] = line.split(' ') as [string, string];
    assert.equal(existsSync(directory), true);
    child.kill(signal);
    await once(child, 'exit');
    await goneOf(directory);
    assert.equal(await isFree(Number(port)), true);
  });
}

/** Waits until the watchdog removed the directory; the test's time limit is the limit. */
async function goneOf(directory: string): Promise<void> {
  while (existsSync(directory)) await new Promise(resolve => setTimeout(resolve, 20));
}
