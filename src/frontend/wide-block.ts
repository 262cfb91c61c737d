// A write on several shards succeeds or fails as a whole: outside a transaction it gets a block
// of its own, and its answer goes out only after that has committed.

import type { SessionContext } from './session-context.ts';

/** Runs `write` in the open block, or in one of its own that commits when it resolves. */
export async function inBlock<T>(session: SessionContext, write: () => Promise<T>): Promise<T> {
  const { transaction } = session;
  if (transaction.mode !== 'none') return write();
  if (!session.pinned) transaction.release();
  await transaction.beginImplicit();
  let result: T;
  try {
    result = await write();
  } catch (error) {
    await transaction.end(false);
    throw error;
  }
  await transaction.end(true);
  return result;
}
