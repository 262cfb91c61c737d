# On the key

SELECT u.id, o.id, o.amount FROM users u JOIN orders o ON o.user_id = u.id WHERE u.id = «12» ORDER BY o.id

SELECT u.id, o.id FROM users u JOIN orders o ON o.user_id = u.id ORDER BY u.id, o.id

SELECT u.id, o.id FROM users u JOIN orders o ON u.id = o.user_id ORDER BY u.id, o.id LIMIT 7 OFFSET 3

SELECT u.id, o.id FROM users u, orders o WHERE o.user_id = u.id ORDER BY 1, 2 LIMIT 5

SELECT u.id, o.id FROM users u INNER JOIN orders o ON o.user_id = u.id AND o.quantity > 100 ORDER BY 1, 2

SELECT u.id, o.id, p.id FROM users u JOIN orders o ON o.user_id = u.id JOIN payments p ON p.user_id = u.id ORDER BY 1, 2, 3

SELECT u.id, o.id, p.id FROM users u JOIN orders o ON o.user_id = u.id JOIN payments p ON p.user_id = o.user_id WHERE u.id = «12» ORDER BY 1, 2, 3

SELECT o.id, p.id FROM orders o JOIN payments p ON p.user_id = o.user_id AND p.order_id = o.id ORDER BY 1, 2

SELECT o.id, p.id FROM orders o JOIN payments p USING (user_id) ORDER BY 1, 2 LIMIT 20

SELECT user_id, o.id FROM orders o JOIN payments p USING (user_id) ORDER BY user_id, o.id, p.id LIMIT 20

SELECT * FROM orders o JOIN payments p USING (user_id) ORDER BY user_id, o.id, p.id LIMIT 20

SELECT count(*) FROM orders NATURAL JOIN payments

SELECT u.id, o.id FROM users u LEFT JOIN orders o ON o.user_id = u.id ORDER BY u.id, o.id

SELECT u.id, o.id FROM users u LEFT JOIN orders o ON o.user_id = u.id AND o.quantity > 100 ORDER BY u.id, o.id NULLS FIRST

SELECT u.id, o.id FROM orders o RIGHT JOIN users u ON o.user_id = u.id ORDER BY u.id, o.id

SELECT u.id, o.id FROM users u FULL JOIN orders o ON o.user_id = u.id ORDER BY u.id, o.id

SELECT u.id FROM users u LEFT JOIN orders o ON o.user_id = u.id WHERE o.id IS NULL ORDER BY u.id

SELECT u.country, count(*), sum(o.quantity) FROM users u JOIN orders o ON o.user_id = u.id GROUP BY u.country ORDER BY u.country

SELECT u.country, count(o.id), max(o.placed_at) FROM users u LEFT JOIN orders o ON o.user_id = u.id GROUP BY u.country ORDER BY 2 DESC, 1

SELECT u.id, count(o.id) FROM users u LEFT JOIN orders o ON o.user_id = u.id GROUP BY u.id ORDER BY u.id

SELECT u.id, count(o.id) FROM users u LEFT JOIN orders o ON o.user_id = u.id GROUP BY u.id HAVING count(o.id) > 3 ORDER BY u.id

SELECT u.id, u.email, count(o.id) FROM users u JOIN orders o ON o.user_id = u.id GROUP BY u.id ORDER BY u.id LIMIT 9

SELECT o.user_id, count(*) FROM users u RIGHT JOIN orders o ON o.user_id = u.id GROUP BY o.user_id ORDER BY 1

SELECT u.id, count(*) FROM users u RIGHT JOIN orders o ON o.user_id = u.id + 1 GROUP BY u.id ORDER BY 1

SELECT u.id, count(*) FROM orders o LEFT JOIN users u ON o.user_id = u.id GROUP BY u.id ORDER BY 1

SELECT u.id, count(*) FROM orders o LEFT JOIN users u ON o.user_id = u.id AND u.age > 40 GROUP BY u.id ORDER BY 1

SELECT DISTINCT u.id FROM orders o LEFT JOIN users u ON o.user_id = u.id AND u.age > 40 ORDER BY 1

SELECT a.id, b.id FROM users a JOIN users b ON a.id = b.id ORDER BY 1

