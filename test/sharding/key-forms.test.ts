// What key types read, refuse and hash alike, by form; that the hash is PostgreSQL's is shown in
// test/hash.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PgError } from '../../src/common/pg-error.ts';
import type { HashType } from '../../src/sharding/hash-type.ts';
import { chooseHashType, type KeyTypeDescription } from '../../src/sharding/hash-types.ts';
import { PartitionHash } from '../../src/sharding/partition-hash.ts';

const row = new PartitionHash();
/** A prime: all of the hash counts. */
const shards = 65_521;

function typeOf(key: KeyTypeDescription | number): HashType {
  const choice = chooseHashType(typeof key === 'number' ? { kind: 'base', oid: key } : key);
  if (choice.type === null) throw new Error(choice.reason);
  return choice.type;
}

function shardOf(key: KeyTypeDescription | number, text: string): number {
  row.begin();
  row.addText(typeOf(key), text);
  return row.shard(shards);
}

function sqlstateOf(oid: number, text: string): string {
  try {
    shardOf(oid, text);
  } catch (error) {
    assert.ok(error instanceof PgError);
    return error.sqlstate;
  }
  return 'read';
}

const unproven: readonly (readonly [type: string, oid: number, texts: readonly string[]])[] = [
  ['date', 1082, ['01/02/2024', '2024-1-2', 'today', '20240102', 'Jan 2 2024', '2024-02-30', '']],
  ['time', 1083, ['10:11 PM', 'now', '24:00:01', '10:60', '10:11:60', '101112']],
  ['timetz', 1266, ['10:11:12', '10:11:12 UTC', '10:11:12+16', '10:11:12+01:60']],
  ['timestamp', 1114, ['2024-01-02 10:11:12.1234567', 'now', '2024-01-02 10:11 Europe/Berlin']],
  [
    'timestamptz',
    1184,
    [
      '2024-01-02 10:11:12',
      '2024-01-02',
      '2024-01-02 10:11:12 CET',
      '2024-01-02 10:11:12+0100:30',
      'epoch',
    ],
  ],
  [
    'interval',
    1186,
    ['-1 years 2 mons', '-1 days 01:00:00', 'P1D', '1 hour', '1-2', '@ 1 day', ''],
  ],
  ['numeric', 1700, ['0x1F', '1_000', `1e${20_000}`]],
  ['float8', 701, ['0x1p3']],
  ['"char"', 18, ['é', '\\101']],
  ['inet', 869, ['10.1', '010.1.1.1', '10.1.1.1/08', ' 10.1.1.1', 'fe80::1%eth0', '1.2.3.4/']],
  ['cidr', 650, ['10', '192.168/16']],
  ['macaddr', 829, ['8:0:2b:1:2:3', '08:00-2b:01:02:03', '08:00:2b:01:02:03:04:05']],
  ['oid', 26, ['-1', '010', '0x10', '']],
  ['oidvector', 30, ['1 010', '1  2', '-1']],
  ['tid', 27, ['( 1,2)', '(1,99999)']],
  ['text[]', 1009, ['{a,NULL}', '{null}']],
  ['jsonb', 3802, ['['.repeat(600) + ']'.repeat(600)]],
];
const invalid: readonly (readonly [type: string, oid: number, texts: readonly string[]])[] = [
  ['integer', 23, ['', '1.0', 'one', '1 2']],
  ['boolean', 16, ['', '2', 'o', 'tt', 'yess']],
  ['numeric', 1700, ['', '.', '1e', '--1', '1 2', 'infinit', '+nan']],
  ['float8', 701, ['', '.', '1e', 'abc']],
  ['uuid', 2950, ['', '6ba7b810-9dad-11d1-80b4-00c04fd4']],
  ['bytea', 17, ['\\x0', '\\xzz', '\\8', '\\']],
  ['cidr', 650, ['10.1.2.3/8', '10.0.0.0/33']],
  ['pg_lsn', 3220, ['', '0', '123456789/0', 'G/0']],
  [
    'jsonb',
    3802,
    ['', '{', '[1,]', '{"a"}', '01', "'a'", 'nul', '"\\u0000"', '"\\ud800"', '1 2', '"\n"'],
  ],
  ['integer[]', 1007, ['', '{', '{1', '1', '{1}}', '{1,,2}', '{,1}', '{"1"2}', '{1}{2}']],
  ['int4range', 3904, ['', '[1,2', '[2,1]', '1,2', '[1,2,3]', 'emptyy', '[1;2]']],
  ['int4multirange', 4451, ['', '{[1,2)', '{[1,2),}', '{1}', '{[1,2) [3,4)}']],
];

for (const [type, oid, texts] of unproven) {
  test(`${type} in forms that servers may read differently is refused with 0A000`, () => {
    for (const text of texts) assert.equal(sqlstateOf(oid, text), '0A000', JSON.stringify(text));
  });
}

for (const [type, oid, texts] of invalid) {
  test(`what is no ${type} is refused with 22P02`, () => {
    for (const text of texts) assert.equal(sqlstateOf(oid, text), '22P02', JSON.stringify(text));
  });
}

test('numbers out of range are refused with 22003', () => {
  const texts: readonly (readonly [oid: number, text: string])[] = [
    ...([
      [21, '32768'],
      [21, '-32769'],
      [23, '2147483648'],
      [23, '-2147483649'],
    ] as const),
    ...([
      [20, '9223372036854775808'],
      [26, '4294967296'],
      [5069, '18446744073709551616'],
    ] as const),
    ...([
      [700, '1e39'],
      [700, '1e-50'],
      [701, '1e400'],
      [701, '-1e-400'],
    ] as const),
  ];
  for (const [oid, text] of texts) assert.equal(sqlstateOf(oid, text), '22003', `${oid}: ${text}`);
});

