# Devices and their events: aggregates of every kind (worlds/events.sql)

SELECT count(*), count(value), count(DISTINCT kind), count(DISTINCT device_id) FROM events

SELECT kind, count(*), sum(value), avg(value), min(value), max(value) FROM events GROUP BY kind ORDER BY kind

SELECT kind, sum(cost), avg(cost), min(cost), max(cost) FROM events GROUP BY kind ORDER BY kind NULLS FIRST

SELECT level, avg(cost) FROM events WHERE cost > «0» GROUP BY level ORDER BY avg(cost) DESC

SELECT stddev(level), stddev_pop(level), variance(level), var_pop(level) FROM events

SELECT stddev(cost), stddev_pop(cost), variance(cost), var_samp(cost) FROM events

SELECT stddev(value), stddev_pop(value), variance(value), var_pop(value) FROM events
--about

SELECT kind, stddev(value), var_pop(level), count(value) FROM events GROUP BY kind ORDER BY kind
--about

SELECT variance(value) FROM events WHERE level = 3 AND id < 12

SELECT variance(level) FROM events WHERE device_id = «7»

SELECT stddev(level) FROM events WHERE false

SELECT corr(x, y), covar_pop(x, y), covar_samp(x, y) FROM readings
--about

SELECT regr_count(y, x), regr_avgx(y, x), regr_avgy(y, x), regr_slope(y, x), regr_intercept(y, x), regr_r2(y, x) FROM readings
--about

SELECT sensor, regr_sxx(y, x), regr_syy(y, x), regr_sxy(y, x), regr_count(y, x) FROM readings GROUP BY sensor ORDER BY sensor
--about

SELECT bool_and(ok), bool_or(ok), every(ok IS NOT NULL) FROM events

SELECT kind, bool_and(ok), bool_or(ok) FROM events GROUP BY kind ORDER BY kind

SELECT bit_and(level), bit_or(level), bit_xor(level) FROM events WHERE level > 0

SELECT any_value(kind) IS NOT NULL FROM events WHERE kind IS NOT NULL

SELECT string_agg(kind, ',' ORDER BY id, device_id) FROM events WHERE id < 40

SELECT level, string_agg(DISTINCT kind, '|' ORDER BY kind) FROM events GROUP BY level ORDER BY level

SELECT level, string_agg(kind, ', ' ORDER BY id DESC) FILTER (WHERE ok) FROM events GROUP BY level ORDER BY level

SELECT array_agg(id ORDER BY id) FROM events WHERE id < 30

SELECT array_agg(DISTINCT level ORDER BY level DESC NULLS LAST) FROM events

SELECT kind, array_agg(value ORDER BY value DESC NULLS LAST, id) FROM events WHERE id < 60 GROUP BY kind ORDER BY kind

SELECT array_length(array_agg(id), 1) FROM events

SELECT array_agg(tags ORDER BY id) FROM events WHERE array_length(tags, 1) = 2 AND id < 40

SELECT json_agg(kind ORDER BY id) FROM events WHERE id < 20

SELECT jsonb_agg(payload ORDER BY id) FROM events WHERE id < 20

SELECT jsonb_agg(DISTINCT level) FROM events

SELECT json_object_agg(id, kind ORDER BY id) FROM events WHERE id < 12

SELECT jsonb_object_agg(id, payload) FROM events WHERE id < 30

SELECT level, jsonb_object_agg(id, cost) FROM events WHERE id < 25 GROUP BY level ORDER BY level

SELECT json_object_agg(kind, 1) FROM events
--sqlstate

SELECT json_arrayagg(level ORDER BY id) FROM events WHERE id < 12

SELECT json_objectagg(id: kind) FROM events WHERE id BETWEEN 3 AND 3

SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY value) FROM events

SELECT percentile_cont(ARRAY[0.1, 0.5, 0.99]) WITHIN GROUP (ORDER BY value) FROM events

SELECT percentile_disc(0.25) WITHIN GROUP (ORDER BY cost DESC) FROM events

SELECT kind, percentile_disc(0.5) WITHIN GROUP (ORDER BY at) FROM events GROUP BY kind ORDER BY kind

SELECT kind, percentile_cont(«0.75») WITHIN GROUP (ORDER BY value) FROM events GROUP BY kind ORDER BY kind

SELECT mode() WITHIN GROUP (ORDER BY level) FROM events

