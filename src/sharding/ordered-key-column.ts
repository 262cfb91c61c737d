// One column of a key that is mapped by list or range: its values as they are compared with the
// mapping, read from both wire forms, with the column's modifier where they are stored.

import type { MappedKeyType } from '../config/mapped-key.ts';
import { typeOid } from '../types/type-oid.ts';
import { fittedValue } from './column-fit.ts';
import { float8Type } from './float-hash-types.ts';
import type { KeyTypeDescription } from './hash-types.ts';
import { assignmentCast, integerDigits, isIntegerAsNumber } from './key-cast.ts';
import { baseOid, modifierOf } from './key-column.ts';
import { unreadableKey } from './key-form.ts';
import {
  type AnyOrderedType,
  bigintValues,
  chooseOrderedType,
  isCollated,
} from './ordered-types.ts';
import type { KeyBytes } from './placement.ts';

/** Of a type whose comparison with the column says nothing of the mapping. */
export const unreadable = Symbol('unreadable');

export class OrderedKeyColumn implements MappedKeyType {
  readonly name: string;
  readonly family: string;
  readonly numeric = false;
  /** `compare` is PostgreSQL's order, not only its equality. */
  readonly ordered: boolean;
  readonly #type: AnyOrderedType;
  /** Integers may be compared with wider ones, which are only too large for the column. */
  readonly #compared: AnyOrderedType;
  readonly #fit: ((value: unknown) => unknown) | null;
  readonly #oid: number;

  constructor(key: KeyTypeDescription, type: AnyOrderedType, ordered: boolean) {
    this.name = type.name;
    this.family = type.family;
    this.ordered = ordered;
    this.#type = type;
    this.#compared = type.family === bigintValues.family ? bigintValues : type;
    this.#oid = baseOid(key);
    const typmod = modifierOf(key);
    this.#fit = typmod < 0 ? null : fittedValue(this.#oid, typmod);
  }

  /** A bound or list value, which PostgreSQL casts to the column (transformPartitionBoundValue). */
  read(text: string): unknown {
    return this.#stored(this.#type.readText(text));
  }

  compare(left: unknown, right: unknown): number {
    return this.#type.compare(left, right);
  }

  /** The column's type reads values of type `oid` as well: integers by their width, text. */
  readsAs(oid: number): boolean {
    if (this.#isOwn(oid)) return true;
    const family = this.#relative(oid)?.family;
    return family === 'integer_ops' || family === 'text_ops';
  }

  /** Text form as bytes[start] up to bytes[end]. */
  readTextBytes(bytes: Buffer, start: number, end: number, stored: boolean): unknown {
    // The forms of strings are one.
    if (isString(this.#oid)) return this.readBinary(bytes, start, end, stored);
    return this.readText(bytes.toString('utf8', start, end), stored);
  }

  readText(text: string, stored: boolean): unknown {
    return stored ? this.#stored(this.#type.readText(text)) : this.#compared.readText(text);
  }

  readBinary(bytes: Buffer, start: number, end: number, stored: boolean): unknown {
    const value = this.#type.readBinary(bytes, start, end);
    return stored ? this.#stored(value) : value;
  }

  /** `unreadable`: nothing follows from being compared with the value. */
  compared(key: KeyBytes): unknown {
    if (this.#isOwn(key.type)) return read(this.#compared, key);
    if (isIntegerAsNumber(key.type, this.#oid)) {
      // real is compared with integers as double precision.
      const type = this.#oid === typeOid.float4 ? float8Type : this.#type;
      return type.readText(digitsOf(key));
    }
    const type = this.#relative(key.type);
    return type === null ? unreadable : read(type, key);
  }

  /** Throws `unsupported` for a value whose cast to the column is not known here. */
  stored(key: KeyBytes): unknown {
    if (this.#isOwn(key.type)) return this.#stored(read(this.#type, key));
    switch (assignmentCast(key.type, this.#oid)) {
      case 'bytes':
        return this.#stored(read(this.#type, key));
      case 'digits':
        return this.#stored(this.#type.readText(digitsOf(key)));
      case 'value': {
        const type = this.#relative(key.type);
        if (type !== null) return read(type, key);
      }
    }
    throw unreadableKey(this.name, key.type);
  }

  #stored(value: unknown): unknown {
    return this.#fit === null ? value : this.#fit(value);
  }

  #isOwn(oid: number): boolean {
    return oid === 0 || oid === this.#oid || oid === typeOid.unknown;
  }

  /** A type whose equality and order with the column's are those of its values. */
  #relative(oid: number): AnyOrderedType | null {
    const { type } = chooseOrderedType({ kind: 'base', oid });
    return type?.family === this.family ? type : null;
  }
}

function isString(oid: number): boolean {
  return isCollated(oid) || oid === typeOid.name;
}

function digitsOf({ kind, bytes, start, end }: KeyBytes): string {
  return kind === 'binary'
    ? integerDigits.ofBinary(bytes, start, end)
    : integerDigits.ofText(bytes.toString('utf8', start, end));
}

function read(type: AnyOrderedType, { kind, bytes, start, end }: KeyBytes): unknown {
  return kind === 'binary'
    ? type.readBinary(bytes, start, end)
    : type.readText(bytes.toString('utf8', start, end));
}

/** A value in words that two values share only if they are equal. */
export function canonical(value: unknown): string {
  if (Buffer.isBuffer(value)) return value.toString('hex');
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'bigint' || typeof member === 'number' ? String(member) : member,
  );
}
