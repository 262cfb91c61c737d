// The routing traps R1 to R24 through PgPack on 2 and 3 shards, in the simple and the extended
// protocol: the shards that were really asked, by proxies in front of them, and the answer, which
// is that of one PostgreSQL with the same rows or a refusal that is listed in refused-traps.txt.
// `REWRITE=1` writes that list anew; it may only become shorter.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import type pg from 'pg';
import type { Case } from '../differential/case-file.ts';
import { difference, isRefusal } from '../differential/compare.ts';
import { runCase } from '../differential/modes.ts';
import { type Exchange, WireClient } from '../differential/wire-client.ts';
import { connect, createTestDatabase } from '../support/cluster.ts';
import { startPgPack } from '../support/pgpack.ts';
import { HashOracle } from './hash-oracle.ts';
import { type ShardTrace, startShardTrace } from './shard-trace.ts';
import { type Trap, trapRows, trapSchema, traps } from './trap-table.ts';

interface Stage {
  readonly shards: number;
  readonly traces: readonly ShardTrace[];
  readonly client: WireClient;
  readonly oracle: WireClient;
  readonly placed: HashOracle;
  /** Past PgPack. */
  readonly servers: readonly pg.Client[];
}

type Mode = 'simple' | 'extended';

const listFile = new URL('./refused-traps.txt', import.meta.url);
const listed = new Set(readFileSync(listFile, 'utf8').trim().split('\n').map(withoutConstruct));
const refused = new Map<string, string>();
const stages: Stage[] = [];
const opened: { close(): Promise<void> | void }[] = [];
let marks = 0;

before(async () => {
  for (const shards of [2, 3]) stages.push(await openStage(shards));
});

after(async () => {
  for (const one of opened.reverse()) await one.close();
});

async function openStage(shards: number): Promise<Stage> {
  const database = await createTestDatabase('traps', shards);
  opened.push({ close: () => database.drop() });
  await database.runEverywhere(trapSchema);
  const traces = await Promise.all(database.shards.map(startShardTrace));
  opened.push(...traces);
  const pgpack = await startPgPack({
    database: { ...database, shards: traces.map(({ address }) => address) },
    sharded: ['users.id', 'orders.user_id', 'codes.code varchar', 'events.user_id'],
    omnisharded: ['log'],
    more: `
[[sharded_tables]]
database = "${database.name}"
schema = "app"
name = "members"
column = "tenant"
data_type = "bigint"

[[sharded_tables]]
database = "${database.name}"
name = "digests"
column = "id"
hasher = "sha1"

[[sharded_schemas]]
database = "${database.name}"
name = "tenant_a"
shard = 0

[[sharded_schemas]]
database = "${database.name}"
name = "tenant_b"
shard = 1
`,
  });
  opened.push(pgpack);
  const client = await WireClient.connect(pgpack.address);
  const oracle = await WireClient.connect(database.oracle);
  const placed = await HashOracle.open(database.oracle, shards);
  const servers = await Promise.all(database.shards.map(connect));
  opened.push(client, oracle, placed, ...servers.map(server => ({ close: () => server.end() })));
  for (const one of [client, oracle]) {
    for (const sql of trapRows) {
      const [answer] = (await one.query(sql)).answers;
      assert.equal(answer?.error, null, sql);
    }
  }
  return { shards, traces, client, oracle, placed, servers };
}

for (const mode of ['simple', 'extended'] as const) {
  describe(`routing traps, ${mode} protocol`, () => {
    for (const [index, trap] of traps.entries()) {
      if (mode === 'extended' && trap.simpleOnly) continue;
      const name = `${trap.id} ${trap.sql.replace(/\s+/g, ' ').replaceAll('§', '')}`;
      test(name, async t => {
        for (const stage of stages) {
          const outcome = await spring(stage, trap, mode, index);
          t.diagnostic(`${trap.id} of ${stage.shards}: ${outcome}`);
        }
      });
    }
  });
}

test('what is refused today is listed, and the list may only become shorter', t => {
  const lines = [...refused].map(([key, construct]) => `${key} | ${construct}`).sort();
  if (process.env.REWRITE === '1') writeFileSync(listFile, `${lines.join('\n')}\n`);
  const fresh = [...refused.keys()].filter(key => !listed.has(key));
  t.diagnostic(`${refused.size} of ${traps.length} traps are refused, ${listed.size} listed`);
  if (process.env.REWRITE !== '1') assert.deepEqual(fresh, []);
});

