// Random statements, planned and carried out as the plan says on three shards, against one schema
// that holds all the rows. Shards are schemas of one server here: only the plan is under test.
// `SEED=n` repeats a run, `STATEMENTS=n` makes it longer.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import { buildCatalog, type CatalogRows, catalogQueries } from '../../src/backend/catalog-query.ts';
import type { Catalog } from '../../src/catalog/catalog.ts';
import type { CollectPlan } from '../../src/plan/collect-plan.ts';
import type { EvaluatedWritePlan } from '../../src/plan/evaluated-write-plan.ts';
import { explainPlan } from '../../src/plan/explain.ts';
import type { RouteProgram } from '../../src/plan/route.ts';
import type { StatementPlan } from '../../src/plan/statement-plan.ts';
import { planStatement } from '../../src/planner/plan-statement.ts';
import { loadParser, parseStatements } from '../../src/sql/parser.ts';
import { ShardingScheme } from '../../src/sql/sharding-scheme.ts';
import { testServers } from '../support/test-servers.ts';
import { mergeRows, type NumberRow } from './merge-model.ts';
import { keyValues, Random, RandomQuery, tableColumns } from './random-query.ts';
import { shardedTable } from './sample-catalog.ts';

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const statements = Number(process.env['STATEMENTS'] ?? 400);
const database = 'random_plans';
const shardCount = 3;
const shards = Array.from({ length: shardCount }, (_, shard) => shard);
const shardedTables = ['a', 'b', 'd'].map(name => shardedTable(`${name} k`));

let client: pg.Client;
let catalog: Catalog;

async function connect(name: string): Promise<pg.Client> {
  const { host, port, user, password } = (await testServers()).oracle;
  const connected = new pg.Client({ host, port, user, password, database: name });
  await connected.connect();
  return connected;
}

async function administer(sql: string): Promise<void> {
  const admin = await connect('postgres');
  await admin.query(sql);
  await admin.end();
}

async function fill(random: Random): Promise<void> {
  for (const schema of ['whole', ...shards.map(shard => `shard${shard}`)]) {
    await client.query(`CREATE SCHEMA ${schema}`);
    for (const [name, [key, ...others]] of Object.entries(tableColumns)) {
      const columns = others.map(other => `${other} int`).join(', ');
      await client.query(`CREATE TABLE ${schema}.${name} (${key} bigint, ${columns})`);
    }
  }
  for (const name of Object.keys(tableColumns)) {
    for (let row = 0; row < 14; row++) {
      const key = random.below(keyValues);
      const values = [random.below(keyValues), random.below(4)].map(one =>
        random.once(9) ? 'NULL' : one,
      );
      const places = name === 'o' ? shards : [key % shardCount];
      for (const schema of ['whole', ...places.map(shard => `shard${shard}`)]) {
        await client.query(`INSERT INTO ${schema}.${name} VALUES (${key}, ${values.join(', ')})`);
      }
    }
  }
}

async function readCatalog(): Promise<Catalog> {
  const types = { getTypeParser: () => (text: string) => text };
  const rows: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(catalogQueries)) {
    const query: pg.QueryArrayConfig = { text, rowMode: 'array', types };
    rows[name] = (await client.query(query)).rows;
  }
  return buildCatalog(rows as unknown as CatalogRows, 1);
}

function planOf(sql: string): StatementPlan {
  const [parsed] = parseStatements(sql);
  const { stmt } = parsed!;
  const scheme = new ShardingScheme(catalog, shardedTables, shardCount);
  return planStatement({ sql, stmt, catalog, scheme, shardCount, searchPath: ['whole'] });
}

async function run(schema: string, sql: string): Promise<NumberRow[]> {
  await client.query(`SET search_path TO ${schema}`);
  const { rows } = await client.query({ text: sql, rowMode: 'array' });
  return rows.map((row: unknown[]) => row.map(value => (value === null ? null : Number(value))));
}

/** As the frontend chooses them; null: groups disagree. */
function shardsOf(route: RouteProgram): readonly number[] | null {
  const choices = route.groups
    .map(({ sets }) =>
      sets.reduce<readonly number[]>((left, { values }) => {
        const named = values.map(one => (one.kind === 'constant' ? Number(one.text) % 3 : -1));
        return left.filter(shard => named.includes(shard));
      }, shards),
    )
    .filter(choice => choice.length > 0);
  const [first = [0]] = choices;
  return choices.every(choice => String(choice) === String(first)) ? first : null;
}

function isRefused({ wide }: StatementPlan, chosen: readonly number[] | null): boolean {
  if (wide.kind === 'refusal' && wide.always) return true;
  if (wide.kind === 'collect') return false;
  return chosen === null || (chosen.length > 1 && wide.kind === 'refusal');
}

/** Rows as a multiset; averages to eight digits. */
function shown(rows: readonly NumberRow[], width: number): string[] {
  return rows
    .map(row => JSON.stringify(row.slice(0, width).map(one => one && Number(one.toFixed(8)))))
    .sort();
}

