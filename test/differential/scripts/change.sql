UPDATE users SET age = 50 WHERE id = «5»

UPDATE users SET age = age + «1» WHERE id = «5» RETURNING id, age

UPDATE users AS u SET age = u.age + 1 WHERE u.id IN (1, 2, 3, 4) RETURNING u.id, u.age

UPDATE users SET active = (id = 5)

UPDATE users SET age = 7 WHERE country = «'de'» RETURNING id, age

UPDATE users SET name = 'many'

UPDATE users SET age = 1 WHERE false

UPDATE users SET age = 1 WHERE id = 424242 RETURNING id

UPDATE users SET age = 2 WHERE id = ANY («'{7,8,9}'») RETURNING id

UPDATE users SET age = 3 WHERE (id = 5) IS NOT TRUE AND id < 9 RETURNING id

UPDATE users SET age = CASE WHEN id = 5 THEN 1 ELSE 2 END WHERE id BETWEEN 4 AND 6 RETURNING id, age

UPDATE users SET id = id + 1
--sqlstate
--refused 2 3 4

UPDATE users SET id = 2000 WHERE id = 5
--refused 2 3 4

UPDATE users SET id = 5 WHERE id = 5
--refused 2 3 4

UPDATE users SET id = id WHERE id = 5

UPDATE users SET (email, age) = ('x', 9) WHERE id = «6» RETURNING email, age

UPDATE users SET (email, id) = ('x', 9) WHERE id = 6
--refused 2 3 4

UPDATE users SET (email, age) = (SELECT 'y', 10) WHERE id = 6 RETURNING email, age

UPDATE users SET age = (SELECT max(id) FROM items) WHERE id = 6 RETURNING age

UPDATE users SET age = (SELECT max(id) FROM items) WHERE id < 3 RETURNING age

UPDATE users SET age = (SELECT count(*) FROM orders WHERE user_id = 6) WHERE id = 6 RETURNING age

UPDATE users SET age = (SELECT count(*) FROM orders o WHERE o.user_id = users.id) RETURNING id, age

UPDATE users SET age = (SELECT count(*) FROM orders) RETURNING id, age
--refused 2 3 4

UPDATE users SET age = 201 FROM orders o WHERE o.user_id = users.id AND users.id = «12» AND o.quantity IS NOT NULL RETURNING users.id
--any-rows

UPDATE users SET name = 'has order' FROM orders o WHERE o.user_id = users.id AND o.quantity > 100

UPDATE orders SET note = u.email FROM users u WHERE u.id = orders.user_id AND u.age > 5

UPDATE orders SET note = i.name FROM items i WHERE i.id = orders.item_id RETURNING orders.id, orders.note

UPDATE orders SET note = d.title FROM docs d WHERE d.owner = orders.user_id
--refused 2 3 4

UPDATE users SET age = -1 WHERE id = 5

UPDATE users SET age = -1
--sqlstate

UPDATE users SET age = 100 / (id - 5)
--sqlstate

UPDATE users SET nothing = 1 WHERE id = 5

UPDATE users SET age = 'x' WHERE id = 5

UPDATE nothing SET a = 1

UPDATE users SET created_at = now() WHERE id = 5 RETURNING created_at > '2020-01-01'

UPDATE users SET created_at = now() WHERE id < 3
--refused 2 3 4

UPDATE users SET created_at = '2026-06-01 00:00:00+00', email = 'same' WHERE id < 6

UPDATE users SET balance = random() * 0 WHERE id < 3
--refused 2 3 4

UPDATE ONLY users SET age = 11 WHERE id = 1

UPDATE users SET age = DEFAULT WHERE id = 1 RETURNING age

UPDATE users SET age = 1 WHERE id IN (SELECT user_id FROM orders WHERE user_id = 12)

UPDATE users SET age = 1 WHERE id IN (SELECT user_id FROM orders)

WITH t AS (SELECT 12 AS id) UPDATE users SET age = 1 FROM t WHERE users.id = t.id

