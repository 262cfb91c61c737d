// Triggers, rules and cascades that are refused on several shards, and the SQL that makes and undoes
// them.

export function on(
  table: string,
  when: string,
  body: string,
  more = 'FOR EACH ROW',
  declare = '',
): string {
  const name = `${table}_${(triggers++).toString().padStart(2, '0')}`;
  return `CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS $f$
      ${declare} BEGIN ${body} END $f$;
    CREATE TRIGGER ${name} ${when} ON ${table} ${more} EXECUTE FUNCTION ${name}();`;
}
let triggers = 0;

export function undoing(setup: string): string {
  const made = [...setup.matchAll(/CREATE FUNCTION (\w+)/g)].map(
    ([, name]) => `DROP FUNCTION ${name} CASCADE;`,
  );
  const rules = [...setup.matchAll(/CREATE RULE (\w+) AS ON \w+ TO (\w+)/g)].map(
    ([, name, table]) => `DROP RULE ${name} ON ${table};`,
  );
  const added = setup.includes('ADD COLUMN o') ? ['ALTER TABLE unlisted DROP COLUMN o;'] : [];
  return [...made, ...rules, ...added].join(' ');
}

export interface Refused {
  readonly setup: string;
  readonly sql: string | readonly string[];
  readonly message: RegExp;
}

