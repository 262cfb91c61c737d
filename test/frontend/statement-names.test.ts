// Names of prepared statements, which SQL and messages share, and those that PgPack gives itself;
// and texts that are nested too deeply for its parser.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  bind,
  close,
  describe,
  execute,
  extended,
  flush,
  parse,
  query,
  sync,
} from '../support/client-bytes.ts';
import { RawClient } from '../support/raw-client.ts';
import { startWire, type Wire } from '../support/wire.ts';

const schema = 'CREATE TABLE items (id bigint, name text)';
let one: Wire;
let several: Wire;

before(async () => {
  one = await startWire('statement_names_one', 1, schema, { general: 'default_pool_size = 1' });
  several = await startWire('statement_names', 2, schema, { sharded: ['items.id'] });
});

after(() => Promise.all([one.close(), several.close()]));

const insert = (id: number) => [parse('', `INSERT INTO items VALUES (${id})`), bind(), execute()];
const run = (sql: string) => [parse('', sql), bind(), execute()];
const boundTo = (statement: string) => [bind({ statement }), execute()];
const unit = (...parts: readonly (Buffer | readonly Buffer[])[]) =>
  Buffer.concat([...parts.flat(), sync]);
const cut = 'm'.repeat(63);
const long = 'm'.repeat(100);

/** Each is what one client sends; all of it is answered as PostgreSQL answers. */
const likePostgres: Readonly<Record<string, readonly Buffer[]>> = {
  'Bind of a statement of SQL': [query('PREPARE a AS SELECT 6'), unit(boundTo('a'))],
  'Bind of it to a named portal': [
    query('PREPARE a AS SELECT 6'),
    unit([bind({ statement: 'a', portal: 'p' }), describe('P', 'p'), execute('p')]),
  ],
  'Bind of it behind another in the same portal': [
    query('PREPARE a AS SELECT 6'),
    unit(run('SELECT 7'), boundTo('a')),
    query('BEGIN'),
    unit(run('SELECT 8')),
    unit(boundTo('a')),
  ],
  'Describe of a statement of SQL': [
    query('PREPARE a (int) AS SELECT $1'),
    unit([describe('S', 'a')]),
  ],
  'Close of a statement of SQL': [
    query('PREPARE a AS SELECT 6'),
    unit([close('S', 'a')]),
    query('EXECUTE a'),
    unit([parse('a', 'SELECT 7')], boundTo('a')),
  ],
  'Close of it in a unit that fails': [
    query('PREPARE a AS SELECT 6'),
    unit([close('S', 'a'), parse('', 'SELEC')]),
    query('EXECUTE a'),
  ],
  'Parse of a name that SQL has, behind an INSERT': [
    query('PREPARE a AS SELECT 1'),
    unit(insert(1), [parse('a', 'SELECT 2')]),
    query('SELECT count(*) FROM items'),
  ],
  'Parse of a name that SQL has, behind a block': [
    query('PREPARE a AS SELECT 1'),
    unit(run('BEGIN'), insert(2), run('COMMIT'), [parse('a', 'SELECT 2')]),
    query('SELECT count(*) FROM items WHERE id = 2'),
  ],
  'a long name of a message, cut in SQL': [
    unit([parse(long, 'SELECT 5')]),
    query(`EXECUTE ${cut}`),
    unit(boundTo(cut)),
    unit([parse(cut, 'SELECT 6')]),
    query(`DEALLOCATE ${cut}`),
    unit(boundTo(long)),
  ],
  'a long name of SQL, cut, in messages': [
    query(`PREPARE ${long} AS SELECT 6`),
    unit(boundTo(cut)),
    unit(boundTo(long)),
    unit([parse(cut, 'SELECT 7')]),
  ],
  'no such name, DEALLOCATE too': [query('EXECUTE pgpack_1'), query('DEALLOCATE pgpack_1')],
  'a name as PgPack gives them, but the client has it': [
    unit([parse('pgpack_77', 'SELECT 77')]),
    query('EXECUTE pgpack_77'),
    query('DEALLOCATE pgpack_77'),
    query('EXECUTE pgpack_77'),
  ],
  'casts without end': [query(`SELECT 1${'::int'.repeat(5_000)}`)],
  'signs without end': [extended(`SELECT ${'- '.repeat(3_500)}1`)],
};

for (const [what, sent] of Object.entries(likePostgres)) {
  test(`one shard: ${what}: as PostgreSQL answers`, async () => {
    const answers: string[][] = [];
    for (const address of [one.database.oracle, one.pgpack.address]) {
      const client = await RawClient.login(address);
      const answer: string[] = [];
      for (const bytes of sent) answer.push(...(await client.ask(bytes)));
      answers.push(answer);
      client.destroy();
    }
    assert.deepEqual(answers[1], answers[0]);
  });
}

test("EXECUTE and DEALLOCATE do not reach another client's statement, pinned or not", async () => {
  const owner = await RawClient.login(one.pgpack.address);
  await owner.ask(unit([parse('secret', "SELECT 'secret'")]));
  const [client] = [await RawClient.login(one.pgpack.address)];
  const { pgpack } = one;
  for (const pinned of [false, true]) {
    if (pinned) await client.ask(query('PREPARE mine AS SELECT 1'));
    for (let n = 1; n < 30; n++) {
      for (const command of ['EXECUTE', 'DEALLOCATE']) {
        assert.match((await client.ask(query(`${command} pgpack_${n}`)))[0]!, / C=26000 /);
      }
    }
  }
  assert.match((await client.ask(query('PREPARE pgpack_500 AS SELECT 1')))[0]!, / C=0A000 /);
  client.destroy();
  assert.ok(pgpack.app.counts !== undefined);
  assert.equal((await owner.ask(unit(boundTo('secret')))).at(-2), 'C SELECT 1');
  owner.destroy();
});

test('a statement missing behind a Flush is told as missing, and undoes the exchange', async () => {
  const client = await RawClient.login(one.pgpack.address);
  await client.ask(Buffer.concat([...insert(50), flush]), 'C');
  const answer = await client.ask(unit([bind({ statement: 'nosuch' })]));
  assert.match(answer[0]!, / C=26000 /);
  assert.deepEqual(answer.slice(1), ['Z I']);
  const count = await client.ask(extended('SELECT id FROM items WHERE id = 50'));
  assert.equal(count.at(-2), 'C SELECT 0');
  client.destroy();
});

test('several shards: endless statements are refused, and the next one is answered', async () => {
  const client = await RawClient.login(several.pgpack.address);
  for (let i = 0; i < 25; i++) {
    const [error] = await client.ask(query(`SELECT 1${'+1'.repeat(50_000)}`));
    assert.match(error!, / C=54001 M=stack depth limit exceeded/);
    assert.equal((await client.ask(query(`SELECT ((${i}))`))).at(-2), 'C SELECT 1');
  }
  client.destroy();
});
