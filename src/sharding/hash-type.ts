// What placement needs of a type with a hash operator class: its values read from both wire forms,
// and their hash with the partition seed. Types that hash fast implement `HashType` themselves, the
// others are made of a `KeyValueType`.

import type { Hash64 } from './hash64.ts';

/**
 * Every method throws `keyIsInvalid`, `keyOutOfRange` or `invalidBinaryRepresentation` for what
 * PostgreSQL would refuse, `keyFormUnproven` for what it may read in more than one way. Both forms
 * of one value have one hash.
 */
export interface HashType {
  /** As `format_type` prints it. */
  readonly name: string;
  /**
   * Hash operator family (pg_opfamily.opfname), for types with parts that of their parts too: if
   * types of one family compare by `=`, equal values of them have one hash. They are smallint,
   * integer and bigint; real and double precision; text, varchar and name; inet and cidr.
   */
  readonly family: string;
  hashText(text: string, into: Hash64): void;
  /** Text form as bytes[start] up to bytes[end], in the database's encoding (UTF-8). */
  hashTextBytes(bytes: Buffer, start: number, end: number, into: Hash64): void;
  /** The form of the type's send function, bytes[start] up to bytes[end]. */
  hashBinary(bytes: Buffer, start: number, end: number, into: Hash64): void;
}

/** A type by its values, for keys of their own and as part of arrays, ranges and records. */
export interface KeyValueType<V> {
  readonly name: string;
  readonly family: string;
  readText(text: string): V;
  readBinary(bytes: Buffer, start: number, end: number): V;
  hash(value: V, into: Hash64): void;
}

/** A type whose values have PostgreSQL's order here as well, so that ranges of it can be read. */
export interface OrderedValueType<V> extends KeyValueType<V> {
  compare(left: V, right: V): number;
}

export function hashTypeOfValues<V>(type: KeyValueType<V>): HashType {
  return hashTypeOfForms({
    name: type.name,
    family: type.family,
    hashText: (text, into) => type.hash(type.readText(text), into),
    hashBinary: (bytes, start, end, into) => type.hash(type.readBinary(bytes, start, end), into),
  });
}

export function hashTypeOfForms(type: Omit<HashType, 'hashTextBytes'>): HashType {
  return {
    ...type,
    hashTextBytes: (bytes, start, end, into) =>
      type.hashText(bytes.toString('utf8', start, end), into),
  };
}
