// Broken configurations, kept as files for `pgpack configcheck`: each ends with the lines that the
// check prints of it (run from the repository's root). REWRITE=1 rewrites them.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { checkConfig } from '../../src/config/check.ts';
import { mappedKeyTypes } from '../../src/sharding/data-types.ts';

const folder = 'test/config/broken';

for (const file of tomlFiles(folder, 'users.toml')) {
  test(`configcheck says all that is wrong with ${file}`, () => {
    compare(file, file, `${folder}/users.toml`);
  });
}

for (const file of tomlFiles(`${folder}/users`, 'pgdog.toml')) {
  test(`configcheck says all that is wrong with ${file}`, () => {
    compare(file, `${folder}/users/pgdog.toml`, file);
  });
}

test('there are at least ten broken configurations', () => {
  assert.ok(tomlFiles(folder, 'users.toml').length >= 10);
});

function tomlFiles(inFolder: string, valid: string): string[] {
  return readdirSync(inFolder)
    .filter(name => name.endsWith('.toml') && name !== valid)
    .map(name => `${inFolder}/${name}`);
}

function compare(file: string, configPath: string, usersPath: string): void {
  const input = { configPath, usersPath, databaseUrls: [], env: {}, keyTypes: mappedKeyTypes };
  const { ok, lines } = checkConfig(input);
  const [source = ''] = readFileSync(file, 'utf8').split('\n# prints:\n');
  const text = `${source}\n# prints:\n${lines.map(line => `#> ${line}\n`).join('')}`;
  if (process.env['REWRITE'] === '1') writeFileSync(file, text);
  assert.equal(readFileSync(file, 'utf8'), text);
  assert.equal(ok, false);
}
