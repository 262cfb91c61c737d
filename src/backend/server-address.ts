// Where a pool's servers are, how they are reached, and as whom it logs in there.

import type { ConnectionOptions } from 'node:tls';
import type { ServerSecret } from '../auth/server-secret.ts';

export interface ServerAddress {
  readonly shard: number;
  /** Host name or address, or the directory of a Unix socket when it begins with `/`. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  /** Passwords to try, in order. */
  readonly passwords: readonly string[];
  /** Comes before `passwords`. */
  readonly secrets?: SecretSource;
  /** As the configuration has it now; null: no TLS. */
  readonly tls?: () => ServerTls | null;
}

/** Secrets that change while a pool lives. */
export interface SecretSource {
  /** In the order to be tried; empty: none is known. Rejects with an Error that says why. */
  current(address: ServerAddress): Promise<readonly ServerSecret[]>;
  /** The server refused all of them. True: others may be there now. */
  refused(address: ServerAddress): boolean;
}

export interface ServerTls {
  /** False: a server without TLS is accepted (`tls_verify = "prefer"`). */
  readonly required: boolean;
  /** The handshake begins without being asked for (PostgreSQL 17). */
  readonly direct: boolean;
  readonly options: (host: string) => ConnectionOptions;
}
