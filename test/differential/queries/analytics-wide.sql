# Analytics over one wide table of events: 100 columns, `ROWS` rows (worlds/analytics.ts)

SELECT count(*), count(DISTINCT customer_id), min(at), max(at) FROM wide

SELECT kind, count(*), count(DISTINCT session), sum(n01), avg(n01) FROM wide GROUP BY kind ORDER BY kind

SELECT day, count(*), sum(f01), avg(f02) FROM wide GROUP BY day ORDER BY day

SELECT date_trunc('week', at) AS week, kind, count(*), sum(i01), max(n02) FROM wide GROUP BY week, kind ORDER BY week, kind

SELECT extract(dow FROM day) AS weekday, extract(hour FROM at) AS hour, count(*) FROM wide GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 10

SELECT customer_id, count(*), sum(n01), max(at) FROM wide GROUP BY customer_id ORDER BY sum(n01) DESC NULLS LAST, customer_id LIMIT 10

SELECT customer_id, count(*) FROM wide WHERE kind = «'buy'» GROUP BY customer_id HAVING count(*) > 5 ORDER BY 2 DESC, 1 LIMIT 15

SELECT t01, t02, count(*), sum(i05), avg(i05), min(f05), max(f05) FROM wide GROUP BY t01, t02 ORDER BY t01, t02

SELECT t03, stddev(i10), variance(n03), stddev_pop(i11) FROM wide GROUP BY t03 ORDER BY t03

SELECT b01, b02, b03, count(*) FROM wide GROUP BY CUBE (b01, b02, b03) ORDER BY 1, 2, 3, 4

SELECT kind, t01, sum(n01), grouping(kind, t01) FROM wide GROUP BY ROLLUP (kind, t01) ORDER BY 4, 1, 2

SELECT kind, percentile_cont(ARRAY[0.5, 0.9, 0.99]) WITHIN GROUP (ORDER BY f03) FROM wide GROUP BY kind ORDER BY kind

SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY n05), mode() WITHIN GROUP (ORDER BY t04) FROM wide

SELECT count(*) FILTER (WHERE b01), count(*) FILTER (WHERE b02 AND NOT b03), sum(i01) FILTER (WHERE i02 > 10), avg(f04) FILTER (WHERE t01 = 'red') FROM wide

SELECT sum(i01), sum(i02), sum(i03), sum(i04), sum(i05), sum(i06), sum(i07), sum(i08), sum(i09), sum(i10), sum(i11), sum(i12), sum(i13), sum(i14), sum(i15), sum(i16), sum(i17), sum(i18), sum(i19), sum(i20) FROM wide

SELECT avg(i21), avg(i22), avg(i23), avg(i24), avg(i25), avg(i26), avg(i27), avg(i28), avg(f11), avg(f12), avg(n06), avg(n07) FROM wide

SELECT min(f01), max(f01), min(f02), max(f02), min(n01), max(n01), min(t05), max(t05), min(day), max(session) FROM wide

SELECT * FROM wide ORDER BY at DESC, id LIMIT 3

SELECT id, customer_id, n01 FROM wide ORDER BY n01 DESC NULLS LAST, id LIMIT 20

SELECT id, kind FROM wide WHERE i01 BETWEEN «10» AND «12» AND b04 ORDER BY f06, id LIMIT 25

SELECT id FROM wide ORDER BY id LIMIT 10 OFFSET 2500

SELECT id, t15, f20, n09 FROM wide WHERE t01 LIKE 'r%' ORDER BY t15, f20 DESC, n09 NULLS FIRST, id LIMIT 30

SELECT DISTINCT kind, t01 FROM wide ORDER BY 1, 2

SELECT DISTINCT ON (customer_id) customer_id, kind, at FROM wide ORDER BY customer_id, at DESC, id LIMIT 12

SELECT DISTINCT ON (kind) kind, id, n01 FROM wide ORDER BY kind, n01 DESC NULLS LAST, id

SELECT width_bucket(f01, -20, 90, 10) AS bucket, count(*), avg(i01) FROM wide GROUP BY bucket ORDER BY bucket

SELECT n, count(*) FROM (SELECT customer_id, count(*) AS n FROM wide WHERE kind = 'buy' GROUP BY customer_id) s GROUP BY n ORDER BY n

SELECT kind, round(100.0 * count(*) FILTER (WHERE b05) / count(*), 2) AS rate FROM wide GROUP BY kind ORDER BY rate DESC, kind

WITH firsts AS (SELECT customer_id, min(at) AS first FROM wide GROUP BY customer_id) SELECT count(*), avg(extract(epoch FROM w.at - f.first)) > 0 FROM wide w JOIN firsts f USING (customer_id)

WITH firsts AS (SELECT customer_id, min(date_trunc('month', at)) AS cohort FROM wide GROUP BY customer_id) SELECT cohort, date_trunc('month', at) AS month, count(DISTINCT customer_id) FROM wide JOIN firsts USING (customer_id) GROUP BY 1, 2 ORDER BY 1, 2

SELECT count(*) FROM (SELECT customer_id, at - lag(at) OVER (PARTITION BY customer_id ORDER BY at, id) AS gap FROM wide) s WHERE gap > interval '7 days'

SELECT customer_id, sum(n01) OVER (PARTITION BY customer_id ORDER BY at, id) AS running FROM wide WHERE customer_id < 6 ORDER BY 1, 2

SELECT kind, rank() OVER (ORDER BY sum(n01) DESC), sum(n01) FROM wide GROUP BY kind ORDER BY 2, 1

SELECT day, sum(count(*)) OVER (ORDER BY day) FROM wide GROUP BY day ORDER BY day LIMIT 20

SELECT session, count(*) FROM wide GROUP BY session ORDER BY count(*) DESC, session LIMIT 10

SELECT count(*) FROM (SELECT session FROM wide WHERE kind = 'view' INTERSECT SELECT session FROM wide WHERE kind = 'buy') s

SELECT corr(f01, f02), regr_slope(f03, f04), covar_samp(f05, f06) FROM wide
--about

SELECT kind, stddev(f01), var_pop(f02), avg(f03 * f04) FROM wide GROUP BY kind ORDER BY kind
--about

SELECT t06, string_agg(DISTINCT kind, ',' ORDER BY kind), array_agg(DISTINCT b01) FROM wide GROUP BY t06 ORDER BY t06

SELECT coalesce(t07, '-') || '/' || coalesce(kind, '-') AS label, count(*) FROM wide GROUP BY label ORDER BY 2 DESC, 1 LIMIT 7
