# Analytics over a star: sales by customer, dimensions whole on every shard (worlds/analytics.ts)

SELECT count(*), sum(quantity), sum(quantity * price), avg(price) FROM sales

SELECT d.year, d.quarter, sum(s.quantity * s.price) AS revenue FROM sales s JOIN dates d ON d.id = s.date_id GROUP BY d.year, d.quarter ORDER BY 1, 2

SELECT d.month, p.category, sum(s.quantity * s.price * (1 - coalesce(s.discount, 0))) AS revenue FROM sales s JOIN dates d ON d.id = s.date_id JOIN products p ON p.id = s.product_id GROUP BY 1, 2 ORDER BY 1, 2

SELECT p.name, sum(s.quantity) AS sold FROM sales s JOIN products p ON p.id = s.product_id GROUP BY p.name ORDER BY sold DESC, p.name LIMIT 10

SELECT p.name, coalesce(sum(s.quantity), 0) AS sold FROM products p LEFT JOIN sales s ON s.product_id = p.id GROUP BY p.name ORDER BY sold, p.name LIMIT 10

SELECT st.region, st.city, count(*), avg(s.price) FROM sales s JOIN stores st ON st.id = s.store_id GROUP BY st.region, st.city ORDER BY 1, 2

SELECT st.region, st.city, sum(s.quantity) FROM sales s JOIN stores st ON st.id = s.store_id GROUP BY ROLLUP (st.region, st.city) ORDER BY 1, 2, 3

SELECT p.category, st.region, sum(s.price), grouping(p.category, st.region) FROM sales s JOIN products p ON p.id = s.product_id JOIN stores st ON st.id = s.store_id GROUP BY CUBE (p.category, st.region) ORDER BY 4, 1, 2

SELECT c.segment, count(DISTINCT c.id), count(*), sum(s.price) FROM customers c JOIN sales s ON s.customer_id = c.id GROUP BY c.segment ORDER BY c.segment

SELECT c.country, p.category, sum(s.quantity) FROM sales s JOIN customers c ON c.id = s.customer_id LEFT JOIN products p ON p.id = s.product_id GROUP BY 1, 2 ORDER BY 1, 2

SELECT c.id, c.name, sum(s.quantity * s.price) AS spent FROM customers c JOIN sales s ON s.customer_id = c.id GROUP BY c.id ORDER BY spent DESC, c.id LIMIT 10

SELECT c.id, c.name FROM customers c LEFT JOIN sales s ON s.customer_id = c.id WHERE s.id IS NULL ORDER BY c.id

SELECT c.country, count(*) FROM customers c WHERE NOT EXISTS (SELECT 1 FROM sales s WHERE s.customer_id = c.id) GROUP BY c.country ORDER BY 1

SELECT c.segment, avg(t.spent), max(t.spent), count(*) FROM customers c JOIN (SELECT customer_id, sum(quantity * price) AS spent FROM sales GROUP BY customer_id) t ON t.customer_id = c.id GROUP BY c.segment ORDER BY 1

SELECT pr.kind, count(*), sum(s.price - s.cost) AS margin FROM sales s LEFT JOIN promos pr ON pr.id = s.promo_id GROUP BY pr.kind ORDER BY margin DESC

SELECT pr.id, pr.name, count(s.id) FROM promos pr LEFT JOIN sales s ON s.promo_id = pr.id GROUP BY pr.id, pr.name ORDER BY pr.id

SELECT p.brand, sum(s.quantity) FILTER (WHERE d.quarter = 1) AS q1, sum(s.quantity) FILTER (WHERE d.quarter = 2) AS q2, sum(s.quantity) FILTER (WHERE d.quarter > 2) AS later FROM sales s JOIN products p ON p.id = s.product_id JOIN dates d ON d.id = s.date_id GROUP BY p.brand ORDER BY 1

SELECT d.month, count(DISTINCT s.customer_id), count(DISTINCT s.product_id) FROM sales s JOIN dates d ON d.id = s.date_id GROUP BY d.month ORDER BY d.month

SELECT p.category, sum(s.price) / sum(s.quantity) AS unit, round(avg(s.discount), 4) FROM sales s JOIN products p ON p.id = s.product_id GROUP BY p.category HAVING sum(s.quantity) > 100 ORDER BY unit DESC

