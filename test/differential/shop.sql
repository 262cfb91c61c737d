CREATE TABLE users (
  id bigint PRIMARY KEY,
  email text COLLATE "C" NOT NULL,
  name varchar(40),
  country text COLLATE "C",
  age int,
  score numeric(12,3),
  balance float8,
  active boolean,
  created_at timestamptz NOT NULL DEFAULT '2026-01-01 00:00:00+00',
  born date,
  tags text[],
  info jsonb,
  CHECK (age >= 0)
);
CREATE TABLE orders (
  id bigint NOT NULL,
  user_id bigint NOT NULL,
  item_id int,
  amount numeric(10,2),
  quantity int2,
  placed_at timestamp,
  note text,
  PRIMARY KEY (user_id, id)
);
CREATE TABLE payments (
  id bigint NOT NULL,
  user_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  order_id bigint,
  cents int,
  method text COLLATE "C" DEFAULT 'card',
  rate float4,
  PRIMARY KEY (user_id, id)
);
CREATE TABLE items (
  id int PRIMARY KEY,
  name text NOT NULL,
  price numeric(8,2),
  category text COLLATE "C"
);
CREATE TABLE codes (
  code varchar(80) PRIMARY KEY,
  label text,
  uses int NOT NULL DEFAULT 0
);
CREATE TABLE docs (
  id uuid PRIMARY KEY,
  title text COLLATE "C",
  owner bigint,
  body bytea
);
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TABLE kinds (
  id bigint PRIMARY KEY,
  b boolean,
  i2 int2,
  i4 int4,
  i8 int8,
  n numeric,
  n2 numeric(20,4),
  f4 float4,
  f8 float8,
  t text COLLATE "C",
  v varchar(20) COLLATE "C",
  c char(8) COLLATE "C",
  word text,
  by bytea,
  d date,
  ti time,
  ttz timetz,
  ts timestamp,
  tz timestamptz,
  iv interval,
  u uuid,
  o oid,
  ip inet,
  js jsonb,
  m mood,
  a int[],
  mo money
);
CREATE TABLE small (k int PRIMARY KEY, label text);
CREATE TABLE tiny (k int2 PRIMARY KEY, label text);
CREATE TABLE empty (id bigint PRIMARY KEY, x int, t text COLLATE "C");
CREATE VIEW adults AS SELECT * FROM users WHERE age >= 18;
CREATE VIEW item_list AS SELECT id, name FROM items;
CREATE VIEW country_figures AS
  SELECT country, count(*) AS people, avg(score) AS mean, max(age) AS oldest
  FROM users GROUP BY country;
CREATE VIEW best_users AS SELECT id, name, score FROM users ORDER BY score DESC NULLS LAST, id LIMIT 7;
CREATE VIEW payment_methods AS SELECT DISTINCT method FROM payments;
CREATE VIEW recent_orders AS
  SELECT id, user_id, amount FROM orders WHERE placed_at > now() - interval '1000 years';
CREATE VIEW country_ranks AS
  SELECT id, country, rank() OVER (PARTITION BY country ORDER BY score DESC, id) AS r FROM users;
CREATE VIEW big_countries AS
  SELECT f.country AS c, f.people AS n FROM country_figures f
  WHERE f.people > 2 AND date '2020-01-31' < date '2021-12-01';
CREATE VIEW mixed (k, n) AS
  SELECT country, count(*) FROM users GROUP BY country
  UNION ALL
  SELECT method, count(*) FROM payments GROUP BY method;
CREATE VIEW barred WITH (security_barrier) AS
  SELECT country, count(*) AS n FROM users GROUP BY country HAVING count(*) > 1;
CREATE FUNCTION plus_one(x bigint) RETURNS bigint IMMUTABLE LANGUAGE sql AS 'SELECT x + 1';
CREATE FUNCTION user_count() RETURNS bigint STABLE LANGUAGE sql AS 'SELECT count(*) FROM users';
