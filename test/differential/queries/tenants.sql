# A multi-tenant task list: what stays within a tenant, and what does not (worlds/tenants.sql)

SELECT t.id, t.name, count(k.id) FROM tenants t LEFT JOIN tasks k ON k.tenant_id = t.id GROUP BY t.id ORDER BY t.id

SELECT t.name, p.name, k.title FROM tenants t JOIN projects p ON p.tenant_id = t.id JOIN tasks k ON k.tenant_id = p.tenant_id AND k.project_id = p.id ORDER BY t.name, p.id, k.id LIMIT 20

SELECT t.name, count(*), sum(k.hours) FROM tenants t JOIN tasks k ON t.id = k.tenant_id GROUP BY t.name ORDER BY t.name

SELECT k.tenant_id, k.id, m.name FROM tasks k LEFT JOIN members m ON m.tenant_id = k.tenant_id AND m.id = k.assignee ORDER BY 1, 2

SELECT m.tenant_id, m.name, count(k.id), avg(k.hours) FROM members m LEFT JOIN tasks k USING (tenant_id) GROUP BY m.tenant_id, m.id ORDER BY 1, m.id

SELECT tenant_id, p.id, k.id FROM projects p FULL JOIN tasks k USING (tenant_id) WHERE k.id < 3 OR k.id IS NULL ORDER BY 1, 2, 3

SELECT p.tenant_id, p.id FROM projects p LEFT JOIN tasks k ON k.tenant_id = p.tenant_id AND k.project_id = p.id WHERE k.id IS NULL ORDER BY 1, 2

SELECT count(*) FROM members NATURAL JOIN projects

SELECT a.tenant_id, a.id, b.id AS parent FROM tasks a JOIN tasks b ON b.tenant_id = a.tenant_id AND b.id = a.parent ORDER BY 1, 2

SELECT t.name, s.price FROM tenants t JOIN plans s ON s.name = t.plan ORDER BY t.name

SELECT t.id, s.price FROM tenants t LEFT JOIN plans s ON s.name = t.plan ORDER BY s.price NULLS FIRST, t.id

SELECT s.name, count(t.id) FROM plans s LEFT JOIN tenants t ON t.plan = s.name GROUP BY s.name ORDER BY s.name

SELECT s.name, t.id FROM tenants t RIGHT JOIN plans s ON t.plan = s.name AND t.id < 10 ORDER BY 1, 2

SELECT s.name, t.id FROM tenants t FULL JOIN plans s ON t.plan = s.name ORDER BY 1, 2

SELECT s.name, sum(s.price) FROM tenants t CROSS JOIN plans s GROUP BY s.name ORDER BY 1

SELECT s.name, count(*) FROM tasks k JOIN tenants t ON t.id = k.tenant_id JOIN plans s ON s.name = t.plan WHERE k.state = 'open' GROUP BY s.name HAVING count(*) > 3 ORDER BY 1

SELECT t.id, l.id, l.hours FROM tenants t, LATERAL (SELECT k.id, k.hours FROM tasks k WHERE k.tenant_id = t.id ORDER BY k.hours DESC NULLS LAST, k.id LIMIT 2) l ORDER BY t.id, l.hours DESC NULLS LAST, l.id

SELECT t.id, l.n FROM tenants t LEFT JOIN LATERAL (SELECT count(*) AS n FROM tasks k WHERE k.tenant_id = t.id AND k.state = 'done') l ON true ORDER BY l.n DESC, t.id

SELECT t.id, l.sum FROM tenants t CROSS JOIN LATERAL (SELECT sum(k.hours) FROM tasks k WHERE k.tenant_id = t.id AND k.due > t.since) l ORDER BY t.id

SELECT t.id, l.title FROM tenants t CROSS JOIN LATERAL (SELECT k.title FROM tasks k WHERE k.priority = t.id ORDER BY k.tenant_id, k.id LIMIT 1) l ORDER BY t.id

