// SCRAM-SHA-256-PLUS: the hash of a certificate against OpenSSL's, both sides of the exchange, and
// every way in which somebody in between gives himself away; names of client certificates.

import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { endPointHash } from '../../src/auth/channel-binding.ts';
import { startAuthentication } from '../../src/auth/client-authenticator.ts';
import { certificateNames, showsCertificate } from '../../src/auth/client-identity.ts';
import { type ScramBinding, ScramClient } from '../../src/auth/scram-client.ts';
import { keysOf } from '../../src/auth/scram-keys.ts';
import { ScramServer } from '../../src/auth/scram-server.ts';
import { ServerAuthenticator } from '../../src/auth/server-authenticator.ts';
import { PgError } from '../../src/common/pg-error.ts';

const certificate = (name: string): X509Certificate =>
  new X509Certificate(readFileSync(new URL(`./certificates/${name}.pem`, import.meta.url)));

/** `openssl x509 -outform DER | openssl dgst`, by the rules of RFC 5929 section 4.1. */
const hashes: Readonly<Record<string, string>> = {
  'rsa-sha384': `37a211064288addd99411113894459eb7a42ac3452ac436df08bca7e80fff542
    5fdc4ab1c29b9513f0b5bfd7f7320b1d`,
  'rsa-sha512': `22b163f8d04ff4a90c15c2f1c44b1500f5ccfc61ed71f1ac2bf8046a75796334
    9cee6a42cf2bca70fa24af050749fc8d3b16546379b65299a4e77a3f6ac839b7`,
  'rsa-sha1': '519237f2c960e4fea51f3917504b56712bcc3c3b822fa5acb58af118aa2575a8',
  'pss-sha512': `722a4d1d3e97665d245c8820a5a65eab69d74d054825395ae04c40437efd9230
    b3558833c3799e95b3e1ddcc3eee9315e1add0dbed5c6c88f9edeb1b88c7cf70`,
  'pss-sha1': '7ec3b695380a24186aa01072e0dd1b1b1b49d76c901276ba893407c1367f5e28',
  'ecdsa-sha384': `e3af844f6f3231da8f42d9451612228c48375c6489076969b0e0fb562ca3800e
    802e00cf1198a2e29c6223c1a135c1fb`,
};

test('the hash to bind to is that of the signature, MD5 and SHA-1 counting as SHA-256', () => {
  for (const [name, hash] of Object.entries(hashes)) {
    const found = endPointHash(certificate(`signed-${name}`).raw);
    assert.equal(found?.toString('hex'), hash.replaceAll(/\s/g, ''), name);
  }
});

test('a signature without a hash, and what is no certificate, bind nothing', () => {
  assert.equal(endPointHash(certificate('signed-ed25519').raw), null);
  const { raw } = certificate('signed-rsa-sha384');
  for (const bytes of ['', '30', '3080', '3003020101', '30060201013001', '3084ffffffff']) {
    assert.equal(endPointHash(Buffer.from(bytes, 'hex')), null, bytes);
  }
  for (let length = 0; length < raw.length; length += 7) {
    assert.equal(endPointHash(raw.subarray(0, length)), null, `${length} bytes`);
  }
});

const salt = Buffer.alloc(16, 7);
const keys = await keysOf('pencil', salt, 4096);
const data = Buffer.alloc(32, 1);

interface Sides {
  readonly client: ScramBinding;
  readonly server: Buffer | null;
  readonly plus: boolean;
}

/** Null: logged in; else SQLSTATE and message of the refusal. */
async function outcome({ client: binding, server: offered, plus }: Sides): Promise<string | null> {
  const client = new ScramClient({ password: 'pencil', binding });
  const server = new ScramServer({ salt, iterations: 4096, binding: offered });
  try {
    const accepted = server.final(await client.final(server.first(client.first(), plus)), [keys]);
    client.finish(accepted!.message);
    return null;
  } catch (error) {
    assert.ok(error instanceof PgError, String(error));
    return `${error.sqlstate} ${error.message}`;
  }
}

test('both sides bound to the same certificate agree, with another one they do not', async () => {
  const bound = (bytes: Buffer): ScramBinding => ({ kind: 'bound', data: bytes });
  assert.equal(await outcome({ client: bound(data), server: data, plus: true }), null);
  assert.equal(
    await outcome({ client: bound(Buffer.alloc(32, 2)), server: data, plus: true }),
    '28000 SCRAM channel binding check failed',
  );
  assert.match(
    (await outcome({ client: bound(data), server: data, plus: false }))!,
    /^08P01 malformed SCRAM message/,
  );
});

