BEGIN

UPDATE users SET age = 1 WHERE id = «1»

UPDATE users SET age = 2 WHERE id = «2»

SELECT id, age FROM users WHERE id IN (1, 2, 3) ORDER BY id

COMMIT

SELECT id, age FROM users WHERE id IN (1, 2, 3) ORDER BY id

BEGIN

UPDATE users SET age = 11 WHERE id = 1

UPDATE users SET age = 12

INSERT INTO users (id, email) VALUES (1001, 'a'), (1002, 'b'), (1003, 'c')

SELECT count(*), sum(age) FROM users

ROLLBACK

SELECT count(*), sum(age) FROM users

BEGIN

INSERT INTO users (id, email) VALUES (1001, 'a')

SAVEPOINT s

INSERT INTO users (id, email) VALUES (1002, 'b')

INSERT INTO users (id, email) VALUES (1003, 'c')

SELECT count(*) FROM users WHERE id > 1000 AND id < 2000

ROLLBACK TO s

SELECT count(*) FROM users WHERE id > 1000 AND id < 2000

INSERT INTO users (id, email) VALUES (1004, 'd')

RELEASE s

COMMIT

SELECT id FROM users WHERE id > 1000 AND id < 2000 ORDER BY id

BEGIN

SAVEPOINT a

UPDATE users SET name = 'a' WHERE id = 1

SAVEPOINT b

UPDATE users SET name = 'b' WHERE id = 2

INSERT INTO users (id, email) VALUES (2, 'taken')

SELECT 1

ROLLBACK TO b

SELECT id, name FROM users WHERE id IN (1, 2) ORDER BY id

SAVEPOINT a

UPDATE users SET name = 'c' WHERE id = 3

ROLLBACK TO a

RELEASE a

ROLLBACK TO a

SELECT id, name FROM users WHERE id IN (1, 2, 3) ORDER BY id

RELEASE nothing

ROLLBACK TO nothing

COMMIT

SELECT id, name FROM users WHERE id IN (1, 2, 3) ORDER BY id

BEGIN

SELECT 1 / 0

SELECT 1

INSERT INTO users (id, email) VALUES (1005, 'x')

COMMIT

SELECT count(*) FROM users WHERE id = 1005

COMMIT

ROLLBACK

BEGIN

BEGIN

END

START TRANSACTION READ ONLY

UPDATE users SET age = 1 WHERE id = 1

ROLLBACK

BEGIN ISOLATION LEVEL REPEATABLE READ

SHOW transaction_isolation

SELECT count(*) FROM users

COMMIT

BEGIN ISOLATION LEVEL SERIALIZABLE, READ ONLY, DEFERRABLE

SELECT count(*) FROM users WHERE id = 1

COMMIT AND CHAIN

SHOW transaction_isolation

SHOW transaction_read_only

ROLLBACK AND NO CHAIN

BEGIN

SET TRANSACTION READ ONLY

SELECT id FROM users WHERE id = 1

INSERT INTO users (id, email) VALUES (1006, 'x')

ROLLBACK

BEGIN

SET LOCAL TimeZone = 'Asia/Tokyo'

SELECT created_at FROM users WHERE id = 3

SELECT created_at FROM users WHERE id IN (3, 4, 5) ORDER BY id

SHOW TimeZone

COMMIT

SHOW TimeZone

SET TimeZone = 'America/New_York'

SELECT id, created_at FROM users ORDER BY id LIMIT 5

BEGIN

SET TimeZone = 'Asia/Tokyo'

ROLLBACK

SHOW TimeZone

RESET TimeZone

SHOW TimeZone

SET SESSION DateStyle = 'German'

SELECT id, created_at, born FROM users ORDER BY created_at, id LIMIT 5
--refused 2 3 4

SELECT born, count(*) FROM users WHERE id < 5 GROUP BY born ORDER BY born
--refused 2 3 4

SET IntervalStyle = 'iso_8601'

