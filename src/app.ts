// PgPack put together: configuration → pools, services, listener; reload and shutdown.

import PQueue from 'p-queue';
import { clientSideTlsOptions, serverSideTlsContext } from './auth/tls-context.ts';
import { Cluster, type ShardTarget } from './backend/cluster.ts';
import type { Pool } from './backend/pool.ts';
import type { ServerTls } from './backend/server-login.ts';
import { createLogger, type Logger } from './common/logger.ts';
import { timerMs } from './common/timer.ts';
import type { Config } from './config/config.ts';
import { type Database, poolSettings, type User } from './config/topology.ts';
import { DatabaseService } from './frontend/database-service.ts';
import { Listener } from './frontend/listener.ts';
import { enforceTimeouts, timeoutPeriodMs } from './frontend/session-timeouts.ts';
import { loadParser } from './sql/parser.ts';

/** What is open at this moment. */
export interface AppCounts {
  /** Those that log in included. */
  readonly clients: number;
  readonly serverConnections: number;
  readonly idleServerConnections: number;
  /** Clients that wait for a server connection. */
  readonly waitingClients: number;
}

export interface App {
  readonly port: number;
  readonly counts: AppCounts;
  /** The address clients connect to. */
  address(): { readonly host: string; readonly port: number };
  /** Takes over a new configuration; connections of what did not change stay. */
  reload(config: Config): void;
  /** `drain`: clients finish their transactions first, up to shutdown_timeout. */
  close(options: { readonly drain: boolean }): Promise<void>;
}

export interface AppOptions {
  readonly log?: Logger;
}

/** Rejects when the port cannot be listened on or TLS files cannot be read. */
export async function startApp(config: Config, options: AppOptions): Promise<App> {
  await loadParser();
  const { logLevel, logFormat, host, port } = config.general;
  const app = new RunningApp(config, options.log ?? createLogger(logLevel, logFormat));
  await app.listen(host, port);
  return app;
}

const maintenancePeriodMs = 1_000;

class RunningApp implements App {
  readonly #log: Logger;
  readonly #listener: Listener;
  readonly #connectQueue: PQueue;
  readonly #services = new Map<string, DatabaseService>();
  readonly #retired = new Set<DatabaseService>();
  readonly #maintenance: NodeJS.Timeout;
  #timeouts: NodeJS.Timeout | null = null;
  #config: Config;
  #clientTls: ReturnType<typeof clientSideTlsOptions> | null;
  #serverTls: ServerTls | null;
  #port = 0;

