-- ## data exceptions (class 22) and what PostgreSQL says of values

SELECT 1/0;

SELECT 'x'::int;

SELECT 99999999999::int;

SELECT 1e400::float8;

SELECT '2020-13-01'::date;

SELECT '2020-02-30'::date;

SELECT make_date(2020, 2, 30);

SELECT '1 fortnight ago'::interval;

SELECT 'x'::uuid;

SELECT '{1,2'::int[];

SELECT ARRAY[1,2][1:2][1];

SELECT (ARRAY[[1,2],[3,4]]) || ARRAY[1,2,3];

SELECT substring('abc', 1, -1);

SELECT 'toolong'::varchar(3), 'toolong'::char(3);

CREATE TEMP TABLE narrow (v varchar(3), b bit(2), n numeric(3,1));

INSERT INTO narrow VALUES ('toolong');

INSERT INTO narrow (b) VALUES ('111');

INSERT INTO narrow (n) VALUES (1000);

SELECT ln(0), sqrt(-1);

SELECT sqrt(-1);

SELECT power(0, -1);

SELECT 'a' LIKE 'a\' ESCAPE 'xx';

SELECT 'abc' ~ '(';

SELECT regexp_matches('a', 'a', 'z');

SELECT chr(0);

SELECT convert_from('\xff', 'UTF8');

SELECT E'\xff';

SELECT decode('zz', 'hex'), decode('?', 'base64');

SELECT decode('zz', 'hex');

SELECT '{"a":'::json;

SELECT '{"a": 1}'::jsonb -> 'a' ->> 0, jsonb_path_query('{"a": 1}', 'strict $.b');

SELECT json_value('[1,2]', '$[*]' ERROR ON ERROR);

SELECT '<a>'::xml;

SELECT xpath('//', '<a/>');

SELECT to_number('x', '9');

SELECT to_timestamp('x', 'YYYY');

SELECT width_bucket(1, 2, 2, 3);

SELECT ntile(0) OVER ();

SELECT nth_value(1, 0) OVER ();

SELECT * FROM generate_series(1, 2) LIMIT -1;

SELECT * FROM generate_series(1, 2) OFFSET -1;

SELECT * FROM generate_series(1, 3, 0);

SELECT * FROM generate_series(1, 3) g TABLESAMPLE BERNOULLI (200);

SELECT now() AT TIME ZONE 'Nowhere/None';

SELECT int4range(5, 1);

SELECT 'x'::inet, '1.2.3.4/40'::cidr;

SELECT 'x'::macaddr;

SELECT 5::smallint * 30000::smallint;

SELECT 1::money / 0::float8;

SELECT '(1,2'::point;

SELECT to_tsquery('a &');

SELECT nextval('no_seq');

SELECT array_fill(1, ARRAY[-1]);

SELECT lo_get(1);

SELECT (SELECT g FROM generate_series(1, 2) g);

-- ## integrity, authorization, objects (classes 23, 2B, 3D, 3F, 42)

CREATE TABLE parent (id int PRIMARY KEY, u int UNIQUE NULLS NOT DISTINCT, CONSTRAINT sane CHECK (id > 0));

CREATE TABLE child (id int REFERENCES parent, during daterange, EXCLUDE USING gist (during WITH &&), n int NOT NULL DEFAULT 1);

INSERT INTO parent VALUES (1, 1), (1, 2);

INSERT INTO parent VALUES (-1, 1);

INSERT INTO parent VALUES (NULL, 1);

INSERT INTO parent VALUES (1, 1);

INSERT INTO child (id) VALUES (99);

INSERT INTO child VALUES (1, '[2020-01-01,2020-02-01)', NULL);

INSERT INTO child VALUES (1, '[2020-01-01,2020-02-01)'), (1, '[2020-01-15,2020-03-01)');

INSERT INTO child VALUES (1, NULL);

DELETE FROM parent;

DROP TABLE parent;

DROP ROLE current_user;

SELECT * FROM nowhere.nothing;

SET search_path = '';

CREATE TABLE unplaced (a int);

RESET search_path;

SELECT * FROM other_database.public.t;

SELECT upper(1, 2);

SELECT ambiguous FROM (SELECT 1 AS ambiguous) a, (SELECT 2 AS ambiguous) b;

SELECT 1 + 'x'::text;

SELECT round('x');

SELECT 1::nowhere;

SELECT a FROM (VALUES (1)) v (a) GROUP BY b;

SELECT a, count(*) FROM (VALUES (1)) v (a);

SELECT count(count(1));

SELECT sum(1) OVER () FROM generate_series(1, 2) GROUP BY 1 HAVING sum(1) OVER () > 1;

SELECT * FROM parent a JOIN parent a ON true;

SELECT CASE WHEN true THEN 1 ELSE 'x'::date END;

