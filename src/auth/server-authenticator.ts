// PgPack's own login to a PostgreSQL server: answers each Authentication message (protocol
// documentation, "Message Formats"; src/interfaces/libpq/fe-auth.c). No socket here.

import { endPointHash } from './channel-binding.ts';
import { md5Answer, md5Hash } from './md5.ts';
import { storedPassword } from './password-hash.ts';
import { type ScramBinding, ScramClient } from './scram-client.ts';
import { scramMechanism, scramPlusMechanism } from './scram-message.ts';
import type { ScramClientKeys, ServerSecret } from './server-secret.ts';

export interface ServerCredentials {
  readonly user: string;
  /** A text is read as `storedPassword` reads it; an md5 hash is good for MD5 challenges only.
   *  null: none is configured. */
  readonly password: ServerSecret | string | null;
  /** The connection; undefined: unknown, so that nothing is bound and tokens are not sent. */
  readonly channel?: ServerChannel;
}

export interface ServerChannel {
  readonly encrypted: boolean;
  /** The server's certificate in DER; null without TLS. */
  readonly certificate: Buffer | null;
}

/** A login that cannot succeed; `message` is the reason. */
export class ServerAuthenticationError extends Error {
  override readonly name = 'ServerAuthenticationError';
}

// src/include/libpq/protocol.h, AUTH_REQ_*
const requestOk = 0;
const requestCleartext = 3;
const requestMd5 = 5;
const requestSasl = 10;
const requestSaslContinue = 11;
const requestSaslFinal = 12;
const otherRequests: Readonly<Record<number, string>> = {
  2: 'Kerberos V5',
  6: 'SCM credentials',
  7: 'GSSAPI',
  8: 'GSSAPI',
  9: 'SSPI',
};

type State = 'start' | 'answered' | 'sasl-first' | 'sasl-final' | 'sasl-verified';

export class ServerAuthenticator {
  readonly #user: string;
  readonly #secret: ServerSecret | null;
  readonly #channel: ServerChannel | undefined;
  #scram: ScramClient | null = null;
  #state: State = 'start';

  constructor(credentials: ServerCredentials) {
    const { user, password, channel } = credentials;
    this.#user = user;
    this.#channel = channel;
    const none = password === null || password === '';
    this.#secret = none ? null : typeof password === 'string' ? storedPassword(password) : password;
  }

  /** The server made us prove something: it does not let anybody in. */
  get passwordWasAsked(): boolean {
    return this.#state === 'answered' || this.#state === 'sasl-verified';
  }

