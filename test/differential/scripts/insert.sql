INSERT INTO users (id, email) VALUES («1001», «'new@example.org'»)

SELECT * FROM users WHERE id = 1001

INSERT INTO users (email, id) VALUES («'two@example.org'», «1002») RETURNING id, email, created_at

INSERT INTO users VALUES (1003, 'three@example.org')

INSERT INTO users AS u (id, email) VALUES (1004, 'four') RETURNING u.*

INSERT INTO users (id, email, age, score, active, born, tags, info) VALUES («1005», «'five'», «5», «5.5», «true», «'2026-05-05'», «'{x,y}'», «'{"a": 1}'») RETURNING *

INSERT INTO users (id, email) VALUES («'1006'», 'six') RETURNING id

INSERT INTO users (id, email) VALUES (1007.0, 'seven') RETURNING id

INSERT INTO users (id, email) VALUES (1008.6, 'nine') RETURNING id

INSERT INTO users (id, email) VALUES (1000 + 10, 'ten') RETURNING id

INSERT INTO users (id, email) VALUES («1011»::bigint, 'x') RETURNING id

INSERT INTO users (id, email) VALUES («1012»::int, 'x') RETURNING id

INSERT INTO users (id, email) VALUES (-1013, 'x') RETURNING id

INSERT INTO users (id, email) VALUES (0x3f6, 'x') RETURNING id

INSERT INTO users (id, email) VALUES (' 1_015 ', 'x') RETURNING id

INSERT INTO users (id, email) VALUES (NULL, 'x')
--sqlstate

INSERT INTO users (id, email) VALUES («NULL», «'x'»)
--sqlstate

INSERT INTO users (email) VALUES ('nokey')

INSERT INTO users (id, email) VALUES (DEFAULT, 'x')

INSERT INTO users DEFAULT VALUES

INSERT INTO users (id, email) VALUES (99999999999999999999, 'x')

INSERT INTO users (id, email) VALUES ('abc', 'x')

INSERT INTO users (id, email) VALUES (true, 'x')

INSERT INTO users (id, email) VALUES (1020)

INSERT INTO users (id) VALUES (1021, 'x')

INSERT INTO users (id, nothing) VALUES (1022, 'x')

INSERT INTO users (id, id) VALUES (1023, 1024)

INSERT INTO users (id, email) VALUES («5», 'taken')

INSERT INTO users (id, email) VALUES (1025, NULL)

INSERT INTO users (id, email, age) VALUES (1026, 'x', -1)

INSERT INTO users (id, email, name) VALUES (1027, 'x', repeat('n', 41))

INSERT INTO nothing (id) VALUES (1)

INSERT INTO users (id, email) VALUES (1030, 'a'), (1031, 'b'), (1032, 'c'), (1033, 'd')

INSERT INTO users (id, email) VALUES (1040, 'a'), (1041, 'b'), (1042, 'c'), (1043, 'd') RETURNING id, email
--order 1

INSERT INTO users (id, email) VALUES («1050», «'a'»), («1051», «'b'»), («1052», «'c'») RETURNING email, id
--order 1

INSERT INTO users (id, email) VALUES (1060, 'a'), (1061, 'b'), (5, 'taken'), (1062, 'c')

INSERT INTO users (id, email) VALUES (1070, 'a'), (1070, 'b')

INSERT INTO users (id, email) VALUES (1080, 'a'), (NULL, 'b')
--sqlstate

INSERT INTO users (id, email) VALUES (1090, 'a'), (1091, NULL)

INSERT INTO users (id, email) VALUES (1100, 'a'), (1101, 'b', 3)
--sqlstate
--refused 2 3 4

INSERT INTO users VALUES (1102, 'a'), (1103, 'b', 'c'), (1104, 'a'), (1105, 'b', 'c')
--sqlstate
--refused 3 4

INSERT INTO users (id, email, age) VALUES (1112, 'a', '1'), (1113, 'b', 2), (1114, 'c', 3)

INSERT INTO users (id, email, age) VALUES (1112, 'a', '1.5'), (1113, 'b', 2.5), (1114, 'c', '3.5'), (1115, 'd', '4')
--sqlstate

INSERT INTO users (id, email) VALUES (1112, 'a'), (1113, 2), (1114, true)
--sqlstate

INSERT INTO users (id, email, born) VALUES (1116, 'a', '2026-01-01'), (1117, 'b', date '2026-01-01'), (1118, 'c', NULL), (1119, 'c', timestamp '2026-01-01 12:00')

INSERT INTO users (id, email, score) VALUES (1136, 'a', 1), (1137, 'b', '1.25'), (1138, 'c', 2.5), (1139, 'c', '7')

INSERT INTO users (id, email, info) VALUES (1146, 'a', '{}'), (1147, 'b', 'null'), (1148, 'c', '[1]'::json), (1149, 'c', '7')
--sqlstate

