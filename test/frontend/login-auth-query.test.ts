// auth_query: stored passwords of the server let clients in, and take them on to the server.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import {
  anyCertificate,
  clientTls,
  configInFront,
  type Front,
  type InFront,
  type LoginServer,
  startInFront,
  startLoginServer,
  useInFront,
  wrongPassword,
} from '../support/login-server.ts';

let server: LoginServer;

before(async () => {
  server = await startLoginServer('auth-query');
  await server.query(`
    CREATE SCHEMA auth;
    CREATE TABLE auth.lookups (name text);
    CREATE TABLE auth.users (name text, password text);
    CREATE FUNCTION auth.stored(asked text) RETURNS TABLE (name text, password text)
    LANGUAGE sql SECURITY DEFINER AS $$
      INSERT INTO auth.lookups VALUES ($1);
      SELECT rolname, rolpassword FROM pg_authid WHERE rolname = $1 AND rolcanlogin;
    $$;
    CREATE ROLE asker LOGIN PASSWORD 'asker secret';
    GRANT USAGE ON SCHEMA auth TO asker;
    GRANT SELECT ON auth.users TO asker;
  `);
});

after(() => server.stop());

beforeEach(() => server.query('TRUNCATE auth.lookups'));

function inFront(options: InFront, run: (front: Front) => Promise<void>): Promise<void> {
  return useInFront(server, options, run);
}

const asSuperuser = 'auth_user = "postgres"\nauth_password = "test"';
const asAsker = `auth_user = "asker"
auth_password = "asker secret"
auth_query = "SELECT * FROM auth.stored($1)"`;

async function lookups(): Promise<string[]> {
  const { rows } = await server.query('SELECT name FROM auth.lookups ORDER BY name');
  return (rows as { name: string }[]).map(({ name }) => name);
}

for (const [how, general] of Object.entries({
  'as a superuser without a query': asSuperuser,
  'as a user of its own with a function': asAsker,
})) {
  test(`users log in by their verifier, here and at the server, ${how}`, async () => {
    await inFront({ general }, async front => {
      assert.equal(await front.whoAmI('alice'), 'alice');
      assert.equal(await front.whoAmI("quo'te"), "quo'te");
      assert.equal(await front.whoAmIByPostgres('bob'), 'bob');
      for (const user of ['alice', 'nobody', 'group_only', 'app', "x' OR true --"]) {
        const password = user === 'alice' ? 'wrong' : `${user} secret`;
        assert.equal(await front.whoAmI(user, { password }), wrongPassword(user));
      }
    });
  });
}

test('an md5 hash logs in with auth_type md5, here and at the server', async () => {
  await inFront({ general: `auth_type = "md5"\n${asSuperuser}` }, async front => {
    assert.equal(await front.whoAmI('hashed'), 'hashed');
    assert.equal(await front.whoAmI('alice'), 'alice');
    for (const user of ['hashed', 'alice', 'nobody']) {
      assert.equal(await front.whoAmI(user, { password: 'x' }), wrongPassword(user));
    }
  });
  await inFront({ general: asSuperuser }, async front => {
    assert.equal(await front.whoAmI('hashed'), wrongPassword('hashed'), 'SCRAM cannot use it');
  });
});

test('with auth_type plain and TLS every kind of stored password logs in', async () => {
  const general = `${clientTls}\nauth_type = "plain"\n${asSuperuser}`;
  await inFront({ general }, async front => {
    const ssl = { ssl: anyCertificate };
    for (const user of ['alice', 'hashed']) assert.equal(await front.whoAmI(user, ssl), user);
    for (const user of ['alice', 'hashed', 'nobody']) {
      const options = { ...ssl, password: 'wrong' };
      assert.equal(await front.whoAmI(user, options), wrongPassword(user));
    }
  });
});

test('keys of [[databases]] come before those of [general]', async () => {
  const general = 'auth_user = "nobody"\nauth_password = "x"\nauth_dbname = "nowhere"';
  const database = `${asAsker}\nauth_dbname = "postgres"`;
  await inFront({ general, database }, async front => {
    assert.equal(await front.whoAmI('alice'), 'alice');
    assert.deepEqual(await lookups(), ['alice']);
  });
  const own = 'user = "bob"\npassword = "bob secret"';
  await inFront({ general: asSuperuser, database: own }, async front => {
    assert.equal(await front.whoAmI('alice'), 'bob', 'the user of [[databases]] is used there');
  });
});

test('users of users.toml are looked up only where they have no password', async () => {
  const users = `
[[users]]
name = "alice"
database = "postgres"
password = "local"
server_password = "alice secret"

[[users]]
name = "bob"
database = "postgres"
`;
  await inFront({ general: asAsker, users }, async front => {
    assert.equal(await front.whoAmI('alice', { password: 'local' }), 'alice');
    assert.equal(await front.whoAmI('alice'), wrongPassword('alice'));
    assert.equal(await front.whoAmI('bob'), 'bob');
    assert.deepEqual(await lookups(), ['bob']);
  });
});

