// `pgpack demo` as its user sees it: a process that brings a cluster up, answers, and leaves
// nothing behind.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { connectEndpoint } from '../../src/demo/endpoint-client.ts';
import { isFree } from '../../src/embedded/free-port.ts';
import { projectRoot } from '../support/source-tree.ts';

interface Demo {
  readonly process: ChildProcess;
  /** All it printed so far. */
  output(): string;
  /** Resolves once the pattern was printed; rejects when the process ended before. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  /** Resolves with the exit code, all output read. */
  readonly ended: Promise<number | null>;
}

/** With a temporary directory of its own, where nothing may be left. */
const temporary = mkdtempSync(join(tmpdir(), 'pgpack-demo-test-'));
// Root's servers run as another user, who must be able to enter it.
chmodSync(temporary, 0o755);
after(() => rmSync(temporary, { recursive: true, force: true }));

function startDemo(...args: string[]): Demo {
  const child = spawn(process.execPath, ['bin/pgpack.js', 'demo', ...args], {
    cwd: projectRoot,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: temporary },
  });
  after(() => child.kill('SIGKILL'));
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      child.emit('printed');
    });
  }
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return {
    process: child,
    output: () => text,
    ended,
    async printed(pattern) {
      const gone = ended.then(code => assert.fail(`ended with ${code}:\n${text}`));
      // It ends after the pattern too, when nobody waits any more.
      gone.catch(() => {});
      for (let match = pattern.exec(text); ; match = pattern.exec(text)) {
        if (match !== null) return match;
        await Promise.race([once(child, 'printed'), gone]);
      }
    },
  };
}

function assertNothingLeft(): void {
  assert.deepEqual(readdirSync(temporary), []);
}

test('every statement that the demo shows gives what it promises', async () => {
  const demo = startDemo('--check');
  assert.equal(await demo.ended, 0, demo.output());
  assert.doesNotMatch(demo.output(), /FAILED/);
  assert.match(demo.output(), /^ok {4}.*one shard/m);
  assertNothingLeft();
});

test('the demo invites clients, cuts them at Ctrl-C, and leaves nothing', async () => {
  const demo = startDemo();
  const [url] = await demo.printed(/postgres:\/\/\S+/);
  await demo.printed(/Ctrl-C stops everything/);
  assert.equal(readdirSync(temporary).filter(name => name.includes('-shard-')).length, 3);
  assert.match(demo.output(), /-- ERROR: {2}\S/);
  const client = await connectEndpoint(url);
  const { rows } = await client.query('SELECT count(*) FROM users');
  assert.deepEqual(rows, [['10000']]);
  demo.process.kill('SIGINT');
  assert.equal(await demo.ended, 0, demo.output());
  assert.equal(await isFree(Number(new URL(url).port)), true);
  assertNothingLeft();
});

test('Ctrl-C while the demo starts leaves nothing', async () => {
  const demo = startDemo();
  await demo.printed(/PostgreSQL servers started/);
  demo.process.kill('SIGINT');
  assert.notEqual(await demo.ended, null, demo.output());
  assertNothingLeft();
});