SELECT tenant_id, id FROM tasks k WHERE EXISTS (SELECT 1 FROM members m WHERE m.tenant_id = k.tenant_id AND m.id = k.assignee AND m.role = 'admin') ORDER BY 1, 2

SELECT tenant_id, id FROM tasks k WHERE NOT EXISTS (SELECT 1 FROM tasks c WHERE c.tenant_id = k.tenant_id AND c.parent = k.id) AND k.state = 'open' ORDER BY 1, 2

SELECT tenant_id, id FROM tasks WHERE (tenant_id, assignee) IN (SELECT tenant_id, id FROM members WHERE role = 'guest') ORDER BY 1, 2

SELECT id FROM tenants WHERE id NOT IN (SELECT tenant_id FROM projects) ORDER BY id

SELECT id FROM tenants WHERE id IN (SELECT tenant_id FROM tasks GROUP BY tenant_id HAVING sum(hours) > 250) ORDER BY id

SELECT tenant_id, id, hours FROM tasks k WHERE hours > (SELECT avg(hours) FROM tasks i WHERE i.tenant_id = k.tenant_id) ORDER BY 1, 2

SELECT tenant_id, id, hours FROM tasks k WHERE hours > (SELECT avg(hours) FROM tasks) ORDER BY 1, 2

SELECT tenant_id, (SELECT m.name FROM members m WHERE m.tenant_id = k.tenant_id AND m.id = k.assignee) AS who, count(*) FROM tasks k GROUP BY tenant_id, who ORDER BY 1, 2

SELECT t.id, ARRAY(SELECT k.id FROM tasks k WHERE k.tenant_id = t.id ORDER BY k.id) FROM tenants t ORDER BY t.id

SELECT t.id, EXISTS (SELECT 1 FROM projects p WHERE p.tenant_id = t.id) FROM tenants t ORDER BY t.id

SELECT plan FROM tenants t WHERE t.since = (SELECT min(since) FROM tenants i WHERE i.plan = t.plan) ORDER BY plan, id

WITH hours AS (SELECT tenant_id, sum(hours) AS h FROM tasks GROUP BY tenant_id) SELECT t.name, h FROM tenants t JOIN hours ON hours.tenant_id = t.id ORDER BY h DESC, t.id

WITH hours AS (SELECT tenant_id, sum(hours) AS h FROM tasks GROUP BY tenant_id) SELECT max(h), min(h), avg(h), count(*) FROM hours

WITH a AS (SELECT * FROM tasks WHERE state = 'open'), b AS (SELECT tenant_id, count(*) AS n FROM a GROUP BY tenant_id) SELECT a.tenant_id, a.id, b.n FROM a JOIN b USING (tenant_id) ORDER BY 1, 2

WITH a AS MATERIALIZED (SELECT tenant_id, id FROM tasks WHERE priority = 3) SELECT count(*) FROM a

WITH ranked AS (SELECT tenant_id, id, row_number() OVER (PARTITION BY tenant_id ORDER BY hours DESC NULLS LAST, id) AS n FROM tasks) SELECT * FROM ranked WHERE n = 1 ORDER BY tenant_id

WITH states AS (SELECT state, count(*) AS n FROM tasks GROUP BY state) SELECT * FROM states WHERE n > 30 ORDER BY state

WITH t AS (SELECT id FROM tenants WHERE plan = 'free') SELECT count(*) FROM t a JOIN t b ON a.id = b.id

WITH t AS (SELECT id FROM tenants WHERE plan = 'free') SELECT count(*) FROM t a, t b

WITH RECURSIVE chain AS (SELECT tenant_id, id, 1 AS depth FROM tasks WHERE parent IS NULL UNION ALL SELECT k.tenant_id, k.id, depth + 1 FROM tasks k JOIN chain c ON c.tenant_id = k.tenant_id AND c.id = k.parent) SELECT depth, count(*) FROM chain GROUP BY depth ORDER BY depth

SELECT * FROM open_tasks ORDER BY tenant_id, id LIMIT 7

SELECT count(*), sum(hours) FROM open_tasks

