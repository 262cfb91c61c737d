# Settings that change how values are read or written: what is merged is still what was stored

SET array_nulls = off
--refused 2 3 4

SELECT code FROM codes WHERE code = ANY («'{NULL,a}'») ORDER BY uses, code

SELECT code FROM codes WHERE code = ANY ('{NULL}')

SELECT id FROM users WHERE id = ANY ('{NULL}')

RESET array_nulls

SELECT code FROM codes WHERE code = ANY ('{NULL}')

SET extra_float_digits = -13
--refused 2 3 4

SELECT id, id::float8 / 1000 + 1 AS x FROM users WHERE id BETWEEN 0 AND 90 ORDER BY x

SELECT id FROM users WHERE id BETWEEN 0 AND 90 ORDER BY (id::float8 / 1000 + 1) DESC

SELECT max(id::float8 / 1000 + 1), sum(id::float8 / 1024), avg(id::float8 / 1024) FROM users WHERE id BETWEEN 0 AND 90

SELECT id::float8 / 1000 + 1 AS x, count(*) FROM users WHERE id BETWEEN 0 AND 90 GROUP BY 1 ORDER BY 1

SELECT f8, count(*) FROM kinds WHERE f8 > 0.05 GROUP BY f8 ORDER BY f8

SELECT f4, id FROM kinds ORDER BY f4 DESC, id

RESET extra_float_digits

SET DateStyle = 'SQL, DMY'

SELECT id, created_at, born FROM users ORDER BY born, created_at, id LIMIT 30

SELECT born, count(*) FROM users GROUP BY born ORDER BY born DESC

SELECT min(born), max(born), min(created_at), max(created_at) FROM users

SELECT ts, tz, d, count(*) FROM kinds GROUP BY ts, tz, d ORDER BY ts, tz, d

SET DateStyle = 'SQL, MDY'

SELECT born, count(*) FROM users GROUP BY born ORDER BY born DESC

SELECT min(ts), max(ts), min(tz), max(tz), min(d), max(d) FROM kinds WHERE ts > '-infinity' AND tz > '-infinity' AND d > '-infinity'

SET DateStyle = 'Postgres, MDY'

SELECT ts, tz, d, id FROM kinds ORDER BY ts DESC, tz, d NULLS FIRST, id

SELECT born, max(created_at), count(*) FROM users GROUP BY born ORDER BY max(created_at), born

SET TimeZone = 'America/New_York'

SELECT tz, count(*) FROM kinds GROUP BY tz ORDER BY tz

INSERT INTO kinds (id, tz, ts) VALUES (900, '2026-11-01 01:30:00-04', '2026-11-01 01:30'), (901, '2026-11-01 01:30:00-05', '2026-11-01 01:31'), (902, '2026-11-01 01:15:00-05', '2026-03-08 02:30'), (903, '2026-11-01 01:45:00-04', '1883-11-18 12:03:58')

SELECT id, tz FROM kinds WHERE id >= 900 ORDER BY tz

SELECT min(tz), max(tz) FROM kinds WHERE id >= 900

SET DateStyle = 'SQL'

SELECT id, tz FROM kinds WHERE id >= 900 ORDER BY tz DESC

SELECT tz, count(*) FROM kinds WHERE id >= 900 GROUP BY tz ORDER BY tz

SET DateStyle = 'German'

SELECT id, tz FROM kinds WHERE id >= 900 ORDER BY tz DESC

SET TimeZone = 'Asia/Kolkata'

SELECT id, tz FROM kinds WHERE id >= 900 ORDER BY tz

SET TimeZone = '<ABC>+3:30:15'

SELECT id, tz FROM kinds WHERE id >= 900 ORDER BY tz

SELECT max(tz), min(tz) FROM kinds WHERE id >= 900

SET DateStyle = 'ISO'

SELECT id, tz FROM kinds WHERE id >= 900 ORDER BY tz

SET TimeZone = 'UTC'

SET IntervalStyle = 'sql_standard'

SELECT iv, id FROM kinds ORDER BY iv, id

SELECT sum(iv), avg(iv), min(iv + '00:00'), count(*) FROM kinds WHERE iv <> '1 day' AND iv <> '1 mon'

INSERT INTO kinds (id, iv) VALUES (910, '1 year -1 day'), (911, '-1 year 1 day 00:00:01'), (912, '-00:00:00.5'), (913, '1 mon -00:30')

SELECT iv, id FROM kinds WHERE id >= 910 ORDER BY iv

SELECT sum(iv), max(iv), min(iv) FROM kinds WHERE id >= 910

SET IntervalStyle = 'postgres_verbose'

SELECT iv, id FROM kinds WHERE id >= 910 ORDER BY iv

SELECT sum(iv), avg(iv), max(iv), min(iv) FROM kinds WHERE id >= 910

SET IntervalStyle = 'iso_8601'

SELECT iv, id FROM kinds WHERE id >= 910 ORDER BY iv DESC

SELECT sum(iv), avg(iv), max(iv), min(iv) FROM kinds WHERE id >= 910

SET bytea_output = 'escape'

SELECT "by", count(*) FROM kinds GROUP BY "by" ORDER BY "by"

RESET ALL

SET TimeZone = 'UTC'

SELECT set_config('standard_conforming_strings', 'off', false)
--refused 2 3 4

SELECT code FROM codes WHERE code = E'\\'

SELECT set_config('extra_float_digits', '-13', false)
--refused 2 3 4

SELECT id, id::float8 / 1000 + 1 AS x FROM users WHERE id BETWEEN 0 AND 90 ORDER BY x

SELECT set_config('DateStyle', 'SQL, DMY', false)

SELECT max(born), min(born) FROM users

BEGIN

SELECT set_config('DateStyle', 'German', true)

SELECT max(born), min(born) FROM users

SET LOCAL DateStyle = 'SQL, MDY'

SELECT max(born), min(born) FROM users

COMMIT

SELECT max(born), min(born) FROM users

RESET ALL

SET TimeZone = 'UTC'

SET enable_hashagg = off

SET enable_sort = off

SELECT country, count(*) FROM users GROUP BY country ORDER BY country

RESET ALL

SET TimeZone = 'UTC'

SET plan_cache_mode = force_generic_plan

SELECT id FROM users WHERE id = «5»

SELECT id FROM users WHERE id < «5» ORDER BY id LIMIT «3»

RESET ALL

SET TimeZone = 'UTC'

SET search_path = pg_temp, public

SELECT count(*) FROM users

RESET search_path

SET transform_null_equals = on
--refused 2 3 4

SELECT count(*) FROM codes WHERE label = NULL

RESET ALL

SET TimeZone = 'UTC'

# What is collected has been XML before, whatever COPY would take for it

SET xmloption = document

SELECT item_id, any_value(xmlconcat(xmlelement(name a, item_id), xmlelement(name b)))::text FROM orders GROUP BY item_id HAVING count(*) > 1 ORDER BY item_id LIMIT 3

SHOW xmloption

RESET xmloption
