# Point selects: every spelling of a key

SELECT * FROM users WHERE id = «5»

SELECT * FROM users WHERE «5» = id

SELECT email FROM users WHERE users.id = «5»

SELECT u.email FROM users u WHERE u.id = «5»

SELECT u.email FROM users AS u WHERE u.id = «'5'»

SELECT email FROM public.users WHERE public.users.id = «5»

SELECT email FROM "users" WHERE "id" = «5»

SELECT EMAIL FROM USERS WHERE ID = «5»

SELECT email FROM users WHERE id = «5»::bigint

SELECT email FROM users WHERE id = «5»::int

SELECT email FROM users WHERE id = «'5'»::bigint

SELECT email FROM users WHERE id = CAST(«5» AS bigint)

SELECT email FROM users WHERE id = bigint '5'

SELECT email FROM users WHERE id = int8 '5'

SELECT email FROM users WHERE id = int '5'

SELECT email FROM users WHERE id = «5»::smallint

SELECT email FROM users WHERE id = «5»::numeric

SELECT email FROM users WHERE id = 5.0

SELECT email FROM users WHERE id = 5.4

SELECT email FROM users WHERE id = '5.4'

SELECT email FROM users WHERE id = '5.4'::numeric

SELECT email FROM users WHERE id = «5.4»::numeric

SELECT email FROM users WHERE id = 5.4::bigint

SELECT email FROM users WHERE id = 5.5::bigint

SELECT email FROM users WHERE id = «5»::float8

SELECT email FROM users WHERE id = 5e0

SELECT email FROM users WHERE id = 0x5

SELECT email FROM users WHERE id = 0b101

SELECT email FROM users WHERE id = 0o5

SELECT email FROM users WHERE id = 1_0

SELECT email FROM users WHERE id = '0x5'

SELECT email FROM users WHERE id = ' 5 '

SELECT email FROM users WHERE id = '+5'

SELECT email FROM users WHERE id = '005'

SELECT email FROM users WHERE id = '1_0'

SELECT email FROM users WHERE id = '5e0'

SELECT email FROM users WHERE id = ''

SELECT email FROM users WHERE id = 'abc'

SELECT email FROM users WHERE id = «-3»

SELECT email FROM users WHERE id = - 3

SELECT email FROM users WHERE id = -(3)

SELECT email FROM users WHERE id = -(-3)

SELECT email FROM users WHERE id = +5

SELECT email FROM users WHERE id = «-4294967297»

SELECT email FROM users WHERE id = «9223372036854775807»

SELECT email FROM users WHERE id = «-9223372036854775808»

SELECT email FROM users WHERE id = 9223372036854775808

SELECT email FROM users WHERE id = -9223372036854775808

SELECT email FROM users WHERE id = '9223372036854775808'

SELECT email FROM users WHERE id = 99999999999999999999999999

SELECT email FROM users WHERE id = E'5'

SELECT email FROM users WHERE id = E'\x35'

SELECT email FROM users WHERE id = $$5$$

SELECT email FROM users WHERE id = $x$5$x$

SELECT email FROM users WHERE id = U&'\0035'

SELECT email FROM users WHERE id = '5' /* it's a comment */ -- and another

SELECT /* id = 7 */ email FROM users WHERE id = «5»

SELECT email FROM users WHERE id = '1'
  '0'

SELECT email FROM users WHERE id = «5» AND country = «'de'»

SELECT email FROM users WHERE country IS NOT NULL AND id = «5»

SELECT email FROM users WHERE (id = «5») AND (true)

SELECT email FROM users WHERE ((id) = (5))

SELECT email FROM users WHERE id = «5» AND id = «5»

SELECT email FROM users WHERE id = «5» AND id = «6»

SELECT email FROM users WHERE id = «5» AND id IN («5», «6»)

SELECT email FROM users WHERE id = «NULL»

SELECT email FROM users WHERE id IS NULL

SELECT count(*) FROM users WHERE id IS NOT NULL

SELECT email FROM users WHERE id IS NOT DISTINCT FROM «5»

SELECT email FROM users WHERE id IS NOT DISTINCT FROM NULL

SELECT count(*) FROM users WHERE id IS DISTINCT FROM «5»

SELECT email FROM users WHERE (id, age) = («5», «58»)

SELECT email FROM users WHERE (id, country) IN ((5, 'de'), (6, 'fr'))

