// Somebody between client and PgPack, or between PgPack and its server, who has a certificate of
// his own and passes everything on: SCRAM-SHA-256-PLUS finds him where no certificate is checked.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import tls from 'node:tls';
import { cancelRequest, sslRequest } from '../../src/protocol/frontend-messages.ts';
import {
  anyCertificate,
  certificate,
  clientTls,
  type LoginServer,
  onlyAlice,
  startInFront,
  startLoginServer,
} from '../support/login-server.ts';

let server: LoginServer;

before(async () => {
  server = await startLoginServer('binding');
});

after(() => server.stop());

interface Between {
  readonly port: number;
  close(): void;
}

/** Ends the TLS of both sides. `honest`: with the certificate that the server has, else with one
 *  of his own; `hidePlus`: takes the better mechanism out of the server's offer. */
async function between(
  target: number,
  { honest, hidePlus = false }: { honest: boolean; hidePlus?: boolean },
): Promise<Between> {
  const name = honest ? 'server' : 'stranger';
  const cert = readFileSync(certificate(`${name}.pem`));
  const key = readFileSync(certificate(`${name}.key`));
  const listener = net.createServer(async accepted => {
    accepted.on('error', () => {});
    try {
      await once(accepted, 'data');
      accepted.write('S');
      const near = new tls.TLSSocket(accepted, { isServer: true, cert, key });
      const plain = net.connect({ host: '127.0.0.1', port: target });
      await once(plain, 'connect');
      plain.write(sslRequest());
      await once(plain, 'data');
      const far = tls.connect({ socket: plain, rejectUnauthorized: false });
      await once(far, 'secureConnect');
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        from.on('data', (chunk: Buffer) => to.write(hidePlus ? withoutPlus(chunk) : chunk));
        from.on('close', () => to.destroy());
        from.on('error', () => to.destroy());
      }
    } catch {
      accepted.destroy();
    }
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return { port: (listener.address() as AddressInfo).port, close: () => listener.close() };
}

/** AuthenticationSASL that offers both mechanisms becomes one that offers the lesser. */
function withoutPlus(chunk: Buffer): Buffer {
  const offer = 'SCRAM-SHA-256-PLUS\0';
  const at = chunk.indexOf(offer);
  if (at !== 9 || chunk[0] !== 0x52) return chunk;
  const rest = Buffer.concat([chunk.subarray(0, at), chunk.subarray(at + offer.length)]);
  rest.writeInt32BE(rest.readInt32BE(1) - offer.length, 1);
  return rest;
}

async function towardsServer(options: Parameters<typeof between>[1]): Promise<string> {
  const middle = await between(server.server.port, options);
  const front = await startInFront(server, { users: onlyAlice, database: `port = ${middle.port}` });
  try {
    return await front.whoAmI('alice');
  } finally {
    await front.close();
    middle.close();
  }
}

test('PgPack logs in over TLS ended in between only with the server certificate', async () => {
  assert.equal(await towardsServer({ honest: true }), 'alice');
  assert.match(
    await towardsServer({ honest: false }),
    /^08006 .*SCRAM channel binding check failed/,
  );
});

test('a server whose offer of channel binding was hidden from PgPack notices it', async () => {
  assert.match(
    await towardsServer({ honest: true, hidePlus: true }),
    /^08006 .*SCRAM channel binding negotiation error/,
  );
});

async function towardsPgPack(options: Parameters<typeof between>[1]): Promise<string> {
  const front = await startInFront(server, { users: onlyAlice, general: clientTls });
  const middle = await between(front.app.port, options);
  try {
    const { port } = middle;
    const more = { port, ssl: anyCertificate, enableChannelBinding: true };
    return await front.whoAmI('alice', more);
  } finally {
    middle.close();
    await front.close();
  }
}

test('PgPack lets clients in over TLS ended in between only with its certificate', async () => {
  assert.equal(await towardsPgPack({ honest: true }), 'alice');
  assert.equal(await towardsPgPack({ honest: false }), '28000 SCRAM channel binding check failed');
  assert.equal(
    await towardsPgPack({ honest: true, hidePlus: true }),
    '08P01 SCRAM channel binding negotiation error',
  );
});

test('a cancel request goes to the server over TLS, as the login did', async () => {
  const opened: string[] = [];
  const tap = net.createServer(accepted => {
    const far = net.connect({ host: '127.0.0.1', port: server.server.port });
    for (const end of [accepted, far]) end.on('error', () => end.destroy());
    far.on('close', () => accepted.destroy());
    accepted.on('close', () => far.destroy());
    accepted.once('data', (first: Buffer) => opened.push(first.toString('hex')));
    accepted.pipe(far).pipe(accepted);
  });
  tap.listen(0, '127.0.0.1');
  await once(tap, 'listening');
  const { port } = tap.address() as AddressInfo;
  const front = await startInFront(server, { users: onlyAlice, database: `port = ${port}` });
  try {
    const client = await front.connect('alice');
    const ended = assert.rejects(client.query('SELECT pg_sleep(30)'), { code: '57014' });
    const { processID, secretKey } = client as unknown as Record<'processID' | 'secretKey', number>;
    const secret = Buffer.alloc(4);
    secret.writeInt32BE(secretKey);
    // One that comes before the query has reached the server cancels nothing.
    const asking = setInterval(() => {
      net.connect(front.app.port, '127.0.0.1').end(cancelRequest(processID, secret));
    }, 200);
    await ended.finally(() => clearInterval(asking));
    await client.end();
    assert.ok(opened.length >= 2);
    const asked = sslRequest().toString('hex');
    assert.deepEqual(new Set(opened), new Set([asked]));
  } finally {
    await front.close();
    tap.close();
  }
});

const noPsql = spawnSync('psql', ['--version']).status === 0 ? false : 'psql is not installed';

test('psql that insists on channel binding gets it over TLS only', { skip: noPsql }, async () => {
  const front = await startInFront(server, { users: onlyAlice, general: clientTls });
  try {
    const psql = async (sslmode: string) => {
      const target = `host=127.0.0.1 port=${front.app.port} user=alice dbname=postgres
        sslmode=${sslmode} channel_binding=require`;
      const env = { ...process.env, PGPASSWORD: 'alice secret' };
      const child = spawn('psql', ['-XAtc', 'SELECT current_user', target], { env });
      let out = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', data => (out += data));
      await once(child, 'close');
      return out.trim();
    };
    assert.equal(await psql('require'), 'alice');
    assert.match(await psql('disable'), /channel binding (?:is )?required/);
  } finally {
    await front.close();
  }
});
