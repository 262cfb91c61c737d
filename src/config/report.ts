// Collects what is wrong with a configuration while it is read, so that all of it is told at once.

import type { ConfigProblem } from './problem.ts';

export type Place = Pick<ConfigProblem, 'file' | 'line' | 'key'>;

export class Report {
  readonly errors: ConfigProblem[] = [];
  readonly warnings: ConfigProblem[] = [];

  error(place: Place, message: string, fix: string): void {
    this.errors.push({ ...place, message, fix });
  }

  warn(place: Place, message: string, fix: string): void {
    this.warnings.push({ ...place, message, fix });
  }
}

/** `did you mean "port"?` where a known name is close, else null. */
export function didYouMean(name: string, known: Iterable<string>): string | null {
  let best: string | null = null;
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best === null ? null : `did you mean ${JSON.stringify(best)}?`;
}

/** Optimal string alignment: insertions, deletions, replacements, neighbours swapped. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = last[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1);
      let cost = Math.min(replaced, last[column]! + 1, current[column - 1]! + 1);
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (row > 1 && column > 1 && swapped) cost = Math.min(cost, beforeLast[column - 2]! + 1);
      current.push(cost);
    }
    [beforeLast, last] = [last, current];
  }
  return last[b.length]!;
}
