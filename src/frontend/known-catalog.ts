// What is known of a database's tables, and the plans that were made of it. Where a catalog that is
// read again says what the one before said, that one stays, and its plans with it.

import { createHash } from 'node:crypto';
import type { Catalog } from '../catalog/catalog.ts';
import { type Drifts, withDrifts } from '../catalog/drift.ts';
import type { Directive } from '../plan/directive.ts';
import type { StatementCache } from './statement-cache.ts';

export class KnownCatalog {
  /** As it was read, before what the comparison of shards adds. */
  readonly read: Catalog;
  readonly drifts: Drifts;
  readonly catalog: Catalog;
  /** By search path and directive. */
  readonly caches = new Map<string, StatementCache>();
  readonly directives = new WeakMap<Directive, Directive>();

  constructor(read: Catalog, drifts: Drifts) {
    this.read = read;
    this.drifts = drifts;
    this.catalog = withDrifts(read, drifts);
  }

  /** `known` if nothing has changed since. */
  static of(read: Catalog, drifts: Drifts, known: KnownCatalog | null): KnownCatalog {
    const same = known !== null && known.read === read && known.drifts === drifts;
    return same ? known : new KnownCatalog(read, drifts);
  }
}

type Rows = Readonly<Record<string, readonly unknown[]>>;

/** Of lists that are given again as they are: functions that did not change. */
const listDigests = new WeakMap<readonly unknown[], string>();

/** Rows come in the order in which they lie in tables; an UPDATE of one changes that. */
function listDigest(list: readonly unknown[]): string {
  let digest = listDigests.get(list);
  if (digest === undefined) {
    const hash = createHash('sha256');
    for (const row of list.map(one => JSON.stringify(one)).sort()) hash.update(row);
    listDigests.set(list, (digest = hash.digest('base64')));
  }
  return digest;
}

function digestOf(rows: Rows): string {
  const hash = createHash('sha256');
  for (const [name, list] of Object.entries(rows)) hash.update(name).update(listDigest(list));
  return hash.digest('base64');
}

/** The catalogs that were built last, one for each shard that is read, by a digest of their rows. */
export class BuiltCatalogs {
  readonly #built: { readonly digest: string; readonly catalog: Catalog }[] = [];

  /** `rows` by their queries' names. `build` is not called for those that the shard had before.
   *  `keep`: they are what everybody sees. */
  get(shard: number, rows: Rows, keep: boolean, build: () => Catalog): Catalog {
    const digest = digestOf(rows);
    const last = this.#built[shard];
    if (last?.digest === digest) return last.catalog;
    const catalog = build();
    if (keep) this.#built[shard] = { digest, catalog };
    return catalog;
  }

  clear(): void {
    this.#built.length = 0;
  }
}