SELECT kind, mode() WITHIN GROUP (ORDER BY ok) FROM events GROUP BY kind ORDER BY kind

SELECT rank(3) WITHIN GROUP (ORDER BY level), dense_rank(3) WITHIN GROUP (ORDER BY level) FROM events

SELECT percent_rank(100) WITHIN GROUP (ORDER BY value), cume_dist(100) WITHIN GROUP (ORDER BY value) FROM events

SELECT kind, rank('2026-02-01') WITHIN GROUP (ORDER BY at DESC) FROM events GROUP BY kind ORDER BY kind

SELECT total(cost) FROM events

SELECT kind, total(cost), product(level) FILTER (WHERE level > 0) FROM events GROUP BY kind ORDER BY kind

SELECT product(level) FROM events WHERE level BETWEEN 1 AND 2 AND id < 60

SELECT path_of(kind ORDER BY id) FROM events WHERE id < 9

SELECT first_of(kind ORDER BY at, id) FROM events

SELECT device_id, path_of(kind ORDER BY id), first_of(id ORDER BY at DESC, id) FROM events GROUP BY device_id ORDER BY device_id

SELECT total(DISTINCT level) FROM events

SELECT sum(DISTINCT level), avg(DISTINCT level), count(DISTINCT (kind, level)) FROM events

SELECT kind, count(DISTINCT level), sum(DISTINCT level) FILTER (WHERE ok) FROM events GROUP BY kind ORDER BY kind

SELECT kind, count(DISTINCT device_id), count(DISTINCT ip) FROM events GROUP BY kind ORDER BY kind

SELECT max(at), min(at), max(at) - min(at) FROM events

SELECT max(tags), min(tags) FROM events

SELECT min(ip), max(ip), min(payload::text COLLATE "C") FROM events

SELECT count(*) FILTER (WHERE ok), count(*) FILTER (WHERE NOT ok), count(*) FILTER (WHERE ok IS NULL) FROM events

SELECT sum(value) FILTER (WHERE kind = «'error'») / count(*) FILTER (WHERE kind = «'error'») FROM events

SELECT sum(length(kind)), sum(array_length(tags, 1)), sum((payload ->> 'n')::int) FROM events

# Groups

SELECT date_trunc('week', at) AS week, count(*), sum(cost) FROM events GROUP BY week ORDER BY week

SELECT date_bin('6 hours', at, '2026-01-01 00:00+00'), count(*) FROM events WHERE at < '2026-01-08' GROUP BY 1 ORDER BY 1

SELECT extract(hour FROM at) AS hour, kind, count(*) FROM events GROUP BY hour, kind ORDER BY hour, kind LIMIT 20

SELECT at::date AS d, avg(value) FROM events GROUP BY at::date ORDER BY d DESC LIMIT 7

SELECT payload ->> 'who' AS who, count(*), max(level) FROM events GROUP BY who ORDER BY who

SELECT payload, count(*) FROM events GROUP BY payload ORDER BY count(*) DESC, payload LIMIT 5

SELECT ok, level, count(*) FROM events GROUP BY 1, 2 ORDER BY 1, 2

SELECT level % 2 = 0 AS even, count(*), avg(cost) FROM events GROUP BY even ORDER BY even

SELECT CASE WHEN value > 50 THEN 'high' WHEN value > 0 THEN 'low' ELSE 'none' END AS band, count(*) FROM events GROUP BY band ORDER BY band

SELECT coalesce(kind, 'unknown'), count(*) FROM events GROUP BY coalesce(kind, 'unknown') ORDER BY 1

SELECT width_bucket(value, -40, 80, 6) AS bucket, count(*) FROM events GROUP BY bucket ORDER BY bucket

SELECT tags[1], count(*) FROM events GROUP BY tags[1] ORDER BY 1

SELECT upper(kind) || coalesce(level, -1), count(*) FROM events GROUP BY upper(kind) || coalesce(level, -1) ORDER BY 1

SELECT ip, count(*) FROM events GROUP BY ip ORDER BY ip

SELECT kind, level, count(*), grouping(kind), grouping(level) FROM events GROUP BY ROLLUP (kind, level) ORDER BY grouping(kind, level), kind, level

SELECT kind, ok, sum(level) FROM events GROUP BY CUBE (kind, ok) ORDER BY 1, 2, 3

