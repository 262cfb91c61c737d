# ORDER BY over every type, both directions, NULLs anywhere

SELECT id, b FROM kinds ORDER BY b, id

SELECT id, b FROM kinds ORDER BY b DESC, id DESC

SELECT id, i2 FROM kinds ORDER BY i2 NULLS FIRST, id

SELECT id, i2 FROM kinds ORDER BY i2 DESC NULLS LAST, id DESC

SELECT id, i4 FROM kinds ORDER BY i4, id

SELECT id, i4 FROM kinds ORDER BY i4 DESC, id DESC

SELECT id, i4 FROM kinds ORDER BY i4 NULLS FIRST, id

SELECT id, i4 FROM kinds ORDER BY i4 DESC NULLS LAST, id DESC

SELECT id, i8 FROM kinds ORDER BY i8 NULLS FIRST, id

SELECT id, i8 FROM kinds ORDER BY i8 DESC NULLS LAST, id DESC

SELECT id, n FROM kinds ORDER BY n, id

SELECT id, n FROM kinds ORDER BY n DESC, id DESC

SELECT id, n FROM kinds ORDER BY n NULLS FIRST, id

SELECT id, n FROM kinds ORDER BY n DESC NULLS LAST, id DESC

SELECT id, n2 FROM kinds ORDER BY n2 NULLS FIRST, id

SELECT id, n2 FROM kinds ORDER BY n2 DESC NULLS LAST, id DESC

SELECT id, f4 FROM kinds ORDER BY f4, id

SELECT id, f4 FROM kinds ORDER BY f4 DESC, id DESC

SELECT id, f8 FROM kinds ORDER BY f8, id

SELECT id, f8 FROM kinds ORDER BY f8 DESC, id DESC

SELECT id, f8 FROM kinds ORDER BY f8 NULLS FIRST, id

SELECT id, f8 FROM kinds ORDER BY f8 DESC NULLS LAST, id DESC

SELECT id, t FROM kinds ORDER BY t, id

SELECT id, t FROM kinds ORDER BY t DESC, id DESC

SELECT id, t FROM kinds ORDER BY t NULLS FIRST, id

SELECT id, t FROM kinds ORDER BY t DESC NULLS LAST, id DESC

SELECT id, v FROM kinds ORDER BY v NULLS FIRST, id

SELECT id, v FROM kinds ORDER BY v DESC NULLS LAST, id DESC

SELECT id, c FROM kinds ORDER BY c, id

SELECT id, c FROM kinds ORDER BY c DESC, id DESC

SELECT id, word FROM kinds ORDER BY word NULLS FIRST, id

SELECT id, word FROM kinds ORDER BY word DESC NULLS LAST, id DESC

SELECT id, by FROM kinds ORDER BY by, id

SELECT id, by FROM kinds ORDER BY by DESC, id DESC

SELECT id, d FROM kinds ORDER BY d NULLS FIRST, id

SELECT id, d FROM kinds ORDER BY d DESC NULLS LAST, id DESC

SELECT id, ti FROM kinds ORDER BY ti, id

SELECT id, ti FROM kinds ORDER BY ti DESC, id DESC

SELECT id, ttz FROM kinds ORDER BY ttz NULLS FIRST, id

SELECT id, ttz FROM kinds ORDER BY ttz DESC NULLS LAST, id DESC

SELECT id, ts FROM kinds ORDER BY ts, id

SELECT id, ts FROM kinds ORDER BY ts DESC, id DESC

SELECT id, tz FROM kinds ORDER BY tz, id

SELECT id, tz FROM kinds ORDER BY tz DESC, id DESC

SELECT id, tz FROM kinds ORDER BY tz NULLS FIRST, id

SELECT id, tz FROM kinds ORDER BY tz DESC NULLS LAST, id DESC

SELECT id, iv FROM kinds ORDER BY iv, id

SELECT id, iv FROM kinds ORDER BY iv DESC, id DESC

SELECT id, u FROM kinds ORDER BY u NULLS FIRST, id

SELECT id, u FROM kinds ORDER BY u DESC NULLS LAST, id DESC

SELECT id, o FROM kinds ORDER BY o, id

SELECT id, o FROM kinds ORDER BY o DESC, id DESC

SELECT id, ip FROM kinds ORDER BY ip NULLS FIRST, id

SELECT id, ip FROM kinds ORDER BY ip DESC NULLS LAST, id DESC

SELECT id, js FROM kinds ORDER BY js, id

