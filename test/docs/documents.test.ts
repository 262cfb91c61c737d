// The documents that people read first: their sizes, that what they name is there, and that what is
// generated in them is current.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { supportPage, withSupportTable } from '../../docs/support-page.ts';
import { projectFiles, projectRoot, readProjectFile } from '../support/source-tree.ts';

const documents = projectFiles(['*.md', 'docs/*.md']);

const linesMax: Readonly<Record<string, number>> = { 'README.md': 200, 'ARCHITECTURE.md': 400 };

for (const [path, max] of Object.entries(linesMax)) {
  test(`${path} has at most ${max} lines`, () => {
    const lines = readProjectFile(path).trimEnd().split('\n').length;
    assert.ok(lines <= max, `${path} has ${lines} lines`);
  });
}

test('README, ARCHITECTURE, CONTRIBUTING, CHANGELOG and the pages of docs are there', () => {
  const expected = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md'].concat(
    ['configuration', 'errors', 'operations', 'support'].map(name => `docs/${name}.md`),
  );
  assert.deepEqual(
    expected.filter(path => !documents.includes(path)),
    [],
  );
});

test('every link of a document leads to a file that exists', () => {
  const dead = documents.flatMap(path =>
    [...readProjectFile(path).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
      .map(([, target = '']) => target)
      .filter(target => !/^[a-z]+:/.test(target))
      .filter(target => !existsSync(join(projectRoot, dirname(path), target)))
      .map(target => `${path}: ${target}`),
  );
  assert.deepEqual(dead, []);
});

/** Files that a configuration or the reader has, not the project. */
const examples = ['test/planner/x.test.ts'];

test('every file that a document names in code exists, at the root or under src', () => {
  const missing = documents.flatMap(path =>
    [...readProjectFile(path).matchAll(/`([\w./-]+\.(?:ts|js|json|toml|yml|md|test))`/g)]
      .map(([, name = '']) => name)
      .filter(name => name.includes('/') && !examples.includes(name))
      .filter(name => !['', 'src'].some(at => existsSync(join(projectRoot, at, name))))
      .map(name => `${path}: ${name}`),
  );
  assert.deepEqual(missing, []);
});

test('every npm script that a document names is one of package.json', () => {
  const { scripts } = JSON.parse(readProjectFile('package.json')) as {
    scripts: Record<string, string>;
  };
  const unknown = documents.flatMap(path =>
    [...readProjectFile(path).matchAll(/\bnpm (?:run (\w+)|(test|start)\b)/g)]
      .map(([, script, short]) => script ?? short!)
      .filter(script => !(script in scripts))
      .map(script => `${path}: ${script}`),
  );
  assert.deepEqual(unknown, []);
});

test('ARCHITECTURE.md has a row for every folder of src that holds files', () => {
  const text = readProjectFile('ARCHITECTURE.md');
  const folders = projectFiles(['src/**/*.ts']).map(path => path.split('/')[1]!);
  const missing = [...new Set(folders)].filter(
    folder => !new RegExp(`^\\| \\d+ \\| \`${folder}\` \\|`, 'm').test(text),
  );
  assert.deepEqual(missing, []);
});

test('the newest version of CHANGELOG.md is that of package.json', () => {
  const { version } = JSON.parse(readProjectFile('package.json')) as { version: string };
  const [, newest] = /^## (\S+?),? /m.exec(readProjectFile('CHANGELOG.md')) ?? [];
  assert.equal(newest, version);
});

/** Lines that only one of two texts has, a few of them: whole pages would say nothing. */
function differingLines(current: string, wanted: string): string[] {
  const [now, then] = [current.split('\n'), wanted.split('\n')];
  const stale = now.filter(line => !then.includes(line)).map(line => `- ${line}`);
  const missing = then.filter(line => !now.includes(line)).map(line => `+ ${line}`);
  return [...stale, ...missing].slice(0, 10);
}

test('docs/support.md is what `npm run docs` makes of the golden plans', () => {
  const page = readProjectFile('docs/support.md');
  assert.deepEqual(differingLines(page, supportPage()), []);
  assert.ok(page === supportPage(), 'the same lines in another order');
});

test('the support table of README.md is what `npm run docs` makes of the golden plans', () => {
  const readme = readProjectFile('README.md');
  assert.deepEqual(differingLines(readme, withSupportTable(readme)), []);
  assert.ok(readme === withSupportTable(readme), 'the same lines in another order');
});

test('a README without the marks of the support table is an error', () => {
  assert.throws(() => withSupportTable('# PgPack\n'), /no place for the support table/);
});
