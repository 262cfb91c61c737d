// Functions of pg_catalog that need care, by what they touch. Names and volatilities are those of
// src/include/catalog/pg_proc.dat; a name stands for all its overloads.

/** Stable only because settings (time zone, DateStyle, encodings, text search configuration)
 *  decide: shards have the session's settings, so they agree. */
const followsSettings = new Set([
  'array_to_json',
  'array_to_string',
  'concat',
  'concat_ws',
  'convert',
  'convert_from',
  'convert_to',
  'date',
  'date_add',
  'date_part',
  'date_subtract',
  'date_trunc',
  'extract',
  'format',
  'generate_series',
  'json_agg',
  'json_build_array',
  'json_build_object',
  'json_object_agg',
  'jsonb_agg',
  'jsonb_build_array',
  'jsonb_build_object',
  'jsonb_object_agg',
  'length',
  'overlaps',
  'phraseto_tsquery',
  'plainto_tsquery',
  'quote_literal',
  'quote_nullable',
  'row_to_json',
  'string_to_table',
  'time',
  'timestamp',
  'timestamptz',
  'timetz',
  'timezone',
  'to_char',
  'to_date',
  'to_json',
  'to_jsonb',
  'to_number',
  'to_timestamp',
  'to_tsquery',
  'to_tsvector',
  'ts_headline',
  'websearch_to_tsquery',
]);

/** Volatile, and every call gives a new value anyway: where it runs does not matter for a row that
 *  is inserted once. */
const freshEachCall = new Set([
  'clock_timestamp',
  'gen_random_uuid',
  'random',
  'random_normal',
  'uuidv4',
  'uuidv7',
]);

/** Read or change what one shard alone does not have, or has for itself. */
const needsWholeDatabase = new Set([
  'currval',
  'cursor_to_xml',
  'cursor_to_xmlschema',
  'database_to_xml',
  'database_to_xml_and_xmlschema',
  'database_to_xmlschema',
  'lastval',
  'loread',
  'lowrite',
  'nextval',
  'pg_cancel_backend',
  'pg_export_snapshot',
  'pg_get_sequence_data',
  'pg_listening_channels',
  'pg_notification_queue_usage',
  'pg_notify',
  'pg_sequence_last_value',
  'pg_terminate_backend',
  'query_to_xml',
  'query_to_xml_and_xmlschema',
  'query_to_xmlschema',
  'schema_to_xml',
  'schema_to_xml_and_xmlschema',
  'schema_to_xmlschema',
  'set_config',
  'setseed',
  'setval',
  'table_to_xml',
  'table_to_xml_and_xmlschema',
  'table_to_xmlschema',
  'ts_stat',
]);

/** Advisory locks of several shards exclude nobody; unlocking finds none, on any shard. */
const wholeDatabasePrefix =
  /^(lo_|pg_(try_)?advisory_(?!unlock)|pg_logical_|pg_replication_|pg_create_)/;

/** Session-level advisory locks: held by the server connection until released. */
const sessionLock = /^pg_(try_)?advisory_(un)?lock(_shared|_all)?$/;

const writing = new Set(['nextval', 'setval', 'pg_notify', 'lowrite', 'loread']);

export function isSettingDependent(name: string, argumentCount: number): boolean {
  // age(x) counts from the current date, age(x, y) does not.
  return followsSettings.has(name) || (name === 'age' && argumentCount === 2);
}

export function isFreshEachCall(name: string): boolean {
  return freshEachCall.has(name);
}

export function needsAllShards(name: string): boolean {
  return needsWholeDatabase.has(name) || wholeDatabasePrefix.test(name);
}

export function isSessionLock(name: string): boolean {
  return sessionLock.test(name);
}

export function isWriting(name: string): boolean {
  return writing.has(name) || /^(lo_|pg_logical_emit)/.test(name);
}
