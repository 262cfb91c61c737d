// A statement that a client prepared with PREPARE of SQL, as several shards have it.

import type { LazyMap } from '../common/lazy-map.ts';

export interface SqlStatement {
  readonly sql: string;
  /** Qualified names of the parameters' types. */
  readonly types: readonly string[];
  /** The settings it was read under, as one text. */
  readonly settings: string;
  /** Its PREPARE. */
  readonly prepare: string;
  /** As PostgreSQL described it (`StatementForm.text`). */
  readonly form: string;
  /** Of the catalog under which it was described last (`StatementCache.scope`). */
  readonly scope: number;
}

/** Statements by name; null: the client's server has it. */
export type SqlStatements = LazyMap<string, SqlStatement | null>;
