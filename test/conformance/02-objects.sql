-- ## types and domains

CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');

ALTER TYPE mood ADD VALUE 'great' AFTER 'happy';

ALTER TYPE mood RENAME VALUE 'sad' TO 'blue';

SELECT 'great'::mood, enum_range(NULL::mood), 'blue'::mood < 'ok'::mood;

SELECT 'sad'::mood;

CREATE TYPE pair AS (x int, y text);

ALTER TYPE pair ADD ATTRIBUTE z date;

SELECT ROW(1, 'a', '2020-02-02')::pair AS p, (ROW(1, 'a', NULL)::pair).x;

CREATE TYPE floatrange AS RANGE (subtype = float8, subtype_diff = float8mi);

SELECT floatrange(1.5, 2.5), '{[1,2),[3,4)}'::floatmultirange;

ALTER TYPE floatrange SET (STORAGE = plain);

CREATE TYPE shell;

DROP TYPE shell;

CREATE DOMAIN positive AS int CONSTRAINT above CHECK (VALUE > 0);

ALTER DOMAIN positive ADD CONSTRAINT small CHECK (VALUE < 100);

SELECT 5::positive;

SELECT (-5)::positive;

SELECT 500::positive;

ALTER DOMAIN positive DROP CONSTRAINT small;

CREATE TABLE typed (m mood, p pair, d positive, f floatrange, ms mood[]);

INSERT INTO typed VALUES ('ok', (1, 'x', NULL), 7, '[1,2]', '{ok,great}') RETURNING *;

SELECT m, p, d, f, ms, (p).y FROM typed;

DROP TYPE mood;

DROP TABLE typed;

DROP TYPE mood, pair, floatrange;

DROP DOMAIN positive;

-- ## functions, procedures, triggers

