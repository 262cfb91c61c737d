// The schema of the differential tests (shop.sql) and its rows: the same for every run, with NULLs
// and the ends of every type. It is created and loaded through the endpoint under test.

import { readFileSync } from 'node:fs';
import type { TestDatabase } from '../support/cluster.ts';
import { type PgPack, startPgPack } from '../support/pgpack.ts';
import type { WireClient } from './wire-client.ts';
import type { World } from './worlds/world.ts';

const sharded = [
  ...['users.id', 'orders.user_id', 'payments.user_id', 'kinds.id', 'small.k', 'tiny.k'],
  ...['empty.id', 'codes.code varchar', 'docs.id uuid', 'fresh.id'],
];

/** Tables of shop.sql. */
export const tables = [
  ...['users', 'orders', 'payments', 'items', 'codes', 'docs', 'kinds', 'small', 'tiny', 'empty'],
];
export const omnisharded = ['items'];

/** With the tables of further worlds, which are created already. */
export function startShop(
  database: TestDatabase,
  worlds: readonly Pick<World, 'sharded' | 'omnisharded'>[] = [],
): Promise<PgPack> {
  return startPgPack({
    database,
    sharded: [...sharded, ...worlds.flatMap(world => world.sharded)],
    omnisharded: [...omnisharded, 'fresh_omni', ...worlds.flatMap(world => world.omnisharded)],
  });
}

/** Creates and fills every table; `COPY` for one half of them, `INSERT` for the other. */
export async function loadShop(client: WireClient): Promise<void> {
  const schema = readFileSync(new URL('./shop.sql', import.meta.url), 'utf8');
  for (const statement of schema.split(/;\n/)) {
    if (statement.trim() !== '') await run(client, statement, []);
  }
  await fillShop(client);
}

/** Fills tables that are empty. */
export async function fillShop(client: WireClient): Promise<void> {
  for (const [table, rows] of Object.entries(shopRows)) {
    if (['users', 'orders', 'items', 'docs', 'kinds'].includes(table))
      await copy(client, table, rows);
    else await insert(client, table, rows);
  }
}

async function copy(client: WireClient, table: string, rows: readonly Row[]): Promise<void> {
  const lines = rows.map(row => `${row.map(value => copyText(value)).join('\t')}\n`);
  await run(client, `COPY ${table} FROM STDIN`, [Buffer.from(lines.join(''))]);
}

async function insert(client: WireClient, table: string, rows: readonly Row[]): Promise<void> {
  for (let at = 0; at < rows.length; at += 40) {
    const values = rows
      .slice(at, at + 40)
      .map(row => `(${row.map(value => literal(value)).join(', ')})`);
    await run(client, `INSERT INTO ${table} VALUES ${values.join(', ')}`, []);
  }
}

async function run(client: WireClient, sql: string, copyIn: readonly Buffer[]): Promise<void> {
  const { answers } = await client.query(sql, copyIn);
  const fault = answers.find(answer => answer.error !== null)?.error;
  if (fault != null) throw new Error(`${fault.C} ${fault.M}: ${sql.slice(0, 200)}`);
}

type Value = string | number | null;
type Row = readonly Value[];

function copyText(value: Value): string {
  if (value === null) return '\\N';
  return String(value).replace(/[\\\t\n\r]/g, char => `\\${char}`);
}

function literal(value: Value): string {
  if (value === null) return 'NULL';
  return typeof value === 'number' ? String(value) : `'${value.replaceAll("'", "''")}'`;
}

const edges = ['9223372036854775807', '-9223372036854775808', '4294967296', '-4294967297'];
const userIds = [...Array.from({ length: 116 }, (_, index) => String(index - 5)), ...edges];
const countries = ['de', 'fr', 'jp', 'us', null, 'Ö', ''];
const categories = ['book', 'toy', null, 'food'];

function at<T>(list: readonly T[], index: number): T {
  return list[((index % list.length) + list.length) % list.length]!;
}

/** Date of 2026 plus days, as ISO text. */
function day(offset: number): string {
  return new Date(Date.UTC(2026, 0, 1) + offset * 86_400_000).toISOString().slice(0, 10);
}

function user(id: string, n: number): Row {
  return [
    ...[id, `user${n}@example.org`, n % 9 === 0 ? null : `User ${n % 23}`, at(countries, n * 3)],
    ...[n % 7 === 0 ? null : (n * 13) % 80, n % 5 === 0 ? null : `${((n * 7919) % 20_000) / 8}`],
    n % 11 === 0 ? null : at(['NaN', 'Infinity', '-0', '0.1', '-2.5e10', '1e-300'], n),
    n % 4 === 0 ? null : n % 2 === 0 ? 't' : 'f',
    `${day(n % 50)} 0${n % 10}:00:00+00`,
    n % 6 === 0 ? null : day(-n * 97),
    n % 3 === 0 ? null : `{a${n % 4},"b c"}`,
    n % 3 === 1 ? null : `{"n": ${n}, "k": ["x", null]}`,
  ];
}

