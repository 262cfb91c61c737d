// What the planner says of one statement, for every way it can go. Plain data: cached by text,
// printed by EXPLAIN and by the golden files.

import type { MergePlan } from './merge-plan.ts';
import type { KeyValue, RouteProgram } from './route.ts';

/** The statement cannot run on more than one shard: raised as `0A000` when its route says so. */
export interface Refusal {
  readonly kind: 'refusal';
  /** Completes "… is not supported across shards", e.g. `window function row_number`. */
  readonly construct: string;
  readonly hint: string | null;
  /** True: refused even when one shard would do (it could not be proved that one will do). */
  readonly always: boolean;
  /** The relation that the catalog lacks, which is why: on the servers it may exist. */
  readonly missing?: string;
}

/** The statement as written runs on every target shard in one transaction; row counts of the
 *  command tags are added (`sum`) or all shards must agree and one is reported (`same`, for
 *  omnisharded tables and DDL). RETURNING rows are concatenated (`sum`) or one shard's (`same`). */
export interface ScatterPlan {
  readonly kind: 'scatter';
  readonly tag: 'sum' | 'same';
}

/** Multi-row INSERT … VALUES split by row. Each shard gets `prefix` + its rows joined by `, ` +
 *  `suffix`. Rows are byte-exact slices of the statement, without surrounding blanks. */
export interface SplitInsertPlan {
  readonly kind: 'split-insert';
  readonly table: string;
  readonly column: string;
  readonly rule: number;
  readonly prefix: string;
  readonly suffix: string;
  readonly rows: readonly { readonly sql: string; readonly key: KeyValue }[];
  /** RETURNING: rows go back to the client in the order of VALUES. */
  readonly returning: boolean;
}

export interface CopyColumnFormat {
  readonly format: 'text' | 'csv' | 'binary';
  readonly delimiter: string;
  readonly nullText: string;
  readonly quote: string;
  readonly escape: string;
  readonly header: boolean;
}

/** COPY … FROM STDIN of a sharded table, split by row; the statement goes to shards as written. */
export interface SplitCopyPlan {
  readonly kind: 'split-copy';
  readonly table: string;
  readonly column: string;
  readonly rule: number;
  /** 0-based position of the key among the columns of the stream. */
  readonly keyPosition: number;
  readonly format: CopyColumnFormat;
}

/** COPY … FROM STDIN of an omnisharded table: every byte goes to every shard. */
export interface BroadcastCopyPlan {
  readonly kind: 'broadcast-copy';
}

export type WidePlan =
  | MergePlan
  | ScatterPlan
  | SplitInsertPlan
  | SplitCopyPlan
  | BroadcastCopyPlan
  | Refusal;

/** `name` lower case; `sql` sets it again on another server connection. */
export interface SettingChange {
  readonly name: string;
  readonly sql: string;
}

/** An argument of set_config(): a text (null: NULL), or a parameter (0-based). */
export type SetConfigArgument =
  | { readonly kind: 'text'; readonly text: string | null }
  | { readonly kind: 'parameter'; readonly index: number };

export interface SetConfigCall {
  readonly name: SetConfigArgument;
  readonly value: SetConfigArgument;
  readonly local: SetConfigArgument;
}

/** A constant as written, and what it is: coercion to the parameter's type depends on it. */
export interface ExecuteArgument {
  readonly sql: string;
  readonly kind: 'string' | 'number' | 'boolean' | 'null';
}

/** What a statement does to the session, for the session to follow. */
export type SessionEffect =
  | { readonly kind: 'begin'; readonly sql: string }
  | { readonly kind: 'commit'; readonly chain: boolean }
  | { readonly kind: 'rollback'; readonly chain: boolean }
  | { readonly kind: 'savepoint'; readonly name: string }
  | { readonly kind: 'release'; readonly name: string }
  | { readonly kind: 'rollback-to'; readonly name: string }
  /** SET TRANSACTION and SET LOCAL: `sql` is repeated on branches opened later. `name` lower case;
   *  empty: no setting of that name. */
  | { readonly kind: 'set-local'; readonly name: string; readonly sql: string }
  | { readonly kind: 'set'; readonly changes: readonly SettingChange[] }
  /** A query that calls set_config() and nothing else; its arguments may be parameters. */
  | { readonly kind: 'set-config'; readonly calls: readonly SetConfigCall[] }
  | { readonly kind: 'reset'; readonly name: string }
  | { readonly kind: 'reset-all' }
  | { readonly kind: 'discard-all' }
  /** PREPARE in SQL: `sql` is the statement behind AS. */
  | { readonly kind: 'prepare'; readonly name: string; readonly sql: string }
  /** EXECUTE: `args` as written; null: they are more than constants. */
  | {
      readonly kind: 'execute';
      readonly name: string;
      readonly args: readonly ExecuteArgument[] | null;
      /** Byte offsets of the name in the statement. */
      readonly nameStart: number;
      readonly nameEnd: number;
    }
  | { readonly kind: 'deallocate'; readonly name: string | null }
  | { readonly kind: 'listen'; readonly channel: string }
  /** null: all channels. */
  | { readonly kind: 'unlisten'; readonly channel: string | null }
  /** Belongs on shard 0, in the client's transaction there. */
  | { readonly kind: 'notify' }
  /** Asks what sequences gave last: `construct` is a state of the server connection. */
  | { readonly kind: 'sequence-state'; readonly construct: string }
  /** Asks for the channels of a server connection, which are not the client's. */
  | { readonly kind: 'listening-channels' }
  | { readonly kind: 'explain'; readonly sql: string; readonly analyze: boolean };

export interface StatementPlan {
  /** Leading words of the command tag, e.g. `SELECT`, `INSERT`, `CREATE TABLE`. */
  readonly tag: string;
  readonly route: RouteProgram;
  /** Where the route has no groups: `any` shard will do, or it must run on `all`
   *  (DDL, writes to omnisharded tables, session settings). */
  readonly groupless: 'any' | 'all';
  /** What happens when the route names several shards. */
  readonly wide: WidePlan;
  readonly effect: SessionEffect | null;
  readonly writes: boolean;
  /** A read that changes nothing: it may run twice, and beside others on one connection. */
  readonly repeatable: boolean;
  /** Changes tables: the catalog and every cached plan are stale afterwards. */
  readonly changesSchema: boolean;
  /** State stays on the server connection (temporary table, LISTEN, WITH HOLD …): the client
   *  keeps its connection from here on. Names the construct. */
  readonly pinsSession: string | null;
  /** Cannot run inside a transaction block (VACUUM, CREATE DATABASE …). */
  readonly outsideTransaction: boolean;
}
