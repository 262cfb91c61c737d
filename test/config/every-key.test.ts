// None is silently ignored: every key of every section, set to something that is not its default,
// either works, or gives a warning, or an error.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stringify } from 'smol-toml';
import type { Key, Status } from '../../src/config/key.ts';
import { allSections, headerOf, type Section } from '../../src/config/sections.ts';
import { oneDatabase, oneUser, problemsOf } from './write-config.ts';

/** Values of required keys, so that only the key under test is remarkable. */
const base: Readonly<Record<string, Record<string, unknown>>> = {
  databases: { name: 'other', host: 'h' },
  users: { name: 'bob', database: 'shop', password: 'x' },
  sharded_tables: { database: 'shop', name: 't', column: 'c' },
  omnisharded_tables: { database: 'shop', tables: ['o'] },
  sharded_schemas: { database: 'shop' },
  sharded_mappings: { database: 'shop', column: 'c', kind: 'default', shard: 0 },
  multi_tenant: { column: 'tenant' },
  query_parsers: { database: 'shop' },
  mirroring: { source_db: 'a', destination_db: 'b' },
  plugins: { name: 'p' },
};

for (const section of allSections) {
  if (section.name.includes('.')) continue;
  test(`every key of ${headerOf(section)} works or says that it does not`, () => {
    for (const key of Object.values(section.keys)) {
      for (const [value, status] of samples(key)) check(section, key, value, status);
    }
  });
}

/** Values that are not the default, and the status of each where its section works. */
function samples(key: Key<unknown>): readonly (readonly [unknown, Status])[] {
  const words = Object.entries(key.valueStatus);
  if (words.length > 0) {
    return words.map(([word, status]) => [word, key.status === 'works' ? status : key.status]);
  }
  const candidates = [
    !(key.default ?? false),
    0.5,
    3,
    5000,
    100_000,
    'info',
    'bigint',
    '0770',
    [['x']],
    ['x'],
    ['bigint'],
    [[1]],
    { x: 'y' },
  ];
  const value = candidates.find(candidate => key.type.parse(candidate as never).ok);
  assert.notEqual(value, undefined, key.name);
  return [[value, key.status]];
}

function check(section: Section, key: Key<unknown>, value: unknown, status: Status): void {
  const entry = { ...base[section.name], [key.name]: value };
  const text = stringify({ [section.name]: section.form === 'array' ? [entry] : entry });
  const isUsers = section.file === 'users.toml';
  const { errors, warnings } = problemsOf(
    isUsers ? oneDatabase : `${oneDatabase}${text}`,
    isUsers ? `${oneUser}${text}` : oneUser,
  );
  const label = `${section.name}.${key.name} = ${JSON.stringify(value)}`;
  const place = section.status === 'works' ? `.${key.name}: ` : `${section.name}`;
  const said = (lines: readonly string[], what: string) =>
    lines.some(line => line.includes(place) && line.includes(what));
  const effective = section.status === 'works' ? status : section.status;
  assert.equal(said(warnings, 'has no effect yet'), effective === 'later', label);
  assert.equal(said(errors, 'is not supported yet'), effective === 'refused', label);
  assert.ok(!errors.some(line => /unknown key|expected/.test(line)), `${label}: ${errors}`);
}
