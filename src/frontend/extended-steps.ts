// The extended protocol one message at a time, for units that do not belong on one server:
// statements over several shards, transaction control, different shards before one Sync.

import { runCommand } from '../backend/internal-query.ts';
import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { StatementPlan } from '../plan/statement-plan.ts';
import {
  bindComplete,
  closeComplete,
  noData,
  parameterDescription,
  parseComplete,
  readyForQuery,
} from '../protocol/backend-messages.ts';
import {
  type BindMessage,
  clientMessageSize,
  readBind,
  readExecute,
  readParse,
  readTarget,
  resultFormat,
} from '../protocol/client-frame.ts';
import { Frontend } from '../protocol/message-codes.ts';
import { type ColumnDescription, rowDescription } from '../protocol/row-description.ts';
import { quoteName } from '../sql/quote-name.ts';
import { checkColumns, checkParameters, formatsColumns } from './check-bind.ts';
import { fetchedColumns, isCursorEffect } from './cursor-command.ts';
import { describeStatement, type StatementDescription } from './describe-statement.ts';
import { fixedShard } from './fixed-shard.ts';
import type { Unit } from './inbox.ts';
import { missingRelation, withRelations } from './missing-relation.ts';
import { isOwnEffect, ownColumns } from './own-settings.ts';
import { raiseParseError } from './parse-error.ts';
import { columnTypes, portableTypes } from './portable-types.ts';
import type { PreparedStatement } from './prepared-statement.ts';
import { ReportedError } from './reported-error.ts';
import type { SessionContext } from './session-context.ts';
import { executedText } from './sql-statements.ts';
import type { StatementCache } from './statement-cache.ts';
import type { StatementForm } from './statement-form.ts';
import { refuseAlways, refuseInFailedBlock } from './statement-shards.ts';
import { WidePortal } from './wide-portal.ts';

/** Effects that are undone with the transaction that they were part of. */
const settingEffects: ReadonlySet<string> = new Set([
  'set',
  'set-config',
  'set-local',
  'set-own',
  'reset',
  'reset-all',
  'block-resets',
  'listen',
  'unlisten',
  'notify',
  'execute',
  // ANALYZE of a write.
  'explain',
  'declare',
  'fetch',
  'close-cursor',
]);

const fallible: ReadonlySet<number> = new Set([
  Frontend.parse,
  Frontend.bind,
  Frontend.describe,
  Frontend.execute,
]);

/** An error of a message behind an Execute undoes what that has done. */
function mayFailBehind(messages: readonly { readonly type: number }[]): boolean {
  const first = messages.findIndex(({ type }) => type === Frontend.execute);
  return first >= 0 && messages.some(({ type }, i) => i > first && fallible.has(type));
}

/** Rejects with the error that ends the unit; `ReportedError` when the client has it already. */
export async function stepThrough(
  session: SessionContext,
  unit: Unit,
  cache: StatementCache,
): Promise<void> {
  const messages = split(unit.bytes);
  const isBlock = unit.ending === 'open' || mayFailBehind(messages);
  const stepper = new Stepper(session, unit.bytes, cache);
  for (const [i, { type, start, end }] of messages.entries()) {
    if (type === Frontend.sync) return sync(session);
    if (type === Frontend.execute && isBlock) {
      await stepper.joinBlock(start, end);
    }
    // A server that reads COPY data skips the Sync that came with the Execute.
    const syncSkipped = () => stepper.copyBegan && messages[i + 1]?.type === Frontend.sync;
    try {
      await stepper.step(type, start, end);
    } catch (error) {
      if (syncSkipped()) unit.ending = 'open';
      throw error;
    }
    if (syncSkipped()) return;
  }
}

async function sync(session: SessionContext): Promise<void> {
  const { transaction } = session;
  if (transaction.mode === 'implicit') await transaction.end(true);
  await session.notifications?.commitEnded();
  session.client.write(readyForQuery(transaction.status));
}

function split(bytes: Buffer): { type: number; start: number; end: number }[] {
  const messages: { type: number; start: number; end: number }[] = [];
  for (let start = 0; start < bytes.length; ) {
    const size = clientMessageSize(bytes, start, bytes.length, Number.MAX_SAFE_INTEGER);
    messages.push({ type: bytes[start]!, start, end: start + size });
    start += size;
  }
  return messages;
}

/** As the client has them: text where it has not bound the statement yet. */
function inFormats(
  columns: readonly ColumnDescription[],
  bind: BindMessage | null,
): readonly ColumnDescription[] {
  return columns.map((column, i) => {
    return { ...column, format: bind === null ? 0 : resultFormat(bind, i) };
  });
}

