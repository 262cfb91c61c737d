// docs/configuration.md and docs/errors.md are generated: they must be what the code says now.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { configurationPage, errorsPage } from '../../docs/generate.ts';
import { allSections } from '../../src/config/sections.ts';

test('docs/configuration.md is what `npm run docs` makes of the tables of keys', () => {
  assert.equal(readFileSync('docs/configuration.md', 'utf8'), configurationPage());
});

test('docs/errors.md is what `npm run docs` makes of the error catalogue', () => {
  assert.equal(readFileSync('docs/errors.md', 'utf8'), errorsPage());
});

test('docs/configuration.md has a row for every key of every section', () => {
  const page = configurationPage();
  for (const section of allSections) {
    const header = section.form === 'array' ? `[[${section.name}]]` : `[${section.name}]`;
    const [, part = ''] = page.split(`### ${header}\n`);
    const [text = ''] = part.split(/\n###? /);
    for (const key of Object.values(section.keys)) {
      assert.ok(text.includes(`| \`${key.name}\``), `${section.name}.${key.name}`);
    }
  }
});
