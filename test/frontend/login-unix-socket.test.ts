// Unix sockets: for clients (unix_socket_dir) and towards servers (host beginning with `/`).

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, lstatSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type pg from 'pg';
import { startApp } from '../../src/app.ts';
import { silentLogger } from '../../src/common/logger.ts';
import { freePort } from '../../src/embedded/free-port.ts';
import { cancelRequest, sslRequest } from '../../src/protocol/frontend-messages.ts';
import {
  clientTls,
  configInFront,
  type Front,
  type InFront,
  type LoginServer,
  onlyAlice,
  startLoginServer,
  useInFront,
  wrongPassword,
} from '../support/login-server.ts';

let server: LoginServer;
let directory: string;

before(async () => {
  server = await startLoginServer('unix');
  directory = mkdtempSync(join(tmpdir(), 'pgpack-unix-'));
  chmodSync(directory, 0o755);
});

after(async () => {
  await server.stop();
  rmSync(directory, { recursive: true });
});

function inFront(
  options: InFront,
  run: (front: Front, path: string) => Promise<void>,
): Promise<void> {
  const general = `unix_socket_dir = "${directory}"\n${options.general ?? ''}`;
  return useInFront(server, { users: onlyAlice, ...options, general }, front =>
    run(front, `${directory}/.s.PGSQL.${front.app.port}`),
  );
}

test('both drivers and psql log in over the socket, which is gone afterwards', async () => {
  let socket = '';
  await inFront({}, async (front, path) => {
    socket = path;
    const local = { host: directory };
    assert.equal(await front.whoAmI('alice', local), 'alice');
    assert.equal(await front.whoAmI('alice', { ...local, password: 'x' }), wrongPassword('alice'));
    assert.equal(await front.whoAmIByPostgres('alice', { path }), 'alice');
    if (spawnSync('psql', ['--version']).status !== 0) return;
    const env = { ...process.env, PGPASSWORD: 'alice secret', PGPORT: String(front.app.port) };
    const args = ['-XAtc', 'SELECT current_user', '-h', directory, '-U', 'alice', 'postgres'];
    const child = spawn('psql', args, { env });
    let out = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', data => (out += data));
    await once(child, 'close');
    assert.equal(out.trim(), 'alice');
  });
  assert.equal(existsSync(socket), false);
});

/** Sends a cancel request for a statement of the client, which has to end by it. */
async function cancelled(client: pg.Client, way: net.NetConnectOpts): Promise<void> {
  const { processID, secretKey } = client as unknown as Record<'processID' | 'secretKey', number>;
  const ended = assert.rejects(client.query('SELECT pg_sleep(30)'), {
    code: '57014',
    message: /due to user request/,
  });
  await new Promise(resolve => setTimeout(resolve, 200));
  const secret = Buffer.alloc(4);
  secret.writeInt32BE(secretKey);
  net.connect(way).end(cancelRequest(processID, secret));
  await ended;
}

test('large answers and cancels pass through the socket', async () => {
  await inFront({}, async (front, path) => {
    const client = await front.connect('alice', { host: directory });
    const { rows } = await client.query("SELECT repeat('x', 5000000) AS text");
    assert.equal((rows[0] as { text: string }).text.length, 5_000_000);
    await cancelled(client, { path });
    await client.end();
  });
});

test('the socket has the permissions and the group of the configuration', async () => {
  await inFront({ general: 'unix_socket_mode = "0750"' }, async (_, path) => {
    const found = lstatSync(path);
    assert.ok(found.isSocket());
    assert.equal(found.mode & 0o777, 0o750);
  });
  const group = process.getgid!();
  await inFront({ general: `unix_socket_group = "${group}"` }, async (_, path) => {
    assert.equal(lstatSync(path).gid, group);
    assert.equal(lstatSync(path).mode & 0o777, 0o777);
  });
});

test('on the socket there is no TLS, none is required, and passwords may be in clear', async () => {
  const general = `${clientTls}\ntls_client_required = true\npassthrough_auth = "enabled"`;
  await inFront({ general, users: '' }, async (front, path) => {
    assert.match(await front.whoAmI('alice'), /^28000 connection requires TLS/);
    assert.equal(await front.whoAmI('alice', { host: directory }), 'alice');
    const socket = net.connect({ path });
    socket.write(sslRequest());
    const [answer] = (await once(socket, 'data')) as [Buffer];
    assert.equal(answer.toString(), 'N');
    socket.destroy();
  });
});

test('a socket left behind is replaced, one in use stops the start', async () => {
  const port = await freePort();
  const path = `${directory}/.s.PGSQL.${port}`;
  const start = async (general: string) => {
    const config = configInFront(server, { users: onlyAlice, general });
    const fixed = { ...config, general: { ...config.general, port } };
    return startApp(fixed, { log: silentLogger });
  };
  const keys = `unix_socket_dir = "${directory}"`;
  const left = spawn(process.execPath, [
    '-e',
    `require('net').createServer().listen('${path}', () => process.kill(process.pid, 9))`,
  ]);
  await once(left, 'close');
  assert.ok(lstatSync(path).isSocket());
  await (await start(keys)).close({ drain: false });
  const other = net.createServer().listen(path);
  await once(other, 'listening');
  await assert.rejects(start(keys), /another server listens on the Unix socket/);
  other.close();
  await once(other, 'close');
  writeFileSync(path, '');
  await assert.rejects(start(keys), /exists and is not a Unix socket/);
  rmSync(path);
  await assert.rejects(start(`${keys}\nunix_socket_group = "no such group"`), /does not exist/);
  assert.equal(existsSync(path), false);
  const long = `unix_socket_dir = "${directory}/${'x'.repeat(100)}"`;
  await assert.rejects(start(long), /is too long \(maximum 107 bytes\)/);
  await (await start(keys)).close({ drain: false });
});

test('a server is reached over its Unix socket, and cancelled there', async () => {
  const { socketDirectory } = server;
  await inFront({ database: `host = "${socketDirectory}"` }, async front => {
    const client = await front.connect('alice');
    const { rows } = await client.query(
      'SELECT client_addr FROM pg_stat_activity WHERE pid = pg_backend_pid()',
    );
    assert.deepEqual(rows, [{ client_addr: null }]);
    await cancelled(client, { port: front.app.port, host: '127.0.0.1' });
    await client.end();
  });
});
