// Placement of keys that a query translates: which keys it wants, what it makes of answers, and how
// many of them it keeps.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ShardedTable } from '../../src/config/topology.ts';
import { choosePlacement } from '../../src/sharding/choose-placement.ts';
import { FoundKeys, KeyUnknown, LookupCache } from '../../src/sharding/lookup-cache.ts';
import { LookupPlacement } from '../../src/sharding/lookup-placement.ts';
import { type KeyBytes, noShard } from '../../src/sharding/placement.ts';
import { typeOid } from '../../src/types/type-oid.ts';
import { keyColumn, mustPlace, shardedTable } from './sharded-table.ts';

const query = 'SELECT x FROM t WHERE k = $1';

function placed(oid: number, more: Partial<ShardedTable>, cache: LookupCache): LookupPlacement {
  const table = shardedTable({ columns: ['k'], lookupQuery: query, ...more });
  const choice = choosePlacement(table, [keyColumn(oid)], 4, { table: 't', cache });
  assert.ok(choice.placement instanceof LookupPlacement);
  return choice.placement;
}

function key(text: string, type = 0): KeyBytes {
  const bytes = Buffer.from(text);
  return { kind: 'text', bytes, start: 0, end: bytes.length, type };
}

test('equal keys of every form are wanted under one text, each once', () => {
  const cache = new LookupCache(10_000);
  const numbers = placed(typeOid.int4, { lookupResult: 'shard' }, cache);
  const uuids = placed(typeOid.uuid, { lookupResult: 'shard' }, cache);
  const outcome = cache.collect(new FoundKeys(), () => {
    numbers.shardOfText(' 007 ', false);
    numbers.shardOfBinary(Buffer.from([0, 0, 0, 7]), 0, 4, true);
    numbers.shardsOf([[key('7', typeOid.int8), key('8'), { kind: 'is-null' }]]);
    uuids.shardOfText('{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}', true);
    uuids.shardOfRow([key('a0eebc999c0b4ef8bb6d6bb9bd380a11')]);
  });
  assert.ok('wanted' in outcome);
  const wanted = [...outcome.wanted].map(([table, keys]) => [table, [...keys]]);
  assert.deepEqual(wanted, [
    [numbers, ['7', '8']],
    [uuids, ['a0eebc999c0b4ef8bb6d6bb9bd380a11']],
  ]);
  assert.equal(numbers.parameterType, typeOid.int4);
});

test('an unknown key throws where nobody collects, and a found one does not', () => {
  const cache = new LookupCache(10_000);
  const table = placed(typeOid.text, { lookupResult: 'shard' }, cache);
  assert.throws(() => table.shardOfText('a', false), KeyUnknown);
  const found = new FoundKeys();
  found.add(table.print, 'a', 3);
  assert.equal(
    cache.with(found, () => table.shardOfText('a', false)),
    3,
  );
  assert.throws(() => table.shardOfText('a', false), KeyUnknown);
  cache.add(table.print, 'a', 2);
  assert.equal(table.shardOfText('a', false), 2);
  cache.clear();
  assert.throws(() => table.shardOfText('a', false), KeyUnknown);
});

test('NULL, and integers that the column cannot hold, have no shard and are not asked for', () => {
  const table = placed(typeOid.int2, { lookupResult: 'shard' }, new LookupCache(10_000));
  assert.equal(table.shardOfRow([null]), noShard);
  assert.equal(table.shardOfText('32768', false), noShard);
  assert.deepEqual(table.shardsOf([[key('70000', typeOid.int4), { kind: 'is-null' }]]), []);
  assert.equal(table.shardsOf([[{ kind: 'range', lower: null, upper: null }]]), null);
  assert.equal(table.shardsOf([null]), null);
});

test('an answer is placed by the function of its type, or is the shard', () => {
  const cache = new LookupCache(10_000);
  const byHash = placed(typeOid.text, { dataTypes: ['bigint'] }, cache);
  const hash = mustPlace(shardedTable({ columns: ['x'] }), [keyColumn(typeOid.int8)], 4);
  for (const value of ['0', '1', '42', '-7', '123456789012']) {
    const type = value.length > 9 ? typeOid.int8 : typeOid.int4;
    assert.equal(byHash.shardOfAnswer('k', value, type), hash.shardOfText(value, true));
  }
  assert.throws(() => byHash.shardOfAnswer('k', 'x', typeOid.text), /cannot be placed/);
  assert.throws(() => byHash.shardOfAnswer('k', null, typeOid.int8), /failed: NULL for key "k"/);
  const byShard = placed(typeOid.text, { lookupResult: 'shard' }, cache);
  assert.equal(byShard.shardOfAnswer('k', '3', typeOid.int4), 3);
  for (const answer of ['4', '-1', '1.0', '', 'x', '99999999']) {
    assert.throws(() => byShard.shardOfAnswer('k', answer, typeOid.int4), /is no shard/);
  }
});

test('tables share keys if key type, query and function are the same', () => {
  const cache = new LookupCache(10_000);
  const print = (oid: number, more: Partial<ShardedTable>) => placed(oid, more, cache).print;
  const bigint = { dataTypes: ['bigint'] as const };
  assert.equal(print(typeOid.text, bigint), print(typeOid.varchar, bigint));
  assert.notEqual(print(typeOid.int4, bigint), print(typeOid.int8, bigint));
  assert.notEqual(print(typeOid.text, bigint), print(typeOid.text, {}));
  assert.notEqual(print(typeOid.text, {}), print(typeOid.text, { lookupResult: 'shard' }));
  assert.notEqual(
    print(typeOid.text, {}),
    print(typeOid.text, { lookupQuery: `${query} LIMIT 1` }),
  );
  assert.notEqual(print(typeOid.text, {}), print(typeOid.text, { hasher: 'sha1' }));
});

test('types whose keys have no one text are refused', () => {
  for (const oid of [typeOid.numeric, typeOid.timestamptz, typeOid.bpchar, typeOid.float8]) {
    const table = shardedTable({ columns: ['k'], lookupQuery: query });
    const choice = choosePlacement(table, [keyColumn(oid)], 4);
    assert.ok(choice.placement === null && /^no .+ is looked up$/.test(choice.reason));
  }
});

test('the cache stays within its bytes and keeps what is used', () => {
  const cache = new LookupCache(20_000);
  for (let i = 0; i < 1_000; i++) {
    cache.add('print', `key ${i}`, i % 4);
    assert.equal(cache.find('print', 'key 0'), 0);
    assert.ok(cache.bytes <= 20_000, `${cache.bytes} bytes`);
  }
  assert.equal(cache.find('print', 'key 999'), 3);
  assert.equal(cache.find('print', 'key 500'), undefined);
  const none = new LookupCache(0);
  none.add('print', 'key', 1);
  assert.equal(none.find('print', 'key'), undefined);
});
