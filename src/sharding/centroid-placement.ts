// Placement of vectors by the nearest centroid (Euclidean distance): centroid i lies on shard i
// modulo the shards, as in PgDog. A search for neighbours goes to the shards of the nearest few.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { typeOid } from '../types/type-oid.ts';
import { unreadableKey } from './key-form.ts';
import { type KeyBytes, type KeyPart, noShard, type Placement } from './placement.ts';
import { ShardSet } from './shard-set.ts';
import { readVectorBinary, readVectorText } from './vector.ts';

type Vector = readonly number[];

export class CentroidPlacement implements Placement {
  readonly kind = 'centroids';
  readonly columnCount = 1;
  readonly shardCount: number;
  readonly print: string;
  readonly #centroids: readonly Vector[];
  readonly #probes: number;
  readonly #oid: number;

  /** `oid`: of the column's type. `centroids` have one number of dimensions; `probes` null: the root of their number. */
  constructor(
    oid: number,
    centroids: readonly Vector[],
    probes: number | null,
    shardCount: number,
  ) {
    this.#oid = oid;
    this.#centroids = centroids;
    this.#probes = probes ?? Math.ceil(Math.sqrt(centroids.length));
    this.shardCount = shardCount;
    this.print = `centroids ${JSON.stringify(centroids)} ${shardCount}`;
  }

  readsAs(type: number): boolean {
    return type === 0 || type === typeOid.unknown || type === this.#oid;
  }

  shardOfTextBytes(bytes: Buffer, start: number, end: number): number {
    return this.shardOfText(bytes.toString('utf8', start, end));
  }

  shardOfBinary(bytes: Buffer, start: number, end: number): number {
    return this.#nearest(readVectorBinary(bytes, start, end), 1)[0]!;
  }

  shardOfText(text: string): number {
    return this.#nearest(readVectorText(text), 1)[0]!;
  }

  /** NULL is near nothing. */
  shardOfRow([value]: readonly (KeyBytes | null)[]): number {
    if (value === undefined || value === null) return noShard;
    // An array of numbers becomes a vector on its way into the column, by a cast of the extension.
    if (!this.readsAs(value.type)) throw unreadableKey('vector', value.type);
    return this.#nearest(readVector(value), 1)[0]!;
  }

  shardsOf([items]: readonly (readonly KeyPart[] | null)[]): readonly number[] | null {
    if (items === undefined || items === null) return null;
    const shards = new ShardSet(this.shardCount);
    for (const item of items) {
      if (item.kind === 'range') return null;
      if (item.kind !== 'is-null' && !this.readsAs(item.type)) return null;
      if (item.kind !== 'is-null') shards.add(this.shardOfRow([item]));
    }
    return shards.ascending();
  }

  /** Shards on which a search for the neighbours of `value` looks; others may hold nearer rows. */
  shardsNear(value: KeyBytes): readonly number[] {
    const shards = new ShardSet(this.shardCount);
    for (const shard of this.#nearest(readVector(value), this.#probes)) shards.add(shard);
    return shards.ascending();
  }

  /** Shards of the `count` nearest centroids, the nearest first; of equally near the first. */
  #nearest(vector: Vector, count: number): readonly number[] {
    const [first] = this.#centroids;
    if (first !== undefined && vector.length !== first.length) {
      const counts = { expected: first.length, found: vector.length };
      throw new PgError(errors.vectorDimensions, counts);
    }
    const distances = this.#centroids.map((centroid, i) => ({ i, at: distance(centroid, vector) }));
    distances.sort((a, b) => a.at - b.at || a.i - b.i);
    return distances.slice(0, count).map(({ i }) => i % this.shardCount);
  }
}

function readVector({ kind, bytes, start, end }: KeyBytes): Vector {
  return kind === 'binary'
    ? readVectorBinary(bytes, start, end)
    : readVectorText(bytes.toString('utf8', start, end));
}

/** Squared: the order is the same. */
function distance(left: Vector, right: Vector): number {
  let sum = 0;
  for (let i = 0; i < left.length; i++) sum += (left[i]! - right[i]!) ** 2;
  return sum;
}
