// What a user proves itself with at a server: configured, or learned from the client's own login.

import type { StoredPassword } from './password-hash.ts';

/** Keys that a client's SCRAM proof revealed. They log in at every server that stores the very
 *  same verifier, without anybody knowing the password (RFC 5802 section 9). */
export interface ScramClientKeys {
  readonly kind: 'scram-keys';
  readonly salt: Buffer;
  readonly iterations: number;
  readonly clientKey: Buffer;
  readonly serverKey: Buffer;
}

/** A password with a short life (RDS IAM): never sent in clear over a connection without TLS. */
export interface LoginToken {
  readonly kind: 'token';
  readonly token: string;
}

/** A `StoredPassword` of kind `scram` is a verifier and cannot log in anywhere. */
export type ServerSecret = StoredPassword | ScramClientKeys | LoginToken;