SELECT p.category, percentile_cont(0.5) WITHIN GROUP (ORDER BY s.price::float8), mode() WITHIN GROUP (ORDER BY s.quantity) FROM sales s JOIN products p ON p.id = s.product_id GROUP BY p.category ORDER BY 1

SELECT s.id, p.name, st.city FROM sales s JOIN products p ON p.id = s.product_id JOIN stores st ON st.id = s.store_id ORDER BY s.price DESC, s.id LIMIT 12

SELECT s.* FROM sales s JOIN products p ON p.id = s.product_id WHERE p.category = «'toys'» AND s.quantity > «8» ORDER BY s.id LIMIT 10

SELECT * FROM (SELECT c.id, s.price, rank() OVER (PARTITION BY c.id ORDER BY s.price DESC, s.id) AS r FROM customers c JOIN sales s ON s.customer_id = c.id) t WHERE r = 1 ORDER BY price DESC, id LIMIT 10

SELECT p.category, d.month, sum(s.quantity), sum(sum(s.quantity)) OVER (PARTITION BY p.category ORDER BY d.month) FROM sales s JOIN products p ON p.id = s.product_id JOIN dates d ON d.id = s.date_id GROUP BY p.category, d.month ORDER BY 1, 2

SELECT d.day, sum(s.price), avg(sum(s.price)) OVER (ORDER BY d.day ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) FROM sales s JOIN dates d ON d.id = s.date_id GROUP BY d.day ORDER BY d.day LIMIT 20

WITH firsts AS (SELECT customer_id, min(date_id) AS first FROM sales GROUP BY customer_id) SELECT d.month, count(*) FROM firsts f JOIN dates d ON d.id = f.first GROUP BY d.month ORDER BY d.month

WITH totals AS (SELECT p.category, sum(s.price) AS t FROM sales s JOIN products p ON p.id = s.product_id GROUP BY p.category) SELECT category, t, t / sum(t) OVER () FROM totals ORDER BY category

WITH big AS (SELECT customer_id FROM sales GROUP BY customer_id HAVING sum(quantity) > 100) SELECT c.country, count(*) FROM customers c JOIN big ON big.customer_id = c.id GROUP BY c.country ORDER BY 1

SELECT a.product_id, b.product_id, count(*) FROM sales a JOIN sales b ON a.customer_id = b.customer_id AND a.product_id < b.product_id GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 8

SELECT product_id FROM sales WHERE promo_id = 1 INTERSECT SELECT product_id FROM sales WHERE promo_id = 2 ORDER BY 1

SELECT customer_id FROM sales WHERE store_id = 1 EXCEPT SELECT customer_id FROM sales WHERE store_id = 2 ORDER BY 1

SELECT DISTINCT p.brand, st.region FROM sales s JOIN products p ON p.id = s.product_id JOIN stores st ON st.id = s.store_id ORDER BY 1, 2

SELECT DISTINCT ON (st.city) st.city, s.id, s.price FROM sales s JOIN stores st ON st.id = s.store_id ORDER BY st.city, s.price DESC, s.id

SELECT weekday, count(*), stddev(price), var_pop(quantity) FROM sales JOIN dates ON dates.id = date_id GROUP BY weekday ORDER BY weekday

SELECT c.since IS NULL AS unknown, corr(s.price::float8, s.quantity::float8) FROM customers c JOIN sales s ON s.customer_id = c.id GROUP BY 1 ORDER BY 1
--about

SELECT s.store_id, string_agg(DISTINCT p.brand, ',' ORDER BY p.brand) FROM sales s JOIN products p ON p.id = s.product_id GROUP BY s.store_id ORDER BY 1

SELECT st.name, (SELECT count(*) FROM sales s WHERE s.store_id = st.id) FROM stores st ORDER BY st.name

SELECT count(*) FROM sales WHERE price > (SELECT avg(list_price) FROM products)

SELECT count(*) FROM sales s WHERE s.price > (SELECT p.list_price FROM products p WHERE p.id = s.product_id)

SELECT c.id, l.day FROM customers c CROSS JOIN LATERAL (SELECT d.day FROM sales s JOIN dates d ON d.id = s.date_id WHERE s.customer_id = c.id ORDER BY d.day DESC LIMIT 1) l ORDER BY l.day DESC, c.id LIMIT 10
