// Ranges and multiranges (hash_range_extended in src/backend/utils/adt/rangetypes.c,
// hash_multirange_extended in multirangetypes.c): the flags and the finite bounds of what PostgreSQL
// stores, which is the canonical form of discrete ranges, and of multiranges their sorted union.

import { hashUint32 } from './hash.ts';
import type { KeyValueType, OrderedValueType } from './hash-type.ts';
import { chainHash, type Hash64, rotateHalves, xorHash } from './hash64.ts';
import { invalidBinaryKey, invalidKey } from './key-form.ts';
import { unquoted } from './record-hash-type.ts';

/** `value` is null for a bound that is infinite. */
interface Bound<V> {
  readonly value: V | null;
  readonly inclusive: boolean;
}

/** Null is the empty range. */
export type Range<V> = { readonly lower: Bound<V>; readonly upper: Bound<V> } | null;
type FullRange<V> = NonNullable<Range<V>>;

/** The next value of a discrete subtype; a value without one is its own. */
export type Successor<V> = (value: V) => V;

// RANGE_EMPTY and its neighbours (utils/rangetypes.h).
const empty = 0x01;
const lowerInclusive = 0x02;
const upperInclusive = 0x04;
const lowerInfinite = 0x08;
const upperInfinite = 0x10;

const boundPattern = String.raw`((?:"(?:[^"\\]|\\.|"")*"|\\.|[^"\\,)\]])*)`;
const blanks = String.raw`[ \t\n\v\f\r]*`;
const range = String.raw`([[(])${boundPattern},${boundPattern}([\])])`;
const rangePattern = new RegExp(`^${blanks}(?:(empty)|${range})${blanks}$`, 'is');
const multirangeItem = new RegExp(`${blanks}(empty|${range})${blanks}(,|$)`, 'isy');
const multirangePattern = new RegExp(`^${blanks}\\{(.*)\\}${blanks}$`, 's');

/**
 * A range type of `subtype`. `successor` is null for ranges without a canonical function; others
 * than "closed below, open above" of discrete values are not known here.
 */
export function rangeValueType<V>(
  name: string,
  subtype: OrderedValueType<V>,
  successor: Successor<V> | null,
): KeyValueType<Range<V>> {
  const bound = (text: string, bracket: string): Bound<V> =>
    text === ''
      ? { value: null, inclusive: false }
      : { value: subtype.readText(unquoted(text)), inclusive: bracket === '[' || bracket === ']' };
  return {
    name,
    family: `range_ops of ${name}`,
    readText(text) {
      const [, word, open = '', from = '', to = '', close = ''] = rangePattern.exec(text) ?? [];
      if (word !== undefined) return null;
      if (open === '') throw invalidKey(name, text);
      const made = makeRange(subtype, successor, bound(from, open), bound(to, close));
      return made === undefined ? refused(name, text) : made;
    },
    readBinary: (bytes, start, end) => readRange(name, subtype, successor, bytes, start, end),
    hash: (value, into) => hashRange(subtype, value, into),
  };
}

function refused(name: string, text: string): never {
  throw invalidKey(name, text);
}

/** range_recv: flags, then length and bytes of each bound that is finite. */
function readRange<V>(
  name: string,
  subtype: OrderedValueType<V>,
  successor: Successor<V> | null,
  bytes: Buffer,
  start: number,
  end: number,
): Range<V> {
  const flags = start < end ? bytes[start]! : -1;
  let at = start + 1;
  const bound = (infinite: number, inclusive: number): Bound<V> => {
    if ((flags & infinite) !== 0) return { value: null, inclusive: false };
    const length = at + 4 <= end ? bytes.readInt32BE(at) : -1;
    const from = at + 4;
    at = from + length;
    if (length < 0 || at > end) throw invalidBinaryKey(name, start, end);
    return { value: subtype.readBinary(bytes, from, at), inclusive: (flags & inclusive) !== 0 };
  };
  if (flags < 0) throw invalidBinaryKey(name, start, end);
  if ((flags & empty) !== 0) return null;
  const lower = bound(lowerInfinite, lowerInclusive);
  const upper = bound(upperInfinite, upperInclusive);
  const made = at === end ? makeRange(subtype, successor, lower, upper) : undefined;
  if (made === undefined) throw invalidBinaryKey(name, start, end);
  return made;
}

/** make_range: empty ranges found, discrete ones made canonical. Undefined: the bounds are crossed. */
function makeRange<V>(
  { compare }: OrderedValueType<V>,
  successor: Successor<V> | null,
  lower: Bound<V>,
  upper: Bound<V>,
): Range<V> | undefined {
  const isEmpty = (from: Bound<V>, to: Bound<V>): boolean =>
    from.value !== null &&
    to.value !== null &&
    compare(from.value, to.value) >= 0 &&
    !(compare(from.value, to.value) === 0 && from.inclusive && to.inclusive);
  const crossed =
    lower.value !== null && upper.value !== null && compare(lower.value, upper.value) > 0;
  if (crossed) return undefined;
  if (isEmpty(lower, upper)) return null;
  if (successor === null) return { lower, upper };
  const from = lower.inclusive ? lower : stepped(lower, successor, true);
  const to = upper.inclusive ? stepped(upper, successor, false) : upper;
  return isEmpty(from, to) ? null : { lower: from, upper: to };
}

