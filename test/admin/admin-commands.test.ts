// Admin commands from text to rows, over a target that only notes what it is asked: which words are
// commands, what conditions choose, what is refused and how.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { adminPage } from '../../docs/admin-page.ts';
import type { AdminTarget } from '../../src/admin/admin-target.ts';
import { Averages } from '../../src/admin/averages.ts';
import { actionHelp } from '../../src/admin/help.ts';
import { parseCommand } from '../../src/admin/parse-command.ts';
import { columnsOf, runCommand } from '../../src/admin/run-command.ts';
import { readStatements } from '../../src/admin/tokens.ts';
import { views } from '../../src/admin/views.ts';
import { silentLogger } from '../../src/common/logger.ts';
import { PgError } from '../../src/common/pg-error.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { clientSnapshot, wholeSnapshot } from './snapshots.ts';

const { config } = loadConfig({
  configPath: null,
  usersPath: null,
  databaseUrls: [
    'postgres://app:secret@127.0.0.1:1/shop',
    'postgres://app:secret@127.0.0.1:1/my-App',
  ],
  env: {},
});

const snapshot = wholeSnapshot({
  clients: [
    clientSnapshot(1, { pinnedBy: 'LISTEN', state: 'active' }),
    clientSnapshot(2, { user: "o'neill", applicationName: 'a_b%c' }),
    clientSnapshot(3, { database: 'my-App', pinnedBy: 'temporary table' }),
  ],
});

/** Answers the rows of the last statement and what the target was asked. */
async function run(sql: string, parameters: (string | null)[] = []) {
  const asked: string[] = [];
  const note =
    (name: string) =>
    async (...values: unknown[]) => {
      asked.push([name, ...values.map(String)].join(' '));
    };
  const target: AdminTarget = {
    snapshot: async () => snapshot,
    reload: note('reload'),
    pause: note('pause'),
    resume: note('resume'),
    reconnect: note('reconnect'),
    waitClose: note('waitClose'),
    maintenance: note('maintenance'),
    kill: note('kill'),
    enable: note('enable'),
    killClient: async id => {
      asked.push(`killClient ${id}`);
      return id === 3;
    },
    shutdown: mode => void asked.push(`shutdown ${mode}`),
  };
  const averages = new Averages(0);
  const context = { target, averages, config: () => config, log: silentLogger, summed: false };
  let tag = '';
  let rows: readonly unknown[] = [];
  let names: readonly string[] = [];
  for (const tokens of readStatements(sql)) {
    const command = parseCommand(tokens);
    names = columnsOf(command)?.map(column => column.name) ?? [];
    ({ tag, rows } = await runCommand(command, parameters, context));
  }
  return { tag, rows, names, asked };
}

async function failure(sql: string, parameters: (string | null)[] = []): Promise<PgError> {
  try {
    await run(sql, parameters);
  } catch (error) {
    assert.ok(error instanceof PgError, `${sql}: ${error}`);
    return error;
  }
  return assert.fail(`no error: ${sql}`);
}

const ids = async (rest: string, parameters: (string | null)[] = []) =>
  (await run(`SHOW CLIENTS id ${rest}`, parameters)).rows.map(row => (row as number[])[0]);

test('every view answers rows as wide as its columns, whose names differ', async () => {
  for (const { name, columns } of views) {
    const { rows, names, tag } = await run(`show ${name.toLowerCase()};`);
    assert.equal(tag, 'SHOW');
    assert.deepEqual(
      names,
      columns.map(column => column.name),
    );
    assert.equal(new Set(names).size, names.length, name);
    for (const row of rows) assert.equal((row as unknown[]).length, names.length, name);
  }
});

