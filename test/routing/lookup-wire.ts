// A PgPack on 2 shards with tables whose keys a query translates, and the number of translations,
// seen on the way to shard 0.

import assert from 'node:assert/strict';
import type pg from 'pg';
import { connect, createTestDatabase, type TestDatabase } from '../support/cluster.ts';
import { type PgPack, startPgPack } from '../support/pgpack.ts';
import { allReturned } from '../support/settled.ts';
import { startShardTrace } from './shard-trace.ts';

export const emails = Array.from({ length: 40 }, (_, n) => `u${n}@example.org`);

const schema = `
CREATE TABLE directory (email text, account bigint);
CREATE TABLE places (tenant int, shard text);
CREATE TABLE accounts (id bigint PRIMARY KEY, name text);
CREATE TABLE logins (email text, what text);
CREATE TABLE visits (email varchar(40), page text);
CREATE TABLE notes (tenant int, body text);
CREATE TABLE wide (email text, what text);
CREATE TABLE slow (id bigint, what text);
CREATE TABLE circular (email text, what text);
CREATE TABLE strict (email text, what text);
INSERT INTO directory SELECT 'u' || n || '@example.org', n FROM generate_series(0, 39) n;
INSERT INTO directory VALUES ('twice@example.org', 1), ('twice@example.org', 2), ('null@x', NULL);
INSERT INTO places VALUES (1, '0'), (2, '1'), (3, '1'), (8, '7'), (9, 'none');
`;

const byEmail = 'SELECT account FROM directory WHERE email = $1';

function sharded(database: string, table: string, column: string, more: string): string {
  return `
[[sharded_tables]]
database = "${database}"
name = "${table}"
column = "${column}"
${more}
`;
}

export function configuration(database: string): string {
  const byAccount = `data_type = "bigint"\nlookup_query = "${byEmail}"`;
  const byPlace = 'SELECT shard FROM places WHERE tenant = $1';
  return [
    sharded(database, 'accounts', 'id', ''),
    sharded(database, 'logins', 'email', byAccount),
    sharded(database, 'visits', 'email', byAccount),
    sharded(database, 'notes', 'tenant', `lookup_query = "${byPlace}"\nlookup_result = "shard"`),
    sharded(database, 'wide', 'email', `lookup_query = "SELECT 1, $1"`),
    sharded(
      database,
      'slow',
      'id',
      'lookup_query = "SELECT 0 FROM pg_sleep(30) WHERE $1 > 0"\nlookup_result = "shard"',
    ),
    sharded(
      database,
      'circular',
      'email',
      'lookup_query = "SELECT what FROM logins WHERE email = $1"',
    ),
    sharded(
      database,
      'strict',
      'email',
      `${byAccount}\nmapping = [{ values = [0, 1, 2], shard = 0 }, { values = [3], shard = 1 }]`,
    ),
  ].join('');
}

export interface LookupWire {
  readonly database: TestDatabase;
  readonly pgpack: PgPack;
  readonly client: pg.Client;
  /** Past PgPack. */
  readonly shards: readonly pg.Client[];
  /** How often keys were translated. */
  asked(): number;
  /** Texts of the rows on each shard, in order. */
  rowsOf(table: string, column: string): Promise<string[][]>;
  /** By shard, those whose accounts are there. */
  emailsByAccount(): Promise<string[][]>;
  /** Empties the tables and forgets what was looked up. */
  startOver(): Promise<void>;
  close(): Promise<void>;
}

export async function startLookups(name: string): Promise<LookupWire> {
  const database = await createTestDatabase(name, 2);
  await database.runEverywhere(schema);
  const trace = await startShardTrace(database.shards[0]!);
  const traced = { ...database, shards: [trace.address, database.shards[1]!] };
  const pgpack = await startPgPack({
    database: traced,
    general: 'sharding_lookup_timeout = 1000',
    omnisharded: ['directory', 'places'],
    more: configuration(database.name),
  });
  const client = await connect(pgpack.address);
  const shards = await Promise.all(database.shards.map(connect));
  const rowsOf = (table: string, column: string) => sortedTexts(shards, table, column);
  return {
    ...{ database, pgpack, client, shards, rowsOf },
    asked: () => trace.executions('FROM directory'),
    emailsByAccount: async () => {
      for (const n of emails.keys()) {
        await client.query(`INSERT INTO accounts VALUES (${n}) ON CONFLICT DO NOTHING`);
      }
      const accounts = await rowsOf('accounts', 'id');
      assert.equal(accounts.flat().length, emails.length);
      return accounts.map(ids => ids.map(id => `u${id}@example.org`).sort());
    },
    startOver: async () => {
      for (const shard of shards) {
        await shard.query('TRUNCATE accounts, logins, visits, notes, strict');
      }
      pgpack.app.reload(pgpack.config);
    },
    close: async () => {
      await client.end();
      for (const shard of shards) await shard.end();
      await allReturned(pgpack);
      await pgpack.close();
      await trace.close();
      await database.drop();
    },
  };
}

async function sortedTexts(shards: readonly pg.Client[], table: string, column: string) {
  const answers = await Promise.all(
    shards.map(shard => shard.query(`SELECT ${column}::text AS c FROM ${table}`)),
  );
  return answers.map(({ rows }) => rows.map(({ c }) => c as string).sort());
}
