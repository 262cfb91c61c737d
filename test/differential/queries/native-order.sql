# ORDER BY of expressions, operators, surrogates: merged as they stream (worlds/forms.sql, shop.sql)

SELECT id FROM users ORDER BY age + «1», id

SELECT id FROM users ORDER BY -age NULLS FIRST, id LIMIT «9»

SELECT id FROM users ORDER BY age % 7, id DESC LIMIT 20

SELECT id FROM users ORDER BY length(email), id

SELECT id FROM users ORDER BY lower(email) DESC, id

SELECT id FROM users ORDER BY upper(country) || email, id

SELECT id FROM users ORDER BY coalesce(country, email), id

SELECT id FROM users ORDER BY CASE WHEN active THEN country ELSE email END NULLS FIRST, id

SELECT id FROM users ORDER BY CASE WHEN active THEN 1 WHEN active IS NULL THEN 2 END, id

SELECT id FROM users ORDER BY date_trunc('day', created_at) DESC, id LIMIT 11

SELECT id FROM users ORDER BY extract(month FROM created_at), id

SELECT id FROM users ORDER BY created_at AT TIME ZONE 'UTC', id LIMIT 40

SELECT id FROM users ORDER BY created_at - interval '1 day', id LIMIT 40

SELECT id FROM users ORDER BY born - date '2000-01-01', id

SELECT id FROM users ORDER BY info -> 'a', id

SELECT id FROM users ORDER BY info ->> 'a' DESC, id

SELECT id FROM users ORDER BY tags, id

SELECT id FROM users ORDER BY tags[1], id

SELECT id FROM users ORDER BY cardinality(tags) DESC NULLS LAST, id

SELECT id FROM users ORDER BY (age, id)

SELECT id FROM users ORDER BY age IS NULL, id

SELECT id FROM users ORDER BY age BETWEEN 20 AND 40, id

SELECT id FROM users ORDER BY email LIKE 'a%', id

SELECT id FROM users ORDER BY email COLLATE "C" DESC, id

SELECT id FROM users ORDER BY lower(name) COLLATE "C", id

SELECT id FROM users ORDER BY name COLLATE "POSIX", id

SELECT id FROM users ORDER BY name COLLATE "und-x-icu", id

SELECT id FROM users ORDER BY md5(email), id LIMIT 15

SELECT id FROM users ORDER BY (SELECT max(price) FROM items WHERE items.id < users.id), id

SELECT id FROM users ORDER BY score * «1.5», balance, id

SELECT id FROM users ORDER BY balance / 3, id

SELECT id FROM users ORDER BY nullif(country, 'de') NULLS FIRST, id

SELECT id FROM users ORDER BY greatest(age, 30), least(score, 5), id

SELECT age AS x FROM users ORDER BY x, 1
--order 1

SELECT id AS age FROM users ORDER BY age LIMIT 10

SELECT -id AS id FROM users ORDER BY id LIMIT 10

SELECT -id AS id FROM users ORDER BY users.id LIMIT 10

SELECT -id AS id FROM users ORDER BY id + 0 LIMIT 10

SELECT id, age + 1 AS older FROM users ORDER BY older DESC NULLS LAST, id

SELECT id, lower(email) FROM users ORDER BY lower(email), id

SELECT id, lower(email) FROM users ORDER BY 2 DESC, 1

SELECT id FROM users ORDER BY age USING <, id USING >

SELECT id FROM users ORDER BY age USING > NULLS LAST, id

SELECT id FROM users ORDER BY email USING OPERATOR(pg_catalog.>)

SELECT id FROM users ORDER BY name USING ~<~, id

SELECT id FROM users ORDER BY age USING =
--sqlstate

SELECT id FROM users ORDER BY «1»::int
--unordered

SELECT id FROM users ORDER BY NULL
--unordered

SELECT id FROM users ORDER BY 'x'
--sqlstate

SELECT id FROM users ORDER BY 7
--sqlstate

SELECT id FROM users ORDER BY nothing
--sqlstate

SELECT * FROM users ORDER BY age, id LIMIT 12

SELECT u.*, o.id FROM users u JOIN orders o ON o.user_id = u.id ORDER BY o.amount + u.age, u.id, o.id

SELECT o.id FROM users u JOIN orders o ON o.user_id = u.id ORDER BY u.email || o.note, u.id, o.id

SELECT x FROM (SELECT age * 2 AS x, id FROM users) s ORDER BY x DESC, id

SELECT id FROM (SELECT id, lower(email) AS l FROM users) s ORDER BY l || 'x', id

SELECT id, en FROM forms ORDER BY en, id

SELECT id FROM forms ORDER BY en DESC NULLS LAST, id DESC LIMIT 17

SELECT id FROM forms ORDER BY en::text, id

SELECT id FROM forms ORDER BY (id % 2 = 0), en, id

SELECT id, bp FROM forms ORDER BY bp, id

SELECT id FROM forms ORDER BY bp || 'x', id

SELECT id FROM forms ORDER BY rtrim(bp) DESC, id

SELECT id FROM forms ORDER BY bp COLLATE "C" NULLS FIRST, id

SELECT id, ip FROM forms ORDER BY ip, id

SELECT id FROM forms ORDER BY ip DESC, cd, id

SELECT id FROM forms ORDER BY cd NULLS FIRST, id

SELECT id FROM forms ORDER BY network(ip), id

SELECT id FROM forms ORDER BY host(ip), id

SELECT id FROM forms ORDER BY mac DESC, id

SELECT id FROM forms ORDER BY mac::macaddr8, id

SELECT id FROM forms ORDER BY bi, vb, id

SELECT id FROM forms ORDER BY vb DESC, id

SELECT id FROM forms ORDER BY ch, id

SELECT id FROM forms ORDER BY ch DESC NULLS LAST, id

SELECT id FROM forms ORDER BY lsn, id

SELECT id FROM forms ORDER BY lsn + 16, id

SELECT id FROM forms ORDER BY o, nm, id

SELECT id FROM forms ORDER BY ttz, id

SELECT id FROM forms ORDER BY iv * 2, id

SELECT id FROM forms ORDER BY dm, ti, id

SELECT id FROM forms ORDER BY upper(ti), id

SELECT id FROM forms ORDER BY icu, id

SELECT id FROM forms ORDER BY icu COLLATE "C", id

SELECT id FROM forms ORDER BY lower(icu), id

SELECT id FROM forms ORDER BY ci, id

SELECT id FROM forms ORDER BY cx, id

SELECT id FROM forms ORDER BY jb -> 'a', id

SELECT id FROM forms ORDER BY ia[1], na[1], ta[2], id

SELECT id FROM forms ORDER BY lower(r), upper(r), id

SELECT id FROM forms ORDER BY (pr).a, (pr).b, id

SELECT id FROM forms ORDER BY hs -> 'a', id

SELECT id FROM forms ORDER BY mo, id

SELECT id FROM forms ORDER BY pt
--sqlstate
