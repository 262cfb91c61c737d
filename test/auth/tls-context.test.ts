// TLS settings of both sides, used on real sockets; and what is said of wrong files.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, connect as tcpConnect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import * as tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import {
  type ClientSideTls,
  clientCertificateError,
  clientSideTlsOptions,
  type ServerSideTls,
  serverSideTlsContext,
  TlsConfigurationError,
} from '../../src/auth/tls-context.ts';

function file(name: string): string {
  return fileURLToPath(new URL(`./certificates/${name}`, import.meta.url));
}

const listening: ClientSideTls = {
  certificate: file('server.pem'),
  privateKey: file('server.key'),
  clientCa: null,
  clientCertificateRequired: false,
};
const dialling: ServerSideTls = {
  verify: 'verify_full',
  ca: file('ca.pem'),
  certificate: null,
  privateKey: null,
  negotiation: 'postgres',
};

/** The protocol of a handshake, or the reason why there was none. */
async function handshake(
  server: Partial<ClientSideTls>,
  client: Partial<ServerSideTls>,
  host = 'localhost',
  more: tls.ConnectionOptions = {},
): Promise<string> {
  const serverOptions = clientSideTlsOptions({ ...listening, ...server });
  const listener = createServer(accepted => {
    const socket = new tls.TLSSocket(accepted, serverOptions);
    socket.on('error', () => accepted.destroy());
    socket.once('data', () => socket.end(clientCertificateError(socket) ?? 'hello'));
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  try {
    const raw = tcpConnect((listener.address() as AddressInfo).port, '127.0.0.1');
    const options = serverSideTlsContext({ ...dialling, ...client }).optionsFor(host);
    const socket = tls.connect({ ...options, ...more, socket: raw });
    socket.write('hi');
    // In TLS 1.3 a missing client certificate shows at the first read.
    const [data] = await once(socket, 'data');
    const protocol = socket.getProtocol()!;
    socket.destroy();
    return String(data) === 'hello' ? protocol : String(data);
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  } finally {
    listener.close();
  }
}

test('verify_full takes a certificate of the CA for the host, by name and by address', async () => {
  assert.equal(await handshake({}, {}), 'TLSv1.3');
  assert.equal(await handshake({}, {}, '127.0.0.1'), 'TLSv1.3');
});

test('verify_full refuses another host, verify_ca does not', async () => {
  assert.equal(await handshake({}, {}, 'db.example'), 'ERR_TLS_CERT_ALTNAME_INVALID');
  assert.equal(await handshake({}, {}, '127.0.0.2'), 'ERR_TLS_CERT_ALTNAME_INVALID');
  assert.equal(await handshake({}, { verify: 'verify_ca' }, 'db.example'), 'TLSv1.3');
});

test('an unknown CA is refused unless nothing is verified', async () => {
  const unknown = { ca: null };
  assert.match(await handshake({}, unknown), /^(UNABLE_TO|SELF_SIGNED)/);
  assert.match(
    await handshake({}, { ...unknown, verify: 'verify_ca' }),
    /^(UNABLE_TO|SELF_SIGNED)/,
  );
  assert.equal(await handshake({}, { ...unknown, verify: 'prefer' }, 'db.example'), 'TLSv1.3');
});

test('TLS 1.2 is the oldest that is spoken', async () => {
  const old = {
    secureContext: tls.createSecureContext({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1' }),
  };
  assert.notEqual(await handshake({}, { verify: 'prefer' }, 'localhost', old), 'TLSv1.1');
  const two = { secureContext: tls.createSecureContext({ maxVersion: 'TLSv1.2' }) };
  assert.equal(await handshake({}, { verify: 'prefer' }, 'localhost', two), 'TLSv1.2');
});

test('a client certificate is asked for and checked where it is required', async () => {
  const required = { clientCa: file('ca.pem'), clientCertificateRequired: true };
  assert.notEqual(await handshake(required, {}), 'TLSv1.3');
  const presented = { certificate: file('client.pem'), privateKey: file('client.key') };
  assert.equal(await handshake(required, presented), 'TLSv1.3');
  const stranger = { certificate: file('stranger.pem'), privateKey: file('stranger.key') };
  assert.match(await handshake(required, stranger), /SELF_SIGNED|UNABLE_TO/);
  assert.equal(await handshake({ ...required, clientCertificateRequired: false }, {}), 'TLSv1.3');
});

test('a client that asks to resume a session shows its certificate again', async () => {
  const presented = { certificate: file('client.pem'), privateKey: file('client.key') };
  const options = serverSideTlsContext({ ...dialling, ...presented }).optionsFor('localhost');
  const serverOptions = clientSideTlsOptions({
    ...listening,
    clientCa: file('ca.pem'),
    clientCertificateRequired: true,
  });
  const shown: (string | undefined)[] = [];
  const listener = createServer(accepted => {
    const socket = new tls.TLSSocket(accepted, serverOptions);
    socket.on('error', () => accepted.destroy());
    socket.once('data', () => {
      shown.push(socket.getPeerX509Certificate()?.subject);
      socket.end('hello');
    });
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  try {
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      let session: Buffer | undefined;
      for (let attempt = 0; attempt < 2; attempt++) {
        const raw = tcpConnect((listener.address() as AddressInfo).port, '127.0.0.1');
        const resumed = session === undefined ? {} : { session };
        const context = tls.createSecureContext({
          maxVersion,
          ca: readFileSync(file('ca.pem')),
          cert: readFileSync(file('client.pem')),
          key: readFileSync(file('client.key')),
        });
        const own = { ...options, ...resumed, secureContext: context, socket: raw };
        const socket = tls.connect(own);
        socket.on('session', data => {
          session = data;
        });
        socket.write('hi');
        await once(socket, 'data');
        session ??= socket.getSession();
        assert.equal(socket.isSessionReused(), false);
        socket.destroy();
      }
    }
    assert.deepEqual(shown, Array(4).fill('CN=app'));
  } finally {
    listener.close();
  }
});

test('the modes say whether TLS is asked for and whether it must be had', () => {
  const modes = (['disabled', 'prefer', 'verify_ca', 'verify_full'] as const).map(verify => {
    const { enabled, required } = serverSideTlsContext({ ...dialling, verify });
    return [enabled, required];
  });
  assert.deepEqual(modes, [
    [false, false],
    [true, false],
    [true, true],
    [true, true],
  ]);
});

test('a wrong file is an error that names setting, file and reason', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'pgpack-tls-'));
  try {
    const garbage = join(directory, 'garbage.pem');
    writeFileSync(garbage, 'not a certificate');
    const broken = join(directory, 'broken.pem');
    writeFileSync(broken, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
    const missing = join(directory, 'missing.pem');
    const cases: [() => unknown, string | RegExp][] = [
      [
        () => clientSideTlsOptions({ ...listening, certificate: missing }),
        `tls_certificate "${missing}": no such file`,
      ],
      [
        () => clientSideTlsOptions({ ...listening, privateKey: garbage }),
        `tls_private_key "${garbage}": not a PEM file`,
      ],
      [
        () => clientSideTlsOptions({ ...listening, certificate: broken }),
        /^tls_certificate ".*": ./,
      ],
      [
        () => clientSideTlsOptions({ ...listening, privateKey: file('client.key') }),
        /^tls_certificate ".*" and tls_private_key ".*": the key does not belong to the cert/,
      ],
      [
        () => serverSideTlsContext({ ...dialling, ca: missing }),
        `tls_server_ca_certificate "${missing}": no such file`,
      ],
      [
        () => serverSideTlsContext({ ...dialling, certificate: file('client.pem') }),
        'tls_server_certificate and tls_server_private_key must be set together',
      ],
    ];
    for (const [run, message] of cases) {
      assert.throws(run, (error: unknown) => {
        assert.ok(error instanceof TlsConfigurationError);
        if (typeof message === 'string') assert.equal(error.message, message);
        else assert.match(error.message, message);
        return true;
      });
    }
  } finally {
    await rm(directory, { recursive: true });
  }
});
