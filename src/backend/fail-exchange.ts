// Ends what a client has begun on a server so that it is undone: Sync alone would commit an
// extended exchange, and a transaction block knows of no error that PgPack raised. In COPY mode
// only CopyFail is an end; anywhere else it is ignored.

import { ByteWriter } from '../protocol/byte-writer.ts';
import { copyFailMessage, syncMessage, writeParse } from '../protocol/frontend-messages.ts';

/** No SQL: the server answers with an error, which ends up in its log. */
const refusedText = 'PgPack has refused the statement before this one';

/** A CopyFail, a Parse that fails and a Sync. A server that skips messages up to a Sync after an error skips
 *  the Parse as well: it is answered by one ReadyForQuery in any case. */
export const failingExchange: Buffer = writeParse(
  new ByteWriter().bytes(copyFailMessage(refusedText)),
  '',
  refusedText,
)
  .bytes(syncMessage)
  .take();
