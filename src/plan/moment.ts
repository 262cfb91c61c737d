// now() and its kin are one moment for all shards: fragments hold a mark in its place, and whoever
// runs them puts in what one shard says it is.

import type { WidePlan } from './statement-plan.ts';

/** A timestamptz like any other, but that nobody writes it so. */
export const momentMark = '   2000-01-01 00:00:00.000017+00   ';

/** The plan for a moment: `2026-11-21 20:29:47.123456+00`. */
export function atMoment<T extends WidePlan>(plan: T, moment: string): T {
  return replaced(plan, moment) as T;
}

function replaced(part: unknown, moment: string): unknown {
  if (typeof part === 'string') return part.replaceAll(momentMark, moment);
  if (typeof part !== 'object' || part === null) return part;
  if (Array.isArray(part)) return part.map(one => replaced(one, moment));
  const members = Object.entries(part).map(([name, one]) => [name, replaced(one, moment)]);
  return Object.fromEntries(members);
}
