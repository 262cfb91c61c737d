// Writes configuration text to files of a fresh folder, and loads it.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { type LoadedConfig, loadConfig, readConfig } from '../../src/config/load-config.ts';
import { formatProblem } from '../../src/config/problem.ts';
import { mappedKeyTypes } from '../../src/sharding/data-types.ts';

const folder = mkdtempSync(join(tmpdir(), 'pgpack-config-'));
after(() => rmSync(folder, { recursive: true, force: true }));

export const oneDatabase = `
[[databases]]
name = "shop"
host = "10.0.0.1"
`;

export const twoShards = `${oneDatabase}
[[databases]]
name = "shop"
host = "10.0.0.2"
shard = 1
`;

export const oneUser = `
[[users]]
name = "alice"
database = "shop"
password = "secret"
`;

type Env = Readonly<Record<string, string>>;

function input(pgdog: string, users: string, env: Env) {
  const configPath = join(folder, 'pgdog.toml');
  const usersPath = join(folder, 'users.toml');
  writeFileSync(configPath, pgdog);
  writeFileSync(usersPath, users);
  return { configPath, usersPath, databaseUrls: [], env, keyTypes: mappedKeyTypes };
}

export function loadText(pgdog: string, users = oneUser, env: Env = {}): LoadedConfig {
  return loadConfig(input(pgdog, users, env));
}

/** Errors and warnings as printed, without the folder. */
export function problemsOf(pgdog: string, users = oneUser, env: Env = {}) {
  const { errors, warnings } = readConfig(input(pgdog, users, env));
  const print = (problems: typeof errors) =>
    problems.map(problem => formatProblem(problem).replaceAll(`${folder}/`, ''));
  return { errors: print(errors), warnings: print(warnings) };
}
