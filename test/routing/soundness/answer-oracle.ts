// One PostgreSQL that knows of each row its shard, since the tables are really partitioned, and
// answers a statement as if only some of the shards were there. If the shards that a route names
// give the same rows as all of them do, the route missed nothing; this needs no word of ours about
// predicates.

import type pg from 'pg';
import { connect, type DatabaseAddress } from '../../support/cluster.ts';
import type { World, WorldTable } from './world.ts';

/** A multiset of rows, so that those of disjoint sets can be added; or an error. */
export type Signature =
  | { readonly rows: bigint; readonly hash: bigint }
  | { readonly error: string };

export interface Question {
  readonly sql: string;
  readonly shards: readonly number[];
}

const signatures = `
CREATE SCHEMA IF NOT EXISTS oracle;
CREATE OR REPLACE FUNCTION oracle.signatures(statements text[], shards text[])
RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  rows bigint;
  hash numeric;
BEGIN
  FOR i IN 1..cardinality(statements) LOOP
    PERFORM set_config('oracle.shards', shards[i], true);
    BEGIN
      EXECUTE statements[i] INTO rows, hash;
      -- What it wrote is undone.
      RAISE EXCEPTION USING ERRCODE = 'ZZ000', MESSAGE = rows || ' ' || hash;
    EXCEPTION WHEN OTHERS THEN
      RETURN NEXT CASE SQLSTATE WHEN 'ZZ000' THEN SQLERRM ELSE SQLSTATE || '! ' || SQLERRM END;
    END;
  END LOOP;
END
$$`;

export class AnswerOracle {
  readonly client: pg.Client;

  private constructor(client: pg.Client) {
    this.client = client;
  }

  static async open(address: DatabaseAddress): Promise<AnswerOracle> {
    const client = await connect(address);
    await client.query(signatures);
    return new AnswerOracle(client);
  }

  close(): Promise<void> {
    return this.client.end();
  }

  /** The world's tables in schema `world`, and in `seen` what is on the shards of a question. */
  async create(world: World): Promise<void> {
    await this.client.query(`
      SET client_min_messages = error; SET TimeZone = 'UTC';
      DROP SCHEMA IF EXISTS world, flat, seen CASCADE;
      CREATE SCHEMA world; CREATE SCHEMA flat; CREATE SCHEMA seen;
      SET search_path = world;
      ${world.sql}
      ${world.tables.map(seenTable).join('\n')}
      ANALYZE;
      SET search_path = seen`);
  }

  async ask(questions: readonly Question[]): Promise<Signature[]> {
    const { rows } = await this.client.query<{ signatures: string }>(
      'SELECT * FROM oracle.signatures($1, $2) AS signatures',
      [
        questions.map(({ sql }) => measured(sql)),
        questions.map(({ shards }) => `{${shards.join()}}`),
      ],
    );
    return rows.map(row => signatureOf(row.signatures));
  }
}

/** A flat copy, as partitions take their time to plan. */
function seenTable({ name, kinds, key }: WorldTable): string {
  const columns = ['n', ...Object.keys(kinds), 'v', 'w'].join(', ');
  if (key.length === 0) return `CREATE VIEW seen.${name} AS SELECT ${columns} FROM ${name};`;
  const shard = `substring(tableoid::regclass::text from '[0-9]+$')::int`;
  return `
    CREATE TABLE flat.${name} AS SELECT ${columns}, ${shard} AS shard FROM ${name};
    CREATE VIEW seen.${name} AS SELECT ${columns} FROM flat.${name}
      WHERE shard = ANY (current_setting('oracle.shards')::int[]);`;
}

function measured(sql: string): string {
  const what = 'count(*), coalesce(sum(hashtextextended(answer::text, 0)::numeric), 0)';
  if (/^(WITH .*)?(UPDATE|DELETE|INSERT)\b/s.test(sql)) {
    return `WITH answer AS (${sql}) SELECT ${what} FROM answer`;
  }
  return `SELECT ${what} FROM (${sql}) answer`;
}

function signatureOf(text: string): Signature {
  const [, rows, hash] = /^(\d+) (-?\d+)$/.exec(text) ?? [];
  if (rows === undefined) return { error: text };
  return { rows: BigInt(rows), hash: BigInt(hash!) };
}

export function sameSignature(a: Signature, b: Signature): boolean {
  if ('error' in a || 'error' in b) return 'error' in a && 'error' in b;
  return a.rows === b.rows && a.hash === b.hash;
}

/** Of all rows together. */
export function sumOf(signatures: readonly Signature[]): Signature {
  let rows = 0n;
  let hash = 0n;
  for (const one of signatures) {
    if ('error' in one) return one;
    rows += one.rows;
    hash += one.hash;
  }
  return { rows, hash };
}
