// The program of a worker: one app on an event loop of its own. What concerns all workers it asks
// of the main thread, which in turn calls it.

import { parentPort, workerData } from 'node:worker_threads';
import type { AdminTarget } from '../admin/admin-target.ts';
import { type App, startApp } from '../app.ts';
import type { PoolLimits } from '../backend/pool-limits.ts';
import { createLogger } from '../common/logger.ts';
import type { Peers, PoolName } from '../frontend/peers.ts';
import { PoolLoans } from './pool-loans.ts';
import { RemoteCalls } from './remote-calls.ts';
import { SharedState } from './shared-state.ts';
import type { GroupCalls, WorkerCalls, WorkerStart } from './worker-protocol.ts';

/** How often it is looked whether clients wait for connections that others may have. */
const lendingPeriodMs = 100;

const given = workerData as WorkerStart;
const { worker, workers, config } = given;
let running: App | null = null;
const log = createLogger(given.logLevel, config.general.logFormat).child({ worker });
const shared = new SharedState(workers, given.memory);

const loans = new PoolLoans(() => running?.pools ?? [], given.generation, given.borrowed);

const calls: WorkerCalls = {
  started: async () => (await app).port,
  reload: async (next, generation) => {
    loans.reset(generation);
    (await app).reload(next);
  },
  cancel: async (processId, secret) => (await app).cancel(processId, Buffer.from(secret)),
  lend: (...asked) => loans.lend(...asked),
  giveBack: (...asked) => loans.giveBack(...asked),
  take: (...given) => loans.take(...given),
  close: async options => {
    clearInterval(lending);
    await (await app).close(options);
  },
  snapshot: async detail => (await own()).snapshot(detail),
  pause: async database => (await own()).pause(database),
  resume: async database => (await own()).resume(database),
  reconnect: async database => (await own()).reconnect(database),
  waitClose: async database => (await own()).waitClose(database),
  maintenance: async on => (await own()).maintenance(on),
  kill: async database => (await own()).kill(database),
  killClient: async id => (await own()).killClient(id),
  enable: async (database, on) => (await own()).enable(database, on),
  wideTransactions: async ms => (await app).waits.wideTransactions(ms),
  lockWaits: async ms => (await app).waits.lockWaits(ms),
  endDeadlock: async (...victim) => (await app).waits.endDeadlock(...victim),
};

const group = new RemoteCalls<GroupCalls>(parentPort!, calls);

const admin: AdminTarget = {
  snapshot: detail => group.call('snapshot', detail),
  reload: () => group.call('reload'),
  pause: database => group.call('pause', database),
  resume: database => group.call('resume', database),
  reconnect: database => group.call('reconnect', database),
  waitClose: database => group.call('waitClose', database),
  maintenance: on => group.call('maintenance', on),
  kill: database => group.call('kill', database),
  killClient: id => group.call('killClient', id),
  enable: (database, on) => group.call('enable', database, on),
  shutdown: mode => void group.call('shutdown', mode),
};

const peers: Peers = {
  worker,
  workers,
  counter: {
    enter: (_, user, database) => group.call('enterClient', limitsOf(user), database),
    leave: (user, database) => void group.call('leaveClient', limitsOf(user), database),
  },
  clientCame: () => shared.clientCame(worker),
  clientLeft: () => shared.clientLeft(worker),
  cancel: (processId, secret) => group.call('cancel', processId, secret),
  schemaVersion: database => shared.schemaVersion(database),
};

const { paused, disabled, maintenance } = given;
const general = { ...config.general, port: given.port };
const app = startApp(
  { ...config, general },
  { log, worker: { peers, admin, paused, disabled, maintenance, limitPool } },
);

const lending = setInterval(() => {
  loans.look(Date.now(), (...need) => void group.call('borrow', ...need));
}, lendingPeriodMs);

// A failed start ends the thread, and the main thread is told why.
running = await app;

/** The limits of a pool, from this worker's share and what it has borrowed at the moment. */
function limitPool(name: PoolName, share: PoolLimits): PoolLimits {
  const loan = loans.loan(name);
  return {
    ...share,
    get poolSize() {
      return share.poolSize + loan.borrowed;
    },
    get minPoolSize() {
      return Math.min(share.minPoolSize, share.poolSize + loan.borrowed);
    },
  };
}

async function own(): Promise<AdminTarget> {
  return (await app).own;
}

function limitsOf({ name, maxUserClientConnections }: Parameters<Peers['counter']['leave']>[0]) {
  return { name, maxUserClientConnections };
}
