// SCRAM-SHA-256 against RFC 7677's example, verifiers made by a real server, and itself.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { makePasswordHash, parsePasswordHash } from '../../src/auth/password-hash.ts';
import { preparedPassword, saslprep } from '../../src/auth/saslprep.ts';
import { ScramClient } from '../../src/auth/scram-client.ts';
import { keysOf, saltOfUser } from '../../src/auth/scram-keys.ts';
import { ScramServer } from '../../src/auth/scram-server.ts';
import { PgError } from '../../src/common/pg-error.ts';

const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64');
const clientNonce = 'rOprNGfwEbeRWgbNEkqO';
const serverNonce = '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0';
const pencil = await keysOf('pencil', salt, 4096);

test('the example exchange of RFC 7677 comes out on both sides', async () => {
  const client = new ScramClient({ password: 'pencil', user: 'user', nonce: clientNonce });
  const server = new ScramServer({ salt, iterations: 4096, nonce: serverNonce });
  assert.equal(client.first(), `n,,n=user,r=${clientNonce}`);
  const challenge = server.first(client.first());
  assert.equal(challenge, `r=${clientNonce}${serverNonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`);
  const proof = await client.final(challenge);
  assert.equal(
    proof,
    `c=biws,r=${clientNonce}${serverNonce},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`,
  );
  const accepted = server.final(proof, [pencil]);
  assert.equal(accepted?.message, 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=');
  assert.doesNotThrow(() => client.finish(accepted!.message));
});

test('passwords hash as a real server hashes them, SASLprep included', async () => {
  const url = new URL('./password-vectors.json', import.meta.url);
  const { vectors } = JSON.parse(readFileSync(url, 'utf8')) as { vectors: [string, string][] };
  assert.ok(vectors.length >= 30);
  for (const [password, stored] of vectors) {
    const verifier = parsePasswordHash(stored)!;
    const keys = await keysOf(password, verifier.salt, verifier.iterations);
    assert.deepEqual(keys.storedKey, verifier.storedKey, password);
    assert.deepEqual(keys.serverKey, verifier.serverKey, password);
  }
});

test('SASLprep follows the examples of RFC 4013', () => {
  assert.equal(saslprep('I\u00adX'), 'IX');
  assert.equal(saslprep('\u00aa'), 'a');
  assert.equal(saslprep('\u2168'), 'IX');
  assert.equal(saslprep('\u0627\u0031'), null);
  assert.deepEqual(preparedPassword('\u0627\u0031'), Buffer.from('\u0627\u0031'));
});

test('a made verifier is read back and accepts its password only', async () => {
  const verifier = parsePasswordHash(await makePasswordHash('sécret'))!;
  assert.equal(verifier.iterations, 4096);
  assert.equal(verifier.salt.length, 16);
  for (const password of ['sécret', 'secret']) {
    const client = new ScramClient({ password });
    const server = new ScramServer(verifier);
    const proof = await client.final(server.first(client.first()));
    assert.equal(server.final(proof, [verifier]) !== null, password === 'sécret');
  }
});

test('what is no verifier is told apart', () => {
  const key = Buffer.alloc(32).toString('base64');
  assert.ok(parsePasswordHash(`SCRAM-SHA-256$4096:AAAA$${key}:${key}`));
  for (const text of [
    'secret',
    '',
    `SCRAM-SHA-1$4096:AAAA$${key}:${key}`,
    `SCRAM-SHA-256$0:AAAA$${key}:${key}`,
    `SCRAM-SHA-256$x:AAAA$${key}:${key}`,
    `SCRAM-SHA-256$4096:A$${key}:${key}`,
    `SCRAM-SHA-256$4096:AAAA$${key}`,
    `SCRAM-SHA-256$4096:AAAA$AAAA:${key}`,
    `SCRAM-SHA-256$4096:AAAA$${key}:${key}x`,
  ]) {
    assert.equal(parsePasswordHash(text), null, text);
  }
});

test('any of several passwords is accepted, and which one is told', async () => {
  const passwords = ['first', 'second', 'third'];
  const keys = await Promise.all(passwords.map(password => keysOf(password, salt, 4096)));
  for (const [index, password] of passwords.entries()) {
    const client = new ScramClient({ password });
    const server = new ScramServer({ salt, iterations: 4096 });
    const accepted = server.final(await client.final(server.first(client.first())), keys);
    assert.equal(accepted?.matched, index);
    assert.doesNotThrow(() => client.finish(accepted!.message));
  }
});

test('a client may say that it knows channel binding and the server does not', async () => {
  const client = new ScramClient({ password: 'pencil' });
  const server = new ScramServer({ salt, iterations: 4096 });
  server.first(client.first().replace('n,,', 'y,,'));
  const wrong = await client.final(
    new ScramServer({ salt, iterations: 4096 }).first(client.first()),
  );
  // The client-final-message must repeat the flag: `biws` is `n,,`.
  assert.throws(() => server.final(wrong, [pencil]), PgError);
});

test('malformed messages of a client are protocol violations', () => {
  const firsts = ['', 'x', 'n', 'n,', 'n,,', 'n,,r=abc', 'n,,n=,x=1', 'n,,n=,r=', 'n,,n=,r=a b'];
  firsts.push('p=tls-unique,,n=,r=abc', 'n,,n=,r=a\0b', '\xff,,n=,r=abc', 'p=,,n=,r=abc');
  for (const message of firsts) {
    const server = new ScramServer({ salt, iterations: 4096 });
    assert.throws(
      () => server.first(message),
      (error: unknown) => error instanceof PgError && error.sqlstate === '08P01',
      message,
    );
  }
  for (const message of ['n,a=other,n=,r=abc', 'n,,m=ext,n=,r=abc']) {
    const server = new ScramServer({ salt, iterations: 4096 });
    assert.throws(
      () => server.first(message),
      (error: unknown) => error instanceof PgError && error.sqlstate === '0A000',
      message,
    );
  }
  const proof = Buffer.alloc(32).toString('base64');
  const nonce = `${clientNonce}${serverNonce}`;
  for (const message of [
    '',
    'c=biws',
    `c=biws,r=${nonce}`,
    `c=eSws,r=${nonce},p=${proof}`,
    `c=biws,r=${nonce}x,p=${proof}`,
    `c=biws,r=${clientNonce},p=${proof}`,
    `c=biws,r=${nonce},p=AAAA`,
    `c=biws,r=${nonce},p=!!!!`,
    `c=biws,r=${nonce},p=${proof},x=1`,
    `r=${nonce},c=biws,p=${proof}`,
  ]) {
    const server = new ScramServer({ salt, iterations: 4096, nonce: serverNonce });
    server.first(`n,,n=,r=${clientNonce}`);
    assert.throws(
      () => server.final(message, [pencil]),
      (error: unknown) => error instanceof PgError && error.sqlstate === '08P01',
      message,
    );
  }
  const server = new ScramServer({ salt, iterations: 4096, nonce: serverNonce });
  server.first(`n,,n=,r=${clientNonce}`);
  assert.equal(server.final(`c=biws,r=${nonce},p=${proof}`, [pencil]), null);
});

test('a server that lies is found out by the client', async () => {
  const s = salt.toString('base64');
  for (const challenge of [
    '',
    'e=other-error',
    `r=other,s=${s},i=4096`,
    `r=${clientNonce},s=${s},i=4096`,
    `r=${clientNonce}x,s=!,i=4096`,
    `r=${clientNonce}x,s=${s},i=0`,
    `r=${clientNonce}x,s=${s},i=4096x`,
    `r=${clientNonce}x,s=${s},i=2147483647`,
    `r=${clientNonce}x,s=${s}`,
  ]) {
    const client = new ScramClient({ password: 'pencil', nonce: clientNonce });
    await assert.rejects(client.final(challenge), Error, challenge);
  }
  const client = new ScramClient({ password: 'pencil', nonce: clientNonce });
  await client.final(`r=${clientNonce}x,s=${s},i=4096`);
  const signature = Buffer.alloc(32).toString('base64');
  for (const message of ['', 'e=invalid-proof', 'v=AAAA', `v=${signature}`, 'x=1']) {
    assert.throws(() => client.finish(message), Error, message);
  }
});

test('the salt of a user is the same in every thread', async () => {
  const module = new URL('../../src/auth/scram-keys.ts', import.meta.url).href;
  const source = `const { saltOfUser } = await import(${JSON.stringify(module)});
    const { parentPort } = await import('node:worker_threads');
    parentPort.postMessage(saltOfUser('alice').toString('hex'));`;
  const url = new URL(`data:text/javascript,${encodeURIComponent(source)}`);
  const salts = await Promise.all(
    [1, 2].map(async () => (await once(new Worker(url), 'message'))[0] as string),
  );
  assert.deepEqual(salts, Array(2).fill(saltOfUser('alice').toString('hex')));
});

test('the salt of a user stays the same and differs between users', () => {
  assert.deepEqual(saltOfUser('alice'), saltOfUser('alice'));
  assert.notDeepEqual(saltOfUser('alice'), saltOfUser('bob'));
  assert.equal(saltOfUser('alice').length, 16);
});