test('a client that says it was offered no binding is refused only if it was', async () => {
  const client = { kind: 'unoffered' } as const;
  assert.equal(await outcome({ client, server: null, plus: false }), null);
  assert.equal(
    await outcome({ client, server: data, plus: false }),
    '08P01 SCRAM channel binding negotiation error',
  );
  assert.match((await outcome({ client, server: data, plus: true }))!, /^08P01 malformed SCRAM/);
});

test('a client that cannot bind logs in without, unless it chose to bind', async () => {
  const client = { kind: 'none' } as const;
  assert.equal(await outcome({ client, server: data, plus: false }), null);
  assert.equal(await outcome({ client, server: null, plus: false }), null);
  assert.match((await outcome({ client, server: data, plus: true }))!, /^08P01 malformed SCRAM/);
});

test('another type of binding is refused by name', () => {
  const server = new ScramServer({ salt, iterations: 4096, binding: data });
  assert.throws(
    () => server.first('p=tls-unique,,n=,r=abc', true),
    (error: unknown) =>
      error instanceof PgError &&
      error.sqlstate === '08P01' &&
      error.message === 'unsupported SCRAM channel-binding type "tls-unique"',
  );
});

test('SCRAM-SHA-256-PLUS is offered first, and only with a certificate to bind to', () => {
  const base = { user: 'u', passwords: ['x'], passwordHash: null, known: true } as const;
  const offered = (binding: Buffer | null) =>
    startAuthentication({ ...base, authType: 'scram', binding }).first();
  assert.deepEqual(offered(data), {
    kind: 'sasl',
    mechanisms: ['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256'],
  });
  assert.deepEqual(offered(null), { kind: 'sasl', mechanisms: ['SCRAM-SHA-256'] });
});

/** Mechanism and flag that we answer an offer of a server with. */
async function answered(
  mechanisms: string,
  channel?: { encrypted: boolean; certificate: Buffer | null },
): Promise<string> {
  const authenticator = new ServerAuthenticator({
    user: 'u',
    password: 'x',
    ...(channel && { channel }),
  });
  const offer = Buffer.concat([Buffer.from([0, 0, 0, 10]), Buffer.from(`${mechanisms}\0\0`)]);
  const answer = (await authenticator.answer(offer))!.toString('latin1', 5);
  return answer.replace(/\0.{4}/s, ' ').replace(/,n=,.*/s, '');
}

test('we bind where the server offers it, and say that we could where it does not', async () => {
  const { raw } = certificate('signed-rsa-sha512');
  const both = 'SCRAM-SHA-256-PLUS\0SCRAM-SHA-256';
  const tls = { encrypted: true, certificate: raw };
  assert.equal(await answered(both, tls), 'SCRAM-SHA-256-PLUS p=tls-server-end-point,');
  assert.equal(await answered('SCRAM-SHA-256', tls), 'SCRAM-SHA-256 y,');
  const plain = { encrypted: false, certificate: null };
  assert.equal(await answered('SCRAM-SHA-256', plain), 'SCRAM-SHA-256 n,');
  await assert.rejects(answered(both, plain), /SCRAM-SHA-256-PLUS over a connection without TLS/);
  const unhashed = { encrypted: true, certificate: certificate('signed-ed25519').raw };
  assert.equal(await answered(both, unhashed), 'SCRAM-SHA-256 n,');
});

test('keys that a proof gave away log in with the same verifier only', async () => {
  const exchange = async (password: ConstructorParameters<typeof ScramClient>[0]['password']) => {
    const client = new ScramClient({ password });
    const server = new ScramServer({ salt, iterations: 4096 });
    const accepted = server.final(await client.final(server.first(client.first())), [keys]);
    client.finish(accepted!.message);
    return accepted!.clientKey;
  };
  const clientKey = await exchange('pencil');
  const { serverKey } = keys;
  const given = { kind: 'scram-keys', salt, iterations: 4096, clientKey, serverKey } as const;
  assert.deepEqual(await exchange(given), clientKey);
  for (const other of [
    { ...given, salt: Buffer.alloc(16, 8) },
    { ...given, iterations: 4097 },
  ]) {
    await assert.rejects(exchange(other), /verifier is not the one/);
  }
});

test('a certificate bears its common names and DNS names, whatever is hidden in them', () => {
  const socket = { getPeerX509Certificate: () => certificate('names') } as unknown as TLSSocket;
  const expected = ['first', 'second', 'a.example', 'good, DNS:evil'];
  assert.deepEqual([...certificateNames(socket)].sort(), expected.sort());
  assert.equal(showsCertificate(socket), true);
  const none = { getPeerX509Certificate: () => undefined } as unknown as TLSSocket;
  assert.deepEqual([...certificateNames(none)], []);
  assert.equal(showsCertificate(none), false);
});
