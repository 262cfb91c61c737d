CREATE EXTENSION IF NOT EXISTS citext;
CREATE EXTENSION IF NOT EXISTS hstore;
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE DOMAIN told AS text NOT NULL;
CREATE DOMAIN title AS text COLLATE "C";
CREATE TYPE shade AS ENUM ('red', 'green', 'blue');
ALTER TYPE shade ADD VALUE 'amber' BEFORE 'green';
CREATE TYPE pair AS (a int, b text);
CREATE COLLATION folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE forms (
  id bigint PRIMARY KEY,
  bo boolean,
  n numeric,
  n4 numeric(12,4),
  f4 float4,
  f8 float8,
  bp char(6) COLLATE "C",
  vc varchar(12) COLLATE "C",
  icu text COLLATE "und-x-icu",
  ci text COLLATE folded,
  cx citext,
  nm name,
  ch "char",
  en shade,
  ip inet,
  cd cidr,
  mac macaddr,
  js json,
  jb jsonb,
  ia int[],
  na numeric[],
  ta text[],
  pr pair,
  dm positive,
  ti title,
  bi bit(4),
  vb varbit,
  r int4range,
  tr tstzrange,
  mr int4multirange,
  iv interval,
  ttz timetz,
  d date,
  ts timestamp,
  tz timestamptz,
  by bytea,
  u uuid,
  mo money,
  o oid,
  lsn pg_lsn,
  pt point,
  tv tsvector,
  hs hstore
);
CREATE VIEW ranked AS SELECT id, n4, vc FROM forms ORDER BY n4 DESC NULLS LAST, id;
