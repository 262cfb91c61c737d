// SHOW DATABASES and SHOW USERS: what the configuration says, and how much of it is used. Columns
// are PgBouncer's; a database has one row per server.

import { databaseClientsMax, userClientsMax } from '../../config/client-limits.ts';
import type { Config } from '../../config/config.ts';
import type { Database, Server, User } from '../../config/topology.ts';
import type { DatabaseSnapshot, PoolSnapshot } from '../../metrics/snapshot.ts';
import { big, type Cell, small, text } from '../column.ts';
import { groupBy, sumOf } from '../group-by.ts';
import type { View, ViewContext } from '../view.ts';

interface ServerRow {
  readonly config: Config;
  readonly database: Database;
  readonly shard: number;
  readonly server: Server;
  /** Of this server. */
  readonly pools: readonly PoolSnapshot[];
  /** Of the database. */
  readonly clients: readonly DatabaseSnapshot[];
}

function serverRows({ snapshot, config }: ViewContext): ServerRow[] {
  return [...config.databases.values()].flatMap(database =>
    database.shards.flatMap(({ number, servers }) =>
      servers.map(server => ({
        config,
        database,
        shard: number,
        server,
        pools: snapshot.pools.filter(
          one =>
            one.database === database.name &&
            one.shard === number &&
            one.address === server.host &&
            one.port === server.port,
        ),
        clients: snapshot.databases.filter(one => one.database === database.name),
      })),
    ),
  );
}

/** No limit is 0 in PgBouncer. */
function limit(value: number): number {
  return Number.isFinite(value) ? value : 0;
}

function seconds(ms: number): Cell {
  return Number.isFinite(ms) ? Math.round(ms / 1_000) : 0;
}

const connections = (pools: readonly PoolSnapshot[]) => sumOf(pools, one => one.idle + one.active);

export const databasesView: View<ServerRow> = {
  name: 'DATABASES',
  meaning: 'Databases of the configuration and their servers.',
  rows: serverRows,
  columns: [
    text('name', 'As clients name it.', row => row.database.name),
    text('host', 'The server.', row => row.server.host),
    small('port', 'Its port.', row => row.server.port),
    text('database', 'Its name at the server.', row => row.server.databaseName),
    text('force_user', 'The user at the server, if all clients have one.', row => row.server.user),
    big('pool_size', 'Connections of one pool.', row =>
      limit(row.server.poolSize ?? row.config.general.defaultPoolSize),
    ),
    big(
      'min_pool_size',
      'Kept open when idle.',
      row => row.server.minPoolSize ?? row.config.general.minPoolSize,
    ),
    big(
      'reserve_pool_size',
      'More of them when clients wait too long.',
      row => row.server.reservePoolSize ?? row.config.general.reservePoolSize,
    ),
    big('server_lifetime', 'Seconds; 0: none.', row =>
      seconds(row.server.serverLifetimeMs ?? row.config.general.serverLifetimeMs),
    ),
    text(
      'pool_mode',
      '`transaction`, `session` or `statement`.',
      row => row.server.poolerMode ?? row.config.general.poolerMode,
    ),
    text('load_balance_hosts', 'Always NULL.', () => null),
    big('max_connections', 'Always 0: pools have limits.', () => 0),
    big('current_connections', 'Open to the server.', row => connections(row.pools)),
    big('max_client_connections', 'Clients it may have; 0: no limit.', row =>
      limit(databaseClientsMax(row.config.general, row.database)),
    ),
    big('current_client_connections', 'Clients it has.', row =>
      sumOf(row.clients, one => one.clients),
    ),
    small('paused', '1 after PAUSE or KILL.', row =>
      Number(row.clients.some(one => one.paused) || row.pools.some(one => one.paused)),
    ),
    small('disabled', '1 after DISABLE.', row => Number(row.clients.some(one => one.disabled))),
    small('shard', "The server's shard.", row => row.shard),
    text('role', '`primary` or `replica`.', row => row.server.role),
  ],
};

interface UserRow {
  readonly config: Config;
  readonly user: User;
  readonly pools: readonly PoolSnapshot[];
  readonly clients: readonly DatabaseSnapshot[];
}

function userRows({ snapshot, config }: ViewContext): UserRow[] {
  return [...groupBy(config.users, user => user.name).values()].map(([user]) => ({
    config,
    user,
    pools: snapshot.pools.filter(one => one.user === user.name),
    clients: snapshot.databases.filter(one => one.user === user.name),
  }));
}

export const usersView: View<UserRow> = {
  name: 'USERS',
  meaning: 'Users of the configuration.',
  rows: userRows,
  columns: [
    text('name', 'The user.', row => row.user.name),
    big(
      'pool_size',
      'Connections of one pool; NULL: as the database says.',
      row => row.user.poolSize,
    ),
    big('reserve_pool_size', 'Likewise for the reserve.', row => row.user.reservePoolSize),
    text('pool_mode', 'Likewise for the mode.', row => row.user.poolerMode),
    big('max_user_connections', 'Always 0: pools have limits.', () => 0),
    big('current_connections', 'Open to servers.', row => connections(row.pools)),
    big('max_user_client_connections', 'Clients it may have; 0: no limit.', row =>
      limit(userClientsMax(row.config.general, row.user)),
    ),
    big('current_client_connections', 'Clients it has.', row =>
      sumOf(row.clients, one => one.clients),
    ),
  ],
};
