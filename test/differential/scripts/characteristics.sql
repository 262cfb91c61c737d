# Defaults of later transactions

SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY

UPDATE users SET age = 1 WHERE id = 1

UPDATE users SET age = 1

SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE

SHOW transaction_read_only

UPDATE users SET age = 2 WHERE id = 1

SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE

SHOW transaction_isolation

SHOW default_transaction_isolation

SELECT count(*) FROM users

RESET ALL

SHOW default_transaction_isolation

SELECT count(*) FROM users

SET TimeZone = 'UTC'
