// The schema that planner tests and golden files plan against, built by hand.

import type {
  Catalog,
  CatalogFunction,
  CatalogOperator,
  Column,
  DefaultKind,
  Table,
  Volatility,
} from '../../src/catalog/catalog.ts';
import { nothingStateful, tableKey } from '../../src/catalog/catalog.ts';
import type { Trigger, WriteEvent } from '../../src/catalog/fired.ts';
import type { ShardedTable } from '../../src/config/topology.ts';
import { ShardingScheme } from '../../src/sql/sharding-scheme.ts';
import { typeOid } from '../../src/types/type-oid.ts';
import { shardedTable as tableWithDefaults } from '../sharding/sharded-table.ts';

const textTypes: readonly number[] = [typeOid.text, typeOid.varchar, typeOid.bpchar];
let nextOid = 20000;

/** `name type [!] [=default kind[:text]] [~collation]`, `!` not null, `@` generated. */
function column(definition: string): Column {
  const [name = '', typeName = '', ...more] = definition.split(' ');
  const oid: number = typeOid[typeName as keyof typeof typeOid] ?? 90000;
  const given = more.find(word => word.startsWith('~'))?.slice(1);
  const [kind = 'none', text = null] =
    more
      .find(word => word.startsWith('='))
      ?.slice(1)
      .split(':') ?? [];
  const isText = textTypes.includes(oid);
  return {
    name,
    typeOid: oid,
    typeName,
    typeModifier: -1,
    keyType: oid === 90000 ? { kind: 'enum', name: typeName } : { kind: 'base', oid },
    collation: isText ? ((given ?? 'c') as 'c' | 'other' | 'nondeterministic') : null,
    notNull: more.includes('!'),
    defaultText: kind === 'sequence' ? `nextval('${name}_seq'::regclass)` : text,
    defaultKind: kind as DefaultKind,
    generated: more.includes('@'),
  };
}

function table(name: string, columns: readonly string[], more: Partial<Table> = {}): Table {
  const oid = nextOid++;
  return {
    oid,
    schema: 'public',
    name,
    kind: 'table',
    columns: columns.map(column),
    uniqueIndexes: [],
    parents: [],
    uses: [],
    callsReaders: false,
    rowSecurity: false,
    foreignKeys: [],
    partitioning: null,
    bound: null,
    view: null,
    drift: null,
    ...more,
  };
}

function unique(name: string, columns: readonly string[] | null, primary = false) {
  return { name, columns, primary };
}

const users = table(
  'users',
  [
    'id int8 !',
    'email text',
    'name text ~other',
    'country text',
    'age int4',
    'balance numeric',
    'score float8',
    'active bool',
    'mood mood',
    'created_at timestamptz =stable',
    'token uuid =volatile',
  ],
  {
    uniqueIndexes: [
      unique('users_pkey', ['id'], true),
      unique('users_id_email', ['id', 'email']),
      unique('users_email', ['email']),
    ],
  },
);
const orders = table('orders', [
  'user_id int8 !',
  'id int8 !',
  'amount numeric',
  'quantity int4',
  'weight float4',
  'note text',
  'placed timestamptz',
]);
const accounts = table('accounts', ['key uuid !', 'owner text', 'total numeric']);
const codes = table('codes', ['code varchar !', 'label text']);
const measures = table('measures', ['id int8 !', 'serial_no int8 =sequence', 'value float8'], {
  uniqueIndexes: [unique('measures_pkey', ['id'], true)],
});
const usersPart = table('users_p1', ['id int8 !', 'email text'], { parents: [users.oid] });
const events = table('events', ['id int8', 'day date']);
const archive = table('archive', ['id int8']);
const logs = table('logs', ['id int8'], { parents: [archive.oid] });
const guarded = table('guarded', ['id int8', 'owner int8'], { uses: [users.oid] });
const tenantUsers = table('members', ['tenant int8 !', 'name text'], { schema: 'app' });
const otherMembers = table('members', ['tenant int8 !', 'name text']);
const countries = table('countries', ['code text !', 'title text', 'continent text'], {
  uniqueIndexes: [unique('countries_pkey', ['code'], true)],
});
const settings = table('settings', [
  'id int8 =sequence',
  'name text',
  'changed timestamptz =stable:now()',
]);
const rates = table('rates', ['currency text', 'rate numeric', 'double numeric @']);
const usersView = table('users_view', ['id int8', 'email text'], {
  kind: 'view',
  uses: [users.oid],
});
function view(name: string, columns: readonly string[], uses: readonly Table[], query: string) {
  return table(name, columns, {
    kind: 'view',
    uses: uses.map(one => one.oid),
    view: { query, writable: true, barrier: false, invoker: false },
  });
}
const activeUsers = view(
  'active_users',
  ['id int8', 'mail text'],
  [users],
  'SELECT users.id, users.email AS mail FROM public.users WHERE users.active',
);
const userTotals = view(
  'user_totals',
  ['owner int8', 'total numeric'],
  [orders],
  'SELECT orders.user_id AS owner, sum(orders.amount) AS total FROM public.orders ' +
    'GROUP BY orders.user_id',
);
const firstUsers = view(
  'first_users',
  ['id int8'],
  [users],
  'SELECT users.id FROM public.users ORDER BY users.id LIMIT 10',
);
const countriesView = table('countries_view', ['code text'], {
  kind: 'view',
  uses: [countries.oid],
});
const usersTotals = table('users_totals', ['total int8'], { kind: 'matview', uses: [users.oid] });
const remote = table('remote', ['id int8'], { kind: 'foreign' });
const ids = table('ids', ['last_value int8'], { kind: 'sequence' });
const pgClass = table('pg_class', ['oid oid', 'relname name'], { schema: 'pg_catalog' });

