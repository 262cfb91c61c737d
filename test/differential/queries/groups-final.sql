# Partial groups that PostgreSQL puts together: what stands above them stays SQL

SELECT country, count(*) FROM users GROUP BY country HAVING count(*) > «5» ORDER BY country

SELECT coalesce(sum(score), «0»), round(avg(age), 2), max(id) - min(id), count(*)::int FROM users WHERE id < «0»

SELECT (sum(score) / count(*))::numeric(10, 4), sum(age)::text || '!', -max(age), count(*) IS NULL FROM users

SELECT country, variance(score), stddev(score), var_pop(age), stddev_pop(age) FROM users GROUP BY country ORDER BY country

SELECT variance(i2), var_pop(i4), stddev(i8), stddev_pop(n), variance(n2) FROM kinds

SELECT b, bool_and(i4 > 0), every(i4 > 0), bool_or(i4 > 5), bit_and(i4), bit_or(i2), bit_xor(i8), count(*) + 1 FROM kinds GROUP BY b ORDER BY b

SELECT b, sum(i2) + 0::int8, sum(i4), sum(i8), sum(n), sum(n2), avg(i2), avg(i8), avg(n), avg(n2), avg(iv), sum(iv), sum(mo) FROM kinds GROUP BY b HAVING true ORDER BY b

SELECT b, min(t), max(v), min(c), max(word), max(d), min(ti), max(ttz), min(ts), max(tz), min(iv), max(o), min(ip), max(m), max(a), min(mo) FROM kinds GROUP BY b HAVING true ORDER BY b

SELECT country, active, count(*), GROUPING(country, active) FROM users GROUP BY ROLLUP (country, active) ORDER BY 4, 1, 2

SELECT country, active, sum(age), count(DISTINCT age) FROM users GROUP BY CUBE (country, active) ORDER BY GROUPING(country), GROUPING(active), country, active

SELECT country, active FROM users GROUP BY DISTINCT ROLLUP (country, active), ROLLUP (country) ORDER BY country, active

SELECT count(DISTINCT (country, active)), count(DISTINCT age) FILTER (WHERE active) FROM users

SELECT count(DISTINCT n), count(DISTINCT n::text), sum(DISTINCT n2) FROM kinds

SELECT country, array_agg(DISTINCT age ORDER BY age DESC NULLS LAST) FROM users GROUP BY country ORDER BY country
--text

SELECT country, rank() OVER (ORDER BY count(*) DESC, country), sum(count(*)) OVER (), count(*) FROM users GROUP BY country ORDER BY country

SELECT DISTINCT ON (active) active, country, count(*) AS n FROM users GROUP BY 1, 2 ORDER BY active, n DESC, country

SELECT country, max(age) - min(age) AS spread FROM users GROUP BY country ORDER BY spread DESC NULLS LAST, country LIMIT «3» OFFSET «1»

SELECT active, count(*) FROM users GROUP BY active HAVING true ORDER BY count(*) DESC FETCH FIRST 1 ROWS WITH TIES
--unordered

SELECT country, sum(age) FILTER (WHERE active), count(*) FILTER (WHERE score > «10») FROM users GROUP BY country HAVING count(*) FILTER (WHERE active) > 0 ORDER BY country

SELECT i.id, i.name, i.price, sum(o.amount) FROM orders o JOIN items i ON i.id = o.item_id GROUP BY i.id HAVING sum(o.amount) > «10» ORDER BY i.id

SELECT i.category, (SELECT max(price) FROM items x WHERE x.category = i.category), count(*) > 1 FROM orders o JOIN items i ON i.id = o.item_id GROUP BY i.category ORDER BY i.category

SELECT date_trunc('month', placed_at) AS month, sum(amount) AS total, sum(sum(amount)) OVER (ORDER BY date_trunc('month', placed_at)) FROM orders GROUP BY month ORDER BY month

SELECT country, now() > '2020-01-01' AS later, random() < 2 AS yes, count(*) FROM users GROUP BY country HAVING true ORDER BY country

SELECT country COLLATE "POSIX" AS c, count(*) FROM users GROUP BY country COLLATE "POSIX" HAVING true ORDER BY 1

SELECT name, count(*) FROM users GROUP BY name HAVING count(*) > 0 ORDER BY name COLLATE "C"

SELECT u.country, count(DISTINCT u.id), sum(o.amount), max(o.placed_at)::date FROM users u LEFT JOIN orders o ON o.user_id = u.id GROUP BY u.country ORDER BY u.country

SELECT users.* FROM users GROUP BY id HAVING count(*) = 1 ORDER BY id LIMIT 3

WITH grown AS (SELECT * FROM users WHERE age >= «18») SELECT country, count(*) FROM grown GROUP BY country HAVING count(*) > 1 ORDER BY country

SELECT t, sum(x) FROM empty GROUP BY t HAVING true
