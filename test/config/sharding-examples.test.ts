// The examples of docs/sharding.md are configurations that load.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { loadText, problemsOf, twoShards } from './write-config.ts';

const page = readFileSync(new URL('../../docs/sharding.md', import.meta.url), 'utf8');
const examples = [...page.matchAll(/```toml\n(.*?)```/gs)].map(([, text]) => text!);
const thirdShard = `${twoShards}\n[[databases]]\nname = "shop"\nhost = "10.0.0.3"\nshard = 2\n`;

test('the examples of docs/sharding.md have neither errors nor warnings', () => {
  assert.equal(examples.length, 3);
  for (const example of examples) {
    assert.deepEqual(problemsOf(thirdShard + example), { errors: [], warnings: [] });
  }
});

test('keys, types and mappings of the examples are read as they say', () => {
  const { config } = loadText(thirdShard + examples.join(''));
  const tables = config.databases.get('shop')!.shardedTables;
  assert.deepEqual(
    tables.map(({ columns, dataTypes }) => [columns, dataTypes]),
    [
      [['customer_id'], ['bigint']],
      [['country'], ['varchar']],
      [
        ['year', 'region'],
        ['integer', 'text'],
      ],
      [['email'], ['bigint']],
      [['tenant_id'], [null]],
    ],
  );
  assert.deepEqual(
    tables.map(({ lookupQuery }) => lookupQuery === null),
    [true, true, true, false, false],
  );
  assert.equal(tables[4]!.lookupResult, 'shard');
  assert.deepEqual(tables[1]!.mapping?.lists[1], { values: ['us', 'ca', null], shard: 1 });
  assert.equal(tables[1]!.mapping?.defaultShard, 2);
  assert.equal(tables[2]!.mapping?.ranges.length, 3);
});
