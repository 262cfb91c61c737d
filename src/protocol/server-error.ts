// An ErrorResponse of a server, kept as it came so that the client gets every field unchanged.

import { ByteWriter } from './byte-writer.ts';
import { Backend, headerBytes } from './message-codes.ts';

export class ServerError extends Error {
  /** The whole ErrorResponse message, header included. */
  readonly response: Buffer;
  readonly sqlstate: string;
  readonly severity: string;
  /** It pointed into a text that the client did not write. */
  readonly isMisplaced: boolean;

  constructor(response: Buffer, isMisplaced = false) {
    const fields = readFields(response);
    super(fields.get('M') ?? 'error without message');
    this.name = 'ServerError';
    this.response = response;
    this.sqlstate = fields.get('C') ?? 'XX000';
    this.severity = fields.get('V') ?? fields.get('S') ?? 'ERROR';
    this.isMisplaced = isMisplaced;
  }
}

/** Fields of an ErrorResponse or NoticeResponse by their code letter. */
function readFields(message: Buffer): Map<string, string> {
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

/** The same ErrorResponse with another severity: what is an ERROR to a server's session may be the
 *  end of a client's login. */
export function withSeverity(response: Buffer, severity: string): Buffer {
  return withFields(response, (code, value) => (code === 'S' || code === 'V' ? severity : value));
}

/** The same error with its position (1-based, in characters) moved; `move` null: left out. */
export function withPosition(
  error: ServerError,
  move: (position: number) => number | null,
): ServerError {
  let isMisplaced = false;
  const response = withFields(error.response, (code, value) => {
    if (code !== 'P') return value;
    const moved = move(Number(value));
    isMisplaced = moved === null;
    return moved?.toString() ?? null;
  });
  return new ServerError(response, isMisplaced);
}

/** `change` null: the field is left out. */
function withFields(
  response: Buffer,
  change: (code: string, value: string) => string | null,
): Buffer {
  const writer = new ByteWriter(response.length + 8).begin(Backend.error);
  for (const [code, value] of readFields(response)) {
    const changed = change(code, value);
    if (changed !== null) writer.byte(code.charCodeAt(0)).cstring(changed);
  }
  return writer.byte(0).end().take();
}
