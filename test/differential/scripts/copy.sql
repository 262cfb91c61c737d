COPY users (id, email) FROM STDIN (DELIMITER *, NULL 0)
--stdin
1058*a	b

COPY users (id, email) FROM STDIN
--stdin
1001	one
1002	two
1003	three
1004	four

SELECT id, email FROM users WHERE id BETWEEN 1001 AND 1099 ORDER BY id

COPY users (email, age, id) FROM STDIN
--stdin-open
a	\N	1010
b	5	1011
back\\slash\ttab	6	1012

COPY users (id, email) FROM STDIN (FORMAT csv)
--stdin
1020,plain
1021,"quoted, ""q"""
1022,"two
lines"
"1023",x

COPY users (id, email, name) FROM STDIN (FORMAT csv, HEADER)
--stdin
id,email,name
1030,,x

COPY users (id, email, name) FROM STDIN (FORMAT csv, HEADER)
--stdin
id,email,name
1031,x,
1032,"",""

COPY users (id, email, name) FROM STDIN WITH (FORMAT csv, HEADER false)
--stdin-open
1033,x,y
1034,x,z

COPY users (id, email, name) FROM STDIN WITH (FORMAT csv, HEADER match)
--stdin
id,email,name
1035,x,y

COPY users (id, email, name) FROM STDIN WITH (FORMAT csv, HEADER match)
--stdin
id,mail,name
1036,x,y

COPY users (id, email, name) FROM STDIN WITH (FORMAT csv, DELIMITER ';', QUOTE '''', ESCAPE '\', NULL 'nil')
--stdin
1040;'it\'s';nil
1041;x;'nil'
'1042';a,b;y

COPY users (id, email, name) FROM STDIN WITH (FORMAT csv, FORCE_NOT_NULL (email), FORCE_NULL (name))
--stdin
1043,,""

COPY users (id, email, name) FROM STDIN WITH (DELIMITER '|', NULL '')
--stdin
1050|a\|b|
1051|x|y

COPY users (id, email) FROM STDIN CSV
--stdin
1052,old

COPY users (id, email) FROM STDIN WITH CSV HEADER DELIMITER AS '|'
--stdin
id|email
1053|old

COPY users (id, email) FROM STDIN
--stdin
1060	x
\.

COPY users (id, email) FROM STDIN
--stdin

COPY users (id, email) FROM STDIN
--stdin
1070	x
5	taken
1071	y

COPY users (id, email) FROM STDIN
--stdin
1072	x
abc	y

COPY users (id, email) FROM STDIN
--stdin
1073	x
1074

COPY users (id, email) FROM STDIN
--stdin
1075	x	extra

COPY users (id, email) FROM STDIN
--sqlstate
--stdin
\N	x

COPY users (id, email) FROM STDIN
--stdin
1076	\N

COPY users (id, email, age) FROM STDIN
--stdin
1077	x	-1

COPY users (email) FROM STDIN
--refused 2 3 4
--stdin
nokey

COPY users (id, nothing) FROM STDIN
--stdin
1	2

COPY nothing FROM STDIN
--stdin
1	2

COPY users (id, email) FROM STDIN (FORMAT nope)
--refused 2 3 4
--stdin
1	2

COPY users (id, email) FROM STDIN (FORMAT csv, DELIMITER 'ab')
--refused 2 3 4
--stdin
1	2

SELECT count(*), min(id), max(id) FROM users WHERE id > 1000 AND id < 5000

SELECT id, email, name FROM users WHERE id BETWEEN 1000 AND 5000 ORDER BY id

COPY codes (code, label) FROM STDIN
--stdin
te\tst	tab
back\\slash	x
\x41BC	hex
\101	octal
n1\N	x
é	accent

COPY codes (code, label) FROM STDIN (FORMAT csv)
--stdin
"",empty quoted
" x ",spaces
 y ,unquoted spaces
"a""b",quote
"multi
line",x
\\,backslashes

SELECT code, label FROM codes ORDER BY code COLLATE "C"

SELECT label FROM codes WHERE code = E'te\tst'

SELECT label FROM codes WHERE code = 'ABC'

SELECT label FROM codes WHERE code = ' y '

COPY docs (id, title) FROM STDIN
--stdin
AAAAAAAA-0000-4000-8000-000000000001	a
{bbbbbbbb-0000-4000-8000-000000000001}	b
cccccccc00004000800000000000000c	c

COPY docs FROM STDIN (FORMAT csv, NULL '\N')
--stdin
dddddddd-0000-4000-8000-00000000000d,t,\N,\N

COPY small FROM STDIN
--stdin
 700 	x
+701	y
0x2be	hex
7_03	underscore

COPY tiny (label, k) FROM STDIN
--stdin
a	700
b	-700
c	99999

COPY items FROM STDIN
--stdin
100	omni	1.5	toy
101	omni two	\N	\N

COPY items FROM STDIN (FORMAT csv, HEADER)
--stdin
a,b,c,d
102,"x",,

COPY items FROM STDIN
--stdin
1	taken	1	x

SELECT * FROM items WHERE id >= 100 ORDER BY id

COPY tiny FROM STDIN (FORMAT binary)
--stdin-hex
5047434f50590aff0d0a00 00000000 00000000
0002 00000002 0111 00000001 61
0002 00000002 feef ffffffff
0002 00000002 7fff 00000001 62
ffff

COPY empty (id, x) FROM STDIN (FORMAT binary)
--stdin-hex
5047434f50590aff0d0a00 00000000 00000000
0002 00000008 0000000000000111 00000004 00000001
0002 00000008 ffffffffffffff11 ffffffff
ffff

COPY empty (id, x) FROM STDIN (FORMAT binary)
--stdin-hex
5047434f50590aff0d0a00 00000000 00000000

COPY empty (id, x) FROM STDIN (FORMAT binary)
--stdin-hex
5047434f50590aff0d0a00 00000000 00000000
0002 00000004 00000111 00000004 00000001
ffff

SELECT * FROM empty ORDER BY id
