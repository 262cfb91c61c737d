// Which of the two ways a COPY … TO STDOUT goes over several shards.

import type { CopyOutPlan } from './statement-plan.ts';

/** What shards send of their parts is together, in whatever order, what the COPY sends. */
export function isPassedOn({ rows }: CopyOutPlan): boolean {
  if (rows === null || rows.kind === 'scatter') return true;
  if (rows.kind !== 'merge' || rows.otherwise !== null) return false;
  return rows.root.kind === 'gather' && rows.root.hiddenColumns === 0;
}
