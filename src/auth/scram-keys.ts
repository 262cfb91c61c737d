// Keys of SCRAM-SHA-256 (RFC 5802 section 3, RFC 7677; src/common/scram-common.c). Deriving them
// costs 4096 HMACs, so it runs off the event loop, and what came out for a configured password is
// remembered.

import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import { preparedPassword } from './saslprep.ts';

export interface ScramKeys {
  readonly clientKey: Buffer;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

/** SCRAM_SHA_256_DEFAULT_ITERATIONS, SCRAM_DEFAULT_SALT_LEN, SCRAM_SHA_256_KEY_LEN. */
export const scramIterations = 4096;
export const scramSaltBytes = 16;
export const scramKeyBytes = 32;
const rememberedMax = 1024;

const derive = promisify(pbkdf2);
const remembered = new Map<string, Promise<ScramKeys>>();
const processSecret = sharedSecret();

/** Keys of a password that the configuration names: derived once. */
export function keysOfConfigured(
  password: string,
  salt: Buffer,
  iterations: number,
): Promise<ScramKeys> {
  const id = `${iterations}:${salt.toString('base64')}:${password}`;
  const known = remembered.get(id);
  if (known !== undefined) return known;
  const keys = keysOf(password, salt, iterations);
  // Oldest first: a map keeps the order of insertion.
  if (remembered.size >= rememberedMax) remembered.delete(remembered.keys().next().value!);
  remembered.set(id, keys);
  keys.catch(() => remembered.delete(id));
  return keys;
}

/** Keys of a password that somebody sent: not remembered. */
export async function keysOf(
  password: string,
  salt: Buffer,
  iterations: number,
): Promise<ScramKeys> {
  const prepared = preparedPassword(password);
  const salted = await derive(prepared, salt, iterations, scramKeyBytes, 'sha256');
  const clientKey = hmac(salted, 'Client Key');
  return { clientKey, storedKey: sha256(clientKey), serverKey: hmac(salted, 'Server Key') };
}

/**
 * Salt for a user without a stored verifier, known or not: the same at every attempt while this
 * process lives, so that it does not tell whether the user exists (scram_mock_salt in
 * src/backend/libpq/auth-scram.c).
 */
export function saltOfUser(user: string): Buffer {
  return hmac(processSecret, user).subarray(0, scramSaltBytes);
}

/** One for all threads: else salts that differ from thread to thread would be those of users
 *  without a verifier. */
function sharedSecret(): Buffer {
  const name = 'pgpack.saltOfUser';
  const known = getEnvironmentData(name);
  if (typeof known === 'string') return Buffer.from(known, 'base64');
  const made = randomBytes(32);
  setEnvironmentData(name, made.toString('base64'));
  return made;
}

export function hmac(key: Buffer, message: string | Buffer): Buffer {
  return createHmac('sha256', key).update(message).digest();
}

export function sha256(data: Buffer): Buffer {
  return createHash('sha256').update(data).digest();
}

/** Constant-time for equal lengths; lengths themselves are no secret here. */
export function sameBytes(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

export function xor(a: Buffer, b: Buffer): Buffer {
  return Buffer.from(a.map((byte, i) => byte ^ b[i]!));
}
