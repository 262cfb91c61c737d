// A portal whose statement does not simply run on one server: it is held here between Bind and
// Execute, and between the portions of an Execute with a row limit.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { StatementPlan } from '../plan/statement-plan.ts';
import { commandComplete, portalSuspended } from '../protocol/backend-messages.ts';
import type { BindMessage } from '../protocol/client-frame.ts';
import { inItsPlace } from './error-place.ts';
import { runStatement } from './run-statement.ts';
import type { SessionContext, StatementRun } from './session-context.ts';
import type { HeldPortal } from './session-statements.ts';
import { refuseInFailedBlock, statementShards } from './statement-shards.ts';
import type { WideRun } from './wide-run.ts';
import { locksRows, refuseLocksInPortions, startSelect } from './wide-select.ts';

export class WidePortal implements HeldPortal {
  readonly bind: BindMessage;
  savepoints: number;
  readonly #run: StatementRun;
  readonly #session: SessionContext;
  #rows: WideRun | null = null;
  #ended = false;
  #shards: readonly number[] = [];

  constructor(session: SessionContext, run: StatementRun & { readonly bind: BindMessage }) {
    this.#session = session;
    this.#run = run;
    this.bind = run.bind;
    this.savepoints = session.transaction.savepoints;
  }

  get plan(): StatementPlan {
    return this.#run.cached.plan;
  }

  get copyBegan(): boolean {
    return this.#run.copyBegan === true;
  }

  async execute(name: string, rowsMax: number): Promise<boolean> {
    refuseInFailedBlock(this.#session, this.plan);
    if (this.#rows?.done) throw new PgError(errors.portalEnded, { name });
    if (this.#ended) return this.#executeAgain(name);
    if (this.#rows === null && rowsMax > 0) {
      this.#rows = await this.#inPlace(() => this.#startPortion());
    }
    if (this.#rows === null) {
      this.#ended = true;
      return runStatement(this.#session, this.#run);
    }
    const rows = this.#rows;
    this.#ended = await this.#inPlace(() => rows.emit(rowsMax));
    if (this.#ended) {
      this.#rows = null;
      return true;
    }
    // Outside a transaction the portal ends at the Sync that is next.
    if (this.#session.transaction.mode === 'none') await this.close();
    this.#session.client.writeSoon(portalSuspended);
    return true;
  }

  /** A finished SELECT has no more rows, other statements run once (pquery.c, PortalRun). */
  #executeAgain(name: string): boolean {
    const { tag } = this.plan;
    if (!givesPortions(tag)) throw new PgError(errors.portalEnded, { name });
    this.#session.client.writeSoon(commandComplete(tag === 'SELECT' ? 'SELECT 0' : tag));
    return true;
  }

  /** null: the statement returns no rows of a SELECT, or none at all, so that a row limit means
   *  nothing. */
  async #startPortion(): Promise<WideRun | null> {
    const { tag, effect } = this.plan;
    if (!givesPortions(tag) || effect !== null) return null;
    const { database, transaction } = this.#session;
    const { lookups } = database;
    const shards = await lookups.evaluate(() => statementShards(this.#session, this.#run));
    this.#shards = shards;
    refuseLocksInPortions(this.plan, shards, true);
    if (transaction.mode === 'none' && locksRows(this.plan.wide) && shards.length > 1) {
      // Up to the Sync, with which it ends.
      if (!this.#session.pinned) transaction.release();
      await transaction.beginImplicit();
    }
    const held = transaction.mode !== 'none';
    return startSelect(this.#session, this.#run, shards, held);
  }

  /** Errors point into the client's text. */
  async #inPlace<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw await inItsPlace(this.#session, this.#run, this.#shards, error);
    }
  }

  close(): Promise<void> {
    const rows = this.#rows;
    this.#rows = null;
    this.#ended = true;
    return rows?.close() ?? Promise.resolve();
  }
}

/** Its rows may be asked for some at a time (pquery.c, ChoosePortalStrategy). */
function givesPortions(tag: string): boolean {
  return tag === 'SELECT' || tag === 'SHOW';
}
