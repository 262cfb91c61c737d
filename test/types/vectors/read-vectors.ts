// Reads the vectors that `record.ts` wrote: one JSON value a line.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface OrderingVector {
  readonly type: string;
  readonly text: string;
  readonly hex: string;
  /** Equal for equal values, ascending in the type's order. */
  readonly rank: number;
}

export interface FloatVector {
  readonly type: 'float4' | 'float8';
  readonly text: string;
  readonly hex: string;
}

/** `path` is relative to this folder. */
export function readVectors<Vector>(path: string): Vector[] {
  const lines = readFileSync(join(import.meta.dirname, path), 'utf8')
    .trimEnd()
    .split('\n');
  return lines.map(line => JSON.parse(line) as Vector);
}

export const orderingVectors: readonly OrderingVector[] = readVectors('ordering.jsonl');
export const floatVectors: readonly FloatVector[] = readVectors('floats.jsonl');