INSERT INTO users (id, email, tags) VALUES (1156, 'a', '{}'), (1157, 'b', ARRAY['x']), (1158, 'c', ARRAY[]::text[]), (1159, 'c', NULL)

INSERT INTO users (id, email, name) VALUES (1166, 'a', 'x'), (1167, 'b', 'x'::char(5)), (1168, 'c', 'y  '), (1169, 'c', 'z '::text)

INSERT INTO users (id, email) VALUES (1110, 'a'), (1111)
--sqlstate
--refused 2 3 4

INSERT INTO users (id, email, age) VALUES (1120, 'a', DEFAULT), (1121, 'b', 3), (1122, DEFAULT, 4)

INSERT INTO users (id, email, created_at) VALUES (1130, 'a', DEFAULT), (1131, 'b', '2027-01-01') RETURNING id, created_at
--order 1

INSERT INTO users (id, email) VALUES (1140, 'a' || 'b'), (1141, upper('c')), (1142, ''), (1143, 'it''s')

INSERT INTO users (id, email) VALUES (1150, 'a;b'), (1151, E'a\'b'), (1152, $$a'b$$), (1153, U&'\00e4') /* x */ -- y

INSERT INTO users (id, email) VALUES (1160, 'a'), ('1161', 'b'), (1162 , 'c') ; -- end

INSERT INTO users (id, email) VALUES (1170 + 1, 'a'), (1172, 'b')

INSERT INTO users (id, email) VALUES (1180, '1/0'), (1181, (1/0)::text)

INSERT INTO users (id, email) (VALUES (1190, 'a'), (1191, 'b'))
--refused 2 3 4

INSERT INTO users (id, email) SELECT 1200, 'select'

INSERT INTO users (id, email) SELECT «1201»::bigint, «'select'»

INSERT INTO users (id, email) SELECT g, 'g' || g FROM generate_series(1210, 1220) g
--refused 2 3 4

INSERT INTO users (id, email) SELECT id + 2000, email FROM users WHERE id = 5
--refused 2 3 4

INSERT INTO users (id, email) SELECT id, email FROM users WHERE id = 5

INSERT INTO users (id, email) SELECT id + 3000, email FROM users
--refused 2 3 4

INSERT INTO orders (id, user_id, amount) SELECT id + 5000, user_id, amount FROM orders

INSERT INTO orders (id, user_id, amount) SELECT id + 6000, user_id, amount FROM orders WHERE user_id = 12

INSERT INTO orders (id, user_id) SELECT 7000, id FROM users

INSERT INTO users (id, email) VALUES ((SELECT max(id) FROM items) + 5000, 'x')

INSERT INTO users (id, email) VALUES (5001, (SELECT name FROM items WHERE id = 1))

INSERT INTO users (id, email) VALUES (5002, (SELECT email FROM users WHERE id = 5))
--refused 2 3 4

INSERT INTO users (id, email) VALUES (5003, (SELECT email FROM users WHERE id = 6))

INSERT INTO users (id, email, created_at) VALUES (5004, 'now', now()) RETURNING created_at > '2020-01-01'

INSERT INTO users (id, email, created_at) VALUES (5005, 'now', now()), (5006, 'now', now()) RETURNING created_at > '2020-01-01'
--refused 2 4

INSERT INTO users (id, email, age) VALUES (5007, 'r', (random() * 0)::int), (5008, 'r', (random() * 0)::int)

WITH v AS (SELECT 5010 AS id) INSERT INTO users (id, email) SELECT id, 'with' FROM v
--refused 2 3 4

WITH v AS (SELECT 1) INSERT INTO users (id, email) VALUES (5011, 'with')

WITH v AS (SELECT 1) INSERT INTO users (id, email) VALUES (5012, 'with'), (5013, 'with')
--refused 3

WITH i AS (INSERT INTO users (id, email) VALUES (5014, 'cte') RETURNING id) SELECT * FROM i

WITH i AS (INSERT INTO users (id, email) VALUES (5015, 'cte') RETURNING id) INSERT INTO orders (id, user_id) SELECT 1, id FROM i
--refused 2 3 4

INSERT INTO payments (id, user_id) VALUES (9001, 5) RETURNING method

INSERT INTO payments (id, user_id) VALUES (9002, 424242)

INSERT INTO payments (id, user_id, cents) VALUES (9003, 5, 1), (9003, 6, 2), (9003, 7, 3) RETURNING *

# ON CONFLICT

INSERT INTO users (id, email) VALUES (5, 'taken') ON CONFLICT DO NOTHING

INSERT INTO users (id, email) VALUES («5», «'taken'») ON CONFLICT (id) DO NOTHING RETURNING id

INSERT INTO users (id, email) VALUES (5, 'upserted') ON CONFLICT (id) DO UPDATE SET email = excluded.email RETURNING id, email

INSERT INTO users (id, email) VALUES (5, 'again'), (6, 'again'), (6001, 'again'), (6002, 'again') ON CONFLICT (id) DO UPDATE SET email = excluded.email, age = users.age + 1 RETURNING id, email, age
--order 1
--refused 2 3 4

INSERT INTO users (id, email) VALUES (5, 'again'), (6, 'again'), (6003, 'x') ON CONFLICT DO NOTHING

INSERT INTO users (id, email) VALUES (5, 'x'), (5, 'y') ON CONFLICT (id) DO UPDATE SET email = excluded.email

INSERT INTO users (id, email) VALUES (5, 'x') ON CONFLICT (email) DO NOTHING
--refused 2 3 4

INSERT INTO users (id, email) VALUES (5, 'x') ON CONFLICT (id) DO UPDATE SET id = 7
--refused 2 3 4

INSERT INTO users (id, email) VALUES (5, 'x') ON CONFLICT (id) DO UPDATE SET id = excluded.id
--refused 2 3 4

INSERT INTO users (id, email) VALUES (5, 'w') ON CONFLICT (id) DO UPDATE SET email = 'w' WHERE users.age > 1000

INSERT INTO users (id, email) VALUES (5, 'w') ON CONFLICT ON CONSTRAINT users_pkey DO UPDATE SET email = 'constraint'

INSERT INTO users (id, email) VALUES (5, 'w') ON CONFLICT (id) DO UPDATE SET email = (SELECT max(email) FROM users)
--refused 2 3 4

INSERT INTO payments (id, user_id, cents) VALUES (9001, 5, 5), (9001, 6, 6) ON CONFLICT (user_id, id) DO UPDATE SET cents = excluded.cents RETURNING *
--refused 3 4

# Other keys

INSERT INTO codes (code) VALUES («'456'»)

INSERT INTO codes (code) VALUES ('0456'), ('457.0'), (''''), ('[3]'), ('NULL'), (E'\\x')

INSERT INTO codes (code) VALUES ('ends in a blank ')

INSERT INTO codes (code) VALUES («'too long only by blanks                                                                      '»)

INSERT INTO codes (code) VALUES ('blank '), ('none')

INSERT INTO codes (code) VALUES (789)

INSERT INTO codes (code) VALUES (790), ('791')

INSERT INTO codes (code) VALUES (true)

INSERT INTO codes (code) VALUES ('792'::text), ('793'::varchar), ('794 '::char(6))

INSERT INTO codes (code) VALUES (repeat('x', 81))

INSERT INTO codes (code) VALUES ('sp' || 'lit')

INSERT INTO codes (code, uses) VALUES («'n1'», «1»), («'n2'», «2»), («'ñ3'», «3») RETURNING code, uses
--order 1

INSERT INTO docs (id, title) VALUES («'AAAAAAAA-0000-4000-8000-000000000001'», 'x') RETURNING id

INSERT INTO docs (id, title) VALUES ('{bbbbbbbb-0000-4000-8000-000000000001}', 'x'), ('cccccccc00004000800000000000000c', 'y') RETURNING id
--order 1

INSERT INTO docs (id, title) VALUES (gen_random_uuid(), 'random') RETURNING title

INSERT INTO docs (id, title) VALUES ('nope', 'x')

INSERT INTO docs (title) VALUES ('no key')

INSERT INTO small (k, label) VALUES («100», «'x'»), («-100», «'y'»), («2147483647», «'max'»)

INSERT INTO small (k) VALUES (2147483648)

INSERT INTO small (k) VALUES (100.4), (200.5)

INSERT INTO tiny (k) VALUES («100»), («-100»), («-32768»)

INSERT INTO tiny (k) VALUES (40000)

INSERT INTO small VALUES («300»::bigint)

# Omnisharded

INSERT INTO items (id, name) VALUES («100», «'omni'»)

INSERT INTO items (id, name) VALUES (101, 'a'), (102, 'b') RETURNING id, name

INSERT INTO items (id, name) VALUES (1, 'taken')

INSERT INTO items (id, name) VALUES (1, 'upserted') ON CONFLICT (id) DO UPDATE SET name = excluded.name RETURNING *

INSERT INTO items (id, name, price) VALUES (103, 'random', random())
--refused 2 3 4

INSERT INTO items (id, name) VALUES (104, now()::text)
--refused 2 3 4

INSERT INTO items (id, name) SELECT id + 200, name FROM items WHERE id < 5
--refused 2 3 4

INSERT INTO items (id, name) SELECT 300, email FROM users WHERE id = 5
--refused 2 3 4

INSERT INTO items (id, name) SELECT id, email FROM users WHERE id > 400
--refused 2 3 4

INSERT INTO items (id, name) VALUES (105, (SELECT email FROM users WHERE id = 5))
--refused 2 3 4

UPDATE users SET created_at = '2026-01-01' WHERE id BETWEEN 5004 AND 5006

DELETE FROM docs WHERE title = 'random'

DELETE FROM items WHERE id IN (103, 104)

SELECT count(*), sum(id) FROM items

SELECT count(*), sum(id) FROM users WHERE id BETWEEN 1000 AND 100000

SELECT count(*) FROM codes
