// Temporary directories and the processes in them that must not outlive this process. Each is told
// to a watchdog process (`watchdog.ts`) before it is used; one watchdog serves all of them.

import { type ChildProcess, spawn } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SystemUser } from './system-user.ts';

let watchdog: ChildProcess | null = null;

/** A new directory that only `user` can read, removed at the latest when this process ends. */
export function keptDirectory(prefix: string, user: SystemUser | null): string {
  const directory = mkdtempSync(join(temporaryRoot(user), `pgpack-${prefix}-`));
  tell(`directory ${directory}`);
  if (user !== null) chownSync(directory, user.uid, user.gid);
  return directory;
}

/** `child` is killed at the latest when this process ends; its command line names `directory`. */
export function keepProcess(child: ChildProcess, directory: string): void {
  if (child.pid !== undefined) tell(`watch ${child.pid} ${directory}`);
}

/** Removes a directory of `keptDirectory` in which nothing runs any more. */
export function removeDirectory(directory: string): void {
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  tell(`forget ${directory}`);
}

/** Ends all processes and removes all directories that are kept now; resolves when that is done. */
export async function removeEverything(): Promise<void> {
  const child = watchdog;
  watchdog = null;
  if (child === null || child.exitCode !== null) return;
  child.ref();
  const exited = new Promise(resolve => child.once('exit', resolve));
  child.stdin!.end();
  await exited;
}

/** Whether `user` may enter `directory`, by the permission bits of it and all its parents. */
export function canEnter(directory: string, user: SystemUser | null): boolean {
  if (user === null) return true;
  for (let path = directory; ; path = dirname(path)) {
    const { mode, uid, gid } = statSync(path);
    const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    if (path === dirname(path)) return true;
  }
}

function temporaryRoot(user: SystemUser | null): string {
  for (const root of [tmpdir(), '/tmp', '/var/tmp']) {
    try {
      if (canEnter(root, user)) return root;
    } catch {
      // It does not exist: the next.
    }
  }
  throw new Error(`no temporary directory that uid ${user?.uid} can enter; set TMPDIR`);
}

function tell(line: string): void {
  watchdog ??= startWatchdog();
  watchdog.stdin!.write(`${line}\n`);
}

/** In a session of its own, so that what kills this process's group does not kill it too. */
function startWatchdog(): ChildProcess {
  const file = import.meta.url.endsWith('.ts') ? './watchdog.ts' : './watchdog.js';
  const script = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn(process.execPath, [script], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
    env: {},
  });
  // Writing to a watchdog that died is no reason to fail: it is only needed after a failure.
  child.stdin.on('error', () => {});
  child.on('error', () => {});
  child.unref();
  (child.stdin as Socket).unref();
  return child;
}