test('what was found is remembered for auth_cache_ttl, and asked again when it fails', async () => {
  await inFront({ general: asAsker }, async front => {
    for (let i = 0; i < 3; i++) assert.equal(await front.whoAmI('alice'), 'alice');
    assert.deepEqual(await lookups(), ['alice']);
    await server.query("ALTER ROLE alice PASSWORD 'changed'");
    try {
      const changed = { password: 'changed' };
      await new Promise(resolve => setTimeout(resolve, 1_000));
      assert.equal(await front.whoAmI('alice', changed), wrongPassword('alice'));
      assert.equal(await front.whoAmI('alice', changed), 'alice');
      assert.deepEqual(await lookups(), ['alice', 'alice']);
    } finally {
      await server.query("ALTER ROLE alice PASSWORD 'alice secret'");
    }
  });
  await server.query('TRUNCATE auth.lookups');
  await inFront({ general: `${asAsker}\nauth_cache_ttl = 0` }, async front => {
    for (let i = 0; i < 3; i++) assert.equal(await front.whoAmI('alice'), 'alice');
    assert.deepEqual(await lookups(), ['alice', 'alice', 'alice']);
  });
});

test('many logins of one user at once ask once', async () => {
  await inFront({ general: asAsker }, async front => {
    const all = await Promise.all(Array.from({ length: 10 }, () => front.whoAmI('alice')));
    assert.deepEqual(new Set(all), new Set(['alice']));
    assert.deepEqual(await lookups(), ['alice']);
  });
});

for (const [what, general] of Object.entries({
  'that fails': 'auth_query = "SELECT 1 / 0, $1::text"',
  'of one column': 'auth_query = "SELECT $1::text"',
  'of two rows': 'auth_query = "SELECT $1::text, \'x\' FROM generate_series(1, 2)"',
  'of another user': 'auth_query = "SELECT \'bob\', $1::text"',
  'of a user who cannot log in': 'auth_password = "wrong"',
})) {
  test(`a query ${what} lets nobody in and tells nothing about itself`, async () => {
    const keys = general.startsWith('auth_password')
      ? `auth_user = "asker"\n${general}`
      : `${asSuperuser}\n${general}`;
    await inFront({ general: keys }, async front => {
      for (const user of ['alice', 'nobody']) {
        const expected = `08006 cannot check the password of user "${user}" now`;
        assert.equal(await front.whoAmI(user), expected);
      }
    });
  });
}

test('a password that the query gives in clear logs in, and an empty one never', async () => {
  await server.query("INSERT INTO auth.users VALUES ('alice', 'alice secret'), ('bob', '')");
  const general = `auth_user = "asker"
auth_password = "asker secret"
auth_query = "SELECT name, password FROM auth.users WHERE name = $1"`;
  await inFront({ general }, async front => {
    assert.equal(await front.whoAmI('alice'), 'alice');
    assert.equal(await front.whoAmI('bob'), wrongPassword('bob'));
  });
});

test('a verifier in users.toml takes the client to a server that stores the same one', async () => {
  const { rows } = await server.query("SELECT rolpassword FROM pg_authid WHERE rolname = 'alice'");
  const hash = (rows[0] as { rolpassword: string }).rolpassword;
  const users = `
[[users]]
name = "alice"
database = "postgres"
password_hash = "${hash}"
min_pool_size = 2
`;
  await inFront({ users }, async front => {
    assert.equal(front.app.counts.serverConnections, 0, 'nothing is known before a client came');
    assert.equal(await front.whoAmI('alice'), 'alice');
    assert.equal(await front.whoAmI('alice', { password: 'x' }), wrongPassword('alice'));
  });
});

test('clients of users that are not listed survive a reload', async () => {
  const options = { general: asAsker };
  const front = await startInFront(server, options);
  try {
    const client = await front.connect('alice');
    front.app.reload(configInFront(server, { general: `${asAsker}\nidle_timeout = 1000` }));
    const { rows } = await client.query('SELECT current_user AS name');
    assert.deepEqual(rows, [{ name: 'alice' }]);
    await client.end();
    assert.equal(await front.whoAmI('bob'), 'bob');
  } finally {
    await front.close();
  }
});

test('logins that are being looked up survive a reload', async () => {
  const names = Array.from({ length: 8 }, (_, i) => `waiting${i}`);
  for (const name of names) {
    await server.query(`CREATE ROLE ${name} LOGIN PASSWORD '${name} secret'`);
  }
  await server.query(`
    CREATE FUNCTION auth.slowly(asked text) RETURNS TABLE (name text, password text)
    LANGUAGE sql SECURITY DEFINER AS $$
      SELECT rolname, rolpassword FROM pg_authid, pg_sleep(0.3) WHERE rolname = $1;
    $$`);
  const options = { general: asAsker.replace('auth.stored', 'auth.slowly') };
  await inFront(options, async front => {
    const all = names.map(name => front.whoAmI(name));
    await new Promise(resolve => setTimeout(resolve, 150));
    front.app.reload(configInFront(server, options));
    assert.deepEqual(await Promise.all(all), names);
  });
});

test('what a proof gave away logs in at every shard that stores the same verifier', async () => {
  await server.query('CREATE DATABASE second');
  const { host, port } = server.server;
  const more = `
[[databases]]
name = "postgres"
shard = 1
host = "${host}"
port = ${port}
database_name = "second"

[[sharded_tables]]
database = "postgres"
name = "items"
column = "id"
data_type = "bigint"
`;
  await server.query('GRANT CREATE ON SCHEMA public TO alice');
  await inFront({ general: asSuperuser, more }, async front => {
    const admin = await front.connect('postgres', { password: 'test' });
    await admin.query('CREATE TABLE items (id bigint PRIMARY KEY)');
    await admin.query('GRANT ALL ON items TO alice');
    await admin.end();
    const client = await front.connect('alice');
    await client.query('INSERT INTO items VALUES (1), (2), (3), (4), (5), (6), (7), (8)');
    const { rows } = await client.query('SELECT count(*) AS n FROM items');
    assert.deepEqual(rows, [{ n: '8' }]);
    await client.end();
  });
});
