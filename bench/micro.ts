// Steps of the hot path alone, in this process: placing a key, lifting literals, finding a
// statement's plan, and planning one that was not seen before.

import { StatementCache } from '../src/frontend/statement-cache.ts';
import { chooseHashType } from '../src/sharding/hash-types.ts';
import { PartitionHash } from '../src/sharding/partition-hash.ts';
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
  return [...hashes(), ...typeHashes(), ...liftings(), ...lookups(), ...misses()];
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

/** Other key types by their text form, and a key of three columns. */
function typeHashes(): MicroFigures[] {
  const row = new PartitionHash();
  const types: readonly (readonly [string, number, (i: number) => string])[] = [
    ['numeric', 1700, i => `${1000 + i * 7919}.${10 + (i % 90)}`],
    ['timestamptz', 1184, i => `2026-11-21 10:${10 + (i % 50)}:00.${100 + i}+00`],
    ['inet', 869, i => `10.1.${i % 256}.17/24`],
    ['jsonb', 3802, i => `{"customer": ${1000 + i}, "tags": ["a", "b"]}`],
    ['integer[]', 1007, i => `{${i},${i + 1},${i + 2}}`],
  ];
  const singles = types.map(([name, oid, make]) => {
    const type = hashTypeOf(oid);
    const texts = variantsOf(make);
    return timed(`hash: ${name}, text`, i => {
      row.begin();
      row.addText(type, texts[i]!);
      return row.shard(sampleShardCount);
    });
  });
  const [bigint, text, date] = [hashTypeOf(20), hashTypeOf(25), hashTypeOf(1082)];
  const keys = variantsOf(key => `${key}`).map(key => Buffer.from(key));
  const day = Buffer.from([0, 0, 0x20, 1]);
  return [
    ...singles,
    timed('hash: bigint, text and date (binary), one row', i => {
      const key = keys[i]!;
      row.begin();
      row.addTextBytes(bigint, key, 0, key.length);
      row.addTextBytes(text, key, 0, key.length);
      row.addBinary(date, day, 0, day.length);
      return row.shard(sampleShardCount);
    }),
  ];
}

function hashTypeOf(oid: number) {
  const { type } = chooseHashType({ kind: 'base', oid });
  if (type === null) throw new Error(`no hash for type ${oid}`);
  return type;
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
