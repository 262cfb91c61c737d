// Settings under which PostgreSQL would read or write values in another way than PgPack does when
// it looks for keys or merges rows: on a database of several shards they are refused.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { settingOf } from '../sql/setting.ts';

const isOn = (value: string) => /^(on|true|yes|1|t|y|tr|tru|ye)$/i.test(value);
const isOff = (value: string) => /^(of|off|false|no|0|f|n|fa|fal|fals)$/i.test(value);

const allowed: Readonly<Record<string, (value: string) => boolean>> = {
  client_encoding: value => /^(utf-?8|unicode)$/i.test(value),
  // Literals and what they mean.
  standard_conforming_strings: isOn,
  array_nulls: isOn,
  transform_null_equals: isOff,
  // Shortened text of partial sums would be added.
  extra_float_digits: value => Number(value) >= 1,
};

/** Throws `unsupported` for a value that would make answers wrong. */
export function refuseSetting(name: string, value: string): void {
  const check = allowed[name === 'names' ? 'client_encoding' : name.toLowerCase()];
  if (check === undefined || check(value.trim())) return;
  throw new PgError(errors.unsupported, { construct: `${name} = ${value} with several shards` });
}

/** The same for a SET statement. */
export function refuseSet(sql: string): void {
  const setting = settingOf(sql);
  if (setting?.values.length === 1) refuseSetting(setting.name, setting.values[0]!);
}
