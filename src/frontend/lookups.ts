// Keys that a query translates into shards (`lookup_query`). Placement is synchronous and knows
// only keys that were looked up before; whoever places rows and may wait does so here, where the
// others are asked for: on shard 0, outside the client's transaction, many at once.

import PQueue from 'p-queue';
import type { Cluster } from '../backend/cluster.ts';
import { askLookup, type LookupAnswers } from '../backend/lookup-query.ts';
import type { SettingsRegistry } from '../backend/settings-registry.ts';
import { PgError } from '../common/pg-error.ts';
import { timerMs } from '../common/timer.ts';
import type { General } from '../config/general-keys.ts';
import { ServerError } from '../protocol/server-error.ts';
import {
  FoundKeys,
  type LookupCache,
  type LookupFunction,
  type WantedKeys,
} from '../sharding/lookup-cache.ts';
import { lookupFailed } from '../sharding/lookup-placement.ts';
import { besideClients } from './beside-clients.ts';

/** Tables that every shard has whole are asked on this one. */
const lookupShard = 0;
/** Exchanges with servers at once; the others wait. */
const exchangesMax = 4;
/** Keys of one exchange. */
const keysMax = 100;

/** Keys have to be looked up before what threw this can be done; it has undone what it did. */
export class KeysLacking extends Error {
  /** Wants all of the keys, and has no effects. */
  readonly probe: () => void;

  constructor(probe: () => void) {
    super('keys have to be looked up');
    this.probe = probe;
  }
}

export interface LookupContext {
  readonly cluster: Cluster;
  readonly settings: SettingsRegistry;
  readonly config: { readonly general: General };
}

/** One exchange. */
interface Batch {
  readonly table: LookupFunction;
  readonly keys: readonly string[];
}

export class Lookups {
  readonly #context: LookupContext;
  readonly #cache: LookupCache;
  readonly #queue = new PQueue({ concurrency: exchangesMax });

  constructor(context: LookupContext, cache: LookupCache) {
    this.#context = context;
    this.#cache = cache;
  }

  /** Keys are translated anew. */
  clear(): void {
    this.#cache.clear();
  }

  /** What `evaluate` comes to once all keys that it places are known: at once where they are. It is
   *  synchronous, has no effects and may run several times. Throws and rejects with what it throws,
   *  and with `lookupFailed`. */
  evaluate<T>(evaluate: () => T): T | Promise<T> {
    const found = new FoundKeys();
    const outcome = this.#cache.collect(found, evaluate);
    if ('result' in outcome) return outcome.result;
    return this.#ask(outcome.wanted, found).then(() => this.#evaluateWith(found, evaluate));
  }

  /** The same for what has effects, and throws `KeysLacking`. */
  async attempt<T>(attempt: () => T): Promise<T> {
    const found = new FoundKeys();
    for (;;) {
      try {
        return this.#cache.with(found, attempt);
      } catch (error) {
        if (!(error instanceof KeysLacking)) throw error;
        await this.#evaluateWith(found, error.probe);
      }
    }
  }

  async #evaluateWith<T>(found: FoundKeys, evaluate: () => T): Promise<T> {
    for (;;) {
      const outcome = this.#cache.collect(found, evaluate);
      if ('result' in outcome) return outcome.result;
      await this.#ask(outcome.wanted, found);
    }
  }

  /** Resolves when `found` has all of them. */
  async #ask(wanted: WantedKeys, found: FoundKeys): Promise<void> {
    const { shardingLookupTimeoutMs: ms, shardingLookupCacheSize } = this.#context.config.general;
    this.#cache.bytesMax = shardingLookupCacheSize;
    const end = new AbortController();
    const timer = setTimeout(() => {
      end.abort(lookupFailed(`no answer within ${ms} ms`));
    }, timerMs(ms));
    try {
      const { signal } = end;
      const batches = batchesOf(wanted).map(batch =>
        this.#queue.add(() => this.#askBatch(batch, found, signal), { signal }),
      );
      await Promise.all(batches);
    } catch (error) {
      throw end.signal.aborted ? end.signal.reason : error;
    } finally {
      clearTimeout(timer);
      // The other batches are of no use if one has failed.
      end.abort();
    }
  }

  async #askBatch({ table, keys }: Batch, found: FoundKeys, signal: AbortSignal): Promise<void> {
    // Others may have asked for some meanwhile.
    const missing = keys.filter(key => {
      const shard = this.#cache.find(table.print, key);
      if (shard !== undefined) found.add(table.print, key, shard);
      return shard === undefined;
    });
    if (missing.length === 0) return;
    const { generation } = this.#cache;
    let answers: LookupAnswers;
    try {
      answers = await besideClients(
        this.#context,
        lookupShard,
        server => askLookup(server, table, missing),
        signal,
      );
    } catch (error) {
      const known = error instanceof ServerError || error instanceof PgError;
      if (!known || signal.aborted) throw error;
      throw lookupFailed(error.message, `It is the lookup_query of "${table.table}".`);
    }
    const keep = generation === this.#cache.generation;
    this.#learn({ table, keys: missing }, answers, found, keep);
  }

  /** Throws what is wrong with the answer for one of them. */
  #learn({ table, keys }: Batch, { types, rows }: LookupAnswers, found: FoundKeys, keep: boolean) {
    const [type, ...others] = types;
    if (type === undefined || others.length > 0) {
      const columns = `${types.length} columns`;
      throw lookupFailed(`the lookup_query of "${table.table}" gives ${columns}, not one`);
    }
    for (const [at, key] of keys.entries()) {
      const [row, second] = rows[at] ?? [];
      const about = `for key "${key}" of "${table.table}"`;
      if (row === undefined) throw lookupFailed(`no row ${about}`);
      if (second !== undefined) throw lookupFailed(`more than one row ${about}`);
      const shard = table.shardOfAnswer(key, row[0] ?? null, type);
      found.add(table.print, key, shard);
      if (keep) this.#cache.add(table.print, key, shard);
    }
  }
}

function batchesOf(wanted: WantedKeys): Batch[] {
  return [...wanted].flatMap(([table, set]) => {
    const keys = [...set];
    const batches: Batch[] = [];
    for (let at = 0; at < keys.length; at += keysMax) {
      batches.push({ table, keys: keys.slice(at, at + keysMax) });
    }
    return batches;
  });
}
