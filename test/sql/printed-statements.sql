-- Statements, a line each, that are printed so that they mean the same (print-statement.test.ts).
SELECT (NOT (age > 1)) IS NOT FALSE FROM t
SELECT (NOT a) IS NULL FROM t
SELECT (a AND b) IS NULL FROM t
SELECT (a OR b) AND c FROM t
SELECT NOT a = b FROM t
SELECT (NOT a) = b FROM t
SELECT (a = b) IS NULL FROM t
SELECT (a IS NULL) = b FROM t
SELECT (a IN (1,2)) IS TRUE FROM t
SELECT (a BETWEEN 1 AND 2) IS TRUE FROM t
SELECT (a LIKE b) IS NULL FROM t
SELECT (a::text || b) IS NULL FROM t
SELECT (CASE WHEN a THEN b END) IS NULL FROM t
SELECT a = ANY(b) IS NULL FROM t
SELECT (a = ANY(b)) IS TRUE FROM t
SELECT -(-a) FROM t
SELECT - 5 FROM t
SELECT (-5)::int FROM t
SELECT a - (-b) FROM t
SELECT (a + b) * c FROM t
SELECT a + (b * c) FROM t
SELECT a - (b - c) FROM t
SELECT (a,b) = (1,2) FROM t
SELECT ((a,b) = (1,2)) IS TRUE FROM t
SELECT (a < b) = (c < d) FROM t
SELECT (a COLLATE "C") || b FROM t
SELECT (a || b) COLLATE "C" FROM t
SELECT a AT TIME ZONE b FROM t
SELECT (a AT TIME ZONE b) AT TIME ZONE c FROM t
SELECT (a->b)->>c FROM t
SELECT a->(b->>c) FROM t
SELECT (x).y FROM t
SELECT (x).* FROM t
SELECT a[1:2] FROM t
SELECT (array[1,2])[1] FROM t
SELECT a IS DISTINCT FROM b FROM t
SELECT (a IS DISTINCT FROM b) IS TRUE FROM t
SELECT NOT (a IS DISTINCT FROM b) FROM t
SELECT EXISTS (SELECT 1) FROM t
SELECT (EXISTS (SELECT 1)) IS TRUE FROM t
SELECT (a IN (SELECT 1)) IS TRUE FROM t
SELECT (NOT (a IN (SELECT 1))) IS TRUE FROM t
SELECT a NOT IN (SELECT 1) FROM t
SELECT (a NOT IN (1,2)) IS TRUE FROM t
SELECT a OPERATOR(pg_catalog.+) b FROM t
SELECT (SELECT a) IS NULL FROM t
SELECT a ~ b OR c FROM t
SELECT a IS JSON FROM t
SELECT (a IS JSON) IS TRUE FROM t
SELECT a SIMILAR TO b FROM t
SELECT (a NOT LIKE b) = c FROM t
SELECT 2 ^ (3 ^ 2) FROM t
SELECT (2 ^ 3) ^ 2 FROM t
SELECT a % b FROM t
SELECT @ a FROM t
SELECT (@ a) + 1 FROM t
SELECT a !~~* b FROM t
SELECT interval '1 day' * 2 FROM t
SELECT extract(year from a) FROM t
SELECT a::numeric(5,2) FROM t
SELECT cast(a as timestamp(3) with time zone) FROM t
SELECT overlay(a placing b from 1 for 2) FROM t
SELECT position(a in b) FROM t
SELECT trim(leading a from b) FROM t
SELECT substring(a from 1 for 2) FROM t
SELECT grouping(a) FROM t
SELECT count(*) filter (where a) over (partition by b order by c rows between 1 preceding and 2 following exclude ties) FROM t
SELECT first_value(a) over w FROM t
SELECT row(a,b) FROM t
SELECT row(a) FROM t
SELECT xmlelement(name foo, a) FROM t
SELECT json_object('a': 1) FROM t
SELECT coalesce(a,b) FROM t
SELECT a = all(array[1,2]) FROM t
SELECT greatest(a,b) FROM t
SELECT nullif(a,b) FROM t
SELECT current_date FROM t
SELECT localtime(2) FROM t
SELECT a is not unknown FROM t
SELECT U&'\0041' FROM t
SELECT $1::int FROM t
SELECT b'101' FROM t
SELECT x'1F' FROM t
SELECT 1e10 FROM t
SELECT .5 FROM t
SELECT e'\n' FROM t
SELECT a is normalized FROM t
SELECT json_array(1,2) FROM t
SELECT json_arrayagg(a order by b) FROM t
SELECT json_objectagg(a: b) FROM t
SELECT merge_action() FROM t
SELECT a between symmetric 1 and 2 FROM t
SELECT (a between symmetric 1 and 2) is null FROM t
SELECT not a between 1 and 2 FROM t
SELECT (a, b) overlaps (c, d) FROM t
SELECT (a,b) in (select 1,2) FROM t
SELECT (a,b) in ((1,2),(3,4)) FROM t
SELECT a <> all (select 1) FROM t
SELECT (a <> all (select 1)) is true FROM t
select array[[1,2],[3,4]]
select array[array[1,2]] from t where a = any(array[1,2])
select * from a join b on (not a.x) is null
select * from t where (select 1) = 1
select * from unnest(array[1,2]) with ordinality as u(a,b)
select * from t tablesample system(10) repeatable(3)
with a as materialized (select 1) select * from a
with recursive a(n) as (select 1 union all select n+1 from a) cycle n set c using p select * from a
with recursive a(n) as (select 1 union all select n+1 from a) search depth first by n set o select * from a
select from t
select distinct on (a,b) * from t order by a using <
(select 1 union select 2) except select 3
select 1 union (select 2 except select 3)
select 1 union all (select 2 limit 1) order by 1
values (1,2),(3,4)
select * from (values (1)) v(a)
select * from rows from (generate_series(1,2), f(3)) as x
select * from f(1) as (a int, b text)
select * from a natural join b
select * from a join b using (x) as j
select * from a left join (b cross join c) on true
select * from lateral (select 1) x
select a from t for update
select a group by grouping sets ((a),(b,c),())
select a from t group by cube(a,b), rollup(c)
select a from t group by distinct a, b
select a from t limit all offset 3
select sum(a) over (w rows unbounded preceding) from t window w as (partition by b order by c desc nulls last)
select count(distinct a) from t
select string_agg(distinct a, ',' order by a) from t
select variadic_f(variadic array[1,2])
select f(a => 1, b := 2)
select "Mixed"."Case" from "Mixed"
select * from only t
select "select" from "from"
select 1 as "a b"
select a."User" from s.t a
select t.*::text from t
select (t.a).b[1].c from t
select ((a)) from t
select cast(null as text)
select null::int[]
select 'a'::char(3), 'b'::"char", 'c'::bit(3), 'd'::varbit
select interval '1' year
select interval(2) '1 day'
select a::s.typ[] from t
select a::setof_t from t
select timestamp '2020-01-01'
select 1::float8 , 1::real
select time with time zone '10:00'
select a from t where ctid = '(0,1)'
select percentile_cont(0.5) within group (order by a desc) from t
select a @> '{}'::jsonb, a ? 'x', a ?| array['a'] from t
select $1 + $2
select * from t where (a, b) > ($1, $2)
select * from t where row(a,b) is null
select * from t where (a is null) is null
select not not a from t
select a is not true from t
select (a or b) is not true from t
select - a.b from t
select -(a.b::int) from t
select (-1)::int
select -1::int
select (- 1) ^ 2
select 2 ^ - 1
select a - - b from t
select a * (- b) from t
select (a, b)::typ from t
select (f(x)).*  from t
select (f(x)).a from t
select a [1] [2:3] from t
select a[:2], a[1:], a[:] from t
select (select array[1])[1]
select x'ff'::int
select 'x' collate "C" < 'y'
select a collate pg_catalog."default" from t
select exists(select 1) and not exists (select 2)
select case a when 1 then 2 else 3 end from t
select case when not a then 1 end is null from t
select a in (1) is null from t
select (a = any (select 1)) = true from t
select a || (b || c) from t
select (a || b) || c from t
select a and (b and c) from t
select (a and b) and c from t
select a or (b or (c and d)) from t
select not (a or b) from t
select not (a and not b) from t
select (a like b escape '!') is null from t
select (a ilike b) or c from t
select a like any (array['x']) from t
select a not similar to 'x' escape 'y' from t
select extract(epoch from (a - b)) / 3600 from t
select date_trunc('day', a) at time zone 'utc' from t
select coalesce(a, (select 1)) from t
select sum(a) filter (where (b is not null) is true) from t
select system_user, current_role, user, session_user, current_catalog, current_schema
select xmlparse(document a), xmlserialize(content a as text), xmlforest(a, b as c), xmlconcat(a,b), xmlpi(name x), xmlroot(a, version no value), a is document from t
select treat(a as b)
select normalize(a, nfc) from t
select collation for (a) from t
select ceil(a)::int % 3 = 0 from t
select a operator(s.+) b from t
select operator(s.-) b from t
select (a).b.c from t
select s.f(a) from t
select count(*) from t having count(*) > 1
select into_x from t
select all a from t
table t
select a, b from t union select c, d from u intersect select e, f from v
(select a from t order by a limit 1) union all (select b from u order by b limit 1) order by 1 limit 3
select a from t order by a nulls first, b desc nulls last
select lag(a, 1, 0) over (order by b groups between current row and unbounded following) from t
SELECT json_value(j, '$.l[0]') FROM t
SELECT JSON_VALUE(j, '$.l[0]' RETURNING int DEFAULT 5 ON EMPTY ERROR ON ERROR) FROM t
SELECT JSON_VALUE(j, '$.l[$i]' PASSING a AS i, b + 1 AS "J x" RETURNING numeric(5,2) NULL ON EMPTY DEFAULT -1 ON ERROR) FROM t
SELECT JSON_VALUE(j::jsonb || '{}', 'strict $.a' RETURNING text) = 'x' FROM t
SELECT json_exists(j, '$.x') FROM t
SELECT NOT JSON_EXISTS(j, '$.x ? (@ > $y)' PASSING 5 AS y TRUE ON ERROR) FROM t
SELECT JSON_EXISTS(j, '$.x' UNKNOWN ON ERROR), JSON_EXISTS(j, '$.x' FALSE ON ERROR), JSON_EXISTS(j, '$.x' ERROR ON ERROR) FROM t
SELECT json_query(j, '$.x') FROM t
SELECT JSON_QUERY(j, '$.x' WITH WRAPPER), JSON_QUERY(j, '$.x' WITH CONDITIONAL WRAPPER), JSON_QUERY(j, '$.x' WITHOUT WRAPPER) FROM t
SELECT JSON_QUERY(j, '$.x' RETURNING text KEEP QUOTES), JSON_QUERY(j, '$.x' RETURNING jsonb OMIT QUOTES NULL ON EMPTY ERROR ON ERROR) FROM t
SELECT JSON_QUERY(j, '$.x' RETURNING bytea FORMAT JSON ENCODING UTF8 EMPTY ARRAY ON EMPTY EMPTY OBJECT ON ERROR) FROM t
SELECT JSON_QUERY(s FORMAT JSON, '$.x' EMPTY ON EMPTY DEFAULT '{}' ON ERROR) FROM t
SELECT JSON_QUERY(j, ('$.' || s)::jsonpath RETURNING int[]) FROM t
SELECT * FROM t, JSON_TABLE(j, '$[*]' COLUMNS (x int PATH '$.x')) AS q
SELECT * FROM t, LATERAL JSON_TABLE(j, '$[*]' AS root PASSING t.k AS v COLUMNS (id FOR ORDINALITY, "X y" text PATH '$.x' DEFAULT 'e' ON EMPTY NULL ON ERROR, e boolean EXISTS PATH '$.e' FALSE ON ERROR, f jsonb FORMAT JSON PATH '$.f' WITH WRAPPER KEEP QUOTES, NESTED PATH '$.n[*]' AS n COLUMNS (a int, b varchar(3) PATH '$.b' OMIT QUOTES)) ERROR ON ERROR) AS q (i, x)
SELECT * FROM JSON_TABLE(jsonb '[1]', '$[*]' COLUMNS (x int EXISTS)) AS q
SELECT * FROM t, JSON_TABLE(j, '$' COLUMNS (x text[] PATH '$.x', NESTED '$.y' COLUMNS (z int)) EMPTY ARRAY ON ERROR) AS q
SELECT * FROM t, XMLTABLE('/r/x' PASSING doc COLUMNS a int PATH '@a', b text DEFAULT 'n' NOT NULL, c FOR ORDINALITY) AS q
SELECT * FROM t, LATERAL XMLTABLE(XMLNAMESPACES('http://x' AS x, DEFAULT 'http://y'), '/x:r' PASSING BY REF (SELECT doc FROM u) COLUMNS "A b" numeric(5,1) PATH s || '@a') AS q (z)
SELECT at AT LOCAL FROM t
SELECT (at + i) AT LOCAL = b FROM t
SELECT (at AT LOCAL)::date, at::timestamptz AT LOCAL FROM t
SELECT pg_catalog.timezone('UTC', at), timezone('UTC', at), pg_catalog.timezone(at) FROM t
SELECT (a || b) AT TIME ZONE (c || d) FROM t
SELECT -a AT TIME ZONE c, (a AT TIME ZONE b)::date, a::timestamp AT TIME ZONE b, (CASE WHEN a THEN b END) AT TIME ZONE c FROM t
SELECT NOT a AT TIME ZONE b = c FROM t
SELECT k FROM t ORDER BY k USING OPERATOR(pg_catalog.>)
SELECT k FROM t ORDER BY k USING >, s USING OPERATOR("My s".<) NULLS FIRST
SELECT array_agg(k ORDER BY k USING <) FROM t
SELECT a::pg_catalog.text, 'x'::pg_catalog."char", '{}'::pg_catalog.jsonb, $1::pg_catalog.uuid, (a::pg_catalog.date)::pg_catalog.text[] FROM t
