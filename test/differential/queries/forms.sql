# Every type: order, groups, distinct, extremes, sets (worlds/forms.sql). Equal values that look
# different (1.0 and 1.00, -0, 24 hours, citext) are counted where PostgreSQL may show either.

SELECT id, bo FROM forms ORDER BY bo NULLS FIRST, id

SELECT bo, count(*), min(id) FROM forms GROUP BY bo

SELECT id, n FROM forms ORDER BY n, id

SELECT n, id FROM forms ORDER BY n DESC NULLS LAST, id DESC LIMIT 21

SELECT DISTINCT n FROM forms
--any-rows

SELECT count(*), min(id) FROM forms GROUP BY n

SELECT id, n4 FROM forms ORDER BY n4 NULLS FIRST, id

SELECT n4, count(*), min(id) FROM forms GROUP BY n4

SELECT id, f4 FROM forms ORDER BY f4, id

SELECT f4, id FROM forms ORDER BY f4 DESC NULLS LAST, id DESC LIMIT 23

SELECT DISTINCT f4 FROM forms
--any-rows

SELECT count(*), min(id) FROM forms GROUP BY f4

SELECT id, f8 FROM forms ORDER BY f8 NULLS FIRST, id

SELECT f8, id FROM forms ORDER BY f8 DESC, id DESC LIMIT 24

SELECT DISTINCT f8 FROM forms
--any-rows

SELECT count(*), min(id) FROM forms GROUP BY f8

SELECT id, bp FROM forms ORDER BY bp, id

SELECT bp, id FROM forms ORDER BY bp DESC NULLS LAST, id DESC LIMIT 25

SELECT DISTINCT bp FROM forms

SELECT id, vc FROM forms ORDER BY vc NULLS FIRST, id

SELECT vc, count(*), min(id) FROM forms GROUP BY vc

SELECT id, icu FROM forms ORDER BY icu, id

SELECT icu, id FROM forms ORDER BY icu DESC NULLS LAST, id DESC LIMIT 27

SELECT DISTINCT icu FROM forms

SELECT id, ci FROM forms ORDER BY ci NULLS FIRST, id

SELECT ci, id FROM forms ORDER BY ci DESC, id DESC LIMIT 28

SELECT DISTINCT ci FROM forms
--any-rows

SELECT count(*), min(id) FROM forms GROUP BY ci

SELECT id, cx FROM forms ORDER BY cx, id

SELECT cx, id FROM forms ORDER BY cx DESC NULLS LAST, id DESC LIMIT 29

SELECT DISTINCT cx FROM forms
--any-rows

SELECT count(*), min(id) FROM forms GROUP BY cx

SELECT id, nm FROM forms ORDER BY nm NULLS FIRST, id

SELECT nm, count(*), min(id) FROM forms GROUP BY nm

SELECT id, ch FROM forms ORDER BY ch, id

SELECT ch, id FROM forms ORDER BY ch DESC NULLS LAST, id DESC LIMIT 31

SELECT DISTINCT ch FROM forms

SELECT id, en FROM forms ORDER BY en NULLS FIRST, id

SELECT en, count(*), min(id) FROM forms GROUP BY en

SELECT id, ip FROM forms ORDER BY ip, id

SELECT ip, id FROM forms ORDER BY ip DESC NULLS LAST, id DESC LIMIT 33

SELECT DISTINCT ip FROM forms

SELECT id, cd FROM forms ORDER BY cd NULLS FIRST, id

SELECT cd, count(*), min(id) FROM forms GROUP BY cd

SELECT id, mac FROM forms ORDER BY mac, id

SELECT mac, id FROM forms ORDER BY mac DESC NULLS LAST, id DESC LIMIT 35

SELECT DISTINCT mac FROM forms

SELECT id, jb FROM forms ORDER BY jb NULLS FIRST, id

SELECT jb, id FROM forms ORDER BY jb DESC, id DESC LIMIT 36

SELECT DISTINCT jb FROM forms
--any-rows

SELECT count(*), min(id) FROM forms GROUP BY jb

SELECT id, ia FROM forms ORDER BY ia, id