/** As the plan says, in the plainest way. */
async function collectRows(plan: CollectPlan, chosen: readonly number[]): Promise<NumberRow[]> {
  const [first, ...others] = plan.everywhere ? shards : chosen;
  for (const { name, sql, primaryKey } of plan.tables) {
    await run(`shard${first}`, `CREATE TEMPORARY TABLE ${name} AS ${sql}`);
    for (const shard of others) await run(`shard${shard}`, `INSERT INTO pg_temp.${name} ${sql}`);
    assert.equal(primaryKey, null);
  }
  const rows = await run(`shard${first}`, plan.sql);
  for (const { name } of plan.tables) await client.query(`DROP TABLE pg_temp.${name}`);
  return rows;
}

async function checkSelect(sql: string): Promise<boolean> {
  const plan = planOf(sql);
  const named = shardsOf(plan.route);
  if (isRefused(plan, named)) return false;
  const chosen = named ?? shards;
  const expected = await run('whole', sql);
  const onShard = (shard: number, text: string) => run(`shard${shard}`, text);
  let actual: NumberRow[];
  if (chosen.length === 1) actual = await onShard(chosen[0]!, sql);
  else if (plan.wide.kind === 'collect') actual = await collectRows(plan.wide, chosen);
  else {
    assert.ok(plan.wide.kind === 'merge', sql);
    actual = await mergeRows(plan.wide.root, chosen, onShard);
  }
  const width = expected[0]?.length ?? 0;
  const about = [`seed ${seed}`, sql, ...explainPlan(plan)].join('\n');
  assert.deepEqual(shown(actual, width), shown(expected, width), about);
  return true;
}

async function tableRows(schema: string, table: string): Promise<string[]> {
  return shown(await run(schema, `SELECT * FROM ${table}`), 3);
}

/** With what its queries give in their places, and the shards of that. */
async function withReads({ parts, reads }: EvaluatedWritePlan): Promise<[string, number[]]> {
  const texts: string[] = [];
  for (const { sql, form } of reads) {
    await client.query('SET search_path TO whole');
    const { rows, fields } = await client.query({ text: sql, rowMode: 'array' });
    const array = (column: number) => {
      return `('{${rows.map((row: unknown[]) => row[column] ?? 'NULL').join()}}'::bigint[])`;
    };
    const columns = fields.map(({ name }, column) => `unnest(${array(column)}) AS "${name}"`);
    if (form === 'exists') texts.push(`(${rows.length > 0})`);
    else if (form === 'value') texts.push(`${rows[0]?.[0] ?? 'NULL'}::bigint`);
    else if (form === 'array' || form === 'constructor') texts.push(array(0));
    else texts.push(`SELECT ${columns.join()}`);
  }
  const sql = parts.map((part, at) => part + (texts[at] ?? '')).join('');
  const plan = planOf(sql);
  assert.equal(plan.wide.kind, 'scatter', sql);
  return [sql, [...changedShards(plan)!]];
}

/** null: groups disagree. */
function changedShards({ route, groupless }: StatementPlan): readonly number[] | null {
  return route.groups.length === 0 && groupless === 'all' ? shards : shardsOf(route);
}

async function checkChange(sql: string): Promise<boolean> {
  const plan = planOf(sql);
  let chosen = changedShards(plan);
  let changing = sql;
  if (plan.wide.kind === 'evaluated-write' && chosen?.length !== 1) {
    [changing, chosen] = await withReads(plan.wide);
  }
  if (chosen === null || isRefused(plan, chosen)) return false;
  const about = [`seed ${seed}`, sql, changing, ...explainPlan(plan)].join('\n');
  await client.query('BEGIN');
  await run('whole', sql);
  for (const shard of chosen) await run(`shard${shard}`, changing);
  for (const table of Object.keys(tableColumns)) {
    const expected = await tableRows('whole', table);
    const parts: string[][] = [];
    for (const shard of shards) parts.push(await tableRows(`shard${shard}`, table));
    if (table === 'o') for (const copy of parts) assert.deepEqual(copy, expected, about);
    else assert.deepEqual(parts.flat().sort(), expected, about);
  }
  await client.query('ROLLBACK');
  return true;
}

describe(`random statements, seed ${seed}`, () => {
  const random = new Random(seed);
  const queries = new RandomQuery(random);

  before(async () => {
    await loadParser();
    await administer(`DROP DATABASE IF EXISTS ${database}`);
    await administer(`CREATE DATABASE ${database}`);
    client = await connect(database);
    await fill(random);
    catalog = await readCatalog();
  });
  after(async () => {
    await client.end();
    await administer(`DROP DATABASE ${database}`);
  });

  it('answers queries as one PostgreSQL does, or refuses them', async t => {
    let answered = 0;
    for (let at = 0; at < statements; at++) {
      if (await checkSelect(queries.select())) answered++;
    }
    t.diagnostic(`${answered} of ${statements} were answered`);
    assert.ok(answered > 0.9 * statements, `${answered} of ${statements} were answered`);
  });

  it('changes the rows that one PostgreSQL does, or refuses to', async () => {
    const count = Math.ceil(statements / 5);
    let changed = 0;
    for (let at = 0; at < count; at++) if (await checkChange(queries.change())) changed++;
    assert.ok(changed > count / 4, `${changed} of ${count} were carried out`);
  });
});