SELECT email FROM users WHERE ROW(id) = ROW(5)

SELECT id FROM users WHERE id BETWEEN «5» AND «5»

SELECT id FROM users WHERE id BETWEEN «5» AND «9» ORDER BY id

SELECT id FROM users WHERE id >= «108» ORDER BY id

SELECT id FROM users WHERE id <> «5» AND id < «8» ORDER BY id

SELECT id FROM users WHERE NOT id = «5» AND id BETWEEN 3 AND 7 ORDER BY id

SELECT id FROM users WHERE NOT (id <> «5»)

SELECT id FROM users WHERE id = «5» OR id = «6» ORDER BY id

SELECT id FROM users WHERE id = «5» OR country = «'jp'» ORDER BY id

SELECT id FROM users WHERE (id = «5» OR id = «6») AND (id = «6» OR id = «7»)

SELECT id FROM users WHERE id = «5» AND (country = 'x' OR age > 3)

SELECT id FROM users WHERE id IN («1», «2», «3») ORDER BY id

SELECT id FROM users WHERE id IN («1»)

SELECT id FROM users WHERE id IN («1», «NULL») ORDER BY id

SELECT id FROM users WHERE id IN (NULL)

SELECT id FROM users WHERE id IN («'1'», 2) ORDER BY id

SELECT id FROM users WHERE id IN (1, 2.0, 3) ORDER BY id

SELECT id FROM users WHERE id IN (1, 1 + 1) ORDER BY id

SELECT id FROM users WHERE id IN (1, 1, 1)

SELECT id FROM users WHERE id IN («1», (SELECT 2)) ORDER BY id

SELECT id FROM users WHERE id NOT IN (1, 2, 3) AND id < 6 ORDER BY id

SELECT id FROM users WHERE id IN (1, 2) AND id IN (2, 3)

SELECT id FROM users WHERE id = ANY («'{1,2,3}'») ORDER BY id

SELECT id FROM users WHERE id = ANY («'{1,2,3}'»::bigint[]) ORDER BY id

SELECT id FROM users WHERE id = ANY («'{1,2,3}'»::int[]) ORDER BY id

SELECT id FROM users WHERE id = ANY («'{1,2,3}'»::numeric[]) ORDER BY id

SELECT id FROM users WHERE id = ANY («'{}'»)

SELECT id FROM users WHERE id = ANY («'{NULL}'»)

SELECT id FROM users WHERE id = ANY («'{5,NULL,6}'») ORDER BY id

SELECT id FROM users WHERE id = ANY («NULL»::bigint[])

SELECT id FROM users WHERE id = ANY («'{{1,2},{3,4}}'») ORDER BY id

SELECT id FROM users WHERE id = ANY («'[0:1]={1,2}'») ORDER BY id

SELECT id FROM users WHERE id = ANY («'{ 1 , "2" }'») ORDER BY id

SELECT id FROM users WHERE id = ANY («'{1,x}'») ORDER BY id

SELECT id FROM users WHERE id = ANY («'{1'») ORDER BY id

SELECT id FROM users WHERE id = ANY (ARRAY[1, 2, 3]) ORDER BY id

SELECT id FROM users WHERE id = ANY (ARRAY[«1», «2»]::bigint[]) ORDER BY id

SELECT id FROM users WHERE id = ANY (ARRAY[1, 2]::int[]) ORDER BY id

SELECT id FROM users WHERE id = ANY (ARRAY[]::bigint[])

SELECT id FROM users WHERE id = ANY (ARRAY[[1, 2], [3, 4]]) ORDER BY id

SELECT id FROM users WHERE id = SOME (ARRAY[1, 2]) ORDER BY id

SELECT id FROM users WHERE id = ALL (ARRAY[1]) ORDER BY id

SELECT id FROM users WHERE id = ALL ('{}'::bigint[]) AND age < 10 ORDER BY id

SELECT id FROM users WHERE id <> ANY (ARRAY[5]) AND id < 0 ORDER BY id

SELECT id FROM users WHERE id <> ALL (ARRAY[1, 2]) AND id < 4 AND id > -2 ORDER BY id

SELECT id FROM users WHERE «'{1,2}'»::bigint[] @> ARRAY[id] ORDER BY id

SELECT id FROM users WHERE id OPERATOR(pg_catalog.=) «5»

