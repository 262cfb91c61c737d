// The process with many clients (`load-process.ts`), seen from the benchmark.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Endpoint } from './raw-client.ts';

export type LoadOrder =
  | { kind: 'connect'; endpoint: Endpoint; clients: number; sql: string }
  /** `$1` in `sql` becomes a number from 1 to `keys`. */
  | { kind: 'run'; ms: number; sql: string; keys: number }
  | { kind: 'close' };

export interface LoadAnswer {
  /** The first few. */
  readonly errors: readonly string[];
  readonly errorCount: number;
  readonly clients: readonly { readonly queries: number; readonly waitsMs: readonly number[] }[];
}

export class ManyClients {
  readonly #child: ChildProcess;

  constructor() {
    const script = fileURLToPath(new URL('./load-process.ts', import.meta.url));
    this.#child = fork(script, [], { serialization: 'advanced' });
  }

  async #ask(order: LoadOrder): Promise<LoadAnswer> {
    this.#child.send(order);
    const gone = once(this.#child, 'exit').then(() => {
      throw new Error('the process with the clients ended');
    });
    gone.catch(() => {});
    const [answer] = (await Promise.race([once(this.#child, 'message'), gone])) as [LoadAnswer];
    return answer;
  }

  /** Logs clients in; each asks `sql` once. Rejects if one of them failed. */
  async connect(endpoint: Endpoint, clients: number, sql: string): Promise<void> {
    const { errors, errorCount } = await this.#ask({ kind: 'connect', endpoint, clients, sql });
    if (errorCount > 0) throw new Error(`${errorCount} logins failed: ${errors.join('; ')}`);
  }

  run(input: { ms: number; sql: string; keys: number }): Promise<LoadAnswer> {
    return this.#ask({ kind: 'run', ...input });
  }

  async stop(): Promise<void> {
    const exit = once(this.#child, 'exit');
    this.#child.disconnect();
    await exit;
  }
}
