// The order by which lists and ranges place rows, against vectors that record-order-vectors.ts took
// from a real server: both wire forms of two values compare as PostgreSQL compared them.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { PgError } from '../../src/common/pg-error.ts';
import { columnOf, orderedSamples } from './compat-mapped.ts';

type Vector = readonly [text: string, binary: string, rank: number];

const { types } = JSON.parse(
  readFileSync(new URL('./order-vectors.json', import.meta.url), 'utf8'),
) as { types: Record<string, readonly Vector[]> };

for (const sample of orderedSamples) {
  test(`${sample.columnType} keys are in the server's order, in text and in binary form`, () => {
    const column = columnOf(sample);
    const vectors = types[sample.columnType]!;
    assert.ok(vectors.length >= 3);
    const read = vectors.flatMap(([text, binary, rank]) => {
      const bytes = Buffer.from(binary, 'hex');
      const values = [column.readBinary(bytes, 0, bytes.length, false)];
      try {
        values.push(column.readText(text, false));
      } catch (error) {
        assert.ok(error instanceof PgError && error.id === 'keyFormUnproven', text);
      }
      return values.map(value => ({ value, rank, text }));
    });
    assert.ok(read.length > vectors.length);
    for (const left of read) {
      for (const right of read) {
        // Plus zero: a sign of -0 is equality, too.
        const order = Math.sign(column.compare(left.value, right.value)) + 0;
        assert.equal(order, Math.sign(left.rank - right.rank), `${left.text} and ${right.text}`);
      }
    }
  });
}