test('equal values of one operator family have one shard', () => {
  const families: readonly (readonly [oids: readonly number[], texts: readonly string[]])[] = [
    [
      [21, 23, 20],
      ['0', '-1', '32767', '-32768'],
    ],
    [
      [700, 701],
      ['0', '-0', '1.5', '-0.25', 'NaN', 'Infinity', '16777216'],
    ],
    [
      [25, 1043, 19],
      ['', 'a', 'a ', 'é'],
    ],
    [
      [869, 650],
      ['10.0.0.0/8', '1.2.3.4', '::/0'],
    ],
    [
      [1009, 1015],
      ['{a,b}', '{}'],
    ],
  ];
  for (const [oids, texts] of families) {
    const types = oids.map(typeOf);
    assert.equal(new Set(types.map(({ family }) => family)).size, 1);
    for (const text of texts) {
      assert.equal(new Set(oids.map(oid => shardOf(oid, text))).size, 1, `${oids}: ${text}`);
    }
  }
});

test('types that no equality joins are of different families', () => {
  const oids = [
    20, 26, 28, 25, 1042, 17, 701, 1700, 1114, 1184, 1083, 1266, 1007, 1009, 3904, 3926,
  ];
  const families = oids.map(oid => typeOf(oid).family);
  assert.equal(new Set(families).size, oids.length);
});

test('equal values in different spellings have one shard', () => {
  const equal: readonly (readonly [oid: number, texts: readonly string[]])[] = [
    [1700, ['1', '1.0', '01.000', '1e0', '10e-1', ' +1 ']],
    [701, ['0', '-0', '0e5', '-.0']],
    [1042, ['a', 'a ', 'a   ']],
    [1186, ['1 mon', '30 days', '720:00:00', '29 days 24:00:00']],
    [1184, ['2024-01-01 00:00:00+00', '2023-12-31T19:00:00-05', '2024-01-01T05:30:00.000+0530']],
    [17, ['\\x6162', 'ab', '\\141b', '\\x61 62']],
    [869, ['::ffff:1.2.3.4', '::FFFF:102:304', '0:0:0:0:0:ffff:0102:0304/128']],
    [3802, ['{"a":1,"b":[1.0]}', '{ "b" : [1] , "a":2, "a" : 1.00 }']],
    [1007, ['{1,2}', '[5:6]={1,2}', '{{1},{2}}', '{ "1" , 2 }']],
    [3904, ['[1,3]', '[1,4)', '(0,4)', '(0,3]']],
    [3904, ['empty', '[1,1)', '(1,2)', '(1,1)']],
    [3906, ['[1,1]', '[1.0,1.00]']],
    [4451, ['{[1,3),[3,5)}', '{[3,4],[1,2],empty}', '{[1,5)}']],
    [4532, ['{[1,2),[2,3]}', '{(1.5,3],[1,2]}']],
    [3912, ['[2024-02-28,2024-03-01)', '(2024-02-27,2024-02-29]']],
  ];
  for (const [oid, texts] of equal) {
    assert.equal(new Set(texts.map(text => shardOf(oid, text))).size, 1, `${oid}: ${texts}`);
  }
});

test('a column modifier rounds what goes in, and leaves what is compared', () => {
  const numeric = { kind: 'base', oid: 1700, typmod: (10 << 16) + 2 + 4 } as const;
  assert.equal(shardOf(numeric, '1.005'), shardOf(1700, '1.01'));
  assert.notEqual(shardOf(1700, '1.005'), shardOf(1700, '1.01'));
  const array = { kind: 'base', oid: 1231, typmod: numeric.typmod } as const;
  assert.equal(shardOf(array, '{1.005}'), shardOf(1231, '{1.01}'));
  const varchar = { kind: 'base', oid: 1043, typmod: 3 + 4 } as const;
  assert.equal(shardOf(varchar, 'ab   '), shardOf(1043, 'ab '));
  const yearToMonth = chooseHashType({ kind: 'base', oid: 1186, typmod: (6 << 16) | 0xffff });
  assert.equal(yearToMonth.type, null);
});

test('types that hash by numbers of each server are refused, also inside others', () => {
  const mood = { kind: 'enum', name: 'mood' } as const;
  const keys: readonly KeyTypeDescription[] = [
    mood,
    { kind: 'array', element: mood },
    { kind: 'domain', base: mood },
    { kind: 'record', name: 'pair', columns: [{ kind: 'base', oid: 23 }, mood] },
    { kind: 'base', oid: 2205 },
    { kind: 'base', oid: 1033 },
  ];
  for (const key of keys) {
    const choice = chooseHashType(key);
    assert.ok(choice.type === null);
    assert.match(choice.reason, /its OID, which every server gives out for itself/);
  }
});

test('types without a hash operator class and ranges of unknown order are refused', () => {
  const keys: readonly KeyTypeDescription[] = [
    ...[114, 142, 600, 790, 1560, 1562, 3614, 16_500].map(oid => ({ kind: 'base', oid }) as const),
    { kind: 'range', name: 'textrange' },
    { kind: 'multirange', name: 'textmultirange' },
  ];
  for (const key of keys) assert.equal(chooseHashType(key).type, null);
});

test('a row whose key is all NULL lies on shard 0', () => {
  row.begin();
  assert.equal(row.shard(64), 0);
});
