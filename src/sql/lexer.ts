// One scan over a statement's bytes that lifts its literals out, so that statements which differ
// only in them share a cache key. Follows scan.l of PostgreSQL (standard_conforming_strings on):
// what could be read otherwise is not lifted, what it does not follow is not given a key at all.
// Hot path: a table of byte classes, no expressions, no objects per token.

/** Statements with more literals are not lifted (bulk inserts never come twice). */
const literalsMax = 256;
const keyBytesMax = 16_384;
/** Longer integers may not be bigint: they stay in the key. */
const integerDigitsMax = 18;

/** Stand in for literals in a key. No SQL has them outside quotes. */
const integerMark = 1;
const stringMark = 2;

export interface LiftedStatement {
  /** The statement's text, one character per byte, a mark in place of each lifted literal. */
  key: string;
  /** Literals lifted. */
  count: number;
  /** Where each literal's value is in the bytes that were read: digits, or the string's inside. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** Where each literal begins, counted from the statement's begin: as in the parse tree. */
  readonly locations: Int32Array;
}

/** Scratch to be used again for each statement. */
export function newLiftedStatement(): LiftedStatement {
  return {
    key: '',
    count: 0,
    starts: new Int32Array(literalsMax),
    ends: new Int32Array(literalsMax),
    locations: new Int32Array(literalsMax),
  };
}

const Other = 0;
const Identifier = 1;
const Digit = 2;
const Quote = 3;
const DoubleQuote = 4;
const Dollar = 5;
const Dash = 6;
const Slash = 7;
const Dot = 8;

const classes = new Uint8Array(256);
const byte = (character: string) => character.charCodeAt(0);
for (let code = 0; code < 256; code++) {
  const character = String.fromCharCode(code);
  if (/[A-Za-z_]/.test(character) || code >= 0x80) classes[code] = Identifier;
  else if (/[0-9]/.test(character)) classes[code] = Digit;
}
classes[byte("'")] = Quote;
classes[byte('"')] = DoubleQuote;
classes[byte('$')] = Dollar;
classes[byte('-')] = Dash;
classes[byte('/')] = Slash;
classes[byte('.')] = Dot;

/** 1: continues an identifier or keyword. */
const inWord = new Uint8Array(256);
for (let code = 0; code < 256; code++) {
  const kind = classes[code];
  inWord[code] = kind === Identifier || kind === Digit || kind === Dollar ? 1 : 0;
}

const quote = byte("'");
const doubleQuote = byte('"');
const backslash = byte('\\');
const dollar = byte('$');
const ampersand = byte('&');
const star = byte('*');
const slash = byte('/');
const dash = byte('-');
const plus = byte('+');
const dot = byte('.');
const newline = 10;
const carriageReturn = 13;
const lowerE = byte('e');

const key = Buffer.allocUnsafe(keyBytesMax);

/**
 * Reads the statement bytes[start] up to bytes[end] into `out`. False: it has no key (too long, too
 * many literals, a form that is not followed, or unterminated); `out` is then of no use.
 */
export function liftLiterals(
  bytes: Uint8Array,
  start: number,
  end: number,
  out: LiftedStatement,
): boolean {
  if (end - start > keyBytesMax) return false;
  let count = 0;
  let length = 0;
  let at = start;
  while (at < end) {
    const code = bytes[at]!;
    const kind = classes[code]!;
    let stop = at + 1;
    if (kind === Other) {
      key[length++] = code;
      at = stop;
      continue;
    }
    if (kind === Identifier) {
      // Most bytes are of words: copied here, byte by byte.
      const word = at;
      do key[length++] = bytes[at++]!;
      while (at < end && inWord[bytes[at]!] === 1);
      const next = at - word === 1 && at < end ? bytes[at] : 0;
      if (next !== quote && next !== ampersand) continue;
      stop = endOfPrefixed(bytes, word, end);
    } else if (kind === Digit) {
      stop = endOfNumber(bytes, at, end);
      if (stop > 0) {
        if (count === literalsMax) return false;
        out.locations[count] = at - start;
        out.starts[count] = at;
        out.ends[count++] = stop;
        key[length++] = integerMark;
        at = stop;
        continue;
      }
      stop = -stop;
    } else if (kind === Quote) {
      stop = endOfString(bytes, at, end);
      if (stop > 0) {
        if (count === literalsMax) return false;
        out.locations[count] = at - start;
        out.starts[count] = at + 1;
        out.ends[count++] = stop - 1;
        key[length++] = stringMark;
        at = stop;
        continue;
      }
      stop = -stop;
    } else if (kind === DoubleQuote) {
      stop = bytes.indexOf(doubleQuote, at + 1) + 1;
    } else if (kind === Dollar) {
      stop = endOfDollar(bytes, at, end);
    } else if (kind === Dash) {
      if (bytes[at + 1] === dash) stop = endOfLine(bytes, at, end);
    } else if (kind === Slash) {
      if (bytes[at + 1] === star) stop = endOfComment(bytes, at, end);
    } else if (classes[bytes[at + 1]!] === Digit) {
      stop = Math.abs(endOfNumber(bytes, at, end));
    }
    if (stop < at || stop > end || (stop === at && kind !== Identifier)) return false;
    while (at < stop) key[length++] = bytes[at++]!;
  }
  out.count = count;
  out.key = key.toString('latin1', 0, length);
  return true;
}