/** Runs the trap on both. Answers where it went and what came of it. */
async function spring(stage: Stage, trap: Trap, mode: Mode, index: number): Promise<string> {
  const mark = `/*trap-${++marks}.*/`;
  const sql = trap.sql.includes('§') ? trap.sql.replaceAll('§', mark) : `${mark}${trap.sql}`;
  const one = caseOf(sql, index, trap.ordered === true);
  const { client, oracle } = stage;
  for (const each of [client, oracle]) if (trap.before !== undefined) await each.query(trap.before);
  const before = stage.traces.map(({ executed }) => executed.length);
  const got = await runCase(client, one, mode);
  const marked = stage.traces.some(trace => trace.executions(mark) > 0);
  const asked = stage.traces.flatMap((trace, shard) => {
    const found = marked ? trace.executions(mark) > 0 : collects(trace, before[shard]!);
    return found ? [shard] : [];
  });
  const where = `shards ${asked.join(', ') || 'none'}`;
  if (isRefusal(got)) {
    const construct = constructOf(got);
    refused.set(`${trap.id} | ${trap.sql.replace(/\s+/g, ' ')}`, construct);
    assert.deepEqual(asked, [], `refused, but shards ${asked} were asked`);
    return `${where}: refused, ${construct}`;
  }
  const expected = await runCase(oracle, one, mode);
  assert.equal(difference(got, expected, one), null, `${stage.shards} shards`);
  await compareState(stage, trap, index);
  const needed = await neededShards(stage, trap);
  const missed = needed.filter(shard => !asked.includes(shard));
  assert.deepEqual(missed, [], `went to ${asked}, not to ${missed}`);
  // Of tables that are collected each is asked of all shards of the statement.
  if (trap.wider !== true && marked) assert.deepEqual(asked, needed);
  return `${where}${asked.length > needed.length ? ` (needed ${needed})` : ''}: as PostgreSQL`;
}

/** Fragments of what one shard finishes are printed anew, without the mark. */
function collects({ executed }: ShardTrace, from: number): boolean {
  return executed.slice(from).some(sql => /^(SELECT|WITH|CREATE TEMPORARY TABLE)\b/.test(sql));
}

async function compareState(stage: Stage, trap: Trap, index: number): Promise<void> {
  if (trap.check === undefined) return;
  const one = caseOf(trap.check, index, false);
  const got = await runCase(stage.client, one, 'simple');
  assert.equal(difference(got, await runCase(stage.oracle, one, 'simple'), one), null);
}

async function neededShards(stage: Stage, { needs }: Trap): Promise<number[]> {
  const { shards, placed, servers } = stage;
  if (needs === 'all') return Array.from({ length: shards }, (_, shard) => shard);
  if ('stored' in needs) {
    const counts = await Promise.all(
      servers.map(server => server.query(`SELECT 1 FROM ${needs.stored} LIMIT 1`)),
    );
    return counts.flatMap(({ rows }, shard) => (rows.length > 0 ? [shard] : []));
  }
  const found = await Promise.all(
    needs.map(key => placed.shardOf(typeof key === 'number' ? 'bigint' : 'varchar', String(key))),
  );
  return [...new Set(found)].sort((a, b) => a - b);
}

function caseOf(sql: string, line: number, ordered: boolean): Case {
  return {
    ...{ file: 'trap-table.ts', line, sql, text: sql, stdin: null, refused: [] },
    ...{ compare: 'rows', ordered: ordered ? null : [], messages: true },
    ...{ simpleOnly: false, textOnly: false },
  };
}

/** What stands before `is not supported` in the message. */
function constructOf(exchanges: readonly Exchange[]): string {
  const answers = exchanges.flatMap(exchange => exchange.answers);
  const message = answers.find(({ error }) => error !== null)?.error?.M ?? '';
  return message.replace(/ is not supported.*$/, '');
}

function withoutConstruct(line: string): string {
  return line.split(' | ').slice(0, 2).join(' | ');
}
