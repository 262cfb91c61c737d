# Predicates that confine the key

SELECT id FROM users WHERE NOT (id <> «5»)

SELECT id FROM users WHERE NOT (age > 30 OR id <> «5»)

SELECT id FROM users WHERE NOT (id NOT IN («5», «6», «7»)) ORDER BY id

SELECT id FROM users WHERE NOT (id IS DISTINCT FROM «5»)

SELECT id FROM users WHERE true AND id = «5»

SELECT id, name FROM users WHERE false

SELECT count(*), sum(age) FROM users WHERE false

SELECT id FROM users WHERE id = «5» OR false

SELECT id FROM users WHERE NULL

SELECT id FROM users WHERE 1 = 0

SELECT id FROM users WHERE 1 = 1 ORDER BY id

SELECT id FROM users WHERE 2 = 0

SELECT count(*) FROM users WHERE id = «5» AND id = «6»

SELECT id FROM users WHERE (id = «5» AND age >= 0) OR (id IN («6», «7») AND country IS NOT NULL) ORDER BY id

SELECT id FROM users WHERE (id = «5» AND age >= 0) OR (id > «6» AND id < «9») ORDER BY id

SELECT id FROM users WHERE id = 40 - 2 * 16

SELECT id FROM users WHERE id = 40 - 2 * 17

SELECT id FROM users WHERE id = +5 OR id = - -6 ORDER BY id

SELECT id FROM users WHERE id = 2147483647 + 1

SELECT id FROM users WHERE id = 2147483648 * 4294967296

SELECT id FROM users WHERE id BETWEEN «5» AND «7» ORDER BY id

SELECT id FROM users WHERE id BETWEEN SYMMETRIC «7» AND «5» ORDER BY id

SELECT id FROM users WHERE id IS NULL

SELECT id FROM users WHERE id IS NOT NULL AND id = «5»

SELECT id FROM users WHERE id IS NOT DISTINCT FROM «5»

SELECT user_id, id FROM orders WHERE (user_id, id) > («300», «2») ORDER BY 1, 2

SELECT u.id FROM users u LEFT JOIN orders o ON o.user_id = u.id WHERE o.user_id IS NULL ORDER BY u.id

SELECT k, label FROM tiny WHERE k = 99999

SELECT k, label FROM tiny WHERE k IN (1, 99999) ORDER BY k

SELECT k, label FROM tiny WHERE k = 99999 OR k = 1

SELECT k, label FROM tiny WHERE k IN (1, 99999999999) ORDER BY k

SELECT k, label FROM tiny WHERE k IN (1, «99999»::int) ORDER BY k

SELECT k FROM tiny WHERE k = '99999'

SELECT t.k FROM tiny t JOIN users u ON u.id = t.k WHERE u.id IN (1, 2, 3, 99999999999) ORDER BY 1

SELECT code FROM codes WHERE code = 'a' || 'b'

SELECT b, id FROM kinds WHERE b AND id = «5»

# Derived tables, WITH, views

SELECT * FROM (SELECT id, email FROM users) s WHERE s.id = «5»

SELECT * FROM (SELECT id AS a, email FROM users WHERE age > 3) s(x) WHERE x = «5»

SELECT s.n FROM (SELECT user_id, count(*) AS n FROM orders GROUP BY user_id) s WHERE s.user_id = «12»

SELECT s.user_id, s.n FROM (SELECT user_id, count(*) AS n FROM orders GROUP BY user_id) s WHERE n > 1 ORDER BY s.user_id

SELECT max(n), sum(n), count(*) FROM (SELECT user_id, count(*) AS n FROM orders GROUP BY user_id) s

SELECT country, count(*) FROM (SELECT u.id, u.country, o.id AS o FROM users u JOIN orders o ON o.user_id = u.id) s GROUP BY country ORDER BY country

SELECT count(*) FROM (SELECT DISTINCT user_id FROM orders) s

SELECT count(*) FROM (SELECT DISTINCT quantity FROM orders) s

SELECT * FROM (SELECT id FROM users ORDER BY id LIMIT 10) s WHERE id = «5»

SELECT * FROM (SELECT id, rank() OVER (ORDER BY id) AS r FROM users) s WHERE id = «5»

SELECT user_id, id, rn FROM (SELECT user_id, id, row_number() OVER (PARTITION BY user_id ORDER BY id DESC) AS rn FROM orders) s WHERE rn = 1 ORDER BY user_id

SELECT user_id, id, rank() OVER w FROM orders WINDOW w AS (PARTITION BY user_id ORDER BY id) ORDER BY user_id, id

SELECT user_id, id, rank() OVER (ORDER BY id) FROM orders ORDER BY user_id, id

SELECT * FROM (SELECT u.id AS x, o.user_id FROM users u LEFT JOIN orders o ON o.user_id = u.id) s WHERE s.user_id = «12» ORDER BY x

