// A text that was planned once: what the caches hold.

import type { PgError } from '../common/pg-error.ts';
import type { StatementPlan } from '../plan/statement-plan.ts';
import type { KeptFragment } from './kept-fragment.ts';
import type { StatementTiming } from './statement-timing.ts';

export interface CachedStatement {
  readonly sql: string;
  readonly plan: StatementPlan;
  /** The number of its highest parameter (`$1`); 0: it has none. */
  readonly parameters: number;
  readonly timing: StatementTiming;
  /** What its executions over several shards leave for the next. */
  readonly kept: KeptFragment;
  /** Number of the cache it is from. */
  readonly scope: number;
}

/** One text of a simple query: any number of statements, or the error its parsing raised. */
export interface CachedScript {
  readonly sql: string;
  readonly statements: readonly CachedStatement[];
  readonly error: PgError | null;
}
