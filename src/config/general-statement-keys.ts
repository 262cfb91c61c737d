// The keys of [general] about statements: size limits, caches, routing, sharding, two-phase
// commit, logs and metrics, resharding. Names and defaults are PgDog's.

import { bytes, choice, count, duration, flag, key, name, path, port } from './key.ts';
import { logLevel } from './log-level.ts';
import { filledText, integerOrUnlimited, listOf, real } from './value-type.ts';

const parserLevels = {
  auto: 'works',
  on: 'works',
  off: 'later',
  session_control: 'later',
  session_control_and_locks: 'later',
} as const;

const parserEngines = { pg_query_protobuf: 'later', pg_query_raw: 'later' } as const;

const names = listOf(filledText('string'), 'array of strings');
const entries = integerOrUnlimited(0, 'integer, 0 or more');

export const statementKeys = {
  querySizeLimit: bytes('query_size_limit', null, 'works', 'Largest Query or Parse message.', {
    min: 1,
  }),
  querySizeLimitAction: choice(
    'query_size_limit_action',
    { warn: 'works', block: 'works' },
    'warn',
    'works',
    'A larger one is logged, or refused and its client disconnected.',
  ),
  preparedStatements: choice(
    'prepared_statements',
    { disabled: 'later', extended: 'works', extended_anonymous: 'later', full: 'later' },
    'extended',
    'works',
    'Which prepared statements are shared over server connections.',
  ),
  preparedStatementsLimit: key(
    'prepared_statements_limit',
    entries,
    Number.POSITIVE_INFINITY,
    'works',
    'Prepared statements kept on one server connection; the least recently used one goes.',
  ),
  preparedStatementsTtlMs: duration(
    'prepared_statements_ttl',
    null,
    'later',
    'After this a statement is prepared again.',
  ),
  preparedStatementsTtlJitterMs: duration(
    'prepared_statements_ttl_jitter',
    30_000,
    'later',
    'Up to so much is added to or taken from it.',
  ),
  queryCacheLimit: count(
    'query_cache_limit',
    1_000,
    'works',
    'Plans of statements kept per database; the least recently used one goes.',
  ),
  queryParserEnabled: flag(
    'query_parser_enabled',
    false,
    'later',
    'Deprecated; the same as `query_parser = "on"`.',
  ),
  queryParser: choice(
    'query_parser',
    parserLevels,
    'auto',
    'works',
    'When statements are parsed. PgPack parses whatever it has to.',
    { env: null },
  ),
  queryParserEngine: choice(
    'query_parser_engine',
    parserEngines,
    'pg_query_protobuf',
    'later',
    "PgDog's choice of parsers; PgPack has one.",
    { env: null },
  ),
  crossShardDisabled: flag(
    'cross_shard_disabled',
    false,
    'works',
    'Statements that need more than one shard are refused.',
  ),
  shardIdRegex: name(
    'shard_id_regex',
    null,
    'works',
    'Finds the shard in comments of a statement, which goes there; group 1 is the number.',
    { own: true },
  ),
  shardingKeyRegex: name(
    'sharding_key_regex',
    null,
    'works',
    'Finds the sharding key in comments of a statement; group 1 is the value.',
    { own: true },
  ),
  writeFunctions: key(
    'write_functions',
    names,
    () => [],
    'works',
    'Functions that write although they are declared stable or immutable: `name` or `schema.name`.',
    { own: true, defaultWords: 'none' },
  ),
  readOnlyFunctions: key(
    'read_only_functions',
    names,
    () => [],
    'works',
    'Functions that only read although they are declared volatile; they count as stable.',
    { own: true, defaultWords: 'none' },
  ),
  mergeMemoryLimit: bytes(
    'merge_memory_limit',
    268_435_456,
    'works',
    'Memory that one statement may use to merge answers of shards.',
    { own: true, min: 65_536 },
  ),
  mergeMemoryTotal: bytes(
    'merge_memory_total',
    1_073_741_824,
    'works',
    'Memory that all statements of a process may use to merge answers of shards.',
    { own: true, min: 65_536 },
  ),
  collectLimit: bytes(
    'collect_limit',
    1_073_741_824,
    'works',
    'Bytes of rows that one statement may move to the shard that finishes it.',
    { own: true, min: 1 },
  ),
  dryRun: flag(
    'dry_run',
    false,
    'works',
    'Databases of one shard note where statements would go if they were sharded: SHOW QUERY_CACHE.',
  ),
  expandedExplain: flag('expanded_explain', false, 'later', 'EXPLAIN says how it was routed.'),
  pubSubChannelSize: count(
    'pub_sub_channel_size',
    10_000,
    'works',
    'Notifications that may wait for one client; 0: LISTEN binds the client to its server.',
  ),
  listenChannelsLimit: count(
    'listen_channels_limit',
    1_000,
    'works',
    'Channels that one client may listen to.',
    { own: true, min: 1 },
  ),
};

