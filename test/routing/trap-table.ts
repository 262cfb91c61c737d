// The routing traps R1 to R24: statements that a proxy sends to the wrong shards when it looks for
// the sharding key anywhere in the text. «…» marks literals that are parameters in the extended
// protocol; `§` is where a mark goes by which the statement is found on the shards.

export interface Trap {
  readonly id: string;
  readonly sql: string;
  /** Keys whose shards hold what the answer is made of; `all` shards; those on which a table has
   *  rows that satisfy a condition. */
  readonly needs: 'all' | readonly (number | string)[] | { readonly stored: string };
  /** It goes to other shards too, which costs time and nothing else. */
  readonly wider?: true;
  /** The order of rows is determined. */
  readonly ordered?: true;
  /** Run behind it in the simple protocol: what it has changed. */
  readonly check?: string;
  /** Run before it. */
  readonly before?: string;
  readonly simpleOnly?: true;
}

/** Sharded by key: users, orders, codes, events, app.members, and by SHA-1 digests; by schema:
 *  tenant_a and tenant_b. */
export const trapSchema = `
CREATE TABLE users (id bigint PRIMARY KEY, email text, name text, country text, age int,
  flag bool, referrer_id bigint);
CREATE TABLE orders (user_id bigint, id bigint, note text, amount int, PRIMARY KEY (user_id, id));
CREATE TABLE codes (code varchar(20) PRIMARY KEY, label text);
CREATE TABLE events (user_id bigint, year int, what text) PARTITION BY RANGE (year);
CREATE TABLE events_old PARTITION OF events FOR VALUES FROM (MINVALUE) TO (2020);
CREATE TABLE events_new PARTITION OF events FOR VALUES FROM (2020) TO (MAXVALUE);
CREATE VIEW users_view AS SELECT id, name, age FROM users WHERE age > 3;
CREATE FUNCTION total_users() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT count(*) FROM users';
CREATE TABLE log (what text);
CREATE FUNCTION write_log(text) RETURNS int LANGUAGE sql VOLATILE
  AS 'INSERT INTO log VALUES ($1) RETURNING 1';
CREATE SEQUENCE some_sequence;
CREATE SCHEMA app;
CREATE TABLE app.members (tenant bigint PRIMARY KEY, name text);
CREATE TABLE digests (id bigint PRIMARY KEY, name text);
CREATE SCHEMA tenant_a;
CREATE SCHEMA tenant_b;
CREATE TABLE tenant_a.notes (id int, what text);
CREATE TABLE tenant_b.notes (id int, what text);
`;

/** Through the endpoint under test. */
export const trapRows: readonly string[] = [
  ...chunked(
    'users (id, email, name, country, age, flag, referrer_id)',
    range(60).map(
      n => `(${n}, 'u${n}@x', 'n${n % 7}', 'c${n % 3}', ${n % 9}, ${n % 2 === 0}, ${60 - n})`,
    ),
  ),
  ...chunked(
    'orders (user_id, id, note, amount)',
    range(150).map(n => `(${(n * 7) % 60}, ${n}, 'n${n % 7}', ${n % 11})`),
  ),
  ...chunked(
    'codes (code, label)',
    ['a', 'B', '[1,2]', '{1}', '0123', 'x y', 'ä', '-5', '1.0'].map(code => `('${code}', 'old')`),
  ),
  ...chunked(
    'events (user_id, year, what)',
    range(80).map(n => `(${n % 40}, ${2000 + (n % 40)}, 'e${n % 5}')`),
  ),
  ...chunked(
    'digests (id, name)',
    range(30).map(n => `(${n}, 'd${n}')`),
  ),
  ...chunked('tenant_a.notes (id, what)', ["(1, 'a')", "(2, 'a')"]),
  ...chunked('tenant_b.notes (id, what)', ["(1, 'b')", "(3, 'b')"]),
  ...chunked(
    'app.members (tenant, name)',
    range(30).map(n => `(${n}, 'm${n}')`),
  ),
];

function range(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n);
}

function chunked(table: string, rows: readonly string[]): string[] {
  return [`INSERT INTO ${table} VALUES ${rows.join(', ')}`];
}

const flags = 'SELECT id, flag, age FROM users';
const events = 'SELECT * FROM events';

const equalityElsewhere: readonly Trap[] = [
  { id: 'R1', sql: 'SELECT *, (id = «1») AS me FROM users', needs: 'all' },
  {
    id: 'R2',
    sql: 'SELECT sum(CASE WHEN id = «1» THEN 1 ELSE 0 END) FROM users',
    needs: 'all',
  },
  { id: 'R2', sql: 'SELECT count(*) FILTER (WHERE id = «1»), count(*) FROM users', needs: 'all' },
  { id: 'R3', sql: 'SELECT * FROM users ORDER BY (id = «1») DESC', needs: 'all' },
  {
    id: 'R3',
    sql: 'SELECT id FROM users ORDER BY (id = «1») DESC, id',
    needs: 'all',
    ordered: true,
  },
  { id: 'R4', sql: 'SELECT * FROM users WHERE (id = «1») IS NOT TRUE', needs: 'all' },
  { id: 'R4', sql: 'SELECT * FROM users WHERE NOT (id = «1»)', needs: 'all' },
  { id: 'R5', sql: 'UPDATE users SET flag = (id = «5»)', needs: 'all', check: flags },
];

