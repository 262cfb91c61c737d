# HAVING asked of merged groups, and what PostgreSQL is left to ask

SELECT country, count(*) FROM users GROUP BY country HAVING count(*) > «5» ORDER BY country

SELECT country, count(*) FROM users GROUP BY country HAVING count(*) > «NULL» ORDER BY country

SELECT country FROM users GROUP BY country HAVING sum(score) >= «10.50» ORDER BY country

SELECT country, sum(score) FROM users GROUP BY country HAVING «100» < sum(score) ORDER BY 2 DESC, 1 LIMIT «3»

SELECT country FROM users GROUP BY country HAVING avg(age) BETWEEN 20 AND «60.5» ORDER BY 1

SELECT country FROM users GROUP BY country HAVING avg(age) NOT BETWEEN 20 AND 40 ORDER BY 1

SELECT age FROM users GROUP BY age HAVING age IS NULL OR count(*) = 1 ORDER BY age

SELECT age, count(*) FROM users GROUP BY age HAVING NOT (age < «30» AND count(*) > 1) ORDER BY age

SELECT age FROM users GROUP BY age HAVING sum(age) IS NOT NULL AND NOT count(country) <> count(*) ORDER BY 1

SELECT country, age FROM users GROUP BY country, age HAVING country <> «'DE'» AND min(id) <> max(id) ORDER BY 1, 2

SELECT country FROM users GROUP BY country HAVING country >= 'E' AND country < 'it''s' ORDER BY 1

SELECT country FROM users GROUP BY country HAVING max(email) > 'm' ORDER BY 1

SELECT score, count(*) FROM users GROUP BY score HAVING score > «1»
--unordered

SELECT country FROM users GROUP BY country HAVING count(*) FILTER (WHERE active) > «2» ORDER BY 1

SELECT country FROM users GROUP BY country HAVING count(DISTINCT id) > 2 AND count(DISTINCT age) > 2 ORDER BY 1

SELECT count(*), sum(age) FROM users HAVING count(*) > 5

SELECT count(*), sum(age) FROM users HAVING count(*) < 5

SELECT 1 FROM users HAVING sum(age) IS NULL

SELECT sum(age) FROM users WHERE id < 0 HAVING sum(age) IS NULL AND count(*) = «0»

SELECT country FROM users WHERE id < 0 GROUP BY country HAVING count(*) >= 0

SELECT country FROM users GROUP BY country HAVING count(*) > 1.5 ORDER BY 1

SELECT country FROM users GROUP BY country HAVING count(*) > 99999999999999999999

SELECT country FROM users GROUP BY country HAVING count(*) > -99999999999999999999 ORDER BY 1

SELECT country FROM users GROUP BY country HAVING count(*) > '3' AND count(*) <= 9223372036854775807 ORDER BY 1

SELECT country FROM users GROUP BY country HAVING count(*) > 'three'
--sqlstate

SELECT country FROM users GROUP BY country HAVING sum(balance) > 0 ORDER BY 1

SELECT country FROM users WHERE age > «20» GROUP BY country HAVING count(*) > «1» ORDER BY max(score) DESC NULLS LAST, country FETCH FIRST 2 ROWS WITH TIES

SELECT 100 / age FROM users GROUP BY age HAVING age > 0 AND count(*) > 1 ORDER BY 1

SELECT name FROM users GROUP BY name HAVING name > 'K' AND count(*) > 0 ORDER BY name COLLATE "C"

SELECT i.id, i.name, sum(o.quantity) FROM orders o JOIN items i ON i.id = o.item_id GROUP BY i.id HAVING sum(o.quantity) > 3 AND i.price > 1 ORDER BY i.id

SELECT item_id, count(*), avg(amount) FROM orders GROUP BY item_id HAVING avg(amount) > «12.5» AND count(*) >= 2 ORDER BY item_id OFFSET 1
