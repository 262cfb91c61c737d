// What is kept of a collected statement between its executions: the types of what it carries, and that
// its rows were too many for that.

import type { ColumnDescription } from '../protocol/row-description.ts';
import type { CarriedTable } from './carried-columns.ts';
import type { KeptFragment } from './kept-fragment.ts';

export class KeptCollection {
  /** Last time there were too many rows to hold: they go into tables from the beginning. */
  outgrown = false;
  /** Its columns are of types that are not carried. */
  unfit = false;
  #signature = '';
  #carried: readonly CarriedTable[] | null = null;

  /** `shard`: the one that finishes. null: not known of these columns. */
  carried(shard: number, described: readonly (readonly ColumnDescription[])[]) {
    return this.#signature === signatureOf(shard, described) ? this.#carried : null;
  }

  keep(
    shard: number,
    described: readonly (readonly ColumnDescription[])[],
    carried: readonly CarriedTable[],
  ): void {
    this.#signature = signatureOf(shard, described);
    this.#carried = carried;
  }
}

function signatureOf(shard: number, described: readonly (readonly ColumnDescription[])[]): string {
  const tables = described.map(columns =>
    columns.map(({ typeOid, typeModifier }) => `${typeOid}:${typeModifier}`).join(),
  );
  return `${shard};${tables.join(';')}`;
}

const collections = new WeakMap<KeptFragment, KeptCollection>();

/** Of a cached statement: as long-lived as its plan, which is made anew for another catalog. */
export function keptCollection(kept: KeptFragment): KeptCollection {
  let collection = collections.get(kept);
  if (collection === undefined) {
    collection = new KeptCollection();
    collections.set(kept, collection);
  }
  return collection;
}
