// `pgpack route`: where a statement goes, told without any server.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { loadConfig } from '../../src/config/load-config.ts';
import { routeOffline } from '../../src/frontend/offline-route.ts';
import { explanationLines } from '../../src/plan/explanation.ts';
import { loadParser } from '../../src/sql/parser.ts';
import { projectRoot } from '../support/source-tree.ts';

const launcher = join(projectRoot, 'bin/pgpack.js');
let directory: string;

before(async () => {
  await loadParser();
  directory = mkdtempSync(join(tmpdir(), 'pgpack-test-route-'));
  const shards = [0, 1, 2].map(
    shard => `[[databases]]\nname = "shop"\nhost = "10.0.0.${shard}"\nshard = ${shard}\n`,
  );
  writeFileSync(
    join(directory, 'pgdog.toml'),
    `${shards.join('')}
[[sharded_tables]]
database = "shop"
name = "users"
column = "id"
data_type = "bigint"
[[sharded_tables]]
database = "shop"
name = "events"
column = "day"
data_type = "date"
mapping = [{ end = "2026-01-01", shard = 0 }, { start = "2026-01-01", shard = 1 }]
[[sharded_schemas]]
database = "shop"
name = "customer_b"
shard = 2
[[omnisharded_tables]]
database = "shop"
tables = ["countries"]
`,
  );
  writeFileSync(
    join(directory, 'users.toml'),
    '[[users]]\nname = "shop"\ndatabase = "shop"\npassword = "shop"\n',
  );
  writeFileSync(
    join(directory, 'schema.sql'),
    `CREATE TABLE users (id bigint PRIMARY KEY, country text, age int);
     CREATE TABLE rates (currency text, rate numeric);`,
  );
});

after(() => rmSync(directory, { recursive: true }));