/** `fires`: one of them for each event. */
function trigger(name: string, fires: string, text: string, more: Partial<Trigger> = {}): Trigger {
  const [when = '', ...events] = fires.split(' ');
  return {
    kind: 'trigger',
    name,
    events: new Set(events as WriteEvent[]),
    ...{ before: when === 'before', perRow: true, condition: null, unread: false },
    body: {
      ...{ schema: 'public', name: `fire_${name}`, language: 'plpgsql', text },
      ...{ parameters: '', result: 'trigger', settings: [] },
    },
    transitions: [],
    ...more,
  };
}
const stamp = trigger(
  'stamp',
  'before insert update',
  'BEGIN NEW.changed := now(); NEW.label := lower(NEW.label); RETURN NEW; END',
);
const posts = table('posts', ['author int8 !', 'label text', 'changed timestamptz'], {
  triggers: [
    stamp,
    trigger(
      'count',
      'after insert delete',
      `BEGIN
        IF TG_OP = 'DELETE' THEN UPDATE users SET age = age - 1 WHERE id = OLD.author;
        ELSE UPDATE users SET age = age + 1 WHERE id = NEW.author; END IF;
        RETURN NULL;
      END`,
    ),
    trigger('tell', 'after truncate', "BEGIN INSERT INTO rates VALUES ('x', 1); RETURN NULL; END", {
      perRow: false,
    }),
  ],
});
const visits = table('visits', ['user_id int8 !', 'n int4'], {
  triggers: [
    trigger('spread', 'after insert', "BEGIN INSERT INTO rates VALUES ('x', 1); RETURN NEW; END"),
    trigger('others', 'after update', 'BEGIN DELETE FROM orders WHERE id = NEW.n; RETURN NEW; END'),
    {
      ...{ kind: 'rule', name: 'dated', events: new Set<WriteEvent>(['delete']) },
      definition: `CREATE RULE dated AS ON DELETE TO public.visits DO ALSO
        INSERT INTO public.codes (code) VALUES (old.n)`,
    },
  ],
});
const coins = table('coins', ['label text', 'changed timestamptz'], {
  triggers: [
    trigger('shout', 'before insert', 'BEGIN NEW.label := upper(NEW.label); RETURN NEW; END'),
    { ...stamp, events: new Set<WriteEvent>(['update']) },
  ],
});
const gone = table('gone', ['id int8 !'], {
  cascades: [
    {
      ...{ name: 'coins_gone', table: coins.oid, columns: ['label'], targetColumns: ['id'] },
      ...{ onDelete: 'cascade', onUpdate: 'none' },
    },
  ],
});

const regions = table('regions', ['region text', 'flag bool', 'n int4']);
const days = table('days', ['day date !', 'note text']);
const parts = table('parts', ['tenant int4 !', 'code text !', 'n numeric']);
const ratios = table('ratios', ['r numeric', 'f float8', 'small float4']);
const flags = table('flags', ['flag bool', 'n int4']);