function stepped<V>(bound: Bound<V>, successor: Successor<V>, inclusive: boolean): Bound<V> {
  if (bound.value === null) return bound;
  const next = successor(bound.value);
  return next === bound.value ? bound : { value: next, inclusive };
}

const part: Hash64 = { high: 0, low: 0 };

function hashRange<V>(subtype: OrderedValueType<V>, value: Range<V>, into: Hash64): void {
  if (value === null) {
    hashUint32(empty, into);
    rotateHalves(into);
    return;
  }
  const { lower, upper } = value;
  const lowerFlag = lower.value === null ? lowerInfinite : lower.inclusive ? lowerInclusive : 0;
  const upperFlag = upper.value === null ? upperInfinite : upper.inclusive ? upperInclusive : 0;
  hashUint32(lowerFlag | upperFlag, into);
  if (lower.value !== null) {
    subtype.hash(lower.value, part);
    xorHash(into, part);
  }
  rotateHalves(into);
  if (upper.value !== null) {
    subtype.hash(upper.value, part);
    xorHash(into, part);
  }
}

/** The multirange of a range type. */
export function multirangeValueType<V>(
  name: string,
  subtype: OrderedValueType<V>,
  successor: Successor<V> | null,
): KeyValueType<readonly FullRange<V>[]> {
  const ranges = rangeValueType(name, subtype, successor);
  const one: Hash64 = { high: 0, low: 0 };
  return {
    name,
    family: `multirange_ops of ${name}`,
    readText: text => merged(subtype, multirangeItems(name, text).map(ranges.readText)),
    readBinary(bytes, start, end) {
      const count = end - start >= 4 ? bytes.readInt32BE(start) : -1;
      const found: Range<V>[] = [];
      let at = start + 4;
      for (let i = 0; i < count; i++) {
        const length = at + 4 <= end ? bytes.readInt32BE(at) : -1;
        if (length < 0 || at + 4 + length > end) throw invalidBinaryKey(name, start, end);
        found.push(ranges.readBinary(bytes, at + 4, at + 4 + length));
        at += 4 + length;
      }
      if (count < 0 || at !== end) throw invalidBinaryKey(name, start, end);
      return merged(subtype, found);
    },
    hash(value, into) {
      into.high = 0;
      into.low = 1;
      for (const range of value) {
        hashRange(subtype, range, one);
        chainHash(into, one);
      }
    },
  };
}

function multirangeItems(name: string, text: string): string[] {
  const inner = multirangePattern.exec(text)?.[1]?.trim();
  if (inner === undefined) throw invalidKey(name, text);
  const items: string[] = [];
  let at = 0;
  let more = inner !== '';
  while (more) {
    multirangeItem.lastIndex = at;
    const found = multirangeItem.exec(inner);
    if (found === null) throw invalidKey(name, text);
    items.push(found[1]!);
    at += found[0].length;
    more = found.at(-1) === ',';
  }
  if (at !== inner.length) throw invalidKey(name, text);
  return items;
}

/** multirange_canonicalize: sorted, without empty ones; what overlaps or touches becomes one. */
function merged<V>(
  { compare }: OrderedValueType<V>,
  ranges: readonly Range<V>[],
): readonly FullRange<V>[] {
  const lowerOrder = (a: Bound<V>, b: Bound<V>): number => {
    if (a.value === null || b.value === null)
      return Number(b.value === null) - Number(a.value === null);
    return compare(a.value, b.value) || Number(b.inclusive) - Number(a.inclusive);
  };
  const upperOrder = (a: Bound<V>, b: Bound<V>): number => {
    if (a.value === null || b.value === null)
      return Number(a.value === null) - Number(b.value === null);
    return compare(a.value, b.value) || Number(a.inclusive) - Number(b.inclusive);
  };
  const gapBetween = (upper: Bound<V>, lower: Bound<V>): boolean => {
    if (upper.value === null || lower.value === null) return false;
    const order = compare(upper.value, lower.value);
    return order < 0 || (order === 0 && !upper.inclusive && !lower.inclusive);
  };
  const sorted = ranges
    .filter(range => range !== null)
    .sort((a, b) => lowerOrder(a.lower, b.lower) || upperOrder(a.upper, b.upper));
  const result: FullRange<V>[] = [];
  for (const range of sorted) {
    const last = result.at(-1);
    if (last === undefined || gapBetween(last.upper, range.lower)) {
      result.push(range);
    } else if (upperOrder(range.upper, last.upper) > 0) {
      result[result.length - 1] = { lower: last.lower, upper: range.upper };
    }
  }
  return result;
}
