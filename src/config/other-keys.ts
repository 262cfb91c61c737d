// The keys of the small sections: admin, tcp, memory, rewrite and those of features to come.

import { randomBytes } from 'node:crypto';
import { parserEngines, parserLevels } from './general-statement-keys.ts';
import { bytes, choice, count, duration, flag, key, name, path, type Values } from './key.ts';
import { integer, real, text, textTable } from './value-type.ts';

export const adminKeys = {
  name: name('name', 'admin', 'works', 'Its name, beside `admin`, `pgbouncer` and `pgcat`.'),
  user: name('user', 'admin', 'works', 'The only user it has.'),
  password: key(
    'password',
    text,
    () => `_pgpack_${randomBytes(12).toString('hex')}`,
    'works',
    'Its password.',
    { env: 'PGDOG_ADMIN_PASSWORD', defaultWords: 'random' },
  ),
};

export const tcpKeys = {
  keepalive: flag('keepalive', true, 'works', 'Keepalive probes on connections.'),
  timeMs: duration('time', null, 'works', 'Idle time before the first probe, in whole seconds.', {
    min: 1_000,
    defaultWords: '60000',
  }),
  intervalMs: duration('interval', null, 'works', 'Time between probes, in whole seconds.', {
    min: 1_000,
    defaultWords: '1000',
  }),
  retries: count('retries', null, 'works', 'Probes without an answer before the connection ends.', {
    min: 1,
    max: 127,
    defaultWords: '10',
  }),
  userTimeoutMs: duration(
    'user_timeout',
    null,
    'later',
    'How long data may stay unconfirmed. Node.js cannot set it; see `query_timeout`.',
  ),
  congestionControl: name('congestion_control', null, 'later', 'Congestion control algorithm.'),
};

export const memoryKeys = {
  netBuffer: bytes('net_buffer', 4_096, 'later', 'Buffer per connection.'),
  messageBuffer: bytes('message_buffer', 4_096, 'later', 'Buffer of messages per connection.'),
  stackSize: bytes('stack_size', 2_097_152, 'later', 'Stack of a thread.'),
};

export const multiTenantKeys = {
  column: name('column', undefined, 'works', 'Column that statements must filter by.'),
};

export const replicaLagKeys = {
  checkIntervalMs: duration(
    'check_interval',
    1_000,
    'later',
    'Older form of `lsn_check_interval`.',
  ),
  maxAgeMs: duration('max_age', 25, 'later', 'Older form of `ban_replica_lag`.'),
};

export const replicationKeys = {
  pgDumpPath: path('pg_dump_path', 'pg_dump', 'later', 'The program pg_dump.'),
};

export const otelKeys = {
  endpoint: name('endpoint', null, 'later', 'Where metrics are sent (OTLP over HTTP).', {
    env: 'OTEL_EXPORTER_OTLP_ENDPOINT',
  }),
  namespace: name('namespace', 'pgdog', 'later', 'Put before the names of metrics.', {
    env: 'PGDOG_OTEL_NAMESPACE',
  }),
  headers: key('headers', textTable, () => ({}), 'later', 'HTTP headers.', {
    env: 'OTEL_EXPORTER_OTLP_HEADERS',
    defaultWords: 'none',
  }),
  datadogApiKey: name('datadog_api_key', null, 'later', 'Key for Datadog.', { env: 'DD_API_KEY' }),
  pushIntervalMs: duration('push_interval', 10_000, 'later', 'How often they are sent.', {
    env: 'OTEL_METRIC_EXPORT_INTERVAL',
    min: 1,
  }),
};

export const vaultKeys = {
  url: name('url', null, 'later', 'Address of the vault.'),
  namespace: name('namespace', null, 'later', 'Namespace in it.'),
  authMethod: choice(
    'auth_method',
    { kubernetes: 'later', approle: 'later' },
    null,
    'later',
    'How to log in there.',
  ),
  authMount: name('auth_mount', null, 'later', 'Where that method is mounted.'),
  kubernetesRole: name('kubernetes_role', null, 'later', 'Role for `kubernetes`.'),
  kubernetesJwtPath: path('kubernetes_jwt_path', null, 'later', 'File with the token.'),
  approleRoleId: name('approle_role_id', null, 'later', 'Role for `approle`.'),
  approleSecretIdFile: path('approle_secret_id_file', null, 'later', 'File with its secret.'),
  clientTokenTtl: key(
    'client_token_ttl',
    integer(1, Number.MAX_SAFE_INTEGER),
    60,
    'later',
    'How long the token lives.',
    { unit: 's' },
  ),
};

export const rewriteKeys = {
  enabled: flag('enabled', false, 'later', 'PgDog does not use this either.'),
  shardKey: choice(
    'shard_key',
    { error: 'works', rewrite: 'later', ignore: 'later' },
    'error',
    'works',
    'UPDATE of the sharding key.',
  ),
  splitInserts: choice(
    'split_inserts',
    { error: 'later', rewrite: 'works' },
    'rewrite',
    'works',
    "INSERT of several rows. PgPack splits it by row. (PgDog's default is `error`.)",
  ),
  primaryKey: choice(
    'primary_key',
    { ignore: 'works', error: 'later', rewrite: 'later', rewrite_omni: 'later' },
    'ignore',
    'works',
    'INSERT without the primary key.',
  ),
};

export const queryParserKeys = {
  database: name('database', undefined, 'later', 'The database.'),
  level: choice('level', parserLevels, null, 'later', 'Overrides `query_parser`.'),
  engine: choice('engine', parserEngines, null, 'later', 'Overrides `query_parser_engine`.'),
};

export const mirroringKeys = {
  sourceDb: name('source_db', undefined, 'later', 'Database whose statements are mirrored.'),
  destinationDb: name('destination_db', undefined, 'later', 'Database that gets them.'),
  queueLength: count('queue_length', null, 'later', 'Overrides `mirror_queue`.'),
  exposure: key('exposure', real(0, 1), null, 'later', 'Overrides `mirror_exposure`.'),
  level: choice(
    'level',
    { all: 'later', dml: 'later', ddl: 'later' },
    'all',
    'later',
    'Which statements.',
  ),
};

export const pluginKeys = {
  name: name('name', undefined, 'later', 'Name of the library.'),
  config: path('config', null, 'later', 'Its configuration file.'),
};

export type Admin = Values<typeof adminKeys>;
export type Tcp = Values<typeof tcpKeys>;
export type Memory = Values<typeof memoryKeys>;
export type MultiTenant = Values<typeof multiTenantKeys>;
export type ReplicaLag = Values<typeof replicaLagKeys>;
export type Replication = Values<typeof replicationKeys>;
export type Otel = Values<typeof otelKeys>;
export type Vault = Values<typeof vaultKeys>;
export type Rewrite = Values<typeof rewriteKeys>;
export type QueryParser = Values<typeof queryParserKeys>;
export type Mirroring = Values<typeof mirroringKeys>;
export type Plugin = Values<typeof pluginKeys>;
