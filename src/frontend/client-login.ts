// A client from its first byte to its session: TLS, startup packet, authentication, the
// parameters it is told (protocol section "Start-up").
//
//   packet ──SSLRequest──▶ packet ──StartupMessage──▶ authentication ──▶ session
//     └──CancelRequest──▶ closed                          └──wrong──▶ closed

import type { TLSSocketOptions } from 'node:tls';
import { endPointHash } from '../auth/channel-binding.ts';
import {
  type AuthenticationExchange,
  type AuthMessage,
  startAuthentication,
} from '../auth/client-authenticator.ts';
import type { ServerSecret } from '../auth/server-secret.ts';
import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { timerMs } from '../common/timer.ts';
import type { Config } from '../config/config.ts';
import type { User } from '../config/topology.ts';
import { authentication, negotiateProtocolVersion } from '../protocol/backend-messages.ts';
import { clientMessageSize } from '../protocol/client-frame.ts';
import { Frontend, headerBytes } from '../protocol/message-codes.ts';
import {
  protocolMinorMax,
  readStartupPacket,
  type StartupPacket,
  startupPacketSize,
} from '../protocol/startup-packet.ts';
import type { Transport, TransportReceiver } from '../transport/transport.ts';
import { type AdminRequest, adminAuthentication, isAdminDatabase } from './admin-gate.ts';
import { provedByCertificate } from './client-certificate.ts';
import { errorAnswer } from './error-answer.ts';
import type { UserDirectory } from './user-directory.ts';

/** First byte of a TLS record that holds a handshake (RFC 8446 section 5.1). */
const tlsHandshake = 0x16;

/** Nothing more is asked of whom a certificate names. */
const byCertificate = { authType: 'trust', passwords: [], passwordHash: null } as const;

/** Longest authentication message of a client (PG_MAX_SASL_MESSAGE_LENGTH and a margin). */
const authenticationBytesMax = 65_536;

export interface LoginRequest {
  readonly user: User;
  readonly database: string;
  readonly minor: number;
  readonly parameters: ReadonlyMap<string, string>;
  /** What the login is good for at servers; null under trust and with a certificate. */
  readonly secret: ServerSecret | null;
}

export interface ClientLoginOptions {
  /** The configuration at this moment. */
  readonly config: () => Config;
  /** null: TLS is not offered. */
  readonly tls: () => TLSSocketOptions | null;
  readonly users: UserDirectory;
  readonly onCancel: (processId: number, secret: Buffer) => Promise<void>;
  /** Why nobody is let in now, or null: told when the client has said what it wants. */
  readonly refusal: () => PgError | null;
  /** Takes the transport over. Rejects with the error the client is to be told. */
  readonly onLogin: (transport: Transport, request: LoginRequest) => Promise<void>;
  /** The same for a client of the admin database. */
  readonly onAdmin: (transport: Transport, request: AdminRequest) => void;
  readonly onClosed: () => void;
}

export class ClientLogin implements TransportReceiver {
  readonly #transport: Transport;
  readonly #options: ClientLoginOptions;
  #pending: Buffer = Buffer.alloc(0);
  #exchange: AuthenticationExchange | null = null;
  #request: Omit<LoginRequest, 'secret'> | null = null;
  #admin: AdminRequest | null = null;
  /** What is remembered of the user may be old. */
  #doubt = (): void => {};
  #packets = 0;
  /** TLS that was begun without being asked for. */
  #direct = false;
  #working = false;
  #ended = false;
  readonly #timer: NodeJS.Timeout;

