// PgPack put together: configuration → pools, services, listener; reload and shutdown.

import PQueue from 'p-queue';
import { AdminDatabase } from './admin/admin-database.ts';
import type { AdminTarget, ShutdownMode } from './admin/admin-target.ts';
import { takeSnapshot } from './admin/take-snapshot.ts';
import type { ShardTarget } from './backend/cluster.ts';
import type { Pool } from './backend/pool.ts';
import type { PoolLimits } from './backend/pool-limits.ts';
import type { ServerTls } from './backend/server-address.ts';
import { ServerSecrets } from './backend/server-secrets.ts';
import { createLogger, type Logger } from './common/logger.ts';
import { timerMs } from './common/timer.ts';
import { version } from './common/version.ts';
import type { Config } from './config/config.ts';
import {
  type Database,
  type PoolSettings,
  poolSettings,
  type Server,
  type User,
} from './config/topology.ts';
import { shareOf } from './config/worker-share.ts';
import type { LoginRequest } from './frontend/client-login.ts';
import { type ClientTls, clientTls, serverTls } from './frontend/configured-tls.ts';
import type { DatabaseService } from './frontend/database-service.ts';
import { DeadlockWatch, type WaitSource } from './frontend/deadlock-watch.ts';
import { Listener } from './frontend/listener.ts';
import type { Peers, PoolName } from './frontend/peers.ts';
import { ServiceDirectory } from './frontend/service-directory.ts';
import { SessionTimeouts, timeoutPeriodMs } from './frontend/session-timeouts.ts';
import { SessionWaits } from './frontend/session-waits.ts';
import { UserDirectory } from './frontend/user-directory.ts';
import { type OneOfWorkers, ownId } from './metrics/public-id.ts';
import type { Snapshot, SnapshotDetail } from './metrics/snapshot.ts';
import { loadParser } from './sql/parser.ts';
import type { KeepAlive } from './transport/transport.ts';

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
  /** What SHUTDOWN of the admin database asks for; who started the app closes it. */
  readonly stopRequested: Promise<ShutdownMode>;
  readonly controls: AdminControls;
  /** What the admin database sees and does, of this event loop alone. */
  readonly own: AdminTarget;
  /** Of its clients. */
  readonly waits: WaitSource;
  /** Those that clients of now get connections from. */
  readonly pools: Iterable<AppPool>;
  /** A CancelRequest that another worker was sent. */
  cancel(processId: number, secret: Buffer): void;
  close(options: CloseOptions): Promise<void>;
}

/** What the admin database does to the process; SHOW and KILL_CLIENT apart. */
export type AdminControls = Omit<AdminTarget, 'snapshot' | 'killClient'>;

export interface CloseOptions {
  /** True is the mode `servers`, false is `now`. */
  readonly drain: boolean;
  /** Before `drain`. */
  readonly mode?: ShutdownMode;
}

export interface AppOptions {
  readonly log?: Logger;
  /** The configuration as the files have it now. Throws what is wrong with them. */
  readonly readConfig?: () => Config;
  /** One of several workers; without it, this event loop is the only one. */
  readonly worker?: AppWorker;
}

/** A worker keeps to its share of the limits. */
export interface AppWorker {
  readonly peers: Peers;
  /** What the admin database acts on: all workers. */
  readonly admin: AdminTarget;
  readonly paused: Iterable<string>;
  readonly disabled: Iterable<string>;
  readonly maintenance: boolean;
  /** `limits` are this worker's share; answers what it may have, which changes. */
  limitPool(name: PoolName, limits: PoolLimits): PoolLimits;
}

export interface AppPool {
  readonly name: PoolName;
  readonly pool: Pool;
}

/** Rejects when the port cannot be listened on or TLS files cannot be read. */
export async function startApp(config: Config, options: AppOptions): Promise<App> {
  await loadParser();
  const { logLevel, logFormat, host, port } = config.general;
  const log = options.log ?? createLogger(logLevel, logFormat);
  const app = new RunningApp(config, log, options.readConfig, options.worker ?? null);
  await app.listen(host, port);
  return app;
}

const maintenancePeriodMs = 1_000;