SELECT id FROM users WHERE id % 2 = 0 AND id < 10 AND id > 0 ORDER BY id

SELECT id FROM users WHERE id + 1 = «5»

SELECT id FROM users WHERE -id = «5»

SELECT id FROM users WHERE id & 255 = 3 ORDER BY id

SELECT id FROM users WHERE id = «1» + 1

SELECT id FROM users WHERE id = 1 + 1

SELECT id FROM users WHERE id = abs(-5)

SELECT id FROM users WHERE id = length('12345')

SELECT id FROM users WHERE id = coalesce(«NULL», 5)

SELECT id FROM users WHERE id = CASE WHEN true THEN 5 ELSE 6 END

SELECT id FROM users WHERE id = plus_one(4)

SELECT id FROM users WHERE id = (SELECT 5)

SELECT id FROM users WHERE id = (VALUES (5))

SELECT id FROM users WHERE id = age

SELECT id FROM users WHERE id = id AND id < 0 ORDER BY id

SELECT id FROM users WHERE id::text = «'5'»

SELECT id FROM users WHERE id::int = 5 AND abs(id) < 1000

SELECT id FROM users WHERE id = 5 IS TRUE

SELECT id FROM users WHERE (id = 5) IS NOT TRUE AND id BETWEEN 4 AND 6 ORDER BY id

SELECT id FROM users WHERE (id = 5) = true

SELECT id FROM users WHERE (id = 5) = false AND id BETWEEN 4 AND 6 ORDER BY id

SELECT id FROM users WHERE CASE WHEN id = 5 THEN false ELSE id BETWEEN 3 AND 6 END ORDER BY id

SELECT id FROM users WHERE coalesce(id = 5, false)

SELECT id FROM users WHERE false AND id = 5

SELECT id FROM users WHERE id = 5 AND false

SELECT id FROM users WHERE true AND id = 5

SELECT id FROM users WHERE id = 5 LIMIT 1

SELECT id FROM users WHERE id = «5» LIMIT «1» OFFSET «0»

SELECT id FROM users WHERE id = 5 OFFSET 1

SELECT count(*), sum(age), avg(score), min(email), max(born) FROM users WHERE id = «5»

SELECT country, count(*) FROM users WHERE id = «5» GROUP BY country HAVING count(*) > 0

SELECT avg(amount) FROM orders WHERE user_id = «12»

SELECT row_number() OVER (ORDER BY id), sum(amount) OVER () FROM orders WHERE user_id = «12» ORDER BY 1

SELECT string_agg(note, ',' ORDER BY id) FROM orders WHERE user_id = «12»

SELECT * FROM users WHERE id = «1000»

SELECT id FROM users WHERE id = «5» FOR UPDATE

SELECT id FROM users WHERE id = «5» FOR SHARE NOWAIT

SELECT id FROM ONLY users WHERE id = «5»

TABLE users ORDER BY id LIMIT 3

SELECT FROM users WHERE id = «5»

SELECT users FROM users WHERE id = «5»

SELECT u.* FROM users u (uid) WHERE u.uid = «5»

SELECT uid FROM users u (uid, mail) WHERE uid = «5»

SELECT id AS uid FROM users WHERE id = «5»

# Text keys: no literal becomes a number

SELECT * FROM codes WHERE code = «'123'»

SELECT * FROM codes WHERE code = «'0123'»

SELECT * FROM codes WHERE code = «''»

SELECT * FROM codes WHERE code = «' b'»

SELECT * FROM codes WHERE code = «'b '»

SELECT * FROM codes WHERE code = «'it''s'»

SELECT * FROM codes WHERE code = E'it\'s'

SELECT * FROM codes WHERE code = E'tab\there'

SELECT * FROM codes WHERE code = E'new\nline'

SELECT * FROM codes WHERE code = «'\N'»

SELECT * FROM codes WHERE code = '\'

SELECT * FROM codes WHERE code = «'日本語'»

SELECT * FROM codes WHERE code = U&'\65E5\672C\8A9E'

SELECT * FROM codes WHERE code = U&'d!65E5' UESCAPE '!'

SELECT * FROM codes WHERE code = «'😀'»

SELECT * FROM codes WHERE code = «'[1,2]'»

SELECT * FROM codes WHERE code = «'a'»

SELECT * FROM codes WHERE code = «'A'»

SELECT * FROM codes WHERE code = «'a'»::text

