// The client's side of SCRAM-SHA-256 (RFC 5802, RFC 7677; src/interfaces/libpq/fe-auth-scram.c):
// proves the password without sending it, and checks that the server knows it too.

import { randomBytes } from 'node:crypto';
import { bindingHeader } from './channel-binding.ts';
import { hmac, keysOfConfigured, type ScramKeys, sameBytes, sha256, xor } from './scram-keys.ts';
import { decodeBase64, isPrintable, scramAttributes } from './scram-message.ts';
import type { ScramClientKeys } from './server-secret.ts';

const nonceBytes = 18;
/** A server that asks for more would keep a thread busy for seconds. */
const iterationsMax = 10_000_000;

/** `bound`: SCRAM-SHA-256-PLUS with `endPointHash` of the server's certificate. `unoffered`: we
 *  could, the server does not offer it, which it can then tell from a downgrade. `none`: no TLS. */
export type ScramBinding =
  | { readonly kind: 'none' | 'unoffered' }
  | { readonly kind: 'bound'; readonly data: Buffer };

export interface ScramClientOptions {
  /** The password, or the keys of a verifier, good for its salt and iterations only. */
  readonly password: string | ScramClientKeys;
  readonly binding?: ScramBinding;
  /** Random unless a test fixes it. */
  readonly nonce?: string;
  /** Ignored by PostgreSQL, which takes the user of the startup message. */
  readonly user?: string;
}

/** All methods throw an Error whose message is a reason, for the caller to put in context. */
export class ScramClient {
  readonly #password: string | ScramClientKeys;
  readonly #header: string;
  /** Attribute `c` of client-final-message: header and bound data. */
  readonly #channelBinding: string;
  readonly #firstBare: string;
  readonly #nonce: string;
  #serverSignature: Buffer | null = null;

  constructor({ password, binding, nonce, user }: ScramClientOptions) {
    this.#password = password;
    const kind = binding?.kind ?? 'none';
    this.#header = kind === 'bound' ? bindingHeader : kind === 'unoffered' ? 'y,,' : 'n,,';
    const data = binding?.kind === 'bound' ? binding.data : Buffer.alloc(0);
    this.#channelBinding = Buffer.concat([Buffer.from(this.#header), data]).toString('base64');
    this.#nonce = nonce ?? randomBytes(nonceBytes).toString('base64');
    this.#firstBare = `n=${user ?? ''},r=${this.#nonce}`;
  }

  /** client-first-message. */
  first(): string {
    return `${this.#header}${this.#firstBare}`;
  }

  /** server-first-message → client-final-message. */
  async final(serverFirst: string): Promise<string> {
    const [nonce, salt, iterations] = scramAttributes(serverFirst) ?? [];
    const saltBytes = salt?.letter === 's' ? decodeBase64(salt.value) : null;
    const count = iterations?.letter === 'i' ? iterations.value : '';
    if (nonce?.letter !== 'r' || !isPrintable(nonce.value) || saltBytes === null) {
      throw new Error('malformed SCRAM message (server-first-message)');
    }
    if (!nonce.value.startsWith(this.#nonce) || nonce.value.length === this.#nonce.length) {
      throw new Error('invalid SCRAM response (nonce mismatch)');
    }
    if (!/^[1-9]\d{0,9}$/.test(count) || Number(count) > iterationsMax) {
      throw new Error(`invalid SCRAM iteration count "${count.slice(0, 20)}"`);
    }
    const keys = await this.#keys(saltBytes, Number(count));
    const withoutProof = `c=${this.#channelBinding},r=${nonce.value}`;
    const signed = `${this.#firstBare},${serverFirst},${withoutProof}`;
    const authMessage = Buffer.from(signed, 'latin1');
    this.#serverSignature = hmac(keys.serverKey, authMessage);
    const proof = xor(keys.clientKey, hmac(keys.storedKey, authMessage));
    return `${withoutProof},p=${proof.toString('base64')}`;
  }

  /** server-final-message: returns when the server proved that it knows the password. */
  finish(serverFinal: string): void {
    const [first] = scramAttributes(serverFinal) ?? [];
    if (first?.letter === 'e') throw new Error(`server reported a SCRAM error: ${first.value}`);
    const signature = first?.letter === 'v' ? decodeBase64(first.value) : null;
    if (signature === null || this.#serverSignature === null) {
      throw new Error('malformed SCRAM message (server-final-message)');
    }
    if (!sameBytes(signature, this.#serverSignature)) {
      throw new Error('incorrect server signature: the server does not know the password');
    }
  }

  #keys(salt: Buffer, iterations: number): Promise<ScramKeys> | ScramKeys {
    const known = this.#password;
    if (typeof known === 'string') return keysOfConfigured(known, salt, iterations);
    if (known.iterations !== iterations || !known.salt.equals(salt)) {
      throw new Error(
        "the server's SCRAM verifier is not the one that the client was checked with",
      );
    }
    const { clientKey, serverKey } = known;
    return { clientKey, serverKey, storedKey: sha256(clientKey) };
  }
}