SELECT * FROM project_hours ORDER BY tenant_id, project_id

SELECT t.name, h.project_id, h.hours FROM tenants t JOIN project_hours h ON h.tenant_id = t.id ORDER BY h.hours DESC NULLS LAST, t.id, 2 LIMIT 9

# Enumerations, whose order is not that of their names

SELECT state, count(*) FROM tasks GROUP BY state ORDER BY state

SELECT state, count(*), sum(hours) FROM tasks GROUP BY state ORDER BY state DESC NULLS LAST

SELECT state, tenant_id, id FROM tasks ORDER BY state, tenant_id, id LIMIT 30

SELECT min(state), max(state) FROM tasks

SELECT tenant_id, max(state) FROM tasks GROUP BY tenant_id ORDER BY 2, 1

SELECT DISTINCT state FROM tasks ORDER BY state

SELECT count(*) FROM tasks WHERE state >= 'blocked'

SELECT state::text, count(*) FROM tasks GROUP BY state::text ORDER BY 1

SELECT array_agg(DISTINCT state) FROM tasks
--text

SELECT state, priority, count(*) FROM tasks GROUP BY CUBE (state, priority) ORDER BY state, priority, 3

# Groups that stay within a tenant

SELECT tenant_id, state, count(*), string_agg(title, ',' ORDER BY id) FROM tasks GROUP BY tenant_id, state ORDER BY 1, 2

SELECT tenant_id, count(DISTINCT assignee), sum(DISTINCT priority), percentile_cont(0.5) WITHIN GROUP (ORDER BY hours) FROM tasks GROUP BY tenant_id ORDER BY 1

SELECT tenant_id, json_object_agg(id, title ORDER BY id) FROM projects p(tenant_id, id, title) GROUP BY tenant_id ORDER BY 1

SELECT tenant_id FROM tasks GROUP BY tenant_id HAVING bool_or(state = 'done') AND NOT bool_and(hours > 1) ORDER BY 1

SELECT tenant_id, project_id, sum(hours), grouping(project_id) FROM tasks GROUP BY tenant_id, ROLLUP (project_id) ORDER BY 1, 2, 4

SELECT tenant_id, project_id, sum(hours) FROM tasks GROUP BY ROLLUP (tenant_id, project_id) ORDER BY 1, 2, 3

SELECT tenant_id + 0, count(*) FROM tasks GROUP BY tenant_id + 0 ORDER BY 1

SELECT tenant_id % 3, count(*), min(due) FROM tasks GROUP BY tenant_id % 3 ORDER BY 1

SELECT p.tenant_id, p.id, p.name, p.budget, count(k.id) FROM projects p LEFT JOIN tasks k ON k.tenant_id = p.tenant_id AND k.project_id = p.id GROUP BY p.tenant_id, p.id ORDER BY 5 DESC, 1, 2 LIMIT 8

SELECT count(*) FROM (SELECT tenant_id, state FROM tasks GROUP BY tenant_id, state) s

SELECT n, count(*) FROM (SELECT tenant_id, count(*) AS n FROM members GROUP BY tenant_id) s GROUP BY n ORDER BY n

SELECT avg(n), max(n) FROM (SELECT state, count(*) AS n FROM tasks GROUP BY state) s

# Windows

SELECT tenant_id, id, sum(hours) OVER (PARTITION BY tenant_id ORDER BY id) FROM tasks ORDER BY 1, 2

SELECT tenant_id, id, rank() OVER (PARTITION BY tenant_id, state ORDER BY priority DESC NULLS LAST, id) FROM tasks ORDER BY 1, 2

SELECT tenant_id, sum(hours), rank() OVER (ORDER BY sum(hours) DESC) FROM tasks GROUP BY tenant_id ORDER BY 3, 1

SELECT tenant_id, id, lag(due) OVER w, lead(due) OVER w FROM tasks WINDOW w AS (PARTITION BY tenant_id ORDER BY due, id) ORDER BY tenant_id, due, id

SELECT id, count(*) OVER (PARTITION BY state) FROM tasks ORDER BY 2, 1
--order 2

