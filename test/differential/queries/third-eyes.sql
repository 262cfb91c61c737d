# What a third review of the merge engine found: whole rows that are not named as such

SELECT u.row_to_json, rank() OVER (ORDER BY id) FROM users u WHERE id < 8 ORDER BY id

SELECT u.row_to_json FROM users u, orders o WHERE u.age = o.quantity AND u.id < 20

SELECT j FROM (orders JOIN (SELECT id AS item_id, category FROM items) i USING (item_id)) AS j WHERE user_id < 12 ORDER BY 1
--text

SELECT j.user_id, row_to_json(j) FROM (orders JOIN (SELECT id AS item_id, category FROM items) i USING (item_id)) AS j, users u WHERE u.age = j.quantity ORDER BY j.user_id, j.id, u.id

SELECT x.to_json, x.id FROM (SELECT u.id, u.email FROM users u, orders o WHERE u.age = o.quantity) x ORDER BY 2

# Outputs named as the columns of collected rows are

SELECT age % 2 AS "pgpack 2", age + 1 AS "pgpack 1", mode() WITHIN GROUP (ORDER BY email) FROM users GROUP BY "pgpack 1", "pgpack 2" ORDER BY 1, 2

SELECT age AS "pgpack 2", mode() WITHIN GROUP (ORDER BY email) AS "pgpack 1" FROM users GROUP BY "pgpack 2" ORDER BY "pgpack 2"

SELECT age % 2 AS a1, age % 3 AS g1, count(DISTINCT country), sum(age) FROM users GROUP BY g1, a1 ORDER BY g1, a1

# A table by its schema beside another of its name

SELECT public.users.id, (SELECT sum(public.users.age + users.id) FROM items AS users WHERE users.id < 3), rank() OVER (ORDER BY id) FROM public.users ORDER BY 1
--refused 2 3 4

SELECT public.users.id, public.orders.id FROM public.users JOIN public.orders ON public.orders.quantity = public.users.age ORDER BY 1, 2, public.orders.user_id

# What PostgreSQL never computes

SELECT s.z, i.id FROM (SELECT age, 10 / (age - 1) AS z, id FROM users) s JOIN orders i ON i.quantity = s.age WHERE s.age > 1 ORDER BY 1, 2, i.user_id, s.id

SELECT count(*) FROM (SELECT 1 / (id - id) AS z, age FROM users) s JOIN orders o ON o.quantity = s.age

WITH x AS (SELECT id, 10 / (age - 1) AS z, age FROM users) SELECT x.z, o.id FROM x JOIN orders o ON o.quantity = x.age WHERE x.age > 1 ORDER BY 1, 2, x.id, o.user_id

SELECT s.z FROM (SELECT 1 / (id - id) AS z FROM users) s JOIN orders o ON o.quantity = s.z

# Rows in the order of the query below

SELECT array_agg(id) FROM (SELECT id FROM users ORDER BY age DESC NULLS LAST, id) s

SELECT country, string_agg(email, '|'), json_agg(id) FROM (SELECT country, id, email FROM users ORDER BY id DESC) s GROUP BY country ORDER BY country

SELECT id, age AS ordered FROM (SELECT id, age FROM users ORDER BY age DESC NULLS LAST, id) s LIMIT «4»
--order 1 2

SELECT id FROM (SELECT * FROM (SELECT id, age, email FROM users ORDER BY age NULLS FIRST, id DESC) s WHERE email > 'b') z LIMIT «4»
--order 1

WITH s AS (SELECT id, age FROM users WHERE age > 3 ORDER BY age, id) SELECT array_agg(id), count(*) FROM s

SELECT count(*), max(age), count(DISTINCT country) FROM (SELECT * FROM users ORDER BY age) s

SELECT array_agg(n) FROM (SELECT user_id, count(*) AS n FROM orders GROUP BY user_id ORDER BY user_id) s

SELECT id, vc FROM ranked LIMIT «3»
--order 1 2

SELECT array_agg(id) FROM ranked

