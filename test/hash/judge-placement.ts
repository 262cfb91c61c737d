// Every form of the keys that PostgreSQL stored, given to a placement: the shard has to be the one
// that the row's partition stands for.

import { PgError } from '../../src/common/pg-error.ts';
import { type KeyBytes, noShard, type Placement } from '../../src/sharding/placement.ts';

/** The key of a row, null for NULL. */
export interface KeyForms {
  /** As it was put in, as the server prints it, as its send function gives it (hexadecimal). */
  readonly input: string | null;
  readonly text: string | null;
  readonly binary: string | null;
}

export interface Verdict {
  readonly values: number;
  /** Forms compared. */
  readonly forms: number;
  /** Messages of forms that are refused (`keyFormUnproven`). */
  readonly refusals: readonly string[];
  readonly mismatches: readonly string[];
}

/** Written as it was put in, looked for as it came back. */
const ways: readonly (readonly [
  string,
  (placement: Placement, keys: readonly KeyForms[]) => number,
])[] = [
  ['row put in', (placement, keys) => placement.shardOfRow(keys.map(({ input }) => text(input)))],
  ['text put in', shardOfText],
  [
    'text that came back',
    (placement, keys) =>
      found(
        placement,
        keys.map(key => text(key.text)),
      ),
  ],
  ['binary form', shardOfBinary],
];

/** `rows`: keys with the shard that they lie on, or `noShard`. */
export function judgePlacement(
  placement: Placement,
  rows: readonly { readonly shard: number; readonly keys: readonly KeyForms[] }[],
): Verdict {
  const mismatches: string[] = [];
  const refusals: string[] = [];
  for (const { shard: expected, keys } of rows) {
    for (const [way, shardOf] of ways) {
      const what = `${way} of ${JSON.stringify(keys)}`;
      try {
        const shard = shardOf(placement, keys);
        if (shard !== expected) mismatches.push(`${what}: shard ${shard}, not ${expected}`);
      } catch (error) {
        const isRefused = error instanceof PgError && error.id === 'keyFormUnproven';
        if (isRefused) refusals.push(error.message);
        else mismatches.push(`${what}: ${error}`);
      }
    }
  }
  return { values: rows.length, forms: rows.length * ways.length, refusals, mismatches };
}

function shardOfText(placement: Placement, keys: readonly KeyForms[]): number {
  const [{ input = null } = {}] = keys;
  if (keys.length === 1 && input !== null) return placement.shardOfText(input, true);
  return placement.shardOfRow(keys.map(key => text(key.input)));
}

function shardOfBinary(placement: Placement, keys: readonly KeyForms[]): number {
  const values = keys.map(key => bytesOf('binary', key.binary, 'hex'));
  const shard = found(placement, values);
  const [only] = values;
  if (values.length !== 1 || only == null) return shard;
  const direct = placement.shardOfBinary(only.bytes, only.start, only.end, false);
  if (direct !== shard) throw new Error(`shard ${direct} directly, ${shard} in a predicate`);
  return shard;
}

/** The shard of `a = … AND b = …`, IS NULL where the key is NULL. */
function found(placement: Placement, values: readonly (KeyBytes | null)[]): number {
  const shards = placement.shardsOf(values.map(value => [value ?? { kind: 'is-null' }]));
  if (shards === null || shards.length > 1) throw new Error(`shards ${shards} of one key`);
  return shards[0] ?? noShard;
}

function text(value: string | null): KeyBytes | null {
  return bytesOf('text', value, 'utf8');
}

/** Between two other bytes, which do not belong to it. */
function bytesOf(
  kind: KeyBytes['kind'],
  value: string | null,
  encoding: 'utf8' | 'hex',
): KeyBytes | null {
  if (value === null) return null;
  const bytes = Buffer.concat([Buffer.from('1'), Buffer.from(value, encoding), Buffer.from('1')]);
  return { kind, bytes, start: 1, end: bytes.length - 1, type: 0 };
}
