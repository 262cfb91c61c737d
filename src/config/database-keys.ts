// The keys of [[databases]] and of [[users]]: what a server is, who may log in, and the pool
// settings that both can override.

import { choice, count, duration, flag, key, name, path, port, text, type Values } from './key.ts';
import { filledText, listOf } from './value-type.ts';

const poolSize = { min: 1, max: 100_000 };
const minPoolSize = { max: 100_000 };

/** What a database and a user can override of [general]. null: not overridden. */
const overrideKeys = {
  poolSize: count('pool_size', null, 'works', 'Overrides `default_pool_size`.', {
    ...poolSize,
    aliases: ['max_pool_size'],
  }),
  minPoolSize: count('min_pool_size', null, 'works', 'Overrides `min_pool_size`.', minPoolSize),
  reservePoolSize: count('reserve_pool_size', null, 'works', 'Overrides `reserve_pool_size`.', {
    own: true,
    max: 100_000,
  }),
  poolerMode: choice(
    'pooler_mode',
    { transaction: 'works', session: 'works', statement: 'works' },
    null,
    'works',
    'Overrides `pooler_mode`.',
  ),
  statementTimeoutMs: duration(
    'statement_timeout',
    null,
    'works',
    "PostgreSQL's statement_timeout on server connections.",
  ),
  lockTimeoutMs: duration(
    'lock_timeout',
    null,
    'works',
    "PostgreSQL's lock_timeout on server connections.",
  ),
  idleTimeoutMs: duration('idle_timeout', null, 'works', 'Overrides `idle_timeout`.'),
  readOnly: flag('read_only', null, 'works', 'Transactions are read-only unless they say other.'),
  serverLifetimeMs: duration('server_lifetime', null, 'works', 'Overrides `server_lifetime`.'),
  serverLifetimeJitterMs: duration(
    'server_lifetime_jitter',
    null,
    'works',
    'Overrides `server_lifetime_jitter`.',
  ),
  poolSizePrimary: count(
    'pool_size_primary',
    null,
    'works',
    '`pool_size` for primaries.',
    poolSize,
  ),
  poolSizeReplica: count('pool_size_replica', null, 'later', '`pool_size` for replicas.', poolSize),
  minPoolSizePrimary: count(
    'min_pool_size_primary',
    null,
    'works',
    '`min_pool_size` for primaries.',
    minPoolSize,
  ),
  minPoolSizeReplica: count(
    'min_pool_size_replica',
    null,
    'later',
    '`min_pool_size` for replicas.',
    minPoolSize,
  ),
  idleTimeoutPrimaryMs: duration(
    'idle_timeout_primary',
    null,
    'works',
    '`idle_timeout` for primaries.',
  ),
  idleTimeoutReplicaMs: duration(
    'idle_timeout_replica',
    null,
    'later',
    '`idle_timeout` for replicas.',
  ),
};

export const databaseKeys = {
  name: name('name', undefined, 'works', 'Name that clients connect to.'),
  role: choice(
    'role',
    { primary: 'works', replica: 'later', auto: 'refused' },
    'primary',
    'works',
    'Part this server has in its shard.',
    { instead: 'the server is not used' },
  ),
  host: name(
    'host',
    undefined,
    'works',
    'Host name or address of the server, or the directory of its Unix socket.',
  ),
  port: port('port', 5432, 'works', 'Its port.'),
  shard: count('shard', 0, 'works', 'Number of the shard, counted from 0.', { max: 65_535 }),
  databaseName: name('database_name', null, 'works', 'Name of the database on the server.', {
    defaultWords: '`name`',
  }),
  user: name('user', null, 'works', "User to log in as; before the client's and its server_user."),
  password: text('password', null, 'works', 'Its password.'),
  ...overrideKeys,
  reshardingOnly: flag(
    'resharding_only',
    false,
    'later',
    'Not for clients. Such entries are left out.',
  ),
  authQuery: name('auth_query', null, 'works', 'Overrides `auth_query`.', { own: true }),
  authUser: name('auth_user', null, 'works', 'Overrides `auth_user`.', { own: true }),
  authPassword: text('auth_password', null, 'works', 'Password of `auth_user`.', { own: true }),
  authDbname: name('auth_dbname', null, 'works', 'Overrides `auth_dbname`.', { own: true }),
  lbWeight: count('lb_weight', 255, 'later', 'Weight among replicas.', { max: 255 }),
  maxDbClientConnections: count(
    'max_db_client_connections',
    null,
    'works',
    'Overrides `max_db_client_connections`; of several entries the smallest counts.',
    { own: true, min: 1 },
  ),
};

