// What a client prepared with PREPARE of SQL. On one shard its server has the statement, and only
// the name is kept; on several PgPack has it, and EXECUTE becomes the statement itself with the
// arguments, cast to the types that PostgreSQL found, in the place of the parameters.

import { internalQuery, readAnswersWith, runCommand } from '../backend/internal-query.ts';
import type { ServerConnection } from '../backend/server-connection.ts';
import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { ExecuteArgument, SessionEffect, StatementPlan } from '../plan/statement-plan.ts';
import { commandComplete } from '../protocol/backend-messages.ts';
import { ByteWriter } from '../protocol/byte-writer.ts';
import { syncMessage, writeDescribe } from '../protocol/frontend-messages.ts';
import { Backend } from '../protocol/message-codes.ts';
import { quoteName } from '../sql/quote-name.ts';
import { type Edit, splice } from '../sql/splice.ts';
import { tokensOf } from '../sql/tokens.ts';
import { fixedShard } from './fixed-shard.ts';
import { isServerName, serverNamePrefix } from './prepared-statement.ts';
import type { SessionContext, StatementRun } from './session-context.ts';
import type { StatementCache } from './statement-cache.ts';
import { FormReader } from './statement-form.ts';

/** Settings that say nothing of how a statement is read. */
const indifferent = /^(application_name|.*\..*|.*_timeout)$/;

function readingSettings({ transaction }: SessionContext): string {
  const { current, searchPath } = transaction.settings;
  const rest = [...current].filter(([name]) => name !== 'search_path' && !indifferent.test(name));
  return JSON.stringify([searchPath, ...rest.sort(([a], [b]) => (a < b ? -1 : 1))]);
}

/** Throws `preparedStatementExists`, and for a name that PgPack gives statements on its servers. */
export function checkSqlName({ database, statements }: SessionContext, name: string): void {
  if (isServerName(name) && database.shardCount === 1) {
    const construct = `PREPARE of a name that begins with "${serverNamePrefix}"`;
    throw new PgError(errors.unsupported, { construct });
  }
  if (!statements.has(name)) return;
  throw new PgError(errors.preparedStatementExists, { name });
}

/** PREPARE on several shards: one of them checks the statement and finds its parameters' types. */
export async function prepareSql(
  session: SessionContext,
  run: StatementRun,
  effect: Extract<SessionEffect, { readonly kind: 'prepare' }>,
): Promise<void> {
  const { client, statements, transaction, homeShard } = session;
  const { name, sql } = effect;
  checkSqlName(session, name);
  const cache = session.cache ?? (await session.loadCache());
  const fixed = fixedShard(cache.statement(sql).plan.route);
  const server = await transaction.open(fixed < 0 ? (transaction.openShard ?? homeShard) : fixed);
  const prepare = run.cached.sql;
  const { types, form } = await readPrepared(server, name, prepare);
  const settings = readingSettings(session);
  statements.sql.set(name, { sql, types, settings, prepare, form, scope: cache.scope });
  client.writeSoon(commandComplete(run.cached.plan.tag));
}

/** What PostgreSQL says of it; the server does not keep it. */
async function readPrepared(
  server: ServerConnection,
  name: string,
  prepare: string,
): Promise<{ readonly types: readonly string[]; readonly form: string }> {
  await runCommand(server, prepare);
  const found = await internalQuery(server, typesOf(name));
  const reader = new FormReader(severalShards);
  let form = '';
  server.send(writeDescribe(new ByteWriter(64), 'S', name).bytes(syncMessage).take(), 1);
  await readAnswersWith(server, (type, message) => {
    if (type === Backend.parameterDescription) reader.onParameters(message);
    else if (type === Backend.rowDescription || type === Backend.noData) {
      form = reader.onColumns(message).text;
    }
  });
  await runCommand(server, `DEALLOCATE ${quoteName(name)}`);
  return { types: found.map(([type]) => type ?? ''), form };
}

