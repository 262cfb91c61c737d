// One configuration key as data. The tables made of these are the single source of the parser,
// the environment variables, the warnings, the documentation and (by inference) the types.

import {
  filledText,
  flag as flagType,
  integer,
  integerOrUnlimited,
  oneOf,
  text as textType,
  type ValueType,
} from './value-type.ts';

/** `later`: read and checked, but nothing uses it yet, so setting it gives a warning.
 *  `refused`: doing nothing with it would make answers wrong or loosen a guard: an error. */
export type Status = 'works' | 'later' | 'refused';

export interface Key<T> {
  /** As TOML spells it. */
  readonly name: string;
  readonly type: ValueType<T>;
  /** undefined: required. A function gives a fresh value for each load. */
  readonly default: T | undefined | (() => T);
  readonly status: Status;
  /** For enums: values whose status differs from the key's. */
  readonly valueStatus: Readonly<Record<string, Status>>;
  /** What is done instead of a value that has no effect yet, where not the default. */
  readonly instead: string | undefined;
  readonly meaning: string;
  readonly unit: string;
  /** Older names PgDog accepts. */
  readonly aliases: readonly string[];
  /** The variable that gives the default; undefined: by the section's rule; null: none. */
  readonly env: string | null | undefined;
  /** Not one of PgDog's keys. */
  readonly own: boolean;
  /** Documentation's word for the default, where the value would not say it. */
  readonly defaultWords: string | undefined;
}

// biome-ignore lint/suspicious/noExplicitAny: keys of every type share one table.
export type Keys = Readonly<Record<string, Key<any>>>;

/** The typed record that a table of keys describes. */
export type Values<K extends Keys> = {
  readonly [P in keyof K]: K[P] extends Key<infer T> ? T : never;
};

export interface More {
  readonly aliases?: readonly string[];
  readonly env?: string | null;
  readonly own?: boolean;
  readonly unit?: string;
  readonly min?: number;
  readonly max?: number;
  readonly defaultWords?: string;
}

interface ChoiceMore<V extends string> extends More {
  readonly synonyms?: Readonly<Record<string, V>>;
  readonly instead?: string;
}

type Null<T, D> = D extends null ? T | null : T;

/** Any type of value; the other builders are made of this one. */
export function key<T, D extends T | null | undefined | (() => T)>(
  name: string,
  type: ValueType<T>,
  byDefault: D,
  status: Status,
  meaning: string,
  more: More = {},
): Key<Null<T, D>> {
  return {
    name,
    type: type as ValueType<Null<T, D>>,
    default: byDefault as Key<Null<T, D>>['default'],
    status,
    valueStatus: {},
    instead: undefined,
    meaning,
    unit: more.unit ?? '',
    aliases: more.aliases ?? [],
    env: more.env,
    own: more.own ?? false,
    defaultWords: more.defaultWords,
  };
}

type Builder<T> = <D extends T | null | undefined>(
  name: string,
  byDefault: D,
  status: Status,
  meaning: string,
  more?: More,
) => Key<Null<T, D>>;

export const text: Builder<string> = (name, byDefault, status, meaning, more) =>
  key(name, textType, byDefault, status, meaning, more);

/** A string that must not be empty. */
export const name: Builder<string> = (keyName, byDefault, status, meaning, more) =>
  key(keyName, filledText('string'), byDefault, status, meaning, more);

export const path: Builder<string> = (keyName, byDefault, status, meaning, more) =>
  key(keyName, filledText('path'), byDefault, status, meaning, more);

export const flag: Builder<boolean> = (keyName, byDefault, status, meaning, more) =>
  key(keyName, flagType, byDefault, status, meaning, more);

export const count: Builder<number> = (keyName, byDefault, status, meaning, more = {}) => {
  const type = integer(more.min ?? 0, more.max ?? Number.MAX_SAFE_INTEGER);
  return key(keyName, type, byDefault, status, meaning, more);
};

export const port: Builder<number> = (keyName, byDefault, status, meaning, more) =>
  key(keyName, integer(1, 65535), byDefault, status, meaning, more);

/** Bytes, a count that may be infinite. */
export const bytes: Builder<number> = (keyName, byDefault, status, meaning, more = {}) => {
  const type = integerOrUnlimited(more.min ?? 0, `integer, ${more.min ?? 0} or more`);
  return key(keyName, type, byDefault, status, meaning, { unit: 'bytes', ...more });
};

/** Milliseconds; `Infinity` stands for none where that is the default. */
export const duration: Builder<number> = (keyName, byDefault, status, meaning, more = {}) => {
  const type = integerOrUnlimited(more.min ?? 0, `integer, ${more.min ?? 0} or more`);
  return key(keyName, type, byDefault, status, meaning, { unit: 'ms', ...more });
};

/** An enum: `values` with the status of each (which counts where the key itself works). */
export function choice<const V extends string, D extends NoInfer<V> | null | undefined>(
  keyName: string,
  values: Readonly<Record<V, Status>>,
  byDefault: D,
  status: Status,
  meaning: string,
  more: ChoiceMore<NoInfer<V>> = {},
): Key<Null<V, D>> {
  const type = oneOf(Object.keys(values) as V[], more.synonyms);
  const made = key(keyName, type, byDefault, status, meaning, more);
  return { ...made, valueStatus: values, instead: more.instead };
}
