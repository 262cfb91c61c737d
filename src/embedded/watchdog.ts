// The process that cleans up when its parent is gone, however it went (Ctrl-C, crash, SIGKILL):
// its standard input is a pipe from the parent, and when that closes it stops the processes and
// removes the directories that it was told of. Talked to by `keeper.ts`; relies on nothing else.
//
// Lines: `watch PID DIRECTORY`, `directory DIRECTORY`, `forget DIRECTORY`.

import { readFileSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const pollMs = 20;
const patienceMs = 10_000;

/** Processes that work in each directory. */
const directories = new Map<string, Set<number>>();

// A terminal's Ctrl-C goes to the parent; a shutdown of the machine closes the pipe as well.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

for await (const line of createInterface({ input: process.stdin })) obey(line);
await Promise.all([...directories].map(([directory, pids]) => clean(directory, pids)));
process.exit(0);

function obey(line: string): void {
  const [verb, first = '', ...rest] = line.split(' ');
  if (verb === 'watch') pidsOf(rest.join(' ')).add(Number(first));
  const directory = [first, ...rest].join(' ');
  if (verb === 'directory') pidsOf(directory);
  if (verb === 'forget') directories.delete(directory);
}

function pidsOf(directory: string): Set<number> {
  let pids = directories.get(directory);
  if (pids === undefined) directories.set(directory, (pids = new Set()));
  return pids;
}

async function clean(directory: string, pids: Set<number>): Promise<void> {
  for (const pid of pids) await stop(pid, directory);
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
}

/** SIGQUIT is PostgreSQL's immediate shutdown: children and shared memory go with the server. */
async function stop(pid: number, directory: string): Promise<void> {
  send(pid, directory, 'SIGQUIT');
  for (let waited = 0; waited < patienceMs; waited += pollMs) {
    if (!isOurs(pid, directory)) return;
    await sleep(pollMs);
  }
  send(pid, directory, 'SIGKILL');
}

function send(pid: number, directory: string, signal: NodeJS.Signals): void {
  if (!isOurs(pid, directory)) return;
  try {
    process.kill(pid, signal);
  } catch {
    // It ended in this moment.
  }
}

/** A process id may have been given to a stranger meanwhile: Linux tells by the command line. */
function isOurs(pid: number, directory: string): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  if (process.platform !== 'linux') return true;
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(directory);
  } catch {
    return false;
  }
}
