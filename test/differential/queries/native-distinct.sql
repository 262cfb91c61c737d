# DISTINCT, DISTINCT ON and set operations over several shards: duplicates meet in the merge

SELECT DISTINCT country FROM users

SELECT DISTINCT country, active FROM users

SELECT DISTINCT country, active FROM users ORDER BY active DESC, country

SELECT DISTINCT age / 10 FROM users

SELECT DISTINCT age % 10 AS m, country FROM users ORDER BY m NULLS FIRST, country DESC LIMIT 9

SELECT DISTINCT lower(country) FROM users ORDER BY lower(country) DESC

SELECT DISTINCT lower(country) AS c FROM users ORDER BY 1 OFFSET 2

SELECT DISTINCT «7»::int AS x FROM users

SELECT DISTINCT NULL FROM users

SELECT DISTINCT 'x' FROM users

SELECT DISTINCT email FROM users WHERE id < «0»

SELECT DISTINCT id, country FROM users ORDER BY id LIMIT 5

SELECT DISTINCT age FROM users ORDER BY age + 1
--sqlstate

SELECT DISTINCT age FROM users ORDER BY id
--sqlstate

SELECT DISTINCT born FROM users ORDER BY born DESC NULLS LAST

SELECT DISTINCT created_at::date FROM users

SELECT DISTINCT tags FROM users

SELECT DISTINCT info FROM users

SELECT DISTINCT n + 0 FROM forms
--any-rows

SELECT DISTINCT f8 FROM forms ORDER BY f8
--any-rows

SELECT DISTINCT bp FROM forms ORDER BY bp

SELECT DISTINCT en FROM forms

SELECT DISTINCT en FROM forms ORDER BY en DESC

SELECT DISTINCT icu FROM forms

SELECT DISTINCT icu FROM forms ORDER BY icu

SELECT DISTINCT icu, id % 2 AS h FROM forms ORDER BY h
--order 2

SELECT DISTINCT icu, en, bp, n4 FROM forms

SELECT DISTINCT lower(icu) FROM forms

SELECT DISTINCT ci FROM forms
--any-rows

SELECT DISTINCT cx FROM forms
--any-rows

SELECT DISTINCT ip, cd FROM forms ORDER BY cd, ip

SELECT DISTINCT iv FROM forms
--any-rows

SELECT DISTINCT js FROM forms
--sqlstate

SELECT DISTINCT * FROM small ORDER BY k

SELECT DISTINCT country FROM users LIMIT 3
--any-rows

SELECT DISTINCT country FROM users OFFSET 2
--any-rows

SELECT DISTINCT u.country, o.quantity FROM users u JOIN orders o ON o.user_id = u.id ORDER BY 2, 1

SELECT DISTINCT i.category, u.active FROM users u CROSS JOIN items i ORDER BY 1, 2

SELECT DISTINCT country, count(*) OVER (PARTITION BY id) FROM users ORDER BY 1

SELECT DISTINCT ON (country) country, id FROM users ORDER BY country, id

SELECT DISTINCT ON (country) country, id FROM users ORDER BY country DESC, id DESC

SELECT DISTINCT ON (country) id FROM users ORDER BY country, age DESC NULLS LAST, id LIMIT 4

SELECT DISTINCT ON (country) id FROM users ORDER BY country, id OFFSET 1

SELECT DISTINCT ON (country, active) country, active, id FROM users ORDER BY active, country, id

SELECT DISTINCT ON (country) country FROM users

SELECT DISTINCT ON (country, active) country, active FROM users ORDER BY country

SELECT DISTINCT ON (users.country) users.country, id FROM users ORDER BY users.country, id

SELECT DISTINCT ON (u.country) u.country, u.id FROM users u ORDER BY u.country, u.id DESC

SELECT DISTINCT ON (lower(country)) id FROM users ORDER BY lower(country), id

SELECT DISTINCT ON (lower(country)) lower(country) AS c FROM users

SELECT DISTINCT ON (age % 5) age % 5 AS m, id FROM users ORDER BY age % 5, id DESC

SELECT DISTINCT ON (1) country, id FROM users ORDER BY 1, 2

SELECT DISTINCT ON (c) country AS c, id FROM users ORDER BY c, id

SELECT DISTINCT ON (country) country, id FROM users ORDER BY id
--sqlstate

SELECT DISTINCT ON (en) en, id FROM forms ORDER BY en, id

SELECT DISTINCT ON (bp) id FROM forms ORDER BY bp, id

SELECT DISTINCT ON (icu) id FROM forms ORDER BY icu, id

SELECT DISTINCT ON (ci) id FROM forms ORDER BY ci, id

SELECT DISTINCT ON (id % 3, id % 2) id FROM users ORDER BY id % 3, id % 2 DESC, id

SELECT id FROM users UNION ALL SELECT user_id FROM orders ORDER BY id LIMIT 20

SELECT id, country FROM users UNION ALL SELECT user_id, note FROM orders ORDER BY 2, 1

SELECT id AS x FROM users UNION ALL SELECT item_id FROM orders ORDER BY x DESC NULLS LAST OFFSET 3

SELECT age FROM users UNION ALL SELECT quantity FROM orders ORDER BY age NULLS FIRST, 1 LIMIT 50

SELECT age FROM users UNION SELECT quantity FROM orders

SELECT age FROM users UNION SELECT quantity FROM orders ORDER BY 1 DESC LIMIT 5 OFFSET 1

SELECT age, country FROM users UNION SELECT quantity, note FROM orders ORDER BY country, age

SELECT country FROM users UNION SELECT country FROM users

SELECT country FROM users UNION ALL SELECT method FROM payments UNION SELECT note FROM orders ORDER BY 1

(SELECT country FROM users) UNION (SELECT method FROM payments) ORDER BY country

SELECT score FROM users UNION SELECT amount FROM orders ORDER BY score
--any-rows

SELECT age FROM users UNION SELECT amount FROM orders ORDER BY 1
--any-rows

SELECT country FROM users UNION SELECT method FROM payments UNION ALL SELECT note FROM orders ORDER BY 1

SELECT age FROM users INTERSECT SELECT quantity FROM orders ORDER BY 1

SELECT age FROM users EXCEPT SELECT quantity FROM orders ORDER BY 1

SELECT id FROM users INTERSECT SELECT user_id FROM orders ORDER BY id LIMIT 7

SELECT id FROM users EXCEPT SELECT user_id FROM orders ORDER BY id DESC

SELECT id, country FROM users UNION SELECT user_id, note FROM orders ORDER BY id, country LIMIT 30

SELECT country FROM users UNION SELECT category FROM items ORDER BY 1

SELECT id FROM users UNION SELECT id FROM items ORDER BY 1 LIMIT 9

SELECT en FROM forms UNION SELECT en FROM forms

SELECT icu FROM forms UNION SELECT icu FROM forms

SELECT name FROM users UNION ALL SELECT note FROM orders ORDER BY name COLLATE "C"
--sqlstate

SELECT NULL AS x FROM users UNION SELECT 1 FROM orders ORDER BY x

SELECT '2026-01-01' AS d FROM users UNION SELECT born FROM users ORDER BY d

SELECT age FROM users UNION ALL SELECT quantity FROM orders ORDER BY age FETCH FIRST 4 ROWS WITH TIES

SELECT age FROM users UNION SELECT quantity FROM orders LIMIT 1 + 2
--any-rows
