// The door to the admin database, which is above this floor: who may log in there is known here,
// what the client then talks to is given by `app.ts`.

import type { PgError } from '../common/pg-error.ts';
import type { Config } from '../config/config.ts';
import type { Transport } from '../transport/transport.ts';
import type { Cancelable, CancelKey } from './cancel-keys.ts';

/** A client of the admin database. */
export interface AdminClient extends Cancelable {
  /** Ends it, once its command has been answered. */
  drain(): void;
  /** Tells it why and closes. */
  terminate(error: PgError): void;
}

export interface AdminRequest {
  /** The name it came by. */
  readonly database: string;
  readonly minor: number;
  readonly parameters: ReadonlyMap<string, string>;
}

/** Takes the transport over, greets the client, and calls `onClosed` once when it is gone. */
export type OpenAdmin = (
  transport: Transport,
  request: AdminRequest,
  keyFor: (client: Cancelable) => CancelKey,
  onClosed: () => void,
) => AdminClient;

/** Names that the tools of PgBouncer and PgCat know. */
export const summedNames: readonly string[] = ['pgbouncer', 'pgcat'];

/** Whether clients who ask for `database` get the admin database. A configured database of that
 *  name comes first. */
export function isAdminDatabase({ admin, databases }: Config, database: string): boolean {
  if (databases.has(database)) return false;
  return database === admin.name || database === 'admin' || summedNames.includes(database);
}

/** What its user must prove. Nobody is let in without a password: `trust` becomes `scram`. */
export function adminAuthentication({ admin, general }: Config, user: string) {
  const known = user === admin.user;
  return {
    authType: general.authType === 'trust' ? ('scram' as const) : general.authType,
    user,
    passwords: known ? [admin.password] : [],
    passwordHash: null,
    known,
  };
}
