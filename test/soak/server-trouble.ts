// What happens to the servers while the soak runs: restarts, crashes, killed connections. Says
// whether an error that a client got can come from it.

import type { EmbeddedServer } from '../../src/embedded/embedded-server.ts';
import type { Random } from '../sharding/seeded-random.ts';
import { connect, type DatabaseAddress } from '../support/cluster.ts';
import { pause } from './soak-actions.ts';

export interface Shard {
  readonly server: EmbeddedServer;
  readonly address: DatabaseAddress;
}

interface TroubleOptions {
  readonly shards: readonly Shard[];
  readonly random: Random;
  readonly pauseMs: number;
  /** So long after a server is back its absence may still be noticed. */
  readonly graceMs: number;
  readonly say: (line: string) => void;
}

export class ServerTrouble {
  /** How often each happened. */
  readonly events = new Map<string, number>();
  readonly #options: TroubleOptions;
  #busy = false;
  #endedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: TroubleOptions) {
    this.#options = options;
  }

  /** Whether a server was away, or came back less than the grace time ago. */
  get recent(): boolean {
    return this.#busy || performance.now() - this.#endedAtMs < this.#options.graceMs;
  }

  /** One event after the other until `untilMs` of `performance.now()`. */
  async run(untilMs: number): Promise<void> {
    const { random, pauseMs, shards, say } = this.#options;
    const kinds = [
      ['restart', restart],
      ['crash', crash],
      ['kill one connection', killOne],
      ['kill all connections', killAll],
    ] as const;
    for (;;) {
      await pause(pauseMs / 2 + random.below(pauseMs));
      if (performance.now() >= untilMs) return;
      const number = random.below(shards.length);
      const [name, cause] = kinds[random.below(kinds.length)]!;
      say(`shard ${number}: ${name}`);
      this.events.set(name, (this.events.get(name) ?? 0) + 1);
      this.#busy = true;
      try {
        await cause(shards[number]!);
      } finally {
        this.#busy = false;
        this.#endedAtMs = performance.now();
      }
    }
  }
}

async function restart({ server }: Shard): Promise<void> {
  await server.restart();
}

async function crash({ server }: Shard): Promise<void> {
  await server.kill();
  await server.restart();
}

function killOne(shard: Shard): Promise<void> {
  return kill(shard, 'ORDER BY random() LIMIT 1');
}

function killAll(shard: Shard): Promise<void> {
  return kill(shard, '');
}

async function kill({ address }: Shard, which: string): Promise<void> {
  const killer = await connect(address);
  try {
    await killer.query(
      `SELECT pg_terminate_backend(pid, 5000) FROM
         (SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'
          AND pid <> pg_backend_pid() ${which}) one`,
    );
  } finally {
    await killer.end();
  }
}
