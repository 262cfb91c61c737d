// Statements that change something, in the order of their file, on one PostgreSQL and through
// PgPack on 1 to 4 shards. Each answer is compared as it comes; behind each script the rows of the
// shards are the oracle's rows, every row on the shard that its key names, omnisharded tables whole
// on every shard. `REWRITE=1` writes what is refused today into the scripts, `ALL=1` runs each in
// every mode on every number of shards.

import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { createTestDatabase } from '../support/cluster.ts';
import { type Case, readCases, writeRefusals } from './case-file.ts';
import { difference, isRefusal } from './compare.ts';
import { agreesWithList, type Mode, modesOn, runCase, thorough } from './modes.ts';
import { Inspection } from './placement.ts';
import { fillShop, loadShop, omnisharded, startShop, tables } from './shop.ts';
import { type Exchange, WireClient } from './wire-client.ts';

interface Pair {
  readonly shards: number;
  readonly client: WireClient;
  readonly oracle: WireClient;
  readonly inspection: Inspection;
}

const pairs: Pair[] = [];
const closers: (() => Promise<void>)[] = [];
const scriptModes: readonly Mode[] = ['simple', 'extended', 'binary'];
/** Definitions: they have no parameters, and each is followed by reading the catalog. */
const definitions = 'schema.sql';
const definitionModes: Readonly<Record<number, readonly Mode[]>> = {
  1: ['extended'],
  3: ['simple', 'extended'],
};

before(async () => {
  for (const shards of [1, 2, 3, 4]) pairs.push(await openPair(shards));
  await Promise.all(pairs.flatMap(({ client, oracle }) => [loadShop(client), loadShop(oracle)]));
});

after(async () => {
  for (const close of closers.reverse()) await close();
});

const only = process.env.ONLY ?? '';
const names = globSync('*.sql', { cwd: new URL('./scripts/', import.meta.url) }).sort();

for (const name of names.filter(one => one.includes(only))) {
  test(`scripts/${name}: answers and tables are as on one PostgreSQL`, async () => {
    const path = new URL(`./scripts/${name}`, import.meta.url);
    const cases = readCases(path);
    const runs = pairs.flatMap(pair => {
      const modes = modesFor(name, pair.shards);
      return modes.length === 0 ? [] : [{ pair, modes }];
    });
    const results = await Promise.all(runs.map(run => runScript(run.pair, cases, run.modes)));
    const problems = results.flatMap(result => grouped(result.problems));
    const refused = new Map(
      cases.map(({ line }) => {
        const shards = results.flatMap(one => (one.refused.has(line) ? [one.shards] : []));
        return [line, shards];
      }),
    );
    if (process.env.REWRITE === '1') writeRefusals(path, refused);
    else problems.push(...unlisted(cases, refused, new Set(runs.map(run => run.pair.shards))));
    assert.ok(problems.length === 0, `\n${problems.join('\n\n')}\n`);
  });
}

function modesFor(script: string, shards: number): readonly Mode[] {
  if (script === definitions && !thorough) return definitionModes[shards] ?? [];
  return modesOn(shards, scriptModes);
}

async function openPair(shards: number): Promise<Pair> {
  const database = await createTestDatabase('scripts', shards);
  closers.push(() => database.drop());
  const pgpack = await startShop(database);
  closers.push(() => pgpack.close());
  const client = await WireClient.connect(pgpack.address);
  const oracle = await WireClient.connect(database.oracle);
  const inspection = await Inspection.open(database);
  closers.push(() => inspection.close());
  return { shards, client, oracle, inspection };
}

interface Problem {
  readonly what: string;
  readonly where: string;
  readonly found: string;
}

/** One line for each statement, however many ways it is wrong. */
function grouped(problems: readonly Problem[]): string[] {
  const groups = Map.groupBy(problems, ({ what }) => what);
  return [...groups].map(([what, [first, ...more]]) => {
    return `${what}\n  ${first!.where} (and ${more.length} more)\n  ${first!.found}`;
  });
}

interface Result {
  readonly shards: number;
  readonly problems: Problem[];
  /** Lines of the cases that PgPack refused. */
  readonly refused: Set<number>;
}

async function runScript(
  pair: Pair,
  cases: readonly Case[],
  modes: readonly Mode[],
): Promise<Result> {
  const result: Result = { shards: pair.shards, problems: [], refused: new Set() };
  for (const mode of modes) {
    const where = `on ${pair.shards} shards, ${mode}`;
    for (const one of cases) {
      const found = await step(pair, one, one.simpleOnly ? 'simple' : mode, result);
      if (found !== null) {
        result.problems.push({ what: `${one.file}:${one.line} ${one.sql}`, where, found });
      }
    }
    for (const found of await contents(pair)) {
      result.problems.push({ what: `${cases[0]!.file} afterwards`, where, found });
    }
    await reset(pair);
  }
  return result;
}

/** PgPack goes first: what it refuses the oracle does not get. */
async function step(pair: Pair, one: Case, mode: Mode, result: Result): Promise<string | null> {
  const got = await runCase(pair.client, one, mode);
  if (isRefusal(got)) {
    result.refused.add(one.line);
    if (process.env.SHOW === '1') console.log(`${one.file}:${one.line} ${faultOf(got)}`);
    // In a transaction the refusal is an error like any other.
    if (got.at(-1)?.status === 'E') await pair.oracle.query('SELECT 1 / 0');
    return null;
  }
  return difference(got, await runCase(pair.oracle, one, mode), one);
}

function faultOf(exchanges: readonly Exchange[]): string {
  const answers = exchanges.flatMap(exchange => exchange.answers);
  return answers.find(answer => answer.error !== null)?.error?.M ?? '';
}

async function contents({ inspection }: Pair): Promise<string[]> {
  return [
    ...(await inspection.differences(tables, omnisharded)),
    ...(await inspection.misplaced()),
  ];
}

/** The same rows again; a script may leave a transaction open. */
async function reset({ client, oracle }: Pair): Promise<void> {
  await Promise.all(
    [client, oracle].map(async one => {
      await one.query('ROLLBACK');
      for (const table of tables) {
        const deleted = await one.query(`DELETE FROM ${table}`);
        assert.equal(deleted.answers[0]?.error?.M, undefined);
      }
      await fillShop(one);
    }),
  );
}

/** `ran`: the numbers of shards. */
function unlisted(
  cases: readonly Case[],
  refused: ReadonlyMap<number, number[]>,
  ran: ReadonlySet<number>,
): string[] {
  return cases.flatMap(one => {
    const found = refused.get(one.line) ?? [];
    if (agreesWithList(found, one.refused, shards => ran.has(shards))) return [];
    return [
      `${one.file}:${one.line} ${one.sql}\n  refused with [${found}], listed [${one.refused}]`,
    ];
  });
}
