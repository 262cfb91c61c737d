SELECT * FROM users WHERE id = «5»

SELECT count(*) FROM users

SELECT id, email FROM users ORDER BY id
