// The worlds of the analytics corpus: a star schema (sales by customer, dimensions whole on every
// shard) and one wide table of events with 100 columns. `ROWS` tells how many facts and events.

import { at, clock, day, type Row, scattered, schemaOf, times, type World } from './world.ts';

const rowCount = Number(process.env['ROWS'] ?? 3000);
/** About as many rows for each customer, however many there are in all. */
const customerCount = Math.max(180, Math.floor(rowCount / 20));

function sale(n: number): Row {
  return [
    ...[n, scattered(n * 3 + 1, customerCount), n % 37 === 0 ? null : scattered(n, 40)],
    ...[scattered(n + 5, 12), scattered(n * 7, 365), n % 3 === 0 ? scattered(n, 6) : null],
    ...[
      n % 41 === 0 ? null : 1 + scattered(n, 9),
      `${scattered(n, 300)}.${at(['99', '50', '05'], n)}`,
    ],
    ...[n % 4 === 0 ? `0.${at(['10', '25', '05'], n >> 2)}` : null, `${scattered(n, 120)}.40`],
  ];
}

export const star: World = {
  schema: schemaOf('star'),
  sharded: ['customers.id', 'sales.customer_id'],
  omnisharded: ['products', 'stores', 'dates', 'promos'],
  rows: {
    products: times(42, n => [
      ...[n, `product ${(n * 5) % 42}`, at(['food', 'toys', 'books', null], n)],
      ...[at(['Acme', 'bolt', 'Core'], n), n % 9 ? `${n * 3}.95` : null],
    ]),
    stores: times(14, n => [
      ...[n, `store ${n}`, at(['Ulm', 'Köln', 'Bern', 'Aix'], n), at(['north', 'south', null], n)],
      n % 5 ? day(-n * 200) : null,
    ]),
    dates: times(365, n => [
      ...[n, day(n), Number(day(n).slice(5, 7)), Math.ceil(Number(day(n).slice(5, 7)) / 3)],
      ...[2026, (n + 4) % 7],
    ]),
    promos: times(7, n => [n, n % 4 ? `promo ${n}` : null, at(['web', 'mail', null], n)]),
    customers: times(customerCount + 20, n => [
      ...[n, `Customer ${(n * 11) % (customerCount + 20)}`, at(['retail', 'trade', null], n)],
      ...[at(['de', 'fr', 'ch', null, 'at'], n * 3), n % 8 ? day(-n * 9) : null],
    ]),
    sales: times(rowCount, sale),
  },
};

/** `prefix01 type, prefix02 type …` */
function columns(prefix: string, count: number, type: string): string {
  return Array.from(
    { length: count },
    (_, index) => `${prefix}${String(index + 1).padStart(2, '0')} ${type}`,
  ).join(', ');
}

const words = ['red', 'Green', 'blue', null, '', 'äther', 'long enough to matter', 'blue '];
const [integers, floats, texts, flags, decimals] = [40, 20, 15, 10, 9];

function wideRow(n: number): Row {
  const many = (count: number, value: (column: number) => Row[number]): Row =>
    Array.from({ length: count }, (_, column) => value(column + 1));
  return [
    ...[
      n,
      scattered(n + 11, customerCount - 30),
      `00000000-0000-4000-8000-${String(n % 700).padStart(12, '0')}`,
    ],
    ...[`${day(scattered(n, 120))} ${clock(n * 1009)}+00`, day(scattered(n, 120))],
    at(['view', 'click', 'buy', null, 'Refund'], scattered(n * 5, 10)),
    ...many(integers, c => ((n + c) % 19 === 0 ? null : scattered(n * c, 50 * c) - c)),
    ...many(floats, c => ((n + c) % 23 === 0 ? null : (scattered(n + c, 800) - 100) / 8)),
    ...many(texts, c => at(words, scattered(n + c, 8 * c))),
    ...many(flags, c =>
      (n + c) % 17 === 0 ? null : scattered(n, 100) % (c + 1) === 0 ? 't' : 'f',
    ),
    ...many(decimals, c => ((n * c) % 29 === 0 ? null : `${scattered(n * c, 5000)}.${100 + c}`)),
  ];
}

export const wide: World = {
  schema: `CREATE TABLE wide (
    id bigint NOT NULL, customer_id bigint NOT NULL, session uuid, at timestamptz, day date,
    kind text COLLATE "C",
    ${columns('i', integers, 'int')}, ${columns('f', floats, 'float8')},
    ${columns('t', texts, 'text COLLATE "C"')}, ${columns('b', flags, 'boolean')},
    ${columns('n', decimals, 'numeric(12,3)')},
    PRIMARY KEY (customer_id, id))`,
  sharded: ['wide.customer_id'],
  omnisharded: [],
  rows: { wide: times(rowCount, wideRow) },
};
