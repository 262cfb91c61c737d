// The types a configuration value can have: how a TOML value becomes a typed one, how the text of
// an environment variable becomes a TOML value, and how the type is called in documentation.

import type { MappedBound, MappedValue, Unbounded } from './mapped-key.ts';

/** A value as the TOML parser gives it; integers beyond 2^53 are bigints. */
export type TomlValue =
  | string
  | number
  | bigint
  | boolean
  | Date
  | readonly TomlValue[]
  | { readonly [key: string]: TomlValue };

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  /** `message` completes "key: "; `fix` says what to write instead. */
  | { readonly ok: false; readonly message: string; readonly fix: string };

export interface ValueType<T> {
  /** As documentation calls it, e.g. `integer, 0 to 65535`. */
  readonly words: string;
  parse(value: TomlValue): Parsed<T>;
  /** The TOML value that an environment variable's or a URL parameter's text stands for. */
  fromText(text: string): TomlValue;
}

const good = <T>(value: T): Parsed<T> => ({ ok: true, value });

function bad<T>(message: string, fix: string): Parsed<T> {
  return { ok: false, message, fix };
}

/** A TOML value as messages show it. */
export function show(value: TomlValue): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return 'an array';
  if (value instanceof Date) return 'a date';
  return typeof value === 'object' ? 'a table' : String(value);
}

export const text: ValueType<string> = {
  words: 'string',
  parse: value =>
    typeof value === 'string'
      ? good(value)
      : bad(`expected a string, found ${show(value)}`, 'put the value in double quotes'),
  fromText: value => value,
};

/** A string that must not be empty: names, hosts, paths. */
export function filledText(words: string): ValueType<string> {
  return {
    words,
    parse(value) {
      const parsed = text.parse(value);
      return parsed.ok && parsed.value === '' ? bad('must not be empty', 'write a value') : parsed;
    },
    fromText: value => value,
  };
}

/** Permissions of a file as chmod takes them. */
export const fileMode: ValueType<string> = {
  words: 'octal permissions',
  parse: value =>
    typeof value === 'string' && /^0?[0-7]{3}$/.test(value)
      ? good(value)
      : bad(`expected permissions, found ${show(value)}`, 'write them octal in quotes: "0770"'),
  fromText: value => value,
};

export const flag: ValueType<boolean> = {
  words: 'boolean',
  parse: value =>
    typeof value === 'boolean'
      ? good(value)
      : bad(`expected true or false, found ${show(value)}`, 'write true or false without quotes'),
  fromText(value) {
    if (/^(true|1|yes|on)$/i.test(value)) return true;
    return /^(false|0|no|off)$/i.test(value) ? false : value;
  },
};

/** An integer within bounds, both included. */
export function integer(min: number, max: number): ValueType<number> {
  const range = max === Number.MAX_SAFE_INTEGER ? `${min} or more` : `${min} to ${max}`;
  return {
    words: `integer, ${range}`,
    parse(value) {
      if (typeof value === 'bigint') return bad(`${value} is out of range`, `write ${range}`);
      if (typeof value !== 'number' || !Number.isInteger(value)) {
        return bad(`expected an integer, found ${show(value)}`, `write ${range} without quotes`);
      }
      return value < min || value > max
        ? bad(`${value} is out of range`, `write ${range}`)
        : good(value);
    },
    fromText: numberFromText,
  };
}

/** An integer for which a number beyond 2^53 (such as PgDog's own i64 maximum) means no limit. */
export function integerOrUnlimited(min: number, words: string): ValueType<number> {
  const bounded = integer(min, Number.MAX_SAFE_INTEGER);
  return {
    words,
    parse: value =>
      typeof value === 'bigint' && value > 0n
        ? good(Number.POSITIVE_INFINITY)
        : bounded.parse(value),
    fromText: numberFromText,
  };
}

export function real(min: number, max: number): ValueType<number> {
  return {
    words: `number, ${min} to ${max}`,
    parse(value) {
      if (typeof value !== 'number') {
        return bad(`expected a number, found ${show(value)}`, `write ${min} to ${max}`);
      }
      return value >= min && value <= max
        ? good(value)
        : bad(`${value} is out of range`, `write ${min} to ${max}`);
    },
    fromText: numberFromText,
  };
}

