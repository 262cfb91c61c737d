// A mapping read by the types of its key: values and ranges in order, and what is wrong with them.
// Two mappings of one key are a mistake; a key that none maps is not, but is said (gapsOf).

import { PgError } from '../common/pg-error.ts';
import {
  above,
  below,
  comparePositions,
  type MappedKeyType,
  type Position,
  readBound,
  readValue,
  showBound,
  showValue,
} from './mapped-key.ts';
import type { ListMapping, Mapping, RangeMapping } from './topology.ts';

export interface ReadValue {
  readonly value: unknown;
  readonly shard: number;
}

/** Keys from `start` up to, without, `end`. */
export interface ReadRange {
  readonly start: Position;
  readonly end: Position;
  readonly shard: number;
  readonly mapping: RangeMapping;
}

export interface MappingProblem {
  readonly mapping: ListMapping | RangeMapping;
  /** The other one, if two mappings contradict each other. */
  readonly other: RangeMapping | null;
  /** The key of the configuration that is wrong; null: the whole mapping. */
  readonly key: 'values' | 'start' | 'end' | null;
  readonly message: string;
  readonly fix: string;
}

/** Sorted, without what is wrong. */
export interface ReadMapping {
  readonly values: readonly ReadValue[];
  /** Of NULL, where a list names it. */
  readonly nullShard: number | null;
  readonly ranges: readonly ReadRange[];
  readonly problems: readonly MappingProblem[];
}

/** `types`: of the key's columns, one for each value of a bound. */
export function readMapping(mapping: Mapping, types: readonly MappedKeyType[]): ReadMapping {
  const problems: MappingProblem[] = [];
  const values = readLists(mapping.lists, types[0]!, problems);
  const nullShard = readNull(mapping.lists, problems);
  return { values, nullShard, ranges: readRanges(mapping.ranges, types, problems), problems };
}

function readLists(
  lists: readonly ListMapping[],
  type: MappedKeyType,
  problems: MappingProblem[],
): readonly ReadValue[] {
  const all: (ReadValue & { readonly mapping: ListMapping; readonly shown: string })[] = [];
  for (const mapping of lists) {
    for (const written of mapping.values) {
      if (written === null) continue;
      try {
        const value = readValue(written, type);
        all.push({ value, shard: mapping.shard, mapping, shown: showValue(written) });
      } catch (error) {
        problems.push(misread(mapping, 'values', error));
      }
    }
  }
  // Stable: of equal values the one that is written first stays.
  all.sort((a, b) => type.compare(a.value, b.value));
  return all.filter(({ value, mapping, shown }, i) => {
    const before = all[i - 1];
    if (before === undefined || type.compare(before.value, value) !== 0) return true;
    problems.push(mappedTwice(mapping, shown, before.shard));
    return false;
  });
}

function mappedTwice(mapping: ListMapping, shown: string, shard: number): MappingProblem {
  const message = `key ${shown} is already mapped to shard ${shard}`;
  return { mapping, other: null, key: 'values', message, fix: 'list each key once' };
}

function readNull(lists: readonly ListMapping[], problems: MappingProblem[]): number | null {
  const [first, ...more] = lists.filter(({ values }) => values.includes(null));
  for (const mapping of more) problems.push(mappedTwice(mapping, 'NULL', first!.shard));
  return first?.shard ?? null;
}

function misread(mapping: ListMapping | RangeMapping, key: MappingProblem['key'], error: unknown) {
  if (!(error instanceof PgError)) throw error;
  const fix = 'write it as PostgreSQL prints it';
  return { mapping, other: null, key, message: error.message, fix };
}

function readRanges(
  ranges: readonly RangeMapping[],
  types: readonly MappedKeyType[],
  problems: MappingProblem[],
): readonly ReadRange[] {
  const all: ReadRange[] = [];
  for (const mapping of ranges) {
    const start = read(mapping, 'start', types, problems);
    const end = read(mapping, 'end', types, problems);
    if (start === null || end === null) continue;
    if (comparePositions(types, start, end) < 0) {
      all.push({ start, end, shard: mapping.shard, mapping });
      continue;
    }
    const fix = 'end must be greater than start';
    problems.push({ mapping, other: null, key: 'end', message: 'an empty range', fix });
  }
  all.sort((a, b) => comparePositions(types, a.start, b.start));
  const apart: ReadRange[] = [];
  for (const range of all) {
    const last = apart.at(-1);
    if (last === undefined || comparePositions(types, last.end, range.start) <= 0) {
      apart.push(range);
      continue;
    }
    problems.push(overlap(ranges, last.mapping, range.mapping));
    // Whatever overlaps the longer one is found, too.
    if (comparePositions(types, last.end, range.end) < 0) apart[apart.length - 1] = range;
  }
  return apart;
}

function read(
  mapping: RangeMapping,
  key: 'start' | 'end',
  types: readonly MappedKeyType[],
  problems: MappingProblem[],
): Position | null {
  try {
    return readBound(mapping[key], types, key === 'start' ? below : above);
  } catch (error) {
    problems.push(misread(mapping, key, error));
    return null;
  }
}

/** Said of the one that is written later. */
function overlap(
  ranges: readonly RangeMapping[],
  one: RangeMapping,
  two: RangeMapping,
): MappingProblem {
  const swapped = ranges.indexOf(one) > ranges.indexOf(two);
  const [other, mapping] = swapped ? [two, one] : [one, two];
  return {
    mapping,
    other,
    key: null,
    message: `range ${showRange(mapping)} overlaps ${showRange(other)}`,
    fix: 'end is not included, so the next start may equal it',
  };
}

function showRange({ start, end }: RangeMapping): string {
  return `${showBound(start)} to ${showBound(end)}`;
}

/** Keys that no range maps, in words; `ranges` as read. */
export function gapsOf(ranges: readonly ReadRange[], types: readonly MappedKeyType[]): string[] {
  const gaps: string[] = [];
  let before: ReadRange | null = null;
  for (const range of ranges) {
    if (before === null) {
      if (range.start[0] !== below) gaps.push(`below ${showBound(range.mapping.start)}`);
    } else if (comparePositions(types, before.end, range.start) < 0) {
      gaps.push(`from ${showBound(before.mapping.end)} to ${showBound(range.mapping.start)}`);
    }
    before = range;
  }
  if (before !== null && before.end[0] !== above) {
    gaps.push(`from ${showBound(before.mapping.end)} on`);
  }
  return gaps;
}
