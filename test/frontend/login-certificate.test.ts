// Certificates: of clients towards PgPack, of PgPack towards servers, and new ones on a reload.

import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { PeerCertificate, TLSSocket } from 'node:tls';
import type pg from 'pg';
import {
  anyCertificate,
  certificate,
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
  server = await startLoginServer('certificates');
});

after(() => server.stop());

function inFront(options: InFront, run: (front: Front) => Promise<void>): Promise<void> {
  return useInFront(server, options, run);
}

const shown = (name: string) => ({
  ...anyCertificate,
  cert: readFileSync(certificate(`${name}.pem`), 'utf8'),
  key: readFileSync(certificate(`${name}.key`), 'utf8'),
});

const withCa = `${clientTls}\ntls_client_ca_certificate = "${certificate('ca.pem')}"`;

/** `more`: lines of the user's entry; at the server all of them are alice. */
const user = (name: string, more = '') => `
[[users]]
name = "${name}"
database = "postgres"
server_user = "alice"
server_password = "alice secret"
${more}
`;

const users = [
  user('named', 'identity = "app"'),
  user('other', 'identity = "somebody.else"'),
  user('both', 'password = "both secret"'),
  user(
    'free',
    'identity = "app"\ntls_client_certificate_required = false\npassword = "free secret"',
  ),
].join('');

test('a certificate with the identity of the user stands for the password', async () => {
  await inFront({ general: withCa, users }, async front => {
    const options = { ssl: shown('client'), password: 'ignored' };
    assert.equal(await front.whoAmI('named', options), 'alice');
    assert.equal(
      await front.whoAmIByPostgres('named', { ssl: shown('client'), password: undefined }),
      'alice',
    );
  });
});

test('a certificate of another name is refused, and needs no password to be', async () => {
  await inFront({ general: withCa, users }, async front => {
    assert.equal(
      await front.whoAmI('other', { ssl: shown('client') }),
      '28000 certificate authentication failed for user "other"',
    );
  });
});

test('where certificates are checked every client has to show a valid one', async () => {
  await inFront({ general: withCa, users }, async front => {
    const required = '28000 connection requires a valid client certificate';
    for (const name of ['named', 'both', 'nobody']) {
      assert.equal(await front.whoAmI(name, { ssl: anyCertificate }), required);
      assert.equal(await front.whoAmI(name), required, 'without TLS');
      assert.match(
        await front.whoAmI(name, { ssl: shown('stranger') }),
        /^28000 client certificate is not valid: /,
      );
    }
  });
});

test('a user without identity shows a certificate and knows a password', async () => {
  await inFront({ general: withCa, users }, async front => {
    const ssl = shown('client');
    assert.equal(await front.whoAmI('both', { ssl }), 'alice');
    assert.equal(await front.whoAmI('both', { ssl, password: 'x' }), wrongPassword('both'));
    assert.equal(await front.whoAmI('nobody', { ssl }), wrongPassword('nobody'));
  });
});

test('a user who need not show a certificate may use a password instead', async () => {
  await inFront({ general: withCa, users }, async front => {
    assert.equal(await front.whoAmI('free', { ssl: shown('client'), password: 'x' }), 'alice');
    assert.equal(await front.whoAmI('free', { ssl: anyCertificate }), 'alice');
    assert.equal(await front.whoAmI('free'), 'alice');
    assert.equal(await front.whoAmI('free', { password: 'x' }), wrongPassword('free'));
  });
});

test('PgPack shows its own certificate to a server that asks for one', async () => {
  const general = `tls_verify = "verify_full"
tls_server_ca_certificate = "${certificate('ca.pem')}"
tls_server_certificate = "${certificate('client.pem')}"
tls_server_private_key = "${certificate('client.key')}"`;
  const ours = user('x', 'password = "x secret"').replaceAll('alice', 'app');
  const bare = ours.replace('server_password = "app secret"', '');
  await inFront({ general, users: bare }, async front => {
    assert.equal(await front.whoAmI('x'), 'app');
  });
  await inFront({ users: bare }, async front => {
    assert.match(
      await front.whoAmI('x'),
      /^08006 .*connection requires a valid client certificate/,
    );
  });
});

/** Common name of the certificate that PgPack shows. */
function shownTo(client: pg.Client): string {
  const { connection } = client as unknown as { connection: { stream: TLSSocket } };
  return (connection.stream.getPeerCertificate() as PeerCertificate).subject.CN as string;
}

test('a reload shows new clients the new certificate and leaves the others alone', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'pgpack-reload-'));
  const use = (name: string) => {
    for (const end of ['pem', 'key']) {
      copyFileSync(certificate(`${name}.${end}`), join(directory, `tls.${end}`));
    }
  };
  const options = {
    general: `tls_certificate = "${directory}/tls.pem"\ntls_private_key = "${directory}/tls.key"`,
    users: user('both', 'password = "both secret"'),
  };
  use('server');
  const front = await startInFront(server, options);
  try {
    const ssl = { ssl: anyCertificate };
    const first = await front.connect('both', ssl);
    assert.equal(shownTo(first), 'localhost');
    use('client');
    front.app.reload(configInFront(server, options));
    const second = await front.connect('both', ssl);
    assert.equal(shownTo(second), 'app');
    assert.equal((await first.query('SELECT 1 AS one')).rows[0].one, 1);
    writeFileSync(join(directory, 'tls.key'), readFileSync(certificate('server.key')));
    assert.throws(
      () => front.app.reload(configInFront(server, options)),
      /the key does not belong to the certificate/,
    );
    const third = await front.connect('both', ssl);
    assert.equal(shownTo(third), 'app', 'the old configuration stays');
    for (const client of [first, second, third]) await client.end();
  } finally {
    await front.close();
    rmSync(directory, { recursive: true });
  }
});

test('a reload makes new server connections with the new CA', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'pgpack-reload-ca-'));
  const ca = join(directory, 'ca.pem');
  copyFileSync(certificate('ca.pem'), ca);
  const options = {
    general: `tls_verify = "verify_full"\ntls_server_ca_certificate = "${ca}"
server_lifetime = 0\nserver_lifetime_jitter = 0`,
    users: user('both', 'password = "both secret"'),
  };
  const front = await startInFront(server, options);
  try {
    assert.equal(await front.whoAmI('both'), 'alice');
    copyFileSync(certificate('stranger.pem'), ca);
    front.app.reload(configInFront(server, options));
    assert.match(await front.whoAmI('both'), /^08006 cannot connect to shard 0/);
    copyFileSync(certificate('ca.pem'), ca);
    front.app.reload(configInFront(server, options));
    assert.equal(await front.whoAmI('both'), 'alice');
  } finally {
    await front.close();
    rmSync(directory, { recursive: true });
  }
});
