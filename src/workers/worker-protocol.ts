// What the main thread and its workers say to each other: which calls each side answers, and what
// a worker is given when it starts.

import type { AdminTarget } from '../admin/admin-target.ts';
import type { CloseOptions } from '../app.ts';
import type { LimitedUser } from '../config/client-limits.ts';
import type { Config } from '../config/config.ts';
import type { WaitSource } from '../frontend/deadlock-watch.ts';
import type { PoolName } from '../frontend/peers.ts';
import type { SharedMemory } from './shared-state.ts';

/** What a worker does to itself, when the main thread calls. */
export type WorkerCalls = Omit<Plain<AdminTarget & WaitSource>, 'reload' | 'shutdown'> & {
  /** Resolves with the port when it listens. */
  started(): Promise<number>;
  /** Rejects when the configuration cannot be taken over. */
  reload(config: Config, generation: number): Promise<void>;
  cancel(processId: number, secret: Uint8Array): Promise<void>;
  /** See `PoolLoans`. */
  lend(name: PoolName, count: number, generation: number): Promise<number>;
  giveBack(name: PoolName, count: number, generation: number): Promise<number>;
  take(name: PoolName, count: number, generation: number): void;
  close(options: CloseOptions): Promise<void>;
};

/** What the main thread does to all workers, when one of them calls. */
export type GroupCalls = Plain<AdminTarget> & {
  /** Rejects with PgError as `ClientCounter.enter`. */
  enterClient(user: LimitedUser, database: string): void;
  leaveClient(user: LimitedUser, database: string): void;
  /** See `LoanDesk`. */
  borrow(name: PoolName, count: number, generation: number): Promise<void>;
  cancel(processId: number, secret: Uint8Array): Promise<void>;
};

export interface WorkerStart {
  readonly worker: number;
  readonly workers: number;
  /** All of it; a worker takes its share by itself. */
  readonly config: Config;
  /** 0 for the first worker only: any that is free. */
  readonly port: number;
  readonly logLevel: string;
  readonly memory: SharedMemory;
  readonly paused: ReadonlySet<string>;
  readonly disabled: ReadonlySet<string>;
  readonly maintenance: boolean;
  /** Of the configuration. */
  readonly generation: number;
  readonly borrowed: ReadonlyMap<string, number>;
}

/** An interface as a type that can be called by name. */
type Plain<T> = { readonly [name in keyof T]: T[name] };
