// PgPack in a process of its own, so that its memory is not that of the soak's clients. Run with
// --expose-gc by `endpoint-process.ts`: node endpoint.ts CONFIG USERS.

import { startApp } from '../../src/app.ts';
import { silentLogger } from '../../src/common/logger.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import type { EndpointState } from './endpoint-process.ts';

const [configPath, usersPath] = process.argv.slice(2);
const { config } = loadConfig({
  configPath: configPath!,
  usersPath: usersPath!,
  databaseUrls: [],
  env: {},
});
const app = await startApp(config, { log: silentLogger });

process.on('message', () => {
  // Twice: what finalizers let go of is collected by the second.
  for (let pass = 0; pass < 2; pass++) globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  const { clients, serverConnections, idleServerConnections, waitingClients } = app.counts;
  const counts = { clients, serverConnections, idleServerConnections, waitingClients };
  process.send!({ rss, heapUsed, external, counts } satisfies EndpointState);
});
process.on('disconnect', () => process.exit());
process.send!({ port: app.port });
