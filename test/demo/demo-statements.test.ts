// The demo's statements, their expected answers and its loading, against one PostgreSQL that holds
// all the rows: what the demo promises is what PostgreSQL says.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { urlOf } from '../../src/demo/demo-cluster.ts';
import { demoStatements, outcomeOf } from '../../src/demo/demo-statements.ts';
import { connectEndpoint, type EndpointClient } from '../../src/demo/endpoint-client.ts';
import { loadDemo } from '../../src/demo/load-demo.ts';
import { createTestDatabase, type TestDatabase } from '../support/cluster.ts';

let database: TestDatabase;
let client: EndpointClient;

before(async () => {
  database = await createTestDatabase('demo_statements', 1);
  client = await connectEndpoint(urlOf(database.oracle));
});

after(async () => {
  await client.end();
  await database.drop();
});

test('loading reports what it loaded and can be repeated', async () => {
  await loadDemo(client, () => {});
  const lines: string[] = [];
  await loadDemo(client, line => lines.push(line));
  assert.equal(lines.length, 3);
  const { rows } = await client.query('SELECT count(*), count(DISTINCT country) FROM users');
  assert.deepEqual(rows, [['10000', '10']]);
});

for (const { shows, sql, isRefused, check } of demoStatements) {
  test(`one PostgreSQL answers as the demo expects: ${shows}`, async () => {
    const outcome = await outcomeOf(client, sql);
    // What only a sharded cluster has to refuse, one PostgreSQL answers.
    const expected = isRefused ? 'it was answered' : null;
    assert.equal(check(outcome), expected);
  });
}

test('a failing COPY rejects with the error and leaves the connection usable', async () => {
  const rows = ['1\tone\n', 'not a number\n', '2\ttwo\n'];
  await client.query('CREATE TABLE narrow (a int, b text)');
  await assert.rejects(client.copyFrom('COPY narrow FROM STDIN', rows), { code: '22P02' });
  await assert.rejects(client.copyFrom('COPY missing FROM STDIN', rows), { code: '42P01' });
  assert.deepEqual((await client.query('SELECT count(*) FROM narrow')).rows, [['0']]);
});
