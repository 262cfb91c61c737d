// The worlds beside the shop: devices and their events, a multi-tenant task list, a table of all
// types, a star schema and one wide table of events. Floats are multiples of 1/8, so that sums do
// not depend on their order.

import { at, clock, day, type Row, scattered, schemaOf, times, type World } from './world.ts';

const kinds = ['open', 'close', 'error', null, 'Warn', 'warn', 'ping'];

function event(n: number): Row {
  return [
    ...[n, 1 + scattered(n, 45), `${day(scattered(n + 7, 60))} ${clock(n * 977)}+00`, at(kinds, n)],
    ...[n % 11 === 0 ? null : scattered(n, 6), n % 9 === 0 ? null : (scattered(n, 900) - 300) / 8],
    n % 10 === 0
      ? null
      : `${scattered(n, 100_000) - 20_000}.${String(n % 10_000).padStart(4, '0')}`,
    n % 6 === 0 ? null : n % 5 === 0 ? '{}' : `{t${n % 4},"b ${n % 3}"}`,
    n % 7 === 0 ? null : `{"n": ${n % 5}, "who": "u${n % 3}", "list": [${n % 2}, null]}`,
    n % 8 === 0 ? null : at(['10.0.0.1', '10.0.0.0/8', '192.168.1.7', '::1', '10.0.0.2'], n),
    n % 13 === 0 ? null : n % 3 === 0 ? 't' : 'f',
  ];
}

export const events: World = {
  schema: schemaOf('events'),
  sharded: ['devices.id', 'events.device_id', 'readings.device_id'],
  omnisharded: ['regions'],
  rows: {
    regions: times(9, n => [n, `region ${n}`, n < 3 ? null : n % 3, at(['n', 's', null], n)]),
    devices: times(50, n => [
      ...[n, `device ${(n * 7) % 50}`, at(['cam', 'lock', null, 'Meter'], n)],
      ...[n % 12 === 0 ? null : n % 11, n % 5 === 0 ? null : day(-n * 31), n % 6 ? n / 8 : null],
    ]),
    events: times(400, event),
    readings: times(300, n => [
      ...[n % 48, `${day(Math.floor(n / 48))} ${clock(n * 613)}`, n % 4],
      ...[n % 9 ? scattered(n, 80) / 8 : null, n % 7 ? scattered(n * 3, 80) / 8 : null],
      n % 5
        ? at(['1.0', '1.00', '2.5', '-3', '1e20', '0.0001', '12345678901234567890.125'], n)
        : null,
    ]),
  },
};

function task(n: number): Row {
  const [tenant, id] = [1 + (n % 17), 1 + Math.floor(n / 17)];
  return [
    ...[tenant, id, n % 9 === 0 ? null : 1 + (n % 4), n % 14 === 0 ? null : `Task ${n % 31}`],
    ...[at(['open', 'done', null, 'blocked', 'open', 'dropped'], n + id), n % 5 ? n % 4 : null],
    ...[n % 6 ? `${scattered(n, 40)}.${at(['25', '50', '00'], n)}` : null, day(scattered(n, 90))],
    ...[n % 4 ? 1 + (n % 5) : null, id > 3 && n % 3 ? 1 + (n % 3) : null],
  ];
}

export const tenants: World = {
  schema: schemaOf('tenants'),
  sharded: ['tenants.id', 'projects.tenant_id', 'members.tenant_id', 'tasks.tenant_id'],
  omnisharded: ['plans'],
  rows: {
    plans: () => [
      ...[['free', '0.00', 3] as const, ['pro', '49.00', 20] as const],
      ['team', '19.50', null] as const,
    ],
    tenants: times(20, n => [
      ...[n, `Tenant ${(n * 3) % 20}`, at(['free', 'pro', null, 'gone', 'team'], n)],
      n % 6 === 0 ? null : day(-n * 40),
    ]),
    projects: times(60, n => [
      ...[1 + (n % 18), 1 + Math.floor(n / 18), n % 8 ? `Project ${n % 7}` : null],
      n % 5 ? at(['1000', '1000.00', '250.5', '-1', '99999999999999999999.5'], n) : null,
    ]),
    members: times(90, n => [
      ...[
        1 + (n % 19),
        1 + Math.floor(n / 19),
        n % 10 ? at(['Ann', 'bob', 'Çem', 'ann'], n) : null,
      ],
      ...[at(['admin', 'guest', 'user', null], n * 3), `${day(-n)} ${clock(n * 331)}+00`],
    ]),
    tasks: times(260, task),
  },
};

