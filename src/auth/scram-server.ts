// The server's side of SCRAM-SHA-256 (RFC 5802, RFC 7677) with the rules of PostgreSQL's
// src/backend/libpq/auth-scram.c: two messages in, two out. Several verifiers may be accepted;
// they share salt and iterations, since the salt is sent before the client proves anything.

import { randomBytes } from 'node:crypto';
import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { hmac, sameBytes, scramKeyBytes, sha256, xor } from './scram-keys.ts';
import { decodeBase64, isPrintable, malformed, scramAttributes } from './scram-message.ts';

/** SCRAM_RAW_NONCE_LEN */
const nonceBytes = 18;

export interface VerifierKeys {
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

export interface ScramServerOptions {
  readonly salt: Buffer;
  readonly iterations: number;
  /** Base64 or other printable text; random unless a test fixes it. */
  readonly nonce?: string;
}

export interface ScramAccepted {
  /** server-final-message. */
  readonly message: string;
  /** Index of the verifier that matched. */
  readonly matched: number;
}

export class ScramServer {
  readonly #salt: Buffer;
  readonly #iterations: number;
  readonly #serverNonce: string;
  #clientFirstBare = '';
  #serverFirst = '';
  #nonce = '';
  #channelBinding = '';

  constructor({ salt, iterations, nonce }: ScramServerOptions) {
    this.#salt = salt;
    this.#iterations = iterations;
    this.#serverNonce = nonce ?? randomBytes(nonceBytes).toString('base64');
  }

  /** client-first-message → server-first-message. Throws `protocolViolation`. */
  first(message: string): string {
    const header = /^(?:n|y),(a=[^,]*)?,/.exec(message);
    if (header === null) throw wrongHeader(message);
    if (header[1] !== undefined) {
      throw unsupported('authorization identity in SCRAM authentication');
    }
    this.#channelBinding = Buffer.from(header[0], 'latin1').toString('base64');
    this.#clientFirstBare = message.slice(header[0].length);
    if (this.#clientFirstBare.startsWith('m=')) {
      throw unsupported('mandatory extension in SCRAM authentication');
    }
    const attributes = scramAttributes(this.#clientFirstBare);
    if (attributes === null) throw malformed('Attribute expected.');
    // The user name is ignored: the one of the startup message counts.
    const [name, nonce] = attributes;
    if (name?.letter !== 'n') throw malformed('Expected attribute "n".');
    if (nonce?.letter !== 'r') throw malformed('Expected attribute "r".');
    if (!isPrintable(nonce.value)) throw malformed('Non-printable characters in SCRAM nonce.');
    this.#nonce = nonce.value + this.#serverNonce;
    const salt = this.#salt.toString('base64');
    this.#serverFirst = `r=${this.#nonce},s=${salt},i=${this.#iterations}`;
    return this.#serverFirst;
  }

  /**
   * client-final-message → server-final-message, or null when the proof fits no verifier. All are
   * tried, so that time does not tell which one fits. Throws `protocolViolation`.
   */
  final(message: string, verifiers: readonly VerifierKeys[]): ScramAccepted | null {
    const attributes = scramAttributes(message);
    if (attributes === null) throw malformed('Attribute expected.');
    const [binding, nonce] = attributes;
    const last = attributes.at(-1)!;
    if (binding?.letter !== 'c') throw malformed('Expected attribute "c".');
    if (binding.value !== this.#channelBinding) {
      throw malformed('Unexpected channel-binding attribute in client-final-message.');
    }
    if (nonce?.letter !== 'r') throw malformed('Expected attribute "r".');
    if (!sameBytes(Buffer.from(nonce.value, 'latin1'), Buffer.from(this.#nonce, 'latin1'))) {
      throw malformed('Nonce does not match.');
    }
    const proof = last.letter === 'p' ? decodeBase64(last.value) : null;
    if (proof?.length !== scramKeyBytes) {
      throw malformed('Malformed proof in client-final-message.');
    }
    const withoutProof = message.slice(0, message.lastIndexOf(',p='));
    const signed = `${this.#clientFirstBare},${this.#serverFirst},${withoutProof}`;
    const authMessage = Buffer.from(signed, 'latin1');
    let matched = -1;
    for (const [index, { storedKey }] of verifiers.entries()) {
      const clientKey = xor(proof, hmac(storedKey, authMessage));
      if (sameBytes(sha256(clientKey), storedKey) && matched < 0) matched = index;
    }
    if (matched < 0) return null;
    const signature = hmac(verifiers[matched]!.serverKey, authMessage);
    return { message: `v=${signature.toString('base64')}`, matched };
  }
}

function wrongHeader(message: string): PgError {
  if (!message.startsWith('p=')) {
    return malformed('Unexpected channel-binding flag or attribute in client-first-message.');
  }
  return malformed(
    'The client selected SCRAM-SHA-256 without channel binding, ' +
      'but the SCRAM message includes channel binding data.',
  );
}

function unsupported(construct: string): PgError {
  return new PgError(errors.protocolViolation, { what: `${construct} is not supported` });
}
