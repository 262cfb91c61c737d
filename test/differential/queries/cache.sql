# Statements that differ in a literal only, one after another: what decides the plan or a type is
# never taken from the first of them

SELECT id, age FROM users ORDER BY 1, 2 LIMIT 5

SELECT id, age FROM users ORDER BY 2, 1 LIMIT 5

SELECT id, age FROM users ORDER BY 2, 1 LIMIT 6

SELECT id, age FROM users ORDER BY 2, 1 LIMIT 6 OFFSET 1

SELECT id, age FROM users ORDER BY 2, 1 LIMIT 6 OFFSET 2

SELECT country, active FROM users GROUP BY 1, 2 ORDER BY 1, 2

SELECT country, active FROM users GROUP BY 2, 1 ORDER BY 2, 1

SELECT email FROM users WHERE id = 5

SELECT email FROM users WHERE id = 6

SELECT email FROM users WHERE id = '6'

SELECT email FROM users WHERE id = 6.0

SELECT email FROM users WHERE id = 6.5

SELECT email FROM users WHERE id = -6

SELECT email FROM users WHERE id = '-3'

SELECT email FROM users WHERE id = NULL

SELECT email FROM users WHERE id = 'x'

SELECT email FROM users WHERE id IN (5, 6) ORDER BY email

SELECT email FROM users WHERE id IN (7, 8) ORDER BY email

SELECT email FROM users WHERE id IN (7, NULL) ORDER BY email

SELECT email FROM users WHERE id IN (7, '9') ORDER BY email

SELECT email FROM users WHERE id = ANY ('{1,2}') ORDER BY email

SELECT email FROM users WHERE id = ANY ('{3,4,5}') ORDER BY email

SELECT email FROM users WHERE id = ANY ('{}') ORDER BY email

SELECT uses FROM codes WHERE code = 'abc'::varchar(1)

SELECT uses FROM codes WHERE code = 'abc'::varchar(2)

SELECT uses FROM codes WHERE code = '123'::varchar(3)

SELECT uses FROM codes WHERE code = '123'::varchar(2)

SELECT uses FROM codes WHERE code = 'a'

SELECT uses FROM codes WHERE code = E'a'

SELECT uses FROM codes WHERE code = E'\\'

SELECT uses FROM codes WHERE code = '\\'

SELECT uses FROM codes WHERE code = '\'

SELECT 1.25::numeric(10,2), id FROM users WHERE id = 5

SELECT 1.25::numeric(10,1), id FROM users WHERE id = 5

SELECT 1 AS a FROM users WHERE id = 5

SELECT 3000000000 AS a FROM users WHERE id = 5

SELECT '1' AS a FROM users WHERE id = 5

SELECT 1.0 AS a FROM users WHERE id = 5

SELECT 1 AS a, count(*) FROM users

SELECT 3000000000 AS a, count(*) FROM users

SELECT '1' AS a, count(*) FROM users

SELECT sum(age * 1) FROM users

SELECT sum(age * 3000000000) FROM users

SELECT sum(age * 1.5) FROM users

SELECT sum(age * '2') FROM users

SELECT avg(1) FROM users

SELECT avg(1.00) FROM users

SELECT avg('1') FROM users

SELECT id, 'b' AS x FROM users ORDER BY x, id LIMIT 3

SELECT id, 7 AS x FROM users ORDER BY x, id LIMIT 3

SELECT id FROM users ORDER BY 'id'

SELECT id FROM users ORDER BY id LIMIT 1

SELECT id FROM users ORDER BY id LIMIT '1'

SELECT id FROM users ORDER BY id LIMIT 1.0

SELECT id FROM users ORDER BY id LIMIT NULL

SELECT id FROM users ORDER BY id LIMIT 0

SELECT id, age FROM users WHERE age > 10 ORDER BY id LIMIT 2

SELECT id, age FROM users WHERE age > '10' ORDER BY id LIMIT 2

SELECT id, age FROM users WHERE age > 10.5 ORDER BY id LIMIT 2

SELECT id FROM users WHERE country = 'de' ORDER BY id LIMIT 2

SELECT id FROM users WHERE country = 'it''s' ORDER BY id LIMIT 2

SELECT id FROM users WHERE country = $$de$$ ORDER BY id LIMIT 2

SELECT id FROM users WHERE created_at > timestamptz '2026-01-20' ORDER BY id LIMIT 2

SELECT id FROM users WHERE created_at > timestamptz '2026-02-10' ORDER BY id LIMIT 2

SELECT id FROM users WHERE created_at > timestamptz '2026-02-10' - interval '5 days' ORDER BY id LIMIT 2

SELECT id FROM users WHERE born = date '2025-09-26' ORDER BY id

SELECT id, coalesce(country, 'none') FROM users ORDER BY id LIMIT 3

SELECT id, coalesce(country, 'other') FROM users ORDER BY id LIMIT 3

SELECT id -- 5
FROM users WHERE id = 5

SELECT id -- 6
FROM users WHERE id = 6

select id from users where id = 5

SELECT id AS "id 1" FROM users WHERE id = 1

SELECT id AS "id 2" FROM users WHERE id = 2

SELECT json_build_object('a', id) FROM users WHERE id = 1

SELECT json_build_object('b', id) FROM users WHERE id = 1

SELECT extract(year FROM created_at) FROM users WHERE id = 1

SELECT extract(month FROM created_at) FROM users WHERE id = 1

SELECT now() - interval '1' day < now() FROM users WHERE id = 1

SELECT now() - interval '1' hour < now() FROM users WHERE id = 1

SELECT '2026-01-01'::timestamp(0), '1'::bit(3) FROM users WHERE id = 1

SELECT '2026-01-01'::timestamp(3), '1'::bit(4) FROM users WHERE id = 1