/** Tables have changed since an EXECUTE's statement was described: rejects with `cachedPlanChanged`
 *  where PostgreSQL would (plancache.c, RevalidateCachedQuery). */
export async function requireSameForm(
  session: SessionContext,
  cache: StatementCache,
  { effect }: StatementPlan,
): Promise<void> {
  const { name = '' } = effect?.kind === 'execute' ? effect : {};
  const prepared = session.statements.sql.get(name) ?? null;
  if (prepared === null || prepared.scope === cache.scope) return;
  const { transaction, homeShard, statements, pinned } = session;
  const server = await transaction.open(transaction.openShard ?? homeShard);
  const { form } = await readPrepared(server, name, prepared.prepare);
  // A connection that is held while another is waited for could make clients wait in a circle.
  if (transaction.mode === 'none' && !pinned) transaction.release();
  if (form !== prepared.form) throw new PgError(errors.cachedPlanChanged);
  statements.sql.set(name, { ...prepared, scope: cache.scope });
}

const severalShards = 2;

function typesOf(name: string): string {
  const literal = `E'${name.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
  return `SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(t.typname)
    FROM pg_catalog.pg_prepared_statements s,
      pg_catalog.unnest(s.parameter_types) WITH ORDINALITY p (type, position)
      JOIN pg_catalog.pg_type t ON t.oid = p.type
      JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
    WHERE s.name = ${literal} ORDER BY p.position`;
}

/** The statement that an EXECUTE on several shards stands for; null: the plan is none. Throws
 *  `preparedStatementMissing`, and for what cannot be put in the place of parameters. */
export function executedText(session: SessionContext, { effect }: StatementPlan): string | null {
  if (effect?.kind !== 'execute' || session.database.shardCount === 1) return null;
  const { name, args, order = '' } = effect;
  const { statements } = session;
  const prepared = statements.sql.get(name);
  if (prepared === undefined || prepared === null) {
    if (statements.find(name) === null)
      throw new PgError(errors.preparedStatementMissing, { name });
    throw refused('EXECUTE of a statement that was prepared by a protocol message');
  }
  if (args === null) throw refused('EXECUTE with an argument that is no constant');
  const { sql, types, settings } = prepared;
  if (settings !== readingSettings(session)) {
    throw refused('EXECUTE of a statement that was prepared under other settings');
  }
  if (args.length !== types.length) throw wrongNumber(name, types.length, args.length);
  const edits: Edit[] = [];
  for (const { text, start, end } of tokensOf(sql)) {
    if (!/^\$\d+$/.test(text)) continue;
    const index = Number(text.slice(1)) - 1;
    edits.push({ start, end, text: cast(args[index]!, types[index]!) });
  }
  return order + splice(sql, edits);
}

const numeric =
  /^pg_catalog\.(int2|int4|int8|"?numeric"?|float4|float8|text|"?varchar"?|bpchar|oid)$/;
const boolean = /^pg_catalog\.("?bool"?|text|"?varchar"?|bpchar)$/;

/** EXECUTE coerces as an assignment does (prepare.c, EvaluateParams), a cast in an expression does
 *  more: what only that would take is refused. */
function cast({ sql, kind }: ExecuteArgument, type: string): string {
  const fits =
    kind === 'string' || kind === 'null' || (kind === 'number' ? numeric : boolean).test(type);
  if (!fits) throw refused(`EXECUTE with a ${kind} for a parameter of type ${type}`);
  return `(${sql})::${type}`;
}

function refused(construct: string): PgError {
  return new PgError(errors.unsupportedAcrossShards, { construct });
}

function wrongNumber(name: string, expected: number, given: number): PgError {
  const what = `wrong number of parameters for prepared statement "${name}"`;
  const plural = expected === 1 ? '' : 's';
  const detail = `Expected ${expected} parameter${plural} but got ${given}.`;
  return new PgError(errors.syntaxError, { what }, { detail });
}
