-- ## selects

SELECT;

SELECT 1;

SELECT 1 AS a, 'x' b, NULL c, true d, 1.5 e, '{1,2}'::int[] f, ROW(1, 'x') g;

SELECT 1; SELECT 2, 'two'; SELECT;

SELECT 1; ; SELECT 2;

;

-- only a comment

/* a comment */ SELECT /* in /* a nested */ one */ 1 -- behind

VALUES (1, 'a'), (2, 'b') ORDER BY 1 DESC LIMIT 1 OFFSET 0;

TABLE pg_catalog.pg_am ORDER BY amname LIMIT 2;

SELECT g, count(*) OVER w, sum(g) OVER (w ORDER BY g) FROM generate_series(1, 4) g WINDOW w AS (PARTITION BY g % 2) ORDER BY g;

SELECT a, sum(b), grouping(a) FROM (VALUES (1, 2), (1, 3), (2, 4)) v (a, b) GROUP BY ROLLUP (a) HAVING sum(b) > 1 ORDER BY a NULLS FIRST;

SELECT 1 UNION SELECT 2 UNION ALL SELECT 2 EXCEPT SELECT 1;

WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 5) SEARCH DEPTH FIRST BY n SET ordercol SELECT n, ordercol FROM t;

SELECT DISTINCT ON (a) a, b FROM (VALUES (1, 2), (1, 1)) v (a, b) ORDER BY a, b;

SELECT * FROM (VALUES (1), (2)) a (x) LEFT JOIN LATERAL (SELECT x * 2 AS y) b ON true FULL JOIN (VALUES (4)) c (z) ON z = y;

SELECT * FROM generate_series(1, 3) WITH ORDINALITY, ROWS FROM (unnest('{a,b}'::text[]), generate_series(1, 3)) r (a, b) FETCH FIRST 4 ROWS WITH TIES;

SELECT * FROM generate_series(1, 3) WITH ORDINALITY ORDER BY 1 FETCH FIRST 2 ROWS WITH TIES;

SELECT * FROM JSON_TABLE('[{"a": 1}, {"a": 2}]', '$[*]' COLUMNS (a int PATH '$.a', n FOR ORDINALITY));

SELECT * FROM XMLTABLE('/r/x' PASSING '<r><x>1</x><x>2</x></r>' COLUMNS x int PATH '.');

SELECT g FROM generate_series(1, 1000) g TABLESAMPLE SYSTEM (10);

SELECT repeat('x', 100000), repeat('ž', 70000);

SELECT g, repeat('row', 20) FROM generate_series(1, 3000) g;

SELECT 'a' 'b';

SELECT 'it''s', E'tab\there', U&'d\0061t', $tag$dollar $$ quoted$tag$, B'101', X'1F', 1e10, 0x1F, 1_000;

SELECT $1;

SELECT 1 FROM nowhere;

SELECT a FROM (SELECT 1 AS b) x;

SELEC 1;

SELECT 1 FROM (VALUES (1)) x GROUP BY;

SELECT 'unterminated;

SELECT 1; SELECT 1/0; SELECT 2;

SELECT 1; SELECT oops; SELECT 2;

SELECT 1; SELEC; SELECT 2;

SELECT '                                                                      ', 1; SELECT 1 +     nothing_here; SELECT 3;

-- ## changes: INSERT, UPDATE, DELETE, MERGE

CREATE TABLE stock (id int PRIMARY KEY, name text NOT NULL DEFAULT 'none', amount numeric(8,2) CHECK (amount >= 0), made timestamptz DEFAULT '2020-01-01');

INSERT INTO stock (id, name, amount) VALUES (1, 'a', 1.5), (2, DEFAULT, 2), (3, 'c', NULL);

INSERT INTO stock DEFAULT VALUES;

INSERT INTO stock SELECT 10 + g, 'g' || g, g FROM generate_series(1, 3) g RETURNING id, name;

INSERT INTO stock VALUES (1, 'again', 0);

INSERT INTO stock VALUES (1, 'again', 9) ON CONFLICT (id) DO UPDATE SET name = excluded.name, amount = stock.amount + excluded.amount WHERE stock.amount < 100 RETURNING *, xmax = 0 AS fresh;

INSERT INTO stock VALUES (1, 'again') ON CONFLICT DO NOTHING;

INSERT INTO stock VALUES (1, 'again') ON CONFLICT (name) DO NOTHING;