SELECT kind, ok, level, count(*) FROM events GROUP BY kind, GROUPING SETS ((ok), (level)) ORDER BY 1, 2, 3, 4

SELECT count(*) FROM events GROUP BY GROUPING SETS ((), ())

SELECT kind, count(DISTINCT level) FROM events GROUP BY ROLLUP (kind) ORDER BY 1, 2

SELECT device_id, level, count(*) FROM events GROUP BY ROLLUP (device_id, level) HAVING count(*) > 8 ORDER BY 1, 2

SELECT device_id, count(*) FROM events GROUP BY device_id HAVING count(*) > 10 AND max(level) = 5 ORDER BY count(*) DESC, device_id

SELECT kind FROM events GROUP BY kind HAVING bool_or(ok) AND avg(cost) > 20000 ORDER BY kind

SELECT kind, sum(cost) FROM events GROUP BY kind HAVING sum(cost) IS NOT NULL AND kind <> 'ping' ORDER BY sum(cost) DESC

SELECT kind, round(avg(value)::numeric, 2) FROM events GROUP BY kind HAVING count(*) FILTER (WHERE ok) > 10 ORDER BY 2

SELECT sum(cost) FROM events HAVING sum(cost) > 1000000000

SELECT kind, sum(cost) / nullif(sum(level), 0) AS ratio FROM events GROUP BY kind ORDER BY ratio NULLS FIRST, kind

SELECT 100.0 * count(*) FILTER (WHERE ok) / count(*) FROM events

SELECT kind, max(value) - min(value), array_agg(DISTINCT ok) FROM events GROUP BY kind ORDER BY 2, 1

SELECT kind, jsonb_build_object('n', count(*), 'sum', sum(level)) FROM events GROUP BY kind ORDER BY kind

SELECT kind, greatest(max(level), 3), least(min(level), 1), count(*) % 7 FROM events GROUP BY kind ORDER BY kind

SELECT d.id, d.name, count(e.id) FROM devices d LEFT JOIN events e ON e.device_id = d.id GROUP BY d.id ORDER BY d.id

SELECT d.id, d.kind, d.name, sum(e.cost) FROM devices d JOIN events e ON e.device_id = d.id GROUP BY d.id HAVING sum(e.cost) > 100000 ORDER BY 4 DESC

# With regions, whole on every shard

SELECT r.name, count(*) FROM devices d JOIN regions r ON r.id = d.region_id GROUP BY r.name ORDER BY r.name

SELECT r.zone, avg(e.value), count(DISTINCT d.id) FROM events e JOIN devices d ON d.id = e.device_id LEFT JOIN regions r ON r.id = d.region_id GROUP BY r.zone ORDER BY r.zone

SELECT r.id, count(d.id) FROM regions r LEFT JOIN devices d ON d.region_id = r.id GROUP BY r.id ORDER BY r.id

SELECT r.name, d.id FROM regions r LEFT JOIN devices d ON d.region_id = r.id AND d.kind = 'cam' ORDER BY r.name, d.id

SELECT r.name, d.id FROM devices d FULL JOIN regions r ON d.region_id = r.id ORDER BY r.name, d.id

SELECT r.name FROM regions r WHERE NOT EXISTS (SELECT 1 FROM devices d WHERE d.region_id = r.id) ORDER BY 1

SELECT d.id, up.name FROM devices d JOIN regions r ON r.id = d.region_id LEFT JOIN regions up ON up.id = r.parent ORDER BY d.id

SELECT d.id FROM devices d WHERE d.region_id IN (SELECT id FROM regions WHERE zone = 'n') ORDER BY d.id

WITH RECURSIVE tree AS (SELECT id, name, 0 AS depth FROM regions WHERE parent IS NULL UNION ALL SELECT r.id, r.name, depth + 1 FROM regions r JOIN tree t ON t.id = r.parent) SELECT d.id, t.depth FROM devices d JOIN tree t ON t.id = d.region_id ORDER BY d.id

# Windows

SELECT device_id, id, row_number() OVER (PARTITION BY device_id ORDER BY at, id) FROM events ORDER BY 1, 2

SELECT device_id, id, value - lag(value) OVER (PARTITION BY device_id ORDER BY at, id) AS delta FROM events ORDER BY delta NULLS FIRST, device_id, id LIMIT 25