test('conditions choose rows as SQL would', async () => {
  const cases: [string, number[]][] = [
    ['', [1, 2, 3]],
    ["WHERE user = 'app'", [1, 3]],
    ["WHERE user <> 'app'", [2]],
    ["WHERE user = 'o''neill'", [2]],
    ["WHERE user = 'app' AND database = 'shop'", [1]],
    ['WHERE id >= 2', [2, 3]],
    ['WHERE queries < 25 AND queries > 10', [2]],
    ['WHERE id IN (3, 1)', [1, 3]],
    ['WHERE id NOT IN (3, 1)', [2]],
    ['WHERE pinned IS NOT NULL', [1, 3]],
    ['WHERE pinned IS NULL', [2]],
    ["WHERE pinned <> 'LISTEN'", [3]],
    ["WHERE pinned NOT LIKE 'L%'", [3]],
    ["WHERE application_name LIKE 'a\\_b\\%c'", [2]],
    ["WHERE application_name LIKE '_s__'", [1, 3]],
    ["WHERE pinned ILIKE 'TEMP%'", [3]],
    ["WHERE addr LIKE '10.0.0.%'", [1, 2, 3]],
    ['WHERE locked = true', [1, 3]],
    ["WHERE locked <> 't'", [2]],
    ['WHERE query_time = 0.50', [1, 2, 3]],
    ['ORDER BY id DESC', [3, 2, 1]],
    ['ORDER BY user DESC, id ASC LIMIT 2', [2, 1]],
    ['ORDER BY pinned', [1, 3, 2]],
    ['LIMIT 1', [1]],
    ['LIMIT 0', []],
  ];
  for (const [rest, expected] of cases) assert.deepEqual(await ids(rest), expected, rest);
});

test('parameters stand where values do, NULL equals nothing', async () => {
  assert.deepEqual(await ids('WHERE user = $1 AND id > $2', ['app', '1']), [3]);
  assert.deepEqual(await ids('ORDER BY id DESC LIMIT $1', ['2']), [3, 2]);
  assert.deepEqual(await ids('WHERE pinned = $1', [null]), []);
  assert.deepEqual(await ids('WHERE id NOT IN (1, $1)', [null]), []);
});

test('columns are chosen by SHOW and by SELECT, in the order asked for', async () => {
  const shown = await run('SHOW CLIENTS state, ID WHERE id = 1');
  assert.deepEqual(
    [shown.names, shown.rows, shown.tag],
    [['state', 'id'], [['active', 1]], 'SHOW'],
  );
  const selected = await run('select state, id from clients where id = 1');
  assert.deepEqual([selected.rows, selected.tag], [[['active', 1]], 'SELECT 1']);
  assert.equal((await run('SELECT * FROM clients')).names.length, shown.names.length + 29);
});

test('commands reach the target, with databases as the configuration spells them', async () => {
  const cases: [string, string][] = [
    ['RELOAD', 'reload'],
    ['PAUSE', 'pause null'],
    ['pause shop', 'pause shop'],
    ['PAUSE SHOP', 'pause shop'],
    ['PAUSE my-App', 'pause my-App'],
    ['PAUSE "my-App";', 'pause my-App'],
    ['RESUME shop', 'resume shop'],
    ['RECONNECT', 'reconnect null'],
    ['WAIT_CLOSE shop', 'waitClose shop'],
    ['KILL shop', 'kill shop'],
    ['KILL_CLIENT 3', 'killClient 3'],
    ['ENABLE shop', 'enable shop true'],
    ['DISABLE shop', 'enable shop false'],
    ['MAINTENANCE ON', 'maintenance true'],
    ['maintenance off', 'maintenance false'],
    ['SHUTDOWN', 'shutdown now'],
    ['SHUTDOWN WAIT_FOR_SERVERS', 'shutdown servers'],
    ['SHUTDOWN WAIT_FOR_CLIENTS', 'shutdown clients'],
  ];
  for (const [sql, expected] of cases) {
    const { asked, tag, rows } = await run(sql);
    await new Promise(resolve => setImmediate(resolve));
    assert.deepEqual(asked, [expected], sql);
    assert.deepEqual(rows, []);
    assert.equal(tag, sql.split(/[ ;]/)[0]!.toUpperCase());
  }
});

test('every command of SHOW HELP is one', async () => {
  const { rows } = await run('SHOW HELP');
  assert.equal(rows.length, views.length + 1 + actionHelp.length);
  for (const [command] of actionHelp) {
    const sql = command.replace(/\[?database\]?/, 'shop').replace(/\bid\b/, '3');
    const { asked } = await run(sql);
    await new Promise(resolve => setImmediate(resolve));
    assert.equal(asked.length, 1, sql);
  }
});

