// How PgPack begins a block of its own, in which one shard may have nothing to do while another
// goes on: nobody's limit for idle transactions is meant for that.

const setting = 'idle_in_transaction_session_timeout';
const readsSetting = new RegExp(`${setting}|show\\s+all|pg_settings`, 'i');

/** `text`: what the client runs in it; where that may read the limit, it stands as it is. */
export function ownBlock(text: string): string {
  return readsSetting.test(text) ? 'BEGIN' : `BEGIN; SET LOCAL ${setting} = 0`;
}