SELECT id, js FROM kinds ORDER BY js DESC, id DESC

SELECT id, m FROM kinds ORDER BY m NULLS FIRST, id

SELECT id, m FROM kinds ORDER BY m DESC NULLS LAST, id DESC

SELECT id, a FROM kinds ORDER BY a, id

SELECT id, a FROM kinds ORDER BY a DESC, id DESC

SELECT id, mo FROM kinds ORDER BY mo NULLS FIRST, id

SELECT id, mo FROM kinds ORDER BY mo DESC NULLS LAST, id DESC

SELECT id FROM kinds ORDER BY n, f8 DESC, t NULLS FIRST, id

SELECT id FROM kinds ORDER BY i4, id LIMIT 10

SELECT id FROM kinds ORDER BY kinds.tz DESC, kinds.id LIMIT 7

SELECT t FROM kinds ORDER BY id DESC

SELECT id AS t FROM kinds ORDER BY t

SELECT t AS id, id AS t FROM kinds ORDER BY id NULLS FIRST, t

SELECT id AS x, t AS y FROM kinds ORDER BY y, x

SELECT id AS x, t FROM kinds ORDER BY 2 DESC, 1

SELECT id, t FROM kinds ORDER BY 3

SELECT id, t FROM kinds ORDER BY 0

SELECT id, t FROM kinds ORDER BY -1

SELECT id, t FROM kinds ORDER BY 'x'

SELECT id, t FROM kinds ORDER BY NULL, id

SELECT id AS x, t AS x FROM kinds ORDER BY x

SELECT id AS x, id AS x FROM kinds ORDER BY x

SELECT id, id FROM kinds ORDER BY id

SELECT * FROM kinds ORDER BY id

SELECT *, * FROM kinds ORDER BY id LIMIT 2

SELECT k.* FROM kinds k ORDER BY k.id DESC LIMIT 3

SELECT k.t, k.* FROM kinds k ORDER BY id DESC LIMIT 3

SELECT k.id, * FROM kinds k ORDER BY id DESC LIMIT 3

SELECT id FROM kinds ORDER BY lower(t), id

SELECT id FROM kinds ORDER BY i2 + i4, id

SELECT id, i2 * 2 AS twice FROM kinds ORDER BY twice, id

SELECT id, i2 * 2 AS twice FROM kinds ORDER BY twice + 1, id

SELECT id, -i2 AS m FROM kinds ORDER BY 2, 1

SELECT id, -f8 AS m FROM kinds ORDER BY 2, 1

SELECT id FROM kinds ORDER BY -id

SELECT id FROM kinds ORDER BY abs(id), id

SELECT id FROM kinds ORDER BY i4 / 3 DESC, id

SELECT id FROM kinds ORDER BY i4::text, id

SELECT id FROM kinds ORDER BY i4::text COLLATE "C", id

SELECT id FROM kinds ORDER BY n::float8, id

SELECT id FROM kinds ORDER BY i8::numeric, id

SELECT id FROM kinds ORDER BY length(t), id

SELECT id FROM kinds ORDER BY t COLLATE "C" DESC, id

SELECT id, word FROM kinds ORDER BY word COLLATE "C", id

SELECT id, word FROM kinds ORDER BY word COLLATE "POSIX" DESC NULLS LAST, id

SELECT id, t FROM kinds ORDER BY t COLLATE "default", id

SELECT id, t COLLATE "default" AS x FROM kinds ORDER BY x, id

SELECT id, word COLLATE "C" AS x FROM kinds ORDER BY x, id

SELECT id, t || 'x' AS x FROM kinds ORDER BY x, id

SELECT id, upper(t) AS x FROM kinds ORDER BY x, id

SELECT id, c || '' AS x FROM kinds ORDER BY x, id

SELECT id, c::text AS x FROM kinds ORDER BY x, id

SELECT id, v::char(3) AS x FROM kinds ORDER BY x, id

SELECT id, coalesce(i4, 0) AS x FROM kinds ORDER BY x, id

SELECT id, i4 IS NULL AS x FROM kinds ORDER BY x, id

SELECT id, i4 > 0 AS x FROM kinds ORDER BY x DESC, id

SELECT id, CASE WHEN i4 > 0 THEN 1 ELSE 2 END AS x FROM kinds ORDER BY x, id

SELECT id, date_trunc('month', ts) AS x FROM kinds ORDER BY x, id

