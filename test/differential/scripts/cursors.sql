# Cursors over rows of many shards: every row once, in one order, however many are asked for

BEGIN

DECLARE c CURSOR FOR SELECT id, email FROM users ORDER BY id

FETCH 10 FROM c
--order 1

FETCH NEXT FROM c
--order 1

MOVE 20 FROM c

FETCH FORWARD 3 FROM c
--order 1

FETCH 0 FROM c
--order 1

FETCH ALL FROM c
--order 1

FETCH 5 FROM c
--order 1

CLOSE c

COMMIT

# Backwards, absolute and relative

BEGIN

DECLARE s SCROLL CURSOR FOR SELECT id FROM users ORDER BY age NULLS FIRST, id

FETCH LAST FROM s
--order 1

FETCH PRIOR FROM s
--order 1

FETCH ABSOLUTE 7 FROM s
--order 1

FETCH RELATIVE -2 FROM s
--order 1

FETCH BACKWARD 3 FROM s
--order 1

MOVE FIRST FROM s

FETCH FIRST FROM s
--order 1

MOVE BACKWARD ALL FROM s

FETCH FORWARD ALL FROM s
--order 1

COMMIT

# Groups, a limit, an order that is not selected

BEGIN

DECLARE g CURSOR FOR SELECT country, count(*), avg(age) FROM users GROUP BY country ORDER BY country

DECLARE l CURSOR FOR SELECT email FROM users ORDER BY score DESC NULLS LAST, id LIMIT 12 OFFSET 3

FETCH 2 FROM g
--order 1

FETCH 5 FROM l
--order 1

FETCH 2 FROM g
--order 1

MOVE 3 FROM l

FETCH 100 FROM l
--order 1

FETCH ALL IN g
--order 1

CLOSE ALL

FETCH 1 FROM g
--order 1

ROLLBACK

# A cursor without an order gives each row once

BEGIN

DECLARE u NO SCROLL CURSOR FOR SELECT id FROM users

MOVE 119 FROM u

FETCH ALL FROM u
--any-rows

FETCH ALL FROM u

COMMIT

# It keeps what it saw

BEGIN

DECLARE k CURSOR FOR SELECT id, age FROM users WHERE id < 20 ORDER BY id

FETCH 3 FROM k
--order 1

UPDATE users SET age = 1 WHERE id BETWEEN 0 AND 15

FETCH 5 FROM k
--order 1

DELETE FROM users WHERE id = 15 AND false

FETCH ALL FROM k
--order 1

ROLLBACK

# Beyond the transaction

BEGIN

DECLARE h CURSOR WITH HOLD FOR SELECT id FROM users ORDER BY id DESC

FETCH 2 FROM h
--order 1

COMMIT

FETCH 2 FROM h
--order 1

CLOSE h

# On one shard

BEGIN

DECLARE o CURSOR FOR SELECT id FROM orders WHERE user_id = 12 ORDER BY id

FETCH 1 FROM o
--order 1

MOVE 1 FROM o

FETCH ALL FROM o
--order 1

COMMIT

# What is wrong with one

DECLARE n CURSOR FOR SELECT id FROM users

FETCH 1 FROM nothing

CLOSE nothing

BEGIN

DECLARE d CURSOR FOR SELECT id FROM users ORDER BY id

FETCH 1 FROM d
--order 1

DECLARE d CURSOR FOR SELECT 1

ROLLBACK

BEGIN

DECLARE e CURSOR FOR SELECT 10 / (id - 40) FROM users WHERE id > -100 ORDER BY id

FETCH ALL FROM e
--order 1

ROLLBACK

BEGIN

SAVEPOINT a

DECLARE f CURSOR FOR SELECT id FROM users ORDER BY id

FETCH 2 FROM f
--order 1

ROLLBACK TO a

FETCH 2 FROM f
--order 1

ROLLBACK

BEGIN

DECLARE n NO SCROLL CURSOR FOR SELECT id, rank() OVER (ORDER BY id) FROM users ORDER BY id

FETCH BACKWARD 1 FROM n
--sqlstate

ROLLBACK

# Locks and what the standard forbids with them.

BEGIN

DECLARE c SCROLL CURSOR FOR SELECT id FROM users WHERE id = 3 FOR UPDATE
--refused 2 3 4

ROLLBACK

BEGIN

DECLARE c INSENSITIVE CURSOR FOR SELECT id FROM users FOR UPDATE
--refused 2 3 4

ROLLBACK
