# Text in a database whose own collation is ICU's en-US: nothing goes by bytes

SELECT w, id FROM words ORDER BY w, id

SELECT w, id FROM words ORDER BY w DESC NULLS LAST, id LIMIT 9

SELECT v, id FROM words ORDER BY v NULLS FIRST, id OFFSET 3

SELECT c, id FROM words ORDER BY c, id

SELECT w, id FROM words ORDER BY w COLLATE "C", id

SELECT w, id FROM words ORDER BY w COLLATE "und-x-icu" DESC, id

SELECT id FROM words ORDER BY upper(w), id

SELECT id, w || v AS x FROM words ORDER BY x, id

SELECT id FROM words ORDER BY w USING >, id

SELECT nm, id FROM words ORDER BY nm, id

SELECT b, id FROM words ORDER BY b, id

SELECT w, count(*) FROM words GROUP BY w ORDER BY w

SELECT w, count(*) FROM words GROUP BY w ORDER BY 2 DESC, 1 DESC

SELECT v, count(*) FROM words GROUP BY v

SELECT c, count(*) FROM words GROUP BY c ORDER BY 1

SELECT min(w), max(w), min(v), max(v), min(c), max(c) FROM words

SELECT min(w COLLATE "C"), max(b) FROM words

SELECT n % 3 AS r, min(w), max(w) FROM words GROUP BY r ORDER BY r

SELECT DISTINCT w FROM words ORDER BY w LIMIT 6

SELECT DISTINCT ON (w) w, id FROM words ORDER BY w, id DESC

SELECT w FROM words WHERE n < 15 UNION SELECT v FROM words ORDER BY 1

SELECT w FROM words INTERSECT SELECT v FROM words ORDER BY 1 DESC

SELECT id FROM words WHERE w > 'b' ORDER BY w, id

SELECT string_agg(w, ',' ORDER BY w, id) FROM words

SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY w), mode() WITHIN GROUP (ORDER BY v) FROM words

SELECT id, rank() OVER (ORDER BY w) FROM words

SELECT k, label FROM labels ORDER BY k

SELECT k, label FROM labels WHERE k > 'b' ORDER BY k LIMIT 5

SELECT w.id, l.label FROM words w JOIN labels l ON l.k = w.w ORDER BY l.k, w.id

SELECT w FROM words ORDER BY w FETCH FIRST 4 ROWS WITH TIES

SELECT array_agg(w ORDER BY w DESC NULLS LAST, id) FROM words

SELECT ARRAY[w, v] AS a, id FROM words ORDER BY a, id

# expressions, whose collation is derived from all of their parts

SELECT id FROM words ORDER BY coalesce(b, w), id

SELECT id FROM words ORDER BY coalesce(b, 'x'), id

SELECT id FROM words ORDER BY b || 'x', id

SELECT id FROM words ORDER BY 'x' || n::text, id

SELECT id FROM words ORDER BY lower(b) || upper(b), id

SELECT id FROM words ORDER BY CASE WHEN n > 10 THEN b ELSE 'Q' END, id

SELECT id FROM words ORDER BY to_char(n, '999'), id

SELECT id FROM words ORDER BY nm::text, id

SELECT id FROM words ORDER BY nm || '', id

SELECT id FROM words ORDER BY (n::text || 'a') COLLATE "C", id

SELECT id FROM words ORDER BY substr(w, 1, 1), substr(b, 1, 1), id

SELECT id FROM words ORDER BY (SELECT max(b)), id

SELECT id FROM words ORDER BY (ARRAY[w, b])[1], id

SELECT id FROM words ORDER BY w < b, id
--sqlstate

SELECT id FROM words ORDER BY c || 'x', id

SELECT id FROM words ORDER BY v USING <, id

SELECT DISTINCT w FROM words

SELECT DISTINCT w, c, v FROM words

SELECT DISTINCT w, n % 2 AS h FROM words ORDER BY h
--order 2

SELECT DISTINCT w || 'x' FROM words

SELECT DISTINCT b || 'x' AS x FROM words ORDER BY x

SELECT DISTINCT ON (w) w, id FROM words ORDER BY w, id

SELECT DISTINCT ON (b) id FROM words ORDER BY b, w, id

SELECT w FROM words UNION SELECT b FROM words
--sqlstate

SELECT w FROM words UNION SELECT v FROM words

SELECT b FROM words UNION SELECT b FROM words ORDER BY 1

SELECT w AS x FROM words UNION ALL SELECT v FROM words ORDER BY x
--order 1

SELECT n::text AS x FROM words UNION SELECT 'Q' FROM words ORDER BY x

SELECT upper(w), count(*) FROM words GROUP BY upper(w)

SELECT upper(w), count(*) FROM words GROUP BY 1 ORDER BY 2, 1

SELECT w || b AS x, min(id) FROM words GROUP BY x ORDER BY 2
--sqlstate

SELECT max(n::text), min(b || w), max(coalesce(b, 'x')) FROM words
--sqlstate

SELECT max(n::text), min(coalesce(b, 'x')), max(w), min(lower(w)) FROM words

SELECT w FROM words ORDER BY w FETCH FIRST 3 ROWS WITH TIES

SELECT b FROM words ORDER BY b DESC OFFSET 2 FETCH FIRST 3 ROWS WITH TIES

SELECT w FROM words ORDER BY w LIMIT 2 + 2 OFFSET 1 + 1
