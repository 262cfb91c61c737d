// SHOW CLIENTS: one row per client. Columns are PgDog's, then those that only PgBouncer has.

import type { ClientSnapshot } from '../../metrics/snapshot.ts';
import {
  big,
  flag,
  real,
  restMicroseconds,
  small,
  text,
  timeText,
  wholeSeconds,
} from '../column.ts';
import type { View } from '../view.ts';

export const clientsView: View<ClientSnapshot> = {
  name: 'CLIENTS',
  meaning: 'Clients that are logged in.',
  rows: ({ snapshot }) => snapshot.clients,
  columns: [
    big('id', 'For KILL_CLIENT.', one => one.id),
    text('user', 'Who it is.', one => one.user),
    text('database', 'The database it is connected to.', one => one.database),
    text('addr', 'Its address.', one => one.address),
    small('port', 'Its port.', one => one.port),
    text('state', '`idle`, `active`, `waiting` or `idle in transaction`.', one => one.state),
    text(
      'pinned',
      'Why it keeps its server connection until it ends; NULL: it does not.',
      one => one.pinnedBy,
    ),
    flag('locked', 'It keeps its server connection.', one => one.pinnedBy !== null),
    text('application_name', 'What it calls itself.', one => one.applicationName),
    text('replication', 'Always `none`.', () => 'none'),
    text('connect_time', 'When it connected.', one => timeText(one.connectedAtMs)),
    text('last_request', 'When its request began or ended.', one => timeText(one.lastRequestAtMs)),
    big('queries', 'Requests answered.', one => one.queries),
    big('transactions', 'Transactions ended.', one => one.transactions),
    big('transactions_2pc', 'Of them, committed in two phases.', () => 0),
    real('wait_time', 'Waiting for server connections, ms.', one => one.waitMs),
    real('query_time', 'Requests, ms.', one => one.queryMs),
    real('transaction_time', 'Transactions, ms.', one => one.transactionMs),
    big('bytes_received', 'From it.', one => one.bytesReceived),
    big('bytes_sent', 'To it.', one => one.bytesSent),
    big('errors', 'Errors it got.', one => one.errors),
    big('prepared_statements', 'Named statements it has.', one => one.preparedStatements),
    text('type', 'Always `C`.', () => 'C'),
    text('request_time', 'The same as `last_request`.', one => timeText(one.lastRequestAtMs)),
    small('wait', 'Waiting now, whole seconds.', one => wholeSeconds(one.waitingMs)),
    small('wait_us', 'And microseconds.', one => restMicroseconds(one.waitingMs)),
    small('close_needed', 'Always 0.', () => 0),
    small('remote_pid', 'Of the server connection it holds.', one => one.serverProcessIds[0] ?? 0),
    text('link', 'Process ids of all it holds.', one => one.serverProcessIds.join(',')),
    text('tls', 'Whether it came with TLS.', one => (one.encrypted ? 'TLS' : '')),
    small('worker', 'The event loop that serves it.', one => one.worker),
  ],
};
