// How a statement names its shards: a compact program that is evaluated for each execution with
// the literals and parameters of that execution. Plain data, cacheable, printable.

/** Where one key value comes from. */
export type KeyValue =
  /** A literal, as PostgreSQL would print it (`5`, `abc`). `location` is its byte offset in the
   *  statement's text, by which literal lifting finds the same literal in another statement of
   *  the same shape; -1 when it cannot be lifted (negative number, folded expression). `type`: OID
   *  of the type that reads it; without one it is the column's. */
  | {
      readonly kind: 'constant';
      readonly text: string;
      readonly location: number;
      readonly type?: number;
    }
  /** `$n`; `index` is n - 1. `array`: the parameter is an array whose elements are the values.
   *  `type`: of the parameter, or of each element, where the client did not declare it. */
  | {
      readonly kind: 'parameter';
      readonly index: number;
      readonly array: boolean;
      readonly type?: number;
    }
  /** NULL never equals anything: contributes no shard in a predicate, an error in an INSERT. */
  | { readonly kind: 'null' };

/** One end of a range: a constant or a scalar parameter; NULL compares with nothing. */
export interface KeyBound {
  readonly value: KeyValue;
  readonly inclusive: boolean;
}

/** What a key column may be: a value, anything between two bounds (null: open), or NULL (`IS
 *  NULL`, where `= NULL` is the value `null`). */
export type KeyItem =
  | KeyValue
  | { readonly kind: 'range'; readonly lower: KeyBound | null; readonly upper: KeyBound | null }
  | { readonly kind: 'is-null' };

/** `column = v`, `column IN (v, …)`, `column > v OR column IS NULL`: in the rows that matter the
 *  key's column is one of these. */
export interface KeySet {
  /** Position among the key's columns, 0-based. */
  readonly column: number;
  readonly values: readonly KeyItem[];
}

/** Relations that share their sharding key (one equivalence class in one query level). */
export interface KeyGroup {
  /** Name of one relation of the group, for EXPLAIN and messages, e.g. `users`. */
  readonly table: string;
  /** Of the key, in their order. */
  readonly columns: readonly string[];
  /** Index into the database's placements (`ShardingScheme.placements`): names the function. */
  readonly placement: number;
  /** All must hold (intersection). Empty: nothing confines the group, so all shards. */
  readonly sets: readonly KeySet[];
  /** The values are on their way into the columns, which may round them, and one without a place is
   *  an error; else rows are compared with them, and there is no match. */
  readonly stored: boolean;
  /** The group's one shard whatever the values: tables of a sharded schema, or an order of the
   *  client (`table` says which). `placement` is -1 then, `columns` and `sets` are empty. */
  readonly shard?: number;
}

/** The group of what has its one shard whatever the values; `why` is its `table`. */
export function fixedGroup(why: string, shard: number): KeyGroup {
  return { table: why, columns: [], placement: -1, sets: [], stored: false, shard };
}

/**
 * The shards of a statement. No groups: no sharded table is touched, any shard will do. If every
 * group comes out as the same single shard the statement is relayed there as it was written.
 * A group that comes out empty (a contradiction) has no rows anywhere and agrees with any shard.
 */
export interface RouteProgram {
  readonly groups: readonly KeyGroup[];
}
