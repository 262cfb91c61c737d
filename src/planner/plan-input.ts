// What a plan is made of, and the parts of plans that many statements share.

import type { Catalog } from '../catalog/catalog.ts';
import type { Directive } from '../plan/directive.ts';
import type { Refusal, StatementPlan, WidePlan } from '../plan/statement-plan.ts';
import type { SchemaPlaces } from '../sharding/schema-places.ts';
import type { ScopeRelation } from '../sql/level.ts';
import type { ShardingScheme } from '../sql/sharding-scheme.ts';
import type { SyntaxNode } from '../sql/syntax-tree.ts';

export interface PlanInput {
  /** The statement's own text; locations in `stmt` are byte offsets into it. */
  readonly sql: string;
  readonly stmt: SyntaxNode;
  readonly catalog: Catalog;
  readonly scheme: ShardingScheme;
  readonly shardCount: number;
  /** Schemas in the order they are searched, `"$user"` resolved. */
  readonly searchPath: readonly string[];
  /** LISTEN is the server connection's own, which the client keeps. */
  readonly listenPins?: boolean;
  /** Schemas that lie whole on one shard; null: none does. */
  readonly schemas?: SchemaPlaces | null;
  /** Where the client orders the statement to go, and by what. */
  readonly directive?: Directive | null;
  readonly ordered?: 'comment' | 'setting';
}

const confineHint = 'Confine the statement to one shard with an equality on the sharding key.';

/** Refused only when the route names several shards. */
export function refuseWide(construct: string, hint: string | null = confineHint): Refusal {
  return { kind: 'refusal', construct, hint, always: false };
}

/** Refused on every database with more than one shard. */
export function refuse(construct: string, hint: string | null = null): Refusal {
  return { kind: 'refusal', construct, hint, always: true };
}

/** Where its rows are is not known: one shard's answer would be as good as any guess. */
export function refuseMissing(name: string): Refusal {
  const refusal = refuse(`relation "${name}", which shard 0 lacks,`, 'Create it on every shard.');
  return { ...refusal, missing: name };
}

/** The configuration's function does not fit the table. */
export function unplaced({ table, refname, key }: ScopeRelation): Refusal {
  const name = table?.name ?? refname;
  return refuse(
    `a write to sharded table "${name}", whose rows cannot be placed (${key?.reason}),`,
  );
}

/** The statement as written on each shard; see `ScatterPlan`. */
export function scatter(tag: 'sum' | 'same'): WidePlan {
  return { kind: 'scatter', tag };
}

/** A plan that touches no sharded table and does nothing to the session. */
export function basePlan(tag: string): StatementPlan {
  return {
    tag,
    route: { groups: [] },
    groupless: 'any',
    wide: scatter('same'),
    effect: null,
    writes: false,
    repeatable: false,
    changesSchema: false,
    pinsSession: null,
    outsideTransaction: false,
    momentSql: null,
  };
}
