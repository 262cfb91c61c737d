// How deep a text's parse tree can be, at most, before it is parsed: the parser's module goes down a
// tree on the stack of JavaScript, and where that ends its memory is left as it was in mid-call, for
// every text that follows. PostgreSQL has check_stack_depth() for it (stack_depth.c).

/** Tokens that can lie within one another. Measured: of no construct are 3 000 too many. */
export const nestingMax = 3_000;

/** At the same depth of brackets a list begins anew behind these. */
const parting: ReadonlySet<string> = new Set(['and', 'or']);

/** These nest without brackets, whatever lists stand between them. */
const nesting: ReadonlySet<string> = new Set(
  'between case cross except explain full inner intersect join left natural not right union'.split(
    ' ',
  ),
);

const comma = 0x2c;
const semicolon = 0x3b;
const quote = 0x27;

/** Not less than the number of tokens in which the innermost one lies; exact it is not. */
export function nestingOf(text: string): number {
  let deepest = 0;
  /** Of the brackets that are open around, what they lie in. */
  const around: number[] = [];
  let outer = 0;
  /** Tokens since the last comma, and those that no comma ends. */
  let inList = 0;
  let inChain = 0;
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at);
    const end = tokenEnd(text, at, code);
    if (end < 0) {
      // The parser takes time by the square of their depth.
      if (code === 0x2f) deepest = Math.max(deepest, commentAt(text, at).depth);
      at = -end;
      continue;
    }
    if (code === comma || code === semicolon) {
      inList = 0;
      if (code === semicolon && around.length === 0) inChain = 0;
    } else if (code === 0x28 || code === 0x5b) {
      around.push(outer, inList, inChain);
      outer += inList + inChain + 1;
      inList = inChain = 0;
    } else if ((code === 0x29 || code === 0x5d) && around.length > 0) {
      inChain = around.pop()!;
      inList = around.pop()! + 1;
      outer = around.pop()!;
    } else if (end - at < 10 && isWord(code)) {
      const word = text.slice(at, end).toLowerCase();
      if (parting.has(word)) inList = 0;
      else if (nesting.has(word)) inChain += 1;
      else inList += 1;
    } else inList += 1;
    deepest = Math.max(deepest, outer + inList + inChain);
    at = end;
  }
  return deepest;
}

/** Where the token at `at` ends; negative: it is a blank or a comment, which ends there. */
function tokenEnd(text: string, at: number, code: number): number {
  if (code <= 0x20) return -(at + 1);
  if (isWord(code)) {
    let end = at + 1;
    while (end < text.length && isWord(text.charCodeAt(end))) end += 1;
    const escapes = end - at === 1 && (code | 0x20) === 0x65;
    return escapes && text.charCodeAt(end) === quote ? escapedEnd(text, end) : end;
  }
  const next = text.charCodeAt(at + 1);
  if (code === quote || code === 0x22) return quotedEnd(text, at);
  if (code === 0x2d && next === 0x2d) return -behind(text, '\n', at + 2);
  if (code === 0x2f && next === 0x2a) return -commentAt(text, at).end;
  if (code === 0x24) return dollarEnd(text, at);
  return at + 1;
}

function behind(text: string, what: string, from: number): number {
  const found = text.indexOf(what, from);
  return found < 0 ? text.length : found + what.length;
}

/** A doubled quote is one of the string. */
function quotedEnd(text: string, start: number): number {
  const mark = text[start]!;
  let end = behind(text, mark, start + 1);
  while (text[end] === mark) end = behind(text, mark, end + 1);
  return end;
}

/** Of a string with escapes that opens at `quoteAt`. */
function escapedEnd(text: string, quoteAt: number): number {
  for (let at = quoteAt + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x5c) at += 1;
    else if (code === quote) return at + 1;
  }
  return text.length;
}

/** Comments nest. */
function commentAt(text: string, start: number): { end: number; depth: number } {
  const marks = /\/\*|\*\//g;
  marks.lastIndex = start;
  let depth = 0;
  for (let open = 0, mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
    open += mark[0] === '/*' ? 1 : -1;
    depth = Math.max(depth, open);
    if (open === 0) return { end: marks.lastIndex, depth };
  }
  return { end: text.length, depth };
}

/** A string between dollar quotes, or a parameter. */
function dollarEnd(text: string, at: number): number {
  const opening = /\$(?:[^\d\s$'"()][^\s$'"()]*)?\$/y;
  opening.lastIndex = at;
  const found = opening.exec(text);
  return found === null ? at + 1 : behind(text, found[0], opening.lastIndex);
}

/** Letters, digits, _ and what is not ASCII. */
function isWord(code: number): boolean {
  const letter = code | 0x20;
  return (
    (letter >= 0x61 && letter <= 0x7a) ||
    (code >= 0x30 && code <= 0x39) ||
    code === 0x5f ||
    code > 0x7f
  );
}
