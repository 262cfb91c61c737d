CREATE TABLE regions (id int PRIMARY KEY, name text NOT NULL, parent int, zone text COLLATE "C");
CREATE TABLE devices (
  id bigint PRIMARY KEY,
  name text NOT NULL,
  kind text COLLATE "C",
  region_id int,
  installed date,
  weight float8
);
CREATE TABLE events (
  id bigint NOT NULL,
  device_id bigint NOT NULL,
  at timestamptz NOT NULL,
  kind text COLLATE "C",
  level int,
  value float8,
  cost numeric(14,4),
  tags text[],
  payload jsonb,
  ip inet,
  ok boolean,
  PRIMARY KEY (device_id, id)
);
CREATE TABLE readings (
  device_id bigint NOT NULL,
  at timestamp NOT NULL,
  sensor int2 NOT NULL,
  x float8,
  y float8,
  n numeric,
  PRIMARY KEY (device_id, at, sensor)
);
CREATE AGGREGATE product(numeric) (sfunc = numeric_mul, stype = numeric, initcond = '1');
CREATE AGGREGATE total(numeric) (
  sfunc = numeric_add, stype = numeric, initcond = '0', combinefunc = numeric_add
);
CREATE FUNCTION keep_first(a anyelement, b anyelement) RETURNS anyelement
  IMMUTABLE STRICT LANGUAGE sql AS 'SELECT a';
CREATE AGGREGATE first_of(anyelement) (sfunc = keep_first, stype = anyelement);
CREATE FUNCTION with_separator(a text, b text) RETURNS text
  IMMUTABLE LANGUAGE sql AS $$ SELECT coalesce(a || '/', '') || coalesce(b, '?') $$;
CREATE AGGREGATE path_of(text) (sfunc = with_separator, stype = text);
