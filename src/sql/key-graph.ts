// What predicates say of columns: nodes are columns, an edge from a to b says "rows of b only matter
// where b equals a, so b has a's constants too". Inner equalities go both ways, those of an outer
// join's ON only towards the side whose rows they filter. Items at a node confine it.

import type { OwnComparisons } from '../catalog/catalog.ts';
import type { KeyItem } from '../plan/route.ts';
import { readingOf } from './key-reading.ts';
import type { ColumnUse } from './level.ts';
import { catalogColumn } from './level.ts';
import { familyOf } from './sharding-scheme.ts';

/** A column is one of these in every row that matters. */
export interface ColumnSet {
  readonly values: readonly KeyItem[];
}

interface ColumnNode {
  readonly family: string;
  /** Constants lead on only to columns that read them alike. */
  readonly reading: string;
  readonly sets: ColumnSet[];
  readonly from: Set<ColumnNode>;
}

export class KeyGraph {
  /** Operators such as `=` may be users' own: where they are of all types no predicate proves
   *  anything, where they are of some none of such columns does. */
  readonly own: OwnComparisons;
  private readonly nodes = new Map<string, ColumnNode>();

  constructor(own: OwnComparisons) {
    this.own = own;
  }

  /** The family in which the column's equalities count; null: they do not. */
  family(use: ColumnUse): string | null {
    return this.node(use)?.family ?? null;
  }

  confine(use: ColumnUse, set: ColumnSet): void {
    this.node(use)?.sets.push(set);
  }

  /** `to` inherits what confines `from`. */
  follow(from: ColumnUse, to: ColumnUse): void {
    const source = this.node(from);
    const target = this.node(to);
    if (source === null || target === null || source.reading !== target.reading) return;
    if (source.family !== target.family) return;
    target.from.add(source);
  }

  /** All that confines the column. */
  setsOf(use: ColumnUse): readonly ColumnSet[] {
    const start = this.node(use);
    if (start === null) return [];
    const sets = new Set<ColumnSet>();
    for (const node of reachable(start, one => one.from)) {
      for (const set of node.sets) sets.add(set);
    }
    return [...sets];
  }

  /** Whether confining `from` to a value confines `to` to it as well. */
  leads(from: ColumnUse, to: ColumnUse): boolean {
    const start = this.node(from);
    const goal = this.node(to);
    if (start === null || goal === null) return false;
    return reachable(goal, node => node.from).has(start);
  }

  private node(use: ColumnUse): ColumnNode | null {
    const id = `${use.relation.id}\0${use.column}`;
    const known = this.nodes.get(id);
    if (known !== undefined) return known;
    const column = catalogColumn(use);
    const family = column === null ? null : familyOf(column);
    if (family === null || this.own.types.has(column!.typeOid)) return null;
    const node: ColumnNode = {
      family,
      reading: readingOf(column!),
      sets: [],
      from: new Set(),
    };
    this.nodes.set(id, node);
    return node;
  }
}

function reachable(
  start: ColumnNode,
  next: (node: ColumnNode) => Iterable<ColumnNode>,
): ReadonlySet<ColumnNode> {
  const seen = new Set([start]);
  // A Set may grow while it is walked: new members are visited too.
  for (const node of seen) for (const other of next(node)) seen.add(other);
  return seen;
}