const severalLevels: readonly Trap[] = [
  {
    id: 'R6',
    sql: 'SELECT * FROM users WHERE id = «1» UNION ALL SELECT * FROM users WHERE id = «2»',
    needs: [1, 2],
  },
  {
    id: 'R6',
    sql: 'SELECT * FROM users WHERE id = «3» UNION ALL SELECT * FROM users WHERE id = «3»',
    needs: [3],
  },
  {
    id: 'R7',
    sql: 'SELECT * FROM users WHERE age = «1» UNION ALL SELECT * FROM users WHERE age = «2»',
    needs: 'all',
  },
  { id: 'R8', sql: "SELECT EXISTS (SELECT 1 FROM users WHERE email = «'u17@x'»)", needs: 'all' },
  { id: 'R8', sql: 'SELECT (SELECT count(*) FROM users)', needs: 'all' },
  { id: 'R8', sql: 'SELECT ARRAY(SELECT id FROM users ORDER BY id)', needs: 'all' },
  { id: 'R8', sql: 'SELECT EXISTS (SELECT 1 FROM users WHERE id = «7»)', needs: [7] },
  { id: 'R9', sql: 'WITH a AS (SELECT count(*) FROM users) SELECT (TABLE a)', needs: 'all' },
  {
    id: 'R9',
    sql: 'WITH a AS (SELECT count(*) FROM users WHERE id = «7») SELECT (TABLE a)',
    needs: [7],
  },
  {
    id: 'R10',
    sql: `SELECT * FROM users u JOIN orders o ON o.note = u.name
      WHERE u.id = «1» AND o.user_id = «2»`,
    needs: [1, 2],
  },
  {
    id: 'R10',
    sql: `WITH a AS (SELECT * FROM users WHERE id = «1»), b AS (SELECT * FROM users WHERE id = «2»)
      SELECT a.name, b.name FROM a, b`,
    needs: [1, 2],
  },
  { id: 'R11', sql: 'SELECT * FROM users u LEFT JOIN orders o ON o.user_id = «5»', needs: 'all' },
  {
    id: 'R11',
    sql: 'SELECT * FROM users u LEFT JOIN orders o ON u.id = o.user_id AND o.user_id = «5»',
    needs: 'all',
  },
  {
    id: 'R11',
    sql: 'SELECT * FROM users u LEFT JOIN orders o ON u.id = o.user_id AND u.id = «5»',
    needs: 'all',
  },
  {
    id: 'R12',
    sql: 'SELECT * FROM users WHERE EXISTS (SELECT 1 FROM orders WHERE user_id = «1»)',
    needs: 'all',
  },
  {
    id: 'R12',
    sql: 'SELECT * FROM users WHERE id = (SELECT referrer_id FROM users WHERE id = «7»)',
    needs: [7, 53],
    wider: true,
  },
];

const expressions: readonly Trap[] = [
  { id: 'R13', sql: 'SELECT id FROM users WHERE id = «6» + 1', needs: [7], wider: true },
  { id: 'R13', sql: 'SELECT id FROM users WHERE id = 1 + 1', needs: [2], wider: true },
  { id: 'R13', sql: 'SELECT id FROM users WHERE id % 2 = «0»', needs: 'all' },
  { id: 'R13', sql: 'SELECT id FROM users WHERE id + 1 = «5»', needs: [4], wider: true },
  { id: 'R13', sql: 'SELECT id FROM users WHERE -id = «-5»', needs: [5], wider: true },
  { id: 'R13', sql: 'SELECT id FROM users WHERE id & 255 = «3»', needs: [3], wider: true },
  { id: 'R14', sql: 'SELECT id FROM users WHERE id IN («1», 1+1)', needs: [1, 2], wider: true },
  {
    id: 'R14',
    sql: 'SELECT id FROM users WHERE id IN («1», (SELECT 2))',
    needs: [1, 2],
    wider: true,
  },
  { id: 'R15', sql: 'SELECT * FROM users_view', needs: 'all' },
  { id: 'R15', sql: 'SELECT * FROM users_view WHERE id = «5»', needs: [5], wider: true },
  { id: 'R15', sql: 'SELECT total_users()', needs: 'all' },
  { id: 'R15', sql: 'SELECT * FROM events_old', needs: 'all' },
  { id: 'R15', sql: 'SELECT * FROM events_old WHERE user_id = «5»', needs: [5] },
  {
    id: 'R15',
    sql: "INSERT INTO events_new VALUES («11», «2024», 'direct')",
    needs: [11],
    check: events,
  },
  {
    id: 'R15',
    sql: "UPDATE events_old SET what = 'seen' WHERE user_id = «7»",
    needs: [7],
    check: events,
  },
  { id: 'R15', sql: 'DELETE FROM events_new WHERE user_id = «25»', needs: [25], check: events },
  {
    id: 'R16',
    before: 'SET search_path = app, public',
    sql: 'SELECT * FROM members WHERE tenant = «9»',
    needs: [9],
    check: 'SET search_path = public',
  },
  {
    id: 'R16',
    before: 'SET search_path = app, public',
    sql: 'SELECT count(*) FROM members',
    needs: 'all',
    check: 'SET search_path = public',
  },
];

