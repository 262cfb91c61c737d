// Records from a real server what the tests of `types` and `executor` compare with:
//   node test/types/vectors/record.ts postgres://user@host:port/database [seed]
// Writes ordering.json, floats.jsonl and ../../executor/vectors/aggregates.json. The committed files
// come from PostgreSQL 18 with seed 1.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { orderedLiterals } from './ordered-literals.ts';
import { seededRandom } from './seeded-random.ts';

const url = process.argv[2];
if (url === undefined) throw new Error('usage: record.ts postgres://…');
const random = seededRandom(Number(process.argv[3] ?? 1));
const client = new pg.Client({ connectionString: url });

function write(path: string, vectors: readonly unknown[]): void {
  const lines = vectors.map(vector => `${JSON.stringify(vector)}\n`);
  writeFileSync(join(import.meta.dirname, path), lines.join(''));
}

/** Each type's values with both wire forms and their dense rank in the type's own order. */
async function recordOrdering(): Promise<void> {
  const vectors: unknown[] = [];
  for (const { type, literals } of orderedLiterals) {
    const collate = ['text', 'varchar', 'name', 'bpchar'].includes(type) ? ' COLLATE "C"' : '';
    const sql = sqlNames[type] ?? type;
    const { rows } = await client.query({
      text:
        // concat() gives what goes over the wire, which a cast to text may not.
        `SELECT concat(v), encode(${sendFunction(type)}(v), 'hex'), ` +
        `dense_rank() OVER (ORDER BY v${collate}) ` +
        `FROM (SELECT x::${sql} AS v FROM unnest($1::text[]) AS t(x)) AS s`,
      values: [literals],
      rowMode: 'array',
    });
    for (const [wire, hex, rank] of rows as unknown as [string, string, string][]) {
      vectors.push({ type, text: wire, hex, rank: Number(rank) });
    }
  }
  write('ordering.jsonl', vectors);
}

const sqlNames: Readonly<Record<string, string>> = { char: '"char"', pgLsn: 'pg_lsn' };

function sendFunction(type: string): string {
  const withUnderscore = ['numeric', 'date', 'time', 'timetz', 'timestamp', 'timestamptz'];
  const more = ['interval', 'uuid', 'inet', 'cidr', 'macaddr', 'macaddr8', 'bit', 'varbit'];
  if (type === 'pgLsn') return 'pg_lsn_send';
  return [...withUnderscore, ...more].includes(type) ? `${type}_send` : `${type}send`;
}

/** Random floats and hard ones, as hexadecimal bits and the text the server prints. */
async function recordFloats(): Promise<void> {
  const bits8: string[] = [];
  const bits4: string[] = [];
  const word = (): string =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  for (let i = 0; i < 400; i++) bits8.push(word() + word());
  for (let i = 0; i < 400; i++) bits4.push(word());
  const hard = [1e23, 9e22, 5e-324, 2 ** -44, 2 ** 53, 2 ** 60, 1e15, 1e14, 123456789012345680];
  const more = [0.1, 0.3, 1 / 3, 1e-4, 1e-5, 1.7976931348623157e308, 2.2250738585072014e-308];
  for (const value of [...hard, ...more, ...hard.map(v => -v)]) {
    bits8.push(hexOf(8, view => view.setFloat64(0, value)));
    bits4.push(hexOf(4, view => view.setFloat32(0, value)));
  }
  for (let power = -149; power < 128; power += 3) {
    bits4.push(hexOf(4, view => view.setFloat32(0, 2 ** power)));
  }
  for (let power = -1074; power < 1024; power += 11) {
    bits8.push(hexOf(8, view => view.setFloat64(0, 2 ** power)));
  }
  write('floats.jsonl', [
    ...(await floatTexts('float8', bits8)),
    ...(await floatTexts('float4', bits4)),
  ]);
}

function hexOf(size: number, set: (view: DataView) => void): string {
  const bytes = Buffer.alloc(size);
  set(new DataView(bytes.buffer, bytes.byteOffset, size));
  return bytes.toString('hex');
}

/** The server is given exact decimals of more digits than it needs, and shows its shortest ones. */
async function floatTexts(type: 'float4' | 'float8', bits: string[]): Promise<unknown[]> {
  const values = bits.map(hex => {
    const bytes = Buffer.from(hex, 'hex');
    const value = type === 'float4' ? bytes.readFloatBE() : bytes.readDoubleBE();
    return Object.is(value, -0) ? '-0' : String(value);
  });
  const { rows } = await client.query({
    text:
      `SELECT v::text, encode(${type}send(v), 'hex') ` +
      `FROM (SELECT x::float8::${type} AS v FROM unnest($1::text[]) WITH ORDINALITY t(x, i) ` +
      'ORDER BY i) AS s',
    values: [values],
    rowMode: 'array',
  });
  return (rows as unknown as [string, string][]).map(([text, hex]) => ({ type, text, hex }));
}

interface Part {
  readonly sum: unknown;
}

/** Values spread over three shards: each shard's partials and the whole answer, in both forms. */
async function recordAggregates(): Promise<void> {
  const vectors: unknown[] = [];
  for (const { type, values } of aggregateInputs()) {
    const shards: Part[] = [];
    for (let shard = 0; shard < 3; shard++) {
      shards.push(
        await aggregateOf(
          type,
          values.filter((_, i) => i % 3 === shard),
        ),
      );
    }
    vectors.push({ type, shards, whole: await aggregateOf(type, values) });
  }
  write('../../executor/vectors/aggregates.jsonl', vectors);
}