  /**
   * Takes the body of an `R` message (int32 request code and its data) and returns the whole `p`
   * message to send, or null when nothing is to be sent. AuthenticationOk is returned as null
   * too; it is refused before a started SCRAM exchange proved the server. Throws
   * `ServerAuthenticationError`.
   */
  async answer(body: Buffer): Promise<Buffer | null> {
    try {
      return await this.#answer(body);
    } catch (error) {
      if (error instanceof ServerAuthenticationError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new ServerAuthenticationError(reason, { cause: error });
    }
  }

  async #answer(body: Buffer): Promise<Buffer | null> {
    if (body.length < 4) throw new ServerAuthenticationError('malformed authentication request');
    const request = body.readInt32BE(0);
    const data = body.subarray(4);
    switch (request) {
      case requestOk:
        this.#expect('start', 'answered', 'sasl-verified');
        return null;
      case requestCleartext:
        this.#advance('start', 'answered');
        return passwordMessage(this.#cleartext());
      case requestMd5:
        this.#advance('start', 'answered');
        if (data.length !== 4) throw new ServerAuthenticationError('malformed MD5 challenge');
        return passwordMessage(md5Answer(this.#md5Hash(), data));
      case requestSasl:
        this.#advance('start', 'sasl-first');
        return this.#startScram(data);
      case requestSaslContinue: {
        this.#advance('sasl-first', 'sasl-final');
        const message = await this.#scram!.final(data.toString('latin1'));
        return pMessage(Buffer.from(message, 'latin1'));
      }
      case requestSaslFinal:
        this.#advance('sasl-final', 'sasl-verified');
        this.#scram!.finish(data.toString('latin1'));
        return null;
      default:
        throw unsupportedMethod(request);
    }
  }

  #startScram(data: Buffer): Buffer {
    const mechanisms = data.toString('latin1').split('\0').filter(Boolean);
    const binding = this.#binding(mechanisms.includes(scramPlusMechanism));
    const mechanism = binding.kind === 'bound' ? scramPlusMechanism : scramMechanism;
    if (!mechanisms.includes(mechanism)) {
      const names = mechanisms.join(', ');
      throw new ServerAuthenticationError(
        `server offers SASL mechanisms ${names}, but only ${mechanism} is supported`,
      );
    }
    this.#scram = new ScramClient({ password: this.#scramPassword(), binding });
    const first = Buffer.from(this.#scram.first(), 'latin1');
    const length = Buffer.alloc(4);
    length.writeInt32BE(first.length);
    return pMessage(Buffer.concat([Buffer.from(`${mechanism}\0`), length, first]));
  }

  /** As build_client_first_message in src/interfaces/libpq/fe-auth-scram.c. */
  #binding(offered: boolean): ScramBinding {
    const channel = this.#channel;
    if (channel === undefined) return { kind: 'none' };
    if (offered && !channel.encrypted) {
      throw new ServerAuthenticationError(
        `server offers ${scramPlusMechanism} over a connection without TLS`,
      );
    }
    const data = channel.certificate === null ? null : endPointHash(channel.certificate);
    if (data === null) return { kind: 'none' };
    return offered ? { kind: 'bound', data } : { kind: 'unoffered' };
  }

  #configured(method: string): ServerSecret {
    if (this.#secret !== null) return this.#secret;
    throw new ServerAuthenticationError(`server asks for ${method}, but no password is configured`);
  }

  #cleartext(): string {
    const method = 'a cleartext password';
    const secret = this.#configured(method);
    if (secret.kind === 'plain') return secret.password;
    if (secret.kind !== 'token') throw onlyHash(method);
    if (this.#channel?.encrypted) return secret.token;
    throw new ServerAuthenticationError(
      'server asks for an IAM token, but the connection has no TLS to send it over',
    );
  }

  #scramPassword(): string | ScramClientKeys {
    const method = 'SCRAM authentication';
    const secret = this.#configured(method);
    if (secret.kind === 'plain') return secret.password;
    if (secret.kind === 'token') return secret.token;
    if (secret.kind === 'scram-keys') return secret;
    throw onlyHash(method);
  }

  #md5Hash(): string {
    const method = 'MD5 authentication';
    const secret = this.#configured(method);
    if (secret.kind === 'md5') return secret.hash;
    if (secret.kind === 'plain') return md5Hash(this.#user, secret.password);
    if (secret.kind === 'token') return md5Hash(this.#user, secret.token);
    throw onlyHash(method);
  }

  #advance(from: State, to: State): void {
    this.#expect(from);
    this.#state = to;
  }

  #expect(...states: State[]): void {
    if (states.includes(this.#state)) return;
    throw new ServerAuthenticationError(
      `server sent an authentication request out of order (${this.#state})`,
    );
  }
}

function onlyHash(method: string): ServerAuthenticationError {
  return new ServerAuthenticationError(
    `server asks for ${method}, but only a hash of the password is configured`,
  );
}

function passwordMessage(password: string): Buffer {
  return pMessage(Buffer.from(`${password}\0`, 'utf8'));
}

function pMessage(body: Buffer): Buffer {
  const message = Buffer.allocUnsafe(5 + body.length);
  message[0] = 0x70;
  message.writeInt32BE(4 + body.length, 1);
  body.copy(message, 5);
  return message;
}

function unsupportedMethod(request: number): ServerAuthenticationError {
  const method = otherRequests[request] ?? `method ${request}`;
  return new ServerAuthenticationError(
    `server asks for authentication by ${method}, which is not supported`,
  );
}
