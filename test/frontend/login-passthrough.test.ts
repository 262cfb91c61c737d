// passthrough_auth: users that users.toml does not know, and passwords that the server judges.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  anyCertificate,
  clientTls,
  type Front,
  type InFront,
  type LoginServer,
  startLoginServer,
  useInFront,
  wrongPassword,
} from '../support/login-server.ts';

let server: LoginServer;

before(async () => {
  server = await startLoginServer('passthrough');
});

after(() => server.stop());

const ssl = { ssl: anyCertificate };

function inFront(options: InFront, run: (front: Front) => Promise<void>): Promise<void> {
  const general = `${clientTls}\n${options.general ?? ''}`;
  return useInFront(server, { ...options, general }, run);
}

const enabled = { general: 'passthrough_auth = "enabled"' };

test('a user that users.toml does not name logs in with its password of the server', async () => {
  await inFront(enabled, async front => {
    for (const user of ['alice', 'hashed', "quo'te"]) {
      assert.equal(await front.whoAmI(user, ssl), user);
      assert.equal(await front.whoAmI(user, ssl), user, 'again, from what is remembered');
    }
    assert.equal(await front.whoAmIByPostgres('bob', { ssl: 'require' }), 'bob');
  });
});

test('a wrong password, an unknown user and who may not log in are told the same', async () => {
  await inFront(enabled, async front => {
    for (const user of ['alice', 'nobody', 'group_only', 'expired']) {
      const password = user === 'alice' ? 'wrong' : `${user} secret`;
      assert.equal(await front.whoAmI(user, { ...ssl, password }), wrongPassword(user));
    }
    const nowhere = { ...ssl, database: 'nowhere' };
    assert.equal(await front.whoAmI('alice', nowhere), wrongPassword('alice'));
  });
});

test('without TLS a password is asked for in clear only where that is allowed', async () => {
  await inFront(enabled, async front => {
    assert.equal(await front.whoAmI('alice'), wrongPassword('alice'));
  });
  await inFront({ general: 'passthrough_auth = "enabled_plain"' }, async front => {
    assert.equal(await front.whoAmI('alice'), 'alice');
    assert.equal(await front.whoAmI('alice', { password: 'wrong' }), wrongPassword('alice'));
  });
});

test('users of users.toml keep their passwords, and those without one pass through', async () => {
  const users = `
[[users]]
name = "alice"
database = "postgres"
password = "local"
server_user = "bob"
server_password = "bob secret"

[[users]]
name = "bob"
database = "postgres"
pool_size = 3
`;
  await inFront({ ...enabled, users }, async front => {
    assert.equal(await front.whoAmI('alice', { ...ssl, password: 'local' }), 'bob');
    assert.equal(await front.whoAmI('alice', ssl), wrongPassword('alice'));
    assert.equal(await front.whoAmI('alice', { password: 'local' }), 'bob', 'without TLS: SCRAM');
    assert.equal(await front.whoAmI('bob', ssl), 'bob');
    assert.equal(await front.whoAmI('bob', { ...ssl, password: 'x' }), wrongPassword('bob'));
  });
});

test('the server judges the password even where [[databases]] names another user', async () => {
  const database = 'user = "bob"\npassword = "bob secret"';
  await inFront({ ...enabled, database }, async front => {
    assert.equal(await front.whoAmI('alice', ssl), 'bob');
    assert.equal(
      await front.whoAmI('alice', { ...ssl, password: 'bob secret' }),
      wrongPassword('alice'),
    );
    assert.equal(await front.whoAmI('nobody', ssl), wrongPassword('nobody'));
  });
});

test('a server that asks for no password proves nothing', async () => {
  await inFront(enabled, async front => {
    assert.equal(
      await front.whoAmI('trusted', ssl),
      '08006 cannot check the password of user "trusted" now',
    );
  });
});

for (const [mode, ttl, expected] of [
  ['enabled', 60_000, { old: true, new: false }],
  ['enabled_allow_change', 60_000, { old: false, new: true }],
  ['enabled', 0, { old: false, new: true }],
] as const) {
  test(`a changed password with ${mode} and auth_cache_ttl ${ttl}`, async () => {
    await server.query("CREATE ROLE changing LOGIN PASSWORD 'old'");
    const general = `passthrough_auth = "${mode}"\nauth_cache_ttl = ${ttl}`;
    try {
      await inFront({ general }, async front => {
        assert.equal(await front.whoAmI('changing', { ...ssl, password: 'old' }), 'changing');
        await server.query("ALTER ROLE changing PASSWORD 'new'");
        const answers = { new: '', old: '' };
        for (const password of ['new', 'old'] as const) {
          answers[password] = await front.whoAmI('changing', { ...ssl, password });
        }
        const answer = (accepted: boolean) => (accepted ? 'changing' : wrongPassword('changing'));
        assert.deepEqual(answers, { old: answer(expected.old), new: answer(expected.new) });
      });
    } finally {
      await server.query('DROP ROLE changing');
    }
  });
}

test('nothing is left of a user who passed through and stays away', async () => {
  await inFront({ general: `${enabled.general}\nidle_timeout = 1` }, async front => {
    assert.equal(await front.whoAmI('alice', ssl), 'alice');
    assert.ok(front.app.counts.serverConnections > 0);
    for (let i = 0; i < 100 && front.app.counts.serverConnections > 0; i++) {
      await new Promise(resolve => setTimeout(resolve, 100));
    }
    assert.equal(front.app.counts.serverConnections, 0);
    assert.equal(await front.whoAmI('alice', ssl), 'alice');
  });
});
