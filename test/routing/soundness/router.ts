// The route of a statement as PgPack would choose it, in process: catalog read from the database
// of the world, configuration through the reader of configurations, planner, routing program.

import type pg from 'pg';
import {
  buildCatalog,
  type CatalogRows,
  catalogQueries,
} from '../../../src/backend/catalog-query.ts';
import type { Catalog } from '../../../src/catalog/catalog.ts';
import { PgError } from '../../../src/common/pg-error.ts';
import {
  anyShard,
  chooseShard,
  type Execution,
  targetShards,
} from '../../../src/frontend/shard-choice.ts';
import type { StatementPlan, WidePlan } from '../../../src/plan/statement-plan.ts';
import { planStatement } from '../../../src/planner/plan-statement.ts';
import { readBind } from '../../../src/protocol/client-frame.ts';
import { parseStatements } from '../../../src/sql/parser.ts';
import { ShardingScheme } from '../../../src/sql/sharding-scheme.ts';
import { bind } from '../../support/client-bytes.ts';
import { configOf } from '../../support/pgpack.ts';
import type { Draft } from './draft.ts';
import type { World } from './world.ts';

export type Routed =
  /** `construct`: refused on several shards, though the route names them. `separate`: the shards'
   *  answers put together are the answer. `any`: each of the shards alone gives it. */
  | {
      readonly kind: 'shards';
      readonly shards: readonly number[];
      readonly construct: string | null;
      readonly separate: boolean;
      readonly any: boolean;
    }
  | { readonly kind: 'refused'; readonly construct: string }
  | { readonly kind: 'error'; readonly message: string };

export class Router {
  readonly #catalog: Catalog;
  readonly #scheme: ShardingScheme;
  readonly #shardCount: number;

  private constructor(catalog: Catalog, scheme: ShardingScheme, shardCount: number) {
    this.#catalog = catalog;
    this.#scheme = scheme;
    this.#shardCount = shardCount;
  }

  static async of(world: World, client: pg.Client): Promise<Router> {
    const catalog = await readCatalog(client);
    const { shardCount } = world;
    const { shardedTables } = configured(world).databases.get('world')!;
    const scheme = new ShardingScheme(catalog, shardedTables, shardCount);
    return new Router(catalog, scheme, shardCount);
  }

  route(sql: string, draft: Draft): Routed {
    try {
      const { stmt, text } = parseStatements(sql)[0]!;
      const plan = planStatement({
        ...{ sql: text, stmt, catalog: this.#catalog, scheme: this.#scheme },
        ...{ shardCount: this.#shardCount, searchPath: ['world'] },
      });
      return this.#evaluate(plan, draft);
    } catch (error) {
      if (!(error instanceof PgError)) throw error;
      return { kind: 'error', message: error.message };
    }
  }

  #evaluate(plan: StatementPlan, draft: Draft): Routed {
    const { wide } = plan;
    const construct = wide.kind === 'refusal' ? wide.construct : null;
    if (wide.kind === 'refusal' && wide.always) return { kind: 'refused', construct: construct! };
    const execution = this.#execution(draft);
    const one = chooseShard(plan.route, execution);
    const on = (shards: readonly number[], any = false): Routed => {
      const separate = shards.length > 1 && !any && isSeparate(wide);
      return { kind: 'shards', shards, construct, separate, any };
    };
    if (one >= 0) return on([one]);
    const all = Array.from({ length: this.#shardCount }, (_, shard) => shard);
    if (one === anyShard) return on(all, plan.groupless === 'any');
    const shards = targetShards(plan.route, execution);
    if (shards !== null) return on(shards);
    return wide.kind === 'collect'
      ? on(all)
      : { kind: 'refused', construct: 'groups that disagree' };
  }

  #execution({ parameters }: Draft): Execution {
    const message = bind({ values: parameters.map(({ text }) => text) });
    return {
      bind: parameters.length === 0 ? null : readBind(message, 0, message.length),
      parameterTypes: parameters.map(({ oid }) => oid),
      shardCount: this.#shardCount,
      placements: this.#scheme.placements.list,
    };
  }
}

/** Whether the rows of the shards, as they are, are those of the answer. */
function isSeparate(wide: WidePlan): boolean {
  if (wide.kind === 'scatter') return wide.tag === 'sum';
  if (wide.kind !== 'merge') return false;
  // Rows that several shards have are one of a DISTINCT.
  const { root } = wide;
  return root.kind === 'gather' || (root.kind === 'merge-sort' && root.distinctKeys === undefined);
}

function configured({ shardCount, toml }: World) {
  const address = { host: '127.0.0.1', port: 1, user: 'test', password: 'test', database: 'world' };
  const database = {
    name: 'world',
    shards: Array.from({ length: shardCount }, (_, shard) => ({ ...address, port: 1 + shard })),
    oracle: address,
    runEverywhere: () => Promise.resolve(),
    drop: () => Promise.resolve(),
  };
  return configOf({ database, more: toml });
}

async function readCatalog(client: pg.Client): Promise<Catalog> {
  const rows: Record<string, unknown> = {};
  const types = { getTypeParser: () => (value: string) => value };
  for (const [name, text] of Object.entries(catalogQueries)) {
    rows[name] = (await client.query({ text, rowMode: 'array', types: types as never })).rows;
  }
  return buildCatalog(rows as unknown as CatalogRows, 1);
}