test('what drivers send at the start of a session is answered', async () => {
  const cases: [string, string, unknown][] = [
    ["SET application_name = 'x'", 'SET', undefined],
    ['SET extra_float_digits = 3', 'SET', undefined],
    ["SET SESSION TIME ZONE 'UTC'", 'SET', undefined],
    ['SHOW client_encoding', 'SHOW', 'UTF8'],
    ['SHOW TRANSACTION ISOLATION LEVEL', 'SHOW', 'read committed'],
    ['SELECT 1', 'SELECT 1', 1],
    ['SELECT version()', 'SELECT 1', '18.0 (PgPack)'],
    ['BEGIN', 'BEGIN', undefined],
    ['COMMIT', 'COMMIT', undefined],
    ['DISCARD ALL', 'DISCARD ALL', undefined],
    ['RESET ALL', 'RESET', undefined],
    ['START TRANSACTION READ ONLY', 'START TRANSACTION', undefined],
    ['-- nothing\n/* at all */ ;', '', undefined],
  ];
  for (const [sql, tag, value] of cases) {
    const answer = await run(sql);
    assert.equal(answer.tag, tag, sql);
    assert.equal((answer.rows[0] as unknown[] | undefined)?.[0], value, sql);
  }
});

test('what is not known is an error with a SQLSTATE that says where to look', async () => {
  const cases: [string, string, RegExp][] = [
    ['VACUUM', '42601', /SHOW HELP/],
    ['SHOW ELEPHANTS', '42704', /CLIENTS, SERVERS, POOLS/],
    ['SELECT * FROM elephants', '42704', /CLIENTS/],
    ['SHOW CLIENTS tusks', '42703', /id, user, database/],
    ['SHOW CLIENTS WHERE tusks = 1', '42703', /id, user/],
    ['SHOW CLIENTS WHERE id', '42601', /^$/],
    ['SHOW CLIENTS WHERE id = ', '42601', /^$/],
    ['SHOW CLIENTS WHERE id = 1 OR id = 2', '42601', /SHOW HELP/],
    ['SHOW CLIENTS id,', '42601', /^$/],
    ['SHOW CLIENTS LIMIT', '42601', /^$/],
    ["SHOW CLIENTS WHERE user = 'open", '42601', /^$/],
    ["SHOW CLIENTS WHERE id = 'x'", '22P02', /^$/],
    ["SHOW CLIENTS WHERE locked = 'perhaps'", '22P02', /^$/],
    ['SHOW CLIENTS WHERE id = $1', '42601', /^$/],
    ['PAUSE elephants', '3D000', /^$/],
    ['PAUSE shop now', '42601', /SHOW HELP/],
    ['ENABLE', '42601', /^$/],
    ['KILL_CLIENT 99', '42704', /^$/],
    ['MAINTENANCE', '42601', /^$/],
    ['SHUTDOWN TOMORROW', '42601', /SHOW HELP/],
    ['SET default_pool_size = 5', '0A000', /RELOAD/],
    ['RESET PREPARED', '0A000', /RELOAD/],
    ['DISCARD PLANS', '42601', /SHOW HELP/],
    ['START', '42601', /^$/],
  ];
  for (const [sql, sqlstate, hint] of cases) {
    const error = await failure(sql);
    assert.equal(error.sqlstate, sqlstate, `${sql}: ${error.message}`);
    assert.match(error.hint ?? '', hint, sql);
  }
});

test('SHOW CONFIG has every key of [general], and no password', async () => {
  const { rows } = await run("SHOW CONFIG WHERE key = 'default_pool_size'");
  assert.deepEqual(rows, [['default_pool_size', '10', '10', 'yes']]);
  const all = (await run('SHOW CONFIG')).rows as string[][];
  assert.ok(all.length > 100);
  const shown = JSON.stringify(all);
  for (const secret of ['secret', config.admin.password]) assert.ok(!shown.includes(secret));
});

test('docs/admin.md is what `npm run docs` makes of the views and commands', () => {
  assert.equal(readFileSync('docs/admin.md', 'utf8'), adminPage());
});
