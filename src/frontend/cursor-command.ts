// DECLARE, FETCH, MOVE and CLOSE on a database of several shards (portalcmds.c).

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { CursorEffect, SessionEffect, StatementPlan } from '../plan/statement-plan.ts';
import { commandComplete } from '../protocol/backend-messages.ts';
import { type BindMessage, resultFormat } from '../protocol/client-frame.ts';
import { type ColumnDescription, rowDescription } from '../protocol/row-description.ts';
import { Cursor } from './cursor.ts';
import { inItsPlace } from './error-place.ts';
import type { SessionContext, StatementRun } from './session-context.ts';
import type { HeldCursor } from './session-statements.ts';
import { refuseAlways, statementShards } from './statement-shards.ts';
import type { WideRows } from './wide-run.ts';
import { refuseLocksInPortions, startRows } from './wide-select.ts';

type Declare = Extract<CursorEffect, { readonly kind: 'declare' }>;
type Fetch = Extract<CursorEffect, { readonly kind: 'fetch' }>;

export function isCursorEffect(effect: SessionEffect | null): effect is CursorEffect {
  const kind = effect?.kind;
  return kind === 'declare' || kind === 'fetch' || kind === 'close-cursor';
}

/** Sends everything of the answer but ReadyForQuery. */
export async function runCursorCommand(
  session: SessionContext,
  run: StatementRun,
  effect: CursorEffect,
): Promise<void> {
  const { client, statements } = session;
  switch (effect.kind) {
    case 'declare':
      await declare(session, run, effect);
      client.writeSoon(commandComplete('DECLARE CURSOR'));
      return;
    case 'fetch':
      return fetch(session, run, effect);
    case 'close-cursor': {
      const { name } = effect;
      const cursors = name === null ? [...statements.cursors.keys()] : [name];
      for (const one of cursors) await close(session, one);
      client.writeSoon(commandComplete(name === null ? 'CLOSE CURSOR ALL' : 'CLOSE CURSOR'));
    }
  }
}

/** What FETCH returns; null: the statement returns no rows. */
export function fetchedColumns(
  { statements }: SessionContext,
  { effect }: StatementPlan,
): readonly ColumnDescription[] | null {
  if (effect?.kind !== 'fetch' || effect.move) return null;
  return statements.cursors.get(effect.name)?.columns ?? null;
}

async function declare(session: SessionContext, run: StatementRun, effect: Declare): Promise<void> {
  const { statements, transaction, database, client } = session;
  const { name, hold, scroll, binary } = effect;
  const { mode } = transaction;
  if (mode === 'none' && !hold) {
    throw new PgError(errors.noActiveTransaction, { command: 'DECLARE CURSOR' });
  }
  if (statements.cursors.has(name)) throw new PgError(errors.portalExists, { name });
  if (mode === 'implicit' && hold) {
    const construct = 'DECLARE … WITH HOLD beside other statements outside a transaction block';
    throw new PgError(errors.unsupportedAcrossShards, { construct });
  }
  const inner = await innerRun(session, run, effect);
  const shards = await database.lookups.evaluate(() => statementShards(session, inner));
  // PostgreSQL refuses others too (portalcmds.c, transformDeclareCursorStmt).
  refuseLocksInPortions(inner.cached.plan, shards, !hold && scroll !== true);
  // A cursor that outlives its transaction is read at once.
  const { rows, columns } = await openRows(session, inner, shards, !hold).catch(async error => {
    throw await inItsPlace(session, inner, shards, error);
  });
  const cursor = new Cursor(rows, {
    ...{ name, hold, scroll, binary, columns },
    transaction: transaction.ended,
    savepoints: transaction.savepoints,
    bytesMax: database.config.general.mergeMemoryLimit,
    onNotices(notices) {
      for (const notice of notices) client.writeSoon(notice);
    },
  });
  if (hold) await cursor.readAll();
  else await rows.idle();
  statements.cursors.set(name, cursor);
}

async function openRows(
  session: SessionContext,
  run: StatementRun,
  shards: readonly number[],
  held: boolean,
): Promise<{ readonly rows: WideRows; readonly columns: readonly ColumnDescription[] }> {
  const rows = await startRows(session, run, shards, held);
  const columns = await rows.columns.catch(async error => {
    await rows.stop(true);
    throw error;
  });
  return { rows, columns };
}

async function innerRun(
  session: SessionContext,
  run: StatementRun,
  { sql, binary }: Declare,
): Promise<StatementRun> {
  const cache = session.cache ?? (await session.loadCache());
  const cached = cache.statement(inItsText(sql, run.cached.sql));
  const { plan } = cached;
  refuseAlways(session, plan);
  if (plan.tag !== 'SELECT' || plan.effect !== null) {
    const construct = `DECLARE CURSOR for ${plan.tag}`;
    throw new PgError(errors.unsupportedAcrossShards, { construct });
  }
  // FETCH says what it wants when the rows are on their way: most likely as this.
  const { bind } = run;
  const format = binary || (bind !== null && resultFormat(bind, 0) === 1) ? 1 : 0;
  return { ...run, cached, described: null, format };
}

/** Blanks stand for what comes before the query in a text of several statements. */
function inItsText(sql: string, whole: string): string {
  const query = sql.trimStart();
  const at = whole.lastIndexOf(query);
  return at < 0 ? sql : ' '.repeat(at) + query;
}

async function fetch(
  session: SessionContext,
  run: StatementRun,
  { name, direction, count, move }: Fetch,
): Promise<void> {
  const { client } = session;
  const cursor = session.statements.cursors.get(name);
  if (cursor === undefined) throw new PgError(errors.cursorMissing, { name });
  let described = move || run.bind !== null;
  // As PostgreSQL does, which makes all rows first.
  const describe = () => {
    if (!described) client.writeSoon(rowDescription(cursor.columns));
    described = true;
  };
  const take = async (rows: Buffer) => {
    describe();
    if (!client.writeSoon(rows)) await session.clientDrained();
  };
  if (!move) requireFormat(cursor, run.bind);
  const moved = await cursor.fetch(direction, count, move ? null : take);
  describe();
  client.writeSoon(commandComplete(`${move ? 'MOVE' : 'FETCH'} ${moved}`));
}

function requireFormat({ columns, binary }: HeldCursor, bind: BindMessage | null): void {
  const simple = binary ? 1 : 0;
  const wanted = (i: number) => (bind === null ? simple : resultFormat(bind, i));
  if (columns.every(({ format }, i) => format === wanted(i))) return;
  const construct = 'FETCH in another format than that of DECLARE';
  throw new PgError(errors.unsupportedAcrossShards, { construct });
}

async function close({ statements, transaction }: SessionContext, name: string): Promise<void> {
  const cursor = statements.cursors.get(name);
  if (cursor === undefined) throw new PgError(errors.cursorMissing, { name });
  statements.cursors.delete(name);
  if (cursor.transaction === transaction.ended) await cursor.close();
}
