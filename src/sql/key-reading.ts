// Types that read one text as the same value, so that a value which is compared with a column of one
// may name the shard of a column of another: smallint, integer and bigint; text and varchar. Not the
// rest of a hash family: '0.1' is another number as real than as double precision, a name is cut to
// 63 bytes, an inet need be no cidr.

import type { Column } from '../catalog/catalog.ts';
import { firstUserOid, typeOid } from '../types/type-oid.ts';
import type { TypeName } from './syntax-tree.ts';
import { qualifiedName } from './syntax-tree.ts';

/** What of a column decides how a value is read that is compared with it or stored into it. */
export type KeyColumnType = Pick<Column, 'typeOid' | 'typeName'>;

const integers = 'integers';
const texts = 'texts';

/** By pg_type.typname. */
const readings: ReadonlyMap<string, string> = new Map([
  ['int2', integers],
  ['int4', integers],
  ['int8', integers],
  ['text', texts],
  ['varchar', texts],
]);

/** The same for types that read alike. */
export function readingOf({ typeOid: oid, typeName }: KeyColumnType): string {
  return oid < firstUserOid ? builtInReading(typeName) : `type ${typeName}`;
}

function builtInReading(typeName: string): string {
  return readings.get(typeName) ?? `type ${typeName}`;
}

/** Of an array of such. */
export function arrayReading(reading: string): string {
  return `${reading}[]`;
}

/** What a cast asks its operand to be; null: it may change the value, by a modifier. */
export function readingOfCast(type: TypeName | undefined): string | null {
  if (type === undefined || type.setof || (type.typmods?.length ?? 0) > 0) return null;
  const { schema, name } = qualifiedName(type.names);
  const builtIn = schema === null || schema === 'pg_catalog';
  const reading = builtIn ? builtInReading(name) : `type ${name}`;
  return (type.arrayBounds?.length ?? 0) > 0 ? arrayReading(reading) : reading;
}

/** The widest type of a reading, by which its values are read wherever they lead: 99999999999 is no
 *  error where an integer is compared with it. null: the column's own. */
export function widestType(reading: string): number | null {
  if (reading === integers) return typeOid.int8;
  return reading === texts ? typeOid.text : null;
}
