// SHOW POOLS: one row per user, database and shard; for PgBouncer's tools per user and database.
// Columns are PgDog's and PgBouncer's.

import type { DatabaseSnapshot, PoolSnapshot } from '../../metrics/snapshot.ts';
import { big, flag, restMicroseconds, small, text, wholeSeconds } from '../column.ts';
import { groupBy, sumOf } from '../group-by.ts';
import type { View, ViewContext } from '../view.ts';

interface PoolRow {
  /** One, unless rows are summed up. */
  readonly pools: readonly [PoolSnapshot, ...PoolSnapshot[]];
  /** Of all workers. */
  readonly clients: readonly DatabaseSnapshot[];
}

function rows({ snapshot, summed }: ViewContext): PoolRow[] {
  const clientsOf = groupBy(snapshot.databases, nameOf);
  const key = (pool: PoolSnapshot) => `${nameOf(pool)},${summed ? '' : pool.id}`;
  return [...groupBy(snapshot.pools, key).values()].map(pools => ({
    pools,
    clients: clientsOf.get(nameOf(pools[0])) ?? [],
  }));
}

function nameOf({ user, database }: { user: string; database: string }): string {
  return JSON.stringify([user, database]);
}

/** Of what pools may have different values of: that of the only one. */
function single<T>({ pools }: PoolRow, read: (pool: PoolSnapshot) => T): T | null {
  return pools.length === 1 ? read(pools[0]) : null;
}

function maxWaitMs({ pools }: PoolRow): number {
  return Math.max(...pools.map(pool => pool.maxWaitMs));
}

const sum = (read: (pool: PoolSnapshot) => number) => (row: PoolRow) => sumOf(row.pools, read);
const none = () => 0;

export const poolsView: View<PoolRow> = {
  name: 'POOLS',
  meaning: 'Pools of server connections.',
  rows,
  columns: [
    big('id', 'For SHOW SERVERS.', row => single(row, pool => pool.id)),
    text('database', 'The database of its clients.', row => row.pools[0].database),
    text('user', 'The user of its clients.', row => row.pools[0].user),
    text('addr', 'The server.', row => single(row, pool => pool.address)),
    small('port', 'Its port.', row => single(row, pool => pool.port)),
    small('shard', 'Its shard.', row => single(row, pool => pool.shard)),
    text('role', '`primary` or `replica`.', row => row.pools[0].role),
    big('cl_active', 'Clients of the user and database that wait for no connection.', row =>
      sumOf(row.clients, one => one.clientsActive),
    ),
    big(
      'cl_waiting',
      'Clients that wait for a connection of the pool.',
      sum(pool => pool.waiting),
    ),
    big('cl_active_cancel_req', 'Always 0.', none),
    big('cl_waiting_cancel_req', 'Always 0.', none),
    big(
      'sv_active',
      'Connections that clients hold.',
      sum(pool => pool.active),
    ),
    big('sv_active_cancel', 'Always 0.', none),
    big('sv_being_canceled', 'Always 0.', none),
    big(
      'sv_idle',
      'Connections that nobody holds.',
      sum(pool => pool.idle),
    ),
    big(
      'sv_idle_xact',
      'Of `sv_active`: inside a transaction, doing nothing.',
      sum(pool => pool.idleInTransaction),
    ),
    big('sv_used', 'Always 0.', none),
    big('sv_tested', 'Always 0.', none),
    big(
      'sv_login',
      'Connections being opened.',
      sum(pool => pool.opening),
    ),
    big(
      'sv_total',
      'Connections that are open.',
      sum(pool => pool.idle + pool.active),
    ),
    big('maxwait', 'The longest wait now, whole seconds.', row => wholeSeconds(maxWaitMs(row))),
    big('maxwait_us', 'And microseconds.', row => restMicroseconds(maxWaitMs(row))),
    text('pool_mode', '`transaction`, `session` or `statement`.', row => row.pools[0].mode),
    text('load_balance_hosts', 'Always NULL.', () => null),
    flag('paused', 'It gives out no connections.', row => row.pools.some(pool => pool.paused)),
    flag('banned', 'Always false.', () => false),
    big(
      'errors',
      'Errors of its servers, and connections that could not be opened.',
      sum(pool => pool.errors + pool.connectErrors),
    ),
    big(
      're_synced',
      'Connections that had to be reset when returned.',
      sum(pool => pool.cleaned),
    ),
    big(
      'pool_size',
      'Connections it may have.',
      sum(pool => pool.poolSize),
    ),
  ],
};
