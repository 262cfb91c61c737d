// The crowd: each client lives one connection after the other, does a few things in each, and ends
// it by goodbye, by half-closing or by a cut. What it does follows from the seed alone.

import { type Random, seededRandom } from '../sharding/seeded-random.ts';
import { terminate } from '../support/client-bytes.ts';
import type { DatabaseAddress } from '../support/cluster.ts';
import type { Outcomes } from './outcomes.ts';
import {
  type Action,
  cancelOne,
  checkSettings,
  copyOut,
  dieReading,
  type Life,
  pause,
  raiseError,
  readOrdered,
  readPoint,
  readSum,
  runPrepared,
} from './soak-actions.ts';
import { Lost, SoakConnection, type Witness } from './soak-connection.ts';
import {
  writeByCopy,
  writeInOneQuery,
  writeInPipeline,
  writeInTransaction,
  writeWithSavepoint,
} from './soak-writes.ts';

/** Out of how many: see the sum. */
const weights: readonly (readonly [Action, number])[] = [
  [readPoint, 16],
  [runPrepared, 20],
  [readSum, 3],
  [readOrdered, 3],
  [copyOut, 1],
  [raiseError, 4],
  [checkSettings, 6],
  [cancelOne, 3],
  [dieReading, 1],
  [writeInTransaction, 16],
  [writeWithSavepoint, 6],
  [writeInOneQuery, 6],
  [writeInPipeline, 8],
  [writeByCopy, 5],
];
const weightSum = weights.reduce((sum, [, weight]) => sum + weight, 0);

/** Of all clients together, so that a machine that does other things as well keeps up. */
const actionsPerSecond = 250;
const actionsPerLifeMax = 12;

export interface CrowdOptions {
  readonly address: DatabaseAddress;
  readonly clients: number;
  readonly seed: number;
  readonly outcomes: Outcomes;
  readonly witness: Witness;
}

export class Crowd {
  lives = 0;
  cuts = 0;
  /** Times that each action was done, by its name. */
  readonly done = new Map<string, number>();
  readonly #options: CrowdOptions;
  readonly #running: Promise<void>;
  #stopping = false;

  constructor(options: CrowdOptions) {
    this.#options = options;
    const all = Array.from({ length: options.clients }, (_, client) => this.#run(client));
    this.#running = Promise.all(all).then(() => {});
  }

  /** Lets everybody finish what they are at; resolves when all connections are closed. */
  stop(): Promise<void> {
    this.#stopping = true;
    return this.#running;
  }

  async #run(client: number): Promise<void> {
    const { clients, seed, witness } = this.#options;
    const random = seededRandom(seed * 100_003 + client);
    const pauseMs = (2_000 * clients) / actionsPerSecond;
    await pause(random.below(pauseMs));
    while (!this.#stopping) {
      let connection: SoakConnection | null = null;
      try {
        connection = await SoakConnection.open(this.#options.address, witness);
        this.lives += 1;
        await this.#live(client, connection, random, pauseMs);
        await this.#end(connection, random);
      } catch (error) {
        connection?.raw.destroy();
        this.cuts += 1;
        if (!(error instanceof Lost)) {
          witness.violation(`client ${client}: ${(error as Error).stack ?? error}`);
        }
        await pause(random.below(Math.max(100, pauseMs)));
      }
    }
  }

  async #live(
    client: number,
    connection: SoakConnection,
    random: Random,
    pauseMs: number,
  ): Promise<void> {
    const { outcomes, witness } = this.#options;
    const life: Life = {
      ...{ client, connection, random, outcomes },
      prepared: new Map(),
      statementTimeout: '0',
      violation: text => witness.violation(text),
    };
    for (let left = 1 + random.below(actionsPerLifeMax); left > 0 && !this.#stopping; left--) {
      const action = pick(random);
      this.done.set(action.name, (this.done.get(action.name) ?? 0) + 1);
      await action(life);
      await pause(random.below(pauseMs));
    }
  }

  /** Cuts without a word leave a transaction to be noticed by PgPack; the others are polite. */
  async #end({ raw }: SoakConnection, random: Random): Promise<void> {
    const way = random.below(3);
    if (way === 0) {
      raw.destroy();
      this.cuts += 1;
      return;
    }
    if (way === 1) raw.send(terminate);
    else raw.end();
    await raw.ended();
    raw.destroy();
  }
}

function pick(random: Random): Action {
  let at = random.below(weightSum);
  for (const [action, weight] of weights) {
    at -= weight;
    if (at < 0) return action;
  }
  throw new Error('weights');
}
