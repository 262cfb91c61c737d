# An equality that is not in the conjunction of WHERE routes nothing

SELECT *, (id = 1) AS me FROM users

SELECT sum(CASE WHEN id = 1 THEN 1 ELSE 0 END) FROM users

SELECT count(*) FILTER (WHERE id = 1), count(*) FROM users

SELECT id FROM users ORDER BY (id = 1) DESC, id LIMIT 4

SELECT id FROM users WHERE (id = 1) IS NOT TRUE ORDER BY id

SELECT id FROM users WHERE id = 1 UNION ALL SELECT id FROM users WHERE id = 2

SELECT id FROM users WHERE id = 1 UNION ALL SELECT id FROM users WHERE id = 1

SELECT id FROM users WHERE id = 1 UNION SELECT 1

SELECT id FROM users WHERE age > 30 UNION ALL SELECT id FROM users WHERE age < 10

SELECT EXISTS (SELECT 1 FROM users WHERE email = 'user7@example.org')

SELECT EXISTS (SELECT 1 FROM users WHERE id = 7)

SELECT (SELECT count(*) FROM users)

SELECT ARRAY(SELECT id FROM users ORDER BY id LIMIT 3)

SELECT (SELECT email FROM users WHERE id = 7), (SELECT email FROM users WHERE id = 7)

SELECT (SELECT email FROM users WHERE id = 7), (SELECT email FROM users WHERE id = 8)

WITH a AS (SELECT count(*) FROM users) SELECT (TABLE a)

WITH a AS (SELECT * FROM users WHERE id = «7») SELECT email FROM a

WITH a AS (SELECT * FROM users WHERE id = 7), b AS (SELECT * FROM users WHERE id = 8) SELECT email FROM a UNION ALL SELECT email FROM b

WITH a AS (SELECT * FROM users) SELECT email FROM a WHERE id = 7

WITH users AS (SELECT 1 AS id, 'x' AS email) SELECT email FROM users WHERE id = 1

WITH users AS (SELECT * FROM items) SELECT count(*) FROM users

WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT * FROM n ORDER BY i

WITH RECURSIVE n AS (SELECT id FROM users WHERE id = 1 UNION ALL SELECT id + 1 FROM n WHERE id < 5) SELECT * FROM n ORDER BY id

SELECT u.id, o.id FROM users u JOIN orders o ON o.user_id = u.id WHERE u.id = 1 AND o.user_id = 2

SELECT u.id, o.id FROM users u, orders o WHERE u.id = 1 AND o.user_id = 2 ORDER BY o.id

SELECT u.id, count(o.id) FROM users u LEFT JOIN orders o ON o.user_id = 5 WHERE u.id < 4 GROUP BY u.id ORDER BY u.id

SELECT u.id, o.id FROM users u LEFT JOIN orders o ON o.user_id = u.id AND o.user_id = 5 WHERE u.id BETWEEN 4 AND 6 ORDER BY u.id, o.id

SELECT id FROM users WHERE EXISTS (SELECT 1 FROM orders WHERE user_id = 1)

SELECT id FROM users WHERE id = (SELECT owner FROM docs WHERE id = '9e3779b1-0000-4000-8000-000000000001')

SELECT count(*) FROM adults

SELECT id FROM adults WHERE id = «7»

SELECT id FROM adults WHERE id = «8»

SELECT * FROM item_list ORDER BY id

SELECT count(*) FROM item_list

SELECT plus_one(id) FROM users WHERE id = «7»

SELECT plus_one(id) FROM users ORDER BY 1 LIMIT 3

SELECT user_count()
--refused 2 3 4

SELECT id FROM users WHERE id = 5 INTERSECT SELECT id FROM users WHERE id = 6

SELECT id FROM users WHERE id = 5 EXCEPT SELECT id FROM users WHERE id = 6

SELECT id FROM users EXCEPT SELECT id FROM users WHERE id > 3

SELECT * FROM (SELECT id, email FROM users) s WHERE s.id = «7»

SELECT * FROM (SELECT id + 1 AS id, email FROM users) s WHERE s.id = 7

SELECT * FROM (SELECT age AS id, email FROM users) s WHERE s.id = 7

SELECT * FROM (SELECT id, email FROM users LIMIT 3) s WHERE s.id = 7

SELECT * FROM (SELECT id, email FROM users ORDER BY id LIMIT 8) s WHERE s.id = -5

SELECT * FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM users) s WHERE s.id = 7

SELECT * FROM (SELECT id, row_number() OVER (PARTITION BY id ORDER BY id) AS n FROM users) s WHERE s.id = 7

SELECT * FROM (SELECT DISTINCT id FROM users) s WHERE s.id = 7

SELECT * FROM (SELECT DISTINCT ON (country) id, country FROM users ORDER BY country, id) s WHERE s.id = 7

SELECT * FROM (SELECT id, count(*) FROM users GROUP BY id) s WHERE s.id = 7

SELECT * FROM (SELECT max(id) AS id FROM users) s WHERE s.id = 7

SELECT * FROM users WHERE id = 7 AND country = (SELECT max(country) FROM users)