SELECT a.id, b.id FROM users a JOIN users b ON a.id = b.id AND a.age < b.age ORDER BY 1

# With omnisharded tables

SELECT o.id, i.name FROM orders o JOIN items i ON i.id = o.item_id ORDER BY o.id

SELECT o.id, i.name FROM orders o LEFT JOIN items i ON i.id = o.item_id ORDER BY o.id

SELECT o.id, i.name FROM items i LEFT JOIN orders o ON i.id = o.item_id ORDER BY o.id

SELECT o.id, i.name FROM orders o RIGHT JOIN items i ON i.id = o.item_id ORDER BY o.id, i.id

SELECT o.id, i.id FROM orders o FULL JOIN items i ON i.id = o.item_id ORDER BY o.id, i.id

SELECT i.id, count(o.id) FROM items i LEFT JOIN orders o ON o.item_id = i.id GROUP BY i.id ORDER BY i.id

SELECT i.category, sum(o.amount), count(*) FROM orders o JOIN items i ON i.id = o.item_id GROUP BY i.category ORDER BY i.category

SELECT i.id, o.id FROM items i LEFT JOIN orders o ON o.item_id = i.id AND o.user_id = 12 ORDER BY 1, 2

SELECT i.id, o.id FROM items i LEFT JOIN orders o ON o.item_id = i.id WHERE o.user_id = 12 ORDER BY 1, 2

SELECT i.id, o.id FROM items i JOIN orders o ON o.item_id = i.id WHERE o.user_id = «12» ORDER BY 1, 2

SELECT count(*) FROM orders, items

SELECT count(*) FROM items a, items b

SELECT * FROM items ORDER BY id

SELECT category, count(*) FROM items GROUP BY category ORDER BY category

SELECT category, count(*) FROM items GROUP BY category HAVING count(*) > 3 ORDER BY 1

SELECT rank() OVER (ORDER BY price), id FROM items ORDER BY id

SELECT id FROM items UNION SELECT id + 5 FROM items ORDER BY id

SELECT id FROM items WHERE price > (SELECT avg(price) FROM items) ORDER BY id

WITH cheap AS (SELECT * FROM items ORDER BY price LIMIT 3) SELECT name FROM cheap ORDER BY price

SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY price) FROM items

SELECT * FROM items WHERE id = «3»

SELECT * FROM items WHERE name = «'Item 3'» ORDER BY id

SELECT o.id FROM orders o WHERE item_id IN (SELECT id FROM items WHERE category = 'toy') ORDER BY o.id

SELECT o.id FROM orders o WHERE EXISTS (SELECT 1 FROM items i WHERE i.id = o.item_id AND i.price > 20) ORDER BY o.id

SELECT o.id FROM orders o WHERE item_id NOT IN (SELECT id FROM items WHERE category = 'toy') ORDER BY o.id

SELECT o.id, (SELECT name FROM items i WHERE i.id = o.item_id) FROM orders o ORDER BY o.id LIMIT 10

SELECT i.id FROM items i WHERE EXISTS (SELECT 1 FROM orders o WHERE o.item_id = i.id) ORDER BY i.id

SELECT i.id FROM items i WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.item_id = i.id) ORDER BY i.id

SELECT i.id FROM items i WHERE EXISTS (SELECT 1 FROM orders o WHERE o.item_id = i.id AND o.user_id = 12) ORDER BY i.id

SELECT i.id, (SELECT count(*) FROM orders o WHERE o.item_id = i.id) FROM items i ORDER BY i.id

# Off the key

SELECT u.id, d.title FROM users u JOIN docs d ON d.owner = u.id ORDER BY 1, 2

SELECT u.id FROM users u JOIN orders o ON o.id = u.id ORDER BY 1

SELECT a.id, b.id FROM users a JOIN users b ON a.age = b.age ORDER BY 1, 2

SELECT count(*) FROM users, orders

SELECT count(*) FROM users CROSS JOIN orders

SELECT u.id FROM users u JOIN orders o ON o.user_id > u.id ORDER BY 1

SELECT u.id FROM users u JOIN orders o ON o.user_id = u.id OR o.id = u.id ORDER BY 1

SELECT u.id FROM users u JOIN orders o ON o.user_id + 0 = u.id ORDER BY 1

