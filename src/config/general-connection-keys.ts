// The keys of [general] that say where PgPack listens, how clients log in, how connections to
// servers are pooled, and how long anything may take. Names and defaults are PgDog's.

import { bytes, choice, count, duration, flag, key, name, path, port, text } from './key.ts';
import { fileMode, integer } from './value-type.ts';

const poolerModes = { transaction: 'works', session: 'works', statement: 'works' } as const;

export const listenKeys = {
  host: name('host', '0.0.0.0', 'works', 'Address to listen on. A change needs a restart.'),
  port: count(
    'port',
    6432,
    'works',
    'Port to listen on; 0: any that is free. A change needs a restart.',
    { max: 65_535 },
  ),
  unixSocketDir: path(
    'unix_socket_dir',
    null,
    'works',
    'Directory of a Unix socket to listen on as well, `.s.PGSQL.` and the port. A change needs a restart.',
    { own: true },
  ),
  unixSocketMode: key(
    'unix_socket_mode',
    fileMode,
    '0777',
    'works',
    'Permissions of the Unix socket, octal: who may write to it may connect.',
    { own: true },
  ),
  unixSocketGroup: name(
    'unix_socket_group',
    null,
    'works',
    'Group that the Unix socket belongs to, by name or number.',
    { own: true },
  ),
  workers: count(
    'workers',
    2,
    'works',
    'Event loops, each a thread with clients and pools of its own; 0 or 1: one, in the main thread. ' +
      'Pool sizes are divided between them, so there are no more than the smallest pool has ' +
      'connections. A change needs a restart.',
    { max: 1024 },
  ),
  maxClientConn: count(
    'max_client_conn',
    10_000,
    'works',
    'Clients connected at once; one more is told 53300.',
    { own: true, min: 1 },
  ),
  maxUserClientConnections: count(
    'max_user_client_connections',
    null,
    'works',
    'Clients of one user at once; one more is told 53300.',
    { own: true, min: 1 },
  ),
  maxDbClientConnections: count(
    'max_db_client_connections',
    null,
    'works',
    'Clients of one database at once; one more is told 53300.',
    { own: true, min: 1 },
  ),
  messageSizeLimit: count(
    'message_size_limit',
    1_073_741_823,
    'works',
    "Largest message of a client. The default is PostgreSQL's own limit.",
    { own: true, min: 1024, max: 1_073_741_823, unit: 'bytes' },
  ),
  dnsTtlMs: duration('dns_ttl', null, 'later', 'How long the address of a host name is kept.'),
  broadcastAddress: name('broadcast_address', null, 'later', 'IPv4 address of peer discovery.'),
  broadcastPort: port('broadcast_port', null, 'later', 'UDP port of peer discovery.', {
    defaultWords: '`port` + 1',
  }),
};

export const loginKeys = {
  authType: choice(
    'auth_type',
    { scram: 'works', md5: 'works', plain: 'works', trust: 'works' },
    'scram',
    'works',
    'How clients prove who they are; `trust` asks nothing.',
  ),
  passthroughAuth: choice(
    'passthrough_auth',
    {
      disabled: 'works',
      enabled: 'works',
      enabled_plain: 'works',
      enabled_allow_change: 'works',
      enabled_plain_allow_change: 'works',
    },
    'disabled',
    'works',
    'Users without a password here give it in clear, and the server judges. `enabled`: with TLS or ' +
      'a Unix socket only; `…_allow_change`: another password is tried while the first is remembered.',
  ),
  authQuery: name(
    'auth_query',
    null,
    'works',
    'Query that finds the stored password of a user without one here: name and password for `$1`. ' +
      'Without it, `auth_user` reads `pg_authid`.',
    { own: true },
  ),
  authUser: name(
    'auth_user',
    null,
    'works',
    'Who runs `auth_query`. Without it, the `user` of `[[databases]]`.',
    { own: true },
  ),
  authPassword: text('auth_password', null, 'works', 'Password of `auth_user`.', {
    own: true,
    defaultWords: 'that of the user in users.toml',
  }),
  authDbname: name('auth_dbname', null, 'works', 'Database on the server to run `auth_query` in.', {
    own: true,
    defaultWords: "the client's",
  }),
  authCacheTtlMs: duration(
    'auth_cache_ttl',
    30_000,
    'works',
    'How long what `auth_query` found, or a server said of a password, is believed; 0: not at all.',
    { own: true },
  ),
  authCacheSize: count('auth_cache_size', 10_000, 'works', 'Users of whom that is remembered.', {
    own: true,
    min: 1,
    max: 10_000_000,
  }),
  tlsCertificate: path('tls_certificate', null, 'works', 'Certificate shown to clients (PEM).'),
  tlsPrivateKey: path('tls_private_key', null, 'works', 'Its private key (PEM).'),
  tlsClientRequired: flag(
    'tls_client_required',
    false,
    'works',
    'Clients without TLS are refused.',
    { env: null },
  ),
  tlsClientCaCertificate: path(
    'tls_client_ca_certificate',
    null,
    'works',
    'CA that must have signed the certificates of clients (PEM).',
  ),
  tlsServerNegotiation: choice(
    'tls_server_negotiation',
    { postgres: 'works', direct: 'works' },
    'postgres',
    'works',
    'How TLS to servers begins: asked for, or at once, which needs PostgreSQL 17 and never goes on without.',
    { own: true },
  ),
  tlsVerify: choice(
    'tls_verify',
    { disabled: 'works', prefer: 'works', verify_ca: 'works', verify_full: 'works' },
    'prefer',
    'works',
    'TLS to servers: none, if offered, with a trusted CA, with a trusted CA and host name.',
  ),
  tlsServerCaCertificate: path(
    'tls_server_ca_certificate',
    null,
    'works',
    'CA that must have signed the certificates of servers (PEM).',
  ),
  tlsServerCertificate: path(
    'tls_server_certificate',
    null,
    'works',
    'Certificate shown to servers (PEM).',
  ),
  tlsServerPrivateKey: path('tls_server_private_key', null, 'works', 'Its private key (PEM).'),
};