/** One of a few words. `synonyms` are other spellings that PgDog's variables use. */
export function oneOf<const V extends string>(
  values: readonly V[],
  synonyms: Readonly<Record<string, V>> = {},
): ValueType<V> {
  const list = values.map(value => JSON.stringify(value)).join(', ');
  return {
    words: values.map(value => `\`${value}\``).join(', '),
    parse(value) {
      if (typeof value !== 'string') {
        return bad(`expected a string, found ${show(value)}`, `write one of ${list}`);
      }
      const found = values.find(candidate => candidate === value);
      return found === undefined
        ? bad(`unknown value ${show(value)}`, `write one of ${list}`)
        : good(found);
    },
    fromText: value => synonyms[value.toLowerCase()] ?? value.toLowerCase(),
  };
}

export function listOf<T>(element: ValueType<T>, words: string): ValueType<readonly T[]> {
  return {
    words,
    parse(value) {
      if (!Array.isArray(value)) {
        return bad(`expected an array, found ${show(value)}`, 'write [ … ]');
      }
      const values: T[] = [];
      for (const [index, item] of (value as readonly TomlValue[]).entries()) {
        const parsed = element.parse(item);
        if (!parsed.ok) return bad(`element ${index + 1}: ${parsed.message}`, parsed.fix);
        values.push(parsed.value);
      }
      return good(values);
    },
    fromText: value => value.split(',').map(item => element.fromText(item.trim())),
  };
}

/** A table of strings, such as HTTP headers; as text `name=value,name=value`. */
export const textTable: ValueType<Readonly<Record<string, string>>> = {
  words: 'table of strings',
  parse(value) {
    const fix = 'write { name = "value" }';
    if (!isTable(value)) return bad(`expected a table of strings, found ${show(value)}`, fix);
    const other = Object.entries(value).find(entry => typeof entry[1] !== 'string');
    return other === undefined
      ? good({ ...value } as Record<string, string>)
      : bad(
          `value of ${JSON.stringify(other[0])}: expected a string, found ${show(other[1])}`,
          fix,
        );
  },
  fromText(value) {
    const pairs = value.split(',').filter(pair => pair !== '');
    return Object.fromEntries(
      pairs.map(pair => {
        const [name = '', ...rest] = pair.split('=');
        return [name.trim(), rest.join('=').trim()];
      }),
    );
  },
};

/** A sharding key's value in a mapping: exact, so integers become bigints. */
export const keyValue: ValueType<MappedValue> = {
  words: 'integer or string',
  parse(value) {
    if (typeof value === 'bigint' || typeof value === 'string') return good(value);
    if (typeof value === 'boolean') return good(String(value));
    return typeof value === 'number' && Number.isInteger(value)
      ? good(BigInt(value))
      : bad(
          `expected an integer or a string, found ${show(value)}`,
          'write it in double quotes, as PostgreSQL prints it',
        );
  },
  fromText: value => (/^-?\d+$/.test(value) ? BigInt(value) : value),
};

const unbounded: Readonly<Record<string, Unbounded>> = {
  MINVALUE: { unbounded: 'below' },
  MAXVALUE: { unbounded: 'above' },
};

/** One end of a range of keys: a value, or an array of one for each key column. */
export const keyBound: ValueType<MappedBound> = {
  words: 'integer or string, or an array of them',
  parse(value) {
    const parsed = listOf(keyValue, '').parse(Array.isArray(value) ? value : [value]);
    if (!parsed.ok) return Array.isArray(value) ? parsed : (keyValue.parse(value) as typeof parsed);
    return good(parsed.value.map(one => unbounded[String(one)] ?? one));
  },
  fromText: value => keyValue.fromText(value),
};

/** A TOML table: neither array nor date nor scalar. */
export function isTable(value: unknown): value is Readonly<Record<string, TomlValue>> {
  const object = typeof value === 'object' && value !== null;
  return object && !Array.isArray(value) && !(value instanceof Date);
}

function numberFromText(value: string): TomlValue {
  if (/^-?\d+$/.test(value)) {
    const exact = BigInt(value);
    return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact;
  }
  return /^-?\d+\.\d+$/.test(value) ? Number(value) : value;
}