export const shardingKeys = {
  systemCatalogs: choice(
    'system_catalogs',
    { omnisharded: 'later', omnisharded_sticky: 'works', sharded: 'later' },
    'omnisharded_sticky',
    'works',
    'Whether system catalogs are read from one shard or from all.',
  ),
  omnishardedSticky: flag(
    'omnisharded_sticky',
    false,
    'later',
    'A client reads omnisharded tables always from the same shard.',
    { env: null },
  ),
  shardingLookupCacheSize: bytes(
    'sharding_lookup_cache_size',
    67_108_864,
    'works',
    'Memory for keys that were looked up, for each user of a database.',
    { env: null },
  ),
  shardingLookupTimeoutMs: duration(
    'sharding_lookup_timeout',
    5_000,
    'works',
    'Time limit of looking up the keys of a statement.',
    { env: null, min: 1 },
  ),
  reloadSchemaOnDdl: flag(
    'reload_schema_on_ddl',
    true,
    'later',
    'The catalog is read again after a statement that changes it.',
    { env: 'PGDOG_SCHEMA_RELOAD_ON_DDL' },
  ),
  loadSchema: choice(
    'load_schema',
    { auto: 'works', on: 'works', off: 'later' },
    'auto',
    'works',
    'Whether the catalog is read from the shards.',
  ),
  canonicalizeTypeInformation: flag(
    'canonicalize_type_information',
    false,
    'works',
    'Type OIDs that differ between shards are made those of shard 0: they always are.',
  ),
  uniqueIdMin: count('unique_id_min', 0, 'later', 'Added to generated unique ids.', { env: null }),
  uniqueIdFunction: choice(
    'unique_id_function',
    { standard: 'later', compact: 'later' },
    'standard',
    'later',
    'Layout of generated unique ids: 64 bits, or 53 that JavaScript can read.',
  ),
};

export const twoPhaseKeys = {
  twoPhaseCommit: flag(
    'two_phase_commit',
    false,
    'later',
    'A transaction that wrote on several shards commits on all or on none.',
    { env: null },
  ),
  twoPhaseCommitAuto: flag(
    'two_phase_commit_auto',
    null,
    'later',
    'The same for a single statement outside a transaction block.',
    { env: null },
  ),
  twoPhaseCommitWalDir: path(
    'two_phase_commit_wal_dir',
    null,
    'later',
    'Folder of the log of decisions.',
  ),
  twoPhaseCommitWalSegmentSize: bytes(
    'two_phase_commit_wal_segment_size',
    16_777_216,
    'later',
    'Size of one file of that log.',
    { min: 1 },
  ),
  twoPhaseCommitWalFsyncIntervalMs: duration(
    'two_phase_commit_wal_fsync_interval',
    0,
    'later',
    'How long decisions may wait to be written together.',
  ),
  twoPhaseCommitWalCheckpointIntervalMs: duration(
    'two_phase_commit_wal_checkpoint_interval',
    15_000,
    'later',
    'How often settled decisions are dropped from that log.',
  ),
};

