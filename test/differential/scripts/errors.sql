SELEC 1

SELECT FROM WHERE

SELECT * FROM users WHERE

SELECT * FROM users WHERE id = = 5

SELECT (1

SELECT 'abc

SELECT "abc

SELECT $$abc

SELECT /* abc

SELECT 1 LIMIT 1 LIMIT 2

SELECT nothing FROM users

SELECT nothing FROM users WHERE id = «5»

SELECT users.nothing FROM users ORDER BY id

SELECT * FROM nothing

SELECT * FROM nothing WHERE id = 5

SELECT nothing(id) FROM users WHERE id = 5

SELECT id FROM users WHERE id = 5 AND email = 1

SELECT id FROM users WHERE email > 1 ORDER BY id

SELECT id + email FROM users

SELECT 1 / 0

SELECT 1 / (id - 5) FROM users WHERE id = «5»

SELECT 1 / (id - 5) FROM users WHERE id BETWEEN -5 AND 200

SELECT id, 100 / (id - 5) FROM users WHERE id BETWEEN -5 AND 200 ORDER BY id

SELECT sum(1 / (age - age)) FROM users

SELECT count(*) FROM users WHERE 1 / (id - 5) > 0 AND id BETWEEN -5 AND 200

SELECT country, count(*) FROM users WHERE 1 / (id - 7) >= 0 AND id BETWEEN -5 AND 200 GROUP BY country

SELECT id::int FROM users ORDER BY id

SELECT sum(age::int2 * 30000::int2) FROM users

SELECT id FROM users u WHERE users.id = 5

SELECT u.id FROM users u, users u
--refused 2 3 4

SELECT id FROM users, orders
--refused 2 3 4

SELECT id, count(*) FROM orders GROUP BY user_id

SELECT email FROM users GROUP BY id HAVING nothing > 1

SELECT id FROM users WHERE id IN (SELECT 1, 2)

SELECT id FROM users ORDER BY id LIMIT 'x'
--refused 2 3 4

SELECT 'x'::int FROM users WHERE id = 5

SELECT 'x'::int FROM users

SELECT «'x'»::int

SELECT id FROM users WHERE age = «'x'»

SELECT id FROM users WHERE age = 'x' ORDER BY id

SELECT id FROM users WHERE born = '2026-99-99'

SELECT id FROM users WHERE id = 5; SELEC 1
--simple

SELECT $1::int
--simple

SELECT id FROM users WHERE id = $1
--simple

SELECT id FROM users WHERE id = «5» AND «'x'» = 1

INSERT INTO users

UPDATE users

DELETE users

INSERT INTO users (id, email) VALUES (1, 'x'), (2, 'y') RETURNING nothing

UPDATE users SET age = 1 WHERE nothing = 2

DELETE FROM users WHERE nothing

UPDATE users SET age = 1 / 0 WHERE id = 5

SELECT pg_sleep('x')

SELECT nextval('nothing')
--refused 2 3 4

SELECT now(1)

EXPLAIN SELECT nothing

SET

SHOW

BEGIN WORK NOW

ROLLBACK TO x

SAVEPOINT x

RELEASE x

COMMIT PREPARED 'x'
--refused 2 3 4

CREATE TABLE t (id nothing)

SELECT repeat('x', -1)

SELECT U&'\xyz'

SELECT E'\xff'

SELECT count(*) FROM users WHERE id = 5

# In a block another connection is asked where an error belongs

BEGIN

SELECT id FROM users ORDER BY nope

ROLLBACK

BEGIN

DECLARE c CURSOR FOR SELECT country, sum(age) FROM users GROUP BY country ORDER BY nope

ROLLBACK
