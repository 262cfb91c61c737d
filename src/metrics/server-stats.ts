// What one server connection did for clients. Every ReadyForQuery is a query; those that answer
// PgPack's own statements are counted apart and taken off when somebody looks.

export class ServerStats {
  /** ReadyForQuery messages, and those outside a transaction block. */
  readies = 0;
  idleReadies = 0;
  errors = 0;
  /** Statements prepared here. */
  parses = 0;
  /** Of `readies` and `idleReadies`: PgPack's own. */
  ownReadies = 0;
  ownIdleReadies = 0;

  /** A ReadyForQuery was to a statement of PgPack's own; `alone`: in no client's transaction. */
  readOwn(alone: boolean): void {
    this.ownReadies += 1;
    if (alone) this.ownIdleReadies += 1;
  }

  get queries(): number {
    return this.readies - this.ownReadies;
  }

  get transactions(): number {
    return this.idleReadies - this.ownIdleReadies;
  }
}
