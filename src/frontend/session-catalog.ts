// The plans a session uses: those of its search path, and those of a catalog of its own while it
// has changed tables in a transaction that others do not see yet.

import { searchPathOf } from '../sql/search-path.ts';
import type { ClientTransaction } from '../transaction/client-transaction.ts';
import type { DatabaseService } from './database-service.ts';
import type { StatementCache } from './statement-cache.ts';

export class SessionCatalog {
  readonly #database: DatabaseService;
  readonly #transaction: ClientTransaction;
  #settingsId = -1;
  #searchPath: readonly string[] | null = null;
  /** Tables were changed in the open transaction. */
  #changed = false;
  #own: StatementCache | null = null;

  constructor(database: DatabaseService, transaction: ClientTransaction) {
    this.#database = database;
    this.#transaction = transaction;
  }

  get cache(): StatementCache | null {
    const { settings } = this.#transaction;
    if (settings.id !== this.#settingsId) this.#follow();
    return this.#changed ? this.#own : this.#database.cache(this.#searchPath);
  }

  async load(): Promise<StatementCache> {
    for (;;) {
      const cache = this.cache;
      if (cache !== null) return cache;
      if (this.#changed) await this.#loadOwn();
      else await this.#database.loadCatalog();
    }
  }

  /** A statement changed tables. */
  schemaChanged(): void {
    if (this.#transaction.mode === 'none') {
      this.#database.schemaChanged();
    } else {
      this.#changed = true;
      this.#own = null;
    }
  }

  transactionEnded(): void {
    if (!this.#changed) return;
    this.#changed = false;
    this.#own = null;
    this.#database.schemaChanged();
  }

  #follow(): void {
    const { settings } = this.#transaction;
    this.#settingsId = settings.id;
    const sql = settings.current.get('search_path');
    const path = sql === undefined ? null : searchPathOf(sql, this.#database.user.name);
    if (JSON.stringify(path) !== JSON.stringify(this.#searchPath)) this.#own = null;
    this.#searchPath = path;
  }

  async #loadOwn(): Promise<void> {
    const shard = this.#transaction.openShard ?? 0;
    const server = await this.#transaction.open(shard);
    const catalog = await this.#database.readCatalog(server);
    this.#own = this.#database.newCache(catalog, this.#searchPath);
  }
}