/** Time limits of [general] that a user can override. null: not overridden. */
const userTimeoutKeys = {
  checkoutTimeoutMs: duration('checkout_timeout', null, 'works', 'Overrides `checkout_timeout`.', {
    own: true,
    min: 1,
  }),
  queryTimeoutMs: duration('query_timeout', null, 'works', 'Overrides `query_timeout`.', {
    own: true,
    min: 1,
  }),
  transactionTimeoutMs: duration(
    'transaction_timeout',
    null,
    'works',
    'Overrides `transaction_timeout`.',
    { own: true, min: 1 },
  ),
  clientIdleTimeoutMs: duration(
    'client_idle_timeout',
    null,
    'works',
    'Overrides `client_idle_timeout`.',
    { own: true, min: 1 },
  ),
  clientIdleInTransactionTimeoutMs: duration(
    'client_idle_in_transaction_timeout',
    null,
    'works',
    'Overrides `client_idle_in_transaction_timeout`.',
    { own: true, min: 1 },
  ),
};

const names = listOf(filledText('string'), 'array of strings');

export const userKeys = {
  name: name('name', undefined, 'works', 'Name that clients log in with.'),
  database: name('database', null, 'works', 'Database that the user may connect to.'),
  databases: key('databases', names, () => [], 'works', 'More of them.', { defaultWords: 'none' }),
  allDatabases: flag('all_databases', false, 'works', 'The user may connect to every database.'),
  password: text('password', null, 'works', 'Password of the client, and for the servers.'),
  passwords: key(
    'passwords',
    listOf(filledText('string'), 'array of strings'),
    () => [],
    'works',
    'More passwords, any of which is accepted, so that they can be changed in turn.',
    { defaultWords: 'none' },
  ),
  passwordHash: name(
    'password_hash',
    null,
    'works',
    'SCRAM-SHA-256 verifier instead of a password; `pgpack hash PASSWORD` prints one.',
  ),
  identity: name(
    'identity',
    null,
    'works',
    "Common name or DNS name that the client's certificate must bear; then no password is asked for.",
  ),
  tlsClientCertificateRequired: flag(
    'tls_client_certificate_required',
    true,
    'works',
    'Whether the client must show a certificate where `tls_client_ca_certificate` is set.',
  ),
  ...overrideKeys,
  ...userTimeoutKeys,
  maxUserClientConnections: count(
    'max_user_client_connections',
    null,
    'works',
    'Overrides `max_user_client_connections`.',
    { own: true, min: 1 },
  ),
  serverUser: name('server_user', null, 'works', 'User to log in as at the servers.', {
    defaultWords: '`name`',
  }),
  serverPassword: text('server_password', null, 'works', 'Its password.', {
    defaultWords: '`password`',
  }),
  serverAuth: choice(
    'server_auth',
    {
      password: 'works',
      rds_iam: 'works',
      azure_workload_identity: 'refused',
      vault_dynamic: 'refused',
      vault_static: 'refused',
    },
    'password',
    'works',
    'Where the password for the servers comes from.',
  ),
  serverIamRegion: name('server_iam_region', null, 'works', 'Region for `rds_iam`.', {
    defaultWords: "the host name's",
  }),
  serverVaultPath: name('server_vault_path', null, 'later', 'Path in the vault.'),
  vaultRefreshPercent: count(
    'vault_refresh_percent',
    80,
    'later',
    'Part of its lifetime after which a password is fetched anew.',
    { min: 1, max: 100, unit: '%' },
  ),
  vaultPath: path('vault_path', null, 'refused', "Path of the client's password in the vault."),
  replicationMode: flag('replication_mode', false, 'later', 'Replication connections.'),
  replicationSharding: name('replication_sharding', null, 'later', 'Sharded replication.'),
  schemaAdmin: flag('schema_admin', false, 'later', 'The user with whom schemas are copied.'),
  crossShardDisabled: flag(
    'cross_shard_disabled',
    null,
    'works',
    'Overrides `cross_shard_disabled`.',
  ),
  twoPhaseCommit: flag('two_phase_commit', null, 'later', 'Overrides `two_phase_commit`.'),
  twoPhaseCommitAuto: flag(
    'two_phase_commit_auto',
    null,
    'later',
    'Overrides `two_phase_commit_auto`.',
  ),
};

export type DatabaseEntry = Values<typeof databaseKeys>;
export type UserEntry = Values<typeof userKeys>;
