// SHOW SERVERS: one row per server connection. Columns are PgDog's, then those that only
// PgBouncer has.

import type { ServerSnapshot } from '../../metrics/snapshot.ts';
import { big, small, text, timeText, wholeSeconds } from '../column.ts';
import type { View } from '../view.ts';

export const serversView: View<ServerSnapshot> = {
  name: 'SERVERS',
  meaning: 'Connections to servers.',
  rows: ({ snapshot }) => snapshot.servers,
  columns: [
    big('pool_id', '`id` of SHOW POOLS.', one => one.poolId),
    text('database', 'The database of its clients.', one => one.database),
    text('user', 'The user of its clients.', one => one.user),
    text('addr', 'The server.', one => one.address),
    small('port', 'Its port.', one => one.port),
    small('shard', 'Its shard.', one => one.shard),
    text('state', '`idle`, `active` or `idle in transaction`.', one => one.state),
    text('connect_time', 'When it was opened.', one => timeText(one.connectedAtMs)),
    text('request_time', 'When it was given out or back.', one => timeText(one.lastUsedAtMs)),
    small('remote_pid', 'Process id of the server.', one => one.processId),
    big('client_id', '`id` of the client that holds it.', one => one.clientId),
    big('transactions', 'Transactions ended.', one => one.transactions),
    big('queries', 'Requests answered.', one => one.queries),
    big('errors', 'Errors among the answers.', one => one.errors),
    big('bytes_received', 'From the server.', one => one.bytesReceived),
    big('bytes_sent', 'To the server.', one => one.bytesSent),
    big('prepared_statements', 'Statements prepared there.', one => one.preparedStatements),
    big('age', 'Seconds since it was opened.', one => wholeSeconds(Date.now() - one.connectedAtMs)),
    text('application_name', 'As the server was told.', one => one.applicationName),
    text('type', 'Always `S`.', () => 'S'),
    small('close_needed', '1: closed when it is returned.', one => Number(one.closeNeeded)),
    text('tls', 'Whether it uses TLS.', one => (one.encrypted ? 'TLS' : '')),
    small('worker', 'The event loop that has it.', one => one.worker),
  ],
};
