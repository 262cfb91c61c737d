// The first packets of a connection and what the client is told, against the oracle: protocol
// versions, requests for encryption, startup parameters, refusals; and cancel requests.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { cancelRequest, sslRequest, startupMessage } from '../../src/protocol/frontend-messages.ts';
import { query } from '../support/client-bytes.ts';
import type { DatabaseAddress } from '../support/cluster.ts';
import { type LoginOptions, type Message, RawClient, shown } from '../support/raw-client.ts';
import { startWire, type Wire } from '../support/wire.ts';

let wire: Wire;

before(async () => {
  wire = await startWire('wire_startup', 2, '');
});

after(() => wire.close());

/** What follows AuthenticationOk, apart from what is each server's own. */
async function greeting(address: DatabaseAddress, options: LoginOptions): Promise<string[]> {
  const client = await RawClient.login(address, options);
  const ownNames = /^S (session_authorization|is_superuser|in_hot_standby) /;
  const lines = client.greeting
    .filter(({ type }) => type !== 'R')
    .map(shown)
    .filter(line => !ownNames.test(line));
  lines.push(`secret of ${client.secret.length} bytes`);
  lines.push(...(await client.ask(query('SHOW work_mem; SHOW search_path; SHOW TimeZone'))));
  client.destroy();
  return lines.sort();
}

const logins: readonly (LoginOptions & { readonly name: string })[] = [
  { name: 'protocol 3.0' },
  { name: 'protocol 3.2', version: 0x30002 },
  { name: 'protocol 3.9, which is negotiated down', version: 0x30009 },
  { name: 'an unknown protocol option', parameters: { '_pq_.colour': 'blue' } },
  { name: 'settings', parameters: { application_name: 'app', DateStyle: 'SQL, DMY' } },
  { name: 'a time zone and an extra', parameters: { TimeZone: 'Asia/Tokyo', work_mem: '1MB' } },
  {
    name: 'options',
    parameters: { options: '-c work_mem=2MB --search_path=a,\\ b -cTimeZone=UTC' },
  },
  { name: 'a setting with quotes', parameters: { search_path: '"it\'s", "x\\y"' } },
];

for (const { name, ...options } of logins) {
  test(`a login with ${name} is answered as PostgreSQL answers it`, async () => {
    const expected = await greeting(wire.database.oracle, options);
    assert.deepEqual(await greeting(wire.pgpack.address, options), expected);
  });
}

/** SQLSTATE, severity and message of the error that a login ends with. */
async function refusal(address: DatabaseAddress, options: LoginOptions): Promise<string> {
  try {
    await RawClient.login(address, options);
  } catch (error) {
    return (error as Error).message.replace(/ [PWH]=.*/, '');
  }
  return 'no error';
}

for (const [name, parameters] of Object.entries({
  'a value that cannot be': { work_mem: 'plenty' },
  'a setting that does not exist': { no_such_setting: '1' },
  'a switch that does not exist': { options: '-Z 1' },
})) {
  test(`a startup parameter with ${name} is refused as by PostgreSQL`, async () => {
    const state = (text: string): string | undefined => /S=(\w+) .*C=(\w+)/.exec(text)?.[0];
    const expected = await refusal(wire.database.oracle, { parameters });
    const actual = await refusal(wire.pgpack.address, { parameters });
    assert.match(actual, /^E S=FATAL V=FATAL /);
    assert.equal(state(actual)?.slice(-5), state(expected)?.slice(-5), `${actual}\n${expected}`);
  });
}

test('an unknown database and an unknown user are refused', async () => {
  const { address } = wire.pgpack;
  assert.match(await refusal({ ...address, database: 'nowhere' }, {}), /V=FATAL C=3D000/);
  assert.match(await refusal({ ...address, user: 'nobody' }, {}), /V=FATAL C=28P01/);
  assert.match(await refusal({ ...address, password: 'wrong' }, {}), /V=FATAL C=28P01/);
});

test('SSLRequest and GSSENCRequest are answered N, the login goes on', async () => {
  const client = await RawClient.dial(wire.pgpack.address);
  client.send(Buffer.from([0, 0, 0, 8, 4, 210, 22, 48]));
  assert.equal(await client.byte(), 'N');
  client.send(sslRequest());
  assert.equal(await client.byte(), 'N');
  await client.logIn(wire.pgpack.address);
  assert.equal((await client.ask(query('SELECT 1'))).at(-1), 'Z I');
  client.destroy();
});

test('protocol 2 and a startup packet of impossible length are refused and closed', async () => {
  for (const [bytes, sqlstate] of [
    [startupMessage(0x20000, new Map([['user', 'x']])), '0A000'],
    [Buffer.from([0, 0, 0, 4, 0, 0, 0, 0]), '08P01'],
    [Buffer.from([0x7f, 0xff, 0xff, 0xff, 0, 3, 0, 0]), '08P01'],
    [Buffer.from([0, 0, 0, 9, 0, 3, 0, 0, 1]), '08P01'],
  ] as const) {
    const client = await RawClient.dial(wire.pgpack.address);
    client.send(bytes);
    const messages = await client.ended();
    assert.match(messages.map(shown).join(), new RegExp(`^E S=FATAL V=FATAL C=${sqlstate} `));
  }
});

/** Sends a cancel request as a driver does: on a connection of its own. */
async function cancel(processId: number, secret: Buffer): Promise<readonly Message[]> {
  const canceler = await RawClient.dial(wire.pgpack.address);
  canceler.send(cancelRequest(processId, secret));
  return canceler.ended();
}

for (const version of [0x30000, 0x30002]) {
  test(`a cancel request of protocol ${version.toString(16)} stops the query`, async () => {
    const client = await RawClient.login(wire.pgpack.address, { version });
    client.send(query('SELECT pg_sleep(30)'));
    await new Promise(resolve => setTimeout(resolve, 100));
    assert.deepEqual(await cancel(client.processId, client.secret), []);
    const answer = (await client.until('Z')).map(shown);
    assert.match(answer.join('\n'), /C=57014 M=canceling statement due to user request\nZ I$/);
    assert.equal((await client.ask(query('SELECT 1'))).at(-1), 'Z I');
    client.destroy();
  });
}

test('a cancel request with a wrong secret or of nobody does nothing', async () => {
  const client = await RawClient.login(wire.pgpack.address);
  client.send(query('SELECT pg_sleep(0.3)'));
  const wrong = Buffer.from(client.secret.map(byte => byte ^ 1));
  assert.deepEqual(await cancel(client.processId, wrong), []);
  assert.deepEqual(await cancel(client.processId, Buffer.alloc(256)), []);
  assert.deepEqual(await cancel(1, client.secret), []);
  assert.match((await client.until('Z')).map(shown).join(), /C SELECT 1,Z I$/);
  client.destroy();
});
