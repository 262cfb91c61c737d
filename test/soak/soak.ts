// The soak: a crowd of clients over an endpoint with three shards, first for warming up, then while
// servers are restarted and connections killed, then in peace. In between and at the end nothing
// of the clients may be left. See `soak-checks.ts` for what must be true.

import { type EmbeddedServer, startServer } from '../../src/embedded/embedded-server.ts';
import { seededRandom } from '../sharding/seeded-random.ts';
import { connect, type DatabaseAddress } from '../support/cluster.ts';
import { type EndpointProcess, type EndpointState, startEndpoint } from './endpoint-process.ts';
import { Outcomes, slotsPerClient } from './outcomes.ts';
import { ServerTrouble, type Shard } from './server-trouble.ts';
import { fixedRows, pause } from './soak-actions.ts';
import {
  activity,
  connectionProblems,
  mb,
  memoryProblems,
  preparedProblems,
  rowProblems,
  settled,
} from './soak-checks.ts';
import { Crowd } from './soak-clients.ts';
import type { Witness } from './soak-connection.ts';
import { soakShards } from './soak-writes.ts';

export interface SoakOptions {
  readonly seconds: number;
  readonly clients: number;
  readonly seed: number;
  readonly say: (line: string) => void;
}

export interface SoakReport {
  /** What must not be, the first of each kind in full; empty: all is well. */
  readonly problems: readonly string[];
  readonly actions: number;
  readonly committed: number;
}

/** Shares of the time. */
const warmUp = 0.2;
const peace = 0.2;
/** A client waits up to the checkout timeout for a server that is gone, and hears of it then. */
const graceMs = 6_500;
const problemsShown = 50;

export async function runSoak(options: SoakOptions): Promise<SoakReport> {
  const { say, seed, clients, seconds } = options;
  say(`seed ${seed}, ${clients} clients, ${seconds} s`);
  const shards = await startShards(options);
  const endpoint = await startEndpoint(
    shards.map(({ address }) => address),
    clients,
  );
  try {
    return await new Soak(options, shards, endpoint).run();
  } finally {
    await endpoint.stop();
    await Promise.all(shards.map(({ server }) => server.stop()));
  }
}

class Soak {
  readonly #options: SoakOptions;
  readonly #shards: readonly Shard[];
  readonly #endpoint: EndpointProcess;
  readonly #trouble: ServerTrouble;
  readonly #outcomes = new Outcomes();
  readonly #problems: string[] = [];
  readonly #crowds: Crowd[] = [];
  readonly #problemCounts = new Map<string, number>();
  #losses = 0;
  #explained = false;

