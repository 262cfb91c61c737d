// `pgpack demo`: a sharded cluster with data behind one endpoint, from nothing, until Ctrl-C. The
// endpoint is started by the caller (`cli.ts`); shards are embedded servers (`demo-cluster.ts`).

import { fileURLToPath } from 'node:url';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load-config.ts';
import { removeEverything } from '../embedded/keeper.ts';
import { type DemoCluster, startDemoCluster, urlOf } from './demo-cluster.ts';
import { demoStatements, outcomeOf } from './demo-statements.ts';
import { connectEndpoint, type EndpointClient } from './endpoint-client.ts';
import { loadDemo } from './load-demo.ts';

/** The part of a running PgPack that the demo needs. */
export interface DemoEndpoint {
  readonly port: number;
  /** `drain` false: clients are cut. */
  close(options: { readonly drain: boolean }): Promise<void>;
}

export type StartEndpoint = (config: Config) => Promise<DemoEndpoint>;

export interface DemoOptions {
  /** Runs the statements shown, compares their answers and ends. */
  readonly check: boolean;
}

/**
 * Resolves with the exit code: after Ctrl-C or SIGTERM, or at the end of the check. The caller then
 * ends the process, which also ends what an interrupted start may still be doing.
 */
export async function runDemo(start: StartEndpoint, { check }: DemoOptions): Promise<number> {
  const report = stopwatch();
  const stopped = stopSignal();
  const closers: (() => Promise<unknown>)[] = [];
  let isUp = false;
  const run = async (): Promise<number> => {
    const url = await startAll(start, closers, report);
    if (check) return checkStatements(url);
    await printInvitation(url);
    isUp = true;
    return stopped;
  };
  try {
    const code = await Promise.race([run(), stopped]);
    return isUp ? 0 : code;
  } finally {
    console.log('\nstopping');
    for (const close of closers.reverse()) await close();
    // Also what an interrupted start had begun.
    await removeEverything();
    console.log('stopped');
  }
}

/** `pgpack demo --load URL`: the demo's schema and rows into an endpoint that runs already. */
export async function loadInto(url: string): Promise<number> {
  const report = stopwatch();
  const client = await connectEndpoint(url);
  try {
    await loadDemo(client, report);
  } finally {
    await client.end();
  }
  return 0;
}

async function startAll(
  start: StartEndpoint,
  closers: (() => Promise<unknown>)[],
  report: (line: string) => void,
): Promise<string> {
  const cluster = await startDemoCluster(demoConfig());
  closers.push(() => Promise.all(cluster.servers.map(server => server.stop())));
  const ports = cluster.servers.map(server => server.port).join(', ');
  report(`${cluster.servers.length} PostgreSQL servers started, ports ${ports}`);

  const endpoint = await start(cluster.config);
  closers.push(() => endpoint.close({ drain: false }));
  report(`PgPack listens on 127.0.0.1:${endpoint.port}`);

  const url = endpointUrl(cluster, endpoint.port);
  const client = await connectEndpoint(url);
  await loadDemo(client, report);
  await client.end();
  return url;
}

/** The repository's own files, without what the environment may add. */
function demoConfig(): Config {
  const own = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));
  return loadConfig({
    configPath: own('pgdog.toml'),
    usersPath: own('users.toml'),
    databaseUrls: [],
    env: {},
  }).config;
}

function endpointUrl({ user, password, database }: DemoCluster, port: number): string {
  return urlOf({ user, password, host: '127.0.0.1', port, database: database.name });
}

/** Prints each line with the seconds since the start. */
function stopwatch(): (line: string) => void {
  const begin = performance.now();
  return line => {
    const seconds = ((performance.now() - begin) / 1000).toFixed(1);
    console.log(`${seconds.padStart(6)} s  ${line}`);
  };
}

/** Resolves with the exit code that a shell gives to the signal. */
function stopSignal(): Promise<number> {
  return new Promise(resolve => {
    process.once('SIGINT', () => resolve(130)).once('SIGTERM', () => resolve(143));
  });
}

async function checkStatements(url: string): Promise<number> {
  const client: EndpointClient = await connectEndpoint(url);
  let failures = 0;
  for (const { shows, sql, check } of demoStatements) {
    const problem = check(await outcomeOf(client, sql));
    console.log(`${problem === null ? 'ok    ' : 'FAILED'}  ${shows}`);
    if (problem !== null) console.log(`        ${sql}\n        ${problem}`);
    if (problem !== null) failures++;
  }
  await client.end();
  return failures === 0 ? 0 : 1;
}

async function printInvitation(url: string): Promise<void> {
  const client = await connectEndpoint(url);
  const statements: string[] = [];
  for (const { shows, sql, isRefused } of demoStatements) {
    const outcome = isRefused ? await outcomeOf(client, sql) : null;
    const message =
      outcome !== null && 'error' in outcome ? `  -- ERROR:  ${outcome.error.message}\n` : '';
    statements.push(`  -- ${shows}\n  ${sql};\n${message}`);
  }
  await client.end();
  console.log(`
connect with psql:

  psql ${url}

or from a program:

  import pg from 'pg';
  const client = new pg.Client('${url}');
  await client.connect();
  const { rows } = await client.query('SELECT * FROM users WHERE id = $1', [42]);

and try:

${statements.join('\n')}
Ctrl-C stops everything.`);
}
