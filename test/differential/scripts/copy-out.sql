# Tables: what the shards send is passed on.

COPY users TO STDOUT

COPY users (id, email) TO STDOUT

COPY users (email, id, tags, info) TO STDOUT (FORMAT csv, HEADER)

COPY users TO STDOUT (FORMAT csv, HEADER false, NULL 'nil', DELIMITER ';', QUOTE '''', ESCAPE '\')

COPY users TO STDOUT (HEADER, DELIMITER '|', NULL '')

COPY users (id, name, country, email) TO STDOUT WITH (FORMAT csv, FORCE_QUOTE (email, name))

COPY users (id, name, country) TO STDOUT WITH (FORMAT csv, FORCE_QUOTE *)

COPY users (id, country) TO STDOUT WITH (ENCODING 'LATIN1')

COPY codes (code) TO STDOUT (ENCODING 'LATIN1')
--sqlstate

COPY kinds TO STDOUT

COPY kinds TO STDOUT (FORMAT csv, HEADER on)

COPY kinds (id, b, i2, i4, i8, n, n2, f4, f8, t, v, c, word, by, d, ti, ttz, ts, tz, iv, u, o, ip, js, m, a, mo) TO STDOUT BINARY

COPY small TO STDOUT (FORMAT binary)

COPY codes TO STDOUT

COPY codes TO STDOUT CSV HEADER

COPY codes TO STDOUT WITH CSV QUOTE AS '''' ESCAPE AS '\' FORCE QUOTE code, label

COPY codes (code) TO STDOUT WITH CSV

COPY codes (code) TO STDOUT WITH DELIMITER AS 'o' NULL AS 'x'

COPY BINARY codes TO STDOUT

COPY small TO STDOUT USING DELIMITERS ':'

COPY empty TO STDOUT

COPY empty TO STDOUT (FORMAT csv, HEADER)

COPY empty TO STDOUT (FORMAT binary)

COPY public.small (label, k) TO STDOUT

COPY items TO STDOUT

COPY items TO STDOUT (FORMAT csv, HEADER)

# What PostgreSQL refuses.

COPY adults TO STDOUT

COPY item_list TO STDOUT

COPY nothing TO STDOUT

COPY users (id, nothing) TO STDOUT

COPY users (id, id) TO STDOUT

COPY users TO STDOUT (HEADER match)

COPY users TO STDOUT (FORMAT nope)

COPY users TO STDOUT (FORMAT csv, FORMAT csv)

COPY users TO STDOUT (nonsense)

COPY users TO STDOUT (DELIMITER 'ab')

COPY users TO STDOUT (DELIMITER E'\n')

COPY users TO STDOUT (DELIMITER 'a')

COPY users TO STDOUT (NULL E'a\nb')

COPY users TO STDOUT (QUOTE '"')

COPY users TO STDOUT (FORMAT csv, QUOTE 'ab')

COPY users TO STDOUT (FORMAT csv, ESCAPE '')

COPY users TO STDOUT (FORMAT csv, NULL '"')

COPY users TO STDOUT (FORMAT binary, DELIMITER ',')

COPY users TO STDOUT (FORMAT binary, HEADER)

COPY users TO STDOUT (FORMAT csv, FORCE_NULL (name))

COPY users TO STDOUT (FORMAT csv, FORCE_NOT_NULL *)

COPY users TO STDOUT (FORCE_QUOTE *)

COPY users (id) TO STDOUT (FORMAT csv, FORCE_QUOTE (name))

COPY users TO STDOUT (FREEZE)

COPY users TO STDOUT (DEFAULT 'x')

COPY users TO STDOUT (ON_ERROR ignore)

COPY users TO STDOUT (REJECT_LIMIT 3)

COPY users TO STDOUT (LOG_VERBOSITY verbose)

COPY users TO STDOUT (ENCODING 'nonsense')

COPY users TO STDOUT WHERE id = 1

# Queries whose rows are those of the shards together.

COPY (SELECT id, email FROM users WHERE id = 5) TO STDOUT

COPY (SELECT * FROM users) TO STDOUT

COPY (SELECT id, upper(name), country IS NULL FROM users WHERE age > 10) TO STDOUT (FORMAT csv, HEADER)

COPY (TABLE small) TO STDOUT (FORMAT binary)

COPY (SELECT u.id, o.amount FROM users u JOIN orders o ON o.user_id = u.id) TO STDOUT CSV

COPY /* ü ( */ (SELECT id, 'ü)' FROM /* ) */ users -- ( here
) TO STDOUT (NULL 'ö')

COPY (SELECT label AS "a b", k AS "q""q", label AS "ä,", k FROM small) TO STDOUT (FORMAT csv, HEADER)

COPY (SELECT) TO STDOUT

COPY (SELECT FROM users) TO STDOUT

COPY (SELECT FROM users) TO STDOUT (FORMAT csv, HEADER)

COPY (SELECT FROM users) TO STDOUT (FORMAT binary)

COPY (SELECT * FROM adults) TO STDOUT

COPY (VALUES (1, 'a'), (2, NULL)) TO STDOUT

COPY (SELECT id, name FROM items ORDER BY id) TO STDOUT (FORMAT csv)
--order

COPY (SELECT 1 / (age - 13) FROM users) TO STDOUT
--sqlstate

# Rows that are merged or collected are written here.

COPY (SELECT count(*) FROM users) TO STDOUT

COPY (SELECT count(*), avg(age) FROM users) TO STDOUT (FORMAT binary)

COPY (SELECT id FROM users ORDER BY id) TO STDOUT

COPY (SELECT * FROM codes ORDER BY code COLLATE "C") TO STDOUT

COPY (SELECT * FROM codes ORDER BY code COLLATE "C") TO STDOUT (FORMAT csv, HEADER)

COPY (SELECT code FROM codes ORDER BY code COLLATE "C" DESC) TO STDOUT (FORMAT csv, NULL 'null')

COPY (SELECT code FROM codes ORDER BY code COLLATE "C") TO STDOUT (FORMAT csv, FORCE_QUOTE *, QUOTE 'o')

COPY (SELECT code, label FROM codes ORDER BY code COLLATE "C") TO STDOUT (FORMAT csv, DELIMITER ' ', QUOTE '''', ESCAPE '\', FORCE_QUOTE (label))

COPY (SELECT code, label FROM codes ORDER BY code COLLATE "C") TO STDOUT (DELIMITER 'e', NULL 'nüll')

COPY (SELECT code, label FROM codes ORDER BY code COLLATE "C") TO STDOUT (DELIMITER E'\x01', HEADER)

COPY (SELECT code, label FROM codes ORDER BY code COLLATE "C") TO STDOUT (FORMAT binary)

COPY (SELECT * FROM kinds ORDER BY id) TO STDOUT

COPY (SELECT * FROM kinds ORDER BY id) TO STDOUT (FORMAT csv, HEADER, FORCE_QUOTE (t, by))

COPY (SELECT id, b, i2, i4, i8, n, n2, f4, f8, t, v, c, word, by, d, ti, ttz, ts, tz, iv, u, o, ip, js, m, a, mo FROM kinds ORDER BY id) TO STDOUT (FORMAT binary)

COPY (SELECT country, count(*), sum(score), max(age) FROM users GROUP BY country) TO STDOUT (FORMAT csv, HEADER)

COPY (SELECT country, count(*) FROM users GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 3 OFFSET 1) TO STDOUT

COPY (SELECT DISTINCT country FROM users) TO STDOUT

COPY (SELECT id, rank() OVER (ORDER BY id) FROM users ORDER BY id DESC LIMIT 9) TO STDOUT

COPY (SELECT id, rank() OVER (ORDER BY id) AS r FROM users) TO STDOUT (FORMAT csv, HEADER)

COPY (SELECT id, rank() OVER (ORDER BY id) AS r FROM users) TO STDOUT (FORMAT binary)

COPY (SELECT * FROM best_users) TO STDOUT

COPY (SELECT s.k, c.code FROM small s JOIN codes c ON c.label = 'label ' || s.k) TO STDOUT

COPY (SELECT s.k, (SELECT count(*) FROM codes) FROM small s WHERE s.k = 3) TO STDOUT

COPY (SELECT * FROM mixed) TO STDOUT (FORMAT csv)

COPY (SELECT label AS a, k AS a, label AS b FROM small ORDER BY k) TO STDOUT (FORMAT csv, HEADER, FORCE_QUOTE (a, b))

COPY (SELECT FROM users ORDER BY id LIMIT 3) TO STDOUT

COPY (SELECT now() = now(), k FROM small ORDER BY k) TO STDOUT

COPY (SELECT id FROM empty ORDER BY id) TO STDOUT (FORMAT csv, HEADER)

COPY (SELECT id FROM empty ORDER BY id) TO STDOUT (FORMAT binary)

COPY (SELECT id FROM empty ORDER BY id) TO STDOUT

COPY (WITH a AS (SELECT country FROM users) SELECT count(*) FROM a) TO STDOUT

COPY (SELECT country FROM users WHERE id < 50 UNION SELECT method FROM payments) TO STDOUT

COPY (SELECT k, E'\\.' FROM small ORDER BY k LIMIT 2) TO STDOUT (FORMAT csv)

COPY (SELECT E'\\.' FROM small ORDER BY k LIMIT 2) TO STDOUT (FORMAT csv)

COPY (SELECT E'\\.' FROM small ORDER BY k LIMIT 2) TO STDOUT

COPY (SELECT E'\b\f\n\r\t\v\x02\x7f\\' FROM small ORDER BY k LIMIT 2) TO STDOUT

COPY (SELECT E'\b\f\n\r\t\v\x02\x7f\\', '', NULL, '""', ' ' FROM small ORDER BY k LIMIT 2) TO STDOUT (FORMAT csv)

COPY (SELECT '\N', E'\\N', NULL FROM small ORDER BY k LIMIT 2) TO STDOUT (FORMAT csv, NULL '\N')

COPY (SELECT k FROM small ORDER BY k) TO STDOUT (ENCODING 'utf-8')

COPY (SELECT k FROM small ORDER BY k) TO STDOUT (LOG_VERBOSITY default)

COPY (SELECT k FROM small ORDER BY k) TO STDOUT (HEADER match)

COPY (SELECT k FROM small ORDER BY k) TO STDOUT (FORMAT nope)

COPY (SELECT k, NULL FROM small ORDER BY k) TO STDOUT (NULL -1, DELIMITER *)

COPY (SELECT k, NULL FROM small ORDER BY k) TO STDOUT (FORMAT csv, DELIMITER 1, QUOTE 2, NULL (a, b))

COPY (SELECT k FROM small ORDER BY k) TO STDOUT (FORMAT csv, FORCE_QUOTE (nothing))

COPY (SELECT k FROM small ORDER BY k) TO STDOUT (DELIMITER 'ab')

COPY (SELECT k FROM small ORDER BY k) TO STDOUT (FREEZE)

COPY (SELECT nothing FROM small ORDER BY k) TO STDOUT

COPY (SELECT k, nothing(label) FROM small ORDER BY k) TO STDOUT
--refused 2 3 4

COPY (SELECT 1 / k AS x FROM small ORDER BY k) TO STDOUT
--sqlstate

COPY (SELECT code, 'é', U&'\00ff\0080' AS "ü" FROM codes WHERE code < 'b' ORDER BY code COLLATE "C") TO STDOUT (ENCODING 'LATIN1', HEADER)

COPY (SELECT code FROM codes WHERE code IN ('', 'ä') ORDER BY code COLLATE "C") TO STDOUT (FORMAT csv, ENCODING 'ISO-8859-1', NULL 'ä')

COPY (SELECT code FROM codes ORDER BY code COLLATE "C") TO STDOUT (ENCODING 'latin1')

COPY (SELECT code FROM codes WHERE code LIKE '日%' ORDER BY code COLLATE "C") TO STDOUT (ENCODING 'LATIN1', FORMAT binary)

COPY (SELECT k FROM small ORDER BY k) TO STDOUT (ENCODING 'LATIN2')
--refused 2 3 4

COPY (SELECT k FROM nothing ORDER BY k) TO STDOUT

COPY (SELECT $1 FROM small ORDER BY k) TO STDOUT
--simple

# What changes rows.

COPY (UPDATE users SET age = 3 WHERE id = 5 RETURNING id) TO STDOUT

COPY (UPDATE small SET label = label || '!' WHERE k > 0 RETURNING k, label) TO STDOUT (FORMAT csv, HEADER)

COPY (DELETE FROM small WHERE k > 10 RETURNING *) TO STDOUT (FORMAT binary)

COPY (DELETE FROM small WHERE k > 5) TO STDOUT

COPY (UPDATE small SET label = 1 / k RETURNING k) TO STDOUT
--sqlstate

COPY (INSERT INTO small VALUES (901, 'x'), (902, 'y') RETURNING k) TO STDOUT
--refused 2 3 4

COPY (UPDATE items SET price = 1 WHERE id < 4 RETURNING id) TO STDOUT
--refused 2 3 4

COPY (SELECT k FROM small WHERE k < 0 FOR UPDATE) TO STDOUT

COPY (WITH d AS (DELETE FROM small WHERE k = 5 RETURNING k) SELECT * FROM d) TO STDOUT

SELECT * FROM small ORDER BY k

# In a transaction.

BEGIN

INSERT INTO small VALUES (77, 'seventy-seven')

COPY small TO STDOUT

COPY (SELECT k FROM small ORDER BY k) TO STDOUT

SET LOCAL DateStyle = 'German'

SET LOCAL bytea_output = 'escape'

SET LOCAL IntervalStyle = 'sql_standard'

COPY (SELECT id, tz, by, iv FROM kinds ORDER BY id) TO STDOUT

COPY kinds (id, tz, by, iv) TO STDOUT

COPY (SELECT 1 / k FROM small) TO STDOUT
--sqlstate

COPY small TO STDOUT

ROLLBACK

COPY small TO STDOUT
