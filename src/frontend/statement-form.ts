// What PostgreSQL says of a prepared statement: its parameters and columns. Clients share a
// statement on servers only while this is the same, for a plan whose columns would change is
// refused (plancache.c, RevalidateCachedQuery: "cached plan must not change result type").

import { Backend, headerBytes } from '../protocol/message-codes.ts';
import { readRowDescription } from '../protocol/row-description.ts';
import { firstUserOid } from '../types/type-oid.ts';

export interface StatementForm {
  /** OIDs; 0 for a type of users' own where shards have other OIDs for it. */
  readonly parameterTypes: readonly number[];
  /** null: it returns no rows. */
  readonly columns: number | null;
  /** Equal texts are equal forms. */
  readonly text: string;
}

/** Collects the answer to one Describe of a statement. */
export class FormReader {
  readonly #portable: boolean;
  #parameterTypes: readonly number[] = [];

  constructor(shardCount: number) {
    this.#portable = shardCount > 1;
  }

  /** ParameterDescription, header included. */
  onParameters(message: Buffer): void {
    const count = message.readUInt16BE(headerBytes);
    this.#parameterTypes = Array.from({ length: count }, (_, i) =>
      this.#oid(message.readUInt32BE(headerBytes + 2 + 4 * i)),
    );
  }

  /** RowDescription or NoData. As PostgreSQL compares results (tupdesc.c, equalRowTypes): names,
   *  types and modifiers; not the table they come from. */
  onColumns(message: Buffer): StatementForm {
    const columns = message[0] === Backend.rowDescription ? readRowDescription(message) : null;
    const shown = columns?.map(
      ({ name, typeOid, typeModifier }) => `${name}\0${this.#oid(typeOid)}\0${typeModifier}`,
    );
    const parameterTypes = this.#parameterTypes;
    const text = `${parameterTypes.join()};${shown?.join('\0\0') ?? 'none'}`;
    return { parameterTypes, columns: columns?.length ?? null, text };
  }

  #oid(oid: number): number {
    return this.#portable && oid >= firstUserOid ? 0 : oid;
  }
}
