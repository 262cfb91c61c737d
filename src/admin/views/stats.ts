// SHOW STATS and its relatives: counters of clients and servers per user and database (for
// PgBouncer's tools per database), and per shard. Times are microseconds, as in PgBouncer.

import type { DatabaseSnapshot, PoolSnapshot } from '../../metrics/snapshot.ts';
import type { Totals } from '../averages.ts';
import { big, type Column, microseconds, small, text } from '../column.ts';
import { groupBy, sumOf } from '../group-by.ts';
import type { View, ViewContext } from '../view.ts';

/** Of one row: all clients and pools that it sums up. */
interface Members {
  readonly databases: readonly DatabaseSnapshot[];
  readonly pools: readonly PoolSnapshot[];
}

interface StatsRow {
  readonly name: { readonly database: string; readonly user: string | null };
  /** null: a row of several shards. */
  readonly pool: PoolSnapshot | null;
  readonly now: Members;
  readonly begin: Members;
  readonly end: Members;
  readonly seconds: number;
}

interface Stat {
  readonly name: string;
  /** PgBouncer's name, without the prefix, where it is another. */
  readonly average?: string;
  readonly totalsName?: string;
  readonly meaning: string;
  read(members: Members): number;
  /** Its average is per one of these; without, per second. */
  readonly per?: (members: Members) => number;
}

const clients = (read: (one: DatabaseSnapshot) => number) => (members: Members) =>
  sumOf(members.databases, read);
const servers = (read: (one: PoolSnapshot) => number) => (members: Members) =>
  sumOf(members.pools, read);

const assignments = servers(one => one.assignments);
const connects = servers(one => one.connects);
const queries = clients(one => one.queries);
const transactions = clients(one => one.transactions);

const assignmentStat: Stat = {
  name: 'server_assignment_count',
  meaning: 'Connections given to clients.',
  read: assignments,
};
const serverParseStat: Stat = {
  name: 'server_parse_count',
  meaning: 'Statements prepared at servers.',
  read: servers(one => one.parses),
};
const waitStat: Stat = {
  name: 'wait_time',
  meaning: 'Clients waiting for connections, µs.',
  read: servers(one => microseconds(one.waitMs)),
  per: assignments,
};

/** In PgBouncer's order. */
const clientStats: readonly Stat[] = [
  assignmentStat,
  { name: 'xact_count', meaning: 'Transactions ended.', read: transactions },
  { name: 'query_count', meaning: 'Requests answered.', read: queries },
  {
    name: 'received',
    average: 'recv',
    totalsName: 'bytes_received',
    meaning: 'Bytes from clients.',
    read: clients(one => one.bytesReceived),
  },
  {
    name: 'sent',
    totalsName: 'bytes_sent',
    meaning: 'Bytes to clients.',
    read: clients(one => one.bytesSent),
  },
  {
    name: 'xact_time',
    meaning: 'Transactions, µs.',
    read: clients(one => microseconds(one.transactionMs)),
    per: transactions,
  },
  {
    name: 'query_time',
    meaning: 'Requests, µs.',
    read: clients(one => microseconds(one.queryMs)),
    per: queries,
  },
  waitStat,
  {
    name: 'client_parse_count',
    meaning: 'Parse messages of clients.',
    read: clients(one => one.parses),
  },
  serverParseStat,
  { name: 'bind_count', meaning: 'Bind messages of clients.', read: clients(one => one.binds) },
  {
    name: 'client_login_count',
    meaning: 'Clients that have logged in.',
    read: clients(one => one.logins),
  },
];

const poolStats: readonly Stat[] = [
  { name: 'cleaned', meaning: 'Connections reset.', read: servers(one => one.cleaned) },
  { name: 'rollbacks', meaning: 'Transactions rolled back.', read: servers(one => one.rollbacks) },
  {
    name: 'connect_time',
    meaning: 'Opening connections, µs.',
    read: servers(one => microseconds(one.connectMs)),
    per: connects,
  },
  { name: 'connect_count', meaning: 'Connections opened.', read: connects },
];

/** Only PgDog has them. */
const furtherStats: readonly Stat[] = [
  {
    name: 'xact_2pc_count',
    meaning: 'Transactions committed in two phases.',
    read: () => 0,
  },
  {
    name: 'idle_xact_time',
    meaning: 'Open transactions with nothing to do, µs.',
    read: clients(one => microseconds(Math.max(0, one.transactionMs - one.queryMs))),
    per: transactions,
  },
  { name: 'errors', meaning: 'Errors that clients got.', read: clients(one => one.errors) },
  ...poolStats,
];

