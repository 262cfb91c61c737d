// PgPack in the test's own process, in front of the databases of `createTestDatabase`, with a
// configuration that goes through the same reader as everybody's.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, startApp } from '../../src/app.ts';
import { silentLogger } from '../../src/common/logger.ts';
import type { Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import type { DatabaseAddress, TestDatabase } from './cluster.ts';

export interface PgPackOptions {
  readonly database: TestDatabase;
  /** `table.column`, or `table.column type` where the key is not a bigint. */
  readonly sharded?: readonly string[];
  /** Tables that every shard has whole. */
  readonly omnisharded?: readonly string[];
  /** Further lines of [general]. */
  readonly general?: string;
  /** Further text of pgdog.toml. */
  readonly more?: string;
  /** users.toml instead of the one user `test` with the password `test`. */
  readonly users?: string;
}

export interface PgPack {
  readonly app: App;
  readonly config: Config;
  /** What clients connect to. */
  readonly address: DatabaseAddress;
  /** Cuts the clients and stops. */
  close(): Promise<void>;
}

/** Clients see the database under the name that it has on the shards. */
export async function startPgPack(options: PgPackOptions): Promise<PgPack> {
  const config = configOf(options);
  const app = await startApp(config, { log: silentLogger });
  const address = {
    host: '127.0.0.1',
    port: app.port,
    user: 'test',
    password: 'test',
    database: options.database.name,
  };
  return { app, config, address, close: () => app.close({ drain: false }) };
}

/** The configuration of `startPgPack`, by way of files as an operator writes them. */
export function configOf(options: PgPackOptions): Config {
  const directory = mkdtempSync(join(tmpdir(), 'pgpack-test-config-'));
  try {
    const configPath = join(directory, 'pgdog.toml');
    const usersPath = join(directory, 'users.toml');
    writeFileSync(configPath, configText(options));
    writeFileSync(usersPath, options.users ?? usersText(options.database.name));
    return loadConfig({ configPath, usersPath, databaseUrls: [], env: {} }).config;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function configText(options: PgPackOptions): string {
  const { name, shards } = options.database;
  const databases = shards.map((server, shard) => databaseEntry(name, server, shard));
  return `
[general]
host = "127.0.0.1"
port = 0
${options.general ?? ''}
${databases.join('')}
${(options.sharded ?? []).map(rule => shardedTable(name, rule)).join('')}
${omnishardedTables(name, options.omnisharded ?? [])}
${options.more ?? ''}
`;
}

/** One server in pgdog.toml; `more`: further lines of its entry. */
export function databaseEntry(
  name: string,
  { host, port, user, password }: Omit<DatabaseAddress, 'database'>,
  shard: number,
  more = '',
): string {
  return `
[[databases]]
name = "${name}"
shard = ${shard}
host = "${host}"
port = ${port}
user = "${user}"
password = "${password}"
${more}
`;
}

function shardedTable(database: string, rule: string): string {
  const [, table, column, dataType = 'bigint'] = /^(\w+)\.(\w+)(?: (\w+))?$/.exec(rule) ?? [];
  if (table === undefined) throw new Error(`"${rule}" is not "table.column type"`);
  return `
[[sharded_tables]]
database = "${database}"
name = "${table}"
column = "${column}"
data_type = "${dataType}"
`;
}

function omnishardedTables(database: string, tables: readonly string[]): string {
  if (tables.length === 0) return '';
  return `
[[omnisharded_tables]]
database = "${database}"
tables = [${tables.map(table => `"${table}"`).join(', ')}]
`;
}

function usersText(database: string): string {
  return `
[[users]]
name = "test"
database = "${database}"
password = "test"
`;
}
