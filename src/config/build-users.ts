// [[users]] entries → users with the databases they may connect to. Every user can log in, every
// database has a user, and no two entries mean the same login.

import { admitsUnlisted, authQuerySettings } from './auth-query.ts';
import type { DatabaseDraft } from './build-databases.ts';
import type { UserEntry } from './database-keys.ts';
import type { General } from './general-keys.ts';
import { didYouMean, type Report } from './report.ts';
import type { Entry } from './section-reader.ts';
import type { User } from './topology.ts';

/** RFC 5803 as PostgreSQL stores it (libpq/auth-scram.c, parse_scram_secret). */
const verifier = /^SCRAM-SHA-256\$\d+:[A-Za-z0-9+/]+=*\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$/;

export function buildUsers(
  entries: readonly Entry<UserEntry>[],
  drafts: ReadonlyMap<string, DatabaseDraft>,
  general: General,
  report: Report,
): readonly User[] {
  const logins = new Map<string, Entry<UserEntry>>();
  const users = entries.map(entry => {
    const databases = databasesOf(entry, drafts, report);
    for (const database of databases) checkSameLogin(entry, database, logins, report);
    if (entry.ok) {
      const open =
        databases.length > 0 && databases.every(name => elsewhere(general, drafts, name));
      checkPassword(entry, general, open, report);
      checkCertificate(entry, general, report);
      checkServerPassword(entry, databases, drafts, report);
    }
    return toUser(entry.values, databases);
  });
  const someUserUnknown = entries.some(entry => !entry.ok);
  if (!someUserUnknown) checkDatabasesHaveUsers(users, drafts, general, report);
  return users;
}

/** Users of the database need not have a password here, or not even be listed. */
function elsewhere(
  general: General,
  drafts: ReadonlyMap<string, DatabaseDraft>,
  database: string,
): boolean {
  const server = drafts.get(database)?.shards[0]?.servers[0];
  return server !== undefined && admitsUnlisted(general, server);
}

/** A certificate that nobody can check, and tokens that nothing would keep secret. */
function checkCertificate(entry: Entry<UserEntry>, general: General, report: Report): void {
  const { identity, serverAuth } = entry.values;
  if (identity !== null && general.tlsClientCaCertificate === null) {
    const message = 'certificates of clients are not checked without tls_client_ca_certificate';
    report.error(entry.at('identity'), message, 'add tls_client_ca_certificate to [general]');
  }
  if (serverAuth === 'rds_iam' && general.tlsVerify === 'disabled') {
    const message = 'tokens of rds_iam are only sent over TLS';
    report.error(entry.at('server_auth'), message, 'remove tls_verify = "disabled"');
  }
}

function databasesOf(
  entry: Entry<UserEntry>,
  drafts: ReadonlyMap<string, DatabaseDraft>,
  report: Report,
): readonly string[] {
  const { database, databases, allDatabases } = entry.values;
  const named = new Set(databases);
  if (database !== null) named.add(database);
  for (const name of named) {
    if (drafts.has(name)) continue;
    const fix = didYouMean(name, drafts.keys()) ?? 'add it to [[databases]] in pgdog.toml';
    const place = entry.at(name === database ? 'database' : 'databases');
    report.error(place, `database "${name}" is not configured`, fix);
  }
  const served = (name: string) => drafts.get(name)?.served === true;
  if (allDatabases) return [...drafts.keys()].filter(served);
  if (named.size === 0 && entry.ok) {
    const fix = 'add database = "…", databases = […] or all_databases = true';
    report.error(entry.at(), 'the user has no database', fix);
  }
  return [...named].filter(served);
}

function checkSameLogin(
  entry: Entry<UserEntry>,
  database: string,
  logins: Map<string, Entry<UserEntry>>,
  report: Report,
): void {
  const { name } = entry.values;
  if (name === undefined) return;
  const login = JSON.stringify([name, database]);
  const first = logins.get(login);
  if (first === undefined) {
    logins.set(login, entry);
    return;
  }
  const line = first.at().line;
  report.error(
    entry.at('name'),
    `user "${name}" of database "${database}" is already there${line ? ` (line ${line})` : ''}`,
    'remove one entry; several passwords go into passwords = […]',
  );
}

/** `open`: others than users.toml can say what the password is. */
function checkPassword(
  entry: Entry<UserEntry>,
  general: General,
  open: boolean,
  report: Report,
): void {
  const { name, password, passwords, passwordHash } = entry.values;
  const hasPassword = Boolean(password) || passwords.length > 0;
  if (passwordHash !== null) {
    if (!verifier.test(passwordHash)) {
      const message = 'not a SCRAM-SHA-256 verifier';
      report.error(entry.at('password_hash'), message, 'print one with: pgpack hash PASSWORD');
    }
    if (general.authType === 'md5' && !hasPassword) {
      const message = 'a SCRAM verifier cannot serve auth_type = "md5"';
      report.error(entry.at('password_hash'), message, 'use auth_type = "scram", or a password');
    }
    return;
  }
  const certified = entry.values.identity !== null;
  if (hasPassword || certified || open || general.authType === 'trust') return;
  const fix = 'add password, passwords or password_hash';
  report.error(entry.at(), `user "${name}" has no password`, fix);
}

/** A verifier lets clients in, but nobody can log in at a server with it. */
function checkServerPassword(
  entry: Entry<UserEntry>,
  databases: readonly string[],
  drafts: ReadonlyMap<string, DatabaseDraft>,
  report: Report,
): void {
  const { password, passwords, passwordHash, serverPassword, serverAuth } = entry.values;
  if (passwordHash === null || password || passwords.length > 0 || serverPassword) return;
  if (serverAuth !== 'password') return;
  const needed = databases.some(name =>
    drafts.get(name)?.shards.some(shard => shard.servers.some(server => !server.password)),
  );
  if (!needed) return;
  const fix = 'add server_password, unless the servers store this very verifier or trust PgPack';
  report.warn(entry.at('password_hash'), 'is not a password for the servers', fix);
}

function checkDatabasesHaveUsers(
  users: readonly User[],
  drafts: ReadonlyMap<string, DatabaseDraft>,
  general: General,
  report: Report,
): void {
  for (const { name, place, served, shards } of drafts.values()) {
    const server = shards[0]?.servers[0];
    const query = server === undefined ? null : authQuerySettings(general, server);
    if (query !== null && query.user === null && server!.user === null) {
      report.error(place, `nobody runs auth_query in database "${name}"`, 'add auth_user = "…"');
    }
    if (
      !served ||
      elsewhere(general, drafts, name) ||
      users.some(user => user.databases.includes(name))
    )
      continue;
    const fix = `add a [[users]] entry with database = "${name}" to users.toml`;
    report.error(place, `database "${name}" has no user`, fix);
  }
}

function toUser(values: UserEntry, databases: readonly string[]): User {
  const { database: _, allDatabases: _all, password, passwords, ...rest } = values;
  const all = password ? [password, ...passwords] : passwords;
  return { ...rest, databases, passwords: [...new Set(all)] };
}
