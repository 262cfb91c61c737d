# Orders and limits in further forms

SELECT id FROM users ORDER BY id USING <

SELECT id, age FROM users ORDER BY age USING >, id USING <

SELECT email FROM users ORDER BY email USING ~>~ LIMIT 5

SELECT id FROM users ORDER BY 1 DESC LIMIT 3

SELECT age AS a, score AS b, id FROM users ORDER BY 2 DESC NULLS LAST, a, 3

SELECT age + 1 AS id, email FROM users ORDER BY id, email

SELECT age + 1 AS id, email FROM users ORDER BY users.id

SELECT DISTINCT age + 1 AS x FROM users ORDER BY x

SELECT DISTINCT country, active FROM users ORDER BY active NULLS FIRST, country DESC

SELECT DISTINCT upper(country) FROM users ORDER BY upper(country)

SELECT DISTINCT country FROM users ORDER BY country LIMIT 2 OFFSET 1

SELECT DISTINCT * FROM small ORDER BY label COLLATE "C", k

SELECT DISTINCT count(*) FROM users GROUP BY country ORDER BY 1

SELECT DISTINCT country, count(*) FROM users GROUP BY country, active ORDER BY 1, 2

SELECT DISTINCT ON (country) country, age, id FROM users ORDER BY country, age DESC NULLS LAST, id

SELECT DISTINCT ON (country, active) id FROM users ORDER BY country, active, id

SELECT DISTINCT ON (age % 5) age % 5 AS r, id FROM users ORDER BY age % 5, id DESC

SELECT DISTINCT ON (1) country, id FROM users ORDER BY 1 DESC, 2 LIMIT 3

SELECT DISTINCT ON (country) country FROM users

SELECT DISTINCT ON (country) country, id FROM users ORDER BY country, id OFFSET 2 LIMIT 2

SELECT id FROM users ORDER BY id LIMIT «5» OFFSET «0»

SELECT id FROM users ORDER BY id LIMIT «0» OFFSET «50»

SELECT id FROM users ORDER BY id DESC LIMIT («2»::int * 2)

SELECT id FROM users ORDER BY id OFFSET (1 + 1) LIMIT length('abc')

SELECT id FROM users ORDER BY id LIMIT coalesce(«NULL»::int, 4)

SELECT id FROM users ORDER BY id LIMIT (SELECT max(id) FROM items)

SELECT id FROM users ORDER BY id LIMIT greatest(2, 3) OFFSET least(1, 2)

SELECT id FROM users ORDER BY id LIMIT random() * 0 + 2

SELECT id FROM users ORDER BY id OFFSET «3» ROWS FETCH FIRST «2» ROWS ONLY

SELECT id FROM users ORDER BY id OFFSET 3 ROWS FETCH FIRST (1 + 1) ROWS ONLY

SELECT age, id FROM users ORDER BY age DESC NULLS LAST FETCH FIRST 2 ROWS WITH TIES
--order 1

SELECT active FROM users ORDER BY active OFFSET 1 ROW FETCH NEXT 1 ROWS WITH TIES

SELECT country, count(*) FROM users GROUP BY country ORDER BY count(*) / 100 FETCH FIRST 1 ROW WITH TIES
--order

SELECT user_id, id FROM orders ORDER BY user_id FETCH FIRST «4» ROWS WITH TIES
--order 1

SELECT i2, id FROM kinds ORDER BY i2 FETCH FIRST NULL ROWS WITH TIES
--sqlstate

SELECT id FROM users FETCH FIRST 3 ROWS WITH TIES
--sqlstate

SELECT id FROM users ORDER BY created_at, id LIMIT 4 OFFSET 117

SELECT name, id FROM users ORDER BY name DESC NULLS LAST, id LIMIT 6 OFFSET «3»

SELECT * FROM users ORDER BY score DESC NULLS LAST, id LIMIT 3

SELECT u.*, o.amount FROM users u JOIN orders o ON o.user_id = u.id ORDER BY o.amount DESC NULLS LAST, o.id LIMIT 4

SELECT amount FROM orders ORDER BY quantity * amount NULLS FIRST, user_id, id LIMIT 45

SELECT id FROM users ORDER BY active AND age > 30, id

SELECT id FROM users ORDER BY age IS NULL, age, id

SELECT id FROM users ORDER BY country = 'de' DESC NULLS LAST, id LIMIT 30

SELECT id FROM users ORDER BY CASE country WHEN 'us' THEN 1 WHEN 'jp' THEN 2 ELSE 3 END, id

SELECT id FROM users ORDER BY array_length(tags, 1), tags[1], id

SELECT id FROM users ORDER BY info -> 'n' DESC, id

SELECT id FROM users ORDER BY info ->> 'n', id

SELECT id FROM users ORDER BY extract(month FROM born), born, id

SELECT id FROM users ORDER BY created_at::date DESC, id LIMIT 12

SELECT id FROM users ORDER BY email LIKE '%7%' DESC, id LIMIT 5

SELECT id FROM users ORDER BY coalesce(age, «50»), id

SELECT id, row_number() OVER (ORDER BY id DESC) AS n FROM users ORDER BY n LIMIT 3

SELECT country, max(id) FROM users GROUP BY country ORDER BY max(id) + 1 DESC

SELECT country FROM users GROUP BY country ORDER BY sum(age) / count(*) DESC NULLS LAST, country

SELECT age / 10 AS decade FROM users GROUP BY decade ORDER BY decade DESC NULLS LAST

SELECT country FROM users GROUP BY country ORDER BY country COLLATE "en-US-x-icu"

SELECT country, lower(country) AS l, count(*) FROM users GROUP BY country ORDER BY l, count(*)

SELECT id FROM users UNION ALL SELECT k FROM small ORDER BY id LIMIT 6

SELECT country FROM users UNION SELECT t FROM kinds ORDER BY country DESC LIMIT 4 OFFSET 1

SELECT age FROM users INTERSECT ALL SELECT quantity FROM orders ORDER BY 1

SELECT b FROM kinds UNION ALL SELECT active FROM users WHERE id < 3 ORDER BY 1

SELECT n FROM kinds WHERE n = 1.1 UNION SELECT 1.1
--any-rows

SELECT count(*) FROM (SELECT n FROM kinds UNION SELECT n2 FROM kinds) s

SELECT word FROM kinds EXCEPT SELECT name FROM items ORDER BY word

SELECT id FROM items UNION SELECT k FROM small WHERE k > 10 ORDER BY 1

SELECT code FROM codes UNION ALL SELECT email FROM users ORDER BY code COLLATE "C" LIMIT 8

VALUES (1), (2) UNION SELECT k FROM small WHERE k < -18 ORDER BY 1

TABLE small ORDER BY k LIMIT 3
