// server_auth = "rds_iam": tokens of a local stand-in of the AWS SDK's signer, taken by a server
// that wants them in clear over TLS, as RDS does.

import assert from 'node:assert/strict';
import { registerHooks } from 'node:module';
import { after, before, test } from 'node:test';
import { RdsTokens } from '../../src/auth/rds-tokens.ts';
import {
  configInFront,
  type Front,
  type InFront,
  type LoginServer,
  startLoginServer,
  useInFront,
} from '../support/login-server.ts';

/** As the package's own. */
interface SignerOptions {
  readonly hostname: string;
  readonly port: number;
  readonly username: string;
  readonly region: string;
}

let server: LoginServer;
let installed = true;
const signed: SignerOptions[] = [];

/** The package's interface; "signs" by asking the test. */
const standIn = `export class Signer {
  constructor(options) { this.options = options; }
  async getAuthToken() { return globalThis.pgpackTestIssue(this.options); }
}`;
const standInUrl = 'stand-in:rds-signer';

registerHooks({
  resolve(specifier, context, next) {
    if (specifier !== '@aws-sdk/rds-signer' || !installed) return next(specifier, context);
    return { url: standInUrl, format: 'module', shortCircuit: true };
  },
  load(url, context, next) {
    if (url !== standInUrl) return next(url, context);
    return { source: standIn, format: 'module', shortCircuit: true };
  },
});

/** null: the machine has no credentials. */
function issueTokensBy(issue: ((options: SignerOptions) => Promise<string>) | null): void {
  const missing = () => Promise.reject(new Error('Could not load credentials'));
  Object.assign(globalThis, { pgpackTestIssue: issue ?? missing });
}

before(async () => {
  server = await startLoginServer('rds');
});

after(() => server.stop());

/** As IAM: from now on the server takes this token and no other. */
async function issue(options: SignerOptions): Promise<string> {
  signed.push(options);
  const token = `${options.hostname}:${options.port}/?Action=connect&X-Amz-Number=${signed.length}`;
  await server.query(`ALTER ROLE tokens PASSWORD '${token}'`);
  return token;
}

const users = (more: string) => `
[[users]]
name = "alice"
database = "postgres"
password = "alice secret"
server_user = "tokens"
server_auth = "rds_iam"
${more}
`;

function inFront(options: InFront, run: (front: Front) => Promise<void>): Promise<void> {
  signed.length = 0;
  return useInFront(server, options, run);
}

const region = 'server_iam_region = "eu-west-1"';

test('PgPack logs in with a signed token and uses it for further connections', async () => {
  issueTokensBy(issue);
  await inFront({ users: users(region) }, async front => {
    const clients = await Promise.all([1, 2, 3].map(() => front.connect('alice')));
    for (const client of clients) await client.query('BEGIN');
    const names = await Promise.all(
      clients.map(client => client.query('SELECT current_user AS name')),
    );
    assert.deepEqual(
      names.map(({ rows }) => (rows[0] as { name: string }).name),
      ['tokens', 'tokens', 'tokens'],
    );
    for (const client of clients) await client.end();
    const { port } = server.server;
    assert.deepEqual(signed, [
      { hostname: '127.0.0.1', port, username: 'tokens', region: 'eu-west-1' },
    ]);
  });
});

test('a token that the server refuses is replaced by a new one', async () => {
  issueTokensBy(issue);
  await inFront({ users: users(region), general: 'idle_timeout = 1' }, async front => {
    assert.equal(await front.whoAmI('alice'), 'tokens');
    await server.query("ALTER ROLE tokens PASSWORD 'another'");
    for (let i = 0; i < 100 && front.app.counts.serverConnections > 0; i++) {
      await new Promise(resolve => setTimeout(resolve, 100));
    }
    assert.equal(await front.whoAmI('alice'), 'tokens');
    assert.equal(signed.length, 2);
  });
});

test('what keeps a token from being had is said', async () => {
  issueTokensBy(null);
  await inFront({ users: users(region) }, async front => {
    assert.match(await front.whoAmI('alice'), /^08006 .*Could not load credentials/);
  });
  issueTokensBy(issue);
  await inFront({ users: users('') }, async front => {
    assert.match(
      await front.whoAmI('alice'),
      /^08006 .*server_iam_region is not set and "127\.0\.0\.1" does not name a region/,
    );
  });
  installed = false;
  try {
    await inFront({ users: users(region) }, async front => {
      assert.match(
        await front.whoAmI('alice'),
        /needs the package @aws-sdk\/rds-signer, which is not installed/,
      );
    });
  } finally {
    installed = true;
  }
});

test('tokens are not sent without TLS', async () => {
  issueTokensBy(issue);
  const options = { users: users(region), database: `host = "${server.socketDirectory}"` };
  await server.query('ALTER ROLE tokens PASSWORD NULL');
  await inFront(options, async front => {
    assert.match(await front.whoAmI('alice'), /^08006 /);
  });
  assert.throws(
    () => configInFront(server, { users: users(region), general: 'tls_verify = "disabled"' }),
    /tokens of rds_iam are only sent over TLS/,
  );
});

test('tokens are signed anew minutes before they end, and after a failure', async () => {
  const tokens = new RdsTokens();
  let count = 0;
  issueTokensBy(async () => `token ${++count}`);
  const of = { host: 'db.abc.us-east-2.rds.amazonaws.com', port: 5432, user: 'u', region: null };
  const minute = 60_000;
  assert.equal(await tokens.token(of, 0), 'token 1');
  assert.equal(await tokens.token(of, 9 * minute), 'token 1');
  assert.equal(await tokens.token({ ...of, user: 'v' }, 9 * minute), 'token 2');
  assert.equal(await tokens.token(of, 10 * minute), 'token 3');
  tokens.refused(of);
  assert.equal(await tokens.token(of, 10 * minute), 'token 4');
  tokens.refused(of);
  issueTokensBy(null);
  await assert.rejects(tokens.token(of, 11 * minute), /Could not load credentials/);
  issueTokensBy(async () => 'token after');
  assert.equal(await tokens.token(of, 11 * minute), 'token after');
});

test('the region of a host name is that of RDS, in China too, and of nothing else', async () => {
  const regions: string[] = [];
  issueTokensBy(async options => {
    regions.push(options.region);
    return 'x';
  });
  const tokens = new RdsTokens();
  const token = (host: string) => tokens.token({ host, port: 1, user: 'u', region: null });
  await token('a.b.us-east-1.rds.amazonaws.com');
  await token('A.B.CN-NORTH-1.rds.amazonaws.com.cn');
  assert.deepEqual(regions, ['us-east-1', 'cn-north-1']);
  for (const host of ['db.example', 'x.us-east-1.rds.amazonaws.com.evil.example', '/run']) {
    await assert.rejects(token(host), /does not name a region/, host);
  }
});
