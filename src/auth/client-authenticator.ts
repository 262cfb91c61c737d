// How a client proves who it is: the exchange of AuthenticationXxx and PasswordMessage bodies as a
// state machine without a socket (protocol documentation, "Start-up"; src/backend/libpq/auth.c).
// Whether the user exists is not told: an unknown one fails where a wrong password fails.

import { createHash, randomBytes } from 'node:crypto';
import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { md5Answer, md5Hash } from './md5.ts';
import { type ScramVerifier, type StoredPassword, storedPassword } from './password-hash.ts';
import {
  keysOf,
  keysOfConfigured,
  saltOfUser,
  sameBytes,
  scramIterations,
  scramKeyBytes,
} from './scram-keys.ts';
import { scramMechanism, scramPlusMechanism } from './scram-message.ts';
import { type ScramAccepted, ScramServer, type VerifierKeys } from './scram-server.ts';
import type { ServerSecret } from './server-secret.ts';

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
  /** `endPointHash` of the certificate that the client was shown: SCRAM-SHA-256-PLUS is offered. */
  readonly binding?: Buffer | null;
  /** Who judges instead of `passwords`, which are then not looked at: the password is asked for
   *  in clear. Rejects when it cannot be judged. */
  readonly judge?: (password: string) => Promise<boolean>;
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
  /** The message to begin with; `ok` means that nothing is asked (trust). Throws `roleMissing`
   *  for an unknown user under trust. */
  first(): AuthMessage;
  /** Body of a `p` message. Throws `invalidPassword` or `protocolViolation`, both final. */
  receive(body: Buffer): Promise<AuthStep>;
  /** After success: what the client's login is good for at servers, whether configured here or
   *  given away by its proof; null under trust. */
  readonly secret: ServerSecret | null;
}

/** PG_MAX_SASL_MESSAGE_LENGTH and PG_MAX_AUTH_TOKEN_LENGTH of src/include/libpq. */
const saslBytesMax = 1024;
const passwordBytesMax = 65_535;
const done: AuthStep = { send: [{ kind: 'ok' }], done: true };

export function startAuthentication(request: AuthenticationRequest): AuthenticationExchange {
  const { authType, user, known, judge } = request;
  if (judge !== undefined) return new PasswordExchange(user, null, judge);
  if (authType === 'trust') return new TrustExchange(user, known);
  const texts = request.passwordHash === null ? [] : [request.passwordHash];
  const stored = known ? [...texts, ...request.passwords].map(storedPassword) : [];
  // As PostgreSQL: a SCRAM verifier cannot answer an MD5 challenge, so SCRAM is asked for.
  if (authType === 'scram' || (authType === 'md5' && stored.some(isScram))) {
    return new ScramExchange(user, stored, request.binding ?? null);
  }
  if (authType === 'md5') {
    const salt = randomBytes(4);
    return new PasswordExchange(user, salt, answer => fittingMd5(user, stored, salt, answer));
  }
  return new PasswordExchange(user, null, answer => fittingPlain(user, stored, answer));
}

function isScram(stored: StoredPassword): boolean {
  return stored.kind === 'scram';
}

/** Nobody knows a password for it. An unknown user is compared with it, so that an answer takes
 *  as long as for a known one (mock_scram_secret in src/backend/libpq/auth-scram.c). */
function unmetVerifier(user: string): StoredPassword {
  const [storedKey, serverKey] = [randomBytes(scramKeyBytes), randomBytes(scramKeyBytes)];
  const verifier = { salt: saltOfUser(user), iterations: scramIterations, storedKey, serverKey };
  return { kind: 'scram', verifier };
}

class TrustExchange implements AuthenticationExchange {
  readonly secret = null;
  readonly #user: string;
  readonly #known: boolean;

  constructor(user: string, known: boolean) {
    this.#user = user;
    this.#known = known;
  }

  first(): AuthMessage {
    if (!this.#known) throw new PgError(errors.roleMissing, { user: this.#user });
    return { kind: 'ok' };
  }

  receive(): Promise<AuthStep> {
    return Promise.reject(violation('unexpected password message'));
  }
}

/** What a password message is worth: a secret for servers, true (the password itself is it), or
 *  nothing. */
type Judge = (answer: string) => Promise<ServerSecret | boolean>;

/** Cleartext and MD5: one message each way. */
class PasswordExchange implements AuthenticationExchange {
  secret: ServerSecret | null = null;
  readonly #user: string;
  readonly #salt: Buffer | null;
  readonly #judge: Judge;
  #answered = false;

