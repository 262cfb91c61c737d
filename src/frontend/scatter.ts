// The same statement on several shards: UPDATE and DELETE without a key, DDL, writes to
// omnisharded tables.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { ScatterPlan } from '../plan/statement-plan.ts';
import { commandComplete } from '../protocol/backend-messages.ts';
import { parameterOffset } from '../protocol/client-frame.ts';
import { rowDescription } from '../protocol/row-description.ts';
import { namesMoment } from '../sql/moment-text.ts';
import { distinctNotices, FanOut, summedTag } from './fan-out.ts';
import { columnTypes } from './portable-types.ts';
import type { SessionContext, StatementRun } from './session-context.ts';
import type { ServerStream } from './shard-stream.ts';
import { inBlock } from './wide-block.ts';

export async function runScatter(
  session: SessionContext,
  run: StatementRun,
  plan: ScatterPlan,
  shards: readonly number[],
): Promise<void> {
  const { outsideTransaction } = run.cached.plan;
  const work = () => scatterInBlock(session, run, plan, shards);
  const tag = outsideTransaction ? await work() : await inBlock(session, work);
  session.applyEffect(run.cached.plan, tag);
  session.client.writeSoon(commandComplete(tag));
}

/** Throws for a parameter that each shard would read as its own moment. In binary format it may be
 *  the text of a cast. */
function refuseMoments({ bind }: StatementRun): void {
  if (bind === null) return;
  for (let i = 0; i < bind.parameters; i++) {
    const offset = parameterOffset(bind, i);
    const length = bind.buffer.readInt32BE(offset);
    const text = bind.buffer.toString('latin1', offset + 4, offset + 4 + Math.max(length, 0));
    if (!namesMoment(text)) continue;
    const construct = `parameter $${i + 1}, '${text}', in a write to an omnisharded table`;
    const hint = 'Copies on all shards must stay equal: give the moment itself.';
    throw new PgError(errors.unsupportedAcrossShards, { construct }, { hint });
  }
}

/** Answers the command tag; its rows have gone to the client. */
export async function scatterInBlock(
  session: SessionContext,
  run: StatementRun,
  plan: ScatterPlan,
  shards: readonly number[],
): Promise<string> {
  if (plan.moments === true) refuseMoments(run);
  const servers = await session.transaction.openAll(shards);
  const { bind, parameterTypes } = run;
  const { sql: original } = run.cached;
  const request = { sql: plan.sql ?? original, original, parameterTypes, bind, hiddenColumns: 0 };
  const inTurn = plan.inTurn === true && servers.length > 1;
  const turns = inTurn ? [servers.slice(0, 1), servers.slice(1)] : [servers];
  const notices: Buffer[] = [];
  const tags: string[] = [];
  for (const [turn, some] of turns.entries()) {
    const fanOut = new FanOut(some, () => request);
    await fanOut.readBy(() => forwardRows(session, run, plan, fanOut.streams, turn > 0));
    notices.push(...fanOut.notices());
    for (const { tag } of fanOut.streams) tags.push(tag);
  }
  for (const notice of distinctNotices(notices)) session.client.writeSoon(notice);
  if (plan.tag === 'sum') return summedTag(tags);
  if (tags.some(tag => tag !== tags[0]) && run.cached.plan.tag === 'SELECT') {
    throw new PgError(errors.copiesDiffer, {});
  }
  return tags[0]!;
}

/** RETURNING: rows of all shards, or of the first where all have the same. `again`: the client has
 *  them already. */
async function forwardRows(
  session: SessionContext,
  run: StatementRun,
  plan: ScatterPlan,
  streams: readonly ServerStream[],
  again: boolean,
): Promise<void> {
  const columns = await streams[0]!.columns;
  if (columns.length === 0) return;
  // The client decodes rows by the columns it was told (plancache.c, RevalidateCachedQuery).
  if (run.described !== null && run.described !== columnTypes(columns)) {
    throw new PgError(errors.cachedPlanChanged);
  }
  if (run.bind === null && !again) session.client.writeSoon(rowDescription(columns));
  for (const [i, stream] of streams.entries()) {
    const wanted = plan.tag === 'sum' || (i === 0 && !again);
    for (let chunk = await stream.next(); chunk !== null; chunk = await stream.next()) {
      if (wanted && !session.client.writeSoon(chunk.bytes)) await session.clientDrained();
    }
  }
}
