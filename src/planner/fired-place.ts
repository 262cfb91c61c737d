// A write and where its rows are, for what is fired by it.

import type { Table } from '../catalog/catalog.ts';
import type { WriteEvent } from '../catalog/fired.ts';
import type { CopyEffects } from './copy-effects.ts';
import type { PlanInput } from './plan-input.ts';

/** What a statement does to a table. */
export interface Write {
  readonly table: Table;
  readonly event: WriteEvent;
  /** Columns that an UPDATE sets; null: any. */
  readonly columns: ReadonlySet<string> | null;
}

/** What cannot be let through; see `Refusal`. */
export interface Problem {
  readonly construct: string;
  readonly hint: string;
}

/** Writes that are fired by a write. */
export interface NestedWrites {
  readonly copies: CopyEffects;
  problem(write: Write): Problem | null;
}

export interface FiredPlace {
  /** Rows by their key; equal rows on every shard; all rows on one shard. */
  readonly kind: 'sharded' | 'copied' | 'schema';
  /** Of the sharding key, in its order; empty: it has none. */
  readonly key: readonly string[];
  readonly placement: number;
  /** Of a schema; null: of none. */
  readonly shard: number | null;
}

export function placeOf(table: Table, { scheme, schemas }: PlanInput): FiredPlace {
  const shard = schemas?.shardOf(table.schema) ?? null;
  if (shard !== null) return { kind: 'schema', key: [], placement: -1, shard };
  const key = scheme.keyOf(table);
  if (key === null) return { kind: 'copied', key: [], placement: -1, shard };
  return { kind: 'sharded', key: key.columns, placement: key.placement, shard };
}