  /** `salt`: of the MD5 challenge; null: the password is asked for in clear. */
  constructor(user: string, salt: Buffer | null, judge: Judge) {
    this.#user = user;
    this.#salt = salt;
    this.#judge = judge;
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
    if (answer === '') throw new PgError(errors.emptyPassword);
    const found = await this.#judge(answer);
    if (found === false) throw wrongPassword(this.#user);
    this.secret = found === true ? { kind: 'plain', password: answer } : found;
    return done;
  }
}

async function fittingPlain(
  user: string,
  stored: readonly StoredPassword[],
  given: string,
): Promise<boolean> {
  const compared = stored.some(isScram) ? stored : [...stored, unmetVerifier(user)];
  let accepted = false;
  for (const one of compared) if (await fitsPlain(user, one, given)) accepted = true;
  return accepted;
}

async function fitsPlain(user: string, stored: StoredPassword, given: string): Promise<boolean> {
  if (stored.kind === 'plain') return sameText(stored.password, given);
  if (stored.kind === 'md5') return sameText(stored.hash, md5Hash(user, given));
  const { salt, iterations, serverKey } = stored.verifier;
  return sameBytes((await keysOf(given, salt, iterations)).serverKey, serverKey);
}

async function fittingMd5(
  user: string,
  stored: readonly StoredPassword[],
  salt: Buffer,
  answer: string,
): Promise<ServerSecret | false> {
  let accepted: ServerSecret | false = false;
  for (const one of stored.length > 0 ? stored : [{ kind: 'plain', password: '' } as const]) {
    if (one.kind === 'scram') continue;
    const hash = one.kind === 'md5' ? one.hash : md5Hash(user, one.password);
    const fits = sameText(md5Answer(hash, salt), answer) && stored.length > 0;
    if (fits && accepted === false) accepted = one;
  }
  return accepted;
}

/** SASL: mechanism and client-first-message in, then client-final-message. */
class ScramExchange implements AuthenticationExchange {
  secret: ServerSecret | null = null;
  readonly #user: string;
  readonly #stored: readonly StoredPassword[];
  readonly #salt: Buffer;
  readonly #iterations: number;
  readonly #server: ScramServer;
  readonly #plusOffered: boolean;
  #plus = false;
  #state: 'mechanism' | 'client-first' | 'client-final' | 'over' = 'mechanism';

  constructor(user: string, stored: readonly StoredPassword[], binding: Buffer | null) {
    this.#user = user;
    const leading = stored.find(isScram) as { verifier: ScramVerifier } | undefined;
    this.#salt = leading?.verifier.salt ?? saltOfUser(user);
    this.#iterations = leading?.verifier.iterations ?? scramIterations;
    this.#plusOffered = binding !== null;
    const [salt, iterations] = [this.#salt, this.#iterations];
    this.#server = new ScramServer({ salt, iterations, binding });
    // The salt is sent before the proof, so a verifier with another one can never be met.
    const usable = stored.filter(one => one.kind !== 'md5' && this.#fitsSalt(one));
    this.#stored = usable.length > 0 ? usable : [unmetVerifier(user)];
  }

  first(): AuthMessage {
    const mechanisms = this.#plusOffered ? [scramPlusMechanism, scramMechanism] : [scramMechanism];
    return { kind: 'sasl', mechanisms };
  }

  async receive(body: Buffer): Promise<AuthStep> {
    const state = this.#state;
    this.#state = 'over';
    if (body.length > saslBytesMax) throw violation('SASL message is too long');
    if (state === 'over') throw violation('unexpected SASL message');
    if (state === 'client-final') return await this.#final(body.toString('latin1'));
    const message = state === 'mechanism' ? this.#initialResponse(body) : body;
    if (message === null) {
      // No initial response: an empty challenge asks for it (RFC 4422 section 5.1).
      this.#state = 'client-first';
      return { send: [{ kind: 'sasl-continue', data: Buffer.alloc(0) }], done: false };
    }
    const data = Buffer.from(this.#server.first(message.toString('latin1'), this.#plus), 'latin1');
    this.#state = 'client-final';
    return { send: [{ kind: 'sasl-continue', data }], done: false };
  }

  async #final(message: string): Promise<AuthStep> {
    const verifiers = await Promise.all(this.#stored.map(stored => this.#verifier(stored)));
    const accepted = this.#server.final(message, verifiers);
    if (accepted === null) throw wrongPassword(this.#user);
    const matched = this.#stored[accepted.matched]!;
    this.secret = matched.kind === 'plain' ? matched : this.#keys(accepted, verifiers);
    const data = Buffer.from(accepted.message, 'latin1');
    return { send: [{ kind: 'sasl-final', data }, ...done.send], done: true };
  }

  /** What the proof gives away is enough for servers that store the same verifier. */
  #keys({ matched, clientKey }: ScramAccepted, verifiers: readonly VerifierKeys[]): ServerSecret {
    const { serverKey } = verifiers[matched]!;
    const [salt, iterations] = [this.#salt, this.#iterations];
    return { kind: 'scram-keys', salt, iterations, clientKey, serverKey };
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

  /** SASLInitialResponse: mechanism, int32 length (-1: none), client-first-message. */
  #initialResponse(body: Buffer): Buffer | null {
    const nameEnd = body.indexOf(0);
    if (nameEnd < 0 || body.length < nameEnd + 5) throw violation('malformed SASL message');
    const mechanism = body.toString('latin1', 0, nameEnd);
    this.#plus = this.#plusOffered && mechanism === scramPlusMechanism;
    if (mechanism !== scramMechanism && !this.#plus) {
      throw violation('client selected an invalid SASL authentication mechanism');
    }
    const length = body.readInt32BE(nameEnd + 1);
    const message = body.subarray(nameEnd + 5);
    if (length === -1 && message.length === 0) return null;
    if (length !== message.length) throw violation('malformed SASL message');
    return message;
  }
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