/** Columns of `forms` behind the key: what each row picks from, NULL among it. */
const formValues: readonly (readonly (string | null)[])[] = [
  ['t', 'f', null],
  ['NaN', 'Infinity', '-Infinity', '1.0', '1.00', '-0.5', '0', '1e40', '3e-20', null],
  ['1.0000', '-2.5', '99999999.9999', '0', null],
  ['NaN', 'Infinity', '-Infinity', '0', '-0', '1.25', '-3.5', null],
  ['NaN', 'Infinity', '-Infinity', '0', '-0', '1e300', '-2.125', '5e-324', null],
  ['a', 'a  ', 'B', 'ab', '', 'z', null],
  ['', 'a', 'a ', 'B', 'é', null],
  ['apple', 'Apple', 'äpfel', 'zebra', 'Zoo', 'résumé', 'resume', '', null],
  ['x', 'X', 'ab', 'AB', 'y', null],
  ['Key', 'key', 'KEY', 'other', 'Other', null],
  ['alpha', 'beta', 'Gamma', null],
  ['a', 'b', 'Z', null],
  ['blue', 'red', 'amber', 'green', null],
  ['10.0.0.1', '10.0.0.0/8', '9.255.0.1', '::1', '2001:db8::/32', '10.0.0.1/8', null],
  ['10.0.0.0/8', '10.0.0.0/16', '192.168.0.0/24', '::/0', null],
  ['08:00:2b:01:02:03', '08:00:2b:01:02:04', 'ff:00:00:00:00:01', null],
  ['{"b": 1, "a": 2}', '[1,  2]', 'null', '"s"', null],
  ['{"b": 1, "a": 2}', '[1, 2]', 'null', '"s"', '1.0', '1.00', '[]', '{}', 'true', null],
  ['{1,2}', '{}', '{NULL,3}', '{1,2,0}', '{{1,2},{3,4}}', '{2}', null],
  ['{1.0,2}', '{1.00,2}', '{NaN}', '{}', null],
  ['{a,B}', '{"a b",NULL}', '{}', '{b}', null],
  ['(1,x)', '(1,)', '(,x)', '(2,"a b")', '(,)', null],
  ['1', '2', '2147483647', null],
  ['first', 'Second', '', null],
  ['0000', '1010', '1111', null],
  ['', '1', '10', '0001', null],
  ['[1,5)', 'empty', '(,3)', '[1,)', '[1,5]', null],
  ['["2026-01-01 00:00+00","2026-02-01 00:00+00")', 'empty', '(,)', null],
  ['{[1,3),[5,7)}', '{}', '{[1,2)}', null],
  ['1 mon', '30 days', '720:00:00', '-1 year', '0', 'infinity', '-infinity', '1 day', null],
  ['00:00:00+00', '12:00:00+05', '07:00:00+00', '24:00:00-08', null],
  ['2026-01-01', '-infinity', 'infinity', '0044-03-15 BC', '5874897-12-31', null],
  ['2026-01-01 00:00:00', '-infinity', 'infinity', '1999-12-31 23:59:59.999999', null],
  ['2026-01-01 00:00:00+00', 'infinity', '2026-01-01 01:00:00+02', '-infinity', null],
  ['\\x', '\\x00', '\\xff', '\\x00ff', '\\x7f80', null],
  ['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-4fff-bfff-ffffffffffff', null],
  ['$1.00', '-$2.50', '$0.00', null],
  ['0', '1', '4294967295', '2147483648', null],
  ['0/0', '16/B374D848', 'FFFFFFFF/FFFFFFFF', '1/0', null],
  ['(0,0)', '(1,-1)', null],
  ["'a':1 'b':2", "'c'", null],
  ['a=>1,b=>NULL', '', null],
];

export const forms: World = {
  schema: schemaOf('forms'),
  sharded: ['forms.id'],
  omnisharded: [],
  rows: {
    forms: times(72, n => [
      n * 5 - 60,
      ...formValues.map((values, column) => at(values, n * (1 + (column % 3)) + (n >> 3) + column)),
    ]),
  },
};