SELECT id, extract(year FROM d) AS x FROM kinds ORDER BY x, id

SELECT id, d + 1 AS x FROM kinds ORDER BY x, id

SELECT id, ts::date AS x FROM kinds ORDER BY x, id

SELECT id, tz AT TIME ZONE 'UTC' AS x FROM kinds ORDER BY x, id

SELECT id, iv * 2 AS x FROM kinds ORDER BY x, id

SELECT id FROM kinds ORDER BY t USING <, id

SELECT id FROM kinds ORDER BY id USING >

SELECT id FROM kinds ORDER BY random()
--unordered

SELECT id FROM kinds ORDER BY (SELECT 1), id

SELECT id FROM kinds ORDER BY (SELECT count(*) FROM orders), id

SELECT id FROM kinds ORDER BY id COLLATE "C"

SELECT id FROM kinds ORDER BY nothing

SELECT id FROM kinds ORDER BY kinds.nothing

SELECT email FROM users ORDER BY created_at, id LIMIT «10»

SELECT email FROM users ORDER BY users.created_at DESC, users.id LIMIT «10»

SELECT u.id, o.id FROM users u JOIN orders o ON o.user_id = u.id ORDER BY o.id DESC LIMIT 8

SELECT u.id, o.id FROM users u JOIN orders o ON o.user_id = u.id ORDER BY o.amount NULLS FIRST, o.id LIMIT 8

SELECT u.email AS id, o.id FROM users u JOIN orders o ON o.user_id = u.id ORDER BY u.id, o.id LIMIT 8

SELECT o.id AS uid, u.id FROM users u JOIN orders o ON o.user_id = u.id ORDER BY id, uid LIMIT 8

SELECT country, id FROM users ORDER BY country, id

SELECT country, id FROM users ORDER BY country DESC NULLS LAST, id DESC

SELECT score, id FROM users ORDER BY score, id LIMIT 20

SELECT balance, id FROM users ORDER BY balance DESC, id LIMIT 20

SELECT name, id FROM users ORDER BY name, id

SELECT email FROM users ORDER BY email LIMIT 5 OFFSET 100

SELECT tags, id FROM users ORDER BY tags, id

SELECT active, id FROM users ORDER BY active, id

SELECT born, id FROM users ORDER BY born DESC, id

SELECT k, label FROM small ORDER BY k DESC

SELECT k, label FROM tiny ORDER BY k

SELECT k FROM tiny ORDER BY label COLLATE "C", k

SELECT code FROM codes ORDER BY code COLLATE "C"

SELECT code FROM codes ORDER BY code

SELECT id, title FROM docs ORDER BY id

SELECT id FROM docs ORDER BY id DESC LIMIT 3

SELECT title FROM docs ORDER BY title NULLS FIRST, id

SELECT body, id FROM docs ORDER BY body, id

SELECT x FROM empty ORDER BY x

SELECT * FROM empty

SELECT id FROM kinds ORDER BY id FETCH FIRST 3 ROWS ONLY

SELECT id FROM kinds ORDER BY id FETCH FIRST ROW ONLY

SELECT i2 FROM kinds ORDER BY i2 FETCH FIRST 3 ROWS WITH TIES

SELECT id FROM users ORDER BY id OFFSET 5 ROWS FETCH NEXT 3 ROWS ONLY

SELECT DISTINCT id FROM users ORDER BY id

SELECT DISTINCT id, country FROM users ORDER BY country, id

SELECT DISTINCT country FROM users ORDER BY country

SELECT DISTINCT n FROM kinds ORDER BY n
--any-rows

SELECT DISTINCT user_id FROM orders ORDER BY user_id

SELECT DISTINCT user_id, quantity FROM orders ORDER BY quantity, user_id

SELECT DISTINCT user_id FROM orders ORDER BY user_id LIMIT 5 OFFSET 2

SELECT DISTINCT id FROM users ORDER BY age

SELECT DISTINCT ON (user_id) user_id, id FROM orders ORDER BY user_id, id DESC

SELECT DISTINCT ON (user_id) id FROM orders ORDER BY user_id, id DESC LIMIT 4

SELECT DISTINCT ON (country) country, id FROM users ORDER BY country, id

SELECT DISTINCT ON (lower(country)) id FROM users ORDER BY lower(country), id

SELECT DISTINCT ON (user_id, quantity) user_id, quantity, id FROM orders ORDER BY user_id, quantity, id

SELECT ALL id FROM users ORDER BY id LIMIT 1