SELECT id FROM users WHERE id = 7 AND id IN (SELECT user_id FROM orders)

SELECT id FROM users u WHERE id = 7 AND EXISTS (SELECT 1 FROM orders o WHERE o.user_id = u.id)

SELECT id FROM users u WHERE id = 7 AND EXISTS (SELECT 1 FROM orders o WHERE o.user_id <> u.id)

SELECT id, (SELECT count(*) FROM orders o WHERE o.user_id = u.id) FROM users u WHERE id = 7

SELECT id, (SELECT count(*) FROM orders) FROM users u WHERE id = 7

SELECT id FROM users WHERE id = 5 AND age = (SELECT 5 WHERE 5 = 6)

SELECT a.id FROM users a, users b WHERE a.id = b.id AND b.id = 7

SELECT a.id FROM users a JOIN users b USING (id) WHERE id = 7

SELECT id FROM users a NATURAL JOIN (SELECT id FROM users) b WHERE id = 7

SELECT a.id, b.id FROM users a LEFT JOIN users b ON a.id = b.id AND b.id = 7 WHERE a.id BETWEEN 6 AND 8 ORDER BY 1

SELECT a.id, b.id FROM users a RIGHT JOIN users b ON a.id = b.id AND a.id = 7 WHERE b.id BETWEEN 6 AND 8 ORDER BY 2

SELECT a.id, b.id FROM users a FULL JOIN users b ON a.id = b.id AND a.id = 7 WHERE b.id BETWEEN 6 AND 8 OR b.id IS NULL AND a.id < 0 ORDER BY 2, 1

SELECT a.id, b.id FROM users a LEFT JOIN users b ON a.id = b.id WHERE b.id = 7

SELECT a.id, o.id FROM users a LEFT JOIN orders o ON a.id = o.user_id WHERE a.id = 7 ORDER BY 2

SELECT a.id, o.id FROM users a RIGHT JOIN orders o ON a.id = o.user_id WHERE a.id = 7 ORDER BY 2

SELECT id FROM users WHERE id = 1 OR true AND id < 2 ORDER BY id

SELECT id FROM users WHERE NOT (NOT (id = 1))

SELECT max(id) FROM users WHERE NOT (id = 1 AND id = 2)

SELECT id FROM users GROUP BY id HAVING id = 5

SELECT count(*) FROM users HAVING count(*) FILTER (WHERE id = 5) = 1

SELECT id FROM users, LATERAL (SELECT 5 AS five) l WHERE id = five

SELECT u.id FROM users u, LATERAL (SELECT o.user_id FROM orders o WHERE o.user_id = u.id LIMIT 1) l WHERE u.id = 7

SELECT u.id FROM users u CROSS JOIN LATERAL (SELECT count(*) AS c FROM orders o WHERE o.user_id = u.id) l WHERE u.id BETWEEN 1 AND 5 ORDER BY u.id

SELECT id FROM generate_series(1, 3) AS users(id) WHERE id = 2

SELECT users.id FROM items AS users WHERE users.id = 2

SELECT id FROM (VALUES (1), (2)) AS users (id) WHERE id = 2

SELECT u.id FROM users u JOIN (VALUES (7), (8)) v (id) ON v.id = u.id ORDER BY u.id

SELECT u.id FROM users u JOIN unnest(ARRAY[7, 8]) v (id) ON v.id = u.id ORDER BY u.id

SELECT u.id FROM users u JOIN generate_series(1, 3) g ON g = u.id ORDER BY u.id

SELECT count(*) FROM users TABLESAMPLE BERNOULLI (100)
--refused 2 3 4

SELECT id FROM users WHERE id = 1; SELECT id FROM users WHERE id = 2
--simple

SELECT id FROM users WHERE id = 1; SELECT count(*) FROM users; SELECT 1/0; SELECT 2
--simple

SELECT id FROM users WHERE id = '1;2'

# Names with schemas and quotes

SELECT id FROM public.users WHERE id = 1

SELECT id FROM nowhere.users WHERE id = 1

SELECT id FROM "Users" WHERE id = 1

SELECT tableoid::regclass, id FROM users WHERE id = 1
--text

SELECT tableoid::regclass::text AS t, id FROM users ORDER BY id LIMIT 2
--refused 2 3 4

SELECT xmin IS NULL FROM users WHERE id = 1

SELECT count(*) FROM pg_class WHERE relname = 'users'

SELECT relname FROM pg_class WHERE relname IN ('users', 'orders') ORDER BY relname

SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY table_name

SELECT 'users'::regclass
--text

SELECT current_database() = current_catalog

SELECT current_schema

SELECT now() IS NOT NULL

SELECT 1

SELECT «1»::int + «2»::int AS three

SELECT

SELECT NULL

VALUES (1, 'a'), (2, 'b')

VALUES («1»::int)

SELECT version() LIKE 'PostgreSQL%'

SELECT * FROM generate_series(1, 3) g ORDER BY g

SELECT count(*) FROM users, pg_class WHERE relname = 'users'
--refused 2 3 4

SHOW TimeZone

SHOW server_version_num

SHOW transaction_isolation

;
--simple

SELECT 1;;
--simple
