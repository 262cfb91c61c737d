// What must be true when all clients are gone: nothing left of them, in PgPack or on the shards,
// and every row where its transaction said it is.

import { shardOfText } from '../sharding/one-key.ts';
import { connect, type DatabaseAddress } from '../support/cluster.ts';
import {
  type EndpointProcess,
  type EndpointState,
  poolSize,
  preparedStatementsMax,
} from './endpoint-process.ts';
import type { Outcomes } from './outcomes.ts';
import { pause } from './soak-actions.ts';
import { soakShards } from './soak-writes.ts';

const megabyte = 1_048_576;
/** What the heap and the resident memory may have grown by since the first measurement: buffers of
 *  many clients at once leave holes behind that the allocator keeps. */
const heapGrowthMax = 8 * megabyte;
const rssGrowthMax = 128 * megabyte;
const settleMs = 15_000;

/** Waits until every client is forgotten and every connection is back in its pool. Answers the
 *  state then, or what never came about. */
export async function settled(endpoint: EndpointProcess): Promise<EndpointState | string> {
  const deadline = performance.now() + settleMs;
  for (;;) {
    const state = await endpoint.state();
    const { clients, waitingClients, serverConnections, idleServerConnections } = state.counts;
    if (clients === 0 && waitingClients === 0 && serverConnections === idleServerConnections) {
      return state;
    }
    if (performance.now() > deadline) {
      return `${settleMs} ms after the last client left: ${JSON.stringify(state.counts)}`;
    }
    await pause(100);
  }
}

export function memoryProblems(before: EndpointState, after: EndpointState): string[] {
  const problems: string[] = [];
  const look = (what: string, from: number, to: number, max: number): void => {
    if (to - from <= max) return;
    problems.push(`${what} grew from ${mb(from)} to ${mb(to)} MB, more than ${mb(max)}`);
  };
  look('heap', before.heapUsed, after.heapUsed, heapGrowthMax);
  look('memory outside the heap', before.external, after.external, heapGrowthMax);
  look('resident memory', before.rss, after.rss, rssGrowthMax);
  return problems;
}

export function mb(bytes: number): string {
  return (bytes / megabyte).toFixed(1);
}

/** Connections, transactions and locks that PgPack holds on the shards, seen from there. */
export async function connectionProblems(
  shards: readonly DatabaseAddress[],
  state: EndpointState,
): Promise<string[]> {
  const problems: string[] = [];
  let total = 0;
  for (const [number, shard] of shards.entries()) {
    const client = await connect(shard);
    const { rows } = await client.query(
      `SELECT coalesce(state, '?') AS state, count(*)::int AS count FROM pg_stat_activity
       WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() GROUP BY 1`,
    );
    const left = await client.query(
      `SELECT (SELECT count(*) FROM pg_prepared_xacts)::int AS prepared,
              (SELECT count(*) FROM pg_locks WHERE pid <> pg_backend_pid()
               AND locktype <> 'virtualxid')::int AS locks`,
    );
    await client.end();
    const seen = rows as { state: string; count: number }[];
    const count = seen.reduce((sum, row) => sum + row.count, 0);
    total += count;
    if (count > poolSize) problems.push(`shard ${number} has ${count} connections`);
    if (seen.some(row => row.state !== 'idle')) {
      problems.push(`shard ${number} has connections that are not idle: ${JSON.stringify(seen)}`);
    }
    const { prepared, locks } = left.rows[0] as { prepared: number; locks: number };
    if (prepared + locks > 0) {
      problems.push(`shard ${number}: ${prepared} prepared transactions, ${locks} locks left`);
    }
  }
  const { serverConnections } = state.counts;
  if (total !== serverConnections) {
    problems.push(`PgPack counts ${serverConnections} connections, the shards ${total}`);
  }
  return problems;
}

/** What the shards are doing at this moment, for whoever asks why clients wait. */
export async function activity(shards: readonly DatabaseAddress[]): Promise<string> {
  const lines: string[] = [];
  for (const [number, shard] of shards.entries()) {
    const client = await connect(shard);
    const { rows } = await client.query({
      text: `SELECT count(*), state, wait_event, left(query, 50),
               max(extract(epoch FROM now() - state_change))::numeric(9, 1)
             FROM pg_stat_activity WHERE backend_type = 'client backend'
             AND pid <> pg_backend_pid() GROUP BY 2, 3, 4 ORDER BY 1 DESC LIMIT 8`,
      rowMode: 'array',
    });
    await client.end();
    lines.push(...rows.map(row => `shard ${number}: ${(row as unknown[]).join(' | ')}`));
  }
  return lines.join('\n');
}

/** Prepared statements on each server connection: all of them are looked at, each held by a
 *  transaction while the others are asked. */
export async function preparedProblems(address: DatabaseAddress): Promise<string[]> {
  const problems: string[] = [];
  const ids = Array.from({ length: 50 }, (_, i) => i + 1);
  const shardOf = (id: number) => shardOfText('bigint', `${id}`, soakShards);
  for (let shard = 0; shard < soakShards; shard++) {
    const id = ids.find(one => shardOf(one) === shard)!;
    const clients = await Promise.all(Array.from({ length: poolSize }, () => connect(address)));
    try {
      for (const client of clients) {
        await client.query('BEGIN');
        await client.query(`SELECT value FROM fixed WHERE id = ${id}`);
        const { rows } = await client.query(
          `SELECT (SELECT count(*) FROM pg_prepared_statements) AS count FROM fixed
           WHERE id = ${id}`,
        );
        const count = Number(rows[0].count);
        if (count > preparedStatementsMax) {
          problems.push(`a connection of shard ${shard} has ${count} prepared statements`);
        }
      }
    } finally {
      await Promise.all(clients.map(client => client.end()));
    }
  }
  return problems;
}

/** Rows of `ledger` on the shards against what clients were told, and against the counters. */
export async function rowProblems(
  shards: readonly DatabaseAddress[],
  address: DatabaseAddress,
  outcomes: Outcomes,
): Promise<{ problems: string[]; rows: number }> {
  const found = new Map<number, number[]>();
  const counters = new Map<number, number>();
  const problems: string[] = [];
  for (const shard of shards) {
    const client = await connect(shard);
    const ledger = await client.query({ text: 'SELECT slot, seq FROM ledger', rowMode: 'array' });
    const counts = await client.query('SELECT slot, written FROM counters');
    await client.end();
    for (const [slot, seq] of ledger.rows as [string, number][]) {
      const seqs = found.get(Number(slot));
      if (seqs === undefined) found.set(Number(slot), [seq]);
      else seqs.push(seq);
    }
    for (const { slot, written } of counts.rows) {
      if (counters.has(Number(slot))) problems.push(`counter of slot ${slot} is on two shards`);
      counters.set(Number(slot), Number(written));
    }
  }
  let rows = 0;
  for (const [slot, written] of counters) {
    const there = found.get(slot)?.length ?? 0;
    rows += there;
    if (there !== written) problems.push(`slot ${slot}: ${there} rows, the counter has ${written}`);
  }
  problems.push(...outcomes.differences(found));
  const client = await connect(address);
  const { rows: wide } = await client.query('SELECT count(*) AS ledger FROM ledger');
  await client.end();
  const { ledger } = wide[0] as { ledger: string };
  if (Number(ledger) !== rows) problems.push(`PgPack counts ${ledger} rows, there are ${rows}`);
  return { problems, rows };
}
