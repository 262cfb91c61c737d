// Accepts clients: counts them, logs them in, keeps their sessions for shutdown and cancel.

import net from 'node:net';
import type { TLSSocketOptions } from 'node:tls';
import { errors } from '../common/error-catalogue.ts';
import type { Logger } from '../common/logger.ts';
import { PgError } from '../common/pg-error.ts';
import type { Config } from '../config/config.ts';
import { loginDone } from '../protocol/backend-messages.ts';
import { type KeepAlive, Transport } from '../transport/transport.ts';
import type { AdminClient, AdminRequest, OpenAdmin } from './admin-gate.ts';
import { type Cancelable, type CancelKey, CancelKeys } from './cancel-keys.ts';
import { ClientCount } from './client-count.ts';
import { ClientLogin, type LoginRequest } from './client-login.ts';
import { ClientSession } from './client-session.ts';
import type { DatabaseService } from './database-service.ts';
import { type LocalSocket, listenLocally } from './local-socket.ts';
import { takeOwnSettings } from './own-settings.ts';
import type { ClientCounter, Peers } from './peers.ts';
import { refuseSetting } from './refuse-setting.ts';
import { settingStatements, startupSettings } from './startup-options.ts';
import type { UserDirectory } from './user-directory.ts';

export interface ListenerOptions {
  readonly config: () => Config;
  readonly tls: () => TLSSocketOptions | null;
  readonly users: UserDirectory;
  readonly keepAlive: () => KeepAlive;
  /** The service of a user who may use the database. Throws PgError `databaseDisabled`. */
  readonly serviceFor: (request: LoginRequest) => DatabaseService;
  readonly openAdmin: OpenAdmin;
  /** null: this event loop is the only one. */
  readonly peers: Peers | null;
  readonly log: Logger;
}

/** Clients over max_client_conn that are still asked what they want: the answer to a cancel
 *  request or to libpq's SSLRequest must not be an error message. Beyond, they are cut. */
const surplusMax = 100;

export class Listener {
  readonly #options: ListenerOptions;
  readonly #server: net.Server;
  /** For clients on this machine. */
  readonly #localServer: net.Server;
  readonly #logins = new Set<ClientLogin>();
  readonly #sessions = new Set<ClientSession>();
  /** They count nowhere and are ended last. */
  readonly #admins = new Set<AdminClient>();
  readonly #cancelKeys: CancelKeys;
  readonly #count: ClientCounter;
  #draining = false;
  #onIdle: (() => void) | null = null;

