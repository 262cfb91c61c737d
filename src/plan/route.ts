// How a statement names its shards: a compact program that is evaluated for each execution with
// the literals and parameters of that execution. Plain data, cacheable, printable.

/** Where one key value comes from. */
export type KeyValue =
  /** A literal, as PostgreSQL would print it (`5`, `abc`). `location` is its byte offset in the
   *  statement's text, by which literal lifting finds the same literal in another statement of
   *  the same shape; -1 when it cannot be lifted (negative number, folded expression). */
  | { readonly kind: 'constant'; readonly text: string; readonly location: number }
  /** `$n`; `index` is n - 1. `array`: the parameter is an array whose elements are the values. */
  | { readonly kind: 'parameter'; readonly index: number; readonly array: boolean }
  /** NULL never equals anything: contributes no shard in a predicate, an error in an INSERT. */
  | { readonly kind: 'null' };

/** `column = v` or `column IN (v, …)`: the rows that matter have one of these key values. */
export interface KeySet {
  readonly values: readonly KeyValue[];
}

/** Relations that share their sharding key (one equivalence class in one query level). */
export interface KeyGroup {
  /** Name of one relation of the group, for EXPLAIN and messages, e.g. `users`. */
  readonly table: string;
  readonly column: string;
  /** Index into the database's sharded tables (`ShardingRules.tables`): names the function. */
  readonly rule: number;
  /** All must hold (intersection). Empty: nothing confines the group, so all shards. */
  readonly sets: readonly KeySet[];
}

/**
 * The shards of a statement. No groups: no sharded table is touched, any shard will do. If every
 * group comes out as the same single shard the statement is relayed there as it was written.
 * A group that comes out empty (a contradiction) has no rows anywhere and agrees with any shard.
 */
export interface RouteProgram {
  readonly groups: readonly KeyGroup[];
}
