// Every metric, declared once: docs/metrics.md and the OpenMetrics endpoint are made of these
// tables. Names are PgDog's where it has the number, in the form that OpenMetrics wants.

import { errors } from '../common/error-catalogue.ts';
import { counter, gauge, histogram, type MetricGroup } from './metric.ts';
import type { DatabaseSnapshot, ErrorSnapshot, PoolSnapshot, Snapshot } from './snapshot.ts';

const seconds = (ms: number): number => ms / 1_000;

const databases: MetricGroup<DatabaseSnapshot, Snapshot> = {
  title: 'Clients, by user and database',
  labels: ['user', 'database'],
  sources: ({ databases: all }) => all,
  labelValues: ({ user, database }) => [user, database],
  metrics: [
    gauge('clients', 'Clients that are logged in.', one => one.clients),
    gauge('cl_active', 'Clients that wait for no server connection.', one => one.clientsActive),
    gauge('clients_locked', 'Clients that keep a server connection.', one => one.clientsPinned),
    gauge('prepared_statements', 'Prepared statements known.', one => one.preparedStatements),
    gauge('query_cache_size', 'Plans in the statement cache.', one => one.cachedPlans),
    counter('query_cache_misses', 'Statements that had to be planned.', one => one.planned),
    counter('logins', 'Clients that have logged in.', one => one.logins),
    counter('query_count', 'Requests answered, up to ReadyForQuery.', one => one.queries),
    counter('xact_count', 'Transactions ended.', one => one.transactions),
    counter('errors', 'Errors that clients got.', one => one.errors),
    counter('client_parse_count', 'Parse messages of clients.', one => one.parses),
    counter('bind_count', 'Bind messages of clients.', one => one.binds),
    counter('received_bytes', 'From clients.', one => one.bytesReceived),
    counter('sent_bytes', 'To clients.', one => one.bytesSent),
    counter('client_wait_seconds', 'Clients waiting for server connections.', one =>
      seconds(one.waitMs),
    ),
    histogram(
      'query_duration_seconds',
      'From the first byte of a request to its ReadyForQuery.',
      one => one.queryDuration,
    ),
    histogram(
      'xact_duration_seconds',
      'From the first request of a transaction to its end.',
      one => one.transactionDuration,
    ),
  ],
};

const pools: MetricGroup<PoolSnapshot, Snapshot> = {
  title: 'Server connections, by pool',
  labels: ['user', 'database', 'host', 'port', 'shard', 'role'],
  sources: ({ pools: all }) => all,
  labelValues: one => [
    one.user,
    one.database,
    one.address,
    `${one.port}`,
    `${one.shard}`,
    one.role,
  ],
  metrics: [
    gauge('cl_waiting', 'Clients that wait for a connection of the pool.', one => one.waiting),
    gauge('maxwait_seconds', 'How long the first of them has waited.', one =>
      seconds(one.maxWaitMs),
    ),
    gauge('sv_active', 'Connections that clients hold.', one => one.active),
    gauge('sv_idle', 'Connections that nobody holds.', one => one.idle),
    gauge(
      'sv_idle_xact',
      'Of `sv_active`: inside a transaction, doing nothing.',
      one => one.idleInTransaction,
    ),
    gauge('sv_login', 'Connections being opened.', one => one.opening),
    gauge('pool_size', 'Connections the pool may have.', one => one.poolSize),
    gauge('pool_paused', '1 while the pool gives out no connections.', one => Number(one.paused)),
    counter('server_assignment_count', 'Connections given to clients.', one => one.assignments),
    counter('server_query_count', 'Requests answered by servers.', one => one.queries),
    counter('server_xact_count', 'Transactions ended at servers.', one => one.transactions),
    counter('server_errors', 'Errors of servers.', one => one.errors),
    counter('server_parse_count', 'Statements prepared at servers.', one => one.parses),
    counter('server_received_bytes', 'From servers.', one => one.bytesReceived),
    counter('server_sent_bytes', 'To servers.', one => one.bytesSent),
    counter('connect_count', 'Connections opened.', one => one.connects),
    counter('connect_time_seconds', 'Opening them.', one => seconds(one.connectMs)),
    counter('connect_errors', 'Connections that could not be opened.', one => one.connectErrors),
    counter('checkout_timeouts', 'Clients that waited in vain.', one => one.waitTimeouts),
    counter('cleaned', 'Connections that had to be reset when returned.', one => one.cleaned),
    counter('rollbacks', 'Of them: with a transaction to roll back.', one => one.rollbacks),
    histogram(
      'wait_seconds',
      'How long clients waited that could not be served at once.',
      one => one.waitDuration,
    ),
  ],
};

const raised: MetricGroup<ErrorSnapshot, Snapshot> = {
  title: 'Errors of PgPack itself, by their id in errors.md',
  labels: ['id', 'sqlstate'],
  sources: ({ errors: all }) => all,
  labelValues: ({ id }) => [id, sqlstateOf(id)],
  metrics: [counter('raised_errors', 'Errors that PgPack raised.', one => one.count)],
};

function sqlstateOf(id: string): string {
  return (errors as Readonly<Record<string, { sqlstate: string }>>)[id]?.sqlstate ?? '';
}

const whole: MetricGroup<Snapshot, Snapshot> = {
  title: 'The process',
  labels: [],
  sources: one => [one],
  labelValues: () => [],
  metrics: [
    gauge('login_clients', 'Clients that have not logged in yet.', one => one.logins),
    gauge('maintenance', '1 in maintenance mode.', one => Number(one.maintenance)),
    gauge('start_time_seconds', 'When PgPack was started (Unix time).', one =>
      seconds(one.startedAtMs),
    ),
    gauge('memory_resident_bytes', 'Memory of the process.', one => one.memory.rss),
    gauge('memory_heap_bytes', 'Of it: objects of JavaScript.', one => one.memory.heapUsed),
    gauge('memory_buffers_bytes', 'Of it: buffers.', one => one.memory.arrayBuffers),
    gauge('memory_merges_bytes', 'Held by merges of rows.', one => one.memory.merges),
    gauge('memory_merges_peak_bytes', 'The most they held.', one => one.memory.mergesPeak),
  ],
};

// biome-ignore lint/suspicious/noExplicitAny: groups of different sources share one table.
export const metricGroups: readonly MetricGroup<any, Snapshot>[] = [
  databases,
  pools,
  raised,
  whole,
];
