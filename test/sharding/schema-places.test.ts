// Where schemas lie: by name, for all others, for none.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SchemaPlaces } from '../../src/sharding/schema-places.ts';

const named = [
  { name: 'a', shard: 1, all: false },
  { name: 'everywhere', shard: 0, all: true },
];

test('a schema lies where its entry says, others are not placed', () => {
  const places = new SchemaPlaces(named);
  assert.equal(places.placeOf('a'), 1);
  assert.equal(places.placeOf('everywhere'), 'all');
  assert.equal(places.placeOf('public'), null);
  assert.equal(places.shardOf('everywhere'), null);
});

test('an entry without a name is for all others, but those of PostgreSQL', () => {
  const places = new SchemaPlaces([{ name: null, shard: 2, all: false }, ...named]);
  assert.equal(places.placeOf('public'), 2);
  assert.equal(places.placeOf('a'), 1);
  assert.equal(places.placeOf('everywhere'), 'all');
  for (const schema of ['pg_catalog', 'information_schema', 'pg_temp_3', 'pg_toast']) {
    assert.equal(places.placeOf(schema), null);
  }
});
