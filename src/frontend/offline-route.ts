// Where a statement would go and as what, found without any server: the configuration says how
// tables are sharded, a text of SQL how they are made.

import type { Catalog } from '../catalog/catalog.ts';
import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { General } from '../config/general-keys.ts';
import type { Database } from '../config/topology.ts';
import { namedNode } from '../plan/explain-node.ts';
import type { Explanation } from '../plan/explanation.ts';
import type { Refusal, StatementPlan } from '../plan/statement-plan.ts';
import { planStatement } from '../planner/plan-statement.ts';
import { ByteWriter } from '../protocol/byte-writer.ts';
import { type BindMessage, readBind } from '../protocol/client-frame.ts';
import { Frontend } from '../protocol/message-codes.ts';
import type { Placement } from '../sharding/placement.ts';
import { SchemaPlaces } from '../sharding/schema-places.ts';
import { quoteName } from '../sql/quote-name.ts';
import { readSchema } from '../sql/schema-file.ts';
import { Placements, ShardingScheme } from '../sql/sharding-scheme.ts';
import { parameterCount } from '../sql/syntax-tree.ts';
import type { CachedStatement } from './cached-statement.ts';
import { explanationOf, oneByParameters, shardParts } from './explained-statement.ts';
import { anyShard, chooseShard, type Execution, targetShards } from './shard-choice.ts';
import { StatementCache } from './statement-cache.ts';
import { orderOf } from './statement-order.ts';
import { refusal } from './statement-shards.ts';

/** What the configuration says of tables, for those that the schema does not define: they have
 *  their key columns and no others. */
function assumedTables({ shardedTables, omnishardedTables }: Database, schema: Catalog): string {
  const tables = [
    ...shardedTables.map(({ name, schema: of, columns, dataTypes, lookupQuery }) => ({
      ...{ name, schema: of },
      columns: columns.map((column, at) => {
        // Of a key that is looked up the type is not told.
        const type = lookupQuery === null ? (dataTypes[at] ?? 'bigint') : 'text';
        return `${quoteName(column)} ${type}`;
      }),
    })),
    ...omnishardedTables.map(({ name, schema: of }) => ({ name, schema: of, columns: [] })),
  ];
  const defined = [...schema.tables.values()];
  return tables
    .filter(({ name, schema: of }) => {
      const same = (table: (typeof defined)[number]) =>
        table.name === name && (of === null || table.schema === of);
      return name !== null && !defined.some(same);
    })
    .map(({ name, schema: of, columns }) => {
      const relation = `${of === null ? '' : `${quoteName(of)}.`}${quoteName(name!)}`;
      return `CREATE TABLE ${relation} (${columns.join(', ')});`;
    })
    .join('\n');
}

export interface OfflineStatement {
  readonly sql: string;
  /** What makes its tables; null: they are as the configuration has them. */
  readonly schema: string | null;
  /** As text, null for NULL; none: the route is told without values. */
  readonly parameters: readonly (string | null)[];
}

/** One explanation for each statement of `sql`. Throws what keeps one from running as PgError.
 *  Needs the parser loaded. */
export function routeOffline(
  general: General,
  database: Database,
  { sql, schema, parameters }: OfflineStatement,
): Explanation[] {
  const given = `${schema ?? ''}\n`;
  const catalog = readSchema(given + assumedTables(database, readSchema(given)));
  const bind = parameters.length === 0 ? null : bindOf(parameters);
  const shardCount = database.shards.length;
  const { shardedTables, omnishardedTables: whole } = database;
  const own = new Placements();
  const scheme = new ShardingScheme(catalog, shardedTables, shardCount, own, whole);
  const schemas = new SchemaPlaces(database.shardedSchemas, schemaNames(database, catalog));
  const cache = new StatementCache(
    cacheEntriesMax,
    (text, stmt, around) => ({
      plan: planStatement({
        ...{ sql: text, stmt, catalog, scheme, schemas, shardCount },
        searchPath: catalog.searchPath,
        ...orderOf(around, general, null),
      }),
      parameters: parameterCount(stmt),
    }),
    null,
  );
  const { placements } = scheme;
  const known = { cache, placements: placements.list, shardCount, assumed: schema === null };
  const { statements, error } = cache.script(sql);
  if (error !== null) throw error;
  return statements.map(statement => routeOne(known, statement, bind));
}