SELECT * FROM codes WHERE code = «'a'»::varchar

SELECT * FROM codes WHERE code = 'abc'::varchar(1)

SELECT * FROM codes WHERE code = «'a '»::char(5)

SELECT * FROM codes WHERE code = 'a'::char(5)

SELECT * FROM codes WHERE code = 'a'::name

SELECT * FROM codes WHERE code = 'a'::bpchar

SELECT * FROM codes WHERE code = char 'a'

SELECT * FROM codes WHERE code = text 'a'

SELECT * FROM codes WHERE code = 'a'::"char"

SELECT * FROM codes WHERE code = 123

SELECT * FROM codes WHERE code = 123::text

SELECT * FROM codes WHERE code = true::text

SELECT * FROM codes WHERE code = 'true'

SELECT * FROM codes WHERE code = 'tr' || 'ue'

SELECT * FROM codes WHERE code = lower('A')

SELECT * FROM codes WHERE lower(code) = 'a' ORDER BY uses

SELECT * FROM codes WHERE code LIKE 'code-2%' ORDER BY code COLLATE "C"

SELECT * FROM codes WHERE code = 'a' COLLATE "C"

SELECT * FROM codes WHERE code COLLATE "C" = 'a'

SELECT * FROM codes WHERE code IN («'a'», «'A'», «'123'»)

SELECT * FROM codes WHERE code = ANY («'{a,A,"it''s"}'»)

SELECT * FROM codes WHERE code = ANY («'{a,NULL,null,"NULL"}'»)

SELECT * FROM codes WHERE code = ANY («'{"\\N","\\\\"}'»)

SELECT * FROM codes WHERE code = ANY (ARRAY['a', 'A'])

SELECT * FROM codes WHERE code = ANY (ARRAY['a', 'A']::text[])

SELECT * FROM codes WHERE code = ANY (ARRAY['abc', 'A']::varchar(1)[])

SELECT * FROM codes WHERE code = ANY («'{abc,A}'»::varchar(1)[])

SELECT * FROM codes WHERE code = ANY ('{a,A}'::char(3)[])

SELECT * FROM codes WHERE code = $q$it's$q$

SELECT * FROM codes WHERE code = '"q"' OR code = 'a'

# uuid keys

SELECT title FROM docs WHERE id = «'00000000-0000-0000-0000-000000000000'»

SELECT title FROM docs WHERE id = «'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF'»

SELECT title FROM docs WHERE id = «'{ffffffff-ffff-ffff-ffff-ffffffffffff}'»

SELECT title FROM docs WHERE id = «'ffffffffffffffffffffffffffffffff'»

SELECT title FROM docs WHERE id = «'ffff-ffff-ffff-ffff-ffff-ffff-ffff-ffff'»

SELECT title FROM docs WHERE id = «'fffffff-ffff-ffff-ffff-ffffffffffff'»

SELECT title FROM docs WHERE id = «'00000000-0000-0000-0000-000000000000'»::uuid

SELECT title FROM docs WHERE id = uuid 'ffffffff-ffff-ffff-ffff-ffffffffffff'

SELECT title FROM docs WHERE id = ANY («'{00000000-0000-0000-0000-000000000000,ffffffff-ffff-ffff-ffff-ffffffffffff}'») ORDER BY title

SELECT title FROM docs WHERE id IN («'00000000-0000-0000-0000-000000000000'», «'9e3779b1-0000-4000-8000-000000000001'») ORDER BY title

SELECT title FROM docs WHERE id = '5'

SELECT title FROM docs WHERE id = 5

SELECT title FROM docs WHERE id::text = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

# int4 and int2 columns sharded as bigint

SELECT * FROM small WHERE k = «7»

SELECT * FROM small WHERE k = «-7»

SELECT * FROM small WHERE k = «7»::bigint

SELECT * FROM small WHERE k = 3000000000

SELECT * FROM small WHERE k = '3000000000'

SELECT * FROM small WHERE k IN (1, 2, 3) ORDER BY k

SELECT * FROM small WHERE k = ANY («'{1,2,-3}'») ORDER BY k

SELECT * FROM tiny WHERE k = «7»

SELECT * FROM tiny WHERE k = «-7»

SELECT * FROM tiny WHERE k = 70000

SELECT * FROM tiny WHERE k = ANY («'{1,2,-3}'») ORDER BY k
