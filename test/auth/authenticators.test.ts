// The exchanges of both sides against each other, in every authentication type.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type AuthenticationRequest,
  type AuthMessage,
  startAuthentication,
} from '../../src/auth/client-authenticator.ts';
import { md5Hash } from '../../src/auth/md5.ts';
import { makePasswordHash } from '../../src/auth/password-hash.ts';
import {
  ServerAuthenticationError,
  ServerAuthenticator,
} from '../../src/auth/server-authenticator.ts';
import { PgError } from '../../src/common/pg-error.ts';

function request(changes: Partial<AuthenticationRequest>): AuthenticationRequest {
  const base = { authType: 'scram', user: 'alice', passwords: [], passwordHash: null, known: true };
  return { ...(base as AuthenticationRequest), ...changes };
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** Body of the `R` message that says `message`. */
function body(message: AuthMessage): Buffer {
  switch (message.kind) {
    case 'ok':
      return int32(0);
    case 'cleartext':
      return int32(3);
    case 'md5':
      return Buffer.concat([int32(5), message.salt]);
    case 'sasl':
      return Buffer.concat([int32(10), Buffer.from(`${message.mechanisms.join('\0')}\0\0`)]);
    case 'sasl-continue':
      return Buffer.concat([int32(11), message.data]);
    case 'sasl-final':
      return Buffer.concat([int32(12), message.data]);
  }
}

interface Login {
  readonly kinds: string[];
  readonly matched: string | null;
}

/** Runs our server side against our client side. */
async function login(asked: AuthenticationRequest, password: string | null): Promise<Login> {
  const exchange = startAuthentication(asked);
  const client = new ServerAuthenticator({ user: asked.user, password });
  const queue = [exchange.first()];
  const kinds: string[] = [];
  for (let message = queue.shift(); message !== undefined; message = queue.shift()) {
    kinds.push(message.kind);
    const answer = await client.answer(body(message));
    if (answer === null) continue;
    assert.equal(answer[0], 0x70);
    assert.equal(answer.readInt32BE(1), answer.length - 1);
    const step = await exchange.receive(answer.subarray(5));
    assert.equal(step.done, step.send.at(-1)?.kind === 'ok');
    queue.push(...step.send);
  }
  assert.equal(kinds.at(-1), 'ok');
  const { secret } = exchange;
  return { kinds, matched: secret?.kind === 'plain' ? secret.password : null };
}

const hash = await makePasswordHash('hashed');
const saslKinds = ['sasl', 'sasl-continue', 'sasl-final', 'ok'];

function isWrongPassword(error: unknown): boolean {
  return (
    error instanceof PgError &&
    error.sqlstate === '28P01' &&
    error.message === 'password authentication failed for user "alice"'
  );
}

test('each of several passwords logs in, in every authentication type', async () => {
  const passwords = ['one', 'zwölf', 'three'];
  const kinds = { scram: saslKinds, md5: ['md5', 'ok'], plain: ['cleartext', 'ok'] };
  for (const authType of ['scram', 'md5', 'plain'] as const) {
    for (const password of passwords) {
      const result = await login(request({ authType, passwords }), password);
      assert.deepEqual(result, { kinds: kinds[authType], matched: password });
    }
    await assert.rejects(login(request({ authType, passwords }), 'four'), isWrongPassword);
  }
});

test('a stored SCRAM verifier is accepted beside plain passwords, under MD5 too', async () => {
  for (const authType of ['scram', 'md5'] as const) {
    const asked = request({ authType, passwords: ['plain'], passwordHash: hash });
    assert.deepEqual(await login(asked, 'hashed'), { kinds: saslKinds, matched: null });
    assert.deepEqual(await login(asked, 'plain'), { kinds: saslKinds, matched: 'plain' });
    await assert.rejects(login(asked, 'other'), isWrongPassword);
  }
  const plain = request({ authType: 'plain', passwordHash: hash });
  assert.deepEqual(await login(plain, 'hashed'), { kinds: ['cleartext', 'ok'], matched: 'hashed' });
  await assert.rejects(login(plain, 'other'), isWrongPassword);
});

test('a verifier may stand among the passwords', async () => {
  const asked = request({ passwords: ['plain', hash] });
  assert.equal((await login(asked, 'hashed')).matched, null);
  assert.equal((await login(asked, 'plain')).matched, 'plain');
  await assert.rejects(login(asked, hash.slice(1)), isWrongPassword);
});

test('a stored md5 hash answers md5 and plain, never SCRAM', async () => {
  const passwords = [md5Hash('alice', 'secret')];
  assert.equal(passwords[0]!.length, 35);
  const md5 = await login(request({ authType: 'md5', passwords }), 'secret');
  assert.deepEqual(md5, { kinds: ['md5', 'ok'], matched: null });
  const plain = await login(request({ authType: 'plain', passwords }), 'secret');
  assert.equal(plain.matched, 'secret');
  await assert.rejects(login(request({ passwords }), 'secret'), isWrongPassword);
  // The hash itself is as good as the password under MD5 (a weakness of the method).
  assert.equal(
    (await login(request({ authType: 'md5', passwords }), passwords[0]!)).kinds[1],
    'ok',
  );
});

test('trust asks nothing, and knows only known users', async () => {
  const result = await login(request({ authType: 'trust' }), null);
  assert.deepEqual(result, { kinds: ['ok'], matched: null });
  const exchange = startAuthentication(request({ authType: 'trust', known: false }));
  assert.throws(
    () => exchange.first(),
    (error: unknown) =>
      error instanceof PgError &&
      error.sqlstate === '28000' &&
      error.message === 'role "alice" does not exist',
  );
});

test('an unknown user fails like a wrong password, after the same messages', async () => {
  for (const authType of ['scram', 'md5', 'plain'] as const) {
    for (const known of [true, false]) {
      const asked = request({ authType, passwords: ['secret'], known });
      await assert.rejects(login(asked, known ? 'wrong' : 'secret'), isWrongPassword);
      assert.equal(
        startAuthentication(asked).first().kind,
        { scram: 'sasl', md5: 'md5', plain: 'cleartext' }[authType],
      );
    }
  }
});

test('an unknown user sees the same salt at every attempt, as a known one does', async () => {
  const first = Buffer.from('SCRAM-SHA-256\0\0\0\0\x0cn,,n=,r=abcd');
  for (const known of [true, false]) {
    const salts = [1, 2].map(async () => {
      const exchange = startAuthentication(request({ passwords: ['a'], known }));
      const [message] = (await exchange.receive(first)).send;
      assert.equal(message?.kind, 'sasl-continue');
      return /,s=([^,]*),i=4096$/.exec(String(message.data))?.[1];
    });
    const [one, two] = await Promise.all(salts);
    assert.equal(one, two);
    assert.equal(one?.length, 24);
  }
});

test('without an initial response the server asks for it', async () => {
  const exchange = startAuthentication(request({ passwords: ['a'] }));
  const empty = await exchange.receive(Buffer.from('SCRAM-SHA-256\0\xff\xff\xff\xff', 'latin1'));
  assert.deepEqual(empty, {
    send: [{ kind: 'sasl-continue', data: Buffer.alloc(0) }],
    done: false,
  });
  const next = await exchange.receive(Buffer.from('n,,n=,r=abcd'));
  assert.match(String((next.send[0] as { data: Buffer }).data), /^r=abcd.{24},s=/);
});

test('malformed and unexpected messages are protocol violations', async () => {
  const isViolation = (error: unknown) => error instanceof PgError && error.sqlstate === '08P01';
  const sasl = ['', 'SCRAM-SHA-256', 'SCRAM-SHA-256\0\0\0', 'SCRAM-SHA-1\0\0\0\0\x01n'];
  sasl.push('SCRAM-SHA-256\0\0\0\0\x05n,,', 'SCRAM-SHA-256-PLUS\0\0\0\0\x01p', 'x'.repeat(2000));
  sasl.push('SCRAM-SHA-256\0\xff\xff\xff\xffn,,');
  for (const data of sasl) {
    const exchange = startAuthentication(request({ passwords: ['a'] }));
    await assert.rejects(exchange.receive(Buffer.from(data, 'latin1')), isViolation, data);
    await assert.rejects(exchange.receive(Buffer.from('n,,n=,r=abcd')), isViolation);
  }
  for (const authType of ['plain', 'md5'] as const) {
    for (const data of ['', 'secret', 'sec\0ret\0', 'secret\0\0', 'x'.repeat(70_000)]) {
      const exchange = startAuthentication(request({ authType, passwords: ['secret'] }));
      await assert.rejects(exchange.receive(Buffer.from(data)), isViolation);
    }
  }
  await assert.rejects(
    startAuthentication(request({ authType: 'trust' })).receive(int32(0)),
    isViolation,
  );
});

test('an empty password never logs in', async () => {
  for (const passwords of [[''], []]) {
    const exchange = startAuthentication(request({ authType: 'plain', passwords }));
    await assert.rejects(
      exchange.receive(Buffer.from('\0')),
      (error: unknown) =>
        error instanceof PgError &&
        error.sqlstate === '28P01' &&
        error.message === 'empty password returned by client',
    );
  }
});

test('our login gives a reason for what it cannot answer', async () => {
  const cases: [Buffer, string | null, RegExp][] = [
    [int32(7), 'x', /by GSSAPI, which is not supported/],
    [int32(99), 'x', /by method 99, which is not supported/],
    [int32(3), null, /a cleartext password, but no password is configured/],
    [body({ kind: 'sasl', mechanisms: ['SCRAM-SHA-256'] }), '', /no password is configured/],
    [body({ kind: 'sasl', mechanisms: ['SCRAM-SHA-256'] }), hash, /only a hash/],
    [
      body({ kind: 'sasl', mechanisms: ['OAUTHBEARER'] }),
      'x',
      /offers SASL mechanisms OAUTHBEARER/,
    ],
    [int32(11), 'x', /out of order/],
    [int32(12), 'x', /out of order/],
    [int32(5), 'x', /malformed MD5 challenge/],
    [Buffer.alloc(2), 'x', /malformed/],
  ];
  for (const [message, password, reason] of cases) {
    const client = new ServerAuthenticator({ user: 'alice', password });
    await assert.rejects(client.answer(message), error => {
      assert.ok(error instanceof ServerAuthenticationError);
      assert.match(error.message, reason);
      return true;
    });
  }
});

test('a server that skips its own proof is not believed', async () => {
  const client = new ServerAuthenticator({ user: 'alice', password: 'secret' });
  await client.answer(body({ kind: 'sasl', mechanisms: ['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256'] }));
  await assert.rejects(client.answer(int32(0)), ServerAuthenticationError);
});
