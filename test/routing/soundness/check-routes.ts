// Random statements, their routes and the oracle's answers: whether a route misses a shard, and how
// often it has more than it needs.

import { loadParser } from '../../../src/sql/parser.ts';
import { seededRandom } from '../../sharding/seeded-random.ts';
import type { DatabaseAddress } from '../../support/cluster.ts';
import {
  AnswerOracle,
  type Question,
  type Signature,
  sameSignature,
  sumOf,
} from './answer-oracle.ts';
import { Draft } from './draft.ts';
import { type Routed, Router } from './router.ts';
import { randomStatement } from './statement-generator.ts';
import { randomWorld, type World } from './world.ts';

export interface Report {
  statements: number;
  /** Errors on PostgreSQL too. */
  errors: number;
  refused: number;
  /** By construct. */
  readonly refusals: Map<string, number>;
  /** Answered, on one shard and on several. */
  single: number;
  several: number;
  /** Answered, but sent to more shards than needed. */
  wider: number;
  readonly violations: string[];
}

interface Asked {
  readonly number: number;
  readonly sql: string;
  readonly routed: Routed & { readonly kind: 'shards' };
  readonly questions: readonly Question[];
}

const statementsPerWorld = 400;
const statementsAtOnce = 100;
const violationsMax = 20;

/** Statements `from` up to `from + count` of a seed. */
export async function checkRoutes(
  address: DatabaseAddress,
  { seed, count, from = 0 }: { seed: number; count: number; from?: number },
): Promise<Report> {
  await loadParser();
  const oracle = await AnswerOracle.open(address);
  const report: Report = {
    ...{ statements: 0, errors: 0, refused: 0, single: 0, several: 0, wider: 0 },
    ...{ refusals: new Map(), violations: [] },
  };
  try {
    for (let at = from; at < from + count; ) {
      const number = Math.floor(at / statementsPerWorld);
      const end = Math.min((number + 1) * statementsPerWorld, from + count);
      await checkWorld(oracle, { seed, number, start: at, end, report });
      if (report.violations.length >= violationsMax) break;
      at = end;
    }
  } finally {
    await oracle.close();
  }
  return report;
}

interface Part {
  readonly seed: number;
  readonly number: number;
  readonly start: number;
  readonly end: number;
  readonly report: Report;
}

async function checkWorld(oracle: AnswerOracle, part: Part): Promise<void> {
  const { seed, number, report } = part;
  const world = randomWorld(seededRandom(seed * 1_000_003 + number));
  await oracle.create(world);
  const router = await Router.of(world, oracle.client);
  let waiting: Asked[] = [];
  for (let at = part.start; at < part.end; at++) {
    const draft = new Draft();
    const random = seededRandom(seed * 7_368_787 + at * 104_729);
    const sql = randomStatement({ world, random, draft });
    report.statements += 1;
    const routed = router.route(sql, draft);
    if (routed.kind === 'shards') {
      waiting.push({
        number: at,
        sql: shown(sql, draft),
        routed,
        questions: ask(world, draft.inlined(sql), routed),
      });
    } else count(report, routed);
    if (waiting.length < statementsAtOnce && at + 1 < part.end) continue;
    await settle(oracle, world, waiting, part);
    waiting = [];
  }
}

function shown(sql: string, { parameters }: Draft): string {
  const values = parameters.map(
    ({ text, oid }) => `${text ?? 'NULL'}${oid === 0 ? '' : `:${oid}`}`,
  );
  return values.length === 0 ? sql : `${sql}  -- ${values.join(' | ')}`;
}

function count(report: Report, routed: Routed): void {
  if (routed.kind === 'error') report.errors += 1;
  if (routed.kind !== 'refused') return;
  refuse(report, routed.construct);
}

function refuse(report: Report, construct: string): void {
  report.refused += 1;
  const kind = construct.replace(/"[^"]*"/g, '…');
  report.refusals.set(kind, (report.refusals.get(kind) ?? 0) + 1);
}

/** All shards, those of the route if they are fewer, each of them where its own answer is part of
 *  the whole, else the route without each. */
function ask(
  { shardCount }: World,
  sql: string,
  { shards, construct, separate, any }: Routed & { kind: 'shards' },
): Question[] {
  const all = Array.from({ length: shardCount }, (_, shard) => shard);
  const questions: Question[] = [{ sql, shards: all }];
  if (shards.length < shardCount) questions.push({ sql, shards });
  if (shards.length === 1 || (construct !== null && !any)) return questions;
  const others =
    any || separate
      ? shards.map(shard => [shard])
      : shards.map(shard => shards.filter(one => one !== shard));
  return [...questions, ...others.map(some => ({ sql, shards: some }))];
}

async function settle(
  oracle: AnswerOracle,
  world: World,
  waiting: readonly Asked[],
  part: Part,
): Promise<void> {
  const answers = await oracle.ask(waiting.flatMap(({ questions }) => questions));
  let at = 0;
  for (const one of waiting) {
    const own = answers.slice(at, at + one.questions.length);
    at += one.questions.length;
    const problem = judge(one, own, part.report);
    if (problem === null) continue;
    const keys = world.tables.map(({ name, kinds, key }) => `${name}(${key}) ${kinds['k']!.type}`);
    part.report.violations.push(
      `seed ${part.seed}, number ${one.number}: ${problem}\n  ${one.sql}\n  ${keys.join(', ')}`,
    );
  }
}

/** What is wrong with the route; null: nothing. */
function judge(asked: Asked, answers: readonly Signature[], report: Report): string | null {
  const { shards, construct, separate, any } = asked.routed;
  const all = answers[0]!;
  if ('error' in all) {
    report.errors += 1;
    return null;
  }
  const wrong = (what: string, got: Signature) =>
    `shards ${shards.join(', ')}: ${what}, ${text(got)} of ${text(all)}`;
  const fewer = shards.length < asked.questions[0]!.shards.length;
  if (fewer && !sameSignature(all, answers[1]!)) return wrong('rows are elsewhere', answers[1]!);
  const others = answers.slice(fewer ? 2 : 1);
  if (any) {
    report.single += 1;
    const bad = others.find(one => !sameSignature(all, one));
    return bad === undefined ? null : wrong('not any shard will do', bad);
  }
  if (shards.length === 1) report.single += 1;
  else if (construct !== null) refuse(report, construct);
  else {
    report.several += 1;
    if (separate && !sameSignature(all, sumOf(others))) {
      return wrong('the shards answer something else separately', sumOf(others));
    }
    const unneeded = (one: Signature) =>
      separate ? !('error' in one) && one.rows === 0n : sameSignature(all, one);
    if (others.some(unneeded)) report.wider += 1;
  }
  return null;
}

function text(signature: Signature): string {
  return 'error' in signature ? signature.error : `${signature.rows} rows`;
}

/** The report in a few lines. */
export function reportLines({ refusals, ...report }: Report): string[] {
  const answered = report.single + report.several;
  const share = (part: number, of: number) => `${((100 * part) / Math.max(1, of)).toFixed(1)} %`;
  const frequent = [...refusals].sort((a, b) => b[1] - a[1]).slice(0, 12);
  return [
    `${report.statements} statements: ${answered} answered, ${report.refused} refused, ${
      report.errors
    } errors on PostgreSQL too`,
    `${report.violations.length} violations`,
    `answered on one shard: ${share(report.single, answered)}, on more than needed: ${share(
      report.wider,
      answered,
    )}`,
    ...frequent.map(([construct, times]) => `  refused ${times} times: ${construct}`),
  ];
}
