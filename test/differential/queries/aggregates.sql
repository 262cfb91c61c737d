# Aggregates over every type, with and without groups

SELECT count(b), min(b), max(b) FROM kinds

SELECT count(i2), min(i2), max(i2) FROM kinds

SELECT count(i4), min(i4), max(i4) FROM kinds

SELECT count(i8), min(i8), max(i8) FROM kinds

SELECT count(n), min(n), max(n) FROM kinds

SELECT count(n2), min(n2), max(n2) FROM kinds

SELECT count(f4), min(f4), max(f4) FROM kinds

SELECT count(f8), min(f8), max(f8) FROM kinds

SELECT count(t), min(t), max(t) FROM kinds

SELECT count(v), min(v), max(v) FROM kinds

SELECT count(c), min(c), max(c) FROM kinds

SELECT count(word), min(word), max(word) FROM kinds

SELECT count(by), min(by), max(by) FROM kinds

SELECT count(d), min(d), max(d) FROM kinds

SELECT count(ti), min(ti), max(ti) FROM kinds

SELECT count(ttz), min(ttz), max(ttz) FROM kinds

SELECT count(ts), min(ts), max(ts) FROM kinds

SELECT count(tz), min(tz), max(tz) FROM kinds

SELECT count(iv), min(iv), max(justify_interval(iv)) FROM kinds

SELECT count(u), min(u), max(u) FROM kinds

SELECT count(o), min(o), max(o) FROM kinds

SELECT count(ip), min(ip), max(ip) FROM kinds

SELECT count(js), min(js), max(js) FROM kinds

SELECT count(m), min(m), max(m) FROM kinds

SELECT count(a), min(a), max(a) FROM kinds

SELECT count(mo), min(mo), max(mo) FROM kinds

SELECT sum(i2), avg(i2) FROM kinds WHERE i2 BETWEEN -1000 AND 1000

SELECT sum(i4), avg(i4) FROM kinds WHERE i4 BETWEEN -1000 AND 1000

SELECT sum(i8), avg(i8) FROM kinds WHERE i8 BETWEEN -1000 AND 1000

SELECT sum(n), avg(n) FROM kinds WHERE n BETWEEN -1000 AND 1000

SELECT sum(n2), avg(n2) FROM kinds WHERE n2 BETWEEN -1000 AND 1000

SELECT sum(f4), avg(f4) FROM kinds
--text WHERE f4 BETWEEN -1000 AND 1000

SELECT sum(f8 * 0), avg(f8 * 0) FROM kinds WHERE f8 BETWEEN -1000 AND 1000

SELECT sum(iv), avg(iv) FROM kinds WHERE iv IS NOT NULL

SELECT sum(mo), avg(mo) FROM kinds WHERE mo IS NOT NULL

SELECT b, count(*), count(i2), sum(i2), avg(i2), min(i2), max(i2) FROM kinds WHERE id % 3 <> 1 AND i2::float8 BETWEEN -100000 AND 100000 GROUP BY b ORDER BY b

SELECT b, count(*), count(i4), sum(i4), avg(i4), min(i4), max(i4) FROM kinds WHERE id % 3 <> 1 AND i4::float8 BETWEEN -100000 AND 100000 GROUP BY b ORDER BY b

SELECT b, count(*), count(i8), sum(i8), avg(i8), min(i8), max(i8) FROM kinds WHERE id % 3 <> 1 AND i8::float8 BETWEEN -100000 AND 100000 GROUP BY b ORDER BY b

SELECT b, count(*), count(n), sum(n), avg(n), min(n), max(n) FROM kinds WHERE id % 3 <> 1 AND n::float8 BETWEEN -100000 AND 100000 GROUP BY b ORDER BY b

SELECT b, count(*), count(n2), sum(n2), avg(n2), min(n2), max(n2) FROM kinds WHERE id % 3 <> 1 AND n2::float8 BETWEEN -100000 AND 100000 GROUP BY b ORDER BY b

