// The shards of keys that a query translated, of all looked-up tables of a database: bounded in
// bytes, in two generations as `common/bounded-cache.ts`. Placement is synchronous, the query is
// not, so a key that is not here is a signal to whoever evaluates: it has to be asked for first.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';

/** What an entry takes beyond its text: the Map's own, and headers of strings. */
const entryBytes = 96;

/** The key has to be looked up before rows with it can be placed. As an error it is a refusal, for
 *  those who cannot wait. */
export class KeyUnknown extends PgError {
  constructor(table: string) {
    super(errors.unsupported, { construct: `placing a key of "${table}" that is not looked up` });
  }
}

/** The function of one table, as far as its keys are asked for. */
export interface LookupFunction {
  /** Functions that share it share their keys. */
  readonly print: string;
  readonly table: string;
  /** One SELECT with the key as `$1`. */
  readonly query: string;
  /** OID by which the parameter is declared. */
  readonly parameterType: number;
  /** The shard that the query's answer for a key stands for; `type`: OID of its column. Throws
   *  `lookupFailed` where it stands for none. */
  shardOfAnswer(key: string, answer: string | null, type: number): number;
}

/** Keys by the table they were wanted for, each once. */
export type WantedKeys = ReadonlyMap<LookupFunction, ReadonlySet<string>>;

/** Answers of one statement, which it needs whether the cache keeps them or not. */
export class FoundKeys {
  readonly #shards = new Map<string, Map<string, number>>();

  get(print: string, key: string): number | undefined {
    return this.#shards.get(print)?.get(key);
  }

  add(print: string, key: string, shard: number): void {
    let keys = this.#shards.get(print);
    if (keys === undefined) this.#shards.set(print, (keys = new Map()));
    keys.set(key, shard);
  }
}

type Keys = Map<string, Map<string, number>>;

export class LookupCache {
  #bytesMax: number;
  #young: Keys = new Map();
  #old: Keys = new Map();
  #youngBytes = 0;
  #oldBytes = 0;
  /** Answers at hand while a statement is evaluated again. */
  #found: FoundKeys | null = null;
  /** Keys that are wanted are collected here; null: the first one throws. */
  #wanted: Map<LookupFunction, Set<string>> | null = null;
  #generation = 0;

  constructor(bytesMax = 0) {
    this.#bytesMax = bytesMax;
  }

  set bytesMax(bytes: number) {
    this.#bytesMax = bytes;
  }

  /** Of what is kept, about. */
  get bytes(): number {
    return this.#youngBytes + this.#oldBytes;
  }

  /** Another number: what is being asked for may have been translated otherwise since. */
  get generation(): number {
    return this.#generation;
  }

  /** Throws `KeyUnknown`. While keys are collected, any shard for one that is not known. */
  shardOf(table: LookupFunction, key: string): number {
    const shard = this.find(table.print, key);
    if (shard !== undefined) return shard;
    if (this.#wanted === null) throw new KeyUnknown(table.table);
    const keys = this.#wanted.get(table);
    if (keys === undefined) this.#wanted.set(table, new Set([key]));
    else keys.add(key);
    return 0;
  }

  find(print: string, key: string): number | undefined {
    const shard = this.#young.get(print)?.get(key) ?? this.#found?.get(print, key);
    if (shard !== undefined) return shard;
    const keys = this.#old.get(print);
    const kept = keys?.get(key);
    if (kept === undefined) return undefined;
    keys!.delete(key);
    this.#oldBytes -= bytesOf(key);
    this.add(print, key, kept);
    return kept;
  }

  add(print: string, key: string, shard: number): void {
    const bytes = bytesOf(key);
    if (bytes > this.#bytesMax / 2) return;
    if (this.#youngBytes + bytes > this.#bytesMax / 2) {
      this.#old = this.#young;
      this.#oldBytes = this.#youngBytes;
      this.#young = new Map();
      this.#youngBytes = 0;
    }
    let keys = this.#young.get(print);
    if (keys === undefined) this.#young.set(print, (keys = new Map()));
    if (!keys.has(key)) this.#youngBytes += bytes;
    keys.set(key, shard);
  }

  /** What comes of answers that were asked for before is not kept either. */
  clear(): void {
    this.#generation += 1;
    this.#young = new Map();
    this.#old = new Map();
    this.#youngBytes = 0;
    this.#oldBytes = 0;
  }

  /** Runs `evaluate` with these answers at hand; it is synchronous. Throws what it throws. */
  with<T>(found: FoundKeys, evaluate: () => T): T {
    const before = this.#found;
    this.#found = found;
    try {
      return evaluate();
    } finally {
      this.#found = before;
    }
  }

  /** Which keys `evaluate` lacks; without any its result. It has no effects and is synchronous: what
   *  it comes to while keys are missing, errors too, is dropped. Throws what it throws else. */
  collect<T>(found: FoundKeys, evaluate: () => T): { wanted: WantedKeys } | { result: T } {
    const wanted = new Map<LookupFunction, Set<string>>();
    const before = this.#wanted;
    this.#wanted = wanted;
    try {
      const result = this.with(found, evaluate);
      return wanted.size > 0 ? { wanted } : { result };
    } catch (error) {
      if (wanted.size > 0) return { wanted };
      throw error;
    } finally {
      this.#wanted = before;
    }
  }
}

function bytesOf(key: string): number {
  return 2 * key.length + entryBytes;
}
