// The plans a session uses: those of its search path, and those of a catalog of its own while it
// has changed tables in a transaction that others do not see yet, or is another user.

import type { Directive } from '../plan/directive.ts';
import { searchPathOf } from '../sql/search-path.ts';
import type { ClientTransaction } from '../transaction/client-transaction.ts';
import type { DatabaseService } from './database-service.ts';
import type { StatementCache } from './statement-cache.ts';

export class SessionCatalog {
  readonly #database: DatabaseService;
  readonly #transaction: ClientTransaction;
  #settingsId = -1;
  #pathSql: string | null = null;
  #searchPath: readonly string[] | null = null;
  /** Where the session sends its statements by hand. */
  #directive: Directive | null = null;
  /** Tables were changed in the open transaction. */
  #changed = false;
  /** They were, but such that plans stay. */
  #sparing = false;
  #own: StatementCache | null = null;
  /** As the settings have it. */
  #role = '';
  /** Plans are for another user than the database's others. */
  #otherRole = false;
  /** The database's when `#own` was read. */
  #generation = -1;

  constructor(database: DatabaseService, transaction: ClientTransaction) {
    this.#database = database;
    this.#transaction = transaction;
  }

  get cache(): StatementCache | null {
    const { settings } = this.#transaction;
    const same = settings.id === this.#settingsId && settings.searchPath === this.#pathSql;
    const asBefore = settings.role === this.#role;
    if (!same || !asBefore || settings.manual.directive !== this.#directive) this.#follow();
    if (this.#isOwn()) return this.#ownCache();
    return this.#database.cache(this.#searchPath, this.#directive);
  }

  async load(): Promise<StatementCache> {
    for (;;) {
      const cache = this.cache;
      if (cache !== null) return cache;
      if (this.#isOwn()) await this.#loadOwn();
      else await this.#database.loadCatalog();
    }
  }

  /** A statement changed tables; `sparing`: no plan of them. */
  schemaChanged(sparing: boolean): void {
    if (sparing && this.#database.readsLater) {
      this.#sparing = true;
      if (this.#transaction.mode === 'none') this.transactionEnded();
    } else if (this.#transaction.mode === 'none') {
      this.#database.schemaChanged();
    } else {
      this.#changed = true;
      this.#own = null;
    }
  }

  transactionEnded(): void {
    if (this.#sparing) this.#database.readLater();
    this.#sparing = false;
    if (!this.#changed) return;
    this.#changed = false;
    this.#own = null;
    this.#database.schemaChanged();
  }

  #follow(): void {
    const { settings } = this.#transaction;
    this.#settingsId = settings.id;
    const sql = settings.searchPath;
    this.#pathSql = sql;
    this.#role = settings.role;
    // "$user" is another schema, and which schemas are searched depends on privileges.
    const otherRole = settings.role !== '' && this.#database.shardCount > 1;
    if (otherRole || otherRole !== this.#otherRole) this.#own = null;
    this.#otherRole = otherRole;
    const path = sql === null ? null : searchPathOf(sql, this.#database.user.name);
    if (JSON.stringify(path) !== JSON.stringify(this.#searchPath)) this.#own = null;
    this.#searchPath = path;
    const { directive } = settings.manual;
    if (directive !== this.#directive) this.#own = null;
    this.#directive = directive;
  }

  async #loadOwn(): Promise<void> {
    const shard = this.#transaction.openShard ?? 0;
    const server = await this.#transaction.open(shard);
    this.#generation = this.#database.generation;
    const catalog = await this.#database.readCatalog(server);
    // What is read as another user has that user's search path in it.
    const path = this.#otherRole ? null : this.#searchPath;
    this.#own = this.#database.newCache(catalog, path, this.#directive);
  }

  /** In a failed block nothing can be read, and only its end is left to be planned. */
  #isOwn(): boolean {
    return (this.#changed || this.#otherRole) && !this.#transaction.failed;
  }

  /** Of the catalog as the session sees it; null: not read, or tables have changed since. */
  #ownCache(): StatementCache | null {
    return this.#generation === this.#database.generation ? this.#own : null;
  }
}
