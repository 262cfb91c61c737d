// What the commands of the admin database act on. `app.ts` implements it; every command that
// names a database takes null for all of them.

import type { Snapshot, SnapshotDetail } from '../metrics/snapshot.ts';

/** When SHUTDOWN stops: at once, when servers are released (transactions have ended), or when
 *  clients have left by themselves. */
export type ShutdownMode = 'now' | 'servers' | 'clients';

/** Names of databases are checked by the caller; other failures reject with PgError. */
export interface AdminTarget {
  /** All numbers of this moment, of all workers. */
  snapshot(detail: SnapshotDetail): Promise<Snapshot>;
  /** Reads the files again. Rejects with the reason, and changes nothing, when they are wrong. */
  reload(): Promise<void>;
  /** Gives out no server connections and closes those that come back; resolves when all have.
   *  Clients may still connect, and wait. */
  pause(database: string | null): Promise<void>;
  /** Ends PAUSE and KILL. */
  resume(database: string | null): Promise<void>;
  /** Every server connection of now is closed as soon as its client returns it. */
  reconnect(database: string | null): Promise<void>;
  /** Resolves when the connections that RECONNECT or RELOAD gave up are gone. */
  waitClose(database: string | null): Promise<void>;
  /** On: clients wait before their next transaction; off: they go on. */
  maintenance(on: boolean): Promise<void>;
  /** Cuts the clients and server connections, then does as PAUSE. */
  kill(database: string | null): Promise<void>;
  /** `id` of SHOW CLIENTS; answers false when there is no such client. */
  killClient(id: number): Promise<boolean>;
  /** Off: new clients of the database are refused; those that are connected stay. */
  enable(database: string, on: boolean): Promise<void>;
  /** Begins to stop; the answer does not wait for it. */
  shutdown(mode: ShutdownMode): void;
}
