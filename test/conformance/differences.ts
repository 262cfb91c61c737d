// What differs between a direct connection and PgPack, as differences.txt lists it: the place, the
// reason, and the lines of the one and the other. The list is exact: what is not in it fails, and
// what is in it and does not occur fails too.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Answers, Way } from './hold.ts';

const path = join(import.meta.dirname, 'differences.txt');

export type Mode = 'session' | 'transaction';

export interface Difference {
  /** `file / title / step` */
  readonly place: string;
  /** Runs in which it occurs: `simple-session …`. */
  readonly runs: readonly string[];
  readonly reason: string;
  /** Lines with `-` (direct), `+` (PgPack). */
  readonly lines: readonly string[];
}

export interface Run {
  readonly way: Way;
  readonly mode: Mode;
}

/** Errors that PgPack raised itself, by its names for them: only these may lack the place in
 *  PostgreSQL's source. */
export const ownErrors = new Set<string>();

/** An error of PgPack's own in PostgreSQL's words has another routine and no file and line. */
function sameError(expected: string, actual: string): boolean {
  const own = /^(E .*) R=(\w+)$/.exec(actual);
  if (own === null || own[1]!.includes(' F=')) return false;
  if (expected.replace(/ F=\S+ L=\d+ R=\w+$/, '') !== own[1]) return false;
  ownErrors.add(own[2]!);
  return true;
}

/** The steps whose answers are not the same. */
export function compareAnswers(
  place: string,
  { way, mode }: Run,
  direct: readonly Answers[],
  pgpack: readonly Answers[],
): Difference[] {
  const found: Difference[] = [];
  for (let i = 0; i < Math.max(direct.length, pgpack.length); i++) {
    const expected = direct[i]?.lines ?? [];
    const actual = pgpack[i]?.lines ?? [];
    const lines = changed(expected, actual);
    if (lines.length === 0) continue;
    const { label } = (direct[i] ?? pgpack[i]!).step;
    found.push({ place: `${place} / ${label}`, runs: [`${way}-${mode}`], reason: '', lines });
  }
  return found;
}

/** What is left between equal beginnings and equal ends. */
function changed(expected: readonly string[], actual: readonly string[]): string[] {
  let start = 0;
  const shorter = Math.min(expected.length, actual.length);
  const same = (one: string, other: string) => one === other || sameError(one, other);
  while (start < shorter && same(expected[start]!, actual[start]!)) start++;
  let end = 0;
  while (end < shorter - start && same(expected.at(-1 - end)!, actual.at(-1 - end)!)) end++;
  return [
    ...expected.slice(start, expected.length - end).map(line => `- ${line}`),
    ...actual.slice(start, actual.length - end).map(line => `+ ${line}`),
  ];
}

/** The same difference in several runs is one. */
export function merged(differences: readonly Difference[]): Difference[] {
  const byContent = new Map<string, Difference>();
  for (const one of differences) {
    const key = [one.place, ...one.lines].join('\n');
    const known = byContent.get(key);
    const runs = [...new Set([...(known?.runs ?? []), ...one.runs])].sort();
    byContent.set(key, { ...one, runs });
  }
  return [...byContent.values()];
}

/** Parses what `writeDifferences` writes. */
export function readDifferences(): Difference[] {
  const text = readFileSync(path, 'utf8');
  return text
    .split(/^== /m)
    .slice(1)
    .map(block => {
      const [place = '', runs = '', reason = '', ...lines] = block.trimEnd().split('\n');
      return {
        place,
        runs: runs.replace(/^in: /, '').split(' '),
        reason: reason.replace(/^because: ?/, ''),
        lines,
      };
    });
}

/** Keeps the reasons that are known for the same place. */
export function writeDifferences(found: readonly Difference[]): void {
  const known = readDifferences();
  const head = readFileSync(path, 'utf8').split(/^== /m)[0] ?? '';
  const blocks = found.map(one => {
    const same = known.find(({ place, lines }) => place === one.place && equal(lines, one.lines));
    const reason = (same ?? known.find(({ place }) => place === one.place))?.reason ?? '';
    return `== ${[one.place, `in: ${one.runs.join(' ')}`, `because: ${reason}`, ...one.lines].join('\n')}\n`;
  });
  writeFileSync(path, head + blocks.join('\n'));
}

export function show({ place, runs, lines }: Difference): string {
  return [`== ${place}`, `in: ${runs.join(' ')}`, ...lines].join('\n');
}

function equal(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, i) => line === b[i]);
}
