// Every section and key of PgDog, from its configuration reference, is known. The lists are
// written out here so that a key cannot get lost together with its entry in the tables.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allSections, variableOf } from '../../src/config/sections.ts';

const overrides =
  'pool_size min_pool_size pooler_mode statement_timeout lock_timeout idle_timeout read_only ' +
  'server_lifetime server_lifetime_jitter pool_size_primary pool_size_replica ' +
  'min_pool_size_primary min_pool_size_replica idle_timeout_primary idle_timeout_replica ' +
  'max_pool_size';

const reference: Readonly<Record<string, string>> = {
  general: `host port workers default_pool_size max_pool_size min_pool_size pooler_mode
    healthcheck_interval idle_healthcheck_interval idle_healthcheck_delay healthcheck_timeout
    healthcheck_port require_healthcheck_on_discovery ban_timeout ban_replica_lag
    ban_replica_lag_bytes rollback_timeout load_balancing_strategy read_write_strategy
    read_write_split tls_certificate tls_private_key tls_client_required tls_verify
    tls_server_ca_certificate tls_server_certificate tls_server_private_key
    tls_client_ca_certificate shutdown_timeout shutdown_termination_timeout broadcast_address
    broadcast_port query_log query_log_stdout log_min_duration_parse log_query_sample_length
    query_size_limit query_size_limit_action openmetrics_host openmetrics_port
    openmetrics_namespace prepared_statements query_parser_enabled query_parser
    regex_parser_limit query_parser_engine prepared_statements_limit prepared_statements_ttl
    prepared_statements_ttl_jitter query_cache_limit passthrough_auth connect_timeout
    connect_attempts connect_attempt_delay query_timeout checkout_timeout client_login_timeout
    dry_run idle_timeout client_idle_timeout client_idle_in_transaction_timeout server_lifetime
    server_lifetime_jitter mirror_queue mirror_exposure auth_type cross_shard_disabled dns_ttl
    pub_sub_channel_size log_format log_level log_connections log_disconnections
    log_dedup_window log_dedup_threshold two_phase_commit two_phase_commit_auto
    two_phase_commit_wal_dir two_phase_commit_wal_segment_size
    two_phase_commit_wal_fsync_interval two_phase_commit_wal_checkpoint_interval
    expanded_explain stats_period connection_recovery client_connection_recovery
    lsn_check_interval lsn_check_timeout lsn_check_delay unique_id_min unique_id_function
    system_catalogs omnisharded_sticky resharding_copy_format sharding_lookup_cache_size
    sharding_lookup_timeout resharding_parallel_copies resharding_copy_retry_max_attempts
    resharding_copy_retry_min_delay resharding_replication_retry_max_attempts
    resharding_replication_retry_min_delay reload_schema_on_ddl load_schema
    canonicalize_type_information cutover_traffic_stop_threshold
    cutover_replication_lag_threshold cutover_last_transaction_delay cutover_timeout
    cutover_timeout_action cutover_save_config`,
  databases: `name role host port shard database_name user password resharding_only lb_weight
    ${overrides}`,
  users: `name database databases all_databases password passwords password_hash identity
    tls_client_certificate_required server_user server_password server_auth server_iam_region
    server_vault_path vault_refresh_percent vault_path replication_mode replication_sharding
    schema_admin cross_shard_disabled two_phase_commit two_phase_commit_auto ${overrides}`,
  admin: 'name user password',
  tcp: 'keepalive time interval retries user_timeout congestion_control',
  memory: 'net_buffer message_buffer stack_size',
  multi_tenant: 'column',
  replica_lag: 'check_interval max_age',
  replication: 'pg_dump_path',
  otel: 'endpoint namespace headers datadog_api_key push_interval',
  vault: `url namespace auth_method auth_mount kubernetes_role kubernetes_jwt_path
    approle_role_id approle_secret_id_file client_token_ttl`,
  rewrite: 'enabled shard_key split_inserts primary_key',
  query_parsers: 'database level engine',
  mirroring: 'source_db destination_db queue_length exposure level',
  plugins: 'name config',
  sharded_tables: `database name schema column primary centroids centroids_path data_type
    centroid_probes hasher lookup_query lookup_result`,
  'sharded_tables.mapping': 'values start end shard',
  sharded_mappings: 'database column table schema kind start end values shard',
  sharded_schemas: 'database name shard all',
  omnisharded_tables: 'database tables sticky',
};

/** Keys of [general] for which PgDog has no variable. */
const withoutVariable = `tls_client_required query_parser regex_parser_limit query_parser_engine
  log_dedup_window log_dedup_threshold two_phase_commit two_phase_commit_auto unique_id_min
  omnisharded_sticky resharding_copy_format sharding_lookup_cache_size sharding_lookup_timeout
  resharding_parallel_copies resharding_copy_retry_max_attempts resharding_copy_retry_min_delay
  cutover_save_config`;

for (const [name, keys] of Object.entries(reference)) {
  test(`every key of [${name}] in PgDog is known, and no other but PgPack's own`, () => {
    const section = allSections.find(candidate => candidate.name === name);
    assert.ok(section, `section ${name}`);
    const own = Object.values(section.keys).filter(key => key.own);
    const known = Object.values(section.keys).flatMap(key => [key.name, ...key.aliases]);
    const expected = [...keys.trim().split(/\s+/), ...own.map(key => key.name)];
    assert.deepEqual(known.toSorted(), expected.toSorted());
  });
}

test('no section is known that PgDog does not have', () => {
  const names = allSections.map(section => section.name);
  assert.deepEqual(names.toSorted(), Object.keys(reference).toSorted());
});

test('every key of [general] has the variable that PgDog gives it', () => {
  const section = allSections.find(candidate => candidate.name === 'general')!;
  const none = withoutVariable.trim().split(/\s+/);
  const irregular: Readonly<Record<string, string>> = {
    client_login_timeout: 'PGDOG_CLIENT_LOG_TIMEOUT',
    reload_schema_on_ddl: 'PGDOG_SCHEMA_RELOAD_ON_DDL',
    log_level: 'RUST_LOG',
  };
  for (const [property, key] of Object.entries(section.keys)) {
    const regular = `${key.own ? 'PGPACK' : 'PGDOG'}_${key.name.toUpperCase()}`;
    const expected = none.includes(key.name) ? null : (irregular[key.name] ?? regular);
    assert.equal(variableOf(section, property), expected, key.name);
  }
});

test('every key says what it means, and every property is its key in camel case', () => {
  for (const section of allSections) {
    for (const [property, key] of Object.entries(section.keys)) {
      assert.match(key.meaning, /^[A-Z`'].*\.\)?$/, `${section.name}.${key.name}`);
      const camel = key.name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
      const expected = key.unit === 'ms' ? `${camel}Ms` : camel;
      assert.equal(property, expected);
    }
  }
});