SELECT b, count(*), count(f4), sum(f4), avg(f4), min(f4), max(f4) FROM kinds WHERE id % 3 <> 1 AND f4::float8 BETWEEN -100000 AND 100000 GROUP BY b ORDER BY b

SELECT b, count(*), count(f8), sum(f8 * 0), min(f8), max(f8) FROM kinds WHERE id % 3 <> 1 AND f8::float8 BETWEEN -100000 AND 100000 GROUP BY b ORDER BY b

SELECT sum(i8) FROM kinds

SELECT sum(i8), avg(i8) FROM kinds WHERE i8 > 0

SELECT sum(n), avg(n) FROM kinds WHERE n <> 'NaN'

SELECT sum(n), avg(n) FROM kinds

SELECT sum(n2), avg(n2) FROM kinds

SELECT sum(f4), avg(f4) FROM kinds
--text

SELECT sum(f8) FROM kinds WHERE f8 < 1e308

SELECT sum(f8) FROM kinds WHERE f8 = 'Infinity'

SELECT b, count(*) FROM kinds GROUP BY b

SELECT i2, count(*) FROM kinds GROUP BY i2

SELECT i4, count(*) FROM kinds GROUP BY i4

SELECT i8, count(*) FROM kinds GROUP BY i8

SELECT n + 0.000, count(*) FROM kinds GROUP BY n

SELECT n2, count(*) FROM kinds GROUP BY n2

SELECT f4, count(*) FROM kinds WHERE f4 <> 0 GROUP BY f4

SELECT f8, count(*) FROM kinds WHERE f8 <> 0 GROUP BY f8

SELECT t, count(*) FROM kinds GROUP BY t

SELECT v, count(*) FROM kinds GROUP BY v

SELECT c, count(*) FROM kinds GROUP BY c

SELECT word, count(*) FROM kinds GROUP BY word

SELECT by, count(*) FROM kinds GROUP BY by

SELECT d, count(*) FROM kinds GROUP BY d

SELECT ti, count(*) FROM kinds GROUP BY ti

SELECT ttz, count(*) FROM kinds GROUP BY ttz

SELECT ts, count(*) FROM kinds GROUP BY ts

SELECT tz, count(*) FROM kinds GROUP BY tz

SELECT count(*) FROM kinds GROUP BY iv

SELECT u, count(*) FROM kinds GROUP BY u

SELECT o, count(*) FROM kinds GROUP BY o

SELECT ip, count(*) FROM kinds GROUP BY ip

SELECT js, count(*) FROM kinds GROUP BY js

SELECT m, count(*) FROM kinds GROUP BY m

SELECT a, count(*) FROM kinds GROUP BY a

SELECT mo, count(*) FROM kinds GROUP BY mo

SELECT count(*) FROM users

SELECT count(*) AS n FROM users WHERE age > «30»

SELECT count(*), count(age), sum(age), avg(age), min(age), max(age) FROM users

SELECT count(*) FROM users WHERE false

SELECT sum(age), avg(age), min(age), count(age) FROM users WHERE false

SELECT sum(x), count(*), min(t) FROM empty

SELECT x, count(*) FROM empty GROUP BY x

SELECT count(1), count(NULL), count('x') FROM users

SELECT count(users) FROM users

SELECT count(users.*) FROM users

SELECT count(id) FROM users

SELECT COUNT(*) FROM users

SELECT pg_catalog.count(*) FROM users

SELECT "count"(*) FROM users

SELECT count(*), count(*) FROM users

SELECT sum(age), sum(age) AS again FROM users

SELECT avg(age), sum(age), count(age) FROM users

SELECT avg(score), avg(age), avg(balance * 0) FROM users WHERE balance = 0.1

SELECT avg(ALL age), sum(ALL age) FROM users

SELECT sum(amount), avg(amount) FROM orders

SELECT avg(quantity), sum(quantity) FROM orders

SELECT sum(cents * 2), avg(cents + 1) FROM payments

SELECT sum(cents) / 2 FROM payments

SELECT sum(rate), avg(rate) FROM payments

