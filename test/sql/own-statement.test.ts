// PgCat's commands, as its expressions read them, and what is none of them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pgcatStatement } from '../../src/sql/own-statement.ts';

const set = (name: string, value: string | null) => ({
  kind: 'set-own',
  name,
  value,
  local: false,
});
const show = (name: string) => ({ kind: 'show-own', name });

const commands: readonly (readonly [sql: string, tag: string, effect: unknown])[] = [
  ["SET SHARD TO '1'", 'SET SHARD', set('pgdog.shard', '1')],
  ['set shard to 2;', 'SET SHARD', set('pgdog.shard', '2')],
  ["SET SHARD TO 'ANY'", 'SET SHARD', set('pgdog.shard', 'any')],
  ['  SET  SHARDING KEY TO 1234 ; ', 'SET SHARDING KEY', set('pgdog.sharding_key', '1234')],
  ["SET SHARDING KEY TO 'a b'", 'SET SHARDING KEY', set('pgdog.sharding_key', 'a b')],
  ['SHOW SHARD;', 'SELECT 1', show('shard')],
  ["SET SERVER ROLE TO 'primary'", 'SET SERVER ROLE', set('pgdog.role', 'primary')],
  ["SET SERVER ROLE TO 'DEFAULT'", 'SET SERVER ROLE', set('pgdog.role', null)],
  ['SHOW SERVER ROLE', 'SELECT 1', show('server role')],
  ["SET PRIMARY READS TO 'off'", 'SET PRIMARY READS', set('primary_reads', 'off')],
  ['SET PRIMARY READS TO default', 'SET PRIMARY READS', set('primary_reads', null)],
  ['SHOW PRIMARY READS', 'SELECT 1', show('primary_reads')],
];

for (const [sql, tag, effect] of commands) {
  test(`${sql} is a command of PgPack's own`, () => {
    assert.deepEqual(pgcatStatement(sql), { tag, effect });
  });
}

const others = [
  'SET SERVER ROLE TO primary',
  'SHOW SHARDS',
  'SHOW work_mem',
  "SELECT 'SHOW SHARD'",
  "SET SHARDING KEY TO 'it''s'",
  'SET search_path TO shard',
];

for (const sql of others) {
  test(`${sql} is none`, () => {
    assert.equal(pgcatStatement(sql), null);
  });
}