  constructor(options: ListenerOptions) {
    this.#options = options;
    const { peers } = options;
    this.#cancelKeys = new CancelKeys(peers?.worker, peers?.workers);
    this.#count = peers?.counter ?? new ClientCount();
    this.#server = net.createServer({ pauseOnConnect: true }, socket => this.#accept(socket));
    this.#localServer = net.createServer({ pauseOnConnect: true }, socket =>
      this.#accept(socket, true),
    );
  }

  get clients(): number {
    return this.#sessions.size + this.#logins.size;
  }

  /** Clients that have not logged in yet. */
  get loggingIn(): number {
    return this.#logins.size;
  }

  get sessions(): Iterable<ClientSession> {
    return this.#sessions;
  }

  /** Resolves with the port, which workers share; rejects when it cannot be listened on. */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      const reusePort = this.#options.peers !== null;
      this.#server.listen({ host, port, backlog: 4096, reusePort }, () => {
        this.#server.removeListener('error', reject);
        this.#server.on('error', error =>
          this.#options.log.error({ err: error.message }, 'listener'),
        );
        resolve((this.#server.address() as net.AddressInfo).port);
      });
    });
  }

  /** Listens on a Unix socket as well. Resolves with its path; rejects as `listenLocally`. */
  async listenLocally(socket: LocalSocket): Promise<string> {
    const path = await listenLocally(this.#localServer, socket);
    this.#localServer.on('error', error =>
      this.#options.log.error({ err: error.message }, 'listener'),
    );
    return path;
  }

  /** Refuses new clients; with `endIdle` ends idle ones now and the others after their
   *  transaction. Resolves when none is left. */
  drain({ endIdle }: { readonly endIdle: boolean }): Promise<void> {
    this.#draining = true;
    for (const login of [...this.#logins]) login.refuse(new PgError(errors.shuttingDown));
    if (endIdle) for (const session of [...this.#sessions]) session.drain();
    if (this.#sessions.size === 0) return Promise.resolve();
    return new Promise(resolve => {
      this.#onIdle = resolve;
    });
  }

  /** Obeys a CancelRequest for a client of this listener. */
  cancel(processId: number, secret: Buffer): void {
    this.#cancelKeys.cancel(processId, secret);
  }

  /** Cancels what clients run. */
  cancelAll(): void {
    for (const session of this.#sessions) session.cancel();
  }

  /** Clients of the service leave after their transaction. */
  retire(service: DatabaseService): void {
    for (const session of [...this.#sessions]) {
      if (session.database === service) session.drain(errors.terminated);
    }
  }

  /** Cuts the clients of some services. */
  terminate(isConcerned: (service: DatabaseService) => boolean): void {
    for (const session of [...this.#sessions]) {
      if (isConcerned(session.database)) session.terminate(new PgError(errors.terminated));
    }
  }

  /** Cuts every client. */
  destroy(): void {
    this.#draining = true;
    this.#server.close();
    this.#localServer.close();
    for (const login of [...this.#logins]) login.refuse(new PgError(errors.shuttingDown));
    for (const session of [...this.#sessions]) session.terminate(new PgError(errors.shuttingDown));
    for (const admin of [...this.#admins]) admin.terminate(new PgError(errors.shuttingDown));
  }

  /** Cuts the client whose statistics have this id; answers false when there is none. */
  terminateClient(id: number): boolean {
    for (const session of this.#sessions) {
      if (session.stats.id !== id) continue;
      session.terminate(new PgError(errors.terminated));
      return true;
    }
    return false;
  }

  #accept(socket: net.Socket, local = false): void {
    const transport = Transport.accepted(socket, local);
    const config = this.#options.config();
    transport.setKeepAlive(this.#options.keepAlive());
    const { peers } = this.#options;
    const before = peers === null ? this.clients : peers.clientCame();
    const isSurplus = before >= config.general.maxClientConn;
    const login = new ClientLogin(transport, {
      config: this.#options.config,
      tls: this.#options.tls,
      users: this.#options.users,
      onCancel: (processId, secret) => this.#cancel(processId, secret),
      refusal: () => {
        if (this.#draining) return new PgError(errors.shuttingDown);
        return isSurplus ? new PgError(errors.tooManyClients) : null;
      },
      onLogin: (at, request) => this.#login(at, request, login),
      onAdmin: (at, request) => this.#openAdmin(at, request, login),
      onClosed: () => this.#forgetLogin(login),
    });
    this.#logins.add(login);
    if (before >= config.general.maxClientConn + surplusMax) {
      login.refuse(new PgError(errors.tooManyClients));
    }
  }

  /** Counts the client, also while its session is prepared. */
  async #login(transport: Transport, request: LoginRequest, login: ClientLogin): Promise<void> {
    const { user, database } = request;
    await this.#count.enter(this.#options.config(), user, database);
    const leave = () => this.#count.leave(user, database);
    try {
      await this.#openSession(transport, request, login, leave);
    } catch (error) {
      leave();
      throw error;
    }
  }

  async #openSession(
    transport: Transport,
    request: LoginRequest,
    login: ClientLogin,
    leave: () => void,
  ): Promise<void> {
    const { log, serviceFor, config } = this.#options;
    const service = serviceFor(request);
    const settings = startupSettings(request.parameters);
    const manual = takeOwnSettings(settings, service.shardCount);
    if (service.shardCount > 1) {
      for (const [name, value] of settings) refuseSetting(name, value);
    }
    const statements = settingStatements(settings);
    const parameters = await service.parametersFor(statements);
    if (transport.closed) return leave();
    // A reload came between.
    if (service.retired) throw new PgError(errors.terminated);
    this.#forgetLogin(login);
    const { general } = config();
    const session = new ClientSession(transport, service, {
      messageBytesMax: general.messageSizeLimit,
      startupSettings: statements,
      manual,
      onClosed: () => {
        this.#sessions.delete(session);
        this.#options.peers?.clientLeft();
        service.leave();
        service.stats.clientLeft(session);
        leave();
        this.#cancelKeys.delete(session);
        if (general.logDisconnections) log.info({ client: address }, 'client disconnected');
        this.#checkIdle();
      },
    });
    const address = transport.remoteAddress;
    const key = this.#cancelKeys.add(session, request.minor);
    session.processId = key.processId;
    this.#sessions.add(session);
    this.#options.peers?.clientCame();
    service.enter();
    service.stats.logins += 1;
    transport.write(loginDone(parameters, key));
    if (general.logConnections) {
      const { user, database } = request;
      log.info({ client: address, user: user.name, database }, 'client connected');
    }
    if (this.#draining) session.drain();
  }

  #openAdmin(transport: Transport, request: AdminRequest, login: ClientLogin): void {
    this.#forgetLogin(login);
    const keys: CancelKey[] = [];
    const keyFor = (client: Cancelable) => {
      const key = this.#cancelKeys.add(client, request.minor);
      keys.push(key);
      return key;
    };
    const admin = this.#options.openAdmin(transport, request, keyFor, () => {
      this.#admins.delete(admin);
      for (const key of keys) this.#cancelKeys.delete(key);
    });
    this.#admins.add(admin);
  }

  #forgetLogin(login: ClientLogin): void {
    if (this.#logins.delete(login)) this.#options.peers?.clientLeft();
  }

  /** The request may be for another worker's client. */
  async #cancel(processId: number, secret: Buffer): Promise<void> {
    const { peers } = this.#options;
    if (peers === null || this.#cancelKeys.owns(processId)) this.cancel(processId, secret);
    else await peers.cancel(processId, secret);
  }

  #checkIdle(): void {
    if (this.#sessions.size === 0) this.#onIdle?.();
  }
}
