// The time that a SET of a timeout sets (guc.c, parse_int with GUC_UNIT_MS): a number, which may
// have a fraction, and a unit, milliseconds being understood.

import { BoundedCache } from '../common/bounded-cache.ts';
import { settingOf } from './setting.ts';

const unitMs: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** The few that clients use are asked for again and again. */
const known = new BoundedCache<string, number>(100);

/** In ms; Infinity: none, or what it is cannot be told. `sql`: a statement as `settingOf` reads. */
export function timeoutSetMs(sql: string): number {
  let ms = known.get(sql);
  if (ms === undefined) {
    ms = timeoutMs(settingOf(sql)?.values[0] ?? '');
    known.set(sql, ms);
  }
  return ms;
}

function timeoutMs(value: string): number {
  const found = /^\s*\+?(0x[\da-f]+|\d*\.?\d+(?:e[+-]?\d+)?|\d+\.)\s*([a-z]*)\s*$/i.exec(value);
  if (found === null) return Number.POSITIVE_INFINITY;
  const unit = found[2] === '' ? 1 : unitMs[found[2]!];
  const ms = unit === undefined ? 0 : Math.round(Number(found[1]) * unit);
  return ms === 0 ? Number.POSITIVE_INFINITY : ms;
}
