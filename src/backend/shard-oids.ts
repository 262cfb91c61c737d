// OIDs of one shard as those of shard 0. Types and relations that users made have other OIDs on
// each server; clients look them up in the catalog, which is read from shard 0.

import { Backend, headerBytes } from '../protocol/message-codes.ts';
import { firstUserOid } from '../types/type-oid.ts';

type Oids = ReadonlyMap<number, number>;

/** kind (`t` type, `c` relation), OID, schema, name, and whether it is a type of its own rather
 *  than the row type that comes with a relation. */
export const oidsQuery = `SELECT 't', t.oid, n.nspname, t.typname,
      t.typtype <> 'c' AND t.typelem = 0 OR r.relkind = 'c'
    FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
      LEFT JOIN pg_catalog.pg_class r ON r.oid = t.typrelid
    WHERE t.oid >= ${firstUserOid} AND n.nspname NOT LIKE 'pg\\_toast%'
      AND n.nspname NOT LIKE 'pg\\_temp\\_%'
    UNION ALL
    SELECT 'c', c.oid, n.nspname, c.relname, false
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.oid >= ${firstUserOid} AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
      AND n.nspname NOT LIKE 'pg\\_temp\\_%'`;

/** By kind, schema and name. */
export type NamedOids = ReadonlyMap<string, number>;

export function readOids(rows: readonly (readonly (string | null)[])[]): {
  readonly oids: NamedOids;
  /** Users made types, not only tables. */
  readonly ownTypes: boolean;
} {
  return {
    oids: new Map(rows.map(([kind, oid, schema, name]) => [key(kind, schema, name), Number(oid)])),
    ownTypes: rows.some(row => row[4] === 't'),
  };
}

function key(...parts: readonly (string | null | undefined)[]): string {
  return parts.join('\0');
}

const none: Oids = new Map();

export class ShardOids {
  #types: Oids = none;
  /** OIDs of shard 0's types as this shard's. */
  #own: Oids = none;
  #known = false;
  #relations: Oids = none;

  /** There is something to translate. */
  get differ(): boolean {
    return this.#types.size > 0 || this.#relations.size > 0;
  }

  /** They were compared. */
  get known(): boolean {
    return this.#known;
  }

  /** This shard's OID of a type of shard 0. */
  own(type: number): number {
    return this.#own.get(type) ?? type;
  }

  /** `own`: of this shard. Only what differs is kept. */
  learn(own: NamedOids, first: NamedOids): void {
    const types = new Map<number, number>();
    const relations = new Map<number, number>();
    for (const [name, oid] of own) {
      const other = first.get(name);
      if (other === undefined || other === oid) continue;
      if (name.startsWith('t')) types.set(oid, other);
      else relations.set(oid, other);
    }
    this.#types = types;
    this.#own = new Map([...types].map(([oid, other]) => [other, oid]));
    this.#known = true;
    this.#relations = relations;
  }

  /** Replaces the OIDs in a RowDescription or ParameterDescription where it lies. */
  translate(type: number, buffer: Buffer, start: number): void {
    const count = buffer.readUInt16BE(start + headerBytes);
    let pos = start + headerBytes + 2;
    if (type === Backend.parameterDescription) {
      for (let i = 0; i < count; i++, pos += 4) replace(buffer, pos, this.#types);
      return;
    }
    for (let i = 0; i < count; i++) {
      pos = buffer.indexOf(0, pos) + 1;
      replace(buffer, pos, this.#relations);
      replace(buffer, pos + 6, this.#types);
      pos += 18;
    }
  }
}

function replace(buffer: Buffer, pos: number, oids: Oids): void {
  const oid = buffer.readUInt32BE(pos);
  if (oid < firstUserOid) return;
  const other = oids.get(oid);
  if (other !== undefined) buffer.writeUInt32BE(other, pos);
}