SELECT s.x FROM (SELECT u.id AS x, o.user_id FROM users u LEFT JOIN orders o ON o.user_id = u.id) s WHERE s.user_id IS NULL ORDER BY s.x

SELECT s.id, o.id FROM (SELECT id FROM users WHERE id = «12» LIMIT 1) s JOIN orders o ON o.user_id = s.id ORDER BY 2

SELECT u.id, s.id FROM users u, LATERAL (SELECT * FROM orders o WHERE o.user_id = u.id ORDER BY o.id DESC LIMIT 2) s ORDER BY u.id, s.id

SELECT u.id, s.n FROM users u LEFT JOIN (SELECT user_id, count(*) AS n FROM orders GROUP BY user_id) s ON s.user_id = u.id ORDER BY u.id

SELECT * FROM (SELECT id FROM users UNION ALL SELECT user_id FROM orders) s WHERE id = «12»

SELECT * FROM (SELECT id FROM users EXCEPT SELECT user_id FROM orders) s WHERE id = «12»

WITH s AS (SELECT * FROM users) SELECT id, email FROM s WHERE id = «5»

WITH s AS (SELECT id, age FROM users WHERE age > 30) SELECT s.id FROM s ORDER BY id

WITH a AS (SELECT id FROM users WHERE id = «12»), b AS (SELECT o.* FROM orders o JOIN a ON a.id = o.user_id) SELECT count(*) FROM b

WITH s AS (SELECT id FROM users) SELECT a.id, b.id FROM s a JOIN s b ON a.id = b.id WHERE a.id = «5»

WITH s AS (SELECT id FROM users) SELECT count(*) FROM s a, s b WHERE a.id = «5»

WITH s AS (SELECT country, count(*) AS n FROM users GROUP BY country) SELECT * FROM s ORDER BY country

WITH s AS (SELECT id FROM users) SELECT count(*) FROM orders WHERE user_id = «12»

SELECT id, email FROM adults WHERE id = «5»

SELECT id, age FROM adults ORDER BY id

SELECT a.id, o.id FROM adults a JOIN orders o ON o.user_id = a.id ORDER BY 1, 2

SELECT country, count(*) FROM adults GROUP BY country ORDER BY country

SELECT count(*) FROM orders o WHERE NOT EXISTS (SELECT 1 FROM adults a WHERE a.id = o.user_id)

# Subqueries

SELECT id FROM users WHERE id IN (SELECT user_id FROM orders WHERE user_id = «12»)

SELECT id FROM users WHERE id IN (SELECT user_id FROM orders) AND id = «12»

SELECT id FROM users WHERE id IN (SELECT user_id FROM orders) ORDER BY id

SELECT id FROM users WHERE id NOT IN (SELECT user_id FROM orders) ORDER BY id

SELECT id FROM users WHERE (age = 3 OR id IN (SELECT user_id FROM orders WHERE user_id = «12»)) ORDER BY id

SELECT id FROM users WHERE (id, age) IN (SELECT user_id, quantity FROM orders) AND id = «12»

SELECT id FROM users WHERE id = (SELECT user_id FROM orders WHERE user_id = «12» LIMIT 1)

SELECT u.id FROM users u WHERE EXISTS (SELECT 1 FROM orders o WHERE o.user_id = u.id AND o.user_id = «12»)

SELECT u.id FROM users u WHERE EXISTS (SELECT count(*) FROM orders o WHERE o.user_id = u.id AND o.user_id = «12») ORDER BY u.id

SELECT u.id FROM users u WHERE EXISTS (SELECT 1 FROM orders o WHERE o.user_id = u.id AND o.user_id = «12» ORDER BY count(*)) ORDER BY u.id

SELECT u.id FROM users u WHERE EXISTS (SELECT 1 FROM orders o WHERE o.user_id = u.id) ORDER BY u.id

SELECT u.id FROM users u WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.user_id = u.id) ORDER BY u.id

SELECT u.id FROM users u WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.user_id = u.id AND o.user_id = «12») ORDER BY u.id

SELECT u.id, (SELECT count(*) FROM orders o WHERE o.user_id = u.id) AS n FROM users u ORDER BY u.id

SELECT u.id, (SELECT max(o.id) FROM orders o WHERE o.user_id = u.id) AS n FROM users u ORDER BY u.id

SELECT u.id, (SELECT o.id FROM orders o WHERE o.user_id = u.id ORDER BY o.id DESC LIMIT 1) FROM users u ORDER BY u.id

SELECT country, count(*) FROM users u WHERE EXISTS (SELECT 1 FROM orders o WHERE o.user_id = u.id) GROUP BY country ORDER BY country

SELECT (SELECT sum(u.age) FROM items LIMIT 1) FROM users u

SELECT u.id FROM users u WHERE EXISTS (SELECT 1 FROM orders o WHERE o.id = u.id) ORDER BY u.id

SELECT u.id FROM users u WHERE u.age > (SELECT avg(quantity) FROM orders) ORDER BY u.id