CREATE FUNCTION add_one(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 + 1';

CREATE FUNCTION add_two(n int) RETURNS int RETURN n + 2;

CREATE FUNCTION add_three(n int) RETURNS int BEGIN ATOMIC SELECT n + 1; SELECT n + 3; END;

SELECT add_one(1), add_two(n => 1), add_three(1);

SELECT add_one('x');

SELECT no_function(1);

CREATE FUNCTION table_of(n int, OUT a int, OUT b text) RETURNS SETOF record LANGUAGE plpgsql AS $$
BEGIN
  FOR i IN 1..n LOOP a := i; b := 'b' || i; RETURN NEXT; END LOOP;
END $$;

SELECT * FROM table_of(3);

SELECT table_of(2);

CREATE FUNCTION fails(code text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'failed with %', code USING ERRCODE = code, DETAIL = 'the detail', HINT = 'the hint', COLUMN = 'c', CONSTRAINT = 'k', DATATYPE = 't', TABLE = 'tab', SCHEMA = 'sch';
END $$;

SELECT fails('P0001');

SELECT fails('ZZ999');

CREATE FUNCTION broken() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETRUN 1; END $$;

CREATE FUNCTION broken() RETURNS int LANGUAGE sql AS 'SELECT nothing';

ALTER FUNCTION add_one(int) STRICT COST 10 SET work_mem = '1MB';

ALTER FUNCTION add_one(int) RENAME TO plus_one;

CREATE PROCEDURE swap(INOUT a int, INOUT b int) LANGUAGE plpgsql AS $$ DECLARE t int := a; BEGIN a := b; b := t; RAISE NOTICE 'swapped % %', a, b; END $$;

CALL swap(1, 2);

CALL plus_one(1);

CREATE PROCEDURE committing() LANGUAGE plpgsql AS $$ BEGIN CREATE TABLE IF NOT EXISTS made_by_proc (a int); COMMIT; INSERT INTO made_by_proc VALUES (1); ROLLBACK; INSERT INTO made_by_proc VALUES (2); END $$;

CALL committing();

BEGIN

CALL committing();

ROLLBACK

SELECT * FROM made_by_proc;

DROP TABLE made_by_proc;

CREATE TABLE watched (id int, note text);

CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE NOTICE '% % on %', TG_WHEN, TG_OP, TG_TABLE_NAME;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  IF NEW.id < 0 THEN RAISE EXCEPTION 'negative'; END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER watch_rows BEFORE INSERT OR UPDATE OR DELETE ON watched FOR EACH ROW EXECUTE FUNCTION watch();

CREATE CONSTRAINT TRIGGER watch_end AFTER INSERT ON watched DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION watch();

INSERT INTO watched VALUES (1, 'a'), (2, 'b') RETURNING *;

INSERT INTO watched VALUES (-1, 'a');

ALTER TRIGGER watch_rows ON watched RENAME TO watch_all;

ALTER TABLE watched DISABLE TRIGGER ALL;

DROP TRIGGER watch_end ON watched;

CREATE FUNCTION on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'ddl: %', TG_TAG; END $$;

CREATE EVENT TRIGGER ddl_watch ON ddl_command_end EXECUTE FUNCTION on_ddl();

CREATE TABLE seen_by_trigger (a int);

ALTER EVENT TRIGGER ddl_watch DISABLE;

DROP EVENT TRIGGER ddl_watch;

DROP TABLE seen_by_trigger, watched;

DO $$ BEGIN RAISE DEBUG 'd'; RAISE LOG 'l'; RAISE INFO 'i'; RAISE NOTICE 'n'; RAISE WARNING 'w' USING DETAIL = 'x'; END $$;

SET client_min_messages = debug1;

DO LANGUAGE plpgsql 'BEGIN RAISE DEBUG ''d''; END';

RESET client_min_messages;

DO $$ BEGIN PERFORM 1/0; EXCEPTION WHEN division_by_zero THEN RAISE NOTICE 'caught %', SQLSTATE; END $$;

DO $$ BEGIN ASSERT false, 'asserted'; END $$;

DROP FUNCTION plus_one(int), add_two, add_three, table_of, fails, watch, on_ddl;

DROP PROCEDURE swap, committing;

DROP FUNCTION none_such(int);

-- ## sequences

CREATE SEQUENCE counting START 10 INCREMENT 5 MAXVALUE 25 CACHE 1;

SELECT currval('counting');

SELECT nextval('counting'), nextval('counting'), nextval('counting'), nextval('counting');

SELECT nextval('counting');

ALTER SEQUENCE counting RESTART CYCLE;

SELECT setval('counting', 15), lastval();

ALTER SEQUENCE counting OWNED BY NONE;

DROP SEQUENCE counting;

-- ## operators, casts, aggregates, collations, conversions, text search

CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq, COMMUTATOR = ===);

SELECT 1 === 1;

ALTER OPERATOR === (int, int) SET (RESTRICT = eqsel);

CREATE OPERATOR FAMILY fam USING btree;

ALTER OPERATOR FAMILY fam USING btree ADD FUNCTION 1 (int4, int8) btint48cmp(int4, int8);

CREATE OPERATOR CLASS abs_ops FOR TYPE int USING btree FAMILY fam AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(int, int);

ALTER OPERATOR CLASS abs_ops USING btree RENAME TO abs_ops_2;

DROP OPERATOR CLASS abs_ops_2 USING btree;

DROP OPERATOR FAMILY fam USING btree;

DROP OPERATOR === (int, int);

CREATE CAST (bool AS int8) WITH FUNCTION int8(text) AS ASSIGNMENT;

CREATE CAST (date AS oid) WITHOUT FUNCTION;

DROP CAST (date AS oid);

CREATE AGGREGATE product(float8) (SFUNC = float8mul, STYPE = float8, INITCOND = '1');

SELECT product(x) FROM (VALUES (2.0), (3.5)) v (x);

ALTER AGGREGATE product(float8) RENAME TO multiplied;

DROP AGGREGATE multiplied(float8);

CREATE COLLATION german (provider = icu, locale = 'de');

ALTER COLLATION german REFRESH VERSION;

ALTER COLLATION german RENAME TO deutsch;

DROP COLLATION deutsch;

CREATE COLLATION nowhere (locale = 'xx_YY');

CREATE CONVERSION latin FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;

ALTER CONVERSION latin RENAME TO latin_2;

DROP CONVERSION latin_2;

CREATE TEXT SEARCH CONFIGURATION plain (COPY = simple);

ALTER TEXT SEARCH CONFIGURATION plain ALTER MAPPING FOR word WITH simple;

CREATE TEXT SEARCH DICTIONARY words (TEMPLATE = simple, STOPWORDS = english);

ALTER TEXT SEARCH DICTIONARY words (ACCEPT = false);

SELECT to_tsvector('plain', 'The quick fox'), ts_lexize('words', 'the');

CREATE TEXT SEARCH PARSER p (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype);

CREATE TEXT SEARCH TEMPLATE t (LEXIZE = dsimple_lexize);

DROP TEXT SEARCH CONFIGURATION plain;

DROP TEXT SEARCH DICTIONARY words;

DROP TEXT SEARCH PARSER p;

DROP TEXT SEARCH TEMPLATE t;

CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler;

DROP ACCESS METHOD heap2;

CREATE TRANSFORM FOR int LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal), TO SQL WITH FUNCTION prsd_lextype(internal));

CREATE LANGUAGE plsample HANDLER plpgsql_call_handler;

DROP LANGUAGE plsample;

-- ## extensions and foreign data

CREATE EXTENSION citext;

SELECT 'ABC'::citext = 'abc' AS same, 'x'::citext;

ALTER EXTENSION citext UPDATE;

ALTER EXTENSION citext DROP FUNCTION citext(inet);

ALTER EXTENSION citext ADD FUNCTION citext(inet);

DROP EXTENSION citext;

CREATE EXTENSION none_such;

CREATE EXTENSION file_fdw;

CREATE FOREIGN DATA WRAPPER nothing;

ALTER FOREIGN DATA WRAPPER nothing OPTIONS (ADD debug 'true');

CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;

ALTER SERVER files VERSION '2';

CREATE USER MAPPING FOR CURRENT_USER SERVER files;

ALTER USER MAPPING FOR CURRENT_USER SERVER files OPTIONS (ADD x 'y');

DROP USER MAPPING FOR CURRENT_USER SERVER files;