  constructor(options: SoakOptions, shards: readonly Shard[], endpoint: EndpointProcess) {
    this.#options = options;
    this.#shards = shards;
    this.#endpoint = endpoint;
    const troubledMs = options.seconds * 1_000 * (1 - warmUp - peace);
    this.#trouble = new ServerTrouble({
      ...{ shards, graceMs, say: options.say },
      random: seededRandom(options.seed),
      // Some peace between two of them, also in a long run: what errors come late must be seen.
      pauseMs: Math.min(Math.max(troubledMs / 12, 1_000), 20_000),
    });
  }

  async run(): Promise<SoakReport> {
    const { seconds, say } = this.#options;
    const ms = seconds * 1_000;
    await this.#crowd(1, () => pause(ms * warmUp));
    const before = await this.#settle('after the warm-up');
    await this.#crowd(2, async () => {
      await this.#trouble.run(performance.now() + ms * (1 - warmUp - peace));
      say('no more trouble');
      await pause(ms * peace);
    });
    const after = await this.#settle('at the end');
    await this.#check(before, after);
    return this.#report();
  }

  async #crowd(phase: number, work: () => Promise<void>): Promise<void> {
    const { clients, seed, say } = this.#options;
    const crowd = new Crowd({
      ...{ clients, seed: seed * 10 + phase, outcomes: this.#outcomes },
      ...{ address: this.#endpoint.address, witness: this.#witness() },
    });
    this.#crowds.push(crowd);
    await work();
    await crowd.stop();
    say(`${crowd.lives} connections, ${crowd.cuts} of them cut or lost`);
  }

  #witness(): Witness {
    return {
      violation: text => this.#problem(text),
      loss: text => {
        this.#losses += 1;
        if (this.#trouble.recent) return;
        this.#problem(`all servers were up: ${text}`);
        this.#explain();
      },
    };
  }

  /** Of problems that differ in numbers only the first is shown. */
  #problem(text: string): void {
    const kind = text.replaceAll(/\d+/g, '#');
    const count = this.#problemCounts.get(kind) ?? 0;
    this.#problemCounts.set(kind, count + 1);
    if (count > 0 || this.#problems.length >= problemsShown) return;
    this.#problems.push(text);
    this.#options.say(`PROBLEM ${text}`);
  }

  /** Once: what the servers do while clients wait in vain. */
  #explain(): void {
    if (this.#explained) return;
    this.#explained = true;
    const addresses = this.#shards.map(({ address }) => address);
    Promise.all([this.#endpoint.state(), activity(addresses)]).then(
      ([{ counts }, lines]) => this.#options.say(`${JSON.stringify(counts)}\n${lines}`),
      () => {},
    );
  }

  async #settle(when: string): Promise<EndpointState | null> {
    const state = await settled(this.#endpoint);
    if (typeof state === 'string') {
      this.#problem(state);
      return null;
    }
    const { rss, heapUsed, external, counts } = state;
    this.#options.say(
      `${when}: ${mb(rss)} MB resident, ${mb(heapUsed)} MB heap, ${mb(external)} MB outside it, ` +
        `${counts.serverConnections} server connections`,
    );
    return state;
  }

  async #check(before: EndpointState | null, after: EndpointState | null): Promise<void> {
    const addresses = this.#shards.map(({ address }) => address);
    const { address, ended } = this.#endpoint;
    const end = ended();
    if (end !== null) {
      this.#problem(end);
      return;
    }
    const problems: string[] = [];
    if (before !== null && after !== null) problems.push(...memoryProblems(before, after));
    if (after !== null) problems.push(...(await connectionProblems(addresses, after)));
    problems.push(...(await preparedProblems(address)));
    const { problems: wrong, rows } = await rowProblems(addresses, address, this.#outcomes);
    problems.push(...wrong);
    this.#options.say(`${rows} rows on the shards`);
    for (const problem of problems) this.#problem(problem);
  }

  #report(): SoakReport {
    const { say } = this.#options;
    const done = new Map<string, number>();
    for (const crowd of this.#crowds) {
      for (const [name, count] of crowd.done) done.set(name, (done.get(name) ?? 0) + count);
    }
    const listed = (counts: ReadonlyMap<string, number>) =>
      [...counts].map(([name, count]) => `${name} ${count}`).join(', ');
    const committed = this.#outcomes.count('committed');
    say(`actions: ${listed(done)}`);
    say(`servers: ${listed(this.#trouble.events)}`);
    say(
      `writes: ${committed} committed, ${this.#outcomes.count('absent')} rolled back, ` +
        `${this.#outcomes.count('unknown')} cut at COMMIT; ${this.#losses} times a server was lost`,
    );
    const problemCount = [...this.#problemCounts.values()].reduce((sum, count) => sum + count, 0);
    if (problemCount > this.#problems.length) {
      this.#problems.push(`and ${problemCount - this.#problems.length} more`);
    }
    const actions = [...done.values()].reduce((sum, count) => sum + count, 0);
    return { problems: this.#problems, actions, committed };
  }
}

async function startShards({ clients }: SoakOptions): Promise<Shard[]> {
  const servers = await Promise.all(
    Array.from({ length: soakShards }, (_, shard) =>
      startServer({ name: `soak-${shard}`, password: 'soak', durable: false }),
    ),
  );
  const shards = servers.map(server => ({ server, address: addressOf(server) }));
  await Promise.all(shards.map(({ address }, number) => createTables(address, number, clients)));
  return shards;
}

function addressOf({ host, port, user, password }: EmbeddedServer): DatabaseAddress {
  return { host, port, user, password, database: 'postgres' };
}

/** Rows are placed by PostgreSQL's own hash partitioning, past PgPack. */
async function createTables(
  address: DatabaseAddress,
  shard: number,
  clients: number,
): Promise<void> {
  const client = await connect(address);
  const here = (id: string) =>
    `satisfies_hash_partition('placement'::regclass, ${soakShards}, ${shard}, ${id}::bigint)`;
  await client.query(`
    CREATE TABLE placement (id bigint) PARTITION BY HASH (id);
    CREATE TABLE ledger (slot bigint, seq integer, PRIMARY KEY (slot, seq));
    CREATE TABLE counters (slot bigint PRIMARY KEY, written bigint NOT NULL);
    CREATE TABLE fixed (id bigint PRIMARY KEY, value text NOT NULL);
    INSERT INTO counters SELECT id, 0
      FROM generate_series(0, ${clients * slotsPerClient - 1}) id WHERE ${here('id')};
    INSERT INTO fixed SELECT id, 'value ' || id
      FROM generate_series(1, ${fixedRows}) id WHERE ${here('id')};
    ANALYZE`);
  await client.end();
}
