// Every type that rows can be placed by, against real tables PARTITION BY HASH, LIST and RANGE: what
// `npm run test:hash-compat` does with more rows.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type pg from 'pg';
import { connect, createTestDatabase, type TestDatabase } from '../support/cluster.ts';
import {
  type Comparison,
  compareMutatedTexts,
  compareSeveralColumns,
  compareTypes,
  keySamples,
} from './compat.ts';
import { compareCasts } from './compat-casts.ts';
import { compareLists, compareRanges } from './compat-mapped.ts';

const seed = Number(process.env.SEED ?? 20_261_121);
const rowsPerType = 80;
const severalColumnTables = 8;
const mappedRows = 60;
const severalRangeTables = 6;

let database: TestDatabase;
let client: pg.Client;

before(async () => {
  database = await createTestDatabase('hash_compat', 1);
  client = await connect(database.oracle);
});

after(async () => {
  await client.end();
  await database.drop();
});

function assertPlaced({ type, mismatches, refusals, forms }: Comparison): void {
  assert.deepEqual(mismatches.slice(0, 5), [], `${type}: ${mismatches.length} of ${forms}`);
  // Only "char" prints what it does not read alike everywhere; see the unit tests for what is refused.
  assert.ok(refusals.length * 10 < forms, `${type}: ${refusals.length} of ${forms} refused`);
}

test(`each type's values lie in the partition that is our shard (seed ${seed})`, async () => {
  let compared = 0;
  for await (const comparison of compareTypes(client, seed, rowsPerType)) {
    assertPlaced(comparison);
    compared++;
  }
  assert.equal(compared, keySamples.length);
});

test(`rows of several key columns lie in the partition of our shard (seed ${seed})`, async () => {
  let compared = 0;
  for await (const comparison of compareSeveralColumns(
    client,
    seed,
    rowsPerType,
    severalColumnTables,
  )) {
    assertPlaced(comparison);
    compared++;
  }
  assert.equal(compared, severalColumnTables);
});

test(`keys of lists and others lie in the partition of our shard (seed ${seed})`, async () => {
  let compared = 0;
  for await (const comparison of compareLists(client, seed, mappedRows)) {
    assertPlaced(comparison);
    compared++;
  }
  assert.ok(compared > 30);
});

test(`values between bounds lie in the partition of our shard (seed ${seed})`, async () => {
  let compared = 0;
  for await (const one of compareRanges(client, seed, mappedRows, severalRangeTables)) {
    assertPlaced(one);
    compared++;
  }
  assert.ok(compared > 30 + severalRangeTables);
});

test(`values of other types lie where their cast puts them (seed ${seed})`, async () => {
  let compared = 0;
  for await (const comparison of compareCasts(client, seed, mappedRows)) {
    assertPlaced(comparison);
    compared++;
  }
  assert.ok(compared > 20);
});

test(`a text with accidents is read as PostgreSQL reads it or refused (seed ${seed})`, async () => {
  let values = 0;
  for await (const comparison of compareMutatedTexts(client, seed, rowsPerType)) {
    assertPlaced(comparison);
    values += comparison.values;
  }
  assert.ok(values > keySamples.length * 50);
});
