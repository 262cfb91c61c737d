// `npm test`: type check, formatter and linter, then every test file against one set of servers.
//   node test/run.ts [--no-check] [part of a file's path …] [-- option of node's runner …]
// Exit code 0 only if all of it passed. The last lines are the summary of node's runner.

import { spawn } from 'node:child_process';
import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { EmbeddedServer } from '../src/embedded/embedded-server.ts';
import { removeEverything } from '../src/embedded/keeper.ts';
import { handDown, serversVariable, startTestServers } from './support/test-servers.ts';

const root = dirname(import.meta.dirname);
const filesAtOnce = 2;
const fileTimeoutMs = 300_000;

process.exit(await main(process.argv.slice(2)));

async function main(argv: readonly string[]): Promise<number> {
  const separator = argv.indexOf('--');
  const own = separator < 0 ? argv : argv.slice(0, separator);
  const passedOn = separator < 0 ? [] : argv.slice(separator + 1);
  const filters = own.filter(word => word !== '--no-check');
  const files = testFiles(filters);
  if (files.length === 0) {
    console.error(`no test file has ${filters.join(' or ')} in its path`);
    return 1;
  }
  const checked = own.includes('--no-check') || (await check());
  if (!checked) return 1;
  try {
    return await runTests(files, passedOn, handDown(await startServers()));
  } finally {
    await removeEverything();
  }
}

function testFiles(filters: readonly string[]): string[] {
  const all = globSync('test/**/*.test.ts', { cwd: root }).sort();
  if (filters.length === 0) return all;
  return all.filter(file => filters.some(filter => file.includes(filter)));
}

async function check(): Promise<boolean> {
  const tools = [
    { name: 'tsc', package: 'typescript', args: ['--noEmit'] },
    { name: 'biome', package: '@biomejs/biome', args: ['check', '.'] },
  ];
  const codes = await Promise.all(
    tools.map(tool => run(process.execPath, [program(tool.package, tool.name), ...tool.args])),
  );
  for (const [index, tool] of tools.entries()) {
    console.log(`${tool.name} ${tool.args.join(' ')}: ${codes[index] === 0 ? 'passed' : 'FAILED'}`);
  }
  return codes.every(code => code === 0);
}

/** The script behind a package's command, run without the shell in between. */
function program(packageName: string, command: string): string {
  const require = createRequire(import.meta.url);
  const manifest = require.resolve(`${packageName}/package.json`);
  const { bin } = require(manifest) as { bin: Record<string, string> };
  return join(dirname(manifest), bin[command]!);
}

async function startServers(): Promise<EmbeddedServer[]> {
  const start = performance.now();
  const servers = await startTestServers();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${servers.length} PostgreSQL servers started in ${seconds} s\n`);
  return servers;
}

function runTests(
  files: readonly string[],
  passedOn: readonly string[],
  handedDown: string,
): Promise<number> {
  const args = [
    ...['--test', `--test-concurrency=${filesAtOnce}`, `--test-timeout=${fileTimeoutMs}`],
    '--disable-warning=ExperimentalWarning',
    `--test-reporter=${join(root, 'test/support/closing-reporter.ts')}`,
    ...passedOn,
    ...files,
  ];
  // Every file is a process of its own, and most of them load the same sources.
  const compiled = mkdtempSync(join(tmpdir(), 'pgpack-compiled-'));
  const env = { ...process.env, NODE_COMPILE_CACHE: compiled, [serversVariable]: handedDown };
  return run(process.execPath, args, env).finally(() => {
    rmSync(compiled, { recursive: true, force: true });
  });
}

/** Resolves with the exit code, 1 for a signal. A signal to this process goes on to the child. */
function run(command: string, args: readonly string[], env = process.env): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] });
    const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
    process.on('SIGINT', pass).on('SIGTERM', pass);
    child.once('error', reject);
    child.once('close', code => {
      process.off('SIGINT', pass).off('SIGTERM', pass);
      resolve(code ?? 1);
    });
  });
}
