// What equalities say of sharding keys: nodes are columns, an edge from a to b says "rows of b only
// matter where b equals a, so b has a's constants too". Inner equalities go both ways, those of an
// outer join's ON only towards the side whose rows they filter. A constant at a node confines it.

import type { KeySet } from '../plan/route.ts';
import type { KeyFamily } from './key-rules.ts';
import { familyOf } from './key-rules.ts';
import type { ColumnUse, Level, ScopeRelation } from './level.ts';
import { catalogColumn } from './level.ts';

interface KeyNode {
  readonly relation: ScopeRelation;
  readonly family: KeyFamily;
  readonly constants: KeySet[];
  readonly from: Set<KeyNode>;
}

export class KeyGraph {
  private readonly nodes = new Map<string, KeyNode>();

  /** The family in which the column's equalities count; null: they do not. */
  family(use: ColumnUse): KeyFamily | null {
    return this.node(use)?.family ?? null;
  }

  confine(use: ColumnUse, set: KeySet): void {
    this.node(use)?.constants.push(set);
  }

  /** `to` inherits the constants of `from`. */
  follow(from: ColumnUse, to: ColumnUse): void {
    const source = this.node(from);
    const target = this.node(to);
    if (source === null || target === null || source.family !== target.family) return;
    target.from.add(source);
  }

  /** All constants that confine the column. */
  setsOf(use: ColumnUse): readonly KeySet[] {
    const start = this.node(use);
    if (start === null) return [];
    const sets = new Set<KeySet>();
    for (const node of reachable(start, one => one.from)) {
      for (const set of node.constants) sets.add(set);
    }
    return [...sets];
  }

  /** Whether confining `from` to a value confines `to` to it as well, by equalities of `level`. */
  leads(from: ColumnUse, to: ColumnUse, level: Level): boolean {
    const start = this.node(from);
    const goal = this.node(to);
    if (start === null || goal === null) return false;
    const inLevel = (node: KeyNode) => node.relation.level === level;
    return reachable(goal, node => [...node.from].filter(inLevel)).has(start);
  }

  private node(use: ColumnUse): KeyNode | null {
    const id = `${use.relation.id}\0${use.column}`;
    const known = this.nodes.get(id);
    if (known !== undefined) return known;
    const column = catalogColumn(use);
    const family = column === null ? null : familyOf(column);
    if (family === null) return null;
    const node: KeyNode = { relation: use.relation, family, constants: [], from: new Set() };
    this.nodes.set(id, node);
    return node;
  }
}

function reachable(
  start: KeyNode,
  next: (node: KeyNode) => Iterable<KeyNode>,
): ReadonlySet<KeyNode> {
  const seen = new Set([start]);
  // A Set may grow while it is walked: new members are visited too.
  for (const node of seen) for (const other of next(node)) seen.add(other);
  return seen;
}
