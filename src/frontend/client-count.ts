// Counts clients per user and per database, from their authentication on, and refuses those over
// a limit as PostgreSQL does (utils/init/postinit.c, CheckMyDatabase; miscinit.c,
// InitializeSessionUserId).

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { databaseClientsMax, type LimitedUser, userClientsMax } from '../config/client-limits.ts';
import type { Config } from '../config/config.ts';
import type { ClientCounter } from './peers.ts';

export class ClientCount implements ClientCounter {
  readonly #users = new Map<string, number>();
  readonly #databases = new Map<string, number>();

  /** Throws PgError `tooManyDatabaseClients` or `tooManyUserClients`; else the client counts
   *  until `leave`. */
  enter(config: Config, user: LimitedUser, databaseName: string): void {
    const database = config.databases.get(databaseName);
    const databaseMax = database === undefined ? 0 : databaseClientsMax(config.general, database);
    if ((this.#databases.get(databaseName) ?? 0) >= databaseMax) {
      throw new PgError(errors.tooManyDatabaseClients, { database: databaseName });
    }
    if ((this.#users.get(user.name) ?? 0) >= userClientsMax(config.general, user)) {
      throw new PgError(errors.tooManyUserClients, { user: user.name });
    }
    add(this.#databases, databaseName, 1);
    add(this.#users, user.name, 1);
  }

  leave(user: LimitedUser, databaseName: string): void {
    add(this.#databases, databaseName, -1);
    add(this.#users, user.name, -1);
  }
}

function add(counts: Map<string, number>, name: string, change: number): void {
  const count = (counts.get(name) ?? 0) + change;
  if (count === 0) counts.delete(name);
  else counts.set(name, count);
}
