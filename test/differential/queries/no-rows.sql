# Keys that name no shard, or shards that have nothing: aggregates still answer with a row

SELECT count(*) FROM users WHERE id = NULL

SELECT count(*) FROM users WHERE id = «NULL»

SELECT count(*), sum(age), max(email), avg(score) FROM users WHERE id = «NULL»

SELECT count(*) FROM users WHERE id = ANY («'{}'»)

SELECT count(*) FROM users WHERE id = ANY («NULL»)

SELECT count(*) FROM users WHERE id IN («NULL», «NULL»)

SELECT count(*) FROM users WHERE id = 1 AND id = 2

SELECT count(*), sum(age) FROM users WHERE id = «1» AND id = «2» AND id = «3»

SELECT count(*) FROM users WHERE id IN (1, 2, 3) AND id IN (4, 5, 6)

SELECT count(*) FROM users WHERE id IN (1, 2, 3) AND id = ANY («'{3,4}'»)

SELECT country, count(*) FROM users WHERE id = NULL GROUP BY country

SELECT id FROM users WHERE id = NULL

SELECT id, email FROM users WHERE id = «NULL» ORDER BY id LIMIT 3

SELECT * FROM users WHERE id = ANY («'{}'») ORDER BY email

SELECT max(x), count(*) FROM empty

SELECT x, count(*) FROM empty GROUP BY x ORDER BY x

SELECT count(*) FROM empty GROUP BY x

SELECT avg(x), min(t) FROM empty WHERE id = «7»

SELECT * FROM empty ORDER BY id LIMIT 5

SELECT count(*) FROM users LIMIT 1 OFFSET 1

SELECT count(*) FROM users u JOIN orders o ON o.user_id = u.id WHERE u.id = 1 AND o.user_id = 2

SELECT count(*) FROM users u JOIN orders o ON o.user_id = u.id WHERE u.id = NULL

SELECT count(*) FROM users WHERE id = 5 AND NULL

SELECT count(*) FROM users WHERE id = 5 OR NULL

SELECT count(*) FROM codes WHERE code = NULL

SELECT count(*) FROM docs WHERE id = «NULL»

SELECT count(*) FROM items WHERE id = NULL

SELECT EXISTS (SELECT 1 FROM users WHERE id = NULL)

SELECT (SELECT count(*) FROM users WHERE id = NULL)

# Functions that return sets

SELECT id, generate_series(1, 2) FROM users ORDER BY id, 2 LIMIT 5

SELECT generate_series(1, 2) AS g, id FROM users ORDER BY g DESC, id LIMIT 5

SELECT generate_series(1, 2) AS g, id FROM users WHERE id < 3 ORDER BY 2

SELECT unnest(tags) FROM users ORDER BY 1

SELECT unnest(tags) COLLATE "C" AS tag FROM users ORDER BY tag

SELECT DISTINCT unnest(tags) FROM users

SELECT count(*), generate_series(1, 2) FROM users

SELECT generate_series(1, 2), count(*) FROM users GROUP BY 1

SELECT generate_series(1, count(*)) FROM items ORDER BY 1

SELECT country, generate_series(1, 2) FROM users GROUP BY country ORDER BY 1, 2

SELECT id, generate_series(1, 0) FROM users ORDER BY id

SELECT unnest(tags), count(*) FROM users GROUP BY 1 ORDER BY 1

SELECT (jsonb_each(info)).key FROM users WHERE id = 6 ORDER BY 1

SELECT u.id, t FROM users u, unnest(u.tags) t ORDER BY u.id, t COLLATE "C" LIMIT 9

SELECT u.id, t.o FROM users u, unnest(u.tags) WITH ORDINALITY t (v, o) ORDER BY u.id, t.o LIMIT 9

SELECT id, info -> 'n' AS n FROM users ORDER BY id LIMIT 4

SELECT id, (info ->> 'n')::int AS n FROM users ORDER BY n, id LIMIT 4

SELECT tags[1], count(*) FROM users GROUP BY tags[1]

SELECT (users).email FROM users WHERE id = 5

SELECT (u).* FROM users u WHERE id = 5

SELECT row(id, age) FROM users ORDER BY id LIMIT 3

SELECT id FROM users ORDER BY row(id)

SELECT id, age FROM users ORDER BY (id, age) LIMIT 3

SELECT whole FROM users whole ORDER BY whole LIMIT 1
--refused 2 3 4

SELECT count(DISTINCT u.id), count(DISTINCT o.user_id) FROM users u LEFT JOIN orders o ON o.user_id = u.id

SELECT count(DISTINCT u.id) FROM orders o LEFT JOIN users u ON o.user_id = u.id AND u.age > 30

SELECT count(DISTINCT i.id) FROM orders o JOIN items i ON i.id = o.item_id

SELECT count(DISTINCT o.id) FROM orders o

SELECT max(DISTINCT o.id), count(o.*) FROM orders o

SELECT sum(n * 'Infinity'::numeric), avg(n * 'Infinity'::numeric) FROM kinds WHERE n > 0

SELECT sum(n * 'Infinity'::numeric), avg(n * '-Infinity'::numeric) FROM kinds WHERE n <> 'NaN'

SELECT sum(n2 * 1000000000000000000000000000000), avg(n2 * 0.000000000000000000000000000001) FROM kinds

SELECT avg(n2 / 3), sum(n2 / 7) FROM kinds GROUP BY t, v ORDER BY t, v

SELECT avg(i2), avg(i4), avg(i8) FROM kinds GROUP BY b, d ORDER BY b, d

SELECT sum(iv), avg(iv) FROM kinds GROUP BY b ORDER BY b

SELECT avg(iv) FROM kinds WHERE id % 5 = 0

SELECT avg(iv * 7), avg(iv / 7) FROM kinds

SELECT min(id), max(id) FROM kinds GROUP BY id % 2 ORDER BY 1

SELECT b, i2, count(*), sum(i4) FROM kinds GROUP BY b, i2 HAVING b ORDER BY 1, 2

SELECT t, sum(i2) FROM kinds GROUP BY t ORDER BY sum(i2), t

SELECT t, sum(i2) AS t2 FROM kinds GROUP BY t ORDER BY t2 DESC, t DESC LIMIT 3

SELECT v AS t, sum(i2) FROM kinds GROUP BY t ORDER BY 1, 2

SELECT v AS t, count(*) FROM kinds GROUP BY v ORDER BY t

SELECT t AS v, count(*) FROM kinds GROUP BY t ORDER BY v

SELECT max(t) AS t, v FROM kinds GROUP BY v ORDER BY t, v

SELECT count(*) AS b, b AS c FROM kinds GROUP BY kinds.b ORDER BY b, c

SELECT u, o, count(*) FROM kinds GROUP BY u, o ORDER BY o DESC, u

SELECT d, tz, count(*) FROM kinds GROUP BY d, tz ORDER BY tz NULLS FIRST, d DESC

SELECT ttz, count(*) FROM kinds GROUP BY ttz ORDER BY ttz

SELECT "by", count(*) FROM kinds GROUP BY "by" ORDER BY "by"

SELECT i2 AS "I", count(*) AS "Count Of" FROM kinds GROUP BY "I" ORDER BY "Count Of", "I"

SELECT k.i2 FROM kinds AS k GROUP BY k.i2 ORDER BY k.i2

SELECT kinds.i2 FROM kinds GROUP BY i2 ORDER BY public.kinds.i2

SELECT i2 FROM public.kinds GROUP BY kinds.i2 ORDER BY i2
