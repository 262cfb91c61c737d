// The command `pgpack`: arguments, signals, exit codes.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { ShutdownMode } from './admin/admin-target.ts';
import { startApp } from './app.ts';
import { makePasswordHash } from './auth/password-hash.ts';
import { createLogger, silentLogger } from './common/logger.ts';
import { PgError } from './common/pg-error.ts';
import { version } from './common/version.ts';
import { limitYoungGeneration } from './common/young-generation.ts';
import { checkConfig } from './config/check.ts';
import type { Config } from './config/config.ts';
import { type ConfigInput, type LoadedConfig, loadConfig } from './config/load-config.ts';
import { ConfigErrors, formatProblem } from './config/problem.ts';
import type { Database } from './config/topology.ts';
import { loadInto, runDemo } from './demo/demo.ts';
import { routeOffline } from './frontend/offline-route.ts';
import { explanationJson, explanationLines } from './plan/explanation.ts';
import { mappedKeyTypes } from './sharding/data-types.ts';
import { loadParser } from './sql/parser.ts';
import { type PgPack, startPgPack } from './workers/start-pgpack.ts';

const usage = `PgPack: one PostgreSQL endpoint in front of many PostgreSQL shards

Usage: pgpack [options] [command]

Commands:
  run                   start PgPack (the default)
  configcheck           check the configuration and say all that is wrong with it
  route SQL [VALUE …]   print where a statement goes and why, without any server; VALUEs are those
                        of its parameters as text (\\N: NULL), after -- if one begins with a dash
                        (--schema FILE: CREATE TABLE statements; --database NAME; --json)
  hash PASSWORD         print the SCRAM-SHA-256 verifier of a password, for password_hash
  demo                  three PostgreSQL shards with sample data behind one endpoint
                        (--check: run the statements shown and end; --load URL: only load)

Options:
  -c, --config FILE        configuration (default: pgdog.toml)
  -u, --users FILE         users (default: users.toml)
  -d, --database-url URL   a database instead of files; may be given several times
  -h, --help               this text
  -V, --version            the version
`;

const options = {
  config: { type: 'string', short: 'c' },
  users: { type: 'string', short: 'u' },
  'database-url': { type: 'string', short: 'd', multiple: true },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'V' },
  check: { type: 'boolean' },
  load: { type: 'string' },
  schema: { type: 'string' },
  database: { type: 'string' },
  json: { type: 'boolean' },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];

async function main(args: string[]): Promise<number> {
  let values: Values;
  let positionals: string[];
  try {
    ({ values, positionals } = parseArgs({ args, options, allowPositionals: true }));
  } catch (error) {
    return misuse((error as Error).message);
  }
  if (values.help) return print(usage);
  if (values.version) return print(`pgpack ${version()}\n`);
  const [command = 'run', ...rest] = positionals;
  switch (command) {
    case 'run':
      return run(configInput(values));
    case 'configcheck': {
      const { ok, lines } = checkConfig(configInput(values));
      print(`${lines.join('\n')}\n`);
      return ok ? 0 : 1;
    }
    case 'route':
      if (rest.length === 0) return misuse('route takes a statement');
      return route(values, rest[0]!, rest.slice(1));
    case 'hash':
      if (rest.length !== 1) return misuse('hash takes one password');
      return print(`${await makePasswordHash(rest[0]!)}\n`);
    case 'demo':
      if (values.load !== undefined) return loadInto(values.load);
      return runDemo(config => startApp(config, { log: silentLogger }), {
        check: values.check ?? false,
      });
    default:
      return misuse(`unknown command "${command}"`);
  }
}

async function route(values: Values, sql: string, parameters: string[]): Promise<number> {
  try {
    await loadParser();
    const { config } = loadConfig(configInput(values));
    const explanations = routeOffline(config.general, databaseOf(config, values.database), {
      ...{ sql, schema: values.schema === undefined ? null : readFileSync(values.schema, 'utf8') },
      parameters: parameters.map(value => (value === '\\N' ? null : value)),
    });
    if (values.json) {
      const documents = explanations.flatMap(explanationJson);
      return print(`${JSON.stringify(documents, null, 2)}\n`);
    }
    return print(`${explanations.flatMap(explanationLines).join('\n')}\n`);
  } catch (error) {
    if (error instanceof ConfigErrors) return configFailure(error);
    const { message } = error as Error;
    const known = error instanceof PgError;
    const hint = known && error.hint !== undefined ? `\nHINT:  ${error.hint}` : '';
    process.stderr.write(`pgpack: ${known ? `${error.sqlstate}: ` : ''}${message}${hint}\n`);
    return 1;
  }
}

/** Throws when it is not clear which one is meant. */
function databaseOf(config: Config, name: string | undefined): Database {
  const names = [...config.databases.keys()];
  if (name === undefined && names.length > 1) {
    throw new Error(`which database: --database ${names.join(' or ')}`);
  }
  const database = config.databases.get(name ?? names[0] ?? '');
  if (database === undefined) throw new Error(`database "${name ?? ''}" is not configured`);
  return database;
}

function configInput(values: Values): ConfigInput {
  const databaseUrls = values['database-url'] ?? [];
  // URLs stand for the files, unless a file is asked for.
  const fallback = databaseUrls.length > 0 ? [null, null] : ['pgdog.toml', 'users.toml'];
  return {
    configPath: values.config ?? fallback[0]!,
    usersPath: values.users ?? fallback[1]!,
    databaseUrls,
    env: process.env,
    keyTypes: mappedKeyTypes,
  };
}

async function run(input: ConfigInput): Promise<number> {
  let loaded: LoadedConfig;
  try {
    loaded = loadConfig(input);
  } catch (error) {
    return configFailure(error);
  }
  const { config, warnings } = loaded;
  const log = createLogger(config.general.logLevel, config.general.logFormat);
  for (const warning of warnings) log.warn(formatProblem(warning));
  const readConfig = (): Config => {
    const { config: next, warnings: found } = loadConfig(input);
    for (const warning of found) log.warn(formatProblem(warning));
    return next;
  };
  let pgpack: PgPack;
  try {
    limitYoungGeneration();
    pgpack = await startPgPack(config, { log, readConfig });
  } catch (error) {
    process.stderr.write(`pgpack: cannot start: ${(error as Error).message}\n`);
    return 1;
  }
  process.on('SIGHUP', async () => {
    try {
      await pgpack.reload(readConfig());
    } catch (error) {
      log.error(`configuration not reloaded, the old one stays: ${(error as Error).message}`);
    }
  });
  const mode = await Promise.race([stopSignal(log), pgpack.stopRequested]);
  await pgpack.close({ drain: true, mode });
  return 0;
}

/** Resolves at the first SIGTERM or SIGINT; the second ends the process at once. */
function stopSignal(log: { info(text: string): void }): Promise<ShutdownMode> {
  return new Promise(resolve => {
    let seen = false;
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => {
        if (seen) process.exit(130);
        seen = true;
        log.info(`${signal}: clients finish their transactions`);
        resolve('servers');
      });
    }
  });
}

function configFailure(error: unknown): number {
  if (!(error instanceof ConfigErrors)) throw error;
  for (const problem of error.problems) process.stderr.write(`${formatProblem(problem)}\n`);
  return 1;
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}

function misuse(message: string): number {
  process.stderr.write(`pgpack: ${message}\n\n${usage}`);
  return 2;
}

process.exitCode = await main(process.argv.slice(2));
// Timers and sockets of a stopped PgPack must not keep the process.
process.exit();