export const poolKeys = {
  poolerMode: choice(
    'pooler_mode',
    poolerModes,
    'transaction',
    'works',
    'How long a client keeps a server connection.',
  ),
  defaultPoolSize: count(
    'default_pool_size',
    10,
    'works',
    'Connections per pool; there is one pool per user and server.',
    { min: 1, max: 100_000, aliases: ['max_pool_size'] },
  ),
  minPoolSize: count('min_pool_size', 1, 'works', 'Connections a pool keeps open when idle.', {
    max: 100_000,
  }),
  pipelineDepth: count(
    'pipeline_depth',
    16,
    'works',
    'Short reads of several clients that one server connection runs one behind the other, ' +
      'four times as many when clients wait in line. 1 turns that off.',
    { own: true, min: 1, max: 1_000 },
  ),
  reservePoolSize: count(
    'reserve_pool_size',
    0,
    'works',
    'Connections a pool may open beyond its size when clients wait too long for one.',
    { own: true, max: 100_000 },
  ),
  reservePoolTimeoutMs: duration(
    'reserve_pool_timeout',
    1_000,
    'works',
    'Waiting for so long is too long: then the reserve is used.',
    { own: true },
  ),
  fanOutConnections: count(
    'fan_out_connections',
    16,
    'works',
    'Connections to shards that are opened at once.',
    { own: true, min: 1, max: 10_000 },
  ),
  connectTimeoutMs: duration(
    'connect_timeout',
    5_000,
    'works',
    'A server that has not let us log in by then is unavailable.',
    { min: 1 },
  ),
  connectAttempts: count('connect_attempts', 1, 'works', 'Attempts to connect to a server.', {
    min: 1,
    max: 1_000,
  }),
  connectAttemptDelayMs: duration(
    'connect_attempt_delay',
    0,
    'works',
    'Pause between attempts to connect.',
  ),
  checkoutTimeoutMs: duration(
    'checkout_timeout',
    5_000,
    'works',
    'How long a client waits for a server connection.',
    { min: 1 },
  ),
  idleTimeoutMs: duration(
    'idle_timeout',
    60_000,
    'works',
    'Connections above `min_pool_size` that nobody used for so long are closed.',
  ),
  serverLifetimeMs: duration(
    'server_lifetime',
    86_400_000,
    'works',
    'A connection older than this is closed when it is returned.',
  ),
  serverLifetimeJitterMs: duration(
    'server_lifetime_jitter',
    0,
    'works',
    'Up to so much is added to or taken from `server_lifetime`, at random.',
  ),
  rollbackTimeoutMs: duration(
    'rollback_timeout',
    5_000,
    'works',
    'How long rolling back an abandoned transaction may take before the connection is closed.',
  ),
  connectionRecovery: choice(
    'connection_recovery',
    { recover: 'works', rollback_only: 'works', drop: 'works' },
    'recover',
    'works',
    'What happens to the server connection of a client that vanished: it is mended, mended where ' +
      'a ROLLBACK does, or closed.',
    { synonyms: { rollbackonly: 'rollback_only' } },
  ),
  clientConnectionRecovery: choice(
    'client_connection_recovery',
    { recover: 'works', rollback_only: 'later', drop: 'later' },
    'recover',
    'works',
    "What happens to a client when its server connection fails. (PgDog's default is `drop`.)",
    { synonyms: { rollbackonly: 'rollback_only' } },
  ),
};