class RunningApp implements App {
  readonly #log: Logger;
  readonly #listener: Listener;
  readonly #connectQueue: PQueue;
  readonly #services: ServiceDirectory;
  readonly #users: UserDirectory;
  readonly #secrets = new ServerSecrets((user, database) => this.#users.forget(user, database));
  readonly #maintenance: NodeJS.Timeout;
  #timeouts: NodeJS.Timeout | null = null;
  readonly #worker: AppWorker | null;
  readonly #peers: Peers | null;
  /** As the files have it; `#config` is this worker's share. */
  #whole: Config;
  #config: Config;
  #clientTls: ClientTls | null;
  #serverTls: ServerTls | null;
  #port = 0;
  readonly controls: AdminControls;
  readonly own: AdminTarget;
  readonly waits: WaitSource;
  /** null: who keeps the workers looks for all. */
  readonly #deadlocks: DeadlockWatch | null;
  readonly #admin: AdminDatabase;
  readonly #startedAtMs = Date.now();
  #requestStop: (mode: ShutdownMode) => void = () => {};
  readonly stopRequested: Promise<ShutdownMode> = new Promise(resolve => {
    this.#requestStop = resolve;
  });

  constructor(
    config: Config,
    log: Logger,
    readConfig: (() => Config) | undefined,
    worker: AppWorker | null,
  ) {
    this.#worker = worker;
    this.#peers = worker?.peers ?? null;
    this.#whole = config;
    this.#config = this.#shareOf(config);
    this.#log = log;
    this.#clientTls = clientTls(config);
    this.#serverTls = serverTls(config);
    this.#connectQueue = new PQueue({ concurrency: this.#config.general.fanOutConnections });
    this.#users = new UserDirectory({
      config: () => this.#config,
      targets: (user, database) => this.#targets(user, database),
      log,
    });
    this.#listener = new Listener({
      config: () => this.#config,
      tls: () => this.#clientTls,
      keepAlive: () => keepAlive(this.#config),
      users: this.#users,
      serviceFor: request => this.#serviceFor(request),
      openAdmin: (...from) => this.#admin.open(...from),
      peers: this.#peers,
      log,
    });
    this.#services = new ServiceDirectory({
      config: () => this.#config,
      targets: (user, database) => this.#targets(user, database),
      connectQueue: this.#connectQueue,
      peers: this.#peers,
      onRetired: service => this.#listener.retire(service),
      onDropped: ({ user, database }) => this.#secrets.forget(user.name, database.name),
      log,
    });
    this.controls = this.#makeControls(readConfig);
    this.own = {
      ...this.controls,
      snapshot: async detail => this.#snapshot(detail),
      killClient: async id => this.#killClient(id),
    };
    this.waits = new SessionWaits(() => this.#listener.sessions, this.#number);
    this.#deadlocks = worker === null ? new DeadlockWatch(this.waits, log) : null;
    this.#deadlocks?.start(config.general.deadlockTimeoutMs);
    this.#admin = new AdminDatabase(worker?.admin ?? this.own, () => this.#whole, log);
    const maintain = () => {
      this.#services.maintain(Date.now());
      this.#users.maintain(Date.now());
    };
    this.#maintenance = setInterval(maintain, maintenancePeriodMs);
    this.#maintenance.unref();
    this.#watchTimeouts();
    if (worker !== null) this.#joinIn(worker);
    this.#services.openAll();
  }

  get port(): number {
    return this.#port;
  }

  get counts(): AppCounts {
    const pools = this.#services.all.flatMap(service => service.cluster.pools);
    const total = (count: (pool: Pool) => number) =>
      pools.reduce((sum, one) => sum + count(one), 0);
    return {
      clients: this.#listener.clients,
      serverConnections: total(pool => pool.size),
      idleServerConnections: total(pool => pool.idle),
      waitingClients: total(pool => pool.waiting),
    };
  }

  get pools(): AppPool[] {
    return this.#services.inUse.flatMap(({ user, database, cluster }) =>
      cluster.pools.map((pool, shard) => ({
        name: { user: user.name, database: database.name, shard },
        pool,
      })),
    );
  }

  address(): { host: string; port: number } {
    return { host: this.#config.general.host, port: this.#port };
  }

  async listen(host: string, port: number): Promise<void> {
    try {
      this.#port = await this.#listener.listen(host, port);
      // A path can be bound once, and the metrics are of all workers.
      if (this.#peers === null || this.#peers.worker === 0) await this.#listenLocally(this.#port);
      if (this.#peers === null) await this.#admin.listen();
    } catch (error) {
      this.#listener.destroy();
      this.#stop();
      throw error;
    }
    this.#say({ host, port: this.#port }, 'PgPack is listening');
  }

  async #listenLocally(port: number): Promise<void> {
    const { unixSocketDir, unixSocketMode, unixSocketGroup } = this.#config.general;
    if (unixSocketDir === null) return;
    const path = await this.#listener.listenLocally({
      directory: unixSocketDir,
      port,
      mode: unixSocketMode,
      group: unixSocketGroup,
    });
    this.#log.info({ path }, 'PgPack is listening on a Unix socket');
  }

  reload(config: Config): void {
    const [forClients, forServers] = [clientTls(config), serverTls(config)];
    this.#clientTls = forClients;
    this.#serverTls = forServers;
    this.#whole = config;
    this.#config = this.#shareOf(config);
    this.#connectQueue.concurrency = this.#config.general.fanOutConnections;
    this.#users.reload();
    this.#services.reload();
    this.#watchTimeouts();
    this.#deadlocks?.start(config.general.deadlockTimeoutMs);
    this.#services.openAll();
    this.#say({}, 'configuration reloaded');
  }

  #makeControls(readConfig: (() => Config) | undefined): AdminControls {
    const services = this.#services;
    return {
      reload: async () => this.reload(readConfig === undefined ? this.#config : readConfig()),
      pause: database => services.pause(database),
      resume: async database => services.resume(database),
      reconnect: async database => services.reconnect(database),
      waitClose: database => services.waitClose(database),
      maintenance: async on => services.setMaintenance(on),
      kill: async database => {
        this.#listener.terminate(of => database === null || of.database.name === database);
        services.kill(database);
      },
      enable: async (database, on) => services.enable(database, on),
      shutdown: mode => this.#requestStop(mode),
    };
  }

  cancel(processId: number, secret: Buffer): void {
    this.#listener.cancel(processId, secret);
  }

  async close({ drain, mode }: CloseOptions): Promise<void> {
    const how = mode ?? (drain ? 'servers' : 'now');
    if (how !== 'now') await this.#drain(how === 'servers');
    this.#listener.destroy();
    this.#stop();
    this.#say({}, 'PgPack has stopped');
  }

  /** Waits for transactions up to shutdown_timeout (for clients: as long as it takes), then for
   *  statements to be cancelled up to shutdown_termination_timeout. */
  async #drain(endIdle: boolean): Promise<void> {
    const { shutdownTimeoutMs, shutdownTerminationTimeoutMs } = this.#config.general;
    const drained = this.#listener.drain({ endIdle }).then(() => true);
    if (!endIdle) return void (await drained);
    if (await Promise.race([drained, after(shutdownTimeoutMs)])) return;
    if (shutdownTerminationTimeoutMs === null) return;
    this.#listener.cancelAll();
    await Promise.race([drained, after(shutdownTerminationTimeoutMs)]);
  }

  #snapshot(detail: SnapshotDetail): Snapshot {
    const services = this.#services;
    const observed = {
      ...this.#number,
      version: version(),
      startedAtMs: this.#startedAtMs,
      services: services.all,
      sessions: this.#listener.sessions,
      logins: this.#listener.loggingIn,
      maintenance: services.maintenance,
      isPaused: (database: string) => services.isPaused(database),
      isDisabled: (database: string) => services.isDisabled(database),
    };
    return takeSnapshot(observed, detail);
  }

  get #number(): OneOfWorkers {
    return this.#peers ?? { worker: 0, workers: 1 };
  }

  /** `id`: see `publicId`. */
  #killClient(id: number): boolean {
    return this.#listener.terminateClient(ownId(id, this.#number));
  }

  #shareOf(config: Config): Config {
    return this.#peers === null ? config : shareOf(config, this.#peers.worker, this.#peers.workers);
  }

  /** What commands have done to the other workers. */
  #joinIn({ paused, disabled, maintenance }: AppWorker): void {
    for (const name of paused) void this.#services.pause(name);
    for (const name of disabled) this.#services.enable(name, false);
    this.#services.setMaintenance(maintenance);
  }

  /** For several workers whoever started them says it once. */
  #say(fields: object, text: string): void {
    this.#log[this.#peers === null ? 'info' : 'debug'](fields, text);
  }

  #stop(): void {
    this.#admin.close();
    this.#deadlocks?.stop();
    clearInterval(this.#maintenance);
    if (this.#timeouts !== null) clearInterval(this.#timeouts);
    this.#connectQueue.clear();
    this.#users.close();
    this.#services.destroy();
  }

  #serviceFor({ user, database, secret }: LoginRequest): DatabaseService {
    if (secret !== null && user.passwords.length === 0) {
      this.#secrets.learn(user.name, database, secret);
    }
    return this.#services.forClient(user, database);
  }

  #targets(user: User, database: Database): ShardTarget[] {
    const { general } = this.#config;
    return database.shards.map(({ number, servers: [server] }) => {
      const settings = poolSettings(this.#config, user, database, server!);
      const secrets = this.#secrets.sourceFor(user, database.name, settings);
      return {
        address: {
          shard: number,
          host: server!.host,
          port: server!.port,
          database: server!.databaseName,
          user: settings.serverUser,
          passwords: settings.serverPasswords,
          tls: () => this.#serverTls,
          ...(secrets !== null && { secrets }),
        },
        limits: this.#limitsOf(settings, secrets !== null, user, database, number),
        identity: identityOf(this.#config, settings, server!, user),
        login: {
          connectTimeoutMs: settings.connectTimeoutMs,
          connectAttempts: settings.connectAttempts,
          connectAttemptDelayMs: settings.connectAttemptDelayMs,
          parameters: serverParameters(settings),
          messageBytesMax: general.messageSizeLimit,
          preparedStatementsMax: general.preparedStatementsLimit,
          keepAlive: keepAlive(this.#config),
        },
      };
    });
  }

  /** A pool whose password only clients know opens nothing before the first of them came. */
  #limitsOf(
    settings: PoolSettings,
    learned: boolean,
    { name, serverAuth }: User,
    database: Database,
    shard: number,
  ): PoolLimits {
    const poolName = { user: name, database: database.name, shard };
    const limits = this.#worker?.limitPool(poolName, settings) ?? settings;
    if (!learned) return limits;
    const secrets = this.#secrets;
    const canOpen = () => serverAuth !== 'password' || secrets.knows(name, database.name);
    return {
      ...settings,
      get poolSize() {
        return limits.poolSize;
      },
      get minPoolSize() {
        return canOpen() ? limits.minPoolSize : 0;
      },
    };
  }

  #watchTimeouts(): void {
    if (this.#timeouts !== null) clearInterval(this.#timeouts);
    const timeouts = new SessionTimeouts();
    const look = () => timeouts.look(this.#listener.sessions, Date.now());
    this.#timeouts = setInterval(look, timeoutPeriodMs(this.#config));
    this.#timeouts.unref();
  }
}

/** Settings of every connection of a pool, from the configuration. */
function serverParameters(settings: PoolSettings): Map<string, string> {
  const parameters = new Map([['client_encoding', 'UTF8']]);
  const { statementTimeoutMs, lockTimeoutMs, readOnly } = settings;
  if (statementTimeoutMs !== null) parameters.set('statement_timeout', `${statementTimeoutMs}`);
  if (lockTimeoutMs !== null) parameters.set('lock_timeout', `${lockTimeoutMs}`);
  if (readOnly) parameters.set('default_transaction_read_only', 'on');
  return parameters;
}

/** A minute of silence, where [tcp] says nothing. */
function keepAlive({ tcp }: Config): KeepAlive {
  return {
    enabled: tcp.keepalive,
    timeMs: tcp.timeMs ?? 60_000,
    intervalMs: tcp.intervalMs ?? 1_000,
    retries: tcp.retries ?? 10,
  };
}

/** What a connection is made of, apart from limits. */
function identityOf(
  { general }: Config,
  settings: PoolSettings,
  server: Server,
  user: User,
): string {
  return JSON.stringify([
    [server.host, server.port, server.databaseName, settings.serverUser, settings.serverPasswords],
    [...serverParameters(settings)],
    [user.serverAuth, user.serverIamRegion],
    [general.tlsVerify, general.tlsServerCaCertificate, general.tlsServerNegotiation],
    [general.tlsServerCertificate, general.tlsServerPrivateKey],
    [general.messageSizeLimit, general.preparedStatementsLimit],
  ]);
}

/** Resolves with false; the process does not wait for it. */
function after(ms: number): Promise<false> {
  return new Promise(resolve => {
    setTimeout(resolve, timerMs(ms), false as const).unref();
  });
}
