// A client from its first byte to its session: TLS, startup packet, authentication, the
// parameters it is told (protocol section "Start-up").
//
//   packet ──SSLRequest──▶ packet ──StartupMessage──▶ authentication ──▶ session
//     └──CancelRequest──▶ closed                          └──wrong──▶ closed

import type { TLSSocketOptions } from 'node:tls';
import {
  type AuthenticationExchange,
  type AuthMessage,
  startAuthentication,
} from '../auth/client-authenticator.ts';
import { clientCertificateError } from '../auth/tls-context.ts';
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
import { errorAnswer } from './error-answer.ts';

/** Longest authentication message of a client (PG_MAX_SASL_MESSAGE_LENGTH and a margin). */
const authenticationBytesMax = 65_536;

export interface LoginRequest {
  readonly user: User;
  readonly database: string;
  readonly minor: number;
  readonly parameters: ReadonlyMap<string, string>;
}

export interface ClientLoginOptions {
  /** The configuration at this moment. */
  readonly config: () => Config;
  /** null: TLS is not offered. */
  readonly tls: () => TLSSocketOptions | null;
  readonly onCancel: (processId: number, secret: Buffer) => Promise<void>;
  /** Takes the transport over. Rejects with the error the client is to be told. */
  readonly onLogin: (transport: Transport, request: LoginRequest) => Promise<void>;
  readonly onClosed: () => void;
}

export class ClientLogin implements TransportReceiver {
  readonly #transport: Transport;
  readonly #options: ClientLoginOptions;
  #pending: Buffer = Buffer.alloc(0);
  #exchange: AuthenticationExchange | null = null;
  #request: LoginRequest | null = null;
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
    if (this.#pending[0] === 0x16 && !this.#transport.encrypted) {
      const what = 'direct TLS negotiation is not supported: use sslnegotiation=postgres';
      throw new PgError(errors.protocolViolation, { what });
    }
    const size = startupPacketSize(this.#pending);
    if (size === 0 || this.#pending.length < size) return false;
    const packet = readStartupPacket(this.#pending.subarray(0, size));
    this.#pending = this.#pending.subarray(size);
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

  #startTls(): boolean {
    const tls = this.#options.tls();
    if (tls === null || this.#transport.encrypted) {
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
    const minor = Math.min(packet.minor, protocolMinorMax);
    const unknown = [...parameters.keys()].filter(name => name.startsWith('_pq_.'));
    if (minor < packet.minor || unknown.length > 0) {
      this.#transport.write(negotiateProtocolVersion(minor, unknown));
    }
    const { general, users, databases } = this.#options.config();
    this.#checkCertificate();
    if (general.tlsClientRequired && !this.#transport.encrypted) {
      throw new PgError(errors.tlsRequired);
    }
    const name = parameters.get('user') ?? '';
    if (name === '') {
      const what = 'no PostgreSQL user name specified in startup packet';
      throw new PgError(errors.invalidAuthorization, { what });
    }
    const replication = parameters.get('replication');
    if (replication !== undefined && !/^(false|off|no|0)$/i.test(replication)) {
      throw new PgError(errors.unsupportedFatal, { construct: 'the replication protocol' });
    }
    const database = parameters.get('database') ?? name;
    const ofName = users.filter(one => one.name === name);
    const user = ofName.find(one => one.databases.includes(database)) ?? ofName[0];
    this.#exchange = startAuthentication({
      authType: general.authType,
      user: name,
      passwords: user?.passwords ?? [],
      passwordHash: user?.passwordHash ?? null,
      known: user !== undefined,
    });
    if (user !== undefined) this.#request = { user, database, minor, parameters };
    const first = this.#exchange.first();
    if (first.kind === 'ok') return this.#authenticated(databases);
    this.#transport.write(authMessage(first));
    return true;
  }

  /** A certificate that a client shows must be one of the configured CA's. */
  #checkCertificate(): void {
    const socket = this.#transport.tlsSocket;
    const reason = socket === null ? null : clientCertificateError(socket);
    if (reason === null || this.#options.config().general.tlsClientCaCertificate === null) return;
    const what = `client certificate is not valid: ${reason}`;
    throw new PgError(errors.invalidAuthorization, { what });
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
    const step = await this.#exchange!.receive(message.subarray(headerBytes));
    for (const reply of step.send) {
      if (reply.kind !== 'ok') this.#transport.write(authMessage(reply));
    }
    return step.done ? this.#authenticated(this.#options.config().databases) : true;
  }

  async #authenticated(databases: ReadonlyMap<string, unknown>): Promise<boolean> {
    const request = this.#request;
    if (request === null) throw new PgError(errors.internal, { what: 'no user' });
    const { database, user } = request;
    if (!databases.has(database)) throw new PgError(errors.databaseMissing, { database });
    if (!user.databases.includes(database)) {
      const what = `permission denied for database "${database}"`;
      throw new PgError(errors.invalidAuthorization, { what });
    }
    clearTimeout(this.#timer);
    await this.#options.onLogin(this.#transport, request);
    this.#ended = true;
    return false;
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
