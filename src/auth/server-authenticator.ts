// PgPack's own login to a PostgreSQL server: answers each Authentication message (protocol
// documentation, "Message Formats"; src/interfaces/libpq/fe-auth.c). No socket here.

import { md5Answer, md5Hash } from './md5.ts';
import { ScramClient } from './scram-client.ts';
import { scramMechanism } from './scram-message.ts';

export interface ServerCredentials {
  readonly user: string;
  /** Plain, or an `md5…` hash (good for MD5 challenges only); null: none is configured. */
  readonly password: string | null;
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
  readonly #credentials: ServerCredentials;
  #scram: ScramClient | null = null;
  #state: State = 'start';

  constructor(credentials: ServerCredentials) {
    this.#credentials = credentials;
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
        return passwordMessage(this.#plainPassword('a cleartext password'));
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
    if (!mechanisms.includes(scramMechanism)) {
      const names = mechanisms.join(', ');
      throw new ServerAuthenticationError(
        `server offers SASL mechanisms ${names}, but only ${scramMechanism} is supported`,
      );
    }
    this.#scram = new ScramClient({ password: this.#plainPassword('SCRAM authentication') });
    const first = Buffer.from(this.#scram.first(), 'latin1');
    const length = Buffer.alloc(4);
    length.writeInt32BE(first.length);
    return pMessage(Buffer.concat([Buffer.from(`${scramMechanism}\0`), length, first]));
  }

  #password(method: string): string {
    const { password } = this.#credentials;
    if (password !== null && password !== '') return password;
    throw new ServerAuthenticationError(`server asks for ${method}, but no password is configured`);
  }

  #plainPassword(method: string): string {
    const password = this.#password(method);
    if (!/^md5[0-9a-f]{32}$|^SCRAM-SHA-256\$/.test(password)) return password;
    throw new ServerAuthenticationError(
      `server asks for ${method}, but only a hash of the password is configured`,
    );
  }

  #md5Hash(): string {
    const password = this.#password('MD5 authentication');
    if (/^md5[0-9a-f]{32}$/.test(password)) return password;
    return md5Hash(this.#credentials.user, this.#plainPassword('MD5 authentication'));
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
