// Attributes of SCRAM messages: `letter=value` joined by commas (RFC 5802 section 7). Messages are
// handled as latin1 strings, one character per byte, so that signatures cover the exact bytes.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';

export const scramMechanism = 'SCRAM-SHA-256';
/** The same with channel binding. */
export const scramPlusMechanism = 'SCRAM-SHA-256-PLUS';

export interface ScramAttribute {
  readonly letter: string;
  readonly value: string;
}

/** Null: not a list of attributes. */
export function scramAttributes(message: string): ScramAttribute[] | null {
  const attributes: ScramAttribute[] = [];
  for (const part of message.split(',')) {
    if (!/^[A-Za-z]=/.test(part) || part.includes('\0')) return null;
    attributes.push({ letter: part[0]!, value: part.slice(2) });
  }
  return attributes;
}

/** Null: not base64 as PostgreSQL reads it. */
export function decodeBase64(text: string): Buffer | null {
  const decoded = Buffer.from(text, 'base64');
  return decoded.toString('base64') === text ? decoded : null;
}

/** RFC 5802: printable ASCII except the comma. */
export function isPrintable(nonce: string): boolean {
  return /^[\x21-\x2b\x2d-\x7e]+$/.test(nonce);
}

export function malformed(detail: string): PgError {
  return new PgError(errors.protocolViolation, { what: 'malformed SCRAM message' }, { detail });
}