UPDATE stock SET amount = amount * 2, name = upper(name) WHERE id < 3 RETURNING OLD.amount, NEW.amount;

UPDATE stock s SET (name, amount) = (SELECT 'sub', 7) FROM (VALUES (3)) v (id) WHERE s.id = v.id;

UPDATE stock SET amount = -1;

UPDATE stock SET nothing = 1;

DELETE FROM stock USING (VALUES (11), (12)) v (id) WHERE stock.id = v.id RETURNING stock.*;

DELETE FROM stock WHERE false;

MERGE INTO stock s USING (VALUES (1, 5), (2, -5), (50, 5)) v (id, n) ON s.id = v.id WHEN MATCHED AND n < 0 THEN DELETE WHEN MATCHED THEN UPDATE SET amount = n WHEN NOT MATCHED THEN INSERT (id, amount) VALUES (v.id, n) WHEN NOT MATCHED BY SOURCE THEN DO NOTHING RETURNING merge_action(), s.id, s.amount;

MERGE INTO stock s USING (VALUES (1), (1)) v (id) ON s.id = v.id WHEN MATCHED THEN DELETE;

WITH moved AS (DELETE FROM stock WHERE id = 1 RETURNING *), back AS (INSERT INTO stock SELECT id + 1000, name, amount FROM moved RETURNING id) SELECT * FROM back;

SELECT * FROM stock ORDER BY id FOR UPDATE OF stock SKIP LOCKED;

SELECT count(*) FROM stock FOR UPDATE;

UPDATE stock SET name = 'x' WHERE CURRENT OF nothing;

TRUNCATE stock;

TRUNCATE nowhere;

DROP TABLE stock;

-- ## transactions and savepoints

CREATE TABLE ledger (id int PRIMARY KEY DEFERRABLE INITIALLY IMMEDIATE, v text);

BEGIN;

INSERT INTO ledger VALUES (1, 'a');

COMMIT;

START TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY, DEFERRABLE;

SHOW transaction_isolation;

INSERT INTO ledger VALUES (2, 'b');

SELECT 1;

ROLLBACK;

BEGIN; INSERT INTO ledger VALUES (2, 'b'); SAVEPOINT s1; INSERT INTO ledger VALUES (2, 'dup');

SELECT 1;

ROLLBACK TO SAVEPOINT s1;

INSERT INTO ledger VALUES (3, 'c');

SAVEPOINT s1;

SAVEPOINT s2;

RELEASE s1;

ROLLBACK TO s2;

COMMIT;

SELECT * FROM ledger;

BEGIN;

BEGIN;

COMMIT AND CHAIN;

ROLLBACK AND CHAIN;

COMMIT;

COMMIT;

ROLLBACK;

COMMIT AND CHAIN;

SAVEPOINT outside;

ROLLBACK TO nothing;

RELEASE nothing;

BEGIN;

SET TRANSACTION ISOLATION LEVEL REPEATABLE READ;

SELECT 1;

SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;

SELECT 2;

END;

BEGIN;

SET CONSTRAINTS ALL DEFERRED;

INSERT INTO ledger VALUES (1, 'dup');

SET CONSTRAINTS ALL IMMEDIATE;

ABORT;

BEGIN;

SET CONSTRAINTS ledger_pkey DEFERRED;

INSERT INTO ledger VALUES (1, 'dup');

COMMIT;

SET CONSTRAINTS ALL DEFERRED;

SET TRANSACTION READ ONLY;

SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY;

INSERT INTO ledger VALUES (8, 'ro');

SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE;

BEGIN; INSERT INTO ledger VALUES (5, 'e'); PREPARE TRANSACTION 'conformance';

COMMIT PREPARED 'conformance';

ROLLBACK PREPARED 'conformance';

ROLLBACK;

INSERT INTO ledger VALUES (20, 'x'); INSERT INTO ledger VALUES (20, 'y'); SELECT 1;

INSERT INTO ledger VALUES (21, 'x'); BEGIN; INSERT INTO ledger VALUES (22, 'y'); ROLLBACK; SELECT 1;

SELECT * FROM ledger ORDER BY id;

BEGIN; SELECT 1; COMMIT; SELECT 2; BEGIN; SELECT 3;

SELECT 1/0; SELECT 2;

ROLLBACK; SELECT 4;

