// A PostgreSQL server with users of every kind, as its pg_hba.conf tells them apart, and PgPack in
// front of it with a configuration of the test's own: what login tests need.

import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import postgres from 'postgres';
import { type App, startApp } from '../../src/app.ts';
import { silentLogger } from '../../src/common/logger.ts';
import type { Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { type EmbeddedServer, startServer } from '../../src/embedded/embedded-server.ts';
import { projectRoot } from './source-tree.ts';

const certificates = join(projectRoot, 'test/auth/certificates');
export const certificate = (name: string): string => join(certificates, name);

/** [general] of a PgPack that offers TLS. */
export const clientTls = `tls_certificate = "${certificate('server.pem')}"
tls_private_key = "${certificate('server.key')}"`;

/** users.toml with nobody but alice. */
export const onlyAlice = `
[[users]]
name = "alice"
database = "postgres"
password = "alice secret"
`;

/** `app`: by certificate. `tokens`: password in clear, over TLS. `trusted`: nothing is asked. */
const hostRules = `
local   all tokens password
local   all all scram-sha-256
hostssl all app 127.0.0.1/32 cert
host    all app 127.0.0.1/32 reject
hostssl all tokens 127.0.0.1/32 password
host    all tokens 127.0.0.1/32 reject
host    all trusted 127.0.0.1/32 trust
host    all hashed 127.0.0.1/32 md5
host    all all 127.0.0.1/32 scram-sha-256
`;

/** The password of each is its name and ` secret`. */
const roles = `
CREATE ROLE alice LOGIN PASSWORD 'alice secret';
CREATE ROLE bob LOGIN PASSWORD 'bob secret';
CREATE ROLE "quo'te" LOGIN PASSWORD 'quo''te secret';
CREATE ROLE app LOGIN;
CREATE ROLE tokens LOGIN;
CREATE ROLE trusted LOGIN;
CREATE ROLE group_only PASSWORD 'group_only secret';
CREATE ROLE expired LOGIN PASSWORD 'expired secret' VALID UNTIL '2000-01-01';
SET password_encryption = 'md5';
CREATE ROLE hashed LOGIN PASSWORD 'hashed secret';
RESET password_encryption;
`;

export interface LoginServer {
  readonly server: EmbeddedServer;
  /** Where its Unix socket is. */
  readonly socketDirectory: string;
  /** As the superuser. */
  query(sql: string): Promise<pg.QueryResult>;
  stop(): Promise<void>;
}

export async function startLoginServer(name: string): Promise<LoginServer> {
  const socketDirectory = mkdtempSync(join(tmpdir(), 'pgpack-sock-'));
  chmodSync(socketDirectory, 0o777);
  const server = await startServer({
    name,
    password: 'test',
    durable: false,
    tls: {
      cert: readFileSync(certificate('server.pem'), 'utf8'),
      key: readFileSync(certificate('server.key'), 'utf8'),
    },
    settings: { unix_socket_directories: socketDirectory, md5_password_warnings: false },
  });
  const data = join(server.directory, 'data');
  copyFileSync(certificate('ca.pem'), join(data, 'ca.crt'));
  writeFileSync(join(data, 'pg_hba.conf'), hostRules);
  const { host, port, user, password } = server;
  const admin = new pg.Client({ host, port, user, password, database: 'postgres' });
  await admin.connect();
  await admin.query(roles);
  await admin.query("ALTER SYSTEM SET ssl_ca_file = 'ca.crt'");
  await admin.query('SELECT pg_reload_conf()');
  return {
    server,
    socketDirectory,
    query: sql => admin.query(sql),
    async stop() {
      await admin.end();
      await server.stop();
      rmSync(socketDirectory, { recursive: true });
    },
  };
}

export interface InFront {
  /** Lines of [general]. */
  readonly general?: string;
  /** Lines of the entry in [[databases]]. */
  readonly database?: string;
  /** Further text of pgdog.toml. */
  readonly more?: string;
  /** users.toml. */
  readonly users?: string;
}

/** The configuration with the server's `postgres` as database `postgres`. */
export function configInFront({ server }: LoginServer, options: InFront): Config {
  const directory = mkdtempSync(join(tmpdir(), 'pgpack-login-config-'));
  try {
    const configPath = join(directory, 'pgdog.toml');
    const usersPath = join(directory, 'users.toml');
    const own = options.database ?? '';
    const address = /^host =/m.test(own) ? '' : `host = "${server.host}"`;
    const port = /^port =/m.test(own) ? '' : `port = ${server.port}`;
    const text = `[general]\nhost = "127.0.0.1"\nport = 0\nmin_pool_size = 0
${options.general ?? ''}\n[[databases]]\nname = "postgres"\n${address}\n${port}\n${own}
${options.more ?? ''}`;
    writeFileSync(configPath, text);
    writeFileSync(usersPath, options.users ?? '');
    return loadConfig({ configPath, usersPath, databaseUrls: [], env: {} }).config;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

export interface Front {
  readonly app: App;
  /** Logs in and tells who one is at the server; or SQLSTATE and message of the refusal. */
  whoAmI(user: string, options?: Partial<pg.ClientConfig>): Promise<string>;
  /** The same by the driver `postgres`; rejects when it is refused. */
  whoAmIByPostgres(user: string, options?: object): Promise<string>;
  connect(user: string, options?: Partial<pg.ClientConfig>): Promise<pg.Client>;
  close(): Promise<void>;
}

export const anyCertificate = { rejectUnauthorized: false };

/** PgPack; clients send `<user> secret` as their password unless told otherwise. */
export async function startInFront(server: LoginServer, options: InFront): Promise<Front> {
  const app = await startApp(configInFront(server, options), { log: silentLogger });
  const loginOf = (user: string) => ({
    ...{ host: '127.0.0.1', port: app.port, database: 'postgres' },
    ...{ user, password: `${user} secret` },
  });
  const connect = async (user: string, more: Partial<pg.ClientConfig> = {}) => {
    const client = new pg.Client({ ...loginOf(user), ...more });
    client.on('error', () => {});
    await client.connect();
    return client;
  };
  return {
    app,
    connect,
    async whoAmI(user, more) {
      try {
        const client = await connect(user, more);
        const { rows } = await client.query('SELECT current_user AS name');
        await client.end();
        return (rows[0] as { name: string }).name;
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        return `${code} ${message}`;
      }
    },
    async whoAmIByPostgres(user, more) {
      const sql = postgres({ ...loginOf(user), max: 1, ...more });
      try {
        const [row] = await sql<{ name: string }[]>`SELECT current_user AS name`;
        return row!.name;
      } finally {
        await sql.end();
      }
    },
    close: () => app.close({ drain: false }),
  };
}

/** Runs `work` against a PgPack of its own. */
export async function useInFront(
  server: LoginServer,
  options: InFront,
  work: (front: Front) => Promise<void>,
): Promise<void> {
  const front = await startInFront(server, options);
  try {
    await work(front);
  } finally {
    await front.close();
  }
}

/** What PostgreSQL tells whose password is wrong, and who does not exist. */
export const wrongPassword = (user: string): string =>
  `28P01 password authentication failed for user "${user}"`;
