// How a client proves who it is: the exchange of AuthenticationXxx and PasswordMessage bodies as a
// state machine without a socket (protocol documentation, "Start-up"; src/backend/libpq/auth.c).
// Whether the user exists is not told: an unknown one fails where a wrong password fails.

import { createHash, randomBytes } from 'node:crypto';
import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { md5Answer, md5Hash } from './md5.ts';
import { type ScramVerifier, type StoredPassword, storedPassword } from './password-hash.ts';
import { keysOf, keysOfConfigured, saltOfUser, sameBytes, scramIterations } from './scram-keys.ts';
import { scramMechanism } from './scram-message.ts';
import { ScramServer, type VerifierKeys } from './scram-server.ts';

export interface AuthenticationRequest {
  readonly authType: 'scram' | 'md5' | 'plain' | 'trust';
  /** The user of the startup message. */
  readonly user: string;
  /** Any of these is accepted; each plain, an `md5…` hash or a SCRAM verifier. */
  readonly passwords: readonly string[];
  /** A further accepted verifier; its salt and iterations are those of the exchange. */
  readonly passwordHash: string | null;
  /** False: no such user, so the exchange fails at its end. */
  readonly known: boolean;
}

export type AuthMessage =
  | { readonly kind: 'ok' }
  | { readonly kind: 'cleartext' }
  /** 4 bytes. */
  | { readonly kind: 'md5'; readonly salt: Buffer }
  | { readonly kind: 'sasl'; readonly mechanisms: readonly string[] }
  | { readonly kind: 'sasl-continue'; readonly data: Buffer }
  | { readonly kind: 'sasl-final'; readonly data: Buffer };

export interface AuthStep {
  readonly send: readonly AuthMessage[];
  readonly done: boolean;
}

export interface AuthenticationExchange {
  /** The message to begin with; `ok` means that nothing is asked (trust). Throws
   *  `invalidPassword` for an unknown user under trust. */
  first(): AuthMessage;
  /** Body of a `p` message. Throws `invalidPassword` or `protocolViolation`, both final. */
  receive(body: Buffer): Promise<AuthStep>;
  /** After success: the plain password that the client proved to know; null when only a hash of
   *  it is known here, and under trust. */
  readonly matchedPassword: string | null;
}

/** PG_MAX_SASL_MESSAGE_LENGTH and PG_MAX_AUTH_TOKEN_LENGTH of src/include/libpq. */
const saslBytesMax = 1024;
const passwordBytesMax = 65_535;
const done: AuthStep = { send: [{ kind: 'ok' }], done: true };

export function startAuthentication(request: AuthenticationRequest): AuthenticationExchange {
  const { authType, user, known } = request;
  const texts = request.passwordHash === null ? [] : [request.passwordHash];
  const stored = known ? [...texts, ...request.passwords].map(storedPassword) : [];
  // As PostgreSQL: a SCRAM verifier cannot answer an MD5 challenge, so SCRAM is asked for.
  const scram = authType === 'scram' || (authType === 'md5' && stored.some(isScram));
  if (authType === 'trust') return new TrustExchange(user, known);
  return scram ? new ScramExchange(user, stored) : new PasswordExchange(user, stored, authType);
}

function isScram(stored: StoredPassword): boolean {
  return stored.kind === 'scram';
}

class TrustExchange implements AuthenticationExchange {
  readonly matchedPassword = null;
  readonly #user: string;
  readonly #known: boolean;

  constructor(user: string, known: boolean) {
    this.#user = user;
    this.#known = known;
  }

  first(): AuthMessage {
    if (!this.#known) throw wrongPassword(this.#user);
    return { kind: 'ok' };
  }

  receive(): Promise<AuthStep> {
    return Promise.reject(violation('unexpected password message'));
  }
}

/** Cleartext and MD5: one message each way. */
class PasswordExchange implements AuthenticationExchange {
  matchedPassword: string | null = null;
  readonly #user: string;
  readonly #stored: readonly StoredPassword[];
  readonly #salt: Buffer | null;
  #answered = false;

  constructor(
    user: string,
    stored: readonly StoredPassword[],
    authType: 'plain' | 'md5' | 'scram',
  ) {
    this.#user = user;
    this.#stored = stored;
    this.#salt = authType === 'md5' ? randomBytes(4) : null;
  }

  first(): AuthMessage {
    return this.#salt === null ? { kind: 'cleartext' } : { kind: 'md5', salt: this.#salt };
  }

