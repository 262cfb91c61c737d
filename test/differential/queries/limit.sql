# LIMIT and OFFSET are applied once, to the merged rows

SELECT id FROM users LIMIT «10»
--any-rows

SELECT id FROM users LIMIT 0

SELECT id FROM users OFFSET «100»
--any-rows

SELECT count(*) FROM users LIMIT 0

SELECT count(*) FROM users LIMIT 1

SELECT count(*) FROM users OFFSET 1

SELECT id FROM users LIMIT 1000

SELECT id FROM users ORDER BY id LIMIT «10»

SELECT id FROM users ORDER BY id LIMIT «10» OFFSET «7»

SELECT id FROM users ORDER BY id OFFSET «7» LIMIT «10»

SELECT id FROM users ORDER BY id OFFSET «115»

SELECT id FROM users ORDER BY id OFFSET «5000»

SELECT id FROM users ORDER BY id LIMIT «NULL»

SELECT id FROM users ORDER BY id LIMIT «NULL» OFFSET «NULL»

SELECT id FROM users ORDER BY id LIMIT ALL

SELECT id FROM users ORDER BY id LIMIT ALL OFFSET 118

SELECT id FROM users ORDER BY id LIMIT NULL

SELECT id FROM users ORDER BY id LIMIT «3»::int

SELECT id FROM users ORDER BY id LIMIT «3»::bigint OFFSET «3»::int

SELECT id FROM users ORDER BY id LIMIT (5 + 5)
--refused 2 3 4

SELECT id FROM users ORDER BY id LIMIT «5» + «5»
--refused 2 3 4

SELECT id FROM users ORDER BY id LIMIT 2.5
--refused 2 3 4

SELECT id FROM users ORDER BY id LIMIT 3.5
--refused 2 3 4

SELECT id FROM users ORDER BY id LIMIT «2.5»::numeric
--refused 2 3 4

SELECT id FROM users ORDER BY id LIMIT 1e1
--refused 2 3 4

SELECT id FROM users ORDER BY id LIMIT '3'

SELECT id FROM users ORDER BY id LIMIT ' 3 '

SELECT id FROM users ORDER BY id LIMIT '3'::int

SELECT id FROM users ORDER BY id LIMIT 'x'
--refused 2 3 4

SELECT id FROM users ORDER BY id LIMIT (SELECT 3)
--refused 2 3 4

SELECT id FROM users ORDER BY id LIMIT (SELECT count(*) FROM items)
--refused 2 3 4

SELECT id FROM users ORDER BY id LIMIT (SELECT count(*) / 30 FROM users)
--refused 2 3 4

SELECT id FROM users ORDER BY id LIMIT length('abc')
--refused 2 3 4

SELECT id FROM users ORDER BY id LIMIT CASE WHEN true THEN 3 END
--refused 2 3 4

SELECT id FROM users ORDER BY id LIMIT id
--refused 2 3 4

SELECT id FROM users ORDER BY id LIMIT «-1»

SELECT id FROM users ORDER BY id LIMIT -1

SELECT id FROM users ORDER BY id OFFSET «-1»

SELECT id FROM users ORDER BY id OFFSET -1

SELECT id FROM users ORDER BY id LIMIT 9223372036854775807 OFFSET 3

SELECT id FROM users ORDER BY id LIMIT 3 OFFSET 9223372036854775807

SELECT id FROM users ORDER BY id LIMIT 9223372036854775808
--refused 2 3 4

SELECT id FROM users ORDER BY id LIMIT 99999999999999999999
--refused 2 3 4

SELECT id FROM users WHERE id < «20» ORDER BY id LIMIT «5» OFFSET «2»

SELECT id FROM users WHERE id IN (1, 2, 3, 4, 5) ORDER BY id LIMIT 2 OFFSET 2

SELECT id FROM users WHERE id IN (1, 2, 3, 4, 5) LIMIT 3
--any-rows

SELECT country, count(*) FROM users GROUP BY country ORDER BY 2 DESC, 1 LIMIT 2

SELECT country, count(*) FROM users GROUP BY country ORDER BY country LIMIT 2 OFFSET 1

SELECT country, count(*) FROM users GROUP BY country LIMIT 2
--any-rows

SELECT id, count(*) FROM users GROUP BY id ORDER BY id LIMIT 2 OFFSET 2

SELECT DISTINCT id FROM users ORDER BY id LIMIT 2 OFFSET 2

SELECT id FROM users ORDER BY id LIMIT 2; SELECT id FROM users ORDER BY id DESC LIMIT 2
--simple

SELECT i.id FROM items i ORDER BY i.id LIMIT 3 OFFSET 1