SELECT array_agg(id ORDER BY id), max(n4), count(DISTINCT vc), mode() WITHIN GROUP (ORDER BY vc) FROM ranked

SELECT id, n4 FROM ranked ORDER BY id

SELECT id, n4 FROM ranked WHERE id = «10»

SELECT r.id, u.id FROM ranked r JOIN users u ON u.age = r.id ORDER BY 1, 2

# A whole row in ORDER BY, modifiers of the first query

SELECT id FROM small s, items i WHERE i.id = s.k ORDER BY i.*, s.k

SELECT id FROM users u ORDER BY u.*

SELECT DISTINCT ON (o.*) o.user_id, o.id FROM orders o ORDER BY o.*, o.id

SELECT age, name FROM users EXCEPT SELECT quantity, note FROM orders ORDER BY 1, 2

SELECT name FROM users WHERE age > «30» EXCEPT SELECT note FROM orders WHERE quantity > «2» ORDER BY 1

SELECT n4, vc FROM forms INTERSECT SELECT score, name FROM users ORDER BY 1, 2

# What else was tried: correlation at several depths, names, empty sets

SELECT u.id, l.* FROM users u, LATERAL (SELECT o.note, l2.name FROM orders o, LATERAL (SELECT i.name FROM items i WHERE i.id = o.item_id AND i.id > u.age) l2 WHERE o.quantity = u.age ORDER BY o.user_id, o.id, l2.name LIMIT 2) l ORDER BY 1, 2, 3

SELECT u.id FROM users u WHERE EXISTS (SELECT 1 FROM orders o WHERE o.quantity = u.age AND EXISTS (SELECT 1 FROM payments p WHERE p.user_id = o.user_id AND p.cents > u.id)) ORDER BY 1

WITH users AS (WITH users AS (SELECT id, country FROM users) SELECT users.country, count(*) n FROM users GROUP BY users.country) SELECT * FROM users ORDER BY country

SELECT i.id, s.n FROM items i LEFT JOIN LATERAL (SELECT count(*) AS n FROM orders o WHERE o.item_id = i.id) s ON true ORDER BY 1

SELECT i.id, (SELECT count(*) FROM orders o WHERE o.item_id = i.id AND o.amount > (SELECT avg(amount) FROM orders p WHERE p.item_id = o.item_id)) FROM items i ORDER BY 1

SELECT item_id, count(*) FROM orders FULL JOIN (SELECT id::bigint AS item_id FROM items) i USING (item_id) GROUP BY item_id ORDER BY 1

SELECT age, count(*), grouping(age) FROM empty e FULL JOIN users u ON u.id = e.id GROUP BY ROLLUP (age) ORDER BY 3, 1

WITH RECURSIVE r AS (SELECT id, age, ARRAY[id] AS path FROM users WHERE id = 5 UNION ALL SELECT u.id, u.age, path || u.id FROM r JOIN users u ON u.age = r.age + 1 WHERE cardinality(path) < 3) SEARCH DEPTH FIRST BY id SET ord SELECT id, path FROM r ORDER BY ord

# NULL-extended, a column has what its domain does not allow

SELECT s.t, s.id FROM (SELECT u.id, u.age, i.t FROM users u LEFT JOIN (SELECT user_id, id, 'x'::told AS t FROM orders) i ON i.user_id = u.id AND i.id = 1) s JOIN orders o ON o.quantity = s.age ORDER BY 2, o.user_id, o.id
--refused 2 3 4

# Rows in the place of a table's have another type

SELECT (u::users).id, rank() OVER (ORDER BY id) FROM users u ORDER BY id
--refused 2 3 4

SELECT row_to_json(coalesce(u, v)) FROM users u, users v WHERE u.age = 26 AND v.age = 13 ORDER BY u.id, v.id
--refused 2 3 4

SELECT u::text, rank() OVER (ORDER BY id) FROM users u ORDER BY id

SELECT id, rank() OVER (ORDER BY id) FROM users WHERE country = «'de'»::pg_catalog.text ORDER BY id
