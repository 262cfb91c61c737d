// An ErrorResponse of a server, kept as it came so that the client gets every field unchanged.

import { headerBytes } from './message-codes.ts';

export class ServerError extends Error {
  /** The whole ErrorResponse message, header included. */
  readonly response: Buffer;
  readonly sqlstate: string;
  readonly severity: string;

  constructor(response: Buffer) {
    const fields = readFields(response);
    super(fields.get('M') ?? 'error without message');
    this.name = 'ServerError';
    this.response = response;
    this.sqlstate = fields.get('C') ?? 'XX000';
    this.severity = fields.get('V') ?? fields.get('S') ?? 'ERROR';
  }
}

/** Fields of an ErrorResponse or NoticeResponse by their code letter. */
export function readFields(message: Buffer): Map<string, string> {
  const fields = new Map<string, string>();
  let pos = headerBytes;
  while (pos < message.length && message[pos] !== 0) {
    const zero = message.indexOf(0, pos + 1);
    if (zero < 0) break;
    fields.set(String.fromCharCode(message[pos]!), message.toString('utf8', pos + 1, zero));
    pos = zero + 1;
  }
  return fields;
}
