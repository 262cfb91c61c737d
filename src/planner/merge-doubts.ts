// What can keep a merge from being done here once it runs: types that were not known, and what has
// to be held until every row was read. Such a plan has another way to go.

import { fragmentOf, type MergeNode } from '../plan/merge-plan.ts';

export function needsOtherwise(root: MergeNode): boolean {
  const { untyped = [], styled = false } = fragmentOf(root);
  return untyped.length > 0 || styled || holdsRows(root);
}

/** Groups of unknown number, or rows to be sorted. */
function holdsRows(node: MergeNode): boolean {
  switch (node.kind) {
    case 'gather':
    case 'merge-sort':
      return false;
    case 'aggregate':
      return node.groupColumns.length > 0;
    case 'sort':
    // Parameters may be of other types than what they are compared with.
    case 'filter':
      return true;
    case 'limit':
      return holdsRows(node.input);
  }
}