BEGIN; DECLARE c CURSOR FOR SELECT 1; FETCH c; COMMIT;

LOCK TABLE ledger;

BEGIN; LOCK TABLE ledger IN ACCESS SHARE MODE NOWAIT; COMMIT;

SELECT pg_export_snapshot() IS NOT NULL;

BEGIN ISOLATION LEVEL REPEATABLE READ;

SET TRANSACTION SNAPSHOT 'none';

ROLLBACK;

DROP TABLE ledger;

-- ## cursors

BEGIN;

DECLARE plain CURSOR FOR SELECT g, 'r' || g FROM generate_series(1, 10) g;

FETCH plain;

FETCH 2 FROM plain;

FETCH FORWARD 0 FROM plain;

MOVE FORWARD 2 IN plain;

FETCH ALL IN plain;

FETCH plain;

FETCH BACKWARD 1 FROM plain;

CLOSE plain;

ROLLBACK;

BEGIN;

DECLARE back SCROLL CURSOR WITH HOLD FOR SELECT g FROM generate_series(1, 10) g;

DECLARE back CURSOR FOR SELECT 1;

ROLLBACK;

BEGIN;

DECLARE back BINARY SCROLL CURSOR WITH HOLD FOR SELECT g, g::text AS t FROM generate_series(1, 10) g;

FETCH LAST FROM back;

FETCH PRIOR FROM back;

FETCH ABSOLUTE 3 FROM back;

FETCH RELATIVE -1 FROM back;

FETCH FIRST FROM back;

FETCH BACKWARD ALL FROM back;

COMMIT;

FETCH 2 FROM back;

SELECT name, is_holdable, is_binary, is_scrollable FROM pg_cursors;

CLOSE back;

CLOSE back;

CLOSE ALL;

DECLARE outside CURSOR FOR SELECT 1;

BEGIN;

DECLARE forward NO SCROLL INSENSITIVE CURSOR FOR SELECT 1;

FETCH BACKWARD FROM forward;

ROLLBACK;

FETCH forward;

CREATE TABLE walked (id int, v text);

INSERT INTO walked VALUES (1, 'a'), (2, 'b');

BEGIN;

DECLARE w CURSOR FOR SELECT * FROM walked ORDER BY id FOR UPDATE;

SAVEPOINT before_row;

UPDATE walked SET v = 'here' WHERE CURRENT OF w;

ROLLBACK TO before_row;

FETCH w;

UPDATE walked SET v = 'here' WHERE CURRENT OF w RETURNING *;

DELETE FROM walked WHERE CURRENT OF w;

COMMIT;

CREATE FUNCTION opened(refcursor) RETURNS refcursor LANGUAGE plpgsql AS 'BEGIN OPEN $1 FOR SELECT * FROM walked; RETURN $1; END';

BEGIN;

SELECT opened('mine');

FETCH ALL IN mine;

COMMIT;

DROP FUNCTION opened;

DROP TABLE walked;

-- ## statements prepared in SQL

PREPARE one AS SELECT 1 AS a;

EXECUTE one;

PREPARE one AS SELECT 2;

PREPARE two (int, text) AS SELECT $1 + 1, $2;

EXECUTE two (1, 'x');

EXECUTE two (1);

EXECUTE two ('x', 'x');

EXECUTE none_such;

PREPARE made AS CREATE TABLE x (a int);

PREPARE inserts AS INSERT INTO none_such VALUES ($1);

CREATE TABLE from_prepared AS EXECUTE two (5, 'five');

SELECT * FROM from_prepared;

EXPLAIN (COSTS OFF) EXECUTE two (1, 'y');

SELECT name, statement, parameter_types, from_sql FROM pg_prepared_statements WHERE from_sql ORDER BY name;

BEGIN;

PREPARE in_block AS SELECT 3;

ROLLBACK;

EXECUTE in_block;

PREPARE star AS SELECT * FROM from_prepared;

EXECUTE star;

ALTER TABLE from_prepared ADD COLUMN more int;

EXECUTE star;

DEALLOCATE one;

DEALLOCATE one;

DEALLOCATE PREPARE two;

DEALLOCATE ALL;

EXECUTE in_block;

DROP TABLE from_prepared;

-- ## settings

SHOW search_path;

SHOW none_such;

SET search_path = pg_catalog, public;

SHOW search_path;

SET none_such = 1;

SET conformance.custom = 'mine';

