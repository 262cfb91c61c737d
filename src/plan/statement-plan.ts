// What the planner says of one statement, for every way it can go. Plain data: cached by text,
// printed by EXPLAIN and by the golden files.

import type { CopyFormat } from '../types/copy/copy-rows.ts';
import type { CollectPlan } from './collect-plan.ts';
import type { OwnSetting, OwnVariable } from './directive.ts';
import type { EvaluatedWritePlan } from './evaluated-write-plan.ts';
import type { LockedLimitPlan } from './locked-limit-plan.ts';
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
  /** The first shard is done before the others begin. */
  readonly inTurn?: true;
  /** Shards would each read a parameter 'now' as their own moment, and copies would differ. */
  readonly moments?: boolean;
  /** Instead of the statement as written; it holds a mark for the moment (`moment.ts`). */
  readonly sql?: string;
  readonly moment?: true;
}

/** Multi-row INSERT … VALUES split by row. Each shard gets `prefix` + its rows joined by `, ` +
 *  `suffix`. Rows are byte-exact slices of the statement, without surrounding blanks. */
export interface SplitInsertPlan {
  readonly kind: 'split-insert';
  readonly table: string;
  /** Of the key, and the number of its function; see `KeyGroup`. */
  readonly columns: readonly string[];
  readonly placement: number;
  readonly prefix: string;
  readonly suffix: string;
  /** `key`: a value for each of its columns. */
  readonly rows: readonly { readonly sql: string; readonly key: readonly KeyValue[] }[];
  /** RETURNING: rows go back to the client in the order of VALUES. */
  readonly returning: boolean;
  /** The texts hold a mark for the moment (`moment.ts`). */
  readonly moment?: true;
}

/** What PostgreSQL is asked first for an INSERT: a row of each value and the name of its type, and
 *  at its end the settings extra_float_digits and DateStyle. */
export interface EvaluationQuery {
  /** With the parameters of the statement. */
  readonly sql: string;
  /** `first`: it calls sequences, which are shard 0's. `routed`: by its own plan. */
  readonly place: 'first' | 'routed';
  /** What it asks for, as EXPLAIN shows it. */
  readonly expressions: readonly string[];
  /** Of each of its values, numbers of the holes that it fills. */
  readonly holes: readonly (readonly number[])[];
}

/** A hole for a column of the key. `type`: the column's in SQL, without modifier; null: it is a type
 *  that users made. */
export interface KeyHole {
  readonly hole: number;
  readonly type: string | null;
}

/** INSERT … VALUES with values that name its shards, or have to be the same on all of them, and are
 *  not known before PostgreSQL gives them. With constants in its holes it is a statement like any
 *  other. */
export interface EvaluatedInsertPlan {
  readonly kind: 'evaluated-insert';
  readonly table: string;
  /** The text around the holes: hole i stands between parts i and i + 1. */
  readonly parts: readonly string[];
  readonly queries: readonly EvaluationQuery[];
  readonly keys: readonly KeyHole[];
  /** All shards get the values, for their copies of the table. */
  readonly copied?: true;
}

/** COPY … FROM STDIN of a sharded table, split by row; the statement goes to shards as written. */
export interface SplitCopyPlan {
  readonly kind: 'split-copy';
  readonly table: string;
  readonly columns: readonly string[];
  readonly placement: number;
  /** 0-based positions of the key's columns among the columns of the stream. */
  readonly keyPositions: readonly number[];
  /** Some column of the key holds text, whose bytes hang on the encoding. */
  readonly hasText: boolean;
  readonly format: CopyFormat;
}

/** COPY … FROM STDIN of an omnisharded table: every byte goes to every shard. */
export interface BroadcastCopyPlan {
  readonly kind: 'broadcast-copy';
  /** null: no column reads a text as the moment at which it is read. */
  readonly dated: DatedColumns | null;
}

/** Columns that do, among those of the stream. */
export interface DatedColumns {
  readonly columns: readonly string[];
  /** 0-based. */
  readonly positions: readonly number[];
  readonly format: CopyFormat;
}

/** COPY … TO STDOUT. What every shard sends of the COPY is passed on where their rows together are
 *  those of the query; else the rows of a merge or collect are written as lines here. */
export interface CopyOutPlan {
  readonly kind: 'copy-out';
  /** How the query goes over several shards; null: a table, of which the statement goes to all. */
  readonly rows: MergePlan | CollectPlan | ScatterPlan | null;
  /** The query behind blanks that keep places in the statement; of a table a query for its columns. */
  readonly query: string;
  /** What stands around the query in the statement. */
  readonly before: string;
  readonly behind: string;
  readonly lines: CopyLines;
}

