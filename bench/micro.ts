// Steps of the hot path alone, in this process: placing a key, lifting literals, finding a
// statement's plan, and planning one that was not seen before.

import { StatementCache } from '../src/frontend/statement-cache.ts';
import { shardOfBinary, shardOfText, shardOfTextBytes } from '../src/sharding/sharding-key.ts';
import { liftLiterals, newLiftedStatement } from '../src/sql/lexer.ts';
import { loadParser, parseStatements } from '../src/sql/parser.ts';
import { planSample, sampleKeyTypes, sampleShardCount } from './sample-plan.ts';
import { type Spread, spreadOf } from './statistics.ts';

export interface MicroFigures {
  readonly step: string;
  /** Nanoseconds per call. */
  readonly nanos: Spread;
}

const passes = 7;
const passMs = 60;
/** Different inputs, so that no step sees the same one twice in a row. */
const variants = 256;

const statements: readonly (readonly [string, (key: number) => string])[] = [
  ['point SELECT', key => `SELECT balance FROM users WHERE id = ${key};`],
  ['UPDATE', key => `UPDATE users SET balance = balance + 17.25, name = 'x' WHERE id = ${key}`],
  [
    'join',
    key =>
      'SELECT u.name, o.id, o.amount FROM users u JOIN orders o ON o.user_id = u.id ' +
      `WHERE u.id = ${key} AND o.quantity > 3 AND o.note = 'paid' ORDER BY o.id LIMIT 20`,
  ],
  [
    'INSERT of 10 rows',
    key => {
      const rows = Array.from({ length: 10 }, (_, i) => `(${key}, ${i}, ${i}.5, 'note')`);
      return `INSERT INTO orders (user_id, id, amount, note) VALUES ${rows.join(', ')}`;
    },
  ],
];

export async function microBenchmarks(): Promise<MicroFigures[]> {
  await loadParser();
  return [...hashes(), ...liftings(), ...lookups(), ...misses()];
}

function hashes(): MicroFigures[] {
  const texts = (make: (i: number) => string) =>
    Array.from({ length: variants }, (_, i) => make(i));
  const bytes = (values: readonly string[]) => values.map(value => Buffer.from(value));
  const integers = texts(i => String(1_000_000 + i * 7919));
  const integerBytes = bytes(integers);
  const binary = integers.map(value => {
    const key = Buffer.alloc(8);
    key.writeBigInt64BE(BigInt(value));
    return key;
  });
  const uuids = texts(i => `6ba7b810-9dad-11d1-80b4-00c04fd43${i.toString(16).padStart(3, '0')}`);
  const names = bytes(texts(i => `customer-${1_000_000 + i}`));
  const uuidBytes = bytes(uuids);
  return [
    timed('hash: bigint, text of a parameter', i => {
      const key = integerBytes[i]!;
      return shardOfTextBytes('bigint', key, 0, key.length, sampleShardCount);
    }),
    timed('hash: bigint, binary', i => shardOfBinary('bigint', binary[i]!, 0, 8, sampleShardCount)),
    timed('hash: bigint, literal', i => shardOfText('bigint', integers[i]!, sampleShardCount)),
    timed('hash: varchar, 16 bytes', i => {
      const key = names[i]!;
      return shardOfTextBytes('varchar', key, 0, key.length, sampleShardCount);
    }),
    timed('hash: uuid, text', i => {
      const key = uuidBytes[i]!;
      return shardOfTextBytes('uuid', key, 0, key.length, sampleShardCount);
    }),
  ];
}

function liftings(): MicroFigures[] {
  const lifted = newLiftedStatement();
  return statements.map(([name, textOf]) => {
    const texts = variantsOf(textOf).map(text => Buffer.from(text));
    return timed(`lift literals: ${name}, ${texts[0]!.length} bytes`, i => {
      const bytes = texts[i]!;
      return liftLiterals(bytes, 0, bytes.length, lifted) ? lifted.count : -1;
    });
  });
}

/** From the bytes of a simple query to its shard, the plan being in the cache. */
function lookups(): MicroFigures[] {
  const [[name, textOf]] = statements as unknown as [(typeof statements)[number]];
  const cache = new StatementCache(50_000, planSample, null);
  const texts = variantsOf(textOf);
  const bytes = texts.map(text => Buffer.from(text));
  const route = (i: number): number => {
    const text = bytes[i]!;
    if (!liftLiterals(text, 0, text.length, cache.lifted)) return -2;
    const shape = cache.shape();
    return shape?.shardOf(text, cache.lifted, sampleKeyTypes, sampleShardCount) ?? -2;
  };
  liftLiterals(bytes[0]!, 0, bytes[0]!.length, cache.lifted);
  cache.learnShape(cache.script(texts[0]!));
  if (route(1) < 0) throw new Error('the point SELECT is not routed by its shape');
  return [
    timed(`cache, by shape: ${name}, lifted, looked up, placed`, route),
    timed(`cache, by text: ${name}, from bytes`, i => {
      const text = bytes[i]!;
      return cache.script(text.toString('utf8', 0, text.length)).statements.length;
    }),
  ];
}

/** Parsed and planned: what the first statement of each shape costs. */
function misses(): MicroFigures[] {
  return statements.map(([name, textOf]) => {
    const texts = variantsOf(textOf);
    return timed(`plan on a miss: ${name}`, i => {
      const [{ text, stmt } = { text: '', stmt: {} }] = parseStatements(texts[i]!);
      return planSample(text, stmt).plan.tag.length;
    });
  });
}

function variantsOf(textOf: (key: number) => string): string[] {
  return Array.from({ length: variants }, (_, i) => textOf(100_000 + i * 31));
}

/** `step` gets 0 to `variants` - 1 in turn; what it answers is summed up, so that it is not
 *  optimised away. */
function timed(step: string, call: (i: number) => number): MicroFigures {
  const nanos: number[] = [];
  let sum = 0;
  for (let pass = 0; pass <= passes; pass++) {
    let calls = 0;
    const begin = performance.now();
    let now = begin;
    while (now - begin < passMs) {
      for (let i = 0; i < variants; i++) sum += call(i);
      calls += variants;
      now = performance.now();
    }
    // The first pass is the compiler's.
    if (pass > 0) nanos.push(((now - begin) * 1e6) / calls);
  }
  if (Number.isNaN(sum)) throw new Error(`${step} answers no number`);
  return { step, nanos: spreadOf(nanos)! };
}
