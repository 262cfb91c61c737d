// `bin/pgpack.js`, the first thing that runs: it must not fail on a Node.js that is too old.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { projectRoot, readProjectFile } from '../support/source-tree.ts';

const timeout = 60_000;
const launcher = join(projectRoot, 'bin/pgpack.js');

test('a Node.js that is too old gets one line that says what to do, and exit code 1', () => {
  const pretend = `Object.defineProperty(process, 'versions', { value: { node: '20.20.2' } });`;
  const code = `${pretend} await import(${JSON.stringify(pathToFileURL(launcher).href)})`;
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    encoding: 'utf8',
    timeout,
  });
  assert.equal(run.status, 1);
  assert.equal(run.stdout, '');
  assert.match(run.stderr, /^pgpack needs Node\.js 24 or newer, this is 20\.20\.2: .*npx.*\n$/);
});

test('--version prints the version of package.json', () => {
  const { version } = JSON.parse(readProjectFile('package.json')) as { version: string };
  const run = spawnSync(process.execPath, [launcher, '--version'], {
    encoding: 'utf8',
    timeout,
  });
  assert.equal(run.status, 0, run.stderr);
  assert.match(run.stdout, new RegExp(`\\b${version.replaceAll('.', '\\.')}\\n$`));
});