class Stepper {
  readonly #session: SessionContext;
  readonly #bytes: Buffer;
  #cache: StatementCache;
  /** What was executed last may be a setting that later statements are planned by. */
  #executed = false;
  /** What was prepared last, and what a server said of it. */
  #prepared: PreparedStatement | null = null;
  #form: StatementForm | null = null;
  /** The last message was the Execute of a COPY FROM STDIN, and the client sends its data. */
  copyBegan = false;

  constructor(session: SessionContext, bytes: Buffer, cache: StatementCache) {
    this.#session = session;
    this.#bytes = bytes;
    this.#cache = cache;
  }

  /** What is executed before one Sync is one transaction (protocol section "Pipelining"), unless
   *  the statement is about transactions itself. */
  async joinBlock(start: number, end: number): Promise<void> {
    const { portal } = readExecute(this.#bytes, start, end);
    const found = this.#session.statements.portal(portal);
    if (found === null) return;
    const { effect, outsideTransaction } = this.#planOf(found.statement);
    // Before any other it is in no block yet (postgres.c, start_xact_command).
    const fails = effect?.kind === 'declare' && !effect.hold;
    if (fails && this.#session.transaction.mode === 'none') return;
    const joins = effect === null || settingEffects.has(effect.kind);
    if (!joins || outsideTransaction) return;
    await this.#session.transaction.beginImplicit(found.statement.sql);
  }

  async step(type: number, start: number, end: number): Promise<void> {
    this.copyBegan = false;
    if (this.#executed) this.#cache = this.#session.cache ?? (await this.#session.loadCache());
    this.#executed = false;
    switch (type) {
      case Frontend.parse:
        return this.#parse(start, end);
      case Frontend.bind:
        return this.#bind(start, end);
      case Frontend.describe:
        return this.#describe(start, end);
      case Frontend.execute:
        return this.#execute(start, end);
      case Frontend.close:
        return this.#close(start, end);
    }
  }

  async #parse(start: number, end: number): Promise<void> {
    const { name, sql, parameterTypes: declared } = readParse(this.#bytes, start, end);
    this.#session.stats.parses += 1;
    const { statements, client, database } = this.#session;
    // Whatever comes of this one (postgres.c, exec_parse_message).
    if (name === '') statements.delete('');
    const parameterTypes = portableTypes(declared, database.shardCount);
    const { error } = this.#cache.script(sql);
    if (error !== null) return raiseParseError(this.#session, sql, error);
    let cached = this.#cache.statement(sql);
    refuseInFailedBlock(this.#session, cached.plan);
    // COPY is not looked into before it runs (analyze.c, transformStmt).
    const missing = missingRelation(cached.plan) !== null;
    const later = missing && cached.plan.tag === 'COPY';
    if (missing && !later) {
      cached = await withRelations(this.#session, cached, parameterTypes);
      this.#cache = await this.#session.loadCache();
    }
    const { plan } = cached;
    if (!later) refuseAlways(this.#session, plan);
    // PostgreSQL says at once what is wrong with a statement.
    const isExplain = plan.effect?.kind === 'explain';
    const asks = plan.effect === null || isExplain;
    const asked = asks ? await this.#ask(sql, parameterTypes, plan) : null;
    // The answer to EXPLAIN is PgPack's own.
    const form = isExplain ? null : (asked?.form ?? null);
    const statement = statements.add(name, sql, parameterTypes, cached);
    if (form !== null) statements.settle(name, statement, form);
    this.#prepared = statement;
    this.#form = form;
    client.writeSoon(parseComplete);
  }

  async #bind(start: number, end: number): Promise<void> {
    const bind = readBind(this.#bytes, start, end);
    this.#session.stats.binds += 1;
    const { statements, client } = this.#session;
    const statement = statements.get(bind.statement);
    const cached = statement.planIn(this.#cache);
    const { parameterTypes, described } = statement;
    checkParameters(bind, Math.max(cached.parameters, parameterTypes.length));
    refuseInFailedBlock(this.#session, cached.plan);
    if (formatsColumns(bind)) checkColumns(bind, await this.#columnsOf(statement));
    const run = { cached, bind, parameterTypes, described };
    const wide = new WidePortal(this.#session, run);
    if (bind.portal === '') await statements.closePortal('');
    statements.setPortal(bind.portal, { statement, shard: -1, wide });
    client.writeSoon(bindComplete);
  }

  async #describe(start: number, end: number): Promise<void> {
    const { target, name } = readTarget(this.#bytes, start, end);
    const { statements, client } = this.#session;
    const portal = target === 'P' ? statements.portal(name) : null;
    if (target === 'P' && portal === null) throw new PgError(errors.portalMissing, { name });
    const statement = portal?.statement ?? statements.get(name);
    const plan = this.#planOf(statement);
    refuseInFailedBlock(this.#session, plan);
    if (isOwnEffect(plan.effect)) return this.#describeOwn(target, ownColumns(plan));
    const bind = portal?.wide?.bind ?? null;
    if (isCursorEffect(plan.effect) && plan.effect.kind !== 'declare') {
      const fetched = fetchedColumns(this.#session, plan);
      return this.#describeOwn(target, fetched && inFormats(fetched, bind));
    }
    const sql = executedText(this.#session, plan) ?? statement.sql;
    const { parameterTypes } = statement;
    const own = sql === statement.sql ? bind : null;
    const { columns, parameterTypes: types } = await this.#ask(sql, parameterTypes, plan, own);
    if (target === 'S') {
      client.writeSoon(parameterDescription(types));
      if (columns !== null) statement.described ??= columnTypes(columns);
    }
    client.writeSoon(columns === null ? noData : rowDescription(inFormats(columns, bind)));
  }

  #describeOwn(target: 'S' | 'P', columns: readonly ColumnDescription[] | null): void {
    const { client } = this.#session;
    if (target === 'S') client.writeSoon(parameterDescription([]));
    client.writeSoon(columns === null ? noData : rowDescription(columns));
  }

  async #execute(start: number, end: number): Promise<void> {
    const { portal: name, rowsMax } = readExecute(this.#bytes, start, end);
    const { statements } = this.#session;
    const portal = statements.portal(name);
    if (portal === null) throw new PgError(errors.portalMissing, { name });
    if (portal.wide === null) {
      const construct = 'a portal of one shard beside statements of others before one Sync';
      throw new PgError(errors.unsupportedAcrossShards, { construct });
    }
    const { wide } = portal;
    const done = await wide.execute(name, rowsMax).finally(() => {
      this.copyBegan = wide.copyBegan;
    });
    if (!done) throw new ReportedError();
    this.#executed = true;
  }

  async #close(start: number, end: number): Promise<void> {
    const { target, name } = readTarget(this.#bytes, start, end);
    const { statements, client } = this.#session;
    if (target === 'S') await this.#closeStatement(name);
    else await statements.closePortal(name);
    client.writeSoon(closeComplete);
  }

  async #closeStatement(name: string): Promise<void> {
    const { database, statements, transaction } = this.#session;
    statements.delete(name);
    if (!statements.hasSql(name)) return;
    if (database.shardCount === 1) {
      const server = await transaction.open(0);
      await runCommand(server, `DEALLOCATE ${quoteName(name)}`);
    }
    statements.deleteSql(name);
  }

  /** How many it returns; null: no rows. */
  async #columnsOf(statement: PreparedStatement): Promise<number | null> {
    const { sql, parameterTypes } = statement;
    const plan = this.#planOf(statement);
    if (isOwnEffect(plan.effect)) return plan.effect.kind === 'show-own' ? 1 : null;
    if (isCursorEffect(plan.effect)) return fetchedColumns(this.#session, plan)?.length ?? null;
    const known = statement.form ?? (statement === this.#prepared ? this.#form : null);
    const form = known ?? (await this.#ask(sql, parameterTypes, plan)).form;
    return form?.columns ?? null;
  }

  /** The one shard that is asked what a statement is made of. */
  async #ask(
    sql: string,
    parameterTypes: readonly number[],
    { route }: StatementPlan,
    bind: BindMessage | null = null,
  ): Promise<StatementDescription> {
    const { transaction, homeShard } = this.#session;
    const fixed = fixedShard(route);
    const shard = fixed >= 0 ? fixed : (transaction.openShard ?? homeShard);
    const server = await transaction.open(shard);
    const { shardCount } = this.#session.database;
    const description = await describeStatement(server, sql, parameterTypes, shardCount, bind);
    // Held while others are waited for, it could be what those wait for.
    if (transaction.mode === 'none' && !this.#session.pinned) transaction.release();
    return description;
  }

  #planOf(statement: PreparedStatement): StatementPlan {
    return statement.planIn(this.#cache).plan;
  }
}
