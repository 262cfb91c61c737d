# Views that no shard can answer by itself stand for their queries

SELECT * FROM country_figures ORDER BY country

SELECT country, people FROM country_figures WHERE people > «3» ORDER BY people DESC, country

SELECT count(*), sum(people), max(mean), min(oldest) FROM country_figures

SELECT * FROM best_users

SELECT u.id, b.score FROM users u JOIN best_users b ON b.id = u.id ORDER BY u.id

SELECT count(*) FROM payment_methods

SELECT * FROM recent_orders ORDER BY user_id, id LIMIT «5»

SELECT id, country, r FROM country_ranks WHERE r <= «2» ORDER BY country, r, id

SELECT public.big_countries.c, n FROM public.big_countries ORDER BY 1

SELECT x, y FROM big_countries AS b (x, y) ORDER BY x

SELECT to_jsonb(f.*) FROM country_figures f ORDER BY f.country

SELECT k, n FROM mixed ORDER BY k, n

WITH country_figures AS (SELECT 1 AS one) SELECT * FROM country_figures

WITH c AS (SELECT * FROM country_figures) SELECT c.country, u.id FROM c JOIN users u ON u.country = c.country ORDER BY 1, 2 LIMIT 10

SELECT id FROM users u WHERE (SELECT people FROM country_figures f WHERE f.country = u.country) > «3» ORDER BY id

SELECT country FROM country_figures UNION SELECT method FROM payment_methods ORDER BY 1

SELECT nope FROM country_figures

SELECT 1 / (people - people) FROM country_figures

# Its whole row is of a type of its own

SELECT f FROM country_figures f ORDER BY f.country
--refused 2 3 4

SELECT id, r FROM (SELECT id, score, rank() OVER (ORDER BY score DESC) AS r FROM best_users) b ORDER BY r DESC, id FETCH FIRST 2 ROWS WITH TIES
--unordered

SELECT * FROM (SELECT id, age FROM users ORDER BY age DESC NULLS LAST FETCH FIRST 3 ROWS WITH TIES) s ORDER BY age, id

# A barrier: conditions see no rows that the view leaves out

SELECT country, n FROM barred WHERE 1 / (n - 1) >= 0 ORDER BY country

# The type of its row is the view's, or the table's

SELECT pg_typeof(f)::text FROM country_figures f LIMIT 1
--refused 2 3 4

SELECT pg_typeof(users)::text FROM users ORDER BY age % 3, id LIMIT 1
--refused 2 3 4

# What has no words of its own in the printer

SELECT id, json_value(info, '$.a' RETURNING text DEFAULT '-' ON EMPTY NULL ON ERROR) AS a, rank() OVER (ORDER BY score DESC, id) FROM users ORDER BY id

SELECT country, json_query(jsonb_agg(id ORDER BY id), '$[*] ? (@ > $x)' PASSING 5 AS x WITH WRAPPER) FROM users GROUP BY country ORDER BY country

SELECT u.country, q.x, count(*) FROM users u, JSON_TABLE(jsonb_build_array(u.age, 1), '$[*]' COLUMNS (n FOR ORDINALITY, x int PATH '$')) q GROUP BY GROUPING SETS ((u.country), (q.x)) ORDER BY 1, 2, 3

SELECT x.a, count(*) OVER () FROM users u, XMLTABLE('/r' PASSING ('<r a="' || u.id || '"/>')::xml COLUMNS a int PATH '@a') x ORDER BY 1

SELECT country, mode() WITHIN GROUP (ORDER BY created_at AT LOCAL) FROM users GROUP BY country ORDER BY country

SELECT id, rank() OVER (ORDER BY id USING OPERATOR(pg_catalog.>)) FROM users ORDER BY id USING >
