// [[databases]] entries → databases with numbered shards: gaps, shards without or with two
// primaries, and the same server twice are errors.

import type { DatabaseEntry } from './database-keys.ts';
import type { Place, Report } from './report.ts';
import type { Entry } from './section-reader.ts';
import type { Server, Shard } from './topology.ts';

/** A database before its tables are known. */
export interface DatabaseDraft {
  readonly name: string;
  readonly shards: readonly Shard[];
  /** False where an entry is wrong, so that what follows from the shards is not to be reported. */
  readonly ok: boolean;
  /** False: all of its entries are `resharding_only`, so that clients do not see it. */
  readonly served: boolean;
  /** Its first entry. */
  readonly place: Place;
}

/** `file`: where entries are missing if there are none. */
export function buildDatabases(
  entries: readonly Entry<DatabaseEntry>[],
  file: string,
  report: Report,
): ReadonlyMap<string, DatabaseDraft> {
  const groups = new Map<string, Entry<DatabaseEntry>[]>();
  for (const entry of entries) {
    if (entry.values.name === undefined) continue;
    const group = groups.get(entry.values.name) ?? [];
    group.push(entry);
    groups.set(entry.values.name, group);
  }
  if (entries.length === 0) {
    const place = { file, line: null, key: 'databases' };
    report.error(
      place,
      'no database',
      'add [[databases]] with name and host, or give --database-url',
    );
  }
  return new Map([...groups].map(([name, group]) => [name, buildDatabase(name, group, report)]));
}

function buildDatabase(
  name: string,
  all: readonly Entry<DatabaseEntry>[],
  report: Report,
): DatabaseDraft {
  const forClients = all.filter(entry => !entry.values.reshardingOnly);
  const served = forClients.length > 0;
  const group = served ? forClients : all;
  const ok = group.every(entry => entry.ok);
  const byShard = Map.groupBy(group, entry => entry.values.shard);
  if (ok) {
    checkGaps(name, group, report);
    for (const [shard, servers] of byShard) checkPrimaries(name, shard, servers, report);
    checkSameServer(group, report);
  }
  const shards = [...byShard]
    .sort(([a], [b]) => a - b)
    .map(([number, servers]) => ({ number, servers: servers.map(toServer).sort(primaryFirst) }));
  return { name, shards, ok, served, place: group[0]!.at('name') };
}

function checkGaps(name: string, group: readonly Entry<DatabaseEntry>[], report: Report): void {
  const present = new Set(group.map(entry => entry.values.shard));
  const last = Math.max(...present);
  const missing: number[] = [];
  for (let number = 0; number <= last; number++) if (!present.has(number)) missing.push(number);
  if (missing.length === 0) return;
  const some = missing.slice(0, 5).join(', ') + (missing.length > 5 ? ', …' : '');
  const after = group.find(entry => entry.values.shard > missing[0]!)!;
  report.error(
    after.at('shard'),
    `database "${name}" has a shard ${after.values.shard} but no shard ${some}`,
    'number the shards 0, 1, 2, … without a gap',
  );
}

function checkPrimaries(
  name: string,
  shard: number,
  servers: readonly Entry<DatabaseEntry>[],
  report: Report,
): void {
  const [first, ...others] = servers.filter(entry => entry.values.role === 'primary');
  const undecided = servers.some(entry => entry.values.role === 'auto');
  if (first === undefined && !undecided) {
    report.error(
      servers[0]!.at(),
      `shard ${shard} of database "${name}" has no primary`,
      'add an entry with role = "primary"',
    );
  }
  for (const other of others) {
    const line = first!.at().line;
    report.error(
      other.at(),
      `shard ${shard} of database "${name}" has two primaries${line ? ` (see line ${line})` : ''}`,
      'give it another shard number, or role = "replica"',
    );
  }
}

/** Two shards on one server and database would hold, and show, every row twice. */
function checkSameServer(group: readonly Entry<DatabaseEntry>[], report: Report): void {
  const seen = new Map<string, Entry<DatabaseEntry>>();
  for (const entry of group) {
    const server = toServer(entry);
    const address = `${server.host}:${server.port}/${server.databaseName}`;
    const first = seen.get(address);
    if (first !== undefined && first.values.shard !== server.shard) {
      const line = first.at().line;
      report.error(
        entry.at('host'),
        `${address} is already shard ${first.values.shard}${line ? ` (see line ${line})` : ''}`,
        'change host, port or database_name, or remove one entry',
      );
    } else seen.set(address, entry);
  }
}

function toServer(entry: Entry<DatabaseEntry>): Server {
  const { name, reshardingOnly: _, role, databaseName, ...rest } = entry.values;
  const part = role === 'replica' ? 'replica' : 'primary';
  return { ...rest, role: part, databaseName: databaseName ?? name };
}

function primaryFirst(a: Server, b: Server): number {
  return Number(a.role === 'replica') - Number(b.role === 'replica');
}