SELECT count(*) FROM payments p WHERE EXISTS (SELECT 1 FROM orders o WHERE o.user_id = p.user_id AND o.id = p.order_id)

SELECT EXISTS (SELECT 1 FROM users WHERE id = «5»)

SELECT (SELECT email FROM users WHERE id = «5»)

# Set operations

SELECT id FROM users WHERE id = «5» UNION ALL SELECT user_id FROM orders WHERE user_id = «5»
--order

SELECT id FROM users UNION ALL SELECT user_id FROM orders
--order

SELECT id FROM users UNION SELECT user_id FROM orders
--order

SELECT id FROM users EXCEPT SELECT user_id FROM orders
--order

SELECT id, country FROM users INTERSECT SELECT user_id, 'de' FROM orders
--order

SELECT country FROM users UNION SELECT method FROM payments
--order

SELECT id FROM users UNION ALL SELECT id FROM items
--order

SELECT id FROM users UNION ALL SELECT user_id FROM orders ORDER BY 1

# Outer joins whose NULL-extended rows are dropped

SELECT u.id, o.id FROM users u LEFT JOIN orders o ON o.user_id = u.id WHERE o.user_id = «12» ORDER BY 2

SELECT u.id, o.id FROM users u LEFT JOIN orders o ON o.user_id = u.id AND u.id = «12» WHERE o.quantity > 0 ORDER BY 1, 2

SELECT u.id, o.id FROM users u LEFT JOIN orders o ON o.user_id = u.id AND u.id = «12» WHERE o.quantity > 0 OR o.note IS NULL ORDER BY 1, 2

SELECT u.id, o.id FROM users u FULL JOIN orders o ON o.user_id = u.id AND o.user_id = «12» WHERE u.age > 3 ORDER BY 1, 2

SELECT u.id, o.id FROM users u FULL JOIN orders o ON o.user_id = u.id WHERE u.id = «12» ORDER BY 1, 2

SELECT u.id, o.id FROM users u FULL JOIN orders o ON o.user_id = u.id WHERE u.id > 0 AND o.quantity > 0 ORDER BY 1, 2

SELECT u.id, p.id FROM users u LEFT JOIN orders o ON o.user_id = u.id LEFT JOIN payments p ON p.user_id = o.user_id AND p.order_id = o.id WHERE p.user_id = «12» ORDER BY 1, 2

SELECT u.id, i.name FROM users u LEFT JOIN orders o ON o.user_id = u.id JOIN items i ON i.id = o.item_id ORDER BY 1, 2

SELECT i.id, count(*) FROM items i LEFT JOIN orders o ON o.item_id = i.id WHERE o.quantity > 0 GROUP BY i.id ORDER BY 1

SELECT i.id, count(*) FROM items i LEFT JOIN orders o ON o.item_id = i.id GROUP BY i.id ORDER BY 1

# Values and arrays beside

SELECT u.id FROM users u JOIN (VALUES (5), (6), (NULL)) v(id) ON v.id = u.id ORDER BY 1

SELECT u.id FROM users u LEFT JOIN (VALUES (5), (6)) v(id) ON v.id = u.id WHERE v.id IS NULL ORDER BY 1 LIMIT 3

SELECT code FROM codes WHERE code IN (VALUES ('a'), ('b')) ORDER BY 1

SELECT u.id FROM users u JOIN unnest('{5,6,7}'::bigint[]) k ON k = u.id ORDER BY 1

SELECT u.id, k.n FROM users u JOIN unnest(«'{5,6,7}'»::bigint[]) WITH ORDINALITY k(id, n) ON k.id = u.id ORDER BY 1

SELECT id FROM users WHERE id IN (SELECT unnest(«'{5,6,7}'»::bigint[])) ORDER BY 1

SELECT id FROM users WHERE id IN (SELECT 5 UNION ALL SELECT 6) ORDER BY 1

SELECT id FROM users WHERE id NOT IN (VALUES (5), (6)) ORDER BY 1 LIMIT 4

SELECT id FROM users WHERE id <> ALL (SELECT user_id FROM orders) ORDER BY 1

SELECT user_id FROM payments WHERE order_id NOT IN (SELECT id FROM orders) ORDER BY 1

# Types of expressions within

SELECT max(n), avg(n), count(*) FROM (SELECT user_id, count(*) AS n FROM orders GROUP BY user_id) s

SELECT user_id, n FROM (SELECT user_id, count(*) AS n FROM orders GROUP BY user_id) s ORDER BY n DESC, user_id LIMIT 5

SELECT n, count(*) FROM (SELECT user_id, count(*) AS n FROM orders GROUP BY user_id) s GROUP BY n ORDER BY 1

SELECT sum(q), min(q) FROM (SELECT user_id, sum(quantity) AS q FROM orders GROUP BY user_id) s

SELECT t, count(*) FROM (SELECT id, lower(country) AS t FROM users) s GROUP BY t ORDER BY t
