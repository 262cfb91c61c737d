// Passwords as they are stored: SCRAM verifiers (`pgpack hash`, pg_authid.rolpassword), md5
// hashes, or plain text, told apart as get_password_type() in src/backend/libpq/crypt.c does.

import { randomBytes } from 'node:crypto';
import { keysOf, scramIterations, scramKeyBytes, scramSaltBytes } from './scram-keys.ts';

export interface ScramVerifier {
  readonly iterations: number;
  readonly salt: Buffer;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

export type StoredPassword =
  | { readonly kind: 'plain'; readonly password: string }
  /** `md5` and 32 hex digits of md5(password + user). */
  | { readonly kind: 'md5'; readonly hash: string }
  | { readonly kind: 'scram'; readonly verifier: ScramVerifier };

const base64 = '(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?';
const verifierForm = new RegExp(`^SCRAM-SHA-256\\$(\\d+):(${base64})\\$(${base64}):(${base64})$`);

/** A new verifier with random salt: `SCRAM-SHA-256$4096:<salt>$<StoredKey>:<ServerKey>`. */
export async function makePasswordHash(password: string): Promise<string> {
  const salt = randomBytes(scramSaltBytes);
  const { storedKey, serverKey } = await keysOf(password, salt, scramIterations);
  const [s, stored, server] = [salt, storedKey, serverKey].map(part => part.toString('base64'));
  return `SCRAM-SHA-256$${scramIterations}:${s}$${stored}:${server}`;
}

/** Null: not a SCRAM verifier (parse_scram_secret in src/backend/libpq/auth-scram.c). */
export function parsePasswordHash(text: string): ScramVerifier | null {
  const parts = verifierForm.exec(text);
  if (parts === null) return null;
  const iterations = Number(parts[1]);
  const [salt, storedKey, serverKey] = parts.slice(2).map(part => Buffer.from(part, 'base64'));
  if (iterations < 1 || iterations > 0x7fff_ffff) return null;
  if (storedKey!.length !== scramKeyBytes || serverKey!.length !== scramKeyBytes) return null;
  return { iterations, salt: salt!, storedKey: storedKey!, serverKey: serverKey! };
}

export function storedPassword(text: string): StoredPassword {
  if (/^md5[0-9a-f]{32}$/.test(text)) return { kind: 'md5', hash: text };
  const verifier = parsePasswordHash(text);
  return verifier === null ? { kind: 'plain', password: text } : { kind: 'scram', verifier };
}