SELECT 'a' COLLATE "none";

SELECT 'a' COLLATE "C" < 'b' COLLATE "POSIX";

SELECT 'a' < 'b' COLLATE "C" || 'x' COLLATE "POSIX";

INSERT INTO parent (id, id) VALUES (1, 2);

INSERT INTO parent (nothing) VALUES (1);

INSERT INTO parent VALUES (1, 2, 3);

CREATE TABLE dup_column (a int, a int);

CREATE TABLE two_keys (a int PRIMARY KEY, b int PRIMARY KEY);

CREATE FUNCTION dup_args(a int, a int) RETURNS int LANGUAGE sql AS 'SELECT 1';

WITH x AS (SELECT 1), x AS (SELECT 2) SELECT 1;

WITH RECURSIVE x AS (SELECT * FROM x) SELECT 1;

CREATE VIEW bad_view AS SELECT 1 AS a, 2 AS a;

CREATE TABLE bad_default (a int DEFAULT 'x');

CREATE TABLE bad_reference (a text REFERENCES parent);

CREATE TABLE bad_partition PARTITION OF parent FOR VALUES IN (1);

CREATE TABLE pg_forbidden.x (a int);

CREATE SCHEMA pg_mine;

CREATE ROLE pg_mine;

CREATE TABLE generated (a int GENERATED ALWAYS AS IDENTITY, b int GENERATED ALWAYS AS (a * 2) STORED);

INSERT INTO generated (a) VALUES (1);

INSERT INTO generated (b) VALUES (1);

UPDATE generated SET b = 1;

DROP TABLE child, parent, generated;

-- ## states of the transaction (classes 25, 2D, 3B, 40), cursors (24, 34), programs (2F, 38, 39)

ROLLBACK TO SAVEPOINT nothing;

BEGIN; ROLLBACK TO SAVEPOINT nothing; SELECT 1;

SELECT 1;

ROLLBACK;

BEGIN READ ONLY; CREATE TABLE x (a int);

COMMIT;

BEGIN; SELECT 1; SET TRANSACTION READ WRITE; ROLLBACK;

CREATE INDEX CONCURRENTLY i ON pg_class (relname);

BEGIN; REINDEX TABLE CONCURRENTLY pg_am; COMMIT;

ROLLBACK;

CREATE FUNCTION no_return() RETURNS int LANGUAGE plpgsql AS 'BEGIN NULL; END';

SELECT no_return();

CREATE FUNCTION commits() RETURNS void LANGUAGE plpgsql AS 'BEGIN COMMIT; END';

SELECT commits();

CREATE FUNCTION reads_cursor() RETURNS void LANGUAGE plpgsql AS 'DECLARE c refcursor; BEGIN OPEN c FOR SELECT 1; CLOSE c; FETCH c INTO c; END';

SELECT reads_cursor();

CREATE FUNCTION null_cursor() RETURNS void LANGUAGE plpgsql AS 'DECLARE c refcursor; r record; BEGIN FETCH c INTO r; END';

SELECT null_cursor();

CREATE FUNCTION stacked() RETURNS void LANGUAGE plpgsql AS 'DECLARE t text; BEGIN GET STACKED DIAGNOSTICS t = MESSAGE_TEXT; END';

SELECT stacked();

CREATE FUNCTION no_case(int) RETURNS int LANGUAGE plpgsql AS 'BEGIN CASE $1 WHEN 1 THEN RETURN 1; END CASE; END';

SELECT no_case(2);

CREATE FUNCTION strict_into() RETURNS int LANGUAGE plpgsql AS 'DECLARE n int; BEGIN SELECT 1 INTO STRICT n WHERE false; RETURN n; END';

SELECT strict_into();

CREATE FUNCTION strict_many() RETURNS int LANGUAGE plpgsql AS 'DECLARE n int; BEGIN SELECT g INTO STRICT n FROM generate_series(1, 2) g; RETURN n; END';

SELECT strict_many();

CREATE FUNCTION raises(state text) RETURNS int LANGUAGE plpgsql AS 'BEGIN RAISE SQLSTATE ''40001''; RETURN 1; END';

SELECT raises('40001');

CREATE FUNCTION recurses() RETURNS int LANGUAGE sql AS 'SELECT 1';

CREATE OR REPLACE FUNCTION recurses() RETURNS int LANGUAGE sql AS 'SELECT recurses() + 1';

SET max_stack_depth = '100kB';

SELECT recurses();

RESET max_stack_depth;

CREATE FUNCTION null_trigger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';

CREATE TABLE triggered (a int);

CREATE TRIGGER t BEFORE INSERT ON triggered FOR EACH STATEMENT EXECUTE FUNCTION null_trigger();

INSERT INTO triggered VALUES (1);

