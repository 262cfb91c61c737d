// Statements that differ in their literals only, in the simple protocol: how many are found in the
// statement cache by their shape, how many would be by their text, and what a lookup costs. In
// this process, by the steps of `frontend/simple-query.ts`.

import { StatementCache } from '../src/frontend/statement-cache.ts';
import { liftLiterals } from '../src/sql/lexer.ts';
import { planSample, samplePlacements } from './sample-plan.ts';
import { type Spread, spreadOf } from './statistics.ts';

export interface LiteralFigures {
  readonly workload: string;
  readonly statements: number;
  /** Shares of the statements, 0 to 1. */
  readonly hitsByShape: number;
  readonly hitsByText: number;
  /** From the bytes of the statement to its shard. */
  readonly lookupNanos: Spread;
}

/** `query_cache_limit` as it is by default. */
const entriesMax = 1_000;
const statementCount = 50_000;
const keys = 1_000_000;
const passes = 7;

const shapes: readonly ((key: number) => string)[] = [
  key => `SELECT balance, name FROM users WHERE id = ${key}`,
  key => `UPDATE users SET balance = balance + ${key % 977} WHERE id = ${key}`,
  key => `SELECT * FROM orders WHERE user_id = ${key} AND note = 'n${key % 61}' LIMIT 20`,
  key => `DELETE FROM orders WHERE user_id = ${key} AND id = ${key % 13}`,
  key =>
    'SELECT u.name, o.amount FROM users u JOIN orders o ON o.user_id = u.id ' +
    `WHERE u.id = ${key} AND o.quantity > ${key % 7} ORDER BY o.id`,
];

export function measureLiterals(): LiteralFigures[] {
  return [
    measure('one statement, a million keys', shapes.slice(0, 1), i => (i * 7_919_557) % keys),
    measure('five statements in turn, a million keys', shapes, i => (i * 7_919_557) % keys),
    measure('five statements in turn, 100 keys', shapes, i => (i * 7_919_557) % 100),
  ];
}

function measure(
  workload: string,
  texts: readonly ((key: number) => string)[],
  keyOf: (i: number) => number,
): LiteralFigures {
  const statements = Array.from({ length: statementCount }, (_, i) =>
    Buffer.from(texts[i % texts.length]!(keyOf(i))),
  );
  const lookupNanos: number[] = [];
  const cache = newCache();
  let hits = statements.filter(bytes => lookUp(cache, bytes)).length;
  const hitsByShape = hits / statementCount;
  for (let pass = 0; pass <= passes; pass++) {
    const begin = performance.now();
    for (const bytes of statements) if (lookUp(cache, bytes)) hits += 1;
    // The first pass is the compiler's.
    if (pass > 0) lookupNanos.push(((performance.now() - begin) * 1e6) / statementCount);
  }
  if (hits === 0) throw new Error(`${workload}: no statement was found by its shape`);
  return {
    ...{ workload, hitsByShape, statements: statementCount },
    hitsByText: hitsByTextOf(statements),
    lookupNanos: spreadOf(lookupNanos)!,
  };
}

/** True when the statement's plan was there. What was not is learned. */
function lookUp(cache: StatementCache, bytes: Buffer): boolean {
  if (!liftLiterals(bytes, 0, bytes.length, cache.lifted)) return false;
  const shape = cache.shape();
  if (shape === undefined) {
    cache.learnShape(cache.script(bytes.toString()));
    return false;
  }
  return shape !== null && shape.shardOf(bytes, cache.lifted, samplePlacements) >= 0;
}

/** What a cache of the same size would find that knows texts only. */
function hitsByTextOf(statements: readonly Buffer[]): number {
  const planned: string[] = [];
  const cache = new StatementCache(
    entriesMax,
    (sql, stmt) => {
      planned.push(sql);
      return planSample(sql, stmt, sql);
    },
    null,
  );
  const sample = statements.slice(0, 5_000);
  for (const bytes of sample) cache.script(bytes.toString());
  return 1 - planned.length / sample.length;
}

function newCache(): StatementCache {
  return new StatementCache(entriesMax, planSample, null);
}