SELECT ia, id FROM forms ORDER BY ia DESC NULLS LAST, id DESC LIMIT 37

SELECT DISTINCT ia FROM forms

SELECT id, na FROM forms ORDER BY na NULLS FIRST, id

SELECT na, id FROM forms ORDER BY na DESC, id DESC LIMIT 38

SELECT DISTINCT na FROM forms
--any-rows

SELECT count(*), min(id) FROM forms GROUP BY na

SELECT id, ta FROM forms ORDER BY ta, id

SELECT ta, id FROM forms ORDER BY ta DESC NULLS LAST, id DESC LIMIT 39

SELECT DISTINCT ta FROM forms

SELECT id, pr FROM forms ORDER BY pr NULLS FIRST, id

SELECT pr, count(*), min(id) FROM forms GROUP BY pr

SELECT id, dm FROM forms ORDER BY dm, id

SELECT dm, id FROM forms ORDER BY dm DESC NULLS LAST, id DESC LIMIT 41

SELECT DISTINCT dm FROM forms

SELECT id, ti FROM forms ORDER BY ti NULLS FIRST, id

SELECT ti, count(*), min(id) FROM forms GROUP BY ti

SELECT id, bi FROM forms ORDER BY bi, id

SELECT bi, id FROM forms ORDER BY bi DESC NULLS LAST, id DESC LIMIT 43

SELECT DISTINCT bi FROM forms

SELECT id, vb FROM forms ORDER BY vb NULLS FIRST, id

SELECT vb, count(*), min(id) FROM forms GROUP BY vb

SELECT id, r FROM forms ORDER BY r, id

SELECT r, id FROM forms ORDER BY r DESC NULLS LAST, id DESC LIMIT 45

SELECT DISTINCT r FROM forms

SELECT id, tr FROM forms ORDER BY tr NULLS FIRST, id

SELECT tr, count(*), min(id) FROM forms GROUP BY tr

SELECT id, mr FROM forms ORDER BY mr, id

SELECT mr, id FROM forms ORDER BY mr DESC NULLS LAST, id DESC LIMIT 47

SELECT DISTINCT mr FROM forms

SELECT id, iv FROM forms ORDER BY iv NULLS FIRST, id

SELECT iv, id FROM forms ORDER BY iv DESC, id DESC LIMIT 48

SELECT DISTINCT iv FROM forms
--any-rows

SELECT count(*), min(id) FROM forms GROUP BY iv

SELECT id, ttz FROM forms ORDER BY ttz, id

SELECT ttz, id FROM forms ORDER BY ttz DESC NULLS LAST, id DESC LIMIT 49

SELECT DISTINCT ttz FROM forms

SELECT id, d FROM forms ORDER BY d NULLS FIRST, id

SELECT d, count(*), min(id) FROM forms GROUP BY d

SELECT id, ts FROM forms ORDER BY ts, id

SELECT ts, id FROM forms ORDER BY ts DESC NULLS LAST, id DESC LIMIT 51

SELECT DISTINCT ts FROM forms

SELECT id, tz FROM forms ORDER BY tz NULLS FIRST, id

SELECT tz, count(*), min(id) FROM forms GROUP BY tz

SELECT id, by FROM forms ORDER BY by, id

SELECT by, id FROM forms ORDER BY by DESC NULLS LAST, id DESC LIMIT 53

SELECT DISTINCT by FROM forms

SELECT id, u FROM forms ORDER BY u NULLS FIRST, id

SELECT u, count(*), min(id) FROM forms GROUP BY u

SELECT id, mo FROM forms ORDER BY mo, id

SELECT mo, id FROM forms ORDER BY mo DESC NULLS LAST, id DESC LIMIT 55

SELECT DISTINCT mo FROM forms

SELECT id, o FROM forms ORDER BY o NULLS FIRST, id

SELECT o, count(*), min(id) FROM forms GROUP BY o

SELECT id, lsn FROM forms ORDER BY lsn, id

SELECT lsn, id FROM forms ORDER BY lsn DESC NULLS LAST, id DESC LIMIT 57

