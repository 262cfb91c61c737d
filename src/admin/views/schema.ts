// SHOW SCHEMA: what PgPack knows of the tables of its databases, how their rows are placed, and in
// what the shards differ.

import type { SchemaSnapshot } from '../../metrics/snapshot.ts';
import { flag, small, text } from '../column.ts';
import type { View } from '../view.ts';

const list = (names: readonly string[]) => (names.length === 0 ? null : names.join(', '));

export const schemaView: View<SchemaSnapshot> = {
  name: 'SCHEMA',
  meaning:
    'Relations of the databases whose catalog has been read, and what else shards have differently.',
  detail: 'schema',
  rows: ({ snapshot }) => snapshot.schemas,
  columns: [
    text('database', 'As clients name it.', row => row.database),
    text('schema', 'Its schema.', row => row.schema),
    text('name', 'Its name; of a function, with the types of its arguments.', row => row.name),
    text('kind', '`table`, `view`, `function` …', row => row.kind),
    text(
      'sharded',
      '`hash`, `list`, `range` …; `schema`: its schema is on one shard; `omni`: every shard has it ' +
        'whole; `children`: its partitions are sharded; `unplaced`: the configured function does ' +
        'not fit; `no`.',
      row => row.sharded,
    ),
    text('key_columns', 'The sharding key.', row => list(row.keyColumns)),
    small(
      'colocation',
      'Tables of equal number keep equal keys on equal shards.',
      row => row.colocation,
    ),
    text(
      'crossing_foreign_keys',
      'Foreign keys that lead to other shards, where no server can check them.',
      row => list(row.crossingForeignKeys),
    ),
    text('drift', 'How the shards differ in it.', row => row.drift),
    flag(
      'refused',
      'Statements on several shards are refused because of that.',
      row => row.refused,
    ),
  ],
};