export const timeoutKeys = {
  clientLoginTimeoutMs: duration(
    'client_login_timeout',
    60_000,
    'works',
    'How long a client may take to log in.',
    { min: 1, env: 'PGDOG_CLIENT_LOG_TIMEOUT' },
  ),
  clientIdleTimeoutMs: duration(
    'client_idle_timeout',
    Number.POSITIVE_INFINITY,
    'works',
    'A client idle for so long outside a transaction is disconnected.',
    { min: 1 },
  ),
  clientIdleInTransactionTimeoutMs: duration(
    'client_idle_in_transaction_timeout',
    Number.POSITIVE_INFINITY,
    'works',
    'A client idle for so long inside a transaction is disconnected.',
    { min: 1 },
  ),
  queryTimeoutMs: duration(
    'query_timeout',
    Number.POSITIVE_INFINITY,
    'works',
    'A statement that takes longer is cancelled, also while it waits for a server connection. ' +
      'A server that does not answer the cancel within `rollback_timeout` loses the connection.',
    { min: 1 },
  ),
  transactionTimeoutMs: duration(
    'transaction_timeout',
    Number.POSITIVE_INFINITY,
    'works',
    'A client whose transaction takes longer is disconnected.',
    { own: true, min: 1 },
  ),
  deadlockTimeoutMs: duration(
    'deadlock_timeout',
    1_000,
    'works',
    'Transactions over several shards that wait so long are looked at for deadlocks between shards. ' +
      'Those on one shard are found by PostgreSQL.',
    { own: true, min: 10 },
  ),
  clientWriteTimeoutMs: duration(
    'client_write_timeout',
    300_000,
    'works',
    'A client that takes nothing of an answer for so long is disconnected.',
    { own: true, min: 1 },
  ),
  shutdownTimeoutMs: duration(
    'shutdown_timeout',
    60_000,
    'works',
    'How long a stop waits for transactions to end.',
  ),
  shutdownTerminationTimeoutMs: duration(
    'shutdown_termination_timeout',
    null,
    'works',
    'Then running statements are cancelled, and this is how long that may take.',
  ),
};

export const healthKeys = {
  healthcheckIntervalMs: duration(
    'healthcheck_interval',
    30_000,
    'works',
    'An idle connection that nobody used or checked for so long is checked.',
  ),
  idleHealthcheckIntervalMs: duration(
    'idle_healthcheck_interval',
    30_000,
    'later',
    'How often idle pools are checked in the background; 0: never.',
  ),
  idleHealthcheckDelayMs: duration(
    'idle_healthcheck_delay',
    5_000,
    'later',
    'When background checks begin.',
  ),
  healthcheckTimeoutMs: duration(
    'healthcheck_timeout',
    5_000,
    'works',
    'A connection that does not answer the check by then is closed.',
    { min: 1 },
  ),
  healthcheckPort: port('healthcheck_port', null, 'later', 'Port of the HTTP health endpoint.'),
  requireHealthcheckOnDiscovery: flag(
    'require_healthcheck_on_discovery',
    false,
    'later',
    'A new server gets no traffic before it passed a check.',
  ),
  banTimeoutMs: duration('ban_timeout', 300_000, 'later', 'How long a failed replica is left out.'),
  banReplicaLagMs: duration(
    'ban_replica_lag',
    Number.POSITIVE_INFINITY,
    'later',
    'A replica that lags more is left out.',
  ),
  banReplicaLagBytes: bytes(
    'ban_replica_lag_bytes',
    Number.POSITIVE_INFINITY,
    'later',
    'A replica that lags more is left out.',
  ),
  loadBalancingStrategy: choice(
    'load_balancing_strategy',
    {
      random: 'later',
      round_robin: 'later',
      least_active_connections: 'later',
      weighted_round_robin: 'later',
    },
    'random',
    'later',
    'Which replica reads.',
  ),
  readWriteStrategy: choice(
    'read_write_strategy',
    { conservative: 'works', aggressive: 'later' },
    'conservative',
    'works',
    'Whether a transaction block that begins with a read may go to a replica.',
  ),
  readWriteSplit: choice(
    'read_write_split',
    {
      include_primary: 'later',
      exclude_primary: 'later',
      include_primary_if_replica_banned: 'later',
      prefer_primary: 'works',
    },
    'include_primary',
    'works',
    'Whether the primary takes reads too. So far it takes all.',
  ),
  lsnCheckIntervalMs: duration(
    'lsn_check_interval',
    5_000,
    'later',
    'How often positions of servers in the log are compared.',
  ),
  lsnCheckTimeoutMs: duration('lsn_check_timeout', 5_000, 'later', 'Time limit of that.'),
  lsnCheckDelayMs: duration(
    'lsn_check_delay',
    Number.POSITIVE_INFINITY,
    'later',
    'When that begins; without a value, never.',
  ),
  regexParserLimit: key(
    'regex_parser_limit',
    integer(0, Number.MAX_SAFE_INTEGER),
    1_000,
    'later',
    'Bytes that PgDog looks at for SET and BEGIN. PgPack reads the whole statement.',
    { env: null, unit: 'bytes' },
  ),
};