SELECT DISTINCT lsn FROM forms

SELECT hs, count(*), min(id) FROM forms GROUP BY hs

SELECT count(DISTINCT bo), count(DISTINCT n), count(DISTINCT n4), count(DISTINCT f4) FROM forms

SELECT count(DISTINCT f8), count(DISTINCT bp), count(DISTINCT vc), count(DISTINCT icu) FROM forms

SELECT count(DISTINCT ci), count(DISTINCT cx), count(DISTINCT nm), count(DISTINCT ch) FROM forms

SELECT count(DISTINCT en), count(DISTINCT ip), count(DISTINCT cd), count(DISTINCT mac) FROM forms

SELECT count(DISTINCT jb), count(DISTINCT ia), count(DISTINCT na), count(DISTINCT ta) FROM forms

SELECT count(DISTINCT pr), count(DISTINCT dm), count(DISTINCT ti), count(DISTINCT bi) FROM forms

SELECT count(DISTINCT vb), count(DISTINCT r), count(DISTINCT tr), count(DISTINCT mr) FROM forms

SELECT count(DISTINCT iv), count(DISTINCT ttz), count(DISTINCT d), count(DISTINCT ts) FROM forms

SELECT count(DISTINCT tz), count(DISTINCT by), count(DISTINCT u), count(DISTINCT mo) FROM forms

SELECT count(DISTINCT o), count(DISTINCT lsn), count(DISTINCT hs) FROM forms

SELECT min(bo), max(bo) FROM forms

SELECT min(n), max(n) FROM forms

SELECT min(n4), max(n4) FROM forms

SELECT min(f4), max(f4) FROM forms
--any-rows

SELECT min(f8), max(f8) FROM forms
--any-rows

SELECT min(bp), max(bp) FROM forms

SELECT min(vc), max(vc) FROM forms

SELECT min(icu), max(icu) FROM forms

SELECT min(en), max(en) FROM forms

SELECT min(ip), max(ip) FROM forms

SELECT min(cd), max(cd) FROM forms

SELECT min(mac), max(mac) FROM forms

SELECT min(jb), max(jb) FROM forms
--any-rows

SELECT min(ia), max(ia) FROM forms

SELECT min(na), max(na) FROM forms
--any-rows

SELECT min(ta), max(ta) FROM forms

SELECT min(pr), max(pr) FROM forms

SELECT min(dm), max(dm) FROM forms

SELECT min(ti), max(ti) FROM forms

SELECT min(bi), max(bi) FROM forms

SELECT min(vb), max(vb) FROM forms

SELECT min(r), max(r) FROM forms

SELECT min(mr), max(mr) FROM forms

SELECT min(iv), max(iv) FROM forms
--any-rows

SELECT min(ttz), max(ttz) FROM forms

SELECT min(d), max(d) FROM forms

SELECT min(ts), max(ts) FROM forms

SELECT min(tz), max(tz) FROM forms

SELECT min(by), max(by) FROM forms

SELECT min(u), max(u) FROM forms

SELECT min(mo), max(mo) FROM forms

SELECT min(o), max(o) FROM forms

SELECT min(lsn), max(lsn) FROM forms

SELECT n FROM forms WHERE id % 2 = 0 UNION SELECT n FROM forms WHERE id % 3 = 0
--any-rows

SELECT bp FROM forms WHERE id % 2 = 0 INTERSECT SELECT bp FROM forms WHERE id % 3 = 0

SELECT icu FROM forms WHERE id % 2 = 0 EXCEPT SELECT icu FROM forms WHERE id % 3 = 0

SELECT cx FROM forms WHERE id % 2 = 0 UNION SELECT cx FROM forms WHERE id % 3 = 0
--any-rows

SELECT en FROM forms WHERE id % 2 = 0 INTERSECT SELECT en FROM forms WHERE id % 3 = 0

SELECT jb FROM forms WHERE id % 2 = 0 EXCEPT SELECT jb FROM forms WHERE id % 3 = 0
--any-rows

SELECT ia FROM forms WHERE id % 2 = 0 UNION SELECT ia FROM forms WHERE id % 3 = 0

