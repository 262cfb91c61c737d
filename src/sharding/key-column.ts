// One column of a key as placement sees it: the types by which its values are read when they are
// compared and when they are stored, and those of values that come with a type of their own.

import { typeOid } from '../types/type-oid.ts';
import { float8Type } from './float-hash-types.ts';
import { type HashType, hashTypeOfValues } from './hash-type.ts';
import { chooseHashType, type KeyTypeDescription } from './hash-types.ts';
import { assignmentCast, hashTypeOfDigits, isIntegerAsNumber } from './key-cast.ts';

const float8Hash = hashTypeOfValues(float8Type);

/** A key column as the catalog knows it. */
export interface CatalogKeyColumn {
  /** With the column's modifier, which values on their way into it are subject to. */
  readonly key: KeyTypeDescription;
  /** Its collation is nondeterministic: different bytes may be equal. */
  readonly nondeterministic: boolean;
  /** Text compares byte by byte (collation C and its like); left out: it does not. */
  readonly bytewise?: boolean;
  /** pg_type.typname, domains resolved; left out where that does not matter. */
  readonly typeName?: string;
}

/** `key` without the modifiers of columns and domains: the type that values are compared as. */
export function withoutModifier(key: KeyTypeDescription): KeyTypeDescription {
  switch (key.kind) {
    case 'base':
      return { kind: 'base', oid: key.oid };
    case 'domain':
      return withoutModifier(key.base);
    case 'array':
      return { kind: 'array', element: withoutModifier(key.element) };
    default:
      return key;
  }
}

/** OID of the built-in type that the values are of, domains resolved; 0: not built in. */
export function baseOid(key: KeyTypeDescription): number {
  if (key.kind === 'domain') return baseOid(key.base);
  return key.kind === 'base' ? key.oid : 0;
}

/** pg_attribute.atttypmod of a column of a built-in type, or of its domain's base; -1: none. */
export function modifierOf(key: KeyTypeDescription): number {
  if (key.kind === 'domain') return modifierOf(key.base);
  return key.kind === 'base' ? (key.typmod ?? -1) : -1;
}

/** A column that is hashed. */
export class HashKeyColumn {
  readonly compared: HashType;
  readonly stored: HashType;
  readonly #oid: number;
  // By OID of the value's type; null: nothing is known of the column's hash.
  readonly #comparedAs = new Map<number, HashType | null>();
  readonly #storedAs = new Map<number, HashType | null>();

  constructor(compared: HashType, stored: HashType, oid: number) {
    this.compared = compared;
    this.stored = stored;
    this.#oid = oid;
  }

  /** By which a compared value of type `oid` (0: the column's) is read; null: no hash follows. */
  comparedAs(oid: number): HashType | null {
    if (this.#isOwn(oid)) return this.compared;
    let type = this.#comparedAs.get(oid);
    if (type === undefined) this.#comparedAs.set(oid, (type = this.#chooseCompared(oid)));
    return type;
  }

  /** By which a value of type `oid` is read that is assigned to the column; null: not known. */
  storedAs(oid: number): HashType | null {
    if (this.#isOwn(oid)) return this.stored;
    let type = this.#storedAs.get(oid);
    if (type === undefined) this.#storedAs.set(oid, (type = this.#chooseStored(oid)));
    return type;
  }

  /** The column's type reads values of type `oid` as well: integers by their width, text. */
  readsAs(oid: number): boolean {
    if (this.#isOwn(oid)) return true;
    const family = this.comparedAs(oid)?.family;
    return family === 'integer_ops' || family === 'text_ops';
  }

  #isOwn(oid: number): boolean {
    return oid === 0 || oid === this.#oid || oid === typeOid.unknown;
  }

  #chooseCompared(oid: number): HashType | null {
    if (isIntegerAsNumber(oid, this.#oid)) {
      // real is compared with integers as double precision.
      return hashTypeOfDigits(this.#oid === typeOid.float4 ? float8Hash : this.compared);
    }
    const { type } = chooseHashType({ kind: 'base', oid });
    return type?.family === this.compared.family ? type : null;
  }

  #chooseStored(oid: number): HashType | null {
    switch (assignmentCast(oid, this.#oid)) {
      case 'bytes':
        return this.stored;
      case 'digits':
        return hashTypeOfDigits(this.stored);
      case 'value':
        return chooseHashType({ kind: 'base', oid }).type;
      default:
        return null;
    }
  }
}
