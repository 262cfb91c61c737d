// An error in which PostgreSQL names a prepared statement by PgPack's name for it, reworded with
// the client's own: "bind message supplies 1 parameters, but prepared statement …".

import { headerBytes } from '../protocol/message-codes.ts';
import { serverNamePrefix } from './prepared-statement.ts';

const quotedName = new RegExp(`prepared statement "(${serverNamePrefix}\\d+)"`);

/** `message`: an ErrorResponse. null: there is nothing to reword. */
export function withClientsName(
  message: Buffer,
  nameOf: (serverName: string) => string | null,
): Buffer | null {
  if (message.indexOf(serverNamePrefix) < 0) return null;
  const text = message.toString('latin1');
  const found = quotedName.exec(text);
  const name = found === null ? null : nameOf(found[1]!);
  if (found === null || name === null) return null;
  // Bytes as they are: the name is UTF-8, the rest in whatever encoding the client has.
  const own = found[0].replace(found[1]!, () => Buffer.from(name).toString('latin1'));
  const reworded = Buffer.from(
    text.replace(found[0], () => own),
    'latin1',
  );
  reworded.writeInt32BE(reworded.length - headerBytes + 4, 1);
  return reworded;
}
