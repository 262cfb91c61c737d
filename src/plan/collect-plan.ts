// The vocabulary of a SELECT that one shard finishes: the rows of its fragments are collected there,
// few as parameters and many in temporary tables, and what is left of the statement, the final
// fragment, runs over them.

/** What the final fragment names as a temporary table, `pg_temp."name"`. */
export interface CollectedTable {
  readonly name: string;
  /** Runs on every shard, with the statement's own parameters; its columns, by name, type, modifier
   *  and collation, are the table's, and the rows of all shards are its rows. */
  readonly sql: string;
  /** Columns that the final fragment needs as a primary key, for what GROUP BY may leave out
   *  (check_functional_grouping, pg_constraint.c); null: none. */
  readonly primaryKey: readonly string[] | null;
  /** The final fragment may name a row of it as one value, of the table's row type. */
  readonly wholeRows?: true;
}

export interface CollectPlan {
  readonly kind: 'collect';
  readonly tables: readonly CollectedTable[];
  /** The final fragment, with the statement's own parameters. Its columns and the order of its rows
   *  are the statement's. */
  readonly sql: string;
  /** What could not be merged, for EXPLAIN: why rows are collected. */
  readonly reason: string;
  /** True: fragments run on every shard of the database, whatever shards the route names. */
  readonly everywhere: boolean;
  /** Names of views whose queries stand in their place, and are read with the rights of whoever asks
   *  and not with those of the owners. */
  readonly views?: readonly string[];
  /** Its SQL holds a mark for the moment; see `moment.ts`. */
  readonly moment?: true;
}

/** Names of collected tables begin so. */
export const collectedPrefix = 'pgpack_rows_';

/** Name of the i-th collected table (0-based). */
export function collectedName(i: number): string {
  return `${collectedPrefix}${i + 1}`;
}

/** The shards whose rows are collected; `routed`: those of the statement's route, of which there are
 *  several. */
export function collectShards(
  plan: CollectPlan,
  routed: readonly number[],
  shardCount: number,
): readonly number[] {
  return plan.everywhere ? Array.from({ length: shardCount }, (_, shard) => shard) : routed;
}