SELECT sum(iv), avg(iv) FROM kinds
--refused 2 3 4

SELECT iv, id FROM kinds ORDER BY iv, id LIMIT 20
--refused 2 3 4

SET bytea_output = 'escape'

SELECT max(by), min(by) FROM kinds WHERE id % 2 = 0
--refused 2 3 4

SELECT by, id FROM kinds ORDER BY by, id LIMIT 20
--refused 2 3 4

SET extra_float_digits = 0
--refused 2 3 4

SELECT f8, id FROM kinds ORDER BY f8, id LIMIT 20

SELECT max(f8) FROM kinds WHERE f8 < 1

RESET ALL

SET TimeZone = 'UTC'

SET client_encoding = 'LATIN1'
--refused 2 3 4

RESET client_encoding

SET nothing.here = 'x'

SHOW nothing.here

SET nothing = 'x'

SET LOCAL TimeZone = 'Asia/Tokyo'

SET work_mem = 'abc'

BEGIN; UPDATE users SET age = 61 WHERE id = 1; UPDATE users SET age = 62 WHERE id = 2; COMMIT
--simple

UPDATE users SET age = 71 WHERE id = 1; UPDATE users SET age = 72 WHERE id = 2; SELECT 1 / 0; UPDATE users SET age = 73 WHERE id = 3
--simple

SELECT id, age FROM users WHERE id IN (1, 2, 3) ORDER BY id

INSERT INTO users (id, email) VALUES (1100, 'a'), (1101, 'b'); UPDATE users SET age = 5 WHERE id IN (1100, 1101); SELECT id, age FROM users WHERE id IN (1100, 1101) ORDER BY id
--simple

UPDATE users SET age = 81 WHERE id = 1; ROLLBACK; UPDATE users SET age = 82 WHERE id = 2
--simple

UPDATE users SET age = 91 WHERE id = 1; COMMIT; UPDATE users SET age = 92 WHERE id = 2; SELECT nothing
--simple

BEGIN; INSERT INTO users (id, email) VALUES (1200, 'x'); SELECT nothing; COMMIT
--simple

SELECT count(*) FROM users WHERE id = 1200

ROLLBACK

SELECT id, age FROM users WHERE id IN (1, 2, 3) ORDER BY id

UPDATE users SET age = 1 / (id - 116)

SELECT count(*) FROM users WHERE age = 0

INSERT INTO users (id, email) VALUES (1300, 'a'), (1301, 'b'), (1302, 'c'), (1, 'taken'), (1303, 'd')

SELECT count(*) FROM users WHERE id BETWEEN 1300 AND 1303

PREPARE p (bigint) AS SELECT id, email FROM users WHERE id = $1

EXECUTE p (5)

EXECUTE p (6)

DEALLOCATE p

EXECUTE p (5)
--simple

PREPARE q AS SELECT count(*) FROM users

EXECUTE q

DEALLOCATE ALL

DECLARE c CURSOR FOR SELECT id FROM users ORDER BY id
--refused 2 3 4

BEGIN

DECLARE c CURSOR FOR SELECT id FROM orders WHERE user_id = 12 ORDER BY id
--refused 2 3 4

FETCH 2 FROM c

FETCH ALL FROM c

CLOSE c

COMMIT

BEGIN

DECLARE c CURSOR FOR SELECT id FROM users ORDER BY id
--refused 2 3 4

FETCH 3 FROM c

ROLLBACK

BEGIN

CREATE TEMP TABLE scratch (x int) ON COMMIT DROP
--refused 2 3 4

INSERT INTO scratch VALUES (1)

SELECT * FROM scratch

ROLLBACK

BEGIN

COPY small FROM STDIN
--stdin
500	a
501	b
502	c

SELECT count(*) FROM small WHERE k >= 500

ROLLBACK

SELECT count(*) FROM small WHERE k >= 500

DISCARD ALL

SET TimeZone = 'UTC'
