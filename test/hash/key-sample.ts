// One key type for the comparison with real hash partitions: how its column is declared, what it is
// to PgPack, and values of it in any form that PostgreSQL reads, not only in the one that it prints.

import type { KeyTypeDescription } from '../../src/sharding/hash-types.ts';
import type { Random } from '../sharding/seeded-random.ts';

export interface KeySample {
  /** Of the column. */
  readonly columnType: string;
  /** What a text is cast to before it is assigned to the column. */
  readonly inputType: string;
  readonly compared: KeyTypeDescription;
  /** With the column's modifier, if it has one. */
  readonly stored: KeyTypeDescription;
  readonly edges: readonly string[];
  /** Edges that servers read since a major version. */
  readonly newer?: { readonly since: number; readonly edges: readonly string[] };
  random(random: Random): string;
}

/** A column of a built-in type without modifier. */
export function sampleOf(
  type: string,
  oid: number,
  edges: readonly string[],
  random: (random: Random) => string,
): KeySample {
  const key: KeyTypeDescription = { kind: 'base', oid };
  return { columnType: type, inputType: type, compared: key, stored: key, edges, random };
}

/** The same values on their way into a column with a modifier (pg_attribute.atttypmod). */
export function withModifier(
  sample: KeySample,
  columnType: string,
  typmod: number,
  more: readonly string[],
): KeySample {
  const { compared, edges } = sample;
  if (compared.kind !== 'base') throw new Error(`${columnType} is not of a built-in type`);
  return { ...sample, columnType, stored: { ...compared, typmod }, edges: [...edges, ...more] };
}

export function pick<T>(random: Random, items: readonly T[]): T {
  return items[random.below(items.length)]!;
}

/** `min` up to `max`, both included. */
export function between(random: Random, min: number, max: number): number {
  return min + random.below(max - min + 1);
}

export function digits(random: Random, count: number): string {
  return Array.from({ length: count }, () => random.below(10)).join('');
}

export function hex(random: Random, bytes: number): string {
  return Array.from({ length: bytes }, () => random.below(256).toString(16).padStart(2, '0')).join(
    '',
  );
}

/** 0 up to 2^bits, every magnitude alike. */
export function magnitude(random: Random, bits: number): bigint {
  const all = (BigInt(random.uint32()) << 32n) | BigInt(random.uint32());
  return BigInt.asUintN(random.below(bits + 1), all);
}