  constructor(transport: Transport, options: ClientLoginOptions) {
    this.#transport = transport;
    this.#options = options;
    const { clientLoginTimeoutMs } = options.config().general;
    this.#timer = setTimeout(
      () => this.#fail(new PgError(errors.loginTimeout)),
      timerMs(clientLoginTimeoutMs),
    );
    transport.receiver = this;
  }

  onBytes(buffer: Buffer, length: number): void {
    if (this.#ended) return;
    this.#pending = Buffer.concat([this.#pending, buffer.subarray(0, length)]);
    if (this.#pending.length > authenticationBytesMax) {
      this.#fail(new PgError(errors.protocolViolation, { what: 'too much data before login' }));
      return;
    }
    if (!this.#working) this.#work();
  }

  onDrain(): void {}

  onClose(): void {
    this.#end();
    this.#options.onClosed();
  }

  /** Refuses the client: shutdown. */
  refuse(error: PgError): void {
    this.#fail(error);
  }

  #work(): void {
    const step = this.#exchange === null ? this.#packet() : this.#authenticate();
    this.#working = true;
    step
      .then(again => {
        this.#working = false;
        if (again && !this.#ended) this.#work();
      })
      .catch(error => this.#fail(error));
  }

  /** One packet without a type byte; true when another may follow at once. */
  async #packet(): Promise<boolean> {
    if (this.#packets === 0 && this.#pending[0] === tlsHandshake) return this.#startDirectTls();
    if (this.#direct && this.#transport.tlsSocket?.alpnProtocol !== 'postgresql') {
      return this.#cut();
    }
    const size = startupPacketSize(this.#pending);
    if (size === 0 || this.#pending.length < size) return false;
    const packet = readStartupPacket(this.#pending.subarray(0, size));
    this.#pending = this.#pending.subarray(size);
    this.#packets += 1;
    switch (packet.kind) {
      case 'ssl':
        return this.#startTls();
      case 'gss':
        this.#transport.write(Buffer.from('N'));
        return true;
      case 'cancel':
        await this.#options.onCancel(packet.processId, packet.secret);
        this.#end();
        this.#transport.end();
        return false;
      case 'startup':
        return this.#startup(packet);
    }
  }

  /** A ClientHello where the first packet should be (ProcessSSLStartup in
   *  src/backend/tcop/backend_startup.c): there is no way to tell such a client anything. */
  #startDirectTls(): boolean {
    const tls = this.#transport.local ? null : this.#options.tls();
    if (tls === null) return this.#cut();
    this.#packets += 1;
    this.#direct = true;
    const hello = this.#pending;
    this.#pending = Buffer.alloc(0);
    this.#transport.startTlsServer(tls, hello);
    return false;
  }

  #cut(): boolean {
    this.#end();
    this.#transport.destroy();
    return false;
  }

  #startTls(): boolean {
    const tls = this.#options.tls();
    if (tls === null || this.#transport.encrypted || this.#transport.local) {
      this.#transport.write(Buffer.from('N'));
      return true;
    }
    if (this.#pending.length > 0) {
      const what = 'received unencrypted data after SSL request';
      throw new PgError(errors.protocolViolation, { what });
    }
    this.#transport.write(Buffer.from('S'));
    this.#transport.startTlsServer(tls);
    return false;
  }

  async #startup(packet: Extract<StartupPacket, { kind: 'startup' }>): Promise<boolean> {
    const { parameters } = packet;
    const config = this.#options.config();
    const name = parameters.get('user') ?? '';
    const database = parameters.get('database') ?? name;
    const isAdmin = isAdminDatabase(config, database);
    const refusal = isAdmin ? null : this.#options.refusal();
    if (refusal !== null) throw refusal;
    const minor = Math.min(packet.minor, protocolMinorMax);
    const unknown = [...parameters.keys()].filter(name => name.startsWith('_pq_.'));
    if (minor < packet.minor || unknown.length > 0) {
      this.#transport.write(negotiateProtocolVersion(minor, unknown));
    }
    const { general } = config;
    const safe = this.#transport.encrypted || this.#transport.local;
    if (general.tlsClientRequired && !safe) throw new PgError(errors.tlsRequired);
    if (name === '') {
      const what = 'no PostgreSQL user name specified in startup packet';
      throw new PgError(errors.invalidAuthorization, { what });
    }
    const replication = parameters.get('replication');
    if (replication !== undefined && !/^(false|off|no|0)$/i.test(replication)) {
      throw new PgError(errors.unsupportedFatal, { construct: 'the replication protocol' });
    }
    const { ownCertificate } = this.#transport;
    const binding = ownCertificate === null ? null : endPointHash(ownCertificate);
    if (isAdmin) {
      this.#admin = { database, minor, parameters };
      this.#exchange = startAuthentication({ ...adminAuthentication(config, name), binding });
      this.#transport.write(authMessage(this.#exchange.first()));
      return true;
    }
    const found = await this.#options.users.find(name, database, safe);
    const { user, ...stored } = found;
    const certified = provedByCertificate(this.#transport, name, user, general);
    this.#doubt = () => this.#options.users.doubt(name, database);
    this.#exchange = startAuthentication({
      ...(certified ? byCertificate : stored),
      user: name,
      known: user !== null,
      binding,
    });
    if (user !== null) this.#request = { user, database, minor, parameters };
    const first = this.#exchange.first();
    if (first.kind === 'ok') return this.#authenticated();
    this.#transport.write(authMessage(first));
    return true;
  }

  async #authenticate(): Promise<boolean> {
    const size = clientMessageSize(this.#pending, 0, this.#pending.length, authenticationBytesMax);
    if (size === 0 || this.#pending.length < size) return false;
    const message = this.#pending.subarray(0, size);
    this.#pending = this.#pending.subarray(size);
    if (message[0] !== Frontend.password) {
      const what = `expected password response, got message type ${message[0]}`;
      throw new PgError(errors.protocolViolation, { what });
    }
    const step = await this.#exchange!.receive(message.subarray(headerBytes)).catch(error => {
      if (error instanceof PgError && error.id === errors.invalidPassword.id) this.#doubt();
      throw error;
    });
    for (const reply of step.send) {
      if (reply.kind !== 'ok') this.#transport.write(authMessage(reply));
    }
    return step.done ? this.#authenticated() : true;
  }

  async #authenticated(): Promise<boolean> {
    if (this.#admin === null) {
      await this.#enterDatabase();
    } else {
      clearTimeout(this.#timer);
      this.#options.onAdmin(this.#transport, this.#admin);
    }
    this.#ended = true;
    // A client may have sent statements without waiting for the login's end.
    if (this.#pending.length > 0) this.#transport.redeliver(this.#pending);
    return false;
  }

  async #enterDatabase(): Promise<void> {
    const request = this.#request;
    if (request === null) throw new PgError(errors.internal, { what: 'no user' });
    const { database, user } = request;
    const { databases } = this.#options.config();
    if (!databases.has(database)) throw new PgError(errors.databaseMissing, { database });
    if (!user.databases.includes(database)) {
      const detail = 'User does not have CONNECT privilege.';
      throw new PgError(errors.databaseDenied, { database }, { detail });
    }
    clearTimeout(this.#timer);
    const { secret } = this.#exchange!;
    await this.#options.onLogin(this.#transport, { ...request, secret });
  }

  #fail(error: unknown): void {
    if (this.#ended) return;
    this.#end();
    this.#transport.end(errorAnswer(error, 'FATAL'));
  }

  #end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }
}

// src/include/libpq/protocol.h, AUTH_REQ_*
function authMessage(message: AuthMessage): Buffer {
  switch (message.kind) {
    case 'ok':
      return authentication(0);
    case 'cleartext':
      return authentication(3);
    case 'md5':
      return authentication(5, message.salt);
    case 'sasl':
      return authentication(10, Buffer.from(`${message.mechanisms.join('\0')}\0\0`));
    case 'sasl-continue':
      return authentication(11, message.data);
    case 'sasl-final':
      return authentication(12, message.data);
  }
}