SELECT tenant_id, id, ntile(3) OVER (PARTITION BY tenant_id ORDER BY id), max(hours) OVER (PARTITION BY tenant_id) FROM tasks WHERE hours IS NOT NULL ORDER BY 1, 2

# Sets

SELECT tenant_id FROM tasks UNION SELECT id FROM tenants ORDER BY 1

SELECT tenant_id, id FROM tasks INTERSECT SELECT tenant_id, id FROM projects ORDER BY 1, 2

SELECT id FROM tenants EXCEPT SELECT tenant_id FROM projects ORDER BY 1

SELECT tenant_id, id FROM members EXCEPT ALL SELECT tenant_id, assignee FROM tasks ORDER BY 1, 2

SELECT tenant_id, 'task' AS kind, count(*) FROM tasks GROUP BY tenant_id UNION ALL SELECT tenant_id, 'member', count(*) FROM members GROUP BY tenant_id ORDER BY 1, 2

SELECT role FROM members UNION SELECT plan FROM tenants ORDER BY 1

SELECT budget FROM projects UNION SELECT price FROM plans ORDER BY 1
--any-rows

SELECT count(*) FROM (SELECT budget FROM projects INTERSECT SELECT budget FROM projects WHERE id = 1) s

SELECT priority FROM tasks EXCEPT SELECT id FROM projects ORDER BY 1

SELECT name FROM members INTERSECT SELECT 'Ann' ORDER BY 1

SELECT name, tenant_id FROM members WHERE id = 1 UNION ALL SELECT name, id FROM tenants ORDER BY 2, 1 LIMIT 10 OFFSET 5

(SELECT id FROM tenants ORDER BY id LIMIT 3) UNION ALL (SELECT id FROM tenants ORDER BY id DESC LIMIT 3) ORDER BY 1

SELECT DISTINCT plan, since IS NULL FROM tenants ORDER BY 1, 2

SELECT DISTINCT budget FROM projects ORDER BY 1
--any-rows

SELECT DISTINCT trim_scale(budget) FROM projects ORDER BY 1

SELECT DISTINCT tenant_id, state FROM tasks ORDER BY state, tenant_id

SELECT DISTINCT ON (state) state, tenant_id, id, hours FROM tasks ORDER BY state, hours DESC NULLS LAST, tenant_id, id

SELECT DISTINCT ON (tenant_id) tenant_id, title FROM tasks ORDER BY tenant_id, priority DESC, id

SELECT DISTINCT ON (tenant_id) title FROM tasks ORDER BY tenant_id, priority DESC NULLS LAST, id LIMIT 5

# Names and types of columns

SELECT *, 1 FROM tenants ORDER BY id LIMIT 2

SELECT t.*, k.* FROM tenants t JOIN tasks k ON k.tenant_id = t.id ORDER BY t.id, k.id LIMIT 3

SELECT * FROM tasks k JOIN members m USING (tenant_id) ORDER BY tenant_id, k.id, m.id LIMIT 3

SELECT * FROM projects NATURAL JOIN members ORDER BY tenant_id, id LIMIT 3

SELECT count(*), count(*) AS count, sum(hours) AS "Sum of hours", avg(priority)::float4 FROM tasks

SELECT hours::numeric(8,4), title::varchar(5), state, due + 1, -priority FROM tasks ORDER BY tenant_id, id LIMIT 4

SELECT CASE WHEN priority > 2 THEN 'a' END, coalesce(title, ''), priority IS NULL, (hours) FROM tasks ORDER BY tenant_id, id LIMIT 4

SELECT sum(priority) AS tenant_id, tenant_id AS x FROM tasks GROUP BY tenants.tenant_id
--sqlstate

SELECT k FROM tasks k ORDER BY k.tenant_id, k.id LIMIT 2
--text

SELECT tenant_id, (SELECT k.title), ROW(k.id, k.state) FROM tasks k ORDER BY 1, k.id LIMIT 2
--text

SELECT FROM tasks
