// `dry_run`: a database of one shard notes of every statement it plans where it would go if the
// database were sharded as the configuration says. Nothing runs otherwise for it.

import type { Catalog } from '../catalog/catalog.ts';
import { PgError } from '../common/pg-error.ts';
import type { Database } from '../config/topology.ts';
import { groupText } from '../plan/explain-route.ts';
import type { KeyGroup } from '../plan/route.ts';
import type { StatementPlan } from '../plan/statement-plan.ts';
import { type PlanInput, planStatement } from '../planner/plan-statement.ts';
import { SchemaPlaces } from '../sharding/schema-places.ts';
import { Placements, ShardingScheme } from '../sql/sharding-scheme.ts';

/** `direct`: one shard would do; `multi`: several, merged; `refused`: not supported there. */
export type DryRunDecision = 'direct' | 'multi' | 'refused';

export interface DryRunRecord {
  readonly sql: string;
  readonly decision: DryRunDecision;
  /** What confines it, or what is refused. */
  readonly reason: string;
  /** How often it was planned; from the cache it is not counted. */
  planned: number;
}

/** As hashes do not depend on the number of shards, any number above one tells. */
const assumedShards = 2;

/** Statements remembered; the oldest leave. */
const recordsMax = 1_000;
const textMax = 1_000;

export class DryRun {
  readonly #database: Database;
  readonly #records = new Map<string, DryRunRecord>();
  readonly #schemes = new WeakMap<Catalog, ShardingScheme>();

  constructor(database: Database) {
    this.#database = database;
  }

  get records(): IterableIterator<DryRunRecord> {
    return this.#records.values();
  }

  /** Notes where the statement of `input` would go. */
  note(input: PlanInput): void {
    const sql = input.sql.slice(0, textMax);
    const known = this.#records.get(sql);
    if (known !== undefined) {
      known.planned += 1;
      return;
    }
    const found = this.#decide(input);
    if (found === null) return;
    const [oldest] = this.#records.keys();
    if (this.#records.size >= recordsMax && oldest !== undefined) this.#records.delete(oldest);
    this.#records.set(sql, { sql, ...found, planned: 1 });
  }

  #decide(input: PlanInput): Pick<DryRunRecord, 'decision' | 'reason'> | null {
    try {
      const plan = planStatement({ ...input, ...this.#sharded(input.catalog), directive: null });
      // About the session: it goes wherever the session goes.
      return plan.effect === null ? decisionOf(plan) : null;
    } catch (error) {
      if (!(error instanceof PgError)) throw error;
      return { decision: 'refused', reason: error.message };
    }
  }

  #sharded(catalog: Catalog): Pick<PlanInput, 'scheme' | 'schemas' | 'shardCount'> {
    const { shardedTables, shardedSchemas, omnishardedTables: whole } = this.#database;
    let scheme = this.#schemes.get(catalog);
    if (scheme === undefined) {
      const placements = new Placements();
      scheme = new ShardingScheme(catalog, shardedTables, assumedShards, placements, whole);
      this.#schemes.set(catalog, scheme);
    }
    const existing = new Set([...catalog.tables.values()].map(({ schema }) => schema));
    const schemas = shardedSchemas.length === 0 ? null : new SchemaPlaces(shardedSchemas, existing);
    return { scheme, schemas, shardCount: assumedShards };
  }
}

function decisionOf(plan: StatementPlan): Pick<DryRunRecord, 'decision' | 'reason'> {
  const { route, wide, groupless } = plan;
  if (wide.kind === 'refusal' && wide.always)
    return { decision: 'refused', reason: wide.construct };
  const { groups } = route;
  if (groups.length === 0) {
    const reason = groupless === 'any' ? 'no sharded table' : 'runs on all shards';
    return { decision: groupless === 'any' ? 'direct' : 'multi', reason };
  }
  const reason = groups.map(group => (group.shard === undefined ? groupText(group) : group.table));
  const text = reason.join('; ');
  if (groups.length === 1 && isOneKey(groups[0]!)) return { decision: 'direct', reason: text };
  if (wide.kind === 'refusal') return { decision: 'refused', reason: wide.construct };
  return { decision: 'multi', reason: text };
}

/** Every column of the key is one value. */
function isOneKey({ shard, columns, sets }: KeyGroup): boolean {
  if (shard !== undefined) return true;
  return columns.every((_, column) =>
    sets.some(({ column: of, values }) => {
      const [value] = values;
      if (of !== column || values.length !== 1 || value === undefined) return false;
      return value.kind === 'constant' || (value.kind === 'parameter' && !value.array);
    }),
  );
}
