# Cross-shard SELECT: errors of merging known from another proxy, S1 to S32

# S1: a limit without an order is a limit of the whole
SELECT id FROM users LIMIT 10
--any-rows

# S1
SELECT device_id, kind FROM events LIMIT «3»
--any-rows

# S2: a limit in a cast, in an expression, with ties
SELECT id FROM users ORDER BY id LIMIT «4»::int

# S2
SELECT id FROM users ORDER BY id LIMIT (2 + 2)

# S2
SELECT age FROM users ORDER BY age FETCH FIRST 5 ROWS WITH TIES

# S2
SELECT country FROM users ORDER BY country DESC NULLS LAST FETCH FIRST 1 ROW WITH TIES
--order 1

# S2
SELECT priority, tenant_id FROM tasks ORDER BY priority, tenant_id OFFSET 2 FETCH NEXT 3 ROWS WITH TIES
--order 1 2

# S3: an offset without a limit is dropped once
SELECT id FROM users ORDER BY id OFFSET 5

# S3
SELECT id FROM users ORDER BY id OFFSET «5»::int

# S3
SELECT user_id, id FROM orders ORDER BY user_id DESC, id OFFSET 300

# S4: an offset of a prepared statement
SELECT id FROM users ORDER BY id LIMIT 10 OFFSET 20

# S4
SELECT device_id, id FROM events ORDER BY at, device_id, id LIMIT 5 OFFSET 395

# S4b: NULL limits are no limits
SELECT id FROM users ORDER BY id LIMIT «NULL» OFFSET «3»

# S4b
SELECT id FROM users ORDER BY id DESC LIMIT «3» OFFSET «NULL»

# S5: groups without an aggregate
SELECT country FROM users GROUP BY country

# S5
SELECT state FROM tasks GROUP BY state

# S5
SELECT kind, ok FROM events GROUP BY kind, ok

# S6: groups of a column that is not selected
SELECT count(*) FROM users GROUP BY country

# S6
SELECT sum(cost) FROM events GROUP BY kind, level

# S7: groups of an alias, of an expression, of sets
SELECT date_trunc('day', at) AS d, count(*) FROM events GROUP BY d

# S7
SELECT date_trunc('day', at), count(*) FROM events GROUP BY date_trunc('day', at)

# S7
SELECT lower(kind), count(*) FROM events GROUP BY lower(kind)

# S7
SELECT country, active, count(*) FROM users GROUP BY ROLLUP (country, active)

# S7
SELECT country, active, sum(age) FROM users GROUP BY CUBE (country, active)

# S7
SELECT kind, level, count(*) FROM events GROUP BY GROUPING SETS ((kind), (level), ())

# S8: the largest groups of the whole
SELECT country, count(*) FROM users GROUP BY country ORDER BY 2 DESC, 1 LIMIT 3

# S8
SELECT level, count(*) FROM events GROUP BY level ORDER BY count(*) DESC, level LIMIT 2

# S8
SELECT country, count(*) FROM users GROUP BY country LIMIT 3
--any-rows

# S8
SELECT count(*) > 0, sum(n) > 0 FROM (SELECT count(*) AS n FROM users GROUP BY country LIMIT 2) s

# S9: HAVING on whole groups
SELECT country, count(*) FROM users GROUP BY country HAVING count(*) > 15

# S9
SELECT kind, sum(value) FROM events GROUP BY kind HAVING sum(value) > 100 AND count(*) < 80

# S9
SELECT assignee FROM tasks GROUP BY assignee HAVING avg(hours) > 19.5 ORDER BY assignee

# S10: aggregates within expressions
SELECT coalesce(sum(age), 0) FROM users

# S10
SELECT round(avg(age), 2), sum(age) / count(*), max(age) + 1 FROM users

# S10
SELECT coalesce(json_agg(id ORDER BY id), '[]') FROM users WHERE id < 3

# S10
SELECT CASE WHEN count(*) > 0 THEN 'some' ELSE 'none' END FROM users WHERE age > 1000

# S10
SELECT coalesce(sum(x), -1), count(*) + 1 FROM empty

# S11: casts of aggregates
SELECT count(*) IS NULL, sum(age)::text, count(*)::numeric FROM users

# S11
SELECT sum(age) IS NOT NULL, avg(age)::int, max(born)::timestamp FROM users

# S12: an aggregate over a window keeps the rows
SELECT id, count(*) OVER () FROM users ORDER BY id

# S12
SELECT tenant_id, id, sum(hours) OVER (PARTITION BY tenant_id) FROM tasks ORDER BY 1, 2

# S13: numbering over all rows
SELECT id, row_number() OVER (ORDER BY id) FROM users

# S13
SELECT id, rank() OVER (ORDER BY age), dense_rank() OVER (ORDER BY age) FROM users

# S13
SELECT id, lag(id) OVER (ORDER BY id), lead(id, 2) OVER (ORDER BY id) FROM users

