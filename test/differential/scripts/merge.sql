MERGE INTO users u USING orders o ON u.id = o.user_id AND o.quantity > 100000 WHEN MATCHED THEN DELETE

MERGE INTO users u USING (SELECT user_id, count(*) AS n FROM orders GROUP BY user_id) s ON u.id = s.user_id WHEN MATCHED THEN UPDATE SET age = s.n WHEN NOT MATCHED THEN INSERT (id, email, age) VALUES (s.user_id, 'merged', s.n)

MERGE INTO users u USING (SELECT user_id, count(*) AS n FROM orders GROUP BY user_id) s ON u.id = s.user_id WHEN MATCHED AND s.n > 1 THEN UPDATE SET age = age + 1 WHEN NOT MATCHED THEN INSERT (id, email) VALUES (s.user_id, 'again') RETURNING merge_action(), u.id, u.age

MERGE INTO users u USING (VALUES (900001, 'a'), (900002, 'b')) s(id, email) ON u.id = s.id WHEN NOT MATCHED THEN INSERT (id, email) VALUES (s.id, s.email)
--refused 3 4

MERGE INTO users u USING (VALUES (900003, 'a')) s(id, email) ON u.id = s.id WHEN NOT MATCHED THEN INSERT (id, email) VALUES (s.id, s.email)

MERGE INTO users u USING (SELECT «900004»::bigint AS id, «'c'»::text AS email) s ON u.id = s.id WHEN MATCHED THEN UPDATE SET email = s.email WHEN NOT MATCHED THEN INSERT (id, email) VALUES (s.id, s.email) RETURNING u.id, u.email

MERGE INTO users u USING (SELECT «900004»::bigint AS id, «'d'»::text AS email) s ON u.id = s.id WHEN MATCHED THEN UPDATE SET email = s.email WHEN NOT MATCHED THEN INSERT (id, email) VALUES (s.id, s.email) RETURNING u.id, u.email

MERGE INTO users u USING items i ON u.age = i.id WHEN MATCHED THEN UPDATE SET country = i.category

MERGE INTO users u USING orders o ON u.id = o.user_id WHEN NOT MATCHED BY SOURCE AND u.id > 900000 THEN DELETE

MERGE INTO users u USING orders o ON u.id = o.id WHEN MATCHED THEN DO NOTHING
--refused 2 3 4

MERGE INTO users u USING orders o ON u.id = o.user_id WHEN NOT MATCHED THEN INSERT (id, email) VALUES (o.id, 'x')
--refused 2 3 4

MERGE INTO users u USING payments p ON u.id = p.user_id WHEN MATCHED THEN UPDATE SET id = p.id
--sqlstate
--refused 2 3 4

MERGE INTO items i USING (VALUES (1)) s(id) ON i.id = s.id WHEN MATCHED THEN DELETE
--refused 2 3 4

UPDATE users u SET id = u.id, age = 8 WHERE u.id IN (5, 6)

UPDATE users SET id = «5», age = 9 WHERE id = «5»
--refused 2 3 4

UPDATE orders o SET user_id = u.id, note = 'kept' FROM users u WHERE u.id = o.user_id

UPDATE users u SET age = v.age FROM (VALUES (5, 31), (6, 32), (7, 33)) v(id, age) WHERE u.id = v.id

UPDATE users SET age = (SELECT count(*) FROM orders WHERE user_id = users.id)

DELETE FROM payments WHERE user_id IN (SELECT id FROM users WHERE age > 1)

DELETE FROM orders o WHERE NOT EXISTS (SELECT 1 FROM payments p WHERE p.user_id = o.user_id) AND o.quantity > 3

WITH old AS (SELECT user_id FROM orders WHERE quantity > 2) DELETE FROM payments p USING old WHERE old.user_id = p.user_id

DELETE FROM users WHERE id NOT IN (SELECT user_id FROM orders) AND id > 900000

INSERT INTO orders (id, user_id, note) SELECT 900000 + id, id, 'copied' FROM users WHERE age IS NOT NULL

INSERT INTO orders (id, user_id, quantity) SELECT 910000, user_id, count(*) FROM orders GROUP BY user_id

INSERT INTO orders (id, user_id) SELECT 920000, id FROM users WHERE id IN (5, 6, 7)

INSERT INTO users (id, email) SELECT DISTINCT user_id, 'conflicting' FROM orders ON CONFLICT (id) DO NOTHING

WITH s AS (SELECT user_id, max(id) AS m FROM orders GROUP BY user_id) INSERT INTO empty (id, x) SELECT user_id, 3 FROM s

INSERT INTO orders (id, user_id) SELECT 930000, s.user_id FROM (SELECT user_id FROM orders ORDER BY user_id LIMIT 3) s
--refused 2 3 4

INSERT INTO orders (id, user_id) SELECT DISTINCT 940000, age FROM users WHERE age IS NOT NULL
--refused 2 3 4

INSERT INTO orders (id, user_id) SELECT 950000, o.user_id FROM users u LEFT JOIN orders o ON o.user_id = u.id WHERE o.id = 900005
