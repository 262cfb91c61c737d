// Placement of every key type against vectors that record-type-vectors.ts took from a real server:
// both wire forms of a value give the partition that it was found in.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { PgError } from '../../src/common/pg-error.ts';
import { chooseHashType, hashTypeOids } from '../../src/sharding/hash-types.ts';
import { PartitionHash } from '../../src/sharding/partition-hash.ts';
import { hashTypeOf, keySamples } from './compat.ts';

type Vector = readonly [text: string, binary: string, partition: number];

const { partitions, types } = JSON.parse(
  readFileSync(new URL('./type-vectors.json', import.meta.url), 'utf8'),
) as { partitions: number; types: Record<string, readonly Vector[]> };
const hash = new PartitionHash();

for (const { columnType, compared } of keySamples) {
  test(`${columnType} keys lie where the server put them, in text and in binary form`, () => {
    const type = hashTypeOf(compared);
    const vectors = types[columnType]!;
    assert.ok(vectors.length >= 3);
    let refused = 0;
    for (const [text, binary, partition] of vectors) {
      hash.begin();
      const bytes = Buffer.from(binary, 'hex');
      hash.addBinary(type, bytes, 0, bytes.length);
      assert.equal(hash.shard(partitions), partition, `${text} as ${binary}`);
      hash.begin();
      try {
        hash.addText(type, text);
      } catch (error) {
        assert.ok(error instanceof PgError && error.id === 'keyFormUnproven');
        refused++;
        continue;
      }
      assert.equal(hash.shard(partitions), partition, text);
    }
    assert.ok(refused * 5 < vectors.length, `${refused} of ${vectors.length} texts refused`);
  });
}

test('a binary form of any length is read or refused with an error of PostgreSQL', () => {
  for (const oid of hashTypeOids()) {
    const choice = chooseHashType({ kind: 'base', oid });
    assert.ok(choice.type !== null);
    for (let length = 0; length < 24; length++) {
      hash.begin();
      try {
        hash.addBinary(choice.type, Buffer.alloc(length), 0, length);
      } catch (error) {
        assert.ok(error instanceof PgError, `${choice.type.name}: ${error}`);
        assert.ok(['22P03', '22P02', '0A000'].includes(error.sqlstate), error.message);
      }
    }
  }
});