/** How lines are written, as far as that is followed here; PostgreSQL says what is wrong with it. */
export interface CopyLines {
  readonly format: CopyFormat;
  /** csv: columns whose values stand in quotes; `*`: all of them. */
  readonly forceQuote: readonly string[] | '*';
  /** null: that of the client. */
  readonly encoding: string | null;
  /** An option that is not known here; null: none. */
  readonly unknown: string | null;
}

export type WidePlan =
  | MergePlan
  | CollectPlan
  | ScatterPlan
  | SplitInsertPlan
  | EvaluatedInsertPlan
  | EvaluatedWritePlan
  | LockedLimitPlan
  | SplitCopyPlan
  | BroadcastCopyPlan
  | CopyOutPlan
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
  /** Name of its column in the answer. */
  readonly column: string;
  /** Where there is no setting of the name it does nothing, and there is no row. */
  readonly ifExists?: true;
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
  /** PREPARE TRANSACTION: ends the block here, as COMMIT does. */
  | { readonly kind: 'prepare-transaction' }
  | { readonly kind: 'savepoint'; readonly name: string }
  | { readonly kind: 'release'; readonly name: string }
  | { readonly kind: 'rollback-to'; readonly name: string }
  /** SET TRANSACTION and SET LOCAL: `sql` is repeated on branches opened later. `name` lower case;
   *  empty: no setting of that name. */
  | {
      readonly kind: 'set-local';
      readonly name: string;
      readonly sql: string;
      /** SET LOCAL … TO DEFAULT. */
      readonly toDefault?: true;
    }
  | { readonly kind: 'set'; readonly changes: readonly SettingChange[] }
  /** A query that calls set_config() and nothing else; its arguments may be parameters. */
  | { readonly kind: 'set-config'; readonly calls: readonly SetConfigCall[] }
  | { readonly kind: 'reset'; readonly name: string }
  | { readonly kind: 'reset-all' }
  | { readonly kind: 'discard-all' }
  /** A DO block that sets these to their defaults, which are the server's there; `all`: every one. */
  | { readonly kind: 'block-resets'; readonly names: readonly string[] }
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
      /** A comment to go before what is executed: where this one says it goes. */
      readonly order?: string;
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
  /** SET or RESET (`value` null) of a setting that no server knows; see `frontend/own-settings.ts`. */
  | {
      readonly kind: 'set-own';
      readonly name: OwnSetting;
      readonly value: string | null;
      readonly local: boolean;
    }
  | { readonly kind: 'show-own'; readonly name: OwnVariable }
  | CursorEffect
  | ExplainEffect;

/** Cursors of SQL on several shards. */
export type CursorEffect =
  | {
      readonly kind: 'declare';
      readonly name: string;
      /** The query, at its place in the statement. */
      readonly sql: string;
      readonly binary: boolean;
      /** null: it is not said. */
      readonly scroll: boolean | null;
      readonly hold: boolean;
    }
  /** FETCH, and MOVE. `count` null: all rows there are. */
  | {
      readonly kind: 'fetch';
      readonly name: string;
      readonly direction: 'forward' | 'backward' | 'absolute' | 'relative';
      readonly count: number | null;
      readonly move: boolean;
    }
  /** null: all cursors. */
  | { readonly kind: 'close-cursor'; readonly name: string | null };

export interface ExplainEffect {
  readonly kind: 'explain';
  /** What is explained. */
  readonly sql: string;
  /** What stands before it: EXPLAIN and its options as written. */
  readonly prefix: string;
  readonly analyze: boolean;
  readonly generic: boolean;
  /** ANALYZE shows times. */
  readonly timed: boolean;
  readonly format: 'text' | 'json';
}

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
  /** Of what it changes, plans that there are go on as they are (`planner/spared-plans.ts`). */
  readonly sparesPlans?: boolean;
  /** State stays on the server connection (temporary table, LISTEN, WITH HOLD …): the client
   *  keeps its connection from here on. Names the construct. */
  readonly pinsSession: string | null;
  /** Cannot run inside a transaction block (VACUUM, CREATE DATABASE …). */
  readonly outsideTransaction: boolean;
  /** The statement with a mark for the moment (`moment.ts`), for a shard whose part of a transaction
   *  began later; null: it does not ask for the time. */
  readonly momentSql: string | null;
}