export const observationKeys = {
  logFormat: choice(
    'log_format',
    { text: 'works', json: 'works', json_flattened: 'works' },
    'text',
    'works',
    'Form of log lines.',
  ),
  logLevel: key(
    'log_level',
    logLevel,
    'info',
    'works',
    'Least important lines that are logged. Directives for one module are read but not used.',
    { env: 'RUST_LOG' },
  ),
  logConnections: flag('log_connections', true, 'works', 'Clients that connect are logged.'),
  logDisconnections: flag('log_disconnections', true, 'works', 'Clients that leave are logged.'),
  queryLog: path('query_log', null, 'later', 'File to which all statements are logged.'),
  queryLogStdout: flag('query_log_stdout', false, 'later', 'All statements are logged.'),
  logMinDurationParseMs: duration(
    'log_min_duration_parse',
    null,
    'later',
    'Statements that take longer to parse are logged.',
  ),
  logQuerySampleLength: count(
    'log_query_sample_length',
    1_000,
    'later',
    "Characters of a statement's text that are logged.",
    { unit: 'characters' },
  ),
  logDedupWindowMs: duration(
    'log_dedup_window',
    0,
    'later',
    'Lines repeated within this are logged once; 0: all are logged.',
    { env: null },
  ),
  logDedupThreshold: count('log_dedup_threshold', 0, 'later', 'Repetitions that are logged.', {
    env: null,
  }),
  openmetricsHost: name('openmetrics_host', '0.0.0.0', 'works', 'Address of the metrics.'),
  openmetricsPort: port('openmetrics_port', null, 'works', 'Port of the metrics (HTTP).'),
  openmetricsNamespace: name(
    'openmetrics_namespace',
    null,
    'works',
    'Put before the names of metrics.',
  ),
  statsPeriodMs: duration('stats_period', 15_000, 'works', 'Window of averages.', { min: 1 }),
  mirrorQueue: count('mirror_queue', 128, 'later', 'Statements that wait to be mirrored.'),
  mirrorExposure: key(
    'mirror_exposure',
    real(0, 1),
    1,
    'later',
    'Share of transactions that are mirrored.',
  ),
};

const noVariable = { env: null };

export const reshardingKeys = {
  reshardingCopyFormat: choice(
    'resharding_copy_format',
    { binary: 'later', text: 'later' },
    'binary',
    'later',
    'Form in which rows are copied.',
    noVariable,
  ),
  reshardingParallelCopies: count(
    'resharding_parallel_copies',
    1,
    'later',
    'Tables copied at once.',
    { env: null, min: 1 },
  ),
  reshardingCopyRetryMaxAttempts: count(
    'resharding_copy_retry_max_attempts',
    5,
    'later',
    'How often copying a table is tried again.',
    noVariable,
  ),
  reshardingCopyRetryMinDelayMs: duration(
    'resharding_copy_retry_min_delay',
    1_000,
    'later',
    'Pause before the second attempt; it doubles each time.',
    noVariable,
  ),
  reshardingReplicationRetryMaxAttempts: count(
    'resharding_replication_retry_max_attempts',
    5,
    'later',
    'How often replication is tried again; 0: for ever.',
  ),
  reshardingReplicationRetryMinDelayMs: duration(
    'resharding_replication_retry_min_delay',
    1_000,
    'later',
    'Pause before the second attempt; it doubles each time.',
  ),
  cutoverTrafficStopThreshold: bytes(
    'cutover_traffic_stop_threshold',
    1_000_000,
    'later',
    'Traffic stops when replication lags less.',
  ),
  cutoverReplicationLagThreshold: bytes(
    'cutover_replication_lag_threshold',
    0,
    'later',
    'The cutover happens when replication lags no more than this.',
  ),
  cutoverLastTransactionDelayMs: duration(
    'cutover_last_transaction_delay',
    1_000,
    'later',
    'Or when the last transaction is older than this.',
  ),
  cutoverTimeoutMs: duration('cutover_timeout', 30_000, 'later', 'Time limit of the cutover.'),
  cutoverTimeoutAction: choice(
    'cutover_timeout_action',
    { abort: 'later', cutover: 'later' },
    'abort',
    'later',
    'What happens then.',
  ),
  cutoverSaveConfig: flag(
    'cutover_save_config',
    false,
    'later',
    'The new configuration is written to the files.',
    noVariable,
  ),
};

export { parserEngines, parserLevels };
