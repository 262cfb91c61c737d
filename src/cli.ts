// The command `pgpack`: arguments, signals, exit codes.

import { parseArgs } from 'node:util';
import type { ShutdownMode } from './admin/admin-target.ts';
import { startApp } from './app.ts';
import { makePasswordHash } from './auth/password-hash.ts';
import { createLogger, silentLogger } from './common/logger.ts';
import { version } from './common/version.ts';
import { checkConfig } from './config/check.ts';
import type { Config } from './config/config.ts';
import { type ConfigInput, type LoadedConfig, loadConfig } from './config/load-config.ts';
import { ConfigErrors, formatProblem } from './config/problem.ts';
import { loadInto, runDemo } from './demo/demo.ts';
import { type PgPack, startPgPack } from './workers/start-pgpack.ts';

const usage = `PgPack: one PostgreSQL endpoint in front of many PostgreSQL shards

Usage: pgpack [options] [command]

Commands:
  run                   start PgPack (the default)
  configcheck           check the configuration and say all that is wrong with it
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

function configInput(values: Values): ConfigInput {
  const databaseUrls = values['database-url'] ?? [];
  // URLs stand for the files, unless a file is asked for.
  const fallback = databaseUrls.length > 0 ? [null, null] : ['pgdog.toml', 'users.toml'];
  return {
    configPath: values.config ?? fallback[0]!,
    usersPath: values.users ?? fallback[1]!,
    databaseUrls,
    env: process.env,
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
