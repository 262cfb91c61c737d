// The value of a parameter that is a count of LIMIT or OFFSET, read as PostgreSQL coerces it to
// bigint.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { parameterFormat, parameterOffset } from '../protocol/client-frame.ts';
import { decodeNumeric, type Numeric, parseNumeric } from '../types/numeric-value.ts';
import { typeOid } from '../types/type-oid.ts';
import type { StatementRun } from './session-context.ts';

const integers: readonly number[] = [0, typeOid.int2, typeOid.int4, typeOid.int8];

/** null is NULL. Where the client declares no type PostgreSQL infers an integer: a parameter that
 *  stands elsewhere too is not read here. */
export function rowCountParameter(run: StatementRun, index: number): bigint | null {
  const { bind, parameterTypes } = run;
  const at = bind === null ? -1 : parameterOffset(bind, index);
  if (bind === null || at < 0) {
    throw new PgError(errors.internal, { what: `parameter $${index + 1} is missing` });
  }
  const length = bind.buffer.readInt32BE(at);
  if (length < 0) return null;
  const value = bind.buffer.subarray(at + 4, at + 4 + length);
  const type = parameterTypes[index] ?? 0;
  const isText = parameterFormat(bind, index) === 0;
  if (integers.includes(type)) return isText ? integerText(value) : integer(value);
  if (type === typeOid.numeric) {
    return rounded(
      isText ? parseNumeric(value.toString('latin1').trim()) : decodeNumeric(value, 0, length),
    );
  }
  const isFloat = type === typeOid.float4 || type === typeOid.float8;
  if (isFloat && !isText && length === 8) return roundedFloat(value.readDoubleBE());
  if (isFloat && !isText && length === 4) return roundedFloat(value.readFloatBE());
  if (isFloat && isText) return roundedFloat(Number(value.toString('latin1')));
  throw otherType();
}

function otherType(): PgError {
  return new PgError(errors.unsupportedAcrossShards, { construct: 'LIMIT of this parameter type' });
}

function integerText(value: Buffer): bigint {
  const text = value.toString('latin1').trim();
  if (/^[+-]?\d+$/.test(text)) return BigInt(text);
  throw new PgError(errors.keyIsInvalid, { type: 'bigint', value: text });
}

function integer(value: Buffer): bigint {
  if (value.length === 8) return value.readBigInt64BE();
  if (value.length === 4) return BigInt(value.readInt32BE());
  if (value.length === 2) return BigInt(value.readInt16BE());
  throw otherType();
}

/** Halves away from zero (round_var, numeric.c). */
function rounded(value: Numeric): bigint {
  if (value.kind !== 'finite') throw otherType();
  const unit = 10n ** BigInt(value.scale);
  const half = value.unscaled < 0n ? -unit / 2n : unit / 2n;
  return (value.unscaled + half) / unit;
}

/** Halves to the even neighbour (rint in dtoi8, int8.c). */
function roundedFloat(value: number): bigint {
  if (!Number.isFinite(value)) throw otherType();
  const below = Math.floor(value);
  const part = value - below;
  const up = part > 0.5 || (part === 0.5 && below % 2 !== 0);
  return BigInt(up ? below + 1 : below);
}
