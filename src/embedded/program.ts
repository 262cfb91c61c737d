// Running one program of PostgreSQL as the right user, with nothing of this process's environment
// that could change what it does (PGDATA, PGPORT, LC_*, …).

import { type ChildProcess, spawn } from 'node:child_process';
import { keepProcess } from './keeper.ts';
import type { SystemUser } from './system-user.ts';

const linesKept = 100;

export interface Program {
  readonly process: ChildProcess;
  /** The last lines it wrote to stderr. */
  readonly log: readonly string[];
  /** Resolves with the exit code, or the signal's name; rejects if it could not be started. */
  readonly ended: Promise<number | string>;
}

/**
 * Starts `path` in `directory`, which must appear among `args` (the watchdog knows the process by
 * it). `onLine` gets every line of its stderr.
 */
export function startProgram(
  path: string,
  args: readonly string[],
  directory: string,
  user: SystemUser | null,
  onLine: (line: string) => void = () => {},
): Program {
  const child = spawn(path, args, {
    cwd: directory,
    env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', TZ: 'UTC' },
    stdio: ['ignore', 'ignore', 'pipe'],
    // A session of its own: Ctrl-C in the terminal is for this process, which then stops it.
    detached: true,
    ...(user !== null && { uid: user.uid, gid: user.gid }),
  });
  keepProcess(child, directory);
  const log: string[] = [];
  let rest = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (log.push(line) > linesKept) log.shift();
      onLine(line);
    }
  });
  const ended = new Promise<number | string>((resolve, reject) => {
    child.once('error', cause =>
      reject(new Error(`cannot run ${path}: ${cause.message}`, { cause })),
    );
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
  // Whoever waits for it sees the rejection; nobody waiting is no reason to end the process.
  ended.catch(() => {});
  return { process: child, log, ended };
}