SELECT device_id, at, sum(x) OVER w, avg(x) OVER w, first_value(y) OVER w FROM readings WINDOW w AS (PARTITION BY device_id ORDER BY at, sensor ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) ORDER BY device_id, at, sensor

SELECT * FROM (SELECT device_id, id, rank() OVER (PARTITION BY device_id ORDER BY cost DESC NULLS LAST, id) AS r FROM events) s WHERE r <= 2 ORDER BY device_id, r

SELECT kind, id, row_number() OVER (PARTITION BY kind ORDER BY at, device_id, id) FROM events ORDER BY 1, 3 LIMIT 30

SELECT id, device_id, sum(level) OVER (ORDER BY at, device_id, id) FROM events ORDER BY 3, 2, 1 LIMIT 15

SELECT kind, count(*), rank() OVER (ORDER BY count(*) DESC) FROM events GROUP BY kind ORDER BY 3, 1

SELECT device_id, count(*), sum(count(*)) OVER () FROM events GROUP BY device_id ORDER BY device_id

SELECT kind, count(*) * 100.0 / sum(count(*)) OVER () AS share FROM events GROUP BY kind ORDER BY kind

SELECT DISTINCT kind, max(level) OVER (PARTITION BY kind) FROM events ORDER BY 1

SELECT device_id, id, percent_rank() OVER (PARTITION BY device_id ORDER BY id), cume_dist() OVER (PARTITION BY device_id ORDER BY id), nth_value(id, 2) OVER (PARTITION BY device_id ORDER BY id) FROM events WHERE device_id < 20 ORDER BY 1, 2

# Rows

SELECT * FROM events ORDER BY at DESC, device_id, id LIMIT 5

SELECT e.*, d.name FROM events e JOIN devices d ON d.id = e.device_id ORDER BY d.name, e.id LIMIT 5

SELECT id, tags, payload -> 'list', ip FROM events WHERE payload ->> 'who' = «'u1'» AND tags @> ARRAY['t1'] ORDER BY id

SELECT id, unnest(tags) FROM events WHERE id < 20 ORDER BY 1, 2

SELECT e.id, t.tag, t.n FROM events e, unnest(e.tags) WITH ORDINALITY t(tag, n) WHERE e.id < 30 ORDER BY e.id, t.n

SELECT count(*), t.tag FROM events e CROSS JOIN LATERAL unnest(e.tags) t(tag) GROUP BY t.tag ORDER BY t.tag

SELECT e.id, k.key FROM events e, jsonb_each_text(e.payload) k WHERE e.id < 10 ORDER BY e.id, k.key

SELECT id FROM events WHERE at BETWEEN «'2026-01-10'» AND «'2026-01-12'» ORDER BY at, id

SELECT id, device_id FROM events WHERE device_id IN (3, 5, 9) ORDER BY cost DESC NULLS LAST, id LIMIT 6

SELECT id FROM events WHERE kind IS DISTINCT FROM 'ping' AND (level, value) > (3, 20) ORDER BY level, value, id

SELECT kind FROM events WHERE kind ~* '^w' ORDER BY kind, id

SELECT device_id, id FROM events WHERE to_char(at, 'Dy') = 'Mon' ORDER BY 1, 2

SELECT n, count(*), sum(n) FROM readings WHERE n > 10 GROUP BY n ORDER BY n

SELECT min(n), max(n), sum(n), avg(n) FROM readings GROUP BY sensor ORDER BY 1, 2
--order

SELECT x, y FROM readings ORDER BY x DESC NULLS LAST, y, device_id, at LIMIT 15

SELECT round(x::numeric, 1) AS r, count(*) FROM readings GROUP BY r ORDER BY r

SELECT greatest(x, y) AS g, device_id FROM readings ORDER BY g, device_id, at, sensor LIMIT 9

SELECT DISTINCT sensor FROM readings ORDER BY sensor

SELECT DISTINCT x IS NULL, y IS NULL FROM readings

SELECT DISTINCT ON (sensor) sensor, device_id, at FROM readings ORDER BY sensor, at DESC, device_id

SELECT sensor FROM readings UNION SELECT level FROM events ORDER BY 1

SELECT device_id FROM readings INTERSECT SELECT device_id FROM events EXCEPT SELECT id FROM devices WHERE kind = 'cam' ORDER BY 1
