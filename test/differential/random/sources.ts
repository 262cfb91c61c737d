// What random statements read: tables and joins on the key, with the columns of each by what may be
// done with them.

export interface Source {
  readonly from: string;
  /** CTEs that `from` names. */
  readonly ctes?: string;
  readonly key: string;
  /** Columns that tell every row. */
  readonly unique: readonly string[];
  /** Integers whose sums stay small. */
  readonly ints: readonly string[];
  readonly numbers: readonly string[];
  /** Under the collation C. */
  readonly texts: readonly string[];
  readonly times: readonly string[];
  readonly flags: readonly string[];
  /** Ordered and counted only: equal values of them look different. */
  readonly shapes: readonly string[];
  /** A table with the same key for subqueries: its name, key and an integer column. */
  readonly beside?: readonly [table: string, key: string, number: string];
}

const nothing = { ints: [], numbers: [], texts: [], times: [], flags: [], shapes: [] };

export const shopSources: readonly Source[] = [
  {
    from: 'users',
    key: 'id',
    unique: ['id'],
    ints: ['age'],
    numbers: ['id', 'age', 'score'],
    texts: ['email', 'country'],
    times: ['created_at', 'born'],
    flags: ['active'],
    shapes: ['balance'],
    beside: ['orders', 'user_id', 'quantity'],
  },
  {
    from: 'orders o',
    key: 'o.user_id',
    unique: ['o.user_id', 'o.id'],
    ints: ['o.quantity', 'item_id'],
    numbers: ['o.id', 'user_id', 'item_id', 'o.amount', 'quantity'],
    texts: [],
    times: ['placed_at'],
    flags: ['o.quantity > 0'],
    shapes: [],
    beside: ['payments', 'user_id', 'cents'],
  },
  {
    from: 'kinds k',
    key: 'k.id',
    unique: ['k.id'],
    ints: ['k.i2'],
    numbers: ['i2', 'k.i4', 'i8', 'n2', 'o'],
    texts: ['t', 'v', 'k.t'],
    times: ['d', 'ti', 'ttz', 'ts', 'tz'],
    flags: ['b', 'k.b'],
    shapes: ['n', 'f4', 'f8', 'iv', 'u', '"by"'],
  },
  {
    from: 'users u JOIN orders o ON o.user_id = u.id',
    key: 'u.id',
    unique: ['u.id', 'o.id'],
    ints: ['u.age', 'o.quantity'],
    numbers: ['u.age', 'o.amount', 'u.score', 'o.quantity'],
    texts: ['u.country', 'country', 'email'],
    times: ['u.created_at', 'o.placed_at', 'born'],
    flags: ['u.active', 'active'],
    shapes: ['u.balance'],
    beside: ['payments', 'user_id', 'cents'],
  },
  {
    from: 'users u LEFT JOIN orders o ON u.id = o.user_id AND o.quantity > 20',
    key: 'u.id',
    unique: ['u.id', 'o.id'],
    ints: ['u.age', 'item_id'],
    numbers: ['u.age', 'o.amount', 'o.quantity', 'item_id'],
    texts: ['u.country'],
    times: ['u.created_at', 'o.placed_at'],
    flags: ['u.active'],
    shapes: ['balance'],
  },
  {
    from: 'orders o JOIN items i ON i.id = o.item_id',
    key: 'o.user_id',
    unique: ['o.user_id', 'o.id'],
    ints: ['quantity', 'i.id'],
    numbers: ['o.amount', 'i.price', 'quantity', 'i.id'],
    texts: ['i.category', 'category'],
    times: ['placed_at'],
    flags: ['price > 10'],
    shapes: [],
  },
  {
    ...nothing,
    from: 'small s',
    key: 's.k',
    unique: ['k'],
    ints: ['s.k'],
    numbers: ['k', 's.k'],
    flags: ['k > 3'],
    beside: ['tiny', 'k', 'k'],
  },
];

export const eventSources: readonly Source[] = [
  {
    from: 'events e',
    key: 'e.device_id',
    unique: ['e.device_id', 'e.id'],
    ints: ['level', 'e.id'],
    numbers: ['e.level', 'cost', 'e.id', 'device_id'],
    texts: ['kind', 'e.kind'],
    times: ['at', 'e.at'],
    flags: ['ok', 'level > 2'],
    shapes: ['value'],
    beside: ['devices', 'id', 'region_id'],
  },
  {
    from: 'devices d LEFT JOIN events e ON e.device_id = d.id LEFT JOIN regions r ON r.id = d.region_id',
    key: 'd.id',
    unique: ['d.id', 'e.id'],
    ints: ['region_id', 'level'],
    numbers: ['e.cost', 'r.id', 'e.level'],
    texts: ['zone', 'd.kind', 'e.kind'],
    times: ['installed', 'e.at'],
    flags: ['e.ok', 'r.parent IS NULL'],
    shapes: ['weight', 'e.value'],
    beside: ['readings', 'device_id', 'sensor'],
  },
  {
    ...nothing,
    from: '(SELECT device_id, kind, count(*) AS n, max(at) AS last FROM events GROUP BY 1, 2) g',
    key: 'g.device_id',
    unique: ['g.device_id', 'g.kind'],
    ints: ['n'],
    numbers: ['g.n', 'device_id'],
    texts: ['kind'],
    times: ['last'],
    flags: ['n > 1'],
  },
  {
    ...nothing,
    ctes: 'w AS (SELECT user_id, count(*) AS n, sum(amount) AS total FROM orders GROUP BY user_id)',
    from: 'users u JOIN w ON w.user_id = u.id',
    key: 'u.id',
    unique: ['u.id'],
    ints: ['w.n', 'age'],
    numbers: ['w.n', 'w.total', 'u.age'],
    texts: ['country'],
    times: ['born'],
    flags: ['active'],
  },
  {
    from: 'tasks t LEFT JOIN members m ON m.tenant_id = t.tenant_id AND m.id = t.assignee',
    key: 't.tenant_id',
    unique: ['t.tenant_id', 't.id'],
    ints: ['priority', 'assignee'],
    numbers: ['t.hours', 't.priority', 'project_id'],
    texts: ['m.name', 'role'],
    times: ['due', 'm.joined'],
    flags: ["t.state = 'open'"],
    shapes: ['t.state'],
    beside: ['projects', 'tenant_id', 'id'],
  },
  {
    ...nothing,
    from: 'forms f',
    key: 'f.id',
    unique: ['f.id'],
    ints: ['dm'],
    numbers: ['n4'],
    texts: ['vc', 'ti'],
    times: ['d', 'ts', 'tz'],
    flags: ['bo'],
    shapes: ['n', 'f8', 'bp', 'icu', 'cx', 'en', 'ip', 'ia', 'jb', 'pr', 'by', 'r', 'u'],
  },
];
