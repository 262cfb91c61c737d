// Steps of the hot path alone, in this process: placing a key, lifting literals, finding a
// statement's plan, and planning one that was not seen before.

import { chooseShard } from '../src/frontend/shard-choice.ts';
import { StatementCache } from '../src/frontend/statement-cache.ts';
import { ByteWriter } from '../src/protocol/byte-writer.ts';
import { type BindMessage, readBind } from '../src/protocol/client-frame.ts';
import { Frontend } from '../src/protocol/message-codes.ts';
import { liftLiterals, newLiftedStatement } from '../src/sql/lexer.ts';
import { loadParser, parseStatements } from '../src/sql/parser.ts';
import { keyPlacements } from './key-placements.ts';
import { planSample, samplePlacements, sampleShardCount } from './sample-plan.ts';
import { type MicroFigures, timed, variantsOf } from './timed.ts';

const statements: readonly (readonly [string, (key: number) => string])[] = [
  ['point SELECT', key => `SELECT balance FROM users WHERE id = ${key};`],
  ['UPDATE', key => `UPDATE users SET balance = balance + 17.25, name = 'x' WHERE id = ${key}`],
  [
    'join',
    key =>
      'SELECT u.name, o.id, o.amount FROM users u JOIN orders o ON o.user_id = u.id ' +
      `WHERE u.id = ${key} AND o.quantity > 3 AND o.note = 'paid' ORDER BY o.id LIMIT 20`,
  ],
  ['INSERT of 10 rows', key => insertOf(10, key)],
];

function insertOf(count: number, key: number): string {
  const rows = Array.from({ length: count }, (_, i) => `(${key}, ${i}, ${i}.5, 'note')`);
  return `INSERT INTO orders (user_id, id, amount, note) VALUES ${rows.join(', ')}`;
}

export async function microBenchmarks(): Promise<MicroFigures[]> {
  await loadParser();
  return [...keyPlacements(), ...liftings(), ...lookups(), ...misses()];
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
    return shape?.shardOf(text, cache.lifted, samplePlacements) ?? -2;
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
    ...boundLookups(cache),
  ];
}

/** The same in the extended protocol: the text of Parse looked up, the parameter of Bind placed. */
function boundLookups(cache: StatementCache): MicroFigures[] {
  const sql = 'SELECT balance FROM users WHERE id = $1';
  const keys = variantsOf(key => `${key}`).map(key => [Buffer.from(key), binaryKey(key)] as const);
  return (['text', 'binary'] as const).map((form, format) => {
    const binds = keys.map(key => bindOf(key[format]!, format));
    return timed(`cache, by text: point SELECT, looked up, ${form} parameter placed`, i => {
      const { plan } = cache.statement(sql);
      return chooseShard(plan.route, {
        ...{ bind: binds[i]!, parameterTypes: noTypes, shardCount: sampleShardCount },
        ...{ placements: samplePlacements, insert: false },
      });
    });
  });
}

const noTypes: readonly number[] = [];

function binaryKey(text: string): Buffer {
  const key = Buffer.alloc(8);
  key.writeBigInt64BE(BigInt(text));
  return key;
}

function bindOf(value: Buffer, format: number): BindMessage {
  const out = new ByteWriter().begin(Frontend.bind).cstring('').cstring('');
  out.int16(1).int16(format).int16(1).int32(value.length).bytes(value).int16(0);
  const message = out.end().take();
  return readBind(message, 0, message.length);
}

/** Parsed and planned: what the first statement of each shape costs. */
function misses(): MicroFigures[] {
  const large = ['INSERT of 100 rows', (key: number) => insertOf(100, key)] as const;
  return [...statements, large].map(([name, textOf]) => {
    const texts = variantsOf(textOf);
    return timed(`plan on a miss: ${name}`, i => {
      const [{ text, stmt } = { text: '', stmt: {} }] = parseStatements(texts[i]!);
      return planSample(text, stmt, text).plan.tag.length;
    });
  });
}
