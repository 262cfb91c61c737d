// The query that reads the types of a database's columns, and the step from its rows to what the
// partition functions ask of a key's type: domains, arrays and composite types followed to the end.

import type { KeyTypeDescription } from '../sharding/hash-types.ts';
import { firstUserOid } from '../types/type-oid.ts';

type Row = readonly (string | null)[];

export const typeQueries = {
  /** Types of columns, with those they consist of, that users made: type, name, typtype, base type
   *  and its typmod, element (0: it is no array; int2vector and its like are none), columns of a
   *  composite type as JSON pairs of type and typmod. */
  types: `WITH RECURSIVE used (oid) AS (
      SELECT a.atttypid FROM pg_catalog.pg_attribute a
        JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
      WHERE a.attnum > 0 AND a.atttypid >= ${firstUserOid}
        AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
      UNION
      SELECT x.part FROM used u JOIN pg_catalog.pg_type t ON t.oid = u.oid
        CROSS JOIN LATERAL (SELECT t.typbasetype UNION ALL SELECT t.typelem
          UNION ALL SELECT a.atttypid FROM pg_catalog.pg_attribute a
            WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped) x (part)
      WHERE x.part >= ${firstUserOid})
    SELECT t.oid, t.typname, t.typtype, t.typbasetype, t.typtypmod, coalesce(e.oid, 0),
      (SELECT json_agg(json_build_array(a.atttypid::int8, a.atttypmod) ORDER BY a.attnum)
        FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped)
    FROM used u JOIN pg_catalog.pg_type t ON t.oid = u.oid
      LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem AND e.typarray = t.oid`,
} as const;

/** A type of the query above. */
export interface TypeFacts {
  readonly name: string;
  /** pg_type.typtype: b, c, d, e, p, r or m. */
  readonly kind: string;
  /** Of a domain; 0: it is none. */
  readonly base: number;
  readonly baseModifier: number;
  /** Of an array; 0: it is none. */
  readonly element: number;
  /** Of a composite type. */
  readonly columns: readonly (readonly [oid: number, typmod: number])[];
}

export type Types = ReadonlyMap<number, TypeFacts>;

export function readTypes(rows: readonly Row[]): Types {
  return new Map(
    rows.map(([oid, name, kind, base, baseModifier, element, columns]) => [
      Number(oid),
      {
        name: name ?? '',
        kind: kind ?? '',
        base: Number(base),
        baseModifier: Number(baseModifier),
        element: Number(element),
        columns: JSON.parse(columns ?? '[]') as (readonly [number, number])[],
      },
    ]),
  );
}

/** `oid` and `typmod` (-1: none) as pg_attribute has them. PostgreSQL's own types are described by
 *  their OIDs, arrays among them too. */
export function describeType(oid: number, typmod: number, types: Types): KeyTypeDescription {
  const facts = types.get(oid);
  if (facts === undefined) return base(oid, typmod);
  if (facts.kind === 'd') {
    // The modifier of a domain's column is the domain's own (getBaseTypeAndTypmod, lsyscache.c).
    return { kind: 'domain', base: describeType(facts.base, facts.baseModifier, types) };
  }
  if (facts.element !== 0) {
    return { kind: 'array', element: describeType(facts.element, typmod, types) };
  }
  switch (facts.kind) {
    case 'c': {
      const columns = facts.columns.map(([part, modifier]) => describeType(part, modifier, types));
      return { kind: 'record', name: facts.name, columns };
    }
    case 'e':
      return { kind: 'enum', name: facts.name };
    case 'r':
      return { kind: 'range', name: facts.name };
    case 'm':
      return { kind: 'multirange', name: facts.name };
    default:
      return base(oid, typmod);
  }
}

function base(oid: number, typmod: number): KeyTypeDescription {
  return typmod < 0 ? { kind: 'base', oid } : { kind: 'base', oid, typmod };
}
