// How many clients a user and a database may have and how long they may take, overrides resolved.
// Times in ms; `Infinity`: none.

import type { General } from './general-keys.ts';
import type { Database, User } from './topology.ts';

export interface ClientTimeouts {
  readonly queryTimeoutMs: number;
  readonly transactionTimeoutMs: number;
  readonly clientIdleTimeoutMs: number;
  readonly clientIdleInTransactionTimeoutMs: number;
  readonly clientWriteTimeoutMs: number;
  /** What a server has for answering a cancel. */
  readonly rollbackTimeoutMs: number;
}

/** The user's own limits come before those of [general]. */
export function clientTimeouts(general: General, user: User): ClientTimeouts {
  return {
    queryTimeoutMs: user.queryTimeoutMs ?? general.queryTimeoutMs,
    transactionTimeoutMs: user.transactionTimeoutMs ?? general.transactionTimeoutMs,
    clientIdleTimeoutMs: user.clientIdleTimeoutMs ?? general.clientIdleTimeoutMs,
    clientIdleInTransactionTimeoutMs:
      user.clientIdleInTransactionTimeoutMs ?? general.clientIdleInTransactionTimeoutMs,
    clientWriteTimeoutMs: general.clientWriteTimeoutMs,
    rollbackTimeoutMs: general.rollbackTimeoutMs,
  };
}

export type LimitedUser = Pick<User, 'name' | 'maxUserClientConnections'>;

/** Clients that `user` may have at once in all databases. */
export function userClientsMax(general: General, user: LimitedUser): number {
  return user.maxUserClientConnections ?? general.maxUserClientConnections ?? Infinity;
}

/** Clients that `database` may have at once of all users. */
export function databaseClientsMax(general: General, database: Database): number {
  const limits = database.shards
    .flatMap(shard => shard.servers)
    .flatMap(server => server.maxDbClientConnections ?? []);
  if (limits.length > 0) return Math.min(...limits);
  return general.maxDbClientConnections ?? Infinity;
}
