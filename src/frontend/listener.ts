// Accepts clients: counts them, logs them in, keeps their sessions for shutdown and cancel.

import net from 'node:net';
import type { TLSSocketOptions } from 'node:tls';
import { errors } from '../common/error-catalogue.ts';
import type { Logger } from '../common/logger.ts';
import { PgError } from '../common/pg-error.ts';
import type { Config } from '../config/config.ts';
import {
  authentication,
  backendKeyData,
  parameterStatus,
  readyForQuery,
} from '../protocol/backend-messages.ts';
import { TransactionStatus } from '../protocol/message-codes.ts';
import { Transport } from '../transport/transport.ts';
import { CancelKeys } from './cancel-keys.ts';
import { ClientLogin, type LoginRequest } from './client-login.ts';
import { ClientSession } from './client-session.ts';
import type { DatabaseService } from './database-service.ts';
import { refuseSetting } from './refuse-setting.ts';
import { settingStatements, startupSettings } from './startup-options.ts';

export interface ListenerOptions {
  readonly config: () => Config;
  readonly tls: () => TLSSocketOptions | null;
  /** The service of a user who may use the database. */
  readonly serviceFor: (request: LoginRequest) => DatabaseService;
  readonly log: Logger;
}

export class Listener {
  readonly #options: ListenerOptions;
  readonly #server: net.Server;
  readonly #logins = new Set<ClientLogin>();
  readonly #sessions = new Set<ClientSession>();
  readonly #cancelKeys = new CancelKeys();
  #draining = false;
  #onIdle: (() => void) | null = null;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#server = net.createServer({ pauseOnConnect: true }, socket => this.#accept(socket));
  }

  get clients(): number {
    return this.#sessions.size + this.#logins.size;
  }

  get sessions(): Iterable<ClientSession> {
    return this.#sessions;
  }

  /** Resolves with the port; rejects when it cannot be listened on. */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port, backlog: 4096 }, () => {
        this.#server.removeListener('error', reject);
        this.#server.on('error', error =>
          this.#options.log.error({ err: error.message }, 'listener'),
        );
        resolve((this.#server.address() as net.AddressInfo).port);
      });
    });
  }

  /** Takes no more clients, ends idle ones now and the others after their transaction. Resolves
   *  when none is left. */
  drain(): Promise<void> {
    this.#draining = true;
    this.#server.close();
    for (const login of [...this.#logins]) login.refuse(new PgError(errors.shuttingDown));
    for (const session of [...this.#sessions]) session.drain();
    if (this.clients === 0) return Promise.resolve();
    return new Promise(resolve => {
      this.#onIdle = resolve;
    });
  }

  /** Cuts every client. */
  destroy(): void {
    this.#draining = true;
    this.#server.close();
    for (const login of [...this.#logins]) login.refuse(new PgError(errors.shuttingDown));
    for (const session of [...this.#sessions]) session.terminate(new PgError(errors.shuttingDown));
  }

  #accept(socket: net.Socket): void {
    const transport = Transport.accepted(socket);
    const config = this.#options.config();
    transport.setKeepAlive(config.tcp.keepalive, 60_000);
    const login = new ClientLogin(transport, {
      config: this.#options.config,
      tls: this.#options.tls,
      onCancel: async (processId, secret) => this.#cancelKeys.cancel(processId, secret),
      onLogin: (at, request) => this.#login(at, request, login),
      onClosed: () => this.#forgetLogin(login),
    });
    this.#logins.add(login);
    if (this.clients > config.general.maxClientConn) {
      login.refuse(new PgError(errors.tooManyClients));
    }
  }

  async #login(transport: Transport, request: LoginRequest, login: ClientLogin): Promise<void> {
    const { log, serviceFor, config } = this.#options;
    const service = serviceFor(request);
    const settings = startupSettings(request.parameters);
    if (service.shardCount > 1) {
      for (const [name, value] of settings) refuseSetting(name, value);
    }
    const statements = settingStatements(settings);
    const parameters = await service.parametersFor(statements);
    if (transport.closed) return;
    this.#forgetLogin(login);
    const { general } = config();
    const session = new ClientSession(transport, service, {
      messageBytesMax: general.messageSizeLimit,
      startupSettings: statements,
      onClosed: () => {
        this.#sessions.delete(session);
        service.leave();
        this.#cancelKeys.delete(key);
        if (general.logDisconnections) log.info({ client: address }, 'client disconnected');
        this.#checkIdle();
      },
    });
    const address = transport.remoteAddress;
    const key = this.#cancelKeys.add(session, request.minor);
    this.#sessions.add(session);
    service.enter();
    transport.write(
      Buffer.concat([
        authentication(0),
        ...[...parameters].map(([name, value]) => parameterStatus(name, value)),
        backendKeyData(key.processId, key.secret),
        readyForQuery(TransactionStatus.idle),
      ]),
    );
    if (general.logConnections) {
      const { user, database } = request;
      log.info({ client: address, user: user.name, database }, 'client connected');
    }
    if (this.#draining) session.drain();
  }

  #forgetLogin(login: ClientLogin): void {
    if (this.#logins.delete(login)) this.#checkIdle();
  }

  #checkIdle(): void {
    if (this.clients === 0) this.#onIdle?.();
  }
}
