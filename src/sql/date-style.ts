// DateStyle has two parts, style and order, and a SET may name only one of them (variable.c,
// check_datestyle): what is set then hangs on what was set before. Here such a SET becomes one
// that gives the same on any connection.

import { settingOf } from './setting.ts';

export const dateStyle = 'datestyle';

/** The server's own. */
const byDefault = 'DEFAULT';

interface Parts {
  /** null: not named. */
  readonly style: string | null;
  readonly order: string | null;
}

/** `sql`, a SET of DateStyle, after `before`: one that was made here, undefined being the server's
 *  own value. A statement that cannot be read stays as it is. */
export function dateStyleAfter(before: string | undefined, sql: string): string {
  const parts = partsOf(sql);
  if (parts === null) return sql;
  const old = before === undefined ? null : partsOf(before);
  const style = parts.style ?? old?.style ?? byDefault;
  const order = parts.order ?? old?.order ?? byDefault;
  // DEFAULT is whatever was not named before it.
  const named = [style, order].filter(part => part !== byDefault);
  if (named.length < 2) named.push(byDefault);
  return `SET DateStyle TO '${named.join(', ')}'`;
}

/** null: it names something unknown. */
function partsOf(sql: string): Parts | null {
  const values = settingOf(sql)?.values;
  if (values === undefined) return null;
  let style: string | null = null;
  let order: string | null = null;
  let rest: string | null = null;
  let orderRest: string | null = null;
  for (const word of values.join(',').split(',')) {
    const key = word.trim().replaceAll('"', '').toLowerCase();
    const foundStyle = styleOf(key);
    const foundOrder = orderOf(key);
    if (key === 'default') rest = byDefault;
    else if (foundStyle === null && foundOrder === null) return null;
    // Unless an order was named before it.
    if (foundStyle === 'German') orderRest = 'DMY';
    style = foundStyle ?? style;
    order = foundOrder ?? order;
  }
  return { style: style ?? rest, order: order ?? orderRest ?? rest };
}

function styleOf(key: string): string | null {
  if (key === 'iso') return 'ISO';
  if (key === 'sql') return 'SQL';
  if (key.startsWith('postgres')) return 'Postgres';
  return key === 'german' ? 'German' : null;
}

function orderOf(key: string): string | null {
  if (key === 'ymd') return 'YMD';
  if (key === 'dmy' || key.startsWith('euro')) return 'DMY';
  return key === 'mdy' || key === 'us' || key.startsWith('noneuro') ? 'MDY' : null;
}
