// The server's side of SCRAM-SHA-256 (RFC 5802, RFC 7677) with the rules of PostgreSQL's
// src/backend/libpq/auth-scram.c: two messages in, two out. Several verifiers may be accepted;
// they share salt and iterations, since the salt is sent before the client proves anything.

import { randomBytes } from 'node:crypto';
import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { bindingHeader } from './channel-binding.ts';
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
  /** `endPointHash` of our certificate where SCRAM-SHA-256-PLUS was offered; else null. */
  readonly binding?: Buffer | null;
}

export interface ScramAccepted {
  /** server-final-message. */
  readonly message: string;
  /** Index of the verifier that matched. */
  readonly matched: number;
  /** What the client proved to have; logs in at a server with the same verifier. */
  readonly clientKey: Buffer;
}

export class ScramServer {
  readonly #salt: Buffer;
  readonly #iterations: number;
  readonly #serverNonce: string;
  #clientFirstBare = '';
  #serverFirst = '';
  #nonce = '';
  readonly #binding: Buffer | null;
  #plus = false;
  /** What the attribute `c` of the client's last message has to be. */
  #channelBinding = '';

  constructor({ salt, iterations, nonce, binding }: ScramServerOptions) {
    this.#binding = binding ?? null;
    this.#salt = salt;
    this.#iterations = iterations;
    this.#serverNonce = nonce ?? randomBytes(nonceBytes).toString('base64');
  }

  /** client-first-message → server-first-message. `plus`: the client chose SCRAM-SHA-256-PLUS.
   *  Throws `protocolViolation`, and `authenticationUnsupported` for what PostgreSQL lacks too. */
  first(message: string, plus = false): string {
    this.#plus = plus;
    this.#checkFlag(message);
    const header = /^(?:n|y|p=[^,]*),(a=[^,]*)?,/.exec(message);
    if (header === null) throw malformed('Comma expected, but found something else.');
    if (header[1] !== undefined) {
      throw unsupported('client uses authorization identity, but it is not supported');
    }
    const bound = plus ? this.#binding! : Buffer.alloc(0);
    this.#channelBinding = Buffer.concat([Buffer.from(header[0]), bound]).toString('base64');
    this.#clientFirstBare = message.slice(header[0].length);
    if (this.#clientFirstBare.startsWith('m=')) {
      throw unsupported('client requires an unsupported SCRAM extension');
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
    if (!sameText(binding.value, this.#channelBinding)) throw this.#wrongBinding();
    if (nonce?.letter !== 'r') throw malformed('Expected attribute "r".');
    if (!sameText(nonce.value, this.#nonce)) {
      const what = 'invalid SCRAM response';
      throw new PgError(errors.protocolViolation, { what }, { detail: 'Nonce does not match.' });
    }
    const proof = last.letter === 'p' ? decodeBase64(last.value) : null;
    if (proof?.length !== scramKeyBytes) {
      throw malformed('Malformed proof in client-final-message.');
    }
    const withoutProof = message.slice(0, message.lastIndexOf(',p='));
    const signed = `${this.#clientFirstBare},${this.#serverFirst},${withoutProof}`;
    const authMessage = Buffer.from(signed, 'latin1');
    let accepted: { matched: number; clientKey: Buffer } | null = null;
    for (const [matched, { storedKey }] of verifiers.entries()) {
      const clientKey = xor(proof, hmac(storedKey, authMessage));
      if (sameBytes(sha256(clientKey), storedKey)) accepted ??= { matched, clientKey };
    }
    if (accepted === null) return null;
    const signature = hmac(verifiers[accepted.matched]!.serverKey, authMessage);
    return { message: `v=${signature.toString('base64')}`, ...accepted };
  }

  /** The flag that says what the client makes of channel binding (RFC 5802 section 6). */
  #checkFlag(message: string): void {
    const flag = message[0];
    if (flag !== 'n' && flag !== 'y' && flag !== 'p') {
      throw malformed(`Unexpected channel-binding flag "${sanitized(flag)}".`);
    }
    if (flag !== 'p') {
      if (this.#plus) {
        throw malformed(
          'The client selected SCRAM-SHA-256-PLUS, ' +
            'but the SCRAM message does not include channel binding data.',
        );
      }
      // Somebody took our offer out of the list of mechanisms: a downgrade.
      if (flag === 'y' && this.#binding !== null) throw downgraded();
      return;
    }
    if (!this.#plus) {
      throw malformed(
        'The client selected SCRAM-SHA-256 without channel binding, ' +
          'but the SCRAM message includes channel binding data.',
      );
    }
    if (message.startsWith(bindingHeader.slice(0, -1))) return;
    const type = /^p=([^,]{0,60})/.exec(message)?.[1] ?? '';
    const what = `unsupported SCRAM channel-binding type "${sanitized(type)}"`;
    throw new PgError(errors.protocolViolation, { what });
  }

  #wrongBinding(): PgError {
    if (this.#plus) {
      const what = 'SCRAM channel binding check failed';
      return new PgError(errors.invalidAuthorization, { what });
    }
    const what = 'unexpected SCRAM channel-binding attribute in client-final-message';
    return new PgError(errors.protocolViolation, { what });
  }
}

function sameText(a: string, b: string): boolean {
  return sameBytes(Buffer.from(a, 'latin1'), Buffer.from(b, 'latin1'));
}

/** Bytes of a stranger in one of our messages. */
function sanitized(text = ''): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}

function downgraded(): PgError {
  const what = 'SCRAM channel binding negotiation error';
  const detail =
    'The client supports SCRAM channel binding but thinks the server does not. ' +
    'However, this server does support channel binding.';
  return new PgError(errors.protocolViolation, { what }, { detail });
}

function unsupported(what: string): PgError {
  return new PgError(errors.authenticationUnsupported, { what });
}
