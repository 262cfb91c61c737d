// What a client of the admin database is told of its session, at login and by SHOW: drivers ask
// for these and decide by them how they read values.

/** By lower-case name. */
export const sessionParameters: ReadonlyMap<string, string> = new Map([
  ['application_name', ''],
  ['bytea_output', 'hex'],
  ['client_encoding', 'UTF8'],
  ['client_min_messages', 'notice'],
  ['datestyle', 'ISO, MDY'],
  ['default_transaction_isolation', 'read committed'],
  ['default_transaction_read_only', 'off'],
  ['extra_float_digits', '1'],
  ['idle_in_transaction_session_timeout', '0'],
  ['in_hot_standby', 'off'],
  ['integer_datetimes', 'on'],
  ['intervalstyle', 'postgres'],
  ['is_superuser', 'off'],
  ['lock_timeout', '0'],
  ['max_identifier_length', '63'],
  ['search_path', ''],
  ['server_encoding', 'UTF8'],
  ['server_version', '18.0 (PgPack)'],
  ['server_version_num', '180000'],
  ['standard_conforming_strings', 'on'],
  ['statement_timeout', '0'],
  ['timezone', 'UTC'],
  ['transaction_isolation', 'read committed'],
]);

/** Those that the server reports by itself (guc_tables.c, GUC_REPORT), as it spells them. */
export const reportedParameters: readonly string[] = [
  'client_encoding',
  'DateStyle',
  'default_transaction_read_only',
  'in_hot_standby',
  'integer_datetimes',
  'IntervalStyle',
  'is_superuser',
  'server_encoding',
  'server_version',
  'standard_conforming_strings',
  'TimeZone',
];