CREATE FUNCTION modifies() RETURNS int STABLE LANGUAGE sql AS 'INSERT INTO triggered VALUES (1) RETURNING a';

SELECT modifies();

CREATE FUNCTION wrong_row() RETURNS TABLE (a int, b int) LANGUAGE plpgsql AS 'BEGIN RETURN QUERY SELECT 1; END';

SELECT * FROM wrong_row();

DROP TABLE triggered;

DROP FUNCTION no_return, commits, reads_cursor, null_cursor, stacked, no_case, strict_into, strict_many, raises, recurses, null_trigger, modifies, wrong_row;

-- ## limits and the system (classes 53, 54, 55, 57, 58, F0, HV, P0, XX), and states raised by hand

SELECT 1 FROM pg_class WHERE oid IN (SELECT 1) AND (SELECT set_config('temp_file_limit', '1kB', false)) IS NOT NULL;

SET temp_file_limit = '64kB';

SET work_mem = '64kB';

SELECT count(*) FROM (SELECT g, repeat('x', 1000) FROM generate_series(1, 5000) g ORDER BY 2, 1 OFFSET 0) s;

RESET ALL;

CREATE FUNCTION many() RETURNS int LANGUAGE sql AS 'SELECT 1';

DO $$ BEGIN EXECUTE 'SELECT ' || repeat('1,', 1700) || '1'; END $$;

DO $$ BEGIN EXECUTE 'SELECT f(' || repeat('1,', 120) || '1)'; END $$;

SELECT repeat('x', 1100000000);

DO $$ BEGIN EXECUTE 'SELECT ' || repeat('(', 10000) || '1' || repeat(')', 10000); END $$;

ALTER TABLE pg_class ADD COLUMN x int;

DROP TABLE pg_class;

DROP DATABASE template1;

SELECT currval('none');

CREATE SEQUENCE unread;

SELECT currval('unread');

SELECT lastval();

DROP SEQUENCE unread;

SET wal_level = minimal;

SET log_connections = 'all';

COPY pg_class TO '/nowhere/at/all';

SELECT pg_read_file('/nowhere');

CREATE FUNCTION no_library() RETURNS int LANGUAGE c AS '/nowhere', 'x';

CREATE FUNCTION internal_none() RETURNS int LANGUAGE internal AS 'none_such';

DROP FUNCTION many;

SELECT pg_cancel_backend(pg_backend_pid()), pg_sleep(1);

DO $$ BEGIN RAISE SQLSTATE '03000'; END $$;

DO $$ BEGIN RAISE SQLSTATE '08006'; END $$;

DO $$ BEGIN RAISE SQLSTATE '09000'; END $$;

DO $$ BEGIN RAISE SQLSTATE '0B000'; END $$;

DO $$ BEGIN RAISE SQLSTATE '0F001'; END $$;

DO $$ BEGIN RAISE SQLSTATE '0L000'; END $$;

DO $$ BEGIN RAISE SQLSTATE '0P000'; END $$;

DO $$ BEGIN RAISE SQLSTATE '0Z002'; END $$;

DO $$ BEGIN RAISE SQLSTATE '10608'; END $$;

DO $$ BEGIN RAISE SQLSTATE '20000'; END $$;

DO $$ BEGIN RAISE SQLSTATE '21000'; END $$;

DO $$ BEGIN RAISE SQLSTATE '26000'; END $$;

DO $$ BEGIN RAISE SQLSTATE '27000'; END $$;

DO $$ BEGIN RAISE SQLSTATE '28000'; END $$;

DO $$ BEGIN RAISE SQLSTATE '2D000'; END $$;

DO $$ BEGIN RAISE SQLSTATE '2F003'; END $$;

DO $$ BEGIN RAISE SQLSTATE '34000'; END $$;

DO $$ BEGIN RAISE SQLSTATE '38001'; END $$;

DO $$ BEGIN RAISE SQLSTATE '39001'; END $$;

DO $$ BEGIN RAISE SQLSTATE '3B001'; END $$;

DO $$ BEGIN RAISE SQLSTATE '40002'; END $$;

DO $$ BEGIN RAISE SQLSTATE '44000'; END $$;

DO $$ BEGIN RAISE SQLSTATE '53100'; END $$;

DO $$ BEGIN RAISE SQLSTATE '55000'; END $$;

DO $$ BEGIN RAISE SQLSTATE '57014'; END $$;

DO $$ BEGIN RAISE SQLSTATE '58030'; END $$;

DO $$ BEGIN RAISE SQLSTATE 'F0001'; END $$;

DO $$ BEGIN RAISE SQLSTATE 'HV000'; END $$;

DO $$ BEGIN RAISE SQLSTATE 'XX001'; END $$;

DO $$ BEGIN RAISE WARNING SQLSTATE '01006'; RAISE NOTICE SQLSTATE '02001'; END $$;
