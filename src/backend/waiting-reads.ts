// Short reads that wait in line for a connection go on it together, in their order.

import type { PoolWaiters } from './pool-waiters.ts';
import type { ServerPipeline } from './server-pipeline.ts';
import type { Wait } from './wait-queue.ts';

/** What is put on a connection at once takes this part of the time that the first waited at most. */
const batchedPart = 0.5;

/** Of those that wait, a connection takes so many times `pipelineDepth`: the longer the line of a
 *  shard the more is done in a turn of the event loop, so that lines of shards become alike. */
const queuedTimes = 4;

/** The first of `waiters`, who can share the connection, and those behind it up to one who cannot,
 *  leaving enough for the pool's other connections. `ended` is told how long each waited, in ms. */
export function shareAmongWaiting(
  pipeline: ServerPipeline,
  waiters: PoolWaiters,
  pool: { readonly held: boolean; readonly size: number; readonly pipelineDepth: number },
  ended: (ms: number) => void,
): void {
  const first = waiters.first(pool.held)!;
  const share = Math.ceil(waiters.size / pool.size);
  let left = Math.min(pool.pipelineDepth * queuedTimes, share);
  let budgetMs = (Date.now() - first.sinceMs) * batchedPart;
  for (let wait: Wait | null = first; wait !== null; wait = waiters.first(pool.held)) {
    budgetMs -= wait.sharedCostMs(pipeline.server);
    if (wait !== first && budgetMs < 0) break;
    ended(waiters.end(wait));
    wait.waiter.onPipeline!(pipeline);
    left -= 1;
    if (left <= 0) break;
  }
  // Nobody joined: what was to be sent could not be made.
  pipeline.giveUp();
}
