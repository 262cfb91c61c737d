// Starts PgPack with as many event loops as the configuration says. One runs in this thread and
// costs nothing more; several are worker threads, and this thread only keeps them.

import type { ShutdownMode } from '../admin/admin-target.ts';
import { type CloseOptions, startApp } from '../app.ts';
import type { Logger } from '../common/logger.ts';
import type { Config } from '../config/config.ts';
import { assertPortFree } from './reuse-port.ts';
import { workerCount } from './worker-count.ts';
import { WorkerGroup } from './worker-group.ts';

export interface PgPack {
  readonly port: number;
  readonly workers: number;
  /** Rejects, having changed nothing, when the configuration cannot be taken over. */
  reload(config: Config): Promise<void>;
  /** What SHUTDOWN of the admin database asks for. */
  readonly stopRequested: Promise<ShutdownMode>;
  close(options: CloseOptions): Promise<void>;
}

export interface PgPackOptions {
  readonly log: Logger;
  /** The configuration as the files have it now. Throws what is wrong with them. */
  readonly readConfig: () => Config;
}

/** Rejects when the port cannot be listened on or TLS files cannot be read. */
export async function startPgPack(config: Config, options: PgPackOptions): Promise<PgPack> {
  const { log } = options;
  const { host, port, unixSocketDir } = config.general;
  const workers = await workerCount(config, log);
  if (workers === 1) {
    const app = await startApp(config, options);
    const { stopRequested } = app;
    return {
      port: app.port,
      workers,
      reload: async next => app.reload(next),
      stopRequested,
      close: how => app.close(how),
    };
  }
  if (port !== 0) await assertPortFree(host, port);
  const group = new WorkerGroup(config, { ...options, workers });
  await group.start();
  if (unixSocketDir !== null) {
    log.info('clients of the Unix socket are served by worker 0, with its share of the pools');
  }
  return {
    port: group.port,
    workers,
    reload: next => group.takeOver(next),
    stopRequested: group.stopRequested,
    close: how => group.close(how),
  };
}
