// What PostgreSQL does by itself when rows of a table are written: triggers, rules, and what foreign
// keys do to other tables' rows. Facts of the catalogs; what they mean for shards says the planner.

export type WriteEvent = 'insert' | 'update' | 'delete' | 'truncate';

/** A function in its own words. */
export interface ProcedureBody {
  readonly schema: string;
  readonly name: string;
  readonly language: string;
  /** pg_proc.prosrc; of standard SQL (BEGIN ATOMIC) the whole definition. */
  readonly text: string;
  /** As CREATE FUNCTION has them; without parentheses. */
  readonly parameters: string;
  /** As it stands behind RETURNS. */
  readonly result: string;
  /** Of its SET clauses, `name=value`. */
  readonly settings: readonly string[];
}

export interface Trigger {
  readonly kind: 'trigger';
  readonly name: string;
  readonly events: ReadonlySet<WriteEvent>;
  readonly before: boolean;
  readonly perRow: boolean;
  /** WHEN, as CREATE TRIGGER writes it (pg_get_triggerdef); null: it has none. `unread`: it could
   *  not be printed. */
  readonly condition: string | null;
  readonly unread: boolean;
  readonly body: ProcedureBody;
  /** Names of its transition tables (REFERENCING). */
  readonly transitions: readonly string[];
}

export interface Rule {
  readonly kind: 'rule';
  readonly name: string;
  readonly events: ReadonlySet<WriteEvent>;
  /** CREATE RULE (pg_get_ruledef); null: it could not be printed. */
  readonly definition: string | null;
}

export type Fired = Trigger | Rule;

/** ON DELETE and ON UPDATE of a foreign key. */
export interface Cascade {
  readonly name: string;
  /** OID of the table whose rows it changes. */
  readonly table: number;
  /** That refer, and those that they refer to; they pair up. */
  readonly columns: readonly string[];
  readonly targetColumns: readonly string[];
  readonly onDelete: CascadeAction;
  readonly onUpdate: CascadeAction;
}

/** `set`: to NULL or the default. */
export type CascadeAction = 'none' | 'cascade' | 'set';
