// A PgPack whose shards can be told apart: `here` says on each shard which one it is.

import assert from 'node:assert/strict';
import type pg from 'pg';
import { connect, connectWith, createTestDatabase } from '../support/cluster.ts';
import { type PgPackOptions, startPgPack } from '../support/pgpack.ts';
import { allReturned } from '../support/settled.ts';
import type { Wire } from '../support/wire.ts';

export interface ManualWire extends Wire {
  /** A client of PgPack, ended with it at the latest. */
  client(options?: string): Promise<pg.Client>;
}

/** `schema` on all shards, beside `here (shard int)` with the shard's number in it; `more`: text of
 *  pgdog.toml. */
export async function startManual(
  name: string,
  shards: number,
  schema: string,
  options: Omit<PgPackOptions, 'database'> = {},
  more: (database: string) => string = () => '',
): Promise<ManualWire> {
  const database = await createTestDatabase(name, shards);
  await database.runEverywhere(`CREATE TABLE here (shard int); ${schema}`);
  for (const [shard, address] of database.shards.entries()) {
    const server = await connect(address);
    await server.query(`INSERT INTO here VALUES (${shard})`);
    await server.end();
  }
  const pgpack = await startPgPack({ database, ...options, more: more(database.name) });
  const clients: pg.Client[] = [];
  const client = async (options?: string) => {
    const opened = await connectWith(pgpack.address, options === undefined ? {} : { options });
    clients.push(opened);
    return opened;
  };
  const close = async () => {
    for (const opened of clients) await opened.end();
    await allReturned(pgpack);
    await pgpack.close();
    await database.drop();
  };
  return { database, pgpack, client, close };
}

/** The first column of the only row, as text; `values` null: by a simple query. */
export async function onlyValue(
  client: pg.Client,
  sql: string,
  values: readonly unknown[] | null = null,
): Promise<string> {
  const { rows } = await client.query({
    text: sql,
    rowMode: 'array',
    ...(values !== null && { values: [...values], queryMode: 'extended' }),
  } as pg.QueryArrayConfig);
  assert.equal(rows.length, 1, `${sql} gave ${rows.length} rows`);
  return String(rows[0]![0]);
}

/** Which shard a plain read of the session goes to. */
export function shardOf(client: pg.Client): Promise<string> {
  return onlyValue(client, 'SELECT shard FROM here');
}

/** Asserts that the statement fails so. */
export async function refuses(
  client: pg.Client,
  sql: string,
  sqlstate: string,
  message: RegExp,
  values: readonly unknown[] | null = null,
): Promise<void> {
  const query = values === null ? client.query(sql) : client.query(sql, [...values]);
  await assert.rejects(query, (error: pg.DatabaseError) => {
    assert.equal(
      `${error.code} ${error.message}`.replace(/^\S+/, sqlstate),
      `${sqlstate} ${error.message}`,
    );
    assert.equal(error.code, sqlstate, error.message);
    assert.match(error.message, message);
    return true;
  });
}
