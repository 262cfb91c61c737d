// A statement with its literals lifted out, reduced to what routing needs of it: which literal is
// the sharding key. Only statements that end on one shard have one; the text itself is relayed
// as it came, so no other literal matters.

import type { KeySet } from '../plan/route.ts';
import type { StatementPlan } from '../plan/statement-plan.ts';
import { KeyUnknown } from '../sharding/lookup-cache.ts';
import { noShard, type Placement } from '../sharding/placement.ts';
import type { LiftedStatement } from '../sql/lexer.ts';
import type { CachedScript, CachedStatement } from './cached-statement.ts';
import { isUnprovenKey, isUnreadableKey, placed } from './shard-choice.ts';
import type { StatementTiming } from './statement-timing.ts';

/** Instead of a shard: the literal names none, so the text has to be looked at. */
export const noShape = -2;

export class Shape {
  readonly plan: StatementPlan;
  /** `plan` as a list, which requests want. */
  readonly plans: readonly StatementPlan[];
  readonly timing: StatementTiming;
  readonly #slot: number;
  /** Without a slot: the shard itself, -1 for any. */
  readonly #placement: number;

  private constructor({ plan, timing }: CachedStatement, slot: number, placement: number) {
    this.plan = plan;
    this.plans = [plan];
    this.timing = timing;
    this.#slot = slot;
    this.#placement = placement;
  }

  /** null when statements of this shape cannot be routed by one literal alone. */
  static of(script: CachedScript, lifted: LiftedStatement): Shape | null {
    const statement = script.statements[0];
    if (statement === undefined || script.statements.length > 1) return null;
    const { plan } = statement;
    if (!relaysPlainly(plan)) return null;
    const { groups } = plan.route;
    if (groups.length === 0) return plan.groupless === 'any' ? new Shape(statement, -1, -1) : null;
    if (groups.length === 1 && groups[0]!.shard !== undefined) {
      return new Shape(statement, -1, groups[0]!.shard);
    }
    if (groups.length > 1 || groups[0]!.columns.length > 1) return null;
    const slot = slotOf(groups[0]!.sets, lifted);
    return slot < 0 ? null : new Shape(statement, slot, groups[0]!.placement);
  }

  /** A simple query needs nothing prepared. */
  lacks(): boolean {
    return false;
  }

  /** Shard of a statement of this shape, or -1 when any shard will do: also for a literal that is
   *  no value of the key's type, which any shard refuses, or one that no row can have. `noShape`
   *  for one that may be read in more than one way, or has to be looked up. Throws `noPartition`
   *  for a row to be written that has no place. */
  shardOf(bytes: Buffer, lifted: LiftedStatement, placements: readonly Placement[]): number {
    if (this.#slot < 0) return this.#placement;
    const start = lifted.starts[this.#slot]!;
    const end = lifted.ends[this.#slot]!;
    const group = this.plan.route.groups[0]!;
    const { stored } = group;
    try {
      const shard = placements[this.#placement]!.shardOfTextBytes(bytes, start, end, stored);
      return stored && shard === noShard ? placed(shard, group) : shard;
    } catch (error) {
      if (isUnreadableKey(error)) return -1;
      if (error instanceof KeyUnknown) return noShape;
      if (!stored && isUnprovenKey(error)) return noShape;
      throw error;
    }
  }
}

/** Nothing about it has to be done by PgPack once its shard is known. */
export function relaysPlainly(plan: StatementPlan): boolean {
  return (
    plan.effect === null &&
    plan.pinsSession === null &&
    !plan.changesSchema &&
    !plan.outsideTransaction &&
    !(plan.wide.kind === 'refusal' && plan.wide.always)
  );
}

/** The lifted literal that is the only value of the only set; -1 when there is none. */
function slotOf(sets: readonly KeySet[], lifted: LiftedStatement): number {
  if (sets.length !== 1 || sets[0]!.values.length !== 1) return -1;
  const value = sets[0]!.values[0]!;
  if (value.kind !== 'constant' || value.location < 0) return -1;
  for (let i = 0; i < lifted.count; i++) {
    if (lifted.locations[i] === value.location) return i;
  }
  return -1;
}