/** `sumForAvg` is the partial that avg wants: float4 is summed as float8 there. */
async function aggregateOf(type: string, values: (string | null)[]): Promise<Part> {
  const wide = type === 'float4' ? 'v::float8' : 'v';
  const expressions = {
    count: 'count(v)',
    sum: 'sum(v)',
    sumForAvg: `sum(${wide})`,
    avg: 'avg(v)',
    min: 'min(v)',
    max: 'max(v)',
  };
  const columns = Object.entries(expressions).map(
    ([name, sql]) => `pg_typeof(${sql})::oid::int AS "${name}"`,
  );
  const from = `FROM (SELECT x::${type} AS v FROM unnest($1::text[]) AS t(x)) AS s`;
  const { rows } = await client.query(`SELECT ${columns.join(', ')} ${from}`, [values]);
  const oids = rows[0] as Record<string, number>;
  const part: Record<string, unknown> = {};
  for (const [name, sql] of Object.entries(expressions)) {
    const send = sendByOid[oids[name]!]!;
    const answer = await client.query({
      text: `SELECT (${sql})::text, encode(${send}(${sql}), 'hex') ${from}`,
      values: [values],
      rowMode: 'array',
    });
    const [text, hex] = answer.rows[0] as unknown as [string | null, string | null];
    part[name] = { oid: oids[name], text, hex };
  }
  return part as unknown as Part;
}

const sendByOid: Readonly<Record<number, string>> = {
  20: 'int8send',
  21: 'int2send',
  23: 'int4send',
  700: 'float4send',
  701: 'float8send',
  1186: 'interval_send',
  1700: 'numeric_send',
};

function integer(limit: number): string {
  return String(Math.floor((random() * 2 - 1) * limit));
}

function digits(count: number): string {
  let text = '';
  for (let i = 0; i < count; i++) text += Math.floor(random() * 10);
  return text;
}

function numeric(): string {
  const sign = random() < 0.4 ? '-' : '';
  const whole = digits(1 + Math.floor(random() * [3, 12, 40][Math.floor(random() * 3)]!));
  const scale = Math.floor(random() * [3, 8, 30][Math.floor(random() * 3)]!);
  return `${sign}${whole}${scale === 0 ? '' : `.${digits(scale)}`}`;
}

/** Multiples of 1/4: their sums are exact, so the order of additions does not matter. */
function dyadic(): string {
  return String(Math.floor((random() * 2 - 1) * 4000) / 4);
}

function interval(): string {
  const micros = integer(random() < 0.5 ? 1e6 : 1e13);
  return `${integer(400)} mons ${integer(500)} days ${micros} microseconds`;
}

function aggregateInputs(): { type: string; values: (string | null)[] }[] {
  const makers: Record<string, () => string> = {
    int2: () => integer(32767),
    int4: () => integer(2147483647),
    int8: () => `${random() < 0.5 ? '-' : ''}${digits(1 + Math.floor(random() * 18))}`,
    numeric,
    float4: dyadic,
    float8: dyadic,
    interval,
  };
  const inputs: { type: string; values: (string | null)[] }[] = [];
  for (const [type, make] of Object.entries(makers)) {
    const rounds = type === 'numeric' ? 120 : 40;
    for (let round = 0; round < rounds; round++) {
      const count = 1 + Math.floor(random() * (round % 5 === 0 ? 200 : 8));
      inputs.push({
        type,
        values: Array.from({ length: count }, () => (random() < 0.1 ? null : make())),
      });
    }
    inputs.push({ type, values: [null, null, null, null] }, { type, values: [] });
  }
  for (const values of specialNumerics) inputs.push({ type: 'numeric', values });
  for (const values of specialFloats) {
    inputs.push({ type: 'float4', values }, { type: 'float8', values });
  }
  inputs.push({ type: 'interval', values: ['infinity', '1 day', '2 days'] });
  inputs.push({ type: 'interval', values: ['-infinity', null, '2 days', '-infinity'] });
  return inputs;
}

const specialNumerics: (string | null)[][] = [
  ['NaN', '1', '2'],
  ['Infinity', '1', '2'],
  ['-Infinity', '1.5', null],
  ['Infinity', '-Infinity', '3'],
  ['0', '0.00', '0.000'],
  ['1.0', '-1.00', null],
  ['1e-1000', '2', '3'],
  ['0.0001', '0.0002', '0.00000000000000000000003'],
  ['9999', '10000', '9999.9999'],
  ['1', '1', '1', '1', '1', '1', '2'],
  ['1e300', '1', '-1e300', '1e-30'],
  ['0.5', '0.25', '0.125', '0.3333333333333333333333'],
];

const specialFloats: string[][] = [
  ['NaN', '1', '2'],
  ['Infinity', '1', '2'],
  ['Infinity', '-Infinity', '2'],
  ['-0', '-0', '-0'],
  ['1e10', '1e10', '1e10'],
];

await client.connect();
await client.query(
  "SET DateStyle = 'ISO'; SET TimeZone = 'America/St_Johns'; SET IntervalStyle = 'postgres'; " +
    'SET extra_float_digits = 1; SET bytea_output = hex',
);
await recordOrdering();
await recordFloats();
await recordAggregates();
await client.end();