SELECT f8 FROM forms WHERE id % 2 = 0 INTERSECT SELECT f8 FROM forms WHERE id % 3 = 0
--any-rows

SELECT pr FROM forms WHERE id % 2 = 0 EXCEPT SELECT pr FROM forms WHERE id % 3 = 0

SELECT js FROM forms ORDER BY js

SELECT DISTINCT js FROM forms

SELECT pt FROM forms ORDER BY pt

SELECT pt, count(*) FROM forms GROUP BY pt

SELECT id, js, pt, tv, hs FROM forms ORDER BY id

SELECT * FROM forms ORDER BY id LIMIT 9

SELECT forms FROM forms ORDER BY forms.id LIMIT 4
--text

SELECT f FROM forms f ORDER BY f LIMIT 3
--text

SELECT (pr).a, (pr).b, id FROM forms ORDER BY (pr).a NULLS FIRST, (pr).b, id

SELECT id FROM forms ORDER BY ROW(bo, dm), id

SELECT id, ROW(d, n4) AS x FROM forms ORDER BY x, id

SELECT id FROM forms ORDER BY en USING >, id

SELECT id FROM forms ORDER BY icu USING <, id

SELECT id FROM forms ORDER BY bp USING >, id DESC

SELECT id FROM forms ORDER BY bp COLLATE "en-US-x-icu", id

SELECT id FROM forms ORDER BY vc::char(1), id

SELECT id, bp || vc AS x FROM forms ORDER BY x, id

SELECT id FROM forms ORDER BY en::text, id

SELECT id FROM forms ORDER BY en::text COLLATE "C", id

SELECT enum_range(min(en), max(en)) FROM forms
--text

SELECT id FROM forms ORDER BY host(ip), id

SELECT id FROM forms ORDER BY jb -> 'a', id

SELECT id FROM forms ORDER BY jb ->> 'a', id

SELECT id FROM forms ORDER BY ia[1], id

SELECT id FROM forms ORDER BY lower(r), upper(r) DESC, id

SELECT id FROM forms ORDER BY n NULLS FIRST, f8 DESC, icu, en, bp DESC, id

SELECT array_agg(en ORDER BY en, id) FROM forms
--text

SELECT string_agg(icu, ',' ORDER BY icu, id) FROM forms

SELECT array_agg(bp ORDER BY bp, id) FROM forms

SELECT array_agg(pr ORDER BY id) FROM forms
--text

SELECT jsonb_agg(jb ORDER BY id) FROM forms

SELECT json_agg(f ORDER BY f.id) FROM forms f WHERE id < 0

SELECT range_agg(r) FROM forms

SELECT range_intersect_agg(r) FROM forms WHERE NOT isempty(r)

SELECT range_agg(mr) FROM forms

SELECT range_agg(tr) FROM forms

SELECT en, range_agg(r) FROM forms GROUP BY en ORDER BY en

SELECT bit_and(bi), bit_or(bi), bit_xor(bi) FROM forms

SELECT sum(mo), sum(dm), avg(dm) FROM forms

SELECT sum(n), avg(n) FROM forms

SELECT sum(n), avg(n), stddev(n), variance(n) FROM forms WHERE n BETWEEN -10 AND 10

SELECT sum(n4), avg(n4), var_pop(n4), stddev_samp(n4) FROM forms

SELECT sum(f8), avg(f8), var_pop(f8) FROM forms WHERE f8 BETWEEN -10 AND 10
--about

SELECT sum(f4), avg(f4), stddev(f4) FROM forms WHERE f4 BETWEEN -10 AND 10
--about

SELECT sum(f8) FROM forms WHERE f8 IN ('Infinity', '-Infinity')

SELECT max(f8), min(f4) FROM forms WHERE f8 <> 0 AND f4 <> 0

SELECT avg(iv), sum(iv) FROM forms WHERE isfinite(iv)

SELECT sum(iv) FROM forms WHERE iv <> '-infinity'

SELECT sum(iv) FROM forms

