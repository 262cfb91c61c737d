// Statements with marked literals («5», «'x'», «NULL»): as they are in the simple protocol, as
// parameters in the extended one, in text or in binary form.

import type { WireValue } from './wire-client.ts';

export interface Lifted {
  /** With `$1`, `$2` … */
  readonly sql: string;
  /** Text of each parameter, null for NULL. */
  readonly values: readonly (string | null)[];
}

const marked = /«([^»]*)»/g;

export function withLiterals(sql: string): string {
  return sql.replace(marked, '$1');
}

export function lifted(sql: string): Lifted {
  const values: (string | null)[] = [];
  const text = sql.replace(marked, (_, literal: string) => {
    values.push(parameterOf(literal));
    return `$${values.length}`;
  });
  return { sql: text, values };
}

function parameterOf(literal: string): string | null {
  if (/^null$/i.test(literal)) return null;
  return literal.startsWith("'") ? literal.slice(1, -1).replaceAll("''", "'") : literal;
}

/** The value in its type's binary form where that is written here, else its text. */
export function binaryValue(value: string | null, typeOid: number): WireValue {
  if (value === null) return null;
  const element = arrayElements[typeOid];
  if (element !== undefined) return binaryArray(value, element) ?? value;
  return binaryScalar(value, typeOid) ?? value;
}

const arrayElements: Readonly<Record<number, number>> = {
  ...{ 1005: 21, 1007: 23, 1009: 25, 1015: 1043, 1016: 20, 2951: 2950 },
};

function binaryScalar(value: string, typeOid: number): Buffer | null {
  const bytes = Buffer.alloc(8);
  switch (typeOid) {
    case 16:
      return Buffer.from([/^(t|true|1|on|yes)$/i.test(value) ? 1 : 0]);
    case 20:
      return /^[-+]?\d+$/.test(value) ? integer(value, 8) : null;
    case 21:
      return /^[-+]?\d+$/.test(value) ? integer(value, 2) : null;
    case 23:
      return /^[-+]?\d+$/.test(value) ? integer(value, 4) : null;
    case 25:
    case 1043:
      return Buffer.from(value);
    case 701:
      bytes.writeDoubleBE(Number(value));
      return bytes;
    case 2950: {
      const hex = value.replace(/[{}-]/g, '');
      return /^[0-9a-f]{32}$/i.test(hex) ? Buffer.from(hex, 'hex') : null;
    }
    default:
      return null;
  }
}

/** null where the value does not fit: the text form then tells the server so. */
function integer(value: string, size: 2 | 4 | 8): Buffer | null {
  const number = BigInt(value.replace('+', ''));
  if (BigInt.asIntN(size * 8, number) !== number) return null;
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(number);
  return bytes.subarray(8 - size);
}

/** One-dimensional arrays without escapes (array_send, arrayfuncs.c). */
function binaryArray(value: string, element: number): Buffer | null {
  const inner = /^\{([^{}\\]*)\}$/.exec(value)?.[1];
  if (inner === undefined) return null;
  const items = inner === '' ? [] : (inner.match(/"[^"]*"|[^,]+/g) ?? []);
  const values = items.map(item =>
    /^null$/i.test(item) ? null : binaryScalar(item.replaceAll('"', ''), element),
  );
  if (values.some((one, index) => one === null && !/^null$/i.test(items[index]!))) return null;
  const header = [values.length === 0 ? 0 : 1, values.includes(null) ? 1 : 0, element];
  const parts = [int32s(values.length === 0 ? header : [...header, values.length, 1])];
  for (const one of values) {
    if (one === null) parts.push(int32s([-1]));
    else parts.push(int32s([one.length]), one);
  }
  return Buffer.concat(parts);
}

function int32s(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => {
    bytes.writeInt32BE(value, index * 4);
  });
  return bytes;
}