SELECT current_setting('conformance.custom'), current_setting('conformance.other', true);

SELECT current_setting('conformance.other');

SET work_mem = 'lots';

SET work_mem TO '3MB';

SHOW work_mem;

SET shared_buffers = 1;

RESET work_mem;

SHOW work_mem;

SET TIME ZONE 'Europe/Rome';

SELECT '2020-01-01 12:00+00'::timestamptz;

SET TIME ZONE DEFAULT;

SET DateStyle = 'German, DMY';

SELECT date '2020-12-31';

SET IntervalStyle = iso_8601;

SELECT interval '1 day 2 hours';

SET bytea_output = escape;

SELECT '\x00ff41'::bytea;

SET extra_float_digits = 0;

SELECT 0.1::float8 + 0.2::float8;

SET client_encoding = 'LATIN1';

SELECT 'abc', chr(233);

SELECT chr(8364);

SET client_encoding = 'UTF8';

SET NAMES 'none';

SET standard_conforming_strings = off;

SELECT 'a\\b';

RESET standard_conforming_strings;

SET application_name = 'other ž';

SHOW application_name;

BEGIN;

SET LOCAL statement_timeout = 1234;

SHOW statement_timeout;

SET lock_timeout = 55;

ROLLBACK;

SHOW statement_timeout;

SHOW lock_timeout;

SELECT set_config('conformance.by_function', 'x', false), set_config('work_mem', '2MB', true);

SHOW conformance.by_function;

SHOW work_mem;

RESET ALL;

SHOW conformance.by_function;

SET SEED TO 0.5;

SELECT random() < 1;

SHOW ALL EXCEPT;

DISCARD PLANS;

DISCARD SEQUENCES;

DISCARD TEMP;

BEGIN; DISCARD ALL; COMMIT;

DISCARD ALL;

DISCARD EVERYTHING;

-- ## temporary tables and advisory locks

CREATE TEMP TABLE scratch (a int) ON COMMIT PRESERVE ROWS;

INSERT INTO scratch VALUES (1);

SELECT * FROM scratch;

CREATE TEMP TABLE gone_soon (a int) ON COMMIT DROP;

SELECT * FROM gone_soon;

BEGIN; CREATE TEMP TABLE in_block (a int) ON COMMIT DELETE ROWS; INSERT INTO in_block VALUES (1); SELECT * FROM in_block; COMMIT; SELECT * FROM in_block;

CREATE TEMP SEQUENCE temp_seq;

SELECT nextval('temp_seq');

CREATE TEMP VIEW temp_view AS SELECT * FROM scratch;

SELECT * FROM temp_view;

SELECT pg_try_advisory_lock(7), pg_advisory_unlock(7), pg_advisory_unlock(7);

SELECT pg_advisory_lock(8);

SELECT pg_advisory_unlock(8);

BEGIN; SELECT pg_advisory_xact_lock(9); COMMIT;

DISCARD TEMP;

SELECT * FROM scratch;

-- ## EXPLAIN

CREATE TABLE explained (id int PRIMARY KEY, v text);

EXPLAIN (COSTS OFF) SELECT * FROM explained WHERE id = 1;

EXPLAIN (COSTS OFF, FORMAT JSON) SELECT 1;

EXPLAIN (COSTS OFF, FORMAT XML) SELECT 1;

EXPLAIN (COSTS OFF, FORMAT YAML) SELECT 1;

EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF, BUFFERS OFF) INSERT INTO explained VALUES (1, 'a') RETURNING v;

EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF, BUFFERS OFF) CREATE TABLE explained_2 AS SELECT 1;

EXPLAIN (GENERIC_PLAN, COSTS OFF) SELECT * FROM explained WHERE id = $1;

EXPLAIN VERBOSE DECLARE c CURSOR FOR SELECT 1;

EXPLAIN (NONSENSE) SELECT 1;

EXPLAIN (COSTS OFF) SELECT * FROM nowhere;

EXPLAIN CREATE TABLE x (a int);

DROP TABLE explained, explained_2;

-- ## COPY in and out

CREATE TABLE loaded (id int PRIMARY KEY, v text, d date);

COPY loaded FROM STDIN;
1	one	2020-01-01
2	\N	\N
3	tab\there	2020-01-03
\.

