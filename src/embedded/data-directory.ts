// PostgreSQL data directories: made once by initdb, then copied for every further server that wants
// the same one, which takes a fraction of initdb's time.

import { chownSync, lchownSync, readdirSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { installation } from './installation.ts';
import { keptDirectory } from './keeper.ts';
import { startProgram } from './program.ts';
import type { SystemUser } from './system-user.ts';

export interface DataDirectoryOptions {
  /** The superuser. */
  readonly user: string;
  readonly password: string;
  /** initdb's `--auth`: it also chooses how the password is stored. */
  readonly authMethod: string;
  readonly locale: Locale;
}

/** Of the databases: provider and name as initdb's options have them. */
export interface Locale {
  readonly provider: 'builtin' | 'icu' | 'libc';
  readonly name: string;
}

/** Text sorts by its bytes, upper and lower case work on all of Unicode. */
export const bytewiseLocale: Locale = { provider: 'builtin', name: 'C.UTF-8' };

const templates = new Map<string, Promise<string>>();

/** Makes `directory/data` from a template that lives as long as this process. */
export async function copyDataDirectory(
  directory: string,
  options: DataDirectoryOptions,
): Promise<void> {
  const key = JSON.stringify(options);
  let template = templates.get(key);
  if (template === undefined) templates.set(key, (template = makeTemplate(options)));
  const { user } = await installation();
  const target = join(directory, 'data');
  await cp(await template, target, { recursive: true, mode: cloneWhereCheap });
  if (user !== null) giveTo(target, user);
}

/** COPYFILE_FICLONE: blocks are shared where the file system can, copied elsewhere. */
const cloneWhereCheap = 2;

/** Makes `directory/data` by initdb itself; `synced`: every file is on disk at the end. */
export async function initDataDirectory(
  directory: string,
  options: DataDirectoryOptions,
  synced: boolean,
): Promise<void> {
  const { initdb, user } = await installation();
  const passwordFile = join(directory, 'password');
  writeFileSync(passwordFile, `${options.password}\n`, { mode: 0o600 });
  if (user !== null) chownSync(passwordFile, user.uid, user.gid);
  const args = [
    ...['--pgdata', join(directory, 'data'), '--username', options.user],
    ...['--pwfile', passwordFile, '--auth', options.authMethod],
    ...['--encoding', 'UTF8', '--locale', 'C', ...localeArguments(options.locale)],
    ...(synced ? [] : ['--no-sync']),
  ];
  const program = startProgram(initdb, args, directory, user);
  const code = await program.ended;
  writeFileSync(passwordFile, '');
  if (code !== 0) throw new Error(`initdb ended with ${code}:\n${program.log.join('\n')}`);
}

async function makeTemplate(options: DataDirectoryOptions): Promise<string> {
  const { user } = await installation();
  const directory = keptDirectory('template', user);
  await initDataDirectory(directory, options, false);
  return join(directory, 'data');
}

function localeArguments({ provider, name }: Locale): string[] {
  if (provider === 'builtin') return ['--locale-provider=builtin', `--builtin-locale=${name}`];
  if (provider === 'icu') return ['--locale-provider=icu', `--icu-locale=${name}`];
  return ['--locale-provider=libc', `--lc-collate=${name}`, `--lc-ctype=${name}`];
}

function giveTo(path: string, user: SystemUser): void {
  lchownSync(path, user.uid, user.gid);
  for (const entry of readdirSync(path, { withFileTypes: true, recursive: true })) {
    lchownSync(join(entry.parentPath, entry.name), user.uid, user.gid);
  }
}
