// PgPack with several workers in the test's own process, its files where `RELOAD` reads them.

import assert from 'node:assert/strict';
import type { Worker } from 'node:worker_threads';
import type pg from 'pg';
import { pino } from 'pino';
import type { Config } from '../../src/config/config.ts';
import { type PgPack, startPgPack } from '../../src/workers/start-pgpack.ts';
import { connect, type DatabaseAddress } from './cluster.ts';
import { configOf, type PgPackOptions } from './pgpack.ts';

export interface Workers {
  readonly pgpack: PgPack;
  readonly address: DatabaseAddress;
  /** Of its user `boss`. */
  readonly admin: DatabaseAddress;
  /** What the main thread logged, line by line. */
  readonly log: readonly string[];
  /** The threads, in the order they were started. */
  readonly threads: readonly Worker[];
  /** From now on the files differ from the first ones in these. */
  change(options: Partial<PgPackOptions>): Config;
  close(): Promise<void>;
}

const login = '[admin]\nuser = "boss"\npassword = "secret"\n';

export interface WorkersOptions extends PgPackOptions {
  /** Without it, any that is free. */
  readonly port?: number;
}

/** `general` says how many workers. Rejects as `startPgPack`. */
export async function startWorkers(options: WorkersOptions): Promise<Workers> {
  const read = (more: Partial<PgPackOptions> = {}): Config => {
    const all = { ...options, ...more };
    const config = configOf({ ...all, more: login + (all.more ?? '') });
    return { ...config, general: { ...config.general, port: options.port ?? 0 } };
  };
  let config = read();
  const lines: string[] = [];
  const log = pino({ level: 'warn' }, { write: line => void lines.push(line) });
  const threads: Worker[] = [];
  const onThread = (thread: Worker) => void threads.push(thread);
  process.on('worker', onThread);
  const pgpack = await startPgPack(config, { log, readConfig: () => config }).catch(error => {
    process.off('worker', onThread);
    throw error;
  });
  const { name } = options.database;
  const { port } = pgpack;
  return {
    pgpack,
    address: { host: '127.0.0.1', port, user: 'test', password: 'test', database: name },
    admin: { host: '127.0.0.1', port, user: 'boss', password: 'secret', database: 'admin' },
    log: lines,
    threads,
    change: more => (config = read(more)),
    close: async () => {
      await pgpack.close({ drain: false });
      assert.ok(threads.every(thread => thread.threadId === -1));
      process.off('worker', onThread);
    },
  };
}

/** The process id that a client was told. */
export function processIdOf(client: pg.Client): number {
  return Number((client as unknown as { readonly processID: number }).processID);
}

/** One client on each worker, by its number. */
export async function clientOnEach({ pgpack, address }: Workers): Promise<pg.Client[]> {
  const found: pg.Client[] = [];
  for (let i = 0; i < 300; i++) {
    const client = await connect(address);
    const worker = processIdOf(client) % pgpack.workers;
    if (found[worker] === undefined) found[worker] = client;
    else await client.end();
    if (Object.keys(found).length === pgpack.workers) return found;
  }
  return assert.fail(`300 connections went to the workers ${Object.keys(found).join()} only`);
}