# S13
SELECT id, ntile(4) OVER (ORDER BY id), sum(age) OVER (ORDER BY id) FROM users

# S13
SELECT avg(age) OVER (), min(age) OVER (PARTITION BY country), id FROM users

# S14: DISTINCT behind a cast
SELECT count(DISTINCT country)::int FROM users

# S14
SELECT count(DISTINCT email)::int + 1 FROM users

# S15: aggregates of distinct values
SELECT count(DISTINCT age), sum(DISTINCT age), avg(DISTINCT age) FROM users

# S15
SELECT stddev(DISTINCT age), count(DISTINCT (country, active)) FROM users

# S15
SELECT country, count(DISTINCT age), count(DISTINCT id) FROM users GROUP BY country

# S16: aggregates of every kind
SELECT string_agg(country, ',' ORDER BY country, id) FROM users

# S16
SELECT array_agg(age ORDER BY id), json_agg(age ORDER BY id), jsonb_object_agg(id, age) FROM users

# S16
SELECT bool_and(active), bool_or(active), every(active), bit_and(age), bit_or(age), bit_xor(age) FROM users

# S16
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY age), percentile_disc(0.5) WITHIN GROUP (ORDER BY id), mode() WITHIN GROUP (ORDER BY age, id) FROM users

# S16
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY age), percentile_disc(0.9) WITHIN GROUP (ORDER BY id) FROM users

# S16
SELECT corr(age, score), regr_count(age, score), regr_slope(age, score) FROM users
--about

# S16
SELECT min(tags), max(tags) FROM users

# S16
SELECT any_value(country) FROM users WHERE country = 'fr'

# S16
SELECT total(cost), product(level) FROM events WHERE level > 0

# S17: an average is divided once, with PostgreSQL's scale
SELECT avg(age) FROM users WHERE id IN (1, 2, 3)

# S17
SELECT avg(id) FROM users WHERE id BETWEEN 1 AND 100

# S17
SELECT avg(id), avg(id::numeric), avg(i8), avg(n2) FROM kinds

# S17
SELECT avg(i8) FROM kinds WHERE i8 > 9007199254740000

# S18: no helper column on one shard
SELECT avg(age) FROM users WHERE id = «8»

# S18
SELECT stddev(quantity), avg(quantity) FROM orders WHERE user_id = 12

# S19: nor in Describe
SELECT country, avg(age), stddev(age) FROM users GROUP BY country

# S19
SELECT avg(age) FROM users WHERE age > «20»

# S20: variances to the last digit
SELECT stddev(age), variance(age), stddev_pop(age), var_pop(age), stddev_samp(age), var_samp(age) FROM users

# S20
SELECT variance(id), stddev(id) FROM users WHERE id > 4000000000

# S20
SELECT var_pop(1e15 + score) FROM users

# S21: the width of a cast aggregate
SELECT count(*)::int, count(*)::int2, count(*)::float4 FROM users

# S22: stars beside aggregates
SELECT users.*, count(*) FROM users GROUP BY users.id ORDER BY id

# S22
SELECT d.*, count(e.id), max(e.at) FROM devices d LEFT JOIN events e ON e.device_id = d.id GROUP BY d.id ORDER BY d.id

# S23: DISTINCT ON names and expressions
SELECT DISTINCT ON (u.country) u.country, u.id FROM users u ORDER BY u.country, u.id

# S23
SELECT DISTINCT ON (lower(kind)) kind, device_id, id FROM events ORDER BY lower(kind), device_id, id

# S24: DISTINCT by the type's equality
SELECT DISTINCT n FROM readings
--any-rows

# S24
SELECT count(*) FROM (SELECT DISTINCT n FROM readings) s

# S24
SELECT DISTINCT cx FROM forms
--any-rows

# S24
SELECT DISTINCT ci FROM forms
--any-rows

# S25: joins off the key
SELECT count(*) FROM users u JOIN docs d ON d.owner = u.id

# S25
SELECT a.id, b.id FROM devices a JOIN devices b ON a.region_id = b.region_id AND a.id < b.id ORDER BY 1, 2

# S26: subqueries that need all rows
SELECT id FROM users WHERE id IN (SELECT owner FROM docs WHERE title = 'title 3') ORDER BY id

# S26
SELECT id FROM users WHERE age > (SELECT avg(age) FROM users) ORDER BY id

# S26
SELECT id FROM users WHERE id NOT IN (SELECT owner FROM docs WHERE owner IS NOT NULL) ORDER BY id

# S26
SELECT id FROM users u WHERE NOT EXISTS (SELECT 1 FROM docs d WHERE d.owner = u.id) ORDER BY id

# S27: limits and groups within
WITH top AS (SELECT id, score FROM users ORDER BY score DESC NULLS LAST, id LIMIT 10) SELECT * FROM top ORDER BY score DESC, id