COPY loaded (id, v) FROM STDIN WITH (FORMAT csv, HEADER, NULL 'nil', QUOTE '''', DELIMITER ';');
id;v
4;'quoted; ''text'''
5;nil
\.

COPY loaded FROM STDIN;
x	not a number	2020-01-01
\.

COPY loaded FROM STDIN;
1	duplicate	2020-01-01
\.

COPY loaded FROM STDIN;
7	missing
\.

COPY loaded FROM STDIN WITH (ON_ERROR ignore, LOG_VERBOSITY verbose);
8	eight	2020-01-01
bad	nine	2020-01-01
\.

COPY loaded FROM STDIN WHERE id > 9;
9	no	2020-01-01
10	yes	2020-01-01
\.

COPY loaded TO STDOUT;

COPY loaded (v, id) TO STDOUT WITH (FORMAT csv, HEADER, FORCE_QUOTE *);

COPY loaded TO STDOUT WITH (FORMAT binary);

COPY (SELECT v FROM loaded ORDER BY id DESC LIMIT 2) TO STDOUT WITH DELIMITER ',' NULL 'null';

COPY loaded TO STDOUT (FORMAT nonsense);

COPY nowhere TO STDOUT;

COPY loaded FROM '/nowhere';

COPY (INSERT INTO loaded VALUES (60) RETURNING *) TO STDOUT;

COPY loaded TO PROGRAM 'false';

SELECT 1; COPY loaded FROM STDIN; SELECT count(*) FROM loaded;
70	seventy	\N
\.

COPY loaded FROM STDIN BINARY;
not binary
\.

BEGIN;

COPY loaded FROM STDIN;
71	in a block	\N
\.

COPY loaded FROM STDIN;
71	again	\N
\.

SELECT 1;

ROLLBACK;

SELECT count(*) FROM loaded;

DROP TABLE loaded;

-- ## COPY that fails before it reads

CREATE TABLE loaded (id int);

COPY loaded FROM STDIN WITH (FORMAT csv, FREEZE);
1
\.

SELECT 1;

SELECT 2;

DROP TABLE loaded;

-- ## LISTEN, NOTIFY, UNLISTEN

LISTEN news;

NOTIFY news;

NOTIFY news, 'the payload';

SELECT pg_notify('news', 'from a function'), pg_notify('other', 'unheard');

SELECT * FROM pg_listening_channels();

BEGIN; NOTIFY news, 'one'; NOTIFY news, 'one'; NOTIFY news, 'two'; COMMIT;

BEGIN; NOTIFY news, 'never'; ROLLBACK;

-- !client b
-- !until Z 1
NOTIFY news, 'from another client';

-- !until A 1

UNLISTEN news;

NOTIFY news, 'not heard';

LISTEN "Quoted Channel";

UNLISTEN *;

SELECT pg_notify('', 'x');

-- ## clients that meet: locks, deadlock, serialization, notices of others

CREATE TABLE shared (id int PRIMARY KEY, v int);

INSERT INTO shared VALUES (1, 0), (2, 0);

BEGIN; UPDATE shared SET v = 1 WHERE id = 1;

-- !client b
BEGIN; UPDATE shared SET v = 2 WHERE id = 2;

-- !client b
SELECT * FROM shared WHERE id = 1 FOR UPDATE NOWAIT;

-- !client b
ROLLBACK;

-- !client b
SET lock_timeout = '20ms';

-- !client b
UPDATE shared SET v = 3 WHERE id = 1;

-- !client b
RESET lock_timeout;

-- !client b
SELECT * FROM shared ORDER BY id FOR UPDATE SKIP LOCKED;

-- !client b
-- !later
UPDATE shared SET v = v + 10 WHERE id = 1 RETURNING v;

COMMIT;

-- !client b
SELECT * FROM shared ORDER BY id;

BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT * FROM shared ORDER BY id;

-- !client b
UPDATE shared SET v = 100 WHERE id = 1;

UPDATE shared SET v = 200 WHERE id = 1;

ROLLBACK;

BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT sum(v) FROM shared;

-- !client b
BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT sum(v) FROM shared; INSERT INTO shared VALUES (3, 3);

INSERT INTO shared VALUES (4, 4);

COMMIT;

-- !client b
COMMIT;

SET statement_timeout = '20ms';

SELECT pg_sleep(5);

RESET statement_timeout;

DROP TABLE shared;

-- ## the session is ended by the server

SELECT pg_backend_pid() > 0;

SELECT pg_terminate_backend(pg_backend_pid());