const toldByHand: readonly Trap[] = [
  {
    id: 'R17',
    before: 'SET search_path = tenant_a',
    sql: 'SELECT * FROM tenant_b.notes',
    needs: { stored: 'tenant_b.notes' },
    check: 'SET search_path = public',
  },
  {
    id: 'R17',
    before: 'SET search_path = tenant_a, public',
    sql: 'SELECT * FROM notes WHERE id = «1»',
    needs: { stored: 'tenant_a.notes' },
    check: 'SET search_path = public',
  },
  {
    id: 'R17',
    before: 'SET search_path = tenant_a',
    sql: "INSERT INTO tenant_b.notes VALUES («9», 'new')",
    needs: { stored: 'tenant_b.notes' },
    check: 'SELECT * FROM tenant_b.notes',
  },
  {
    id: 'R18',
    before: "SET search_path = public; SET pgdog.sharding_key = '5'",
    sql: "SELECT * FROM digests WHERE name = «'d5'»",
    needs: { stored: 'digests WHERE id = 5' },
    check: 'RESET pgdog.sharding_key',
  },
  {
    id: 'R18',
    sql: "/* pgdog_sharding_key: 7 */ SELECT * FROM digests WHERE name = «'d7'»",
    needs: { stored: 'digests WHERE id = 7' },
  },
  {
    id: 'R18',
    sql: 'SELECT * FROM digests WHERE id IN («11», «12»)',
    needs: { stored: 'digests WHERE id IN (11, 12)' },
  },
  {
    id: 'R19',
    sql: "SELECT * FROM users WHERE /* pgdog_sharding_key: 5 */ email = «'u5@x'»",
    needs: [5],
  },
  {
    id: 'R19',
    sql: "SELECT * FROM users WHERE email = «'u6@x'» -- pgdog_sharding_key: 6",
    needs: [6],
  },
];

const values: readonly Trap[] = [
  { id: 'R20', sql: "SELECT id FROM users WHERE id = ANY(«'{1,2}'»)", needs: [1, 2] },
  { id: 'R20', sql: "SELECT id FROM users WHERE id = ANY(«'{4,null}'»::int8[])", needs: [4] },
  { id: 'R20', sql: 'SELECT id FROM users WHERE id = ANY(ARRAY[«1», 4])', needs: [1, 4] },
  { id: 'R20', sql: "SELECT id FROM users WHERE id <> ALL(«'{1,2}'»)", needs: 'all' },
  { id: 'R22', sql: "INSERT INTO codes(code) VALUES («'123'»)", needs: ['123'] },
  { id: 'R21', sql: "SELECT * FROM codes WHERE code = «'123'»", needs: ['123'] },
  { id: 'R21', sql: "SELECT * FROM codes WHERE code = «'[1,2]'»", needs: ['[1,2]'] },
  { id: 'R21', sql: "SELECT * FROM codes WHERE code IN («'a'», «'-5'»)", needs: ['a', '-5'] },
  {
    id: 'R22',
    sql: "INSERT INTO codes(label, code) VALUES ('two', «'77'»), ('two', «'0.5'») RETURNING code",
    needs: ['77', '0.5'],
    check: 'SELECT * FROM codes',
  },
  {
    id: 'R23',
    sql: 'BEGIN; SELECT §* FROM users WHERE id=1; UPDATE §users SET age = 77 WHERE id=2; COMMIT',
    needs: [1, 2],
    simpleOnly: true,
    check: flags,
  },
  {
    id: 'R23',
    sql: 'SELECT §* FROM users WHERE id=3; UPDATE §users SET age = 78 WHERE id=4',
    needs: [3, 4],
    simpleOnly: true,
    check: flags,
  },
  {
    id: 'R24',
    sql: "SELECT write_log(«'once'»)",
    needs: [],
    wider: true,
    check: 'SELECT count(*) FROM log',
  },
  { id: 'R24', sql: 'SELECT * INTO new_users FROM users', needs: 'all' },
  { id: 'R24', sql: "SELECT nextval(«'some_sequence'»)", needs: [], wider: true },
];

export const traps: readonly Trap[] = [
  ...equalityElsewhere,
  ...severalLevels,
  ...expressions,
  ...toldByHand,
  ...values,
];
