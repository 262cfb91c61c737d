CREATE TABLE fresh (id bigint PRIMARY KEY, a int, b text COLLATE "C")

INSERT INTO fresh VALUES (1, 1, 'x'), (2, 2, 'y'), (3, 3, 'z'), (4, NULL, NULL)

SELECT * FROM fresh ORDER BY a DESC, id

SELECT * FROM fresh WHERE id = «2»

PREPARE whole (bigint) AS SELECT * FROM fresh WHERE id >= $1 ORDER BY id

PREPARE named AS SELECT id, a FROM fresh ORDER BY id

ALTER TABLE fresh ADD COLUMN c numeric(5,2) DEFAULT 1.5

# "cached plan must not change result type" is 0A000 too

EXECUTE whole (1)
--refused 2 3 4

EXECUTE named

DEALLOCATE ALL

SELECT * FROM fresh ORDER BY id

SELECT * FROM fresh WHERE id = «2»

SELECT c, count(*) FROM fresh GROUP BY c

ALTER TABLE fresh RENAME COLUMN a TO aa

SELECT a FROM fresh ORDER BY id

SELECT aa FROM fresh ORDER BY id

ALTER TABLE fresh ALTER COLUMN aa TYPE text

SELECT aa FROM fresh ORDER BY id

SELECT max(aa) FROM fresh

ALTER TABLE fresh DROP COLUMN b

SELECT * FROM fresh ORDER BY id

SELECT b FROM fresh

CREATE INDEX fresh_c ON fresh (c)

CREATE INDEX fresh_c ON fresh (c)

CREATE INDEX IF NOT EXISTS fresh_c ON fresh (c)

CREATE UNIQUE INDEX fresh_aa ON fresh (aa)

DROP INDEX fresh_c

ALTER TABLE fresh ADD CONSTRAINT positive CHECK (c > 0)

INSERT INTO fresh (id, c) VALUES (9, -1)

COMMENT ON TABLE fresh IS 'it''s new'

CREATE VIEW fresh_view AS SELECT id FROM fresh

SELECT count(*) FROM fresh_view

DROP TABLE fresh

DROP TABLE fresh CASCADE

SELECT * FROM fresh

DROP TABLE IF EXISTS fresh

CREATE TABLE fresh (id bigint, other bigint, note text DEFAULT 'd')

INSERT INTO fresh (other, id) VALUES (5, 10), (6, 11)

SELECT * FROM fresh ORDER BY other

BEGIN

ALTER TABLE fresh ADD COLUMN d int DEFAULT 7

SELECT d, count(*) FROM fresh GROUP BY d

ROLLBACK

SELECT d FROM fresh

SELECT * FROM fresh ORDER BY id

BEGIN

DROP TABLE fresh

ROLLBACK

SELECT count(*) FROM fresh

BEGIN

TRUNCATE fresh

SELECT count(*) FROM fresh

COMMIT

CREATE TABLE fresh_omni (id int PRIMARY KEY, x text)

INSERT INTO fresh_omni VALUES (1, 'a'), (2, 'b')

SELECT * FROM fresh_omni ORDER BY id

UPDATE fresh_omni SET x = x || '!' RETURNING *

SELECT f.id, o.x FROM fresh f JOIN fresh_omni o ON o.id = f.other ORDER BY 1

DROP TABLE fresh_omni

CREATE SCHEMA side

CREATE TABLE side.fresh (id bigint PRIMARY KEY, x int)

INSERT INTO side.fresh VALUES (1, 1), (2, 2), (3, 3)

SELECT * FROM side.fresh ORDER BY id

SET search_path = side, public

SELECT * FROM fresh ORDER BY 1

SELECT count(*) FROM users

SET search_path = nowhere

SELECT count(*) FROM users

RESET search_path

DROP SCHEMA side CASCADE

CREATE TYPE colour AS ENUM ('red', 'green')

CREATE TABLE IF NOT EXISTS fresh (id bigint)

ALTER TABLE fresh ADD COLUMN col colour DEFAULT 'red'

INSERT INTO fresh (id, col) VALUES («20», «'green'»), (21, DEFAULT)

SELECT id, col FROM fresh WHERE id = 20

SELECT id, col FROM fresh ORDER BY id

ALTER TYPE colour ADD VALUE 'blue'

SELECT 'blue'::colour

DROP TABLE fresh

DROP TYPE colour

CREATE SEQUENCE counter

SELECT nextval('counter')
--refused 2 3 4

DROP SEQUENCE counter

CREATE FUNCTION twice(x int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT x * 2'

SELECT twice(4)

SELECT id, twice(age) FROM users WHERE id = 5

SELECT id, twice(age) FROM users ORDER BY id LIMIT 3

DROP FUNCTION twice(int)

CREATE TABLE fresh (id bigint GENERATED ALWAYS AS IDENTITY, x int)

INSERT INTO fresh (x) VALUES (1)

INSERT INTO fresh (id, x) OVERRIDING SYSTEM VALUE VALUES (5, 1), (6, 2)

SELECT * FROM fresh ORDER BY id

DROP TABLE fresh

CREATE TABLE fresh (id bigserial, x int)

INSERT INTO fresh (x) VALUES (1)

INSERT INTO fresh (id, x) VALUES (5, 1), (6, 2)

DROP TABLE fresh

CREATE TABLE fresh (id bigint, g bigint GENERATED ALWAYS AS (id * 2) STORED, at timestamptz DEFAULT now())

INSERT INTO fresh (id) VALUES (1), (2), (3) RETURNING id, g

UPDATE fresh SET g = 1 WHERE id = 1

SELECT id, g FROM fresh ORDER BY g DESC

SELECT count(*) FROM fresh WHERE at > '2020-01-01'

DROP TABLE fresh

CREATE TABLE fresh AS SELECT 1 AS id
--refused 2 3 4

SELECT count(*) FROM fresh

DROP TABLE IF EXISTS fresh

SELECT 1 AS id INTO fresh
--refused 2 3 4

SELECT count(*) FROM fresh

DROP TABLE IF EXISTS fresh

CREATE MATERIALIZED VIEW fresh AS SELECT 1 AS id
--refused 2 3 4

SELECT count(*) FROM fresh

DROP MATERIALIZED VIEW IF EXISTS fresh

CREATE VIEW fresh AS SELECT 1 AS id

SELECT count(*) FROM fresh

DROP VIEW IF EXISTS fresh

CREATE TABLE fresh (id bigint, x

CREATE TABLE users (id int)

ALTER TABLE nothing ADD COLUMN x int

DROP TABLE nothing

VACUUM small

ANALYZE small

REINDEX TABLE small

GRANT SELECT ON small TO PUBLIC

REVOKE SELECT ON small FROM PUBLIC

CREATE FUNCTION told(u small) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT u.label'

SELECT told(s), s.told FROM small s ORDER BY k

SELECT told(s), rank() OVER (ORDER BY k) FROM small s
--refused 2 3 4

SELECT s.told, rank() OVER (ORDER BY k) FROM small s
--refused 2 3 4

DROP FUNCTION told

PREPARE labelled (text) AS SELECT k, rank() OVER (ORDER BY k) FROM small WHERE label = $1 ORDER BY k
--simple

EXECUTE labelled ('small 2')
--simple

DEALLOCATE labelled
--simple
