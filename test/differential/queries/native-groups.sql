# Groups by expressions and aggregates added up as they stream

SELECT date_trunc('month', created_at) AS m, count(*) FROM users GROUP BY m ORDER BY m

SELECT date_trunc('month', created_at), count(*) FROM users GROUP BY 1 ORDER BY 1 DESC

SELECT count(*) FROM users GROUP BY date_trunc('month', created_at)

SELECT age / «10» AS d, count(*), min(id), max(id) FROM users GROUP BY 1 ORDER BY 1

SELECT lower(country) AS c, sum(age), avg(score) FROM users GROUP BY lower(country) ORDER BY c

SELECT lower(country), count(*) FROM users GROUP BY lower(country) ORDER BY count(*) DESC, 1

SELECT age % 3, age % 2, count(*) FROM users GROUP BY 1, 2 ORDER BY 1, 2

SELECT age IS NULL AS missing, count(*) FROM users GROUP BY age IS NULL ORDER BY missing

SELECT CASE WHEN age < 30 THEN 'young' WHEN age < 60 THEN 'middle' ELSE 'old' END AS band, count(*) FROM users GROUP BY band ORDER BY band

SELECT coalesce(country, '?') AS c, count(*) FROM users GROUP BY c ORDER BY c LIMIT 3

SELECT country, upper(country), length(country), count(*) FROM users GROUP BY country ORDER BY country

SELECT country || '!' AS x, count(*) FROM users GROUP BY country ORDER BY country

SELECT country, count(*) FROM users GROUP BY country ORDER BY length(country), country

SELECT country, «5»::int AS five, now() IS NULL AS no, count(*) FROM users GROUP BY country ORDER BY 1

SELECT unnest(tags) AS tag, count(*) FROM users GROUP BY tag ORDER BY tag

SELECT generate_series(1, 2) AS g, count(*) FROM users ORDER BY 1

SELECT country, generate_series(1, 2) AS g, count(*) FROM users GROUP BY country ORDER BY 1, 2

SELECT country AS age, count(*) FROM users GROUP BY age
--sqlstate

SELECT id AS x, count(*) FROM users GROUP BY country
--sqlstate

SELECT count(*) FROM users GROUP BY 1
--sqlstate

SELECT count(*) FROM users GROUP BY 9
--sqlstate

SELECT country, active, count(*) FROM users GROUP BY (country, active) ORDER BY 1, 2

SELECT bool_and(active), bool_or(active), every(age > 10) FROM users

SELECT country, bool_and(active), bool_or(active), every(age > 30) FROM users GROUP BY country ORDER BY country

SELECT bool_and(active) FROM users WHERE id < «0»

SELECT bit_and(age), bit_or(age), bit_xor(age) FROM users

SELECT bit_and(id), bit_or(id), bit_xor(id), bit_and(quantity), bit_or(quantity), bit_xor(quantity) FROM orders

SELECT country, bit_and(age), bit_or(id), bit_xor(-age) FROM users GROUP BY country ORDER BY country

SELECT bit_or(bi), bit_and(bi) FROM forms

SELECT bit_xor(DISTINCT age) FROM users

SELECT bit_or(DISTINCT age), bool_and(DISTINCT active) FROM users

SELECT bit_or(age) FILTER (WHERE active), bool_or(active) FILTER (WHERE age > 40) FROM users

SELECT any_value(country) FROM users WHERE country = «'de'»

SELECT age / 100 AS c, any_value(age / 100) FROM users WHERE age IS NOT NULL GROUP BY 1 ORDER BY 1

SELECT any_value(age) FROM users WHERE id < 0 AND age < 0

SELECT max(lower(email)), min(upper(country)), max(created_at::date) FROM users

SELECT max(info ->> 'a'), min(tags[1]) FROM users

SELECT max(ip), min(ip) FROM forms

SELECT max(bp), min(bp), max(nm::text) FROM forms
--any-rows

SELECT max(lsn), min(lsn), max(o), min(iv), max(ttz) FROM forms
--any-rows

SELECT max(mac::text), min(cd), max(icu COLLATE "C") FROM forms

SELECT max(ia), max(en), min(mo), max(icu) FROM forms

SELECT sum(age * 2), sum(age::bigint * 3), avg(age + 1), sum(score / 7) FROM users

SELECT sum(extract(day FROM created_at)), avg(length(email)) FROM users

SELECT sum(created_at - timestamptz '2026-01-01 00:00:00+00') FROM users

SELECT sum(rate), avg(rate + 0::real), avg(abs(rate)) FROM payments
--about

SELECT sum(coalesce(age, 0)), count(nullif(country, 'de')), count(tags), count((age, id)) FROM users

SELECT sum(mo) FROM forms

SELECT en, count(*), min(id) FROM forms GROUP BY en ORDER BY en

SELECT count(*), min(id) FROM forms GROUP BY en ORDER BY en DESC NULLS LAST

SELECT en, count(*) FROM forms GROUP BY en ORDER BY 2, en

SELECT bp, count(*) FROM forms GROUP BY bp ORDER BY count(*), min(id)
--any-rows

SELECT icu, count(*), min(id) FROM forms GROUP BY icu ORDER BY min(id)

SELECT lower(icu) AS l, min(id) FROM forms GROUP BY l ORDER BY 2

SELECT ci, count(*), min(id) FROM forms GROUP BY ci ORDER BY 3
--order 2 3

SELECT jb -> 'a' AS a, count(*) FROM forms GROUP BY 1 ORDER BY min(id)

SELECT ip, count(*) FROM forms GROUP BY ip ORDER BY ip DESC

SELECT ia, count(*) FROM forms GROUP BY ia ORDER BY min(id)

SELECT d IS NULL AS x, ts::date AS y, count(*) FROM forms GROUP BY 1, y ORDER BY 1, 2

SELECT count(*), sum(n) FROM forms GROUP BY n + 0 ORDER BY min(id)

SELECT o.quantity, u.country, count(*) FROM users u JOIN orders o ON o.user_id = u.id GROUP BY o.quantity, u.country ORDER BY 3 DESC, 1, 2 LIMIT 10

SELECT i.category, count(*), sum(o.amount) FROM orders o JOIN items i ON i.id = o.item_id GROUP BY i.category ORDER BY 1

SELECT i.id, i.name, count(*) FROM orders o JOIN items i ON i.id = o.item_id GROUP BY i.id ORDER BY i.id

SELECT country, count(*) FROM users GROUP BY country ORDER BY sum(age) DESC NULLS LAST, country LIMIT 3

SELECT country FROM users GROUP BY country ORDER BY bool_or(active), max(id)

SELECT country, count(*) + 1 FROM users GROUP BY country HAVING count(*) > 3 ORDER BY 1

SELECT x, count(*) FROM (SELECT lower(country) AS x FROM users) s GROUP BY x ORDER BY x

# NaN has other bits where it is computed, and is one group
SELECT count(*), min(id) FROM users GROUP BY CASE WHEN id % 2 = 0 THEN 'NaN'::float8 ELSE 'Infinity'::float8 - 'Infinity'::float8 END
