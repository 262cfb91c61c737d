// Texts that a date/time type reads as a moment of its own: 'now', 'today 10:00', 'Mon tomorrow'.

/** By pg_type.typname: the types that do, and those made of them. */
export const datedTypeNames: ReadonlySet<string> = new Set(
  `date time timetz timestamp timestamptz daterange tsrange tstzrange datemultirange tsmultirange
   tstzmultirange`.split(/\s+/),
);

const moments: ReadonlySet<string> = new Set(['now', 'today', 'tomorrow', 'yesterday']);
/** What else may stand there without meaning (datetime.c); month and day names begin so. */
const others = new Set(['at', 'on', 'ad', 'bc', 'am', 'pm', 't', 'z', 'allballs']);
const named = /^(mon|tue|wed|thu|fri|sat|sun|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)/;
const zonePath = /[a-z_]+(?:\/[a-z_+-]+)+/g;
const lengthMax = 256;

/** Whether it may be one: with a word for a moment, and no more than a time zone besides. Members
 *  of arrays and ranges count as well. */
export function namesMoment(text: string): boolean {
  return wordsBeside(text) <= 2;
}

/** Likewise, without a word that date/time types do not know themselves but one that stands where a
 *  time zone does. */
export function isMoment(text: string): boolean {
  return timed.test(text) || wordsBeside(text) === 0;
}

const timed = /^\s*(now|today|tomorrow|yesterday)(\s+(allballs|[\d:.+-]+\s*[a-z/_]*))?\s*$/i;

/** Whether a statement's text may hold one, be it escaped. */
export function mayHoldMoment(sql: string): boolean {
  return momentWord.test(sql);
}

const momentWord = /(?<![a-z])(now|today|tomorrow|yesterday)(?![a-z])|\\/i;

/** Words besides those for moments, days and months; infinity: none is for a moment. */
function wordsBeside(text: string): number {
  if (text.length < 3 || text.length > lengthMax) return Number.POSITIVE_INFINITY;
  const words =
    text
      .toLowerCase()
      .replace(zonePath, ' ')
      .match(/[a-z]+/g) ?? [];
  if (!words.some(word => moments.has(word))) return Number.POSITIVE_INFINITY;
  const unknown = words.filter(word => !(moments.has(word) || others.has(word)));
  return unknown.filter(word => !named.test(word)).length;
}
