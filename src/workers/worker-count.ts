// How many workers there are: as many as the configuration asks for, unless the system cannot
// spread connections over them or a pool has fewer connections than there are workers to share it.

import type { Logger } from '../common/logger.ts';
import type { Config } from '../config/config.ts';
import { smallestPool } from '../config/worker-share.ts';
import { canReusePort } from './reuse-port.ts';

/** Logs why there are fewer than asked for. Rejects when the host cannot be listened on. */
export async function workerCount(config: Config, log: Logger): Promise<number> {
  const { workers, host } = config.general;
  if (workers <= 1) return 1;
  const problem = tooFewConnections(config, workers);
  const fitting = Math.min(workers, smallestPool(config)?.size ?? workers);
  if (problem !== null) log.warn({ workers: fitting }, `${problem}: fewer workers than asked for`);
  if (fitting > 1 && !(await canReusePort(host))) {
    const missing = 'this system cannot spread connections over workers (SO_REUSEPORT): one serves';
    log.warn({ workers: 1 }, missing);
    return 1;
  }
  return fitting;
}

/** Which pool `workers` workers cannot share, in words, or null: each of them needs a connection
 *  of every pool, and together they may not have more than the pool's size. */
export function tooFewConnections(config: Config, workers: number): string | null {
  const smallest = smallestPool(config);
  if (smallest === null || smallest.size >= workers) return null;
  const { size, user, database } = smallest;
  const whose = user === null ? 'users that users.toml does not name' : `user "${user}"`;
  return `the pool size of ${whose} in database "${database}" is ${size}`;
}