/** Behind a letter, or behind the string that it is the prefix of. 0: not followed. */
function endOfPrefixed(bytes: Uint8Array, start: number, end: number): number {
  const at = start + 1;
  const next = bytes[at];
  const letter = bytes[start]! | 0x20;
  if (next === quote) {
    if (letter === lowerE) return endOfEscapes(bytes, at + 1, end);
    // b'', x'', n'': quotes double as in plain strings.
    const prefix = letter === byte('b') || letter === byte('x') || letter === byte('n');
    return prefix ? endOfQuoted(bytes, at, end) : at;
  }
  if (next !== ampersand || letter !== byte('u')) return at;
  if (bytes[at + 1] === quote) return endOfQuoted(bytes, at + 1, end);
  return bytes[at + 1] === doubleQuote ? bytes.indexOf(doubleQuote, at + 2) + 1 : at;
}

/** Behind an integer that can be lifted; negative: behind another number, which stays. */
function endOfNumber(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && classes[bytes[at]!] === Digit) at++;
  const kind = at < end ? classes[bytes[at]!] : Other;
  const plain = kind !== Identifier && kind !== Dollar && kind !== Dot;
  if (plain && at - start <= integerDigitsMax) return at;
  while (at < end) {
    const code = bytes[at]!;
    const part = classes[code];
    const sign = (code === plus || code === dash) && (bytes[at - 1]! | 0x20) === lowerE;
    const inside = part === Digit || part === Identifier || part === Dollar || code === dot;
    if (!inside && !sign) break;
    at++;
  }
  return -at;
}

/** Behind a plain string that can be lifted; negative: behind one that stays; 0: unfollowed. */
function endOfString(bytes: Uint8Array, start: number, end: number): number {
  let at = start + 1;
  for (; at < end; at++) {
    const code = bytes[at];
    // A backslash means something else without standard_conforming_strings.
    if (code === backslash) return 0;
    if (code === quote) break;
  }
  at++;
  if (at > end) return 0;
  if (bytes[at] === quote && at < end) return -endOfQuoted(bytes, start, end);
  return isContinued(bytes, at, end) ? 0 : at;
}

/** Behind a string in which quotes are doubled; 0: unterminated, continued or with a backslash. */
function endOfQuoted(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start + 1; at < end; at++) {
    const code = bytes[at];
    if (code === backslash) return 0;
    if (code !== quote) continue;
    if (bytes[at + 1] === quote && at + 1 < end) at++;
    else return isContinued(bytes, at + 1, end) ? 0 : at + 1;
  }
  return 0;
}

/** Behind E'…', `start` being the first byte inside. */
function endOfEscapes(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end; at++) {
    const code = bytes[at];
    if (code === backslash) at++;
    else if (code === quote) {
      if (bytes[at + 1] === quote && at + 1 < end) at++;
      else return isContinued(bytes, at + 1, end) ? 0 : at + 1;
    }
  }
  return 0;
}

/** A string goes on in another one behind a newline, comments between (`quotecontinue`). */
function isContinued(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end && isSpace(bytes[at]!)) at++;
  if (at >= end) return false;
  if (bytes[at] === quote) return true;
  return bytes[at] === dash && bytes[at + 1] === dash;
}

function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}

/** Behind $1 or a dollar-quoted string; 0: unterminated. */
function endOfDollar(bytes: Uint8Array, start: number, end: number): number {
  let at = start + 1;
  if (at < end && classes[bytes[at]!] === Digit) return Math.abs(endOfNumber(bytes, at, end));
  while (at < end) {
    const kind = classes[bytes[at]!];
    if (kind !== Identifier && kind !== Digit) break;
    at++;
  }
  if (at >= end || bytes[at] !== dollar) return start + 1;
  const tag = at + 1 - start;
  for (let from = at + 1; from + tag <= end; from++) {
    let same = 0;
    while (same < tag && bytes[from + same] === bytes[start + same]) same++;
    if (same === tag) return from + tag;
  }
  return 0;
}

function endOfLine(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== newline && bytes[at] !== carriageReturn) at++;
  return at;
}

/** Comments nest. 0: unterminated. */
function endOfComment(bytes: Uint8Array, start: number, end: number): number {
  let depth = 1;
  for (let at = start + 2; at + 1 < end; at++) {
    if (bytes[at] === star && bytes[at + 1] === slash) {
      at++;
      if (--depth === 0) return at + 1;
    } else if (bytes[at] === slash && bytes[at + 1] === star) {
      at++;
      depth++;
    }
  }
  return 0;
}