SELECT max(placed_at), min(placed_at) FROM orders

SELECT max(email), min(email) FROM users

SELECT max(name) FROM users

SELECT max(name COLLATE "C") FROM users

SELECT max(id), min(id), sum(id), avg(id) FROM users

SELECT sum(id) FROM users WHERE id > 0 AND id < 1000

SELECT min(id) FROM docs

SELECT max(code COLLATE "C") FROM codes

SELECT count(*) FROM codes

SELECT sum(uses) FROM codes WHERE code LIKE 'c%'

SELECT country, count(*) FROM users GROUP BY country

SELECT country, count(*) FROM users GROUP BY country ORDER BY country

SELECT country, count(*) FROM users GROUP BY 1 ORDER BY 1 DESC

SELECT country AS c, count(*) FROM users GROUP BY c ORDER BY c

SELECT users.country, count(*) FROM users GROUP BY users.country ORDER BY users.country NULLS FIRST

SELECT count(*) FROM users GROUP BY country

SELECT count(*) FROM users GROUP BY country ORDER BY country

SELECT count(*), country FROM users GROUP BY country ORDER BY count(*), country

SELECT country, age, count(*) FROM users GROUP BY country, age ORDER BY country, age

SELECT age, country, sum(score), avg(score) FROM users GROUP BY country, age ORDER BY 2, 1

SELECT country FROM users GROUP BY country

SELECT country FROM users GROUP BY country ORDER BY country

SELECT country, active FROM users GROUP BY country, active ORDER BY 1, 2

SELECT country, 1, 'x', count(*) FROM users GROUP BY country ORDER BY 1

SELECT country, sum(age) AS s FROM users GROUP BY country ORDER BY s DESC NULLS LAST, country

SELECT country, avg(age) AS a FROM users GROUP BY country ORDER BY a, country

SELECT country, avg(age) FROM users GROUP BY country ORDER BY avg(age) DESC, country

SELECT country FROM users GROUP BY country ORDER BY count(*) DESC, country

SELECT country FROM users GROUP BY country ORDER BY avg(score), country

SELECT country FROM users GROUP BY country ORDER BY max(age) - min(age), country

SELECT country, count(*) FILTER (WHERE age > 30), count(*) FILTER (WHERE age <= 30) FROM users GROUP BY country ORDER BY 1

SELECT avg(age) FILTER (WHERE active), sum(age) FILTER (WHERE NOT active) FROM users

SELECT avg(score) FILTER (WHERE false) FROM users

SELECT country, count(*) FROM users WHERE age > «30» AND country IS NOT NULL GROUP BY country ORDER BY 2 DESC, 1

SELECT active, min(born), max(created_at) FROM users GROUP BY active ORDER BY active

SELECT name, count(*) FROM users GROUP BY name ORDER BY count(*), name COLLATE "C"

SELECT word, count(*) FROM kinds GROUP BY word ORDER BY 2, 1

SELECT word, min(word), max(word) FROM kinds GROUP BY word

SELECT count(*) FROM kinds GROUP BY n ORDER BY n

SELECT n, count(*) FROM kinds WHERE n <> 0 AND n <> 1.1 GROUP BY n ORDER BY n DESC

SELECT count(*) FROM kinds GROUP BY f8 ORDER BY f8

SELECT count(*) FROM kinds GROUP BY iv ORDER BY iv

SELECT c, count(*) FROM kinds GROUP BY c ORDER BY c

SELECT id, count(*) FROM users GROUP BY id ORDER BY id LIMIT 3

SELECT user_id, count(*), sum(amount), avg(amount) FROM orders GROUP BY user_id ORDER BY user_id

SELECT user_id, count(*) FROM orders GROUP BY user_id HAVING count(*) > 4 ORDER BY user_id

SELECT user_id, count(*) FROM orders GROUP BY user_id ORDER BY count(*) DESC, user_id LIMIT 5

SELECT user_id, string_agg(note, ',' ORDER BY id) FROM orders GROUP BY user_id ORDER BY user_id

