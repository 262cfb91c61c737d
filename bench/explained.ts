// What PgPack says of a statement: the way it goes, the SQL that each shard gets, and how much came
// of them (docs/explain.md, FORMAT JSON).

import pg from 'pg';
import type { Endpoint } from './raw-client.ts';

export interface Explained {
  /** `merge`, `collect`, … */
  readonly way: string;
  /** Of the fragment; null where there is not one alone. */
  readonly fragment: string | null;
  /** That came from the shards; null: it did not run. */
  readonly bytes: number | null;
}

interface Node {
  readonly SQL?: string;
  readonly Bytes?: number;
  readonly Plans?: readonly Node[];
}

export async function explained(
  { host, port, user, database }: Endpoint,
  sql: string,
  analyze: boolean,
): Promise<Explained> {
  const client = new pg.Client({ host, port, user, database });
  await client.connect();
  try {
    const text = `EXPLAIN (${analyze ? 'ANALYZE, ' : ''}FORMAT JSON) ${sql}`;
    const { rows } = await client.query<{ 'QUERY PLAN': unknown }>(text);
    const answer = rows[0]!['QUERY PLAN'];
    const [document] = (typeof answer === 'string' ? JSON.parse(answer) : answer) as [
      { readonly Way: string; readonly Plan: Node },
    ];
    const nodes = nodesOf(document.Plan);
    const texts = new Set(nodes.flatMap(node => node.SQL ?? []));
    const [fragment = null] = texts;
    const bytes = nodes.reduce((sum, node) => sum + (node.Bytes ?? 0), 0);
    return {
      way: document.Way,
      fragment: document.Way === 'merge' && texts.size === 1 ? fragment : null,
      bytes: analyze ? bytes : null,
    };
  } finally {
    await client.end();
  }
}

function nodesOf(node: Node): Node[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)];
}
