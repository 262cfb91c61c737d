// A portal whose statement does not simply run on one server: it is held here between Bind and
// Execute, and between the portions of an Execute with a row limit.

import type { StatementPlan } from '../plan/statement-plan.ts';
import { portalSuspended } from '../protocol/backend-messages.ts';
import type { BindMessage } from '../protocol/client-frame.ts';
import { MergeRun } from './merge.ts';
import { runStatement } from './run-statement.ts';
import type { SessionContext, StatementRun } from './session-context.ts';
import type { HeldPortal } from './session-statements.ts';
import { wideShards } from './statement-shards.ts';

export class WidePortal implements HeldPortal {
  readonly bind: BindMessage;
  readonly #run: StatementRun;
  readonly #session: SessionContext;
  #merge: MergeRun | null = null;

  constructor(session: SessionContext, run: StatementRun & { readonly bind: BindMessage }) {
    this.#session = session;
    this.#run = run;
    this.bind = run.bind;
  }

  get plan(): StatementPlan {
    return this.#run.cached.plan;
  }

  /** True while rows of it still wait on the shards. */
  get suspended(): boolean {
    return this.#merge !== null;
  }

  /** `rowsMax` 0: all. Answers false when the server's error went to the client. */
  async execute(rowsMax: number): Promise<boolean> {
    const { wide } = this.plan;
    if (this.#merge === null) {
      const shards = rowsMax > 0 ? wideShards(this.#session, this.#run) : null;
      if (shards === null || wide.kind !== 'merge') return runStatement(this.#session, this.#run);
      this.#merge = await MergeRun.start(this.#session, this.#run, wide, shards);
    }
    const ended = await this.#merge.emit(rowsMax);
    if (ended) this.#merge = null;
    else this.#session.client.write(portalSuspended);
    return true;
  }

  close(): Promise<void> {
    const merge = this.#merge;
    this.#merge = null;
    return merge?.close() ?? Promise.resolve();
  }
}
