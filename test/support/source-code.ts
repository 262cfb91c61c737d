// TypeScript source as the tidy test reads it: the same text with comments (and, where asked, the
// contents of literals) blanked out, so that patterns and braces can be looked for safely. Line
// and column stay as they were.

import { stripTypeScriptTypes } from 'node:module';

/** Words after which `/` begins a regular expression, not a division. */
const beforeRegExp = /(?:^|[^\w$.])(?:return|typeof|case|in|of|do|else|void|delete|await|yield)$/;

interface Span {
  readonly end: number;
  readonly kind: 'code' | 'comment' | 'literal';
}

/** `text` without comments, and without what is between quotes if `literals` is true. */
export function blank(text: string, literals: boolean): string {
  const templates: number[] = [];
  let depth = 0;
  let result = '';
  for (let at = 0; at < text.length; ) {
    const char = text[at]!;
    if (char === '{') depth++;
    if (char === '}') depth--;
    const resumed = char === '}' && templates.at(-1) === depth && templates.pop() !== undefined;
    const span = resumed || char === '`' ? template(text, at + 1) : next(text, at, result);
    if ((resumed || char === '`') && text[span.end - 1] === '{') templates.push(depth++);
    const piece = text.slice(at, span.end);
    const hidden = span.kind === 'comment' || (span.kind === 'literal' && literals);
    result += hidden ? hide(piece, span.kind === 'literal') : piece;
    at = span.end;
  }
  return result;
}

/** Keeps line ends, and of a literal its first and last character. */
function hide(piece: string, isLiteral: boolean): string {
  const inner = (part: string): string => part.replace(/[^\n]/g, ' ');
  if (!isLiteral || piece.length < 2) return inner(piece);
  return piece[0] + inner(piece.slice(1, -1)) + piece.at(-1);
}

function next(text: string, at: number, before: string): Span {
  const char = text[at]!;
  const two = text.slice(at, at + 2);
  if (two === '//') return { end: endOf(text, '\n', at), kind: 'comment' };
  if (two === '/*') return { end: endOf(text, '*/', at + 2) + 2, kind: 'comment' };
  if (char === "'" || char === '"') return { end: quoted(text, at), kind: 'literal' };
  if (char === '/' && startsRegExp(before)) return { end: regExp(text, at), kind: 'literal' };
  return { end: at + 1, kind: 'code' };
}

function endOf(text: string, what: string, from: number): number {
  const found = text.indexOf(what, from);
  return found < 0 ? text.length : found;
}

function quoted(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === text[start] || text[at] === '\n') return at + 1;
  }
  return text.length;
}

/** From after the backtick (or the brace that ends a substitution) to behind the next of them. */
function template(text: string, from: number): Span {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '`') return { end: at + 1, kind: 'literal' };
    else if (text[at] === '$' && text[at + 1] === '{') return { end: at + 2, kind: 'literal' };
  }
  return { end: text.length, kind: 'literal' };
}

function startsRegExp(before: string): boolean {
  const trimmed = before.trimEnd();
  return /(?:^|[(,=:[!&|?{;+\-*%~^<>])$/.test(trimmed) || beforeRegExp.test(trimmed.slice(-20));
}

function regExp(text: string, start: number): number {
  let inClass = false;
  for (let at = start + 1; at < text.length; at++) {
    const char = text[at];
    if (char === '\\') at++;
    else if (char === '\n') return at;
    else if (char === '[') inClass = true;
    else if (char === ']') inClass = false;
    else if (char === '/' && !inClass) return at + 1;
  }
  return text.length;
}

export interface FunctionSpan {
  /** What stands before the parameter list. */
  readonly head: string;
  /** 1-based. */
  readonly line: number;
  readonly lines: number;
}

const blockWords = /(?:^|[^\w$.])(?:if|for|for await|while|switch|catch|with)$/;

/** Every function with a body in braces: declarations, methods, accessors, arrows. */
export function functionsOf(text: string): FunctionSpan[] {
  // Without the types a body's brace follows `)` or `=>` directly; positions are kept.
  const code = blank(stripTypeScriptTypes(text), true);
  const partners = matchBrackets(code);
  const found: FunctionSpan[] = [];
  for (let open = code.indexOf('{'); open >= 0; open = code.indexOf('{', open + 1)) {
    const start = headOf(code, open, partners);
    const close = partners.get(open);
    if (start === null || close === undefined) continue;
    const line = lineAt(code, start.at);
    found.push({ head: start.head, line, lines: lineAt(code, close) - line + 1 });
  }
  return found;
}

function headOf(
  code: string,
  open: number,
  partners: ReadonlyMap<number, number>,
): { head: string; at: number } | null {
  let end = code.slice(0, open).trimEnd().length;
  const isArrow = code.slice(end - 2, end) === '=>';
  if (isArrow) end = code.slice(0, end - 2).trimEnd().length;
  if (code[end - 1] !== ')') return isArrow ? { head: '=>', at: end - 1 } : null;
  const parameters = partners.get(end - 1);
  if (parameters === undefined) return null;
  const before = code.slice(0, parameters).trimEnd();
  if (!isArrow && blockWords.test(before.replace(/\s+/g, ' ').slice(-20))) return null;
  return { head: /[\w$#]*$/.exec(before)![0] || '=>', at: parameters };
}

/** From each bracket's position to its partner's, both ways. */
function matchBrackets(code: string): Map<number, number> {
  const partners = new Map<number, number>();
  const open: number[] = [];
  for (let at = 0; at < code.length; at++) {
    if ('([{'.includes(code[at]!)) open.push(at);
    if (!')]}'.includes(code[at]!)) continue;
    const start = open.pop();
    if (start === undefined) continue;
    partners.set(start, at).set(at, start);
  }
  return partners;
}

function lineAt(code: string, at: number): number {
  let line = 1;
  for (let end = code.indexOf('\n'); end >= 0 && end < at; end = code.indexOf('\n', end + 1))
    line++;
  return line;
}