SELECT en, percentile_disc(0.5) WITHIN GROUP (ORDER BY d) FROM forms WHERE isfinite(d) GROUP BY en ORDER BY en

SELECT percentile_cont(ARRAY[0, 0.25, 1]) WITHIN GROUP (ORDER BY iv) FROM forms WHERE isfinite(iv) AND iv NOT IN ('30 days', '1 day') AND id > 0

SELECT mode() WITHIN GROUP (ORDER BY en) FROM forms WHERE en <> 'red'

SELECT percentile_disc(0.3) WITHIN GROUP (ORDER BY icu) FROM forms

SELECT percentile_disc(ARRAY[0.1, 0.9]) WITHIN GROUP (ORDER BY en DESC) FROM forms
--text

SELECT trim_scale(n), count(*) FROM forms GROUP BY trim_scale(n) ORDER BY 1

SELECT DISTINCT trim_scale(n) FROM forms ORDER BY 1

SELECT count(*) FROM (SELECT DISTINCT n FROM forms) s

SELECT count(*) FROM (SELECT DISTINCT cx FROM forms) s

SELECT count(*) FROM (SELECT DISTINCT ci FROM forms) s

SELECT count(*) FROM (SELECT n FROM forms UNION SELECT n4 FROM forms) s

SELECT lower(cx::text), count(*) FROM forms GROUP BY lower(cx::text) ORDER BY 1

SELECT id FROM forms WHERE cx = «'KEY'»::citext ORDER BY id

SELECT id FROM forms WHERE ci = «'ab'» ORDER BY id

SELECT id FROM forms WHERE bp = «'a'» ORDER BY id

SELECT id FROM forms WHERE en > 'amber' ORDER BY en, id

SELECT id FROM forms WHERE icu > «'b'» ORDER BY icu DESC, id LIMIT 12

SELECT DISTINCT ON (en) en, id FROM forms ORDER BY en, id

SELECT DISTINCT ON (bp) bp, id FROM forms ORDER BY bp DESC, id

SELECT DISTINCT ON (n) id FROM forms ORDER BY n, id

SELECT DISTINCT ON (icu) icu, id FROM forms ORDER BY icu COLLATE "und-x-icu", id DESC

SELECT DISTINCT ON (ip, en) ip, en, id FROM forms ORDER BY ip, en, id

SELECT DISTINCT en, bo FROM forms ORDER BY en DESC, bo

SELECT DISTINCT ia FROM forms ORDER BY ia LIMIT 3

SELECT DISTINCT pr, dm FROM forms ORDER BY dm, pr

SELECT en, bo, count(*) FROM forms GROUP BY GROUPING SETS ((en, bo), (en), ()) ORDER BY en, bo, 3

SELECT bp, en, count(*) FROM forms GROUP BY ROLLUP (bp, en) ORDER BY 1, 2, 3

SELECT GROUPING(ip, en), ip, en, count(*) FROM forms GROUP BY CUBE (ip, en) ORDER BY 1, 2, 3, 4

SELECT icu, count(*) FROM forms GROUP BY icu HAVING count(*) > 5 ORDER BY icu

SELECT en, max(icu), min(bp) FROM forms GROUP BY en ORDER BY max(icu) DESC, en

SELECT id, en, rank() OVER (ORDER BY en) FROM forms

SELECT id, count(*) OVER (PARTITION BY bp) FROM forms

SELECT xmlagg(xmlelement(name x, id) ORDER BY id) FROM forms WHERE id < -40

SELECT pg_typeof(min(en)), pg_typeof(max(dm)), pg_typeof(sum(n4)) FROM forms
--text

SELECT max(dm)::positive, min(ti)::title FROM forms

SELECT id, dm FROM forms ORDER BY dm + 1, id

SELECT id FROM forms ORDER BY by || '\x01', id

SELECT id, u FROM forms ORDER BY u::text, id

SELECT id, ch, nm FROM forms ORDER BY ch, nm DESC, id

SELECT id, tz FROM forms ORDER BY tz AT TIME ZONE 'Asia/Tokyo', id

SELECT id, hs -> 'a' AS x FROM forms ORDER BY x, id
