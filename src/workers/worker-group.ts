// The main thread of several workers: it starts them, restarts those that die, and does to all
// what commands and signals ask for. It serves no client itself.

import { Worker } from 'node:worker_threads';
import type { AdminTarget, ShutdownMode } from '../admin/admin-target.ts';
import { mergeSnapshots } from '../admin/merge-snapshots.ts';
import type { CloseOptions } from '../app.ts';
import type { Logger } from '../common/logger.ts';
import type { Config } from '../config/config.ts';
import { checkTlsFiles } from '../frontend/configured-tls.ts';
import { DeadlockWatch, type WaitSource } from '../frontend/deadlock-watch.ts';
import { MetricsEndpoint } from '../metrics/metrics-endpoint.ts';
import { openMetricsText } from '../metrics/open-metrics.ts';
import type { Snapshot, SnapshotDetail } from '../metrics/snapshot.ts';
import { ClientSeats } from './client-seats.ts';
import { LoanDesk } from './loan-desk.ts';
import { RemoteCalls } from './remote-calls.ts';
import { SharedState } from './shared-state.ts';
import { tooFewConnections } from './worker-count.ts';
import type { GroupCalls, WorkerCalls, WorkerStart } from './worker-protocol.ts';

export interface WorkerGroupOptions {
  readonly workers: number;
  readonly log: Logger;
  readonly readConfig: () => Config;
}

interface Member {
  readonly worker: number;
  readonly thread: Worker;
  readonly calls: RemoteCalls<WorkerCalls>;
  readonly startedAtMs: number;
  serving: boolean;
  /** Why it ended. */
  failure: Error | null;
  ended: boolean;
}

/** A worker that dies again and again is started less and less often: twice the time before, until
 *  it has served for a while. */
const restartMsMin = 100;
const restartMsMax = 5_000;
const soundAfterMs = 10_000;

export class WorkerGroup implements AdminTarget {
  readonly #options: WorkerGroupOptions;
  readonly #log: Logger;
  readonly #shared: SharedState;
  readonly #seats: ClientSeats;
  readonly #desk: LoanDesk;
  readonly #members: Member[] = [];
  readonly #paused = new Set<string>();
  readonly #disabled = new Set<string>();
  readonly #restarts = new Map<number, NodeJS.Timeout>();
  /** How long was waited before the last restart of each. */
  readonly #restartMs: number[] = [];
  readonly #deadlocks: DeadlockWatch;
  readonly #metrics = new MetricsEndpoint(() => this.#metricsText());
  readonly #startedAtMs = Date.now();
  #config: Config;
  #port: number;
  #maintenance = false;
  #closing = false;
  #requestStop: (mode: ShutdownMode) => void = () => {};
  readonly stopRequested: Promise<ShutdownMode> = new Promise(resolve => {
    this.#requestStop = resolve;
  });

  constructor(config: Config, options: WorkerGroupOptions) {
    this.#config = config;
    this.#options = options;
    this.#log = options.log;
    this.#port = config.general.port;
    this.#shared = new SharedState(options.workers);
    this.#seats = new ClientSeats(options.workers);
    this.#deadlocks = new DeadlockWatch(this.#waits(), options.log);
    this.#desk = new LoanDesk({
      count: options.workers,
      lend: async (worker, ...asked) => (await this.#one(worker, 'lend', ...asked)) ?? 0,
      giveBack: async (worker, ...asked) => (await this.#one(worker, 'giveBack', ...asked)) ?? 0,
      take: (worker, ...given) => void this.#one(worker, 'take', ...given),
    });
  }

  get port(): number {
    return this.#port;
  }