WITH c AS (UPDATE users SET age = 77 WHERE id = 5 RETURNING id) SELECT * FROM c

WITH c AS (UPDATE users SET age = 78 RETURNING id) SELECT count(*) FROM c
--refused 2 3 4

UPDATE codes SET uses = uses + 1 WHERE code = «'123'» RETURNING *

UPDATE codes SET uses = uses + 1 WHERE code LIKE 'code-1%' RETURNING code, uses

UPDATE docs SET title = 'changed' WHERE id = «'ffffffff-ffff-ffff-ffff-ffffffffffff'»

UPDATE small SET label = 's' WHERE k = «-7»

UPDATE tiny SET label = 't' WHERE k IN (1, 2, 3)

UPDATE items SET price = price + «1» WHERE id = «3» RETURNING *

UPDATE items SET price = 0 RETURNING id

UPDATE items SET price = random()
--refused 2 3 4

UPDATE items SET name = 'x' FROM orders o WHERE o.item_id = items.id
--refused 2 3 4

UPDATE items SET name = 'x' WHERE id = 1 AND EXISTS (SELECT 1 FROM orders WHERE user_id = 12)

UPDATE items SET name = 'x' WHERE id = (SELECT max(item_id) FROM orders)

UPDATE adults SET name = 'adult' WHERE id = 7
--refused 2 3 4

DELETE FROM payments WHERE user_id = «12» RETURNING id

DELETE FROM payments WHERE user_id = 13 OR user_id = 14 RETURNING id, user_id

DELETE FROM payments WHERE method = 'cash' RETURNING id

DELETE FROM payments WHERE cents > 5000

DELETE FROM payments USING users u WHERE u.id = payments.user_id AND u.country = 'fr' RETURNING payments.id

DELETE FROM payments USING orders o WHERE o.id = payments.order_id AND o.quantity < 0
--refused 2 3 4

DELETE FROM payments WHERE order_id IN (SELECT id FROM orders)

DELETE FROM users WHERE id = «5» RETURNING id

DELETE FROM users WHERE (id = 6) IS TRUE RETURNING id

DELETE FROM users WHERE NOT id <> 7 RETURNING id

DELETE FROM users WHERE id = 100 / (age - age)

DELETE FROM codes WHERE code = «'0123'»

DELETE FROM docs

DELETE FROM items WHERE id = «3» RETURNING name

DELETE FROM items WHERE category = 'toy'

DELETE FROM items WHERE id IN (SELECT item_id FROM orders)
--refused 2 3 4

DELETE FROM items USING orders o WHERE o.item_id = items.id
--refused 2 3 4

SELECT count(*), sum(age), count(name) FROM users

SELECT count(*) FROM payments

MERGE INTO users u USING (VALUES (8, 'm')) v (id, email) ON u.id = v.id WHEN MATCHED THEN UPDATE SET email = v.email

MERGE INTO users u USING orders o ON u.id = o.user_id AND u.id = 12 AND o.id = 1 WHEN MATCHED THEN UPDATE SET email = 'm'

MERGE INTO items i USING (VALUES (1, 'm')) v (id, name) ON i.id = v.id WHEN MATCHED THEN UPDATE SET name = v.name
--refused 2 3 4

TRUNCATE small

SELECT count(*) FROM small

TRUNCATE items, tiny

SELECT count(*) FROM items

TRUNCATE users

TRUNCATE users CASCADE

SELECT count(*) FROM payments

SELECT id, email INTO copied FROM users
--refused 2 3 4

DO $$ BEGIN PERFORM 1; END $$
--refused 2 3 4

CALL nothing()
--refused 2 3 4

LOCK TABLE orders

BEGIN

LOCK TABLE orders

SELECT id FROM orders WHERE user_id = 12 ORDER BY id FOR UPDATE

SELECT id FROM orders ORDER BY user_id, id FOR UPDATE

ROLLBACK