/** All that are named somewhere. */
function schemaNames({ shardedSchemas }: Database, catalog: Catalog): ReadonlySet<string> {
  const configured = shardedSchemas.flatMap(({ name }) => name ?? []);
  const used = [...catalog.tables.values()].map(table => table.schema);
  return new Set(['public', ...configured, ...used]);
}

/** One call plans one text, and what it explains. */
const cacheEntriesMax = 10;

interface Known {
  readonly cache: StatementCache;
  readonly placements: readonly Placement[];
  readonly shardCount: number;
  /** There is no schema. */
  readonly assumed: boolean;
}

function routeOne(known: Known, cached: CachedStatement, bind: BindMessage | null): Explanation {
  const { plan, parameters } = cached;
  if (bind !== null && parameters !== bind.parameters) {
    const what = `the statement has ${parameters} parameters, ${bind.parameters} were given`;
    throw new PgError(errors.syntaxError, { what });
  }
  if (plan.effect?.kind === 'explain') {
    return routeOne(known, known.cache.statement(plan.effect.sql), bind);
  }
  if (plan.wide.kind === 'refusal' && plan.wide.always) throw refused(plan.wide, known);
  if (plan.effect !== null) return sessionExplanation(plan.effect.kind);
  const bound = bind !== null || parameters === 0;
  const { placements, shardCount } = known;
  const execution: Execution = { bind, parameterTypes: [], shardCount, placements };
  const one = !bound && oneByParameters(plan);
  const shards = one ? [] : shardsOf(plan, execution);
  if (shards.length > 1 && plan.wide.kind === 'refusal') throw refused(plan.wide, known);
  const statement = { sql: cached.sql.replace(/[;\s]+$/, '').trimStart(), plan };
  const parts = one || shards.length === 0 ? null : shardParts(statement, shards, execution);
  return explanationOf(
    statement,
    parts,
    { bind, parameterTypes: [] },
    {
      ...{ known: bound, execution, merged: null, finalShard: null },
      shards: [...(parts?.sql ?? [])].map(([shard, text]) => {
        return { shard, sql: text, figures: null, plan: null };
      }),
    },
  );
}

/** PgPack answers it itself, or sees to it that every server of the session follows. */
function sessionExplanation(kind: string): Explanation {
  return {
    ...{ way: 'session', root: namedNode(`Session: ${kind}`), groups: [], groupless: '' },
    ...{ place: '', parameter: () => undefined, shards: [], merged: null },
  };
}

function refused(wide: Refusal, { assumed }: Known): PgError {
  const { missing, hint } = wide;
  const schemaHint = 'Give the definitions of its tables with --schema FILE.';
  if (missing !== undefined) {
    const construct = `relation "${missing}", whose definition is not known,`;
    return new PgError(errors.unsupported, { construct }, { hint: schemaHint });
  }
  return refusal(assumed ? { ...wide, hint: `${hint ?? ''} ${schemaHint}`.trim() } : wide);
}

/** Empty: any one shard. As `statementShards` does for a session. */
function shardsOf(plan: StatementPlan, execution: Execution): readonly number[] {
  const { shardCount } = execution;
  if (shardCount === 1) return [0];
  const { groups } = plan.route;
  if (groups.length === 0 && plan.groupless === 'any') return [];
  if (groups.length === 0) return Array.from({ length: shardCount }, (_, shard) => shard);
  const shard = chooseShard(plan.route, execution);
  if (shard >= 0) return [shard];
  // Some server would say what is wrong with the value; here it is said in the same words.
  const shards = targetShards(plan.route, execution);
  if (shard === anyShard && shards === null) return [];
  if (shards !== null) return shards;
  if (plan.wide.kind === 'evaluated-write') {
    return Array.from({ length: shardCount }, (_, one) => one);
  }
  const construct = plan.wide.kind === 'refusal' ? plan.wide.construct : 'keys of several shards';
  throw new PgError(errors.unsupportedAcrossShards, { construct });
}

/** A Bind message with these values in text form. */
function bindOf(parameters: readonly (string | null)[]): BindMessage {
  const out = new ByteWriter(256).begin(Frontend.bind).cstring('').cstring('').int16(0);
  out.int16(parameters.length);
  for (const parameter of parameters) {
    if (parameter === null) {
      out.int32(-1);
      continue;
    }
    const bytes = Buffer.from(parameter);
    out.int32(bytes.length).bytes(bytes, 0, bytes.length);
  }
  const message = out.int16(0).end().take();
  return readBind(message, 0, message.length);
}