function route(...args: string[]): { code: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [launcher, 'route', ...args], {
    cwd: directory,
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { code: status, stdout, stderr };
}

/** What the command prints, found in this process: starting one takes long. */
function lines(sql: string, ...parameters: (string | null)[]): string[] {
  return explained(null, sql, parameters).flatMap(explanationLines);
}

function explained(schema: string | null, sql: string, parameters: (string | null)[]) {
  const [configPath, usersPath] = [join(directory, 'pgdog.toml'), join(directory, 'users.toml')];
  const { config } = loadConfig({ configPath, usersPath, databaseUrls: [], env: {} });
  const statement = { sql, schema, parameters };
  return routeOffline(config.general, config.databases.get('shop')!, statement);
}

test('a key given as a parameter names its shard', () => {
  assert.deepEqual(lines('SELECT * FROM users WHERE id = $1', '5'), [
    'Relay (shard 2)',
    '  SELECT * FROM users WHERE id = $1',
    '  Route: users.id = $1 (5) → hash → shard 2',
  ]);
});

test('parameters without values: which one shard is left open', () => {
  assert.deepEqual(lines('SELECT * FROM users WHERE id = $1'), [
    'Relay (one shard)',
    '  SELECT * FROM users WHERE id = $1',
    '  Route: users.id = $1 → hash → by the parameters',
  ]);
});

test('NULL is no shard', () => {
  const [, , line] = lines('SELECT * FROM users WHERE id = $1', null);
  assert.equal(line, '  Route: users.id = $1 (NULL) → hash → no shard');
});

test('the command prints it; values behind -- may begin with a dash, \\N is NULL', () => {
  const sql = 'SELECT * FROM users WHERE id IN ($1, $2)';
  const { code, stdout, stderr } = route('--', sql, '-7', '\\N');
  assert.deepEqual([code, stderr], [0, '']);
  assert.equal(stdout, `${lines(sql, '-7', null).join('\n')}\n`);
  assert.match(stdout, /users\.id in \(\$1 \(-7\), \$2 \(NULL\)\) → hash → shard \d\n$/);
});

test('rows of an INSERT are listed with the shard that gets them', () => {
  assert.deepEqual(lines('INSERT INTO users (id) VALUES (1), (2), (5)'), [
    'Split Insert (shards 0, 2) by users.id',
    '  Route: users.id in (1, 2, 5) → hash → shards 0, 2',
    '  Shard 0:',
    '    SQL: INSERT INTO users (id) VALUES (2)',
    '  Shard 2:',
    '    SQL: INSERT INTO users (id) VALUES (1), (5)',
  ]);
});

test('ranges of a mapping name shards', () => {
  const sql = "SELECT * FROM events WHERE day < '2025-06-01'";
  assert.match(lines(sql).at(-1)!, /→ range → shard 0$/);
});

test('a sharded schema names its shard', () => {
  const schema = 'CREATE TABLE customer_b.orders (id bigint, amount numeric);';
  const [explanation] = explained(schema, 'SELECT sum(amount) FROM customer_b.orders', []);
  assert.equal(explanationLines(explanation!)[0], 'Relay (shard 2)');
});

test('with definitions columns are known, and aggregates are planned', () => {
  const schema = readFileSync(join(directory, 'schema.sql'), 'utf8');
  const sql = 'SELECT country, avg(age) FROM users GROUP BY country; SELECT * FROM rates';
  const answer = explained(schema, sql, []).flatMap(explanationLines);
  assert.deepEqual(answer.slice(0, 2), [
    'Aggregate by 1: avg 2 from sum 3, count 4',
    '  Gather (shards 0, 1, 2), 2 hidden',
  ]);
  assert.equal(answer.at(-3), 'Relay (any shard)');
});

test('a comment that orders a shard is followed, session commands are named', () => {
  assert.deepEqual(lines('/* pgdog_shard: 1 */ SELECT * FROM users; BEGIN'), [
    'Relay (shard 1)',
    '  SELECT * FROM users',
    '  Route: shard directive → shard 1',
    'Session: begin',
  ]);
});

test('--json is one document, an object for each statement', () => {
  const sql = 'SELECT * FROM users WHERE id = 5; SELECT rate FROM rates';
  const { code, stdout } = route('--json', '--schema', 'schema.sql', sql);
  assert.equal(code, 0);
  const [first, second] = JSON.parse(stdout);
  assert.equal(first.Way, 'relay');
  assert.deepEqual(first.Plan.Shards, [2]);
  assert.deepEqual(first.Route, [
    { Table: 'users', Columns: ['id'], Condition: 'users.id = 5', Function: 'hash', Shards: [2] },
  ]);
  assert.equal(second.Plan.Shards, 'any shard');
});

const failures: readonly (readonly [string, [string, ...string[]], RegExp])[] = [
  [
    'refused',
    ['SELECT id FROM users ORDER BY id FETCH FIRST ROW WITH TIES FOR UPDATE'],
    /FOR UPDATE/,
  ],
  ['no SQL', ['SELEC 1'], /syntax error at or near "SELEC"/],
  ['an unknown table', ['SELECT * FROM nowhere'], /relation "nowhere", whose definition is not/],
  ['too many values', ['SELECT $1::int', '1', '2'], /has 1 parameters, 2 were given/],
  ['no value of the type', ['SELECT * FROM users WHERE id = $1', 'x'], /"x"/],
];
for (const [name, args, message] of failures) {
  test(`${name}: an error that says so`, () => {
    assert.throws(() => lines(...args), message);
  });
}

test('what fails is exit code 1 with the reason, and a hint where there is one', () => {
  const { code, stdout, stderr } = route('SELECT * FROM nowhere');
  assert.deepEqual([code, stdout], [1, '']);
  assert.match(stderr, /^pgpack: 0A000: relation "nowhere".*\nHINT: .*--schema FILE\.\n$/);
  for (const [args, message] of [
    [['--database', 'other', 'SELECT 1'], /^pgpack: database "other" is not configured\n$/],
    [['--schema', 'nothing.sql', 'SELECT 1'], /^pgpack: ENOENT.*nothing\.sql/],
    [['-c', 'nothing.toml', 'SELECT 1'], /nothing\.toml/],
  ] as const) {
    const answer = route(...args);
    assert.deepEqual([answer.code, answer.stdout], [1, '']);
    assert.match(answer.stderr, message);
  }
});

test('route without a statement is misuse', () => {
  assert.equal(route().code, 2);
});
