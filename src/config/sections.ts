// All sections of pgdog.toml and users.toml with their keys: the list that the parser, the
// warnings and the documentation go by.

import { databaseKeys, userKeys } from './database-keys.ts';
import { generalKeys } from './general-keys.ts';
import type { Keys, Status } from './key.ts';
import {
  adminKeys,
  memoryKeys,
  mirroringKeys,
  multiTenantKeys,
  otelKeys,
  pluginKeys,
  queryParserKeys,
  replicaLagKeys,
  replicationKeys,
  rewriteKeys,
  tcpKeys,
  vaultKeys,
} from './other-keys.ts';
import {
  mappingKeys,
  omnishardedTableKeys,
  shardedMappingKeys,
  shardedSchemaKeys,
  shardedTableKeys,
} from './sharding-keys.ts';

export interface Section<K extends Keys = Keys> {
  readonly name: string;
  /** `[name]` or `[[name]]`. */
  readonly form: 'table' | 'array';
  readonly file: 'pgdog.toml' | 'users.toml';
  /** Not `works`: said once of the whole section, not of its keys. */
  readonly status: Status;
  readonly meaning: string;
  readonly keys: K;
  /** Sections inside this one, of form `array`. */
  readonly inner: readonly string[];
}

function section<K extends Keys>(
  header: string,
  status: Status,
  meaning: string,
  keys: K,
  more: { readonly inner?: readonly string[]; readonly file?: 'users.toml' } = {},
): Section<K> {
  return {
    name: header.replace(/[[\]]/g, ''),
    form: header.startsWith('[[') ? 'array' : 'table',
    file: more.file ?? 'pgdog.toml',
    status,
    meaning,
    keys,
    inner: more.inner ?? [],
  };
}

export const sections = {
  general: section('[general]', 'works', 'Settings of the whole process.', generalKeys),
  databases: section(
    '[[databases]]',
    'works',
    'The servers. Entries with the same `name` are the shards (and replicas) of one database.',
    databaseKeys,
  ),
  shardedTables: section(
    '[[sharded_tables]]',
    'works',
    'Tables whose rows are spread over the shards by a key.',
    shardedTableKeys,
    { inner: ['mapping'] },
  ),
  mapping: section(
    '[[sharded_tables.mapping]]',
    'works',
    'Keys of the table above by list (`values`), range (`start`, `end`) or, with `shard` alone, ' +
      'all others.',
    mappingKeys,
  ),
  shardedMappings: section(
    '[[sharded_mappings]]',
    'works',
    'The older form of `[[sharded_tables.mapping]]`.',
    shardedMappingKeys,
  ),
  shardedSchemas: section(
    '[[sharded_schemas]]',
    'works',
    'Schemas that lie on one shard each; without a name, all that no other entry names.',
    shardedSchemaKeys,
  ),
  omnishardedTables: section(
    '[[omnisharded_tables]]',
    'works',
    'Tables that every shard has whole: read from one shard, written to all.',
    omnishardedTableKeys,
  ),
  tcp: section('[tcp]', 'works', 'Options of TCP connections.', tcpKeys),
  rewrite: section('[rewrite]', 'works', 'Statements that have to be rewritten.', rewriteKeys),
  admin: section('[admin]', 'works', 'The admin database. May be in users.toml.', adminKeys),
  memory: section('[memory]', 'later', 'Sizes of buffers.', memoryKeys),
  multiTenant: section(
    '[multi_tenant]',
    'works',
    'Statements on tables with this column have to confine them to a tenant.',
    multiTenantKeys,
  ),
  queryParsers: section(
    '[[query_parsers]]',
    'later',
    '`query_parser` for one database.',
    queryParserKeys,
  ),
  mirroring: section('[[mirroring]]', 'later', 'Copies of traffic.', mirroringKeys),
  plugins: section('[[plugins]]', 'later', "PgDog's plugins are Rust libraries.", pluginKeys),
  replication: section('[replication]', 'later', 'Tools of resharding.', replicationKeys),
  replicaLag: section('[replica_lag]', 'later', 'Older form of LSN checks.', replicaLagKeys),
  otel: section('[otel]', 'later', 'Metrics sent by OpenTelemetry.', otelKeys),
  vault: section('[vault]', 'later', 'Passwords from HashiCorp Vault.', vaultKeys),
  users: section('[[users]]', 'works', 'Who may log in, to which databases.', userKeys, {
    file: 'users.toml',
  }),
} as const;

export const allSections: readonly Section[] = Object.values(sections);

/** `[general]` or `[[databases]]`. */
export function headerOf({ name, form }: Section): string {
  return form === 'array' ? `[[${name}]]` : `[${name}]`;
}

/** The variable that gives a key's default, or null. */
export function variableOf(inSection: Section, property: string): string | null {
  const key = inSection.keys[property]!;
  if (key.env !== undefined) return key.env;
  if (inSection.name !== 'general') return null;
  return `${key.own ? 'PGPACK' : 'PGDOG'}_${key.name.toUpperCase()}`;
}
