// When the schemas of a database's shards are compared: beside the reading of its catalog, again
// after what could not be read, and what is made known of it. Relies on `backend/compare-schemas.ts`.

import type { Cluster } from '../backend/cluster.ts';
import { compareSchemas, learnOids } from '../backend/compare-schemas.ts';
import { internalQuery } from '../backend/internal-query.ts';
import type { SettingsRegistry } from '../backend/settings-registry.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { type Drifts, noDrifts } from '../catalog/drift.ts';
import type { Logger } from '../common/logger.ts';
import { besideClients } from './beside-clients.ts';

/** A catalog waits so long for the first comparison; then it goes without. */
const firstWaitMs = 500;
/** Comparisons that nobody waits for keep so far apart. */
const betweenMs = 1_000;
/** After a shard that could not be read; doubled each time. */
const retryMs = 5_000;
const retryMsMax = 60_000;
/** Differences that are logged of one comparison. */
const loggedMax = 20;

export class SchemaComparison {
  /** As far as is known. */
  drifts: Drifts = noDrifts;
  readonly #cluster: Cluster;
  readonly #settings: SettingsRegistry;
  readonly #log: Logger;
  /** All shards should have the schema. */
  readonly #everywhere: (schema: string) => boolean;
  /** `drifts` are others now. */
  readonly #onChanged: () => void;
  #running: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  /** All shards have been compared once. */
  #complete = false;
  /** There are types whose OIDs have to be known before a client gets them. */
  #ownTypes = false;
  #retryMs = retryMs;

  constructor(
    cluster: Cluster,
    settings: SettingsRegistry,
    log: Logger,
    everywhere: (schema: string) => boolean,
    onChanged: () => void,
  ) {
    this.#cluster = cluster;
    this.#settings = settings;
    this.#log = log;
    this.#everywhere = everywhere;
    this.#onChanged = onChanged;
  }

  /**
   * The catalog is being read. The answer resolves when `drifts` may be used with it: at once when
   * the shards agreed so far, as what passes through PgPack changes them alike, otherwise after a
   * comparison that began now, or half a second. Likewise for OIDs of types: there were none, or
   * they are asked for now.
   */
  begin(): Promise<void> {
    if (this.#cluster.shardCount === 1) return Promise.resolve();
    if (this.#agree) {
      this.#later(betweenMs);
      if (!this.#ownTypes) return Promise.resolve();
    }
    // What is running may have read what has changed since.
    const run = this.#running === null ? this.#run() : this.#running.then(() => this.#run());
    return atMost(run, firstWaitMs);
  }

  /** The catalog that was read has the first types of users' own. */
  async sees({ ownTypes }: Catalog): Promise<void> {
    if (!ownTypes || this.#ownTypes) return;
    this.#ownTypes = true;
    await this.begin();
  }

  /** The servers may be others now. */
  startOver(): void {
    this.#complete = false;
    this.#retryMs = retryMs;
  }

  /** As far as is known. */
  get #agree(): boolean {
    return this.#complete && this.drifts.size === 0;
  }

  #later(ms: number): void {
    if (this.#timer !== null || this.#cluster.closed) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (this.#running !== null) this.#later(betweenMs);
      else void this.#start(() => this.#compare());
    }, ms).unref();
  }

  #run(): Promise<void> {
    if (this.#agree) return this.#start(() => this.#learn());
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    return this.#start(() => this.#compare());
  }

  /** One at a time: what was read first is not to replace what was read later. */
  #start(work: () => Promise<void>): Promise<void> {
    this.#running ??= work().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  /** OIDs only, over connections that are there. */
  async #learn(): Promise<void> {
    if (this.#cluster.closed) return;
    // Nobody is to have a connection (PAUSE).
    if (this.#cluster.held) return this.#retry();
    const from = { cluster: this.#cluster, settings: this.#settings };
    const failures = await learnOids(this.#cluster, (shard, sql) =>
      besideClients(from, shard, server => internalQuery(server, sql)),
    );
    for (const [shard, error] of failures) {
      this.#log.debug({ shard, err: error }, 'OIDs of a shard not read');
    }
    if (failures.size > 0) this.#retry();
  }

  async #compare(): Promise<void> {
    if (this.#cluster.closed) return;
    // Nobody is to have a connection (PAUSE).
    if (this.#cluster.held) return this.#retry();
    try {
      const compared = await compareSchemas(this.#cluster, this.#everywhere);
      const { drifts, failures, partial, ownTypes } = compared;
      for (const [shard, error] of failures) {
        this.#log.debug({ shard, err: error }, 'schema of a shard not compared');
      }
      const whole = failures.size === 0 && !partial;
      if (whole) this.#retryMs = retryMs;
      else this.#retry();
      this.#complete ||= failures.size === 0;
      this.#ownTypes = ownTypes;
      // What was found where nothing can be read now is not over.
      this.#take(whole ? drifts : new Map([...this.drifts, ...drifts]));
    } catch (error) {
      this.#log.debug({ err: error }, 'schemas of shards not compared');
      this.#retry();
    }
  }

  #retry(): void {
    this.#later(this.#retryMs);
    this.#retryMs = Math.min(2 * this.#retryMs, retryMsMax);
  }

  #take(drifts: Drifts): void {
    const before = this.drifts;
    const news = [...drifts].filter(([key, { text }]) => before.get(key)?.text !== text);
    const over = [...before].filter(([key]) => !drifts.has(key));
    if (news.length === 0 && over.length === 0) return;
    this.drifts = drifts;
    for (const [, { object, text }] of news.slice(0, loggedMax)) {
      this.#log.warn({ ...object, drift: text }, 'shards differ in their schema');
    }
    for (const [, { object }] of over.slice(0, loggedMax)) {
      this.#log.info({ ...object }, 'shards agree in their schema again');
    }
    const untold = news.length + over.length - 2 * loggedMax;
    if (untold > 0) this.#log.warn({ drifts: drifts.size }, 'more shards differ: SHOW SCHEMA');
    this.#onChanged();
  }
}

function atMost(done: Promise<void>, ms: number): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, ms);
    void done.then(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