  async receive(body: Buffer): Promise<AuthStep> {
    if (this.#answered) throw violation('unexpected password message');
    this.#answered = true;
    const nul = body.indexOf(0);
    if (body.length > passwordBytesMax || nul < 0 || nul !== body.length - 1) {
      throw violation('invalid password packet size');
    }
    const answer = body.toString('utf8', 0, nul);
    if (answer === '') throw wrongPassword(this.#user);
    let accepted = false;
    for (const stored of this.#stored) {
      const salt = this.#salt;
      const fits =
        salt === null
          ? await fitsPlain(this.#user, stored, answer)
          : fitsMd5(this.#user, stored, salt, answer);
      if (!fits || accepted) continue;
      accepted = true;
      if (salt === null) this.matchedPassword = answer;
      else if (stored.kind === 'plain') this.matchedPassword = stored.password;
    }
    if (!accepted) throw wrongPassword(this.#user);
    return done;
  }
}

async function fitsPlain(user: string, stored: StoredPassword, given: string): Promise<boolean> {
  if (stored.kind === 'plain') return sameText(stored.password, given);
  if (stored.kind === 'md5') return sameText(stored.hash, md5Hash(user, given));
  const { salt, iterations, serverKey } = stored.verifier;
  return sameBytes((await keysOf(given, salt, iterations)).serverKey, serverKey);
}

function fitsMd5(user: string, stored: StoredPassword, salt: Buffer, answer: string): boolean {
  if (stored.kind === 'scram') return false;
  const hash = stored.kind === 'md5' ? stored.hash : md5Hash(user, stored.password);
  return sameText(md5Answer(hash, salt), answer);
}

/** SASL: mechanism and client-first-message in, then client-final-message. */
class ScramExchange implements AuthenticationExchange {
  matchedPassword: string | null = null;
  readonly #user: string;
  readonly #stored: readonly StoredPassword[];
  readonly #salt: Buffer;
  readonly #iterations: number;
  readonly #server: ScramServer;
  #state: 'mechanism' | 'client-first' | 'client-final' | 'over' = 'mechanism';

  constructor(user: string, stored: readonly StoredPassword[]) {
    this.#user = user;
    const leading = stored.find(isScram) as { verifier: ScramVerifier } | undefined;
    this.#salt = leading?.verifier.salt ?? saltOfUser(user);
    this.#iterations = leading?.verifier.iterations ?? scramIterations;
    this.#server = new ScramServer({ salt: this.#salt, iterations: this.#iterations });
    // The salt is sent before the proof, so a verifier with another one can never be met.
    this.#stored = stored.filter(one => one.kind !== 'md5' && this.#fitsSalt(one));
  }

  first(): AuthMessage {
    return { kind: 'sasl', mechanisms: [scramMechanism] };
  }

  async receive(body: Buffer): Promise<AuthStep> {
    const state = this.#state;
    this.#state = 'over';
    if (body.length > saslBytesMax) throw violation('SASL message is too long');
    if (state === 'over') throw violation('unexpected SASL message');
    if (state === 'client-final') return await this.#final(body.toString('latin1'));
    const message = state === 'mechanism' ? initialResponse(body) : body;
    if (message === null) {
      // No initial response: an empty challenge asks for it (RFC 4422 section 5.1).
      this.#state = 'client-first';
      return { send: [{ kind: 'sasl-continue', data: Buffer.alloc(0) }], done: false };
    }
    const data = Buffer.from(this.#server.first(message.toString('latin1')), 'latin1');
    this.#state = 'client-final';
    return { send: [{ kind: 'sasl-continue', data }], done: false };
  }

  async #final(message: string): Promise<AuthStep> {
    const verifiers = await Promise.all(this.#stored.map(stored => this.#verifier(stored)));
    const accepted = this.#server.final(message, verifiers);
    if (accepted === null) throw wrongPassword(this.#user);
    const matched = this.#stored[accepted.matched]!;
    this.matchedPassword = matched.kind === 'plain' ? matched.password : null;
    const data = Buffer.from(accepted.message, 'latin1');
    return { send: [{ kind: 'sasl-final', data }, ...done.send], done: true };
  }

  #fitsSalt(stored: StoredPassword): boolean {
    if (stored.kind !== 'scram') return true;
    const { salt, iterations } = stored.verifier;
    return iterations === this.#iterations && salt.equals(this.#salt);
  }

  #verifier(stored: StoredPassword): Promise<VerifierKeys> | VerifierKeys {
    if (stored.kind === 'scram') return stored.verifier;
    const password = stored.kind === 'plain' ? stored.password : '';
    return keysOfConfigured(password, this.#salt, this.#iterations);
  }
}

/** SASLInitialResponse: mechanism, int32 length (-1: none), client-first-message. */
function initialResponse(body: Buffer): Buffer | null {
  const nameEnd = body.indexOf(0);
  if (nameEnd < 0 || body.length < nameEnd + 5) throw violation('malformed SASL message');
  if (body.toString('latin1', 0, nameEnd) !== scramMechanism) {
    throw violation('client selected an invalid SASL authentication mechanism');
  }
  const length = body.readInt32BE(nameEnd + 1);
  const message = body.subarray(nameEnd + 5);
  if (length === -1 && message.length === 0) return null;
  if (length !== message.length) throw violation('malformed SASL message');
  return message;
}

/** Compares digests, so that time tells neither content nor length. */
function sameText(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest();
  return sameBytes(digest(a), digest(b));
}

function violation(what: string): PgError {
  return new PgError(errors.protocolViolation, { what });
}

function wrongPassword(user: string): PgError {
  return new PgError(errors.invalidPassword, { user });
}
