// Everything that SHOW can show, by name.

import type { View } from './view.ts';
import { clientsView } from './views/clients.ts';
import { databasesView, usersView } from './views/databases.ts';
import { poolsView } from './views/pools.ts';
import {
  errorsView,
  listsView,
  memoryView,
  preparedView,
  queryCacheView,
  stateView,
  versionView,
} from './views/process.ts';
import { schemaView } from './views/schema.ts';
import { serversView } from './views/servers.ts';
import { configView } from './views/settings.ts';
import {
  shardStatsView,
  statsAveragesView,
  statsTotalsView,
  statsView,
  totalsView,
} from './views/stats.ts';

// biome-ignore lint/suspicious/noExplicitAny: views of different rows share one table.
export const views: readonly View<any>[] = [
  clientsView,
  serversView,
  poolsView,
  statsView,
  statsTotalsView,
  statsAveragesView,
  shardStatsView,
  totalsView,
  databasesView,
  usersView,
  listsView,
  configView,
  preparedView,
  queryCacheView,
  schemaView,
  errorsView,
  memoryView,
  stateView,
  versionView,
];
