// The small views: SHOW LISTS, MEM, STATE, ERRORS, VERSION, PREPARED. Names are PgBouncer's and PgDog's.

import { type ErrorEntry, errors } from '../../common/error-catalogue.ts';
import type { DryRunSnapshot, ErrorSnapshot, PreparedSnapshot } from '../../metrics/snapshot.ts';
import { big, small, text } from '../column.ts';
import { sumOf } from '../group-by.ts';
import type { View, ViewContext } from '../view.ts';

interface ListRow {
  readonly list: string;
  readonly items: number;
}

function listRows({ snapshot, config }: ViewContext): ListRow[] {
  const { clients, logins } = { clients: snapshot.databases, logins: snapshot.logins };
  const lists: readonly (readonly [list: string, items: number])[] = [
    ['databases', config.databases.size],
    ['users', new Set(config.users.map(user => user.name)).size],
    ['peers', 0],
    ['pools', snapshot.pools.length],
    ['peer_pools', 0],
    ['free_clients', 0],
    ['used_clients', sumOf(clients, one => one.clients)],
    ['login_clients', logins],
    ['free_servers', sumOf(snapshot.pools, one => one.idle)],
    ['used_servers', sumOf(snapshot.pools, one => one.active)],
    ['dns_names', 0],
    ['dns_zones', 0],
    ['dns_queries', 0],
    ['dns_pending', 0],
  ];
  return lists.map(([list, items]) => ({ list, items }));
}

export const listsView: View<ListRow> = {
  name: 'LISTS',
  meaning: 'How many there are of everything.',
  rows: listRows,
  columns: [text('list', 'Of what.', row => row.list), big('items', 'How many.', row => row.items)],
};

interface MemoryRow {
  readonly name: string;
  readonly used: number;
  readonly total: number;
}

export const memoryView: View<MemoryRow> = {
  name: 'MEM',
  meaning: 'Memory of the process.',
  rows: ({ snapshot: { memory } }) => [
    { name: 'resident', used: memory.rss, total: memory.rss },
    { name: 'heap', used: memory.heapUsed, total: memory.heapTotal },
    { name: 'external', used: memory.external, total: memory.external },
    { name: 'buffers', used: memory.arrayBuffers, total: memory.arrayBuffers },
    { name: 'merges', used: memory.merges, total: memory.mergesPeak },
  ],
  columns: [
    text(
      'name',
      'Of what; `buffers` are part of `external`, `merges` is what merges of rows hold.',
      row => row.name,
    ),
    big('size', 'Always 1.', () => 1),
    big('used', 'Bytes in use.', row => row.used),
    big('free', 'Bytes held for later.', row => row.total - row.used),
    big('memtotal', 'Their sum; of `merges` the most that was ever held.', row => row.total),
  ],
};

interface StateRow {
  readonly key: string;
  readonly holds: boolean;
}

export const stateView: View<StateRow> = {
  name: 'STATE',
  meaning: 'Whether PgPack works, is paused or in maintenance.',
  rows: ({ snapshot }) => {
    const paused = snapshot.pools.length > 0 && snapshot.pools.every(pool => pool.paused);
    return [
      { key: 'active', holds: !paused && !snapshot.maintenance },
      { key: 'paused', holds: paused },
      { key: 'suspended', holds: false },
      { key: 'maintenance', holds: snapshot.maintenance },
    ];
  },
  columns: [
    text('key', 'The state.', row => row.key),
    text('value', '`yes` or `no`.', row => (row.holds ? 'yes' : 'no')),
  ],
};

export const errorsView: View<ErrorSnapshot> = {
  name: 'ERRORS',
  meaning: 'Errors that PgPack itself raised, by their id in docs/errors.md.',
  rows: ({ snapshot }) => snapshot.errors,
  columns: [
    text('id', 'Its id.', row => row.id),
    text('sqlstate', 'Its SQLSTATE.', row => entryOf(row)?.sqlstate ?? null),
    text('class', 'Who has to act.', row => entryOf(row)?.class ?? null),
    big('count', 'How often.', row => row.count),
    text('message', 'Its message, places unfilled.', row => entryOf(row)?.message ?? null),
  ],
};

function entryOf({ id }: ErrorSnapshot): ErrorEntry | undefined {
  return (errors as Readonly<Record<string, ErrorEntry>>)[id];
}

export const versionView: View<string> = {
  name: 'VERSION',
  meaning: 'The version of PgPack.',
  rows: ({ snapshot }) => [`PgPack ${snapshot.version}`],
  columns: [text('version', 'Its name and version.', row => row)],
};

export const queryCacheView: View<DryRunSnapshot> = {
  name: 'QUERY_CACHE',
  meaning:
    'With `dry_run`: where statements of databases of one shard would go if it were sharded.',
  rows: ({ snapshot }) => snapshot.dryRuns,
  columns: [
    text('query', 'The first 1,000 characters of its text.', row => row.sql),
    big(
      'hits',
      'Times it was planned; executions of a known plan do not count.',
      row => row.planned,
    ),
    big('direct', 'Those that one shard would do for.', row => timesIf(row, 'direct')),
    big('multi', 'Those that several shards would run.', row => timesIf(row, 'multi')),
    big('refused', 'Those that are not supported across shards.', row => timesIf(row, 'refused')),
    text('reason', 'What confines it, or what is refused.', row => row.reason),
    text('database', 'The database.', row => row.database),
    text('user', 'The user.', row => row.user),
  ],
};

function timesIf(row: DryRunSnapshot, decision: DryRunSnapshot['decision']): number {
  return row.decision === decision ? row.planned : 0;
}

export const preparedView: View<PreparedSnapshot> = {
  name: 'PREPARED',
  meaning: 'Prepared statements: the same text of several clients is one.',
  rows: ({ snapshot }) => snapshot.prepared,
  columns: [
    text('name', 'At servers.', row => row.name),
    text('statement', 'Its text.', row => row.sql),
    text('rewrite', 'Always NULL.', () => null),
    small('used_by', 'Clients that have it.', row => row.clients),
    big('memory_used', 'Bytes of its text.', row => Buffer.byteLength(row.sql)),
    text('database', 'The database.', row => row.database),
    text('user', 'The user.', row => row.user),
  ],
};
