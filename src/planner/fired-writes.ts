// What PostgreSQL does by itself when a statement writes (triggers, rules, ON DELETE and ON UPDATE
// of foreign keys) happens on each shard by itself. It is let through where that is the same as in
// one database: on a sharded table what stays with the row's own key, on an omnisharded one what is
// equal on every copy. Everything else would be wrong without a word, on one shard as well.

import type { Table } from '../catalog/catalog.ts';
import type { Cascade, WriteEvent } from '../catalog/fired.ts';
import type { Refusal } from '../plan/statement-plan.ts';
import { CopyEffects } from './copy-effects.ts';
import {
  type FiredPlace,
  type NestedWrites,
  type Problem,
  placeOf,
  type Write,
} from './fired-place.ts';
import { FiredTriggers } from './fired-triggers.ts';
import { type PlanInput, refuse } from './plan-input.ts';
import { writesOf } from './written-tables.ts';

/** Results by catalog, search path and what is written. */
const known = new WeakMap<object, Map<string, Refusal | null>>();

/** Why what the statement fires cannot be let through, even on one shard; null: it can. */
export function firedRefusal(input: PlanInput): Refusal | null {
  if (input.shardCount === 1) return null;
  for (const write of writesOf(input)) {
    const refusal = ofWrite(write, input);
    if (refusal !== null) return refusal;
  }
  return null;
}

function ofWrite(write: Write, input: PlanInput): Refusal | null {
  let results = known.get(input.scheme);
  if (results === undefined) known.set(input.scheme, (results = new Map()));
  const columns = write.columns === null ? '*' : [...write.columns].sort().join('\0');
  const places = input.schemas ? 'schemas' : '';
  const name = [write.table.oid, write.event, columns, places, ...input.searchPath].join('\0\0');
  const result = results.get(name);
  if (result !== undefined) return result;
  const refusal = new FiredWrites(input).refusal(write);
  // Statements of applications are few; texts with other columns each time are not kept for ever.
  if (results.size >= resultsMax) results.clear();
  results.set(name, refusal);
  return refusal;
}

const resultsMax = 2000;

const children = new WeakMap<object, ReadonlyMap<number, readonly Table[]>>();

/** Partitions and inheritance children. */
function childrenOf({ oid }: Table, { catalog }: PlanInput): readonly Table[] {
  let all = children.get(catalog);
  if (all === undefined) {
    const pairs = [...catalog.tablesByOid.values()].flatMap(child =>
      child.parents.map(parent => ({ parent, child })),
    );
    const groups = Map.groupBy(pairs, ({ parent }) => parent);
    all = new Map([...groups].map(([parent, some]) => [parent, some.map(one => one.child)]));
    children.set(catalog, all);
  }
  return all.get(oid) ?? [];
}

/** Everything that one write sets off, one after the other. */
class FiredWrites implements NestedWrites {
  readonly copies = new CopyEffects();
  readonly #input: PlanInput;
  readonly #triggers: FiredTriggers;
  readonly #seen = new Set<string>();

  constructor(input: PlanInput) {
    this.#input = input;
    this.#triggers = new FiredTriggers(input, this);
  }

  refusal(write: Write): Refusal | null {
    const place = placeOf(write.table, this.#input);
    if (place.kind === 'copied') this.copies.client(write.table, write.event);
    const problem = this.problem(write) ?? this.copies.problem();
    return problem === null ? null : refuse(problem.construct, problem.hint);
  }

  /** `rowsOnly`: the statement names another table, whose rows these are too. */
  problem(write: Write, rowsOnly = false): Problem | null {
    const { table, event, columns } = write;
    const names = columns === null ? ['*'] : [...columns].sort();
    const name = [table.oid, event, rowsOnly, ...names].join('\0');
    if (this.#seen.has(name)) return null;
    this.#seen.add(name);
    const place = placeOf(table, this.#input);
    const changed = new Set(columns);
    let all = columns === null;
    for (const { fired, inherited } of this.#firedBy(table)) {
      if (!fired.events.has(event)) continue;
      const ofRows = fired.kind === 'trigger' && fired.perRow;
      if ((rowsOnly || inherited) && !ofRows && event !== 'truncate') continue;
      const found = this.#triggers.problem(fired, table, event, place);
      if (found !== null) return found;
      const assigned = this.#triggers.assigned(fired, table, event);
      if (assigned === null) all = true;
      else for (const column of assigned) changed.add(column);
    }
    return (
      this.#ofCascades(table, event, all ? null : changed, place) ?? this.#ofParts(write, rowsOnly)
    );
  }

  /** Triggers for rows of a partitioned table are its partitions' too. */
  *#firedBy(table: Table) {
    for (const fired of table.triggers ?? []) yield { fired, inherited: false };
    const above = table.bound === null ? [] : [...table.parents];
    for (const oid of above) {
      const parent = this.#input.catalog.tablesByOid.get(oid);
      for (const fired of parent?.triggers ?? []) yield { fired, inherited: true };
      if (parent?.bound !== null) above.push(...(parent?.parents ?? []));
    }
  }

  #ofParts({ table, event, columns }: Write, rowsOnly: boolean): Problem | null {
    for (const child of childrenOf(table, this.#input)) {
      const found = this.problem({ table: child, event, columns }, true);
      if (found !== null) return found;
    }
    if (table.kind !== 'partitioned' || event !== 'update' || rowsOnly) return null;
    // A row that moves to another partition is deleted and inserted (ExecCrossPartitionUpdate).
    return (
      this.problem({ table, event: 'delete', columns: null }, true) ??
      this.problem({ table, event: 'insert', columns: null }, true)
    );
  }

  #ofCascades(
    table: Table,
    event: WriteEvent,
    columns: ReadonlySet<string> | null,
    place: FiredPlace,
  ): Problem | null {
    for (const cascade of table.cascades ?? []) {
      const { onDelete, onUpdate, targetColumns } = cascade;
      const child = this.#input.catalog.tablesByOid.get(cascade.table);
      const action = event === 'delete' ? onDelete : event === 'update' ? onUpdate : 'none';
      if (child === undefined || action === 'none') continue;
      const touched = columns === null || targetColumns.some(name => columns.has(name));
      if (event === 'update' && !touched) continue;
      const found = this.#ofCascade(
        cascade,
        child,
        place,
        event === 'delete' && action === 'cascade',
      );
      if (found !== null) return found;
    }
    return null;
  }

  #ofCascade(
    { name, columns, targetColumns }: Cascade,
    child: Table,
    place: FiredPlace,
    deletes: boolean,
  ): Problem | null {
    const foreignKey = `foreign key "${name}" of "${child.name}"`;
    const there = placeOf(child, this.#input);
    if (there.kind === 'copied' && place.kind !== 'copied') {
      const hint = 'Copies on all shards must stay equal: drop ON DELETE and ON UPDATE.';
      return { construct: `${foreignKey}, which changes an omnisharded table,`, hint };
    }
    const moved = columns.find((column, at) => {
      if (deletes || !there.key.includes(column)) return false;
      // An UPDATE does not change the key that rows are found by.
      return place.kind !== 'sharded' || !place.key.includes(targetColumns[at] ?? '');
    });
    if (moved !== undefined) {
      const hint = 'Delete the row and insert it with its new key.';
      return { construct: `${foreignKey}, which changes sharding key "${moved}",`, hint };
    }
    if (there.kind === 'copied') this.copies.write(child, deletes ? 'delete' : 'update', true);
    const event = deletes ? 'delete' : 'update';
    return this.problem({ table: child, event, columns: deletes ? null : new Set(columns) });
  }
}