SELECT user_id, quantity, count(*) FROM orders GROUP BY quantity, user_id ORDER BY 1, 2

SELECT user_id, array_agg(id ORDER BY id), percentile_disc(0.5) WITHIN GROUP (ORDER BY quantity) FROM orders GROUP BY user_id ORDER BY 1

SELECT user_id, count(DISTINCT item_id) FROM orders GROUP BY user_id ORDER BY 1

SELECT user_id, coalesce(sum(amount), 0), round(avg(amount), 1) FROM orders GROUP BY user_id ORDER BY 1

SELECT max(n) FROM (SELECT user_id, count(*) AS n FROM orders GROUP BY user_id) s

SELECT date_trunc('day', placed_at) AS d, count(*) FROM orders GROUP BY d ORDER BY d

SELECT date_trunc('day', placed_at), count(*) FROM orders GROUP BY date_trunc('day', placed_at) ORDER BY 1

SELECT lower(country), count(*) FROM users GROUP BY lower(country) ORDER BY 1

SELECT age / 10, count(*) FROM users GROUP BY age / 10 ORDER BY 1

SELECT age / 10 AS decade, count(*) FROM users GROUP BY 1 ORDER BY 1

SELECT age > 18, count(*) FROM users GROUP BY age > 18 ORDER BY 1

SELECT country, age / 10 FROM users GROUP BY country, age / 10 ORDER BY 1, 2

SELECT country, count(*) FROM users GROUP BY ROLLUP (country) ORDER BY 1, 2

SELECT country, active, count(*) FROM users GROUP BY CUBE (country, active) ORDER BY 1, 2, 3

SELECT country, active, count(*) FROM users GROUP BY GROUPING SETS ((country), (active)) ORDER BY 1, 2, 3

SELECT count(*) FROM users GROUP BY ()

SELECT id, count(*) FROM users GROUP BY ROLLUP (id) ORDER BY 1

SELECT country, count(*) FROM users GROUP BY country HAVING count(*) > 10 ORDER BY country

SELECT country, count(*) FROM users GROUP BY country HAVING country = 'de'

SELECT count(*) FROM users HAVING count(*) > 1000

SELECT count(*) FROM users HAVING true

SELECT 1 FROM users HAVING true

SELECT coalesce(sum(age), 0) FROM users

SELECT round(avg(age), 2) FROM users

SELECT sum(age) / count(*) FROM users

SELECT max(age) + 1 FROM users

SELECT -sum(age) FROM users

SELECT CASE WHEN count(*) > 0 THEN 'some' ELSE 'none' END FROM users

SELECT count(*) IS NULL FROM users

SELECT sum(age)::text FROM users

SELECT count(*)::numeric FROM users

SELECT count(*)::int FROM users

SELECT CAST(count(*) AS int) FROM users

SELECT count(*) > 5 FROM users

SELECT count(*) = 0 AS none, max(id) FROM users

SELECT count(DISTINCT country) FROM users

SELECT count(DISTINCT email)::int FROM users

SELECT count(DISTINCT id) FROM users

SELECT count(DISTINCT user_id) FROM orders

SELECT sum(DISTINCT id) FROM users WHERE id BETWEEN 0 AND 10

SELECT sum(DISTINCT age) FROM users

SELECT avg(DISTINCT age) FROM users

SELECT min(DISTINCT age), max(DISTINCT age) FROM users

SELECT count(DISTINCT (id, age)) FROM users

SELECT country, count(DISTINCT id) FROM users GROUP BY country ORDER BY 1

SELECT stddev(age), variance(age) FROM users

SELECT string_agg(country, ',' ORDER BY country) FROM users

SELECT array_agg(id ORDER BY id) FROM users

SELECT json_agg(age ORDER BY id) FROM users

SELECT jsonb_object_agg(id, age) FROM users

SELECT bool_and(active), bool_or(active), every(active) FROM users

SELECT bit_and(age), bit_or(age), bit_xor(age) FROM users

SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY age) FROM users

