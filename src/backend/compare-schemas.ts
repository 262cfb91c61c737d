// Compares the schemas of a cluster's shards with that of shard 0, over connections of its own: a
// fingerprint of every object first, then the facts of those that differ. Nothing else is kept.

import PQueue from 'p-queue';
import { type Difference, type Drift, differenceOf, driftOf } from '../catalog/drift.ts';
import { objectKey, type SchemaFacts, type SchemaObject } from '../catalog/schema-facts.ts';
import type { Cluster } from './cluster.ts';
import { internalQuery, runCommand, type TextRow } from './internal-query.ts';
import {
  type Fingerprint,
  factsQuery,
  fingerprintQuery,
  readFacts,
  readFingerprints,
} from './schema-facts-query.ts';
import type { ServerConnection } from './server-connection.ts';
import { type NamedOids, oidsQuery, readOids } from './shard-oids.ts';

/** Shards that are read at once. */
const parallelShards = 4;
/** Objects whose facts are asked for in one query. */
const objectsPerQuery = 200;
/** What is known to be locked is left out; what is locked meanwhile is not waited for long. */
const settings = "SET search_path = ''; SET lock_timeout = '2s'; SET statement_timeout = '30s'";

export interface Comparison {
  /** By `objectKey`. */
  readonly drifts: ReadonlyMap<string, Drift>;
  /** Shards that could not be read, and why: nothing is known of them. */
  readonly failures: ReadonlyMap<number, unknown>;
  /** Texts of locked relations are missing. */
  readonly partial: boolean;
  /** Users made types, not only tables. */
  readonly ownTypes: boolean;
}

interface ShardSchema {
  readonly shard: number;
  /** Of PostgreSQL. */
  readonly major: number;
  /** By `objectKey`. */
  readonly fingerprints: ReadonlyMap<string, Fingerprint>;
  readonly oids: NamedOids;
  readonly ownTypes: boolean;
}

/**
 * Tells the cluster the OIDs of its shards, too. `everywhere`: schemas that all shards should have;
 * what is in others is not compared. Rejects with what kept shard 0 from being read.
 */
export async function compareSchemas(
  cluster: Cluster,
  everywhere: (schema: string) => boolean,
): Promise<Comparison> {
  const queue = new PQueue({ concurrency: parallelShards });
  let partial = false;
  const first = readSchema(cluster, 0);
  // Whoever awaits it may still be reading another shard.
  first.catch(() => {});
  const others = Array.from({ length: cluster.shardCount - 1 }, (_, at) =>
    queue.add(async () => {
      const other = await readSchema(cluster, at + 1);
      const zero = await first;
      partial ||= hasLocked(zero) || hasLocked(other);
      cluster.oids[other.shard]?.learn(other.oids, zero.oids);
      return differencesOf(cluster, zero, other, everywhere);
    }),
  );
  const compared = await Promise.allSettled(others);
  const { ownTypes } = await first;
  const objects = new Map<string, [SchemaObject, Map<number, Difference>]>();
  const failures = new Map<number, unknown>();
  for (const [at, result] of compared.entries()) {
    if (result.status === 'rejected') {
      failures.set(at + 1, result.reason);
      continue;
    }
    for (const [object, difference] of result.value) {
      const [, shards] = objects.get(objectKey(object)) ?? [object, new Map()];
      objects.set(objectKey(object), [object, shards.set(at + 1, difference)]);
    }
  }
  const drifts = new Map<string, Drift>();
  for (const [key, [object, shards]] of objects) {
    const drift = driftOf(object, shards);
    if (drift !== null) drifts.set(key, drift);
  }
  return { drifts, failures, partial, ownTypes };
}

/**
 * Tells the cluster the OIDs of its shards, nothing else. `ask` runs a query on a shard. Resolves
 * with what kept shards from being asked, by their numbers.
 */
export async function learnOids(
  cluster: Cluster,
  ask: (shard: number, sql: string) => Promise<readonly TextRow[]>,
): Promise<ReadonlyMap<number, unknown>> {
  const failures = new Map<number, unknown>();
  const asked = await Promise.allSettled(cluster.pools.map((_, shard) => ask(shard, oidsQuery)));
  const named = asked.map((result, shard) => {
    if (result.status === 'fulfilled') return readOids(result.value).oids;
    failures.set(shard, result.reason);
    return null;
  });
  const first = named[0] ?? null;
  if (first === null) return failures;
  for (const [shard, oids] of named.entries()) {
    if (oids !== null) cluster.oids[shard]?.learn(oids, first);
  }
  return failures;
}

function hasLocked({ fingerprints }: ShardSchema): boolean {
  for (const { texts } of fingerprints.values()) if (texts === null) return true;
  return false;
}

async function withServer<T>(
  cluster: Cluster,
  shard: number,
  run: (server: ServerConnection) => Promise<T>,
): Promise<T> {
  const server = await cluster.openAside(shard);
  try {
    await runCommand(server, settings);
    return await run(server);
  } finally {
    server.close();
  }
}

function readSchema(cluster: Cluster, shard: number): Promise<ShardSchema> {
  return withServer(cluster, shard, async server => {
    const fingerprints = readFingerprints(await internalQuery(server, fingerprintQuery));
    const named = readOids(await internalQuery(server, oidsQuery));
    return {
      shard,
      major: Number.parseInt(server.parameters.get('server_version') ?? '', 10),
      fingerprints: new Map(fingerprints.map(one => [objectKey(one.object), one])),
      ...named,
    };
  });
}

/** Every object that the shard has otherwise than shard 0. */
async function differencesOf(
  cluster: Cluster,
  first: ShardSchema,
  other: ShardSchema,
  everywhere: (schema: string) => boolean,
): Promise<ReadonlyMap<SchemaObject, Difference>> {
  const texts = first.major === other.major;
  let wanted: SchemaObject[] = [];
  for (const [key, { object, ...prints }] of first.fingerprints) {
    const pair = other.fingerprints.get(key);
    const alike = !texts || pair?.texts === null || prints.texts === null;
    const equal = pair?.facts === prints.facts && (alike || pair.texts === prints.texts);
    if (!equal || pair?.object.kind !== object.kind) wanted.push(object);
  }
  for (const [key, { object }] of other.fingerprints) {
    if (!first.fingerprints.has(key)) wanted.push(object);
  }
  wanted = wanted.filter(object => everywhere(object.schema));
  const differences = new Map<SchemaObject, Difference>();
  for (let at = 0; at < wanted.length; at += objectsPerQuery) {
    const some = wanted.slice(at, at + objectsPerQuery);
    const [ofFirst, ofOther] = await Promise.all([
      readFactsOf(cluster, 0, some),
      readFactsOf(cluster, other.shard, some),
    ]);
    for (const object of some) {
      const key = objectKey(object);
      const [a, b] = [ofFirst.get(key) ?? null, ofOther.get(key) ?? null];
      // Dropped on both meanwhile.
      if (a !== null || b !== null) differences.set(object, differenceOf(a, b, texts));
    }
  }
  return differences;
}

async function readFactsOf(
  cluster: Cluster,
  shard: number,
  objects: readonly SchemaObject[],
): Promise<ReadonlyMap<string, SchemaFacts>> {
  const sql = factsQuery(objects);
  const rows = await withServer(cluster, shard, server => internalQuery(server, sql));
  return new Map(readFacts(rows).map(one => [objectKey(one.object), one]));
}
