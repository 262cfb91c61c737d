// A portal whose statement does not simply run on one server: it is held here between Bind and
// Execute, and between the portions of an Execute with a row limit.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { StatementPlan } from '../plan/statement-plan.ts';
import { commandComplete, portalSuspended } from '../protocol/backend-messages.ts';
import type { BindMessage } from '../protocol/client-frame.ts';
import { MergeRun } from './merge.ts';
import { runStatement } from './run-statement.ts';
import type { SessionContext, StatementRun } from './session-context.ts';
import type { HeldPortal } from './session-statements.ts';
import { refuseSeveral, statementShards } from './statement-shards.ts';

export class WidePortal implements HeldPortal {
  readonly bind: BindMessage;
  readonly #run: StatementRun;
  readonly #session: SessionContext;
  #merge: MergeRun | null = null;
  #ended = false;
  #givenUp = false;

  constructor(session: SessionContext, run: StatementRun & { readonly bind: BindMessage }) {
    this.#session = session;
    this.#run = run;
    this.bind = run.bind;
  }

  get plan(): StatementPlan {
    return this.#run.cached.plan;
  }

  get copyBegan(): boolean {
    return this.#run.copyBegan === true;
  }

  /** True while rows of it still wait on the shards. */
  get suspended(): boolean {
    return this.#merge !== null;
  }

  async execute(name: string, rowsMax: number): Promise<boolean> {
    if (this.#givenUp) {
      const construct = 'going on with a portal behind another statement that needed its shards';
      throw new PgError(errors.unsupportedAcrossShards, { construct });
    }
    if (this.#ended) return this.#executeAgain(name);
    if (this.#merge === null && rowsMax > 0) this.#merge = await this.#startPortion();
    if (this.#merge === null) {
      this.#ended = true;
      return runStatement(this.#session, this.#run);
    }
    this.#ended = await this.#merge.emit(rowsMax);
    if (this.#ended) this.#merge = null;
    else this.#session.client.write(portalSuspended);
    return true;
  }

  /** A finished SELECT has no more rows, other statements run once (pquery.c, PortalRun). */
  #executeAgain(name: string): boolean {
    if (this.plan.tag !== 'SELECT') throw new PgError(errors.portalEnded, { name });
    this.#session.client.write(commandComplete('SELECT 0'));
    return true;
  }

  /** Reading in portions works the same on one shard; null: the statement returns no rows of a
   *  SELECT, or none at all, so that a row limit means nothing. */
  async #startPortion(): Promise<MergeRun | null> {
    const { wide, tag, effect } = this.plan;
    if (tag !== 'SELECT' || effect !== null) return null;
    const { lookups } = this.#session.database;
    const shards = await lookups.evaluate(() => statementShards(this.#session, this.#run));
    if (shards.length > 1) refuseSeveral(this.#session, shards);
    if (wide.kind === 'merge') return MergeRun.start(this.#session, this.#run, wide, shards);
    const construct = 'a row limit in Execute beside statements of other shards';
    throw new PgError(errors.unsupportedAcrossShards, { construct });
  }

  giveUp(): Promise<void> {
    this.#givenUp = true;
    return this.close();
  }

  close(): Promise<void> {
    const merge = this.#merge;
    this.#merge = null;
    return merge?.close() ?? Promise.resolve();
  }
}
