// A statement that names a relation which the catalog lacks. Either there is none, which a server
// says in PostgreSQL's words without running anything; or it was created past PgPack, and the
// catalog is read again. No shard answers such a statement by itself.

import type { StatementPlan } from '../plan/statement-plan.ts';
import { ServerError, withPosition } from '../protocol/server-error.ts';
import { ByteText } from '../sql/byte-text.ts';
import { depthsOf, type Token, tokensOf } from '../sql/tokens.ts';
import type { CachedStatement } from './cached-statement.ts';
import { describeStatement } from './describe-statement.ts';
import type { SessionContext } from './session-context.ts';
import { refusal } from './statement-shards.ts';

/** Its name; null: the statement is refused for something else, or not at all. */
export function missingRelation({ wide }: StatementPlan): string | null {
  return wide.kind === 'refusal' ? (wide.missing ?? null) : null;
}

/** The statement as planned by a catalog that has its relations. Rejects with the server's error,
 *  or with a refusal when they exist, but not on the shard that the catalog is read from. */
export async function withRelations(
  session: SessionContext,
  { sql }: CachedStatement,
  parameterTypes: readonly number[],
): Promise<CachedStatement> {
  const known = async () => (session.cache ?? (await session.loadCache())).statement(sql);
  let cached = await known();
  let unfound: ServerError | null = null;
  if (missingRelation(cached.plan) === null) return cached;
  await findOnServer(session, cached, parameterTypes).catch(error => {
    // Where schemas lie on different shards, the one that was asked need not be the one that has it.
    if (!session.database.hasSchemas || !(error instanceof ServerError)) throw error;
    unfound = error;
  });
  // Another client may have made the catalog be read again since.
  cached = await known();
  for (;;) {
    const { wide } = cached.plan;
    if (wide.kind !== 'refusal' || wide.missing === undefined) return cached;
    if (!session.database.lacking.doubts(wide.missing)) throw unfound ?? refusal(wide);
    await session.database.reread();
    cached = await known();
    if (missingRelation(cached.plan) === wide.missing) session.database.lacking.note(wide.missing);
  }
}

/** Rejects with the server's error when it cannot find what the statement names. */
async function findOnServer(
  session: SessionContext,
  cached: CachedStatement,
  parameterTypes: readonly number[],
): Promise<void> {
  const { transaction, database, homeShard } = session;
  const server = await transaction.open(transaction.openShard ?? homeShard);
  const { text, positions } = probeOf(cached);
  try {
    await describeStatement(server, text, parameterTypes, database.shardCount);
  } catch (error) {
    if (positions || !(error instanceof ServerError)) throw error;
    throw withPosition(error, () => null);
  }
  // Held while the catalog is read, it could be what that waits for.
  if (transaction.mode === 'none' && !session.pinned) transaction.release();
}

/** What PostgreSQL has to analyse to find the relations. `positions`: its errors point into the
 *  statement's text. */
function probeOf({ sql, plan }: CachedStatement): { text: string; positions: boolean } {
  if (plan.tag !== 'COPY') return { text: sql, positions: true };
  // COPY is not analysed before it runs (analyze.c, transformStmt).
  const text = new ByteText(sql);
  const tokens = tokensOf(sql);
  if (tokens[1]?.text === '(') {
    const depths = depthsOf(tokens);
    const close = tokens.find((token, i) => i > 1 && token.text === ')' && depths[i] === 0);
    const blanks = ' '.repeat(text.slice(0, tokens[1].end).length);
    return { text: `${blanks}${text.slice(tokens[1].end, close?.start)}`, positions: true };
  }
  const first = tokens[1]?.keyword === 'binary' ? 2 : 1;
  const behind = tokens.find(
    (token, i) => i > first && ['(', 'from', 'to'].includes(token.keyword ?? token.text),
  );
  const name = text.slice(tokens[first]?.start ?? 0, behind?.start);
  const parts = tokens.slice(first, behind === undefined ? undefined : tokens.indexOf(behind));
  return { text: `SELECT FROM ${ofItsSchema(parts)}${name}`, positions: false };
}

/** COPY tells a schema that is not there (RangeVarGetRelidExtended, namespace.c), FROM only its table
 *  (parserOpenTable), the name of a schema as a constant does. `name`: `schema . table`. */
function ofItsSchema(name: readonly Token[]): string {
  const { text = '' } = name[0] ?? {};
  const isPlain = !/^u&|\\|^"?pg_temp"?$/i.test(text);
  if (name.length !== 3 || !isPlain) return '';
  return `(SELECT '${text.replaceAll("'", "''")}'::pg_catalog.regnamespace) AS pgpack, `;
}
