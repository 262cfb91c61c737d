// SHOW HELP: the commands, as rows, so that every driver shows them.

import type { AdminCommand } from './command.ts';
import { views } from './views.ts';

/** In the order they are shown; docs/admin.md has the same. */
export const actionHelp: readonly (readonly [command: string, meaning: string])[] = [
  ['RELOAD', 'Reads the configuration files again.'],
  ['PAUSE [database]', 'Gives out no server connections; returns when all are closed.'],
  ['RESUME [database]', 'Ends PAUSE and KILL.'],
  ['RECONNECT [database]', 'Every server connection is replaced when its client returns it.'],
  ['WAIT_CLOSE [database]', 'Waits until the connections that RECONNECT gave up are closed.'],
  ['MAINTENANCE ON', 'Clients wait before their next transaction.'],
  ['MAINTENANCE OFF', 'They go on.'],
  ['KILL [database]', 'Cuts clients and server connections, then does as PAUSE.'],
  ['KILL_CLIENT id', 'Cuts one client; `id` is that of SHOW CLIENTS.'],
  ['DISABLE database', 'Refuses new clients of the database.'],
  ['ENABLE database', 'Lets them in again.'],
  ['SHUTDOWN', 'Stops at once.'],
  ['SHUTDOWN WAIT_FOR_SERVERS', 'Stops when transactions have ended.'],
  ['SHUTDOWN WAIT_FOR_CLIENTS', 'Stops when clients have left.'],
];

/** What may follow the name of a view. */
export const showClauses = '[column, …] [WHERE column = value AND …] [ORDER BY column] [LIMIT n]';

export const helpCommand: AdminCommand = {
  kind: 'constant',
  tag: 'SHOW',
  columns: [
    { name: 'command', type: 'text' },
    { name: 'meaning', type: 'text' },
  ],
  rows: [
    ...views.map(view => [`SHOW ${view.name}`, view.meaning] as const),
    ['SHOW …', `Any of them: ${showClauses}.`],
    ...actionHelp,
  ],
};