SELECT u.id FROM users u JOIN small s ON s.k = u.id ORDER BY 1

SELECT u.id FROM users u JOIN tiny t ON t.k = u.id JOIN small s ON s.k = t.k ORDER BY 1

SELECT s.k, t.k FROM small s LEFT JOIN tiny t ON t.k = s.k ORDER BY 1

SELECT c.code FROM codes c JOIN codes d ON c.code = d.code WHERE c.uses > 7 ORDER BY c.uses, d.uses
--unordered

SELECT u.id, o.id FROM users u JOIN orders o ON (o.user_id, o.quantity) = (u.id, 5) ORDER BY 1, 2

SELECT u.id, o.id FROM users u JOIN orders o ON o.user_id IS NOT DISTINCT FROM u.id ORDER BY 1, 2

SELECT u.id, o.id FROM users u JOIN orders o ON o.user_id = u.id::numeric ORDER BY 1, 2

SELECT u.id, o.id FROM users u JOIN orders o ON true WHERE o.user_id = u.id ORDER BY 1, 2

SELECT u.id, o.id FROM (users u JOIN orders o ON o.user_id = u.id) ORDER BY 1, 2

SELECT j.id, j.email FROM (users u JOIN (SELECT user_id FROM orders) o ON o.user_id = u.id) AS j ORDER BY 1, 2

SELECT j.a FROM (users u JOIN orders o ON o.user_id = u.id) AS j (a) ORDER BY 1

SELECT u.id, o.n FROM users u JOIN (SELECT user_id, count(*) AS n FROM orders GROUP BY user_id) o ON o.user_id = u.id ORDER BY 1

SELECT u.id, o.n FROM users u JOIN (SELECT user_id, count(*) AS n FROM orders GROUP BY user_id LIMIT 100) o ON o.user_id = u.id ORDER BY 1

SELECT u.id, o.user_id FROM users u JOIN (SELECT user_id FROM orders WHERE quantity > 0) o ON o.user_id = u.id ORDER BY 1

SELECT s.id FROM (SELECT id, age FROM users WHERE age > 10) s ORDER BY s.id LIMIT 5

SELECT count(*) FROM (SELECT id FROM users WHERE age > 10) s

SELECT count(*) FROM (SELECT DISTINCT country FROM users) s

SELECT count(*) FROM (SELECT id FROM users LIMIT 10) s

SELECT sum(n) FROM (SELECT count(*) AS n FROM users) s

SELECT sum(n) FROM (SELECT country, count(*) AS n FROM users GROUP BY country) s

SELECT max(n) FROM (SELECT user_id, count(*) AS n FROM orders GROUP BY user_id) s

SELECT id FROM users WHERE id IN (SELECT user_id FROM orders WHERE quantity > 100) ORDER BY id

SELECT id FROM users u WHERE EXISTS (SELECT 1 FROM orders o WHERE o.user_id = u.id AND quantity > 100) ORDER BY id

SELECT id FROM users u WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.user_id = u.id) ORDER BY id

SELECT id FROM users WHERE id NOT IN (SELECT user_id FROM orders) ORDER BY id

SELECT id FROM users WHERE age > (SELECT avg(age) FROM users) ORDER BY id

SELECT id FROM users WHERE age = ANY (SELECT quantity FROM orders) ORDER BY id

SELECT id, (SELECT count(*) FROM orders o WHERE o.user_id = u.id) FROM users u ORDER BY id

SELECT id, (SELECT max(id) FROM orders) FROM users u ORDER BY id

WITH o AS (SELECT user_id, count(*) AS n FROM orders GROUP BY user_id) SELECT u.id, o.n FROM users u JOIN o ON o.user_id = u.id ORDER BY 1

WITH u AS (SELECT * FROM users WHERE age > 20) SELECT id FROM u ORDER BY id

WITH u AS (SELECT * FROM users WHERE id = «12»), o AS (SELECT * FROM orders WHERE user_id = «12») SELECT u.id, o.id FROM u JOIN o ON o.user_id = u.id ORDER BY 1, 2

SELECT 1 FROM users WHERE id = 12 UNION ALL SELECT 2 FROM orders WHERE user_id = 12