SELECT mode() WITHIN GROUP (ORDER BY country) FROM users

SELECT corr(age, balance) FROM users
--text

SELECT regr_count(age, balance) FROM users

SELECT any_value(country) FROM users WHERE country = 'de'

SELECT max(tags) FROM users

SELECT min(m), max(m) FROM kinds

SELECT id, count(*) OVER () FROM users

SELECT id, row_number() OVER (ORDER BY id) FROM users ORDER BY id

SELECT id, rank() OVER (PARTITION BY country ORDER BY id) FROM users ORDER BY id

SELECT user_id, sum(amount) OVER (PARTITION BY user_id) FROM orders ORDER BY 1

SELECT id, lag(id) OVER w FROM users WINDOW w AS (ORDER BY id)

SELECT sum(count(*)) OVER () FROM users

SELECT users.*, count(*) FROM users GROUP BY users.id ORDER BY id LIMIT 3

SELECT id, email, count(*) FROM users GROUP BY id ORDER BY id LIMIT 3

SELECT country, email, count(*) FROM users GROUP BY country

SELECT country, count(*) FROM users

SELECT sum(email) FROM users

SELECT sum(country) FROM users

SELECT avg(active) FROM users

SELECT nothing(age) FROM users
--refused 2 3 4

SELECT count(*, 1) FROM users

SELECT max() FROM users

SELECT sum(count(*)) FROM users

SELECT count(*) FROM users WHERE count(*) > 1

SELECT count(*) FROM users u JOIN orders o ON o.user_id = u.id

SELECT u.country, i.category, count(*) FROM users u JOIN orders o ON o.user_id = u.id JOIN items i ON i.id = o.item_id GROUP BY 1, 2 ORDER BY 1, 2

SELECT min(age), country FROM users GROUP BY country ORDER BY 1 NULLS FIRST, 2

SELECT country, country, count(*) FROM users GROUP BY country ORDER BY 1

SELECT country AS age, count(*) FROM users GROUP BY age

SELECT age AS country, count(*) FROM users GROUP BY country

SELECT country || 'x' AS country, count(*) FROM users GROUP BY country ORDER BY 1

SELECT country || 'x', count(*) FROM users GROUP BY country

SELECT «1»::int, count(*) FROM users

SELECT now() IS NULL, count(*) FROM users

SELECT count(*) FROM users WHERE created_at < now()

SELECT count(*) FROM users WHERE random() >= 0

SELECT id FROM users WHERE random() < 0

SELECT random() < 2 FROM users WHERE id = 5

SELECT id, random() < 2 FROM users ORDER BY id LIMIT 2

SELECT id, now() = now() FROM users ORDER BY id LIMIT 2

SELECT id, created_at < current_timestamp FROM users ORDER BY id LIMIT 2

SELECT txid_current() IS NULL FROM users

SELECT count(*) FROM (SELECT 1) s, users

SELECT max(length(email)) FROM users

SELECT min(lower(email)) FROM users

SELECT sum(CASE WHEN active THEN 1 ELSE 0 END) FROM users

SELECT sum(age * «2»::int) FROM users

SELECT sum(age * 1.5) FROM users

SELECT sum(coalesce(age, 0)) FROM users

SELECT sum(age::bigint), sum(age::numeric), sum(age::float8) FROM users

SELECT sum(1) FROM users

SELECT sum(1.5), avg(2), min(3), max('x') FROM users

SELECT sum(NULL::int) FROM users

SELECT avg(id::int) FROM users WHERE id BETWEEN -10 AND 10

SELECT sum(-age), sum(+age), sum(abs(age)) FROM users

SELECT sum(age + score), sum(age % 7), sum(age / 3), sum(score / 3) FROM users

SELECT avg(score / 3) FROM users WHERE score > 0

SELECT country, avg(score / 7) FROM users GROUP BY country ORDER BY 2, 1

SELECT avg(i4), avg(i8) FROM kinds WHERE id % 7 = 0

SELECT avg(n2) FROM kinds GROUP BY u ORDER BY 1