export const refused: Readonly<Record<string, Refused>> = {
  'now() on copies': {
    setup: on('unlisted', 'BEFORE INSERT', 'NEW.v := now(); RETURN NEW;'),
    sql: ["INSERT INTO unlisted VALUES (1, 'x')", 'COPY unlisted FROM STDIN'],
    message: /trigger "unlisted_\d+" of "unlisted", which has function now\(\) in it,/,
  },
  'a function that varies behind a function, on copies': {
    setup: `CREATE FUNCTION chance() RETURNS text LANGUAGE sql AS 'SELECT gen_random_uuid()::text';
      ${on('unlisted', 'BEFORE INSERT', 'NEW.v := chance(); RETURN NEW;')}`,
    sql: "INSERT INTO unlisted VALUES (1, 'x')",
    message: /which calls chance\(\), which has function gen_random_uuid\(\) in it/,
  },
  'a word for the time, in WHEN, on copies': {
    setup: on(
      'unlisted',
      'BEFORE UPDATE',
      'RETURN NULL;',
      "FOR EACH ROW WHEN (CURRENT_DATE > '2020-01-01'::date)",
    ),
    sql: "UPDATE unlisted SET v = 'x'",
    message: /CURRENT_DATE/,
  },
  'a default of what it writes, on copies': {
    setup: on('unlisted', 'AFTER INSERT', "INSERT INTO timed_log VALUES ('x'); RETURN NULL;"),
    sql: "INSERT INTO unlisted VALUES (1, 'x')",
    message: /unlisted_\d+/,
  },
  'the last of several rows, on copies': {
    setup: on(
      'unlisted',
      'AFTER UPDATE',
      "UPDATE countries SET title = NEW.v WHERE code = 'at'; RETURN NULL;",
    ),
    sql: "UPDATE unlisted SET v = 'x'",
    message: /"countries" in several ways/,
  },
  'sharded rows, on copies': {
    setup: on('unlisted', 'AFTER INSERT', 'UPDATE others SET n = NEW.id; RETURN NULL;'),
    sql: "INSERT INTO unlisted VALUES (1, 'x')",
    message: /which uses "others"|which (has|writes)/,
  },
  'a copy, on a sharded table': {
    setup: on(
      'others',
      'AFTER INSERT OR UPDATE',
      "INSERT INTO log VALUES ('x', 'y'); RETURN NULL;",
    ),
    sql: ["INSERT INTO others VALUES (1, 'a', 1)", 'UPDATE others SET n = 1 WHERE id = 1'],
    message: /of "others", which writes omnisharded table "log",/,
  },
  'a table in no configuration, on a sharded table': {
    setup: on('others', 'AFTER INSERT', "INSERT INTO unlisted VALUES (1, 'y'); RETURN NULL;"),
    sql: "INSERT INTO others VALUES (1, 'a', 1)",
    message: /which writes omnisharded table "unlisted",/,
  },
  'rows of another key': {
    setup: on(
      'others',
      'AFTER INSERT',
      'UPDATE users SET orders = 1 WHERE id = NEW.n; RETURN NULL;',
    ),
    sql: ["INSERT INTO others VALUES (1, 'a', 1)", 'COPY others FROM STDIN'],
    message: /which uses "users" beyond the row's own sharding key,/,
  },
  'all rows': {
    setup: on(
      'others',
      'BEFORE INSERT',
      'IF EXISTS (SELECT FROM others WHERE email = NEW.email) THEN RETURN NULL; END IF; RETURN NEW;',
    ),
    sql: "INSERT INTO others VALUES (1, 'a', 1)",
    message: /which uses "others" beyond/,
  },
  EXECUTE: {
    setup: on('others', 'AFTER INSERT', "EXECUTE 'SELECT 1'; RETURN NULL;"),
    sql: "INSERT INTO others VALUES (1, 'a', 1)",
    message: /which runs EXECUTE,/,
  },
  'a key that it sets': {
    setup: on('others', 'BEFORE INSERT OR UPDATE', 'NEW.id := abs(NEW.id); RETURN NEW;'),
    sql: ["INSERT INTO others VALUES (1, 'a', 1)", 'UPDATE others SET n = 1'],
    message: /which may change sharding key "id",/,
  },
  'a row in place of the row': {
    setup: on(
      'others',
      'BEFORE INSERT',
      'NEW := jsonb_populate_record(NEW, to_jsonb(OLD)); RETURN NEW;',
    ),
    sql: "INSERT INTO others VALUES (1, 'a', 1)",
    message: /which may change sharding key "id",/,
  },
  'a copy of the row with another key': {
    setup: on(
      'others',
      'BEFORE UPDATE',
      'r := NEW; r.id = 5; RETURN r;',
      'FOR EACH ROW',
      'DECLARE r others;',
    ),
    sql: 'UPDATE others SET n = 1 WHERE id = 1',
    message: /which may change sharding key "id",/,
  },
  'what goes beyond the transition table': {
    setup: on(
      'others',
      'AFTER UPDATE',
      'UPDATE users SET note = 1 WHERE id NOT IN (SELECT id FROM fresh); RETURN NULL;',
      'REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT',
    ),
    sql: 'UPDATE others SET n = 1',
    message: /which uses "users" beyond/,
  },
  'all rows, beside a transition table': {
    setup: on(
      'others',
      'AFTER UPDATE',
      'UPDATE users SET note = 1; RETURN NULL;',
      'REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT',
    ),
    sql: 'UPDATE others SET n = 1',
    message: /which uses "users" beyond/,
  },
  'a variable that holds the key at first': {
    setup: on(
      'others',
      'AFTER INSERT',
      `FOR i IN 1..2 LOOP UPDATE users SET note = 'x' WHERE id = v; v := i; END LOOP; RETURN NULL;`,
      'FOR EACH ROW',
      'DECLARE v bigint := NEW.id;',
    ),
    sql: "INSERT INTO others VALUES (1, 'a', 1)",
    message: /which uses "users" beyond/,
  },
  'a column of the name that a variable has elsewhere': {
    setup: on(
      'others',
      'AFTER INSERT',
      `DECLARE orders bigint := NEW.id; BEGIN NULL; END;
       UPDATE users SET note = 'x' WHERE orders = id; RETURN NULL;`,
    ),
    sql: "INSERT INTO others VALUES (1, 'a', 1)",
    message: /which uses "users" beyond/,
  },
  'a variable that holds the key on one way only': {
    setup: on(
      'others',
      'AFTER INSERT',
      `IF NEW.n > 1 THEN v := NEW.id; END IF;
       INSERT INTO audit (user_id) VALUES (v); RETURN NULL;`,
      'FOR EACH ROW',
      'DECLARE v bigint;',
    ),
    sql: "INSERT INTO others VALUES (1, 'a', 1)",
    message: /which inserts into "audit" without the row's own sharding key/,
  },
  'a function that reads rows, in what it notifies': {
    setup: `CREATE FUNCTION told_of() RETURNS text LANGUAGE sql AS 'SELECT count(*)::text FROM users';
      ${on('others', 'AFTER INSERT', "PERFORM pg_notify('a', told_of()); RETURN NULL;")}`,
    sql: "INSERT INTO others VALUES (1, 'a', 1)",
    message: /which calls told_of\(\), which uses "users" beyond/,
  },
  'errors that it catches, on copies': {
    setup: on(
      'unlisted',
      'AFTER INSERT',
      `BEGIN INSERT INTO countries (code) VALUES (NEW.v);
       EXCEPTION WHEN unique_violation THEN NULL; END; RETURN NULL;`,
    ),
    sql: "INSERT INTO unlisted VALUES (1, 'x')",
    message: /which catches errors of what it writes,/,
  },
  'how far a count has come, on copies': {
    setup: on('countries', 'AFTER UPDATE', 'INSERT INTO log SELECT to_jsonb(NEW); RETURN NULL;'),
    sql: "INSERT INTO cities VALUES (9, 'at', 'x')",
    message: /"countries" in several ways/,
  },
  'NEW with another key, once the row is stored': {
    setup: on(
      'others',
      'AFTER UPDATE',
      'NEW.id := 7; UPDATE users SET orders = 1 WHERE id = NEW.id; RETURN NULL;',
    ),
    sql: 'UPDATE others SET n = 1 WHERE id = 1',
    message: /which uses "users" beyond/,
  },
  'OLD with another key': {
    setup: on(
      'others',
      'AFTER UPDATE',
      'SELECT 7 INTO OLD.id; DELETE FROM audit WHERE user_id = coalesce(NEW.id, OLD.id); RETURN NULL;',
    ),
    sql: 'UPDATE others SET n = 1 WHERE id = 1',
    message: /which uses "audit" beyond/,
  },
  'a sequence for a column': {
    setup: on('others', 'BEFORE INSERT', "NEW.n := nextval('serial_audit_id_seq'); RETURN NEW;"),
    sql: "INSERT INTO others VALUES (1, 'a', 1)",
    message: /which uses a sequence, of which every shard has its own,/,
  },
  'a trigger of the same function on itself that is refused further on': {
    setup: `${on(
      'others',
      'AFTER UPDATE',
      `IF NEW.n > 0 THEN UPDATE others SET n = n - 1 WHERE id = NEW.id; END IF;
       UPDATE stated SET what = 'x' WHERE id = NEW.id; RETURN NULL;`,
    )} ${on('stated', 'AFTER UPDATE', 'DELETE FROM log WHERE what = NEW.what; RETURN NULL;')}`,
    sql: 'UPDATE others SET n = 1',
    message: /which fires trigger "stated_\d+" of "stated", which writes omnisharded table "log"/,
  },
  'a sequence': {
    setup: on(
      'others',
      'AFTER INSERT',
      'INSERT INTO serial_audit (user_id) VALUES (NEW.id); RETURN NULL;',
    ),
    sql: "INSERT INTO others VALUES (1, 'a', 1)",
    message: /sequence of column "id", of which every shard has its own,/,
  },
  'OLD of an INSERT': {
    setup: on(
      'others',
      'AFTER INSERT',
      'INSERT INTO audit (user_id) VALUES (OLD.id); RETURN NULL;',
    ),
    sql: "INSERT INTO others VALUES (1, 'a', 1)",
    message: /which uses "audit" beyond/,
  },
  'what fires a trigger that is refused': {
    setup: `${on('others', 'AFTER INSERT', 'INSERT INTO serial_audit VALUES (1, NEW.id); RETURN NULL;')}
      ${on('serial_audit', 'AFTER INSERT', "INSERT INTO log VALUES ('x'); RETURN NULL;")}`,
    sql: "INSERT INTO others VALUES (1, 'a', 1)",
    message: /of "others", which fires trigger "serial_audit_\d+" of "serial_audit", which writes/,
  },
  'a partition': {
    setup: on('parted_2', 'AFTER INSERT', "INSERT INTO log VALUES ('x'); RETURN NULL;"),
    sql: ["INSERT INTO parted VALUES (1, 1, 'a')", "INSERT INTO parted_2 VALUES (1, 2, 'a')"],
    message: /of "parted_2", which writes omnisharded table "log",/,
  },
  'a cascade': {
    setup: on('orders', 'AFTER DELETE', "INSERT INTO log VALUES ('x'); RETURN NULL;"),
    sql: 'DELETE FROM users WHERE id = 4',
    message: /of "orders", which writes omnisharded table "log",/,
  },
  'a cascade to copies': {
    setup: `ALTER TABLE unlisted ADD COLUMN o bigint;
      ALTER TABLE unlisted ADD CONSTRAINT to_others
        FOREIGN KEY (o) REFERENCES others ON DELETE SET NULL`,
    sql: 'DELETE FROM others WHERE id = 4',
    message: /foreign key "to_others" of "unlisted", which changes an omnisharded table,/,
  },
  'rows that it locks of a copy': {
    setup: on(
      'others',
      'AFTER INSERT',
      'PERFORM FROM countries WHERE code = NEW.email FOR UPDATE; RETURN NULL;',
    ),
    sql: "INSERT INTO others VALUES (1, 'a', 1)",
    message: /which (locks rows, of "countries"|has .*locking)/,
  },
  'what a table is on this shard, on copies': {
    setup: on('unlisted', 'BEFORE INSERT', 'NEW.v := NEW.tableoid; RETURN NEW;'),
    sql: "INSERT INTO unlisted VALUES (1, 'x')",
    message: /which has system column tableoid in it,/,
  },
  'a rule': {
    setup: "CREATE RULE r AS ON INSERT TO others DO ALSO INSERT INTO log VALUES (new.email, 'x');",
    sql: "INSERT INTO others VALUES (1, 'a', 1)",
    message: /rule "r" of "others", which writes omnisharded table "log",/,
  },
  'a rule with the time, on copies': {
    setup: 'CREATE RULE r AS ON UPDATE TO unlisted DO ALSO INSERT INTO log VALUES (now()::text);',
    sql: "UPDATE unlisted SET v = 'x'",
    message: /rule "r" of "unlisted"/,
  },
  TRUNCATE: {
    setup: on('others', 'AFTER TRUNCATE', "INSERT INTO log VALUES ('x'); RETURN NULL;", ''),
    sql: 'TRUNCATE others',
    message: /trigger "others_\d+" of "others"/,
  },
};
