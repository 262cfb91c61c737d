// --database-url: databases and users from URLs instead of from files. As in PgDog the user part
// names a user of PgPack, who logs in at the server with the same name and password; query
// parameters are keys of [[databases]]. URLs of one database are its shards in the order given,
// unless `shard=` says otherwise.

import type { DatabaseEntry, UserEntry } from './database-keys.ts';
import type { Place, Report } from './report.ts';
import type { Entry, Environment, SectionReader, TomlTable } from './section-reader.ts';
import { sections } from './sections.ts';
import type { TomlValue } from './value-type.ts';

/** Parameters of libpq that PgPack decides by [general], not by server. */
const libpqParameters = ['sslmode', 'sslrootcert', 'application_name', 'connect_timeout'];

export interface UrlEntries {
  readonly databases: Entry<DatabaseEntry>[];
  readonly users: Entry<UserEntry>[];
}

export function readDatabaseUrls(
  urls: readonly string[],
  env: Environment,
  reader: SectionReader,
  report: Report,
): UrlEntries {
  const databases: Entry<DatabaseEntry>[] = [];
  const users: Entry<UserEntry>[] = [];
  const nextShard = new Map<string, number>();
  for (const [index, text] of urls.entries()) {
    const place = (key = '') => ({
      file: 'command line',
      line: null,
      key: `--database-url ${index + 1}${key === '' ? '' : ` ${key}`}`,
    });
    const url = parseUrl(text, place(), report);
    if (url === null) continue;
    const table = databaseTable(url, place, report);
    if (table['shard'] === undefined && table['role'] !== 'replica') {
      table['shard'] = nextShard.get(String(table['name'])) ?? 0;
    }
    if (typeof table['shard'] === 'number') {
      nextShard.set(String(table['name']), table['shard'] + 1);
    }
    databases.push(reader.entry(sections.databases, table, [], place, true));
    addUser(url, String(table['name']), env, place, { reader, report, users });
  }
  return { databases, users };
}

function parseUrl(text: string, place: Place, report: Report): URL | null {
  const fix = 'write postgres://user:password@host:port/database';
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && /^postgres(ql)?:$/.test(url.protocol) && decodes(url)) return url;
  // The text is not shown: it may hold a password.
  report.error(place, 'not a PostgreSQL URL', fix);
  return null;
}

function decodes(url: URL): boolean {
  try {
    for (const part of [url.username, url.password, url.pathname, url.hostname]) {
      decodeURIComponent(part);
    }
    return true;
  } catch {
    return false;
  }
}

function databaseName(url: URL): string {
  return decodeURIComponent(url.pathname.slice(1)) || 'postgres';
}

function databaseTable(
  url: URL,
  place: (key: string) => Place,
  report: Report,
): Record<string, TomlValue> {
  const table: Record<string, TomlValue> = {
    name: databaseName(url),
    host: decodeURIComponent(url.hostname).replace(/^\[|\]$/g, '') || '127.0.0.1',
  };
  if (url.port !== '') table['port'] = Number(url.port);
  for (const [name, value] of url.searchParams) {
    if (libpqParameters.includes(name)) {
      report.warn(place(name), 'has no effect yet', 'see tls_verify and others of [general]');
      continue;
    }
    const key = Object.values(sections.databases.keys).find(
      candidate => candidate.name === name || candidate.aliases.includes(name),
    );
    const fixed = name === 'name' || name === 'host' || name === 'port';
    if (fixed) report.error(place(name), 'belongs into the URL itself', 'remove the parameter');
    else table[name] = key === undefined ? value : key.type.fromText(value);
  }
  return table;
}

function addUser(
  url: URL,
  database: string,
  env: Environment,
  place: (key?: string) => Place,
  into: { reader: SectionReader; report: Report; users: Entry<UserEntry>[] },
): void {
  const table: TomlTable = {
    name: decodeURIComponent(url.username) || env['USER'] || 'postgres',
    password: decodeURIComponent(url.password) || 'postgres',
    database,
  };
  const same = into.users.find(
    ({ values }) => values.name === table['name'] && values.database === database,
  );
  if (same === undefined) {
    into.users.push(into.reader.entry(sections.users, table, [], place, true));
  } else if (same.values.password !== table['password']) {
    const message = `user "${table['name']}" has another password than in the URL before`;
    const fix = 'add ?user=…&password=… for the servers and use one password for clients';
    into.report.error(place(), message, fix);
  }
}