  /** Rejects, with no worker left, when one of them cannot start. */
  async start(): Promise<void> {
    const { workers } = this.#options;
    const { host, openmetricsHost, openmetricsPort } = this.#config.general;
    try {
      const first = this.#spawn(0);
      // It finds the port, if any will do.
      if (this.#port === 0) this.#port = await first;
      const others = Array.from({ length: workers - 1 }, (_, i) => this.#spawn(i + 1));
      await Promise.all([first, ...others]);
      if (openmetricsPort !== null) await this.#metrics.listen(openmetricsHost, openmetricsPort);
    } catch (error) {
      this.#closing = true;
      await this.#terminate();
      throw error;
    }
    this.#deadlocks.start(this.#config.general.deadlockTimeoutMs);
    this.#log.info({ host, port: this.#port, workers }, 'PgPack is listening');
  }

  /** Nothing is changed when the configuration cannot be taken over. */
  async takeOver(config: Config): Promise<void> {
    const { workers } = this.#options;
    const problem = tooFewConnections(config, workers);
    if (problem !== null) throw new Error(`${problem}, and ${workers} workers run`);
    checkTlsFiles(config);
    this.#config = config;
    await this.#all('reload', config, this.#desk.reset());
    this.#deadlocks.start(config.general.deadlockTimeoutMs);
    this.#log.info('configuration reloaded');
  }

  async close(options: CloseOptions): Promise<void> {
    this.#closing = true;
    this.#deadlocks.stop();
    for (const timer of this.#restarts.values()) clearTimeout(timer);
    await Promise.all(
      this.#members.map(async member => {
        await this.#unlessEnded(member, member.calls.call('close', options));
        await member.thread.terminate();
      }),
    );
    await this.#terminate();
    this.#log.info('PgPack has stopped');
  }

  async snapshot(detail: SnapshotDetail): Promise<Snapshot> {
    const [first, ...others] = await this.#all('snapshot', detail);
    if (first === undefined) throw new Error('no worker runs at this moment');
    return { ...mergeSnapshots([first, ...others]), startedAtMs: this.#startedAtMs };
  }

  reload(): Promise<void> {
    return this.takeOver(this.#options.readConfig());
  }

  async pause(database: string | null): Promise<void> {
    for (const name of this.#names(database)) this.#paused.add(name);
    await this.#all('pause', database);
  }

  async resume(database: string | null): Promise<void> {
    for (const name of this.#names(database)) this.#paused.delete(name);
    await this.#all('resume', database);
  }

  async reconnect(database: string | null): Promise<void> {
    await this.#all('reconnect', database);
  }

  async waitClose(database: string | null): Promise<void> {
    await this.#all('waitClose', database);
  }

  async maintenance(on: boolean): Promise<void> {
    this.#maintenance = on;
    await this.#all('maintenance', on);
  }

  async kill(database: string | null): Promise<void> {
    for (const name of this.#names(database)) this.#paused.add(name);
    await this.#all('kill', database);
  }

  /** Whose it is says the remainder, see `publicId` of a snapshot; the others do not know it. */
  async killClient(id: number): Promise<boolean> {
    return (await this.#all('killClient', id)).includes(true);
  }

  async enable(database: string, on: boolean): Promise<void> {
    if (on) this.#disabled.delete(database);
    else this.#disabled.add(database);
    await this.#all('enable', database, on);
  }

  shutdown(mode: ShutdownMode): void {
    this.#requestStop(mode);
  }

  /** Of the clients of all workers. */
  #waits(): WaitSource {
    return {
      wideTransactions: async ms => (await this.#all('wideTransactions', ms)).flat(),
      lockWaits: async ms => (await this.#all('lockWaits', ms)).flat(),
      endDeadlock: async (...victim) => void (await this.#all('endDeadlock', ...victim)),
    };
  }

  async #metricsText(): Promise<string> {
    const namespace = this.#config.general.openmetricsNamespace;
    return openMetricsText(await this.snapshot('totals'), namespace);
  }

  #names(database: string | null): string[] {
    return database === null ? [...this.#config.databases.keys()] : [database];
  }

  /** Answers of all workers; one that dies before it answers is left out. */
  async #all<N extends keyof WorkerCalls>(
    name: N,
    ...args: Parameters<WorkerCalls[N]>
  ): Promise<Awaited<ReturnType<WorkerCalls[N]>>[]> {
    const answers = await Promise.all(
      this.#members.map(member => this.#unlessEnded(member, member.calls.call(name, ...args))),
    );
    return answers.flatMap(answer => (answer === null ? [] : [answer.value]));
  }

  async #unlessEnded<T>(member: Member, answer: Promise<T>): Promise<{ value: T } | null> {
    try {
      return { value: await answer };
    } catch (error) {
      if (member.ended) return null;
      throw error;
    }
  }

  /** Resolves with the port when the worker listens. */
  async #spawn(worker: number): Promise<number> {
    const member = this.#begin(worker);
    this.#members[worker] = member;
    member.thread.on('error', error => {
      member.failure = error instanceof Error ? error : new Error(String(error));
    });
    member.thread.on('exit', code => this.#ended(member, code));
    const port = await member.calls.call('started');
    member.serving = true;
    return port;
  }

  #begin(worker: number): Member {
    const { workers } = this.#options;
    const start: WorkerStart = {
      worker,
      workers,
      config: this.#config,
      port: this.#port,
      logLevel: this.#log.level,
      memory: this.#shared.memory,
      paused: this.#paused,
      disabled: this.#disabled,
      maintenance: this.#maintenance,
      generation: this.#desk.generation,
      borrowed: this.#desk.borrowed(worker),
    };
    const file = import.meta.url.endsWith('.ts') ? './worker-thread.ts' : './worker-thread.js';
    const thread = new Worker(new URL(file, import.meta.url), {
      workerData: start,
      name: `pgpack worker ${worker}`,
      // Three times what `young-generation.ts` says of one of its halves.
      resourceLimits: { maxYoungGenerationSizeMb: 12 },
    });
    const calls = new RemoteCalls<WorkerCalls>(thread, this.#callsOf(worker));
    const startedAtMs = Date.now();
    return { worker, thread, calls, startedAtMs, serving: false, failure: null, ended: false };
  }

  #callsOf(worker: number): GroupCalls {
    return {
      snapshot: detail => this.snapshot(detail),
      reload: () => this.reload(),
      pause: database => this.pause(database),
      resume: database => this.resume(database),
      reconnect: database => this.reconnect(database),
      waitClose: database => this.waitClose(database),
      maintenance: on => this.maintenance(on),
      kill: database => this.kill(database),
      killClient: id => this.killClient(id),
      enable: (database, on) => this.enable(database, on),
      shutdown: mode => this.shutdown(mode),
      enterClient: (user, database) => this.#seats.enter(this.#config, worker, user, database),
      leaveClient: (user, database) => this.#seats.leave(worker, user, database),
      borrow: (...need) => this.#desk.borrow(worker, ...need),
      // The remainder says whose it is, as `CancelKeys` has it.
      cancel: async (processId, secret) => {
        await this.#one(processId % this.#options.workers, 'cancel', processId, secret);
      },
    };
  }

  /** The answer of one worker, or null: it is gone. */
  async #one<N extends keyof WorkerCalls>(
    worker: number,
    name: N,
    ...args: Parameters<WorkerCalls[N]>
  ): Promise<Awaited<ReturnType<WorkerCalls[N]>> | null> {
    const member = this.#members[worker];
    if (member === undefined) return null;
    const answer = await this.#unlessEnded(member, member.calls.call(name, ...args));
    return answer === null ? null : answer.value;
  }

  #ended(member: Member, code: number): void {
    const { worker } = member;
    const reason = member.failure ?? new Error(`worker ${worker} ended with code ${code}`);
    member.ended = true;
    this.#shared.forgetClients(worker);
    this.#seats.clear(worker);
    member.calls.end(reason);
    if (this.#closing || this.#isStarting(member)) return;
    const what = 'a worker has died and is started again; its clients are lost';
    this.#log.error({ worker, err: reason.stack ?? reason.message }, what);
    this.#restart(member);
  }

  /** Of the group: then `start` fails. */
  #isStarting(member: Member): boolean {
    return !member.serving && !this.#restarts.has(member.worker);
  }

  #restart({ worker, serving, startedAtMs }: Member): void {
    const isSound = serving && Date.now() - startedAtMs > soundAfterMs;
    const before = isSound ? 0 : (this.#restartMs[worker] ?? 0);
    const delayMs = Math.min(restartMsMax, Math.max(restartMsMin, 2 * before));
    this.#restartMs[worker] = delayMs;
    const again = async () => {
      try {
        await this.#spawn(worker);
        this.#log.info({ worker }, 'the worker serves again');
      } catch {
        // `#ended` has said why, and tries again.
      }
    };
    this.#restarts.set(worker, setTimeout(again, delayMs));
  }

  async #terminate(): Promise<void> {
    this.#metrics.close();
    await Promise.all(this.#members.map(({ thread }) => thread.terminate()));
  }
}