function order(n: number): Row {
  return [
    ...[n, at(userIds, n * 17), n % 10 === 0 ? null : (n % 12) + 1],
    n % 8 === 0 ? null : `${(n * 311) % 5000}.${String(n % 100).padStart(2, '0')}`,
    n % 13 === 0 ? null : (n % 300) - 150,
    n % 9 === 0 ? null : `${day(n % 40)} ${String(n % 24).padStart(2, '0')}:30:00.${n}`,
    n % 4 === 0 ? null : `note ${n % 6}`,
  ];
}

function payment(n: number): Row {
  return [
    ...[n, at(userIds, n * 29), n % 7 === 0 ? null : n, n % 5 === 0 ? null : (n * 97) % 10_000],
    ...[at(['card', 'cash', null, 'wire'], n), n % 6 === 0 ? null : (n % 17) / 8],
  ];
}

const codes: Row[] = [
  ...['', ' b', 'a', 'A', '123', '0123', '1.0', "it's", 'ä', '日本語', '😀', 'tab\there', 'x y'],
  ...[
    'new\nline',
    '\\N',
    '\\',
    'null',
    'NULL',
    'true',
    '[1,2]',
    '{1,2}',
    '"q"',
    '-5',
    'z'.repeat(80),
  ],
  ...Array.from({ length: 30 }, (_, index) => `code-${index}`),
].map((code, index) => [code, index % 5 === 0 ? null : `label ${index % 7}`, index % 10]);

function docId(n: number): string {
  const hex = ((n * 2_654_435_761) % 4_294_967_296).toString(16).padStart(8, '0');
  return `${hex}-0000-4000-8000-${String(n).padStart(12, '0')}`;
}

const docs: Row[] = [
  ['00000000-0000-0000-0000-000000000000', 'nil', null, '\\x'],
  ['ffffffff-ffff-ffff-ffff-ffffffffffff', 'max', 1, '\\x00ff'],
  ...Array.from({ length: 40 }, (_, n): Row => {
    return [
      docId(n),
      n % 8 === 0 ? null : `title ${n % 9}`,
      n % 20,
      n % 4 ? `\\x0${n % 10}` : null,
    ];
  }),
];

/** Columns of `kinds` behind the key: what each row picks from, NULL among it. */
const kindValues: readonly (readonly Value[])[] = [
  ['t', 'f', null],
  [0, 1, -1, 32_767, -32_768, null],
  [0, 2_147_483_647, -2_147_483_648, 7, null],
  ['9223372036854775807', '-9223372036854775808', 0, 1, '9007199254740993', null],
  ...[
    ['NaN', '0', '0.00', '1.10', '1.1', '-1e30', '1e30', '12345678901234567890123456789.5', null],
    ['0', '-0.0001', '9999999999999999.9999', '0.5', '1', null],
    ['NaN', 'Infinity', '-Infinity', '0', '-0', '1.5', '3.4e38', '1e-40', null],
    ['NaN', 'Infinity', '-Infinity', '0', '-0', '0.1', '1e308', '5e-324', null],
    ['', 'a', 'B', 'b', 'ä', 'zz', 'a b', '日本', null],
    ['', 'x', 'X', 'long enough', 'é', null],
    ['', 'c', 'C', 'cc', 'c  ', null],
    ['apple', 'Banana', 'cherry', 'Äpfel', null],
    ['\\x', '\\x00', '\\xff', '\\x00ff', null],
    ['2026-01-01', '-infinity', 'infinity', '0044-03-15 BC', '9999-12-31', null],
    ['00:00:00', '24:00:00', '12:34:56.789', null],
    ['00:00:00+00', '12:00:00+05', '12:00:00-05', null],
    ['2026-01-01 00:00:00', '-infinity', 'infinity', '1999-12-31 23:59:59.999999', null],
    ['2026-01-01 00:00:00+00', '-infinity', 'infinity', '2026-01-01 01:00:00+02', null],
    ['1 day', '24 hours', '1 mon', '30 days', '-1 year', '0', '00:00:00.000001', null],
  ],
  [docId(1), docId(2), '00000000-0000-0000-0000-000000000000', null],
  ['0', '1', '4294967295', '2147483648', null],
  ['10.0.0.1', '10.0.0.0/8', '::1', '192.168.0.1', null],
  ['{"a": 1}', '[1, 2]', 'null', '"x"', null],
  ['happy', 'sad', 'ok', null],
  ['{1,2}', '{}', '{NULL,3}', null],
  ['$1.00', '-$2.50', null],
];

function kind(n: number): Row {
  return [
    n * 7 - 100,
    ...kindValues.map((values, column) => at(values, n * (column + 1) + column)),
  ];
}

/** Values of each table's rows in the order of its columns. */
const shopRows: Readonly<Record<string, readonly Row[]>> = {
  users: userIds.map((id, n) => user(id, n)),
  orders: Array.from({ length: 320 }, (_, n) => order(n)),
  payments: Array.from({ length: 160 }, (_, n) => payment(n)),
  items: Array.from({ length: 15 }, (_, n) => [
    ...[n + 1, `Item ${n % 5}`, n % 6 === 0 ? null : `${n * 3}.50`, at(categories, n)],
  ]),
  codes,
  docs,
  kinds: Array.from({ length: 90 }, (_, n) => kind(n)),
  small: Array.from({ length: 40 }, (_, n) => [n - 20, `small ${n % 4}`]),
  tiny: Array.from({ length: 30 }, (_, n) => [n - 15, `tiny ${n % 4}`]),
};