# S27
SELECT s.id FROM (SELECT id, score FROM users ORDER BY score, id LIMIT 10) s ORDER BY s.id

# S27
SELECT count(*) FROM (SELECT DISTINCT kind FROM events) s

# S27
SELECT max(c) FROM (SELECT count(*) AS c FROM events GROUP BY kind) s

# S28: sets at the top and within
SELECT country FROM users UNION SELECT method FROM payments

# S28
SELECT country FROM users INTERSECT SELECT kind FROM devices

# S28
SELECT age FROM users EXCEPT SELECT quantity FROM orders

# S28
SELECT count(*) FROM (SELECT country FROM users UNION SELECT kind FROM events) s

# S28
WITH both_sides AS (SELECT age FROM users EXCEPT ALL SELECT priority FROM tasks) SELECT count(*) FROM both_sides

# S28
SELECT id FROM users UNION ALL SELECT id FROM devices ORDER BY 1 LIMIT 12

# S30: an error of one shard is the only answer
SELECT id, 1 / (id - 40) FROM users WHERE id > -100 ORDER BY id
--sqlstate

# S30
SELECT 10 / (id - 40) FROM users WHERE id BETWEEN 0 AND 90
--sqlstate

# S30
SELECT sum(1 / (age - 26)) FROM users
--sqlstate

# S32: what may not be evaluated on each shard on its own
SELECT count(DISTINCT t) FROM (SELECT now() AS t FROM users) s

# S32
SELECT count(*) FROM users WHERE created_at < now()

# S32
SELECT max(now()) = now() FROM users

# Order: wrong orders known from another proxy, O1 to O10

# O1: ordered by what is not selected
SELECT email FROM users ORDER BY created_at, id LIMIT 10

# O1
SELECT kind FROM events ORDER BY value DESC NULLS LAST, device_id, id LIMIT 10

# O2: ordered by expressions
SELECT id FROM users ORDER BY lower(email) LIMIT 10

# O2
SELECT id FROM users ORDER BY age + score, id

# O2
SELECT country FROM users GROUP BY country ORDER BY count(*), country

# O2
SELECT id FROM users ORDER BY name COLLATE "C", id

# O2
SELECT id FROM users ORDER BY random()
--unordered

# O2
SELECT id FROM forms ORDER BY pt <-> point '(1,1)', id

# O3: by distance, the nearest of all; descending too
SELECT id FROM devices ORDER BY abs(weight - 3) LIMIT 5
--any-rows

# O3
SELECT id FROM devices ORDER BY point(weight, id) <-> point '(3,3)' DESC NULLS LAST, id LIMIT 5

# O4: NULLs where they are asked for
SELECT age, id FROM users ORDER BY age NULLS FIRST, id

# O4
SELECT age, id FROM users ORDER BY age DESC NULLS LAST, id

# O4
SELECT kind, level, device_id, id FROM events ORDER BY kind NULLS FIRST, level DESC, device_id, id

# O5: under a linguistic collation
SELECT icu, id FROM forms ORDER BY icu, id

# O5
SELECT name, id FROM devices ORDER BY name COLLATE "en-US-x-icu", id

# O5
SELECT email FROM users ORDER BY email COLLATE "und-x-icu" DESC LIMIT 5

# O6: types whose bytes are not their order
SELECT en, id FROM forms ORDER BY en, id

# O6
SELECT ip, cd, id FROM forms ORDER BY ip, cd, id

# O6
SELECT ttz, mo, bp, id FROM forms ORDER BY ttz, mo, bp, id

# O6
SELECT jb, id FROM forms ORDER BY jb, id

# O6: dates before 2000
SELECT born, id FROM users ORDER BY born, id

# O6
SELECT d, iv, id FROM forms ORDER BY d DESC, iv, id

# O7: columns of the same name
SELECT u.id, o.id FROM users u JOIN orders o ON o.user_id = u.id ORDER BY o.id

# O7
SELECT t.id, p.id, m.id FROM tasks t JOIN projects p ON p.tenant_id = t.tenant_id AND p.id = t.project_id JOIN members m ON m.tenant_id = t.tenant_id AND m.id = t.assignee ORDER BY m.id DESC, t.id, p.id, t.tenant_id

# O8: numerics of any size, infinities, NaN
SELECT n, id FROM forms ORDER BY n, id

# O8
SELECT n, device_id, at FROM readings ORDER BY n DESC, device_id, at LIMIT 60

# O9: sums and extremes beyond machine numbers
SELECT sum(n), max(n), min(n) FROM readings

# O9
SELECT sum(79228162514264337593543950335::numeric + id), max(id * 1e30) FROM users

# O10: extremes by the type's order
SELECT min(en), max(en) FROM forms

# O10
SELECT min(ip), max(ip) FROM forms

# O10
SELECT min(icu), max(icu) FROM forms

# O10
SELECT min(name COLLATE "en-US-x-icu"), max(name COLLATE "und-x-icu") FROM users