  constructor(config: Config, log: Logger) {
    this.#config = config;
    this.#log = log;
    this.#clientTls = clientTls(config);
    this.#serverTls = serverTls(config);
    this.#connectQueue = new PQueue({ concurrency: config.general.fanOutConnections });
    this.#listener = new Listener({
      config: () => this.#config,
      tls: () => this.#clientTls,
      serviceFor: ({ user, database }) => this.#serviceFor(user, database),
      log,
    });
    this.#maintenance = setInterval(() => this.#maintain(), maintenancePeriodMs);
    this.#maintenance.unref();
    this.#watchTimeouts();
    this.#openMinimum();
  }

  get port(): number {
    return this.#port;
  }

  get counts(): AppCounts {
    const services = [...this.#services.values(), ...this.#retired];
    const pools = services.flatMap(service => service.cluster.pools);
    const total = (count: (pool: Pool) => number) =>
      pools.reduce((sum, one) => sum + count(one), 0);
    return {
      clients: this.#listener.clients,
      serverConnections: total(pool => pool.size),
      idleServerConnections: total(pool => pool.idle),
      waitingClients: total(pool => pool.waiting),
    };
  }

  address(): { host: string; port: number } {
    return { host: this.#config.general.host, port: this.#port };
  }

  async listen(host: string, port: number): Promise<void> {
    try {
      this.#port = await this.#listener.listen(host, port);
    } catch (error) {
      this.#stop();
      throw error;
    }
    this.#log.info({ host, port: this.#port }, 'PgPack is listening');
  }

  reload(config: Config): void {
    this.#clientTls = clientTls(config);
    this.#serverTls = serverTls(config);
    const before = this.#config;
    this.#config = config;
    for (const [key, service] of [...this.#services]) {
      const database = config.databases.get(service.database.name);
      const user = config.users.find(one => one.name === service.user.name);
      const same =
        sameValue(database, service.database) &&
        sameValue(user, service.user) &&
        sameValue(config.general, before.general);
      if (same) continue;
      this.#services.delete(key);
      this.#retired.add(service);
      service.retire(() => this.#retired.delete(service));
    }
    this.#watchTimeouts();
    this.#openMinimum();
    this.#log.info('configuration reloaded');
  }

  async close({ drain }: { readonly drain: boolean }): Promise<void> {
    if (drain) {
      const timeoutMs = timerMs(this.#config.general.shutdownTimeoutMs);
      let timer: NodeJS.Timeout | undefined;
      const timeout = new Promise<void>(resolve => {
        timer = setTimeout(resolve, timeoutMs);
      });
      await Promise.race([this.#listener.drain(), timeout]);
      clearTimeout(timer);
    }
    this.#listener.destroy();
    this.#stop();
    this.#log.info('PgPack has stopped');
  }

  #stop(): void {
    clearInterval(this.#maintenance);
    if (this.#timeouts !== null) clearInterval(this.#timeouts);
    this.#connectQueue.clear();
    for (const service of [...this.#services.values(), ...this.#retired]) {
      service.cluster.destroy();
    }
  }

  #serviceFor(user: User, databaseName: string): DatabaseService {
    const key = JSON.stringify([user.name, databaseName]);
    let service = this.#services.get(key);
    if (service === undefined) {
      const database = this.#config.databases.get(databaseName)!;
      const cluster = new Cluster(this.#targets(user, database), this.#connectQueue);
      service = new DatabaseService(this.#config, database, user, cluster, this.#log);
      service.onSchemaChanged = () => this.#forgetCatalogs(databaseName);
      this.#services.set(key, service);
    }
    return service;
  }

  #forgetCatalogs(databaseName: string): void {
    for (const service of this.#services.values()) {
      if (service.database.name === databaseName) service.forgetCatalog();
    }
  }

  #targets(user: User, database: Database): ShardTarget[] {
    const { general, tcp } = this.#config;
    return database.shards.map(({ number, servers: [server] }) => {
      const settings = poolSettings(this.#config, user, database, server!);
      return {
        address: {
          shard: number,
          host: server!.host,
          port: server!.port,
          database: server!.databaseName,
          user: settings.serverUser,
          passwords: settings.serverPasswords,
        },
        limits: settings,
        login: {
          connectTimeoutMs: settings.connectTimeoutMs,
          connectAttempts: settings.connectAttempts,
          connectAttemptDelayMs: settings.connectAttemptDelayMs,
          tls: this.#serverTls,
          parameters: serverParameters(settings),
          messageBytesMax: general.messageSizeLimit,
          preparedStatementsMax: general.preparedStatementsLimit,
          keepAlive: tcp.keepalive,
        },
      };
    });
  }

  /** Pools of users with known passwords open their minimum at once. */
  #openMinimum(): void {
    for (const user of this.#config.users) {
      for (const database of user.databases) this.#serviceFor(user, database);
    }
    this.#maintain();
  }

  #maintain(): void {
    const now = Date.now();
    for (const service of this.#services.values()) service.cluster.maintain(now);
  }

  #watchTimeouts(): void {
    if (this.#timeouts !== null) clearInterval(this.#timeouts);
    this.#timeouts = null;
    const { general } = this.#config;
    const periodMs = timeoutPeriodMs(general);
    if (periodMs === null) return;
    const look = () => enforceTimeouts(this.#listener.sessions, general, Date.now());
    this.#timeouts = setInterval(look, periodMs);
    this.#timeouts.unref();
  }
}

function clientTls({ general }: Config): ReturnType<typeof clientSideTlsOptions> | null {
  const { tlsCertificate, tlsPrivateKey, tlsClientCaCertificate } = general;
  if (tlsCertificate === null || tlsPrivateKey === null) return null;
  return clientSideTlsOptions({
    certificate: tlsCertificate,
    privateKey: tlsPrivateKey,
    clientCa: tlsClientCaCertificate,
    clientCertificateRequired: false,
  });
}

function serverTls({ general }: Config): ServerTls | null {
  const context = serverSideTlsContext({
    verify: general.tlsVerify,
    ca: general.tlsServerCaCertificate,
    certificate: general.tlsServerCertificate,
    privateKey: general.tlsServerPrivateKey,
  });
  if (!context.enabled) return null;
  return { required: context.required, options: host => context.optionsFor(host) };
}

/** Settings of every connection of a pool, from the configuration. */
function serverParameters(settings: ReturnType<typeof poolSettings>): Map<string, string> {
  const parameters = new Map([['client_encoding', 'UTF8']]);
  const { statementTimeoutMs, lockTimeoutMs, readOnly } = settings;
  if (statementTimeoutMs !== null) parameters.set('statement_timeout', `${statementTimeoutMs}`);
  if (lockTimeoutMs !== null) parameters.set('lock_timeout', `${lockTimeoutMs}`);
  if (readOnly) parameters.set('default_transaction_read_only', 'on');
  return parameters;
}

function sameValue(a: unknown, b: unknown): boolean {
  const text = (value: unknown) =>
    JSON.stringify(value, (_, member) => (typeof member === 'bigint' ? `${member}n` : member));
  return text(a) === text(b);
}