const tables = [
  posts,
  visits,
  coins,
  gone,
  regions,
  days,
  parts,
  ratios,
  flags,
  users,
  orders,
  accounts,
  codes,
  measures,
  usersPart,
  events,
  guarded,
  archive,
  logs,
  tenantUsers,
  otherMembers,
  countries,
  settings,
  rates,
  usersView,
  activeUsers,
  userTotals,
  firstUsers,
  countriesView,
  usersTotals,
  remote,
  ids,
  pgClass,
];

function builtins(
  names: string,
  volatility: Volatility,
  kind: CatalogFunction['kind'] = 'function',
): CatalogFunction[] {
  return names.split(' ').map(name => ({
    schema: 'pg_catalog',
    name,
    volatility,
    language: 'internal',
    kind,
  }));
}

function user(name: string, volatility: Volatility, language: string): CatalogFunction {
  return { schema: 'public', name, volatility, language, kind: 'function' };
}

const functions = [
  ...builtins(
    'count sum min max avg json_agg string_agg stddev array_agg bool_and bool_or every bit_and ' +
      'bit_or bit_xor any_value',
    'immutable',
    'aggregate',
  ),
  ...builtins('row_number rank lag', 'immutable', 'window'),
  ...builtins('lower upper abs round length coalesce mod unnest md5', 'immutable'),
  ...builtins(
    'now date_trunc to_char generate_series age current_setting pg_get_userbyid',
    'stable',
  ),
  ...builtins(
    'random nextval setval currval lastval gen_random_uuid set_config pg_advisory_lock ' +
      'pg_advisory_xact_lock pg_notify pg_sleep query_to_xml clock_timestamp lo_create',
    'volatile',
  ),
  user('tax', 'immutable', 'sql'),
  user('total_users', 'stable', 'plpgsql'),
  user('write_log', 'volatile', 'plpgsql'),
  user('uuid_generate_v4', 'volatile', 'c'),
];

const operators: CatalogOperator[] = [
  {
    ...{ schema: 'public', name: '<->', volatility: 'immutable', language: 'c' },
    builtIn: [],
  },
  {
    ...{ schema: 'public', name: '@@@', volatility: 'stable', language: 'sql' },
    builtIn: [],
  },
];

function byName<T extends { readonly name: string }>(items: readonly T[]): Map<string, T[]> {
  return Map.groupBy(items, item => item.name);
}

export const sampleCatalog: Catalog = {
  version: 1,
  tables: new Map(tables.map(one => [tableKey(one.schema, one.name), one])),
  tablesByOid: new Map(tables.map(one => [one.oid, one])),
  functions: byName(functions),
  operators: byName(operators),
  searchPath: ['public'],
  defaultCollation: 'c',
  partial: false,
  ownTypes: true,
  stateful: nothingStateful,
};

/** As the configuration has it: `name key…`, with a schema `schema.name key…`. */
export function shardedTable(definition: string): ShardedTable {
  const [written = '', ...columns] = definition.split(' ');
  const dot = written.indexOf('.');
  const schema = dot < 0 ? null : written.slice(0, dot);
  return tableWithDefaults({ name: written.slice(dot + 1), schema, columns });
}

const shardedTables = [
  'posts author',
  'visits user_id',
  'gone id',
  'users id',
  'orders user_id',
  'accounts key',
  'codes code',
  'measures id',
  'logs id',
  'app.members tenant',
  'parts tenant code',
  'ratios r',
  'flags flag',
].map(shardedTable);

const mappedTables: readonly ShardedTable[] = [
  {
    ...shardedTable('regions region'),
    mapping: {
      lists: [
        { values: ['eu', 'us'], shard: 0 },
        { values: [null], shard: 1 },
      ],
      ranges: [],
      defaultShard: 2,
    },
  },
  {
    ...shardedTable('days day'),
    mapping: {
      lists: [],
      ranges: [
        { start: null, end: ['2024-01-01'], shard: 0 },
        { start: ['2024-01-01'], end: null, shard: 1 },
      ],
      defaultShard: null,
    },
  },
];

export function sampleScheme(shardCount: number): ShardingScheme {
  const rules = shardCount === 1 ? [] : [...shardedTables, ...mappedTables];
  return new ShardingScheme(sampleCatalog, rules, shardCount);
}
