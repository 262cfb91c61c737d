// The first packet of a connection, which has no type byte: StartupMessage, SSLRequest,
// GSSENCRequest or CancelRequest (src/backend/tcop/backend_startup.c, ProcessStartupPacket).

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import {
  cancelRequestCode,
  gssEncryptionRequestCode,
  sslRequestCode,
} from './frontend-messages.ts';

/** MAX_STARTUP_PACKET_LENGTH of src/include/libpq/pqcomm.h. */
const startupPacketBytesMax = 10_000;

/** Newest protocol minor version spoken; 3.1 never existed as a release. */
export const protocolMinorMax = 2;

export type StartupPacket =
  | { readonly kind: 'ssl' }
  | { readonly kind: 'gss' }
  | { readonly kind: 'cancel'; readonly processId: number; readonly secret: Buffer }
  | {
      readonly kind: 'startup';
      readonly minor: number;
      readonly parameters: ReadonlyMap<string, string>;
    };

/** Size of the packet at the head of `bytes`, or 0 when its length is not complete yet. */
export function startupPacketSize(bytes: Buffer): number {
  if (bytes.length < 4) return 0;
  const size = bytes.readInt32BE(0);
  if (size < 8 || size > startupPacketBytesMax) {
    throw new PgError(errors.protocolViolation, { what: 'invalid length of startup packet' });
  }
  return size;
}

/** `packet` is exactly one packet, its length word included. */
export function readStartupPacket(packet: Buffer): StartupPacket {
  const code = packet.readInt32BE(4);
  if (code === sslRequestCode && packet.length === 8) return { kind: 'ssl' };
  if (code === gssEncryptionRequestCode && packet.length === 8) return { kind: 'gss' };
  if (code === cancelRequestCode) {
    // 3.2 allows secrets of 4 to 256 bytes.
    if (packet.length < 16 || packet.length > 12 + 256) {
      throw new PgError(errors.protocolViolation, { what: 'invalid length of cancel request' });
    }
    return {
      kind: 'cancel',
      processId: packet.readInt32BE(8),
      secret: Buffer.from(packet.subarray(12)),
    };
  }
  const major = code >>> 16;
  const minor = code & 0xffff;
  if (major !== 3) {
    throw new PgError(errors.unsupportedProtocol, { version: `${major}.${minor}` });
  }
  return { kind: 'startup', minor, parameters: readParameters(packet) };
}

function readParameters(packet: Buffer): Map<string, string> {
  const parameters = new Map<string, string>();
  let pos = 8;
  for (;;) {
    if (pos >= packet.length) throw invalidLayout();
    if (packet[pos] === 0) break;
    const nameEnd = packet.indexOf(0, pos);
    const valueEnd = nameEnd < 0 ? -1 : packet.indexOf(0, nameEnd + 1);
    if (valueEnd < 0) throw invalidLayout();
    parameters.set(
      packet.toString('utf8', pos, nameEnd),
      packet.toString('utf8', nameEnd + 1, valueEnd),
    );
    pos = valueEnd + 1;
  }
  if (pos !== packet.length - 1) throw invalidLayout();
  return parameters;
}

function invalidLayout(): PgError {
  return new PgError(errors.protocolViolation, {
    what: 'invalid startup packet layout: expected terminator as last byte',
  });
}