const shardStats: readonly Stat[] = [
  assignmentStat,
  { name: 'xact_count', meaning: 'Transactions ended.', read: servers(one => one.transactions) },
  { name: 'query_count', meaning: 'Requests answered.', read: servers(one => one.queries) },
  { name: 'received', meaning: 'Bytes from servers.', read: servers(one => one.bytesReceived) },
  { name: 'sent', meaning: 'Bytes to servers.', read: servers(one => one.bytesSent) },
  waitStat,
  serverParseStat,
  { name: 'errors', meaning: 'Errors of servers.', read: servers(one => one.errors) },
  ...poolStats,
];

function averageOf({ read, per }: Stat, { begin, end, seconds }: StatsRow): number {
  const difference = read(end) - read(begin);
  if (per === undefined) return Math.round(difference / seconds);
  const count = per(end) - per(begin);
  return count === 0 ? 0 : Math.round(difference / count);
}

const total = (stat: Stat, name: string): Column<StatsRow> =>
  big(name, stat.meaning, row => stat.read(row.now));

const average = (stat: Stat, name: string): Column<StatsRow> =>
  big(name, stat.per === undefined ? 'Per second.' : 'Average of one, µs.', row =>
    averageOf(stat, row),
  );

const totalsOf = (stats: readonly Stat[]) => stats.map(stat => total(stat, `total_${stat.name}`));
const averagesOf = (stats: readonly Stat[]) =>
  stats.map(stat => average(stat, `avg_${stat.average ?? stat.name}`));

const names: readonly Column<StatsRow>[] = [
  text('database', 'The database.', row => row.name.database),
  text('user', 'The user; NULL: all.', row => row.name.user),
];

type Key = (one: { user: string; database: string }) => string;

function databaseRows({ snapshot, averages, summed }: ViewContext): StatsRow[] {
  const { begin, end, seconds } = averages.period(snapshot);
  const key: Key = one => JSON.stringify(summed ? [one.database] : [one.database, one.user]);
  return [...groupBy(snapshot.databases, key).values()].map(([first]) => {
    const members = (from: Pick<Totals, 'databases' | 'pools'>): Members => ({
      databases: from.databases.filter(one => key(one) === key(first)),
      pools: from.pools.filter(one => key(one) === key(first)),
    });
    return {
      name: { database: first.database, user: summed ? null : first.user },
      pool: null,
      now: members(snapshot),
      begin: members(begin),
      end: members(end),
      seconds,
    };
  });
}

function poolRows({ snapshot, averages }: ViewContext): StatsRow[] {
  const { begin, end, seconds } = averages.period(snapshot);
  return snapshot.pools.map(pool => {
    const members = (from: Pick<Totals, 'pools'>): Members => ({
      databases: [],
      pools: from.pools.filter(one => one.id === pool.id),
    });
    return {
      name: pool,
      pool,
      now: { databases: [], pools: [pool] },
      begin: members(begin),
      end: members(end),
      seconds,
    };
  });
}

export const statsView: View<StatsRow> = {
  name: 'STATS',
  meaning: 'Counters of clients, and their averages over the last `stats_period`.',
  rows: databaseRows,
  columns: [
    ...names,
    ...totalsOf(clientStats),
    ...averagesOf(clientStats),
    ...totalsOf(furtherStats),
    ...averagesOf(furtherStats),
  ],
};

export const statsTotalsView: View<StatsRow> = {
  name: 'STATS_TOTALS',
  meaning: 'The counters of SHOW STATS alone.',
  rows: databaseRows,
  columns: [
    ...names,
    ...[...clientStats, ...furtherStats].map(stat => total(stat, stat.totalsName ?? stat.name)),
  ],
};

export const statsAveragesView: View<StatsRow> = {
  name: 'STATS_AVERAGES',
  meaning: 'The averages of SHOW STATS alone.',
  rows: databaseRows,
  columns: [
    ...names,
    ...[...clientStats, ...furtherStats].map(stat => average(stat, stat.totalsName ?? stat.name)),
  ],
};

export const shardStatsView: View<StatsRow> = {
  name: 'STATS_SHARDS',
  meaning: 'Counters of server connections by shard.',
  rows: poolRows,
  columns: [
    ...names,
    text('addr', 'The server.', row => row.pool!.address),
    small('port', 'Its port.', row => row.pool!.port),
    small('shard', 'Its shard.', row => row.pool!.shard),
    text('role', '`primary` or `replica`.', row => row.pool!.role),
    ...totalsOf(shardStats),
    ...averagesOf(shardStats),
  ],
};

/** SHOW TOTALS: everything summed up, one counter per row. */
export const totalsView: View<{ name: string; value: number }> = {
  name: 'TOTALS',
  meaning: 'The counters of SHOW STATS over all databases.',
  rows: ({ snapshot }) =>
    [...clientStats, ...furtherStats].map(stat => ({
      name: stat.totalsName ?? stat.name,
      value: stat.read(snapshot),
    })),
  columns: [
    text('name', 'The counter.', row => row.name),
    big('value', 'Its value.', row => row.value),
  ],
};