CREATE FOREIGN TABLE passwd (line text) SERVER files OPTIONS (filename '/nowhere', format 'csv');

ALTER FOREIGN TABLE passwd OPTIONS (SET filename '/nowhere/else');

SELECT * FROM passwd;

IMPORT FOREIGN SCHEMA public FROM SERVER files INTO public;

DROP FOREIGN TABLE passwd;

DROP SERVER files;

DROP FOREIGN DATA WRAPPER nothing;

DROP EXTENSION file_fdw;

-- ## roles, privileges, policies

CREATE ROLE conformance_reader;

CREATE ROLE conformance_reader;

CREATE ROLE conformance_writer LOGIN PASSWORD 'secret' CONNECTION LIMIT 5 VALID UNTIL '2050-01-01';

ALTER ROLE conformance_reader CREATEDB;

ALTER ROLE conformance_reader SET work_mem = '2MB';

ALTER ROLE conformance_reader RENAME TO conformance_viewer;

GRANT conformance_viewer TO conformance_writer WITH ADMIN OPTION;

REVOKE ADMIN OPTION FOR conformance_viewer FROM conformance_writer;

CREATE TABLE guarded (id int, owner text);

INSERT INTO guarded VALUES (1, 'conformance_viewer'), (2, 'other');

GRANT SELECT, INSERT (id) ON guarded TO conformance_viewer;

GRANT USAGE ON SCHEMA public TO conformance_viewer WITH GRANT OPTION;

ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO conformance_viewer;

ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE SELECT ON TABLES FROM conformance_viewer;

ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;

CREATE POLICY own_rows ON guarded FOR SELECT TO conformance_viewer USING (owner = current_user);

ALTER POLICY own_rows ON guarded RENAME TO own;

ALTER POLICY own ON guarded USING (owner = current_user OR id > 100);

SET ROLE conformance_viewer;

SELECT current_user, session_user = current_user AS same;

SELECT * FROM guarded;

INSERT INTO guarded VALUES (3, 'x');

UPDATE guarded SET id = 1;

CREATE ROLE conformance_none;

ALTER SYSTEM SET work_mem = '1MB';

COPY guarded TO '/tmp/none';

RESET ROLE;

SET SESSION AUTHORIZATION conformance_writer;

SELECT session_user, current_user;

SELECT * FROM guarded;

RESET SESSION AUTHORIZATION;

SET ROLE none_such;

DROP POLICY own ON guarded;

REASSIGN OWNED BY conformance_viewer TO CURRENT_USER;

DROP ROLE conformance_viewer;

DROP OWNED BY conformance_viewer, conformance_writer;

DROP ROLE conformance_viewer, conformance_writer;

DROP ROLE IF EXISTS conformance_viewer;

DROP TABLE guarded;

-- ## the server: databases, tablespaces, system settings, maintenance

CREATE DATABASE conformance_other TEMPLATE template0;

ALTER DATABASE conformance_other CONNECTION LIMIT 3;

ALTER DATABASE conformance_other SET work_mem = '1MB';

ALTER DATABASE conformance_other REFRESH COLLATION VERSION;

DROP DATABASE conformance_other;

DROP DATABASE conformance_other;

BEGIN; CREATE DATABASE conformance_other; COMMIT;

CREATE TABLESPACE conformance_space LOCATION '/nowhere/at/all';

ALTER TABLESPACE conformance_space SET (random_page_cost = 1);

ALTER TABLE ALL IN TABLESPACE pg_default SET TABLESPACE conformance_space;

DROP TABLESPACE conformance_space;

ALTER SYSTEM SET conformance.nothing = 'x';

ALTER SYSTEM SET none_such = 1;

ALTER SYSTEM RESET conformance.nothing;

CREATE TABLE kept (id int PRIMARY KEY, v text);

INSERT INTO kept SELECT i, i FROM generate_series(1, 100) i;

VACUUM;

VACUUM (ANALYZE, INDEX_CLEANUP ON) kept;

VACUUM FULL kept;

ANALYZE kept (id);

ANALYZE nowhere;

VACUUM (NONSENSE) kept;

BEGIN; VACUUM kept; COMMIT;

REINDEX SCHEMA public;

REINDEX TABLE kept;

CLUSTER;

CHECKPOINT;

LOAD 'plpgsql';

LOAD 'none_such';

CREATE PUBLICATION pub FOR TABLE kept WHERE (id > 5);

ALTER PUBLICATION pub SET (publish = 'insert');

DROP PUBLICATION pub;

CREATE SUBSCRIPTION conformance_sub CONNECTION 'dbname=none' PUBLICATION pub WITH (connect = false);

ALTER SUBSCRIPTION conformance_sub DISABLE;

ALTER SUBSCRIPTION conformance_sub SET (slot_name = NONE);

DROP SUBSCRIPTION conformance_sub;

DROP TABLE kept;

CREATE FUNCTION depends() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';

ALTER FUNCTION depends() DEPENDS ON EXTENSION plpgsql;

ALTER FUNCTION depends() OWNER TO CURRENT_USER;

DROP FUNCTION depends();
