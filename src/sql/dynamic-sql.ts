// The texts that a procedure gives to EXECUTE, as far as its own text tells them: literals,
// format() of one, and names and values that quote_ident() and its like put between. A hole stands
// where the rest is known only when it runs.

/** A name; a value; anything. No SQL text holds these. */
export const nameHole = '\u0001';
const valueHole = '\u0002';
export const openHole = '\u0003';

const quotes = String.raw`e'(?:\\[\s\S]|''|[^'\\])*'|u?&?'(?:''|[^'])*'`;
const dollars = String.raw`\$([a-z_]\w*)?\$[\s\S]*?\$\1\$`;
const words = String.raw`"(?:""|[^"])*"|[a-z_\u0080-\uffff][\w$\u0080-\uffff]*`;
const comments = String.raw`--[^\n]*|\/\*[\s\S]*?\*\/`;
const tokenPattern = new RegExp(`${comments}|${quotes}|${dollars}|${words}|\\|\\||\\S`, 'gi');

/** Where the text of EXECUTE ends in PL/pgSQL (pl_gram.y, stmt_dynexecute and for_control). */
const endings = new Set([';', 'into', 'using', 'loop']);
const holes: Readonly<Record<string, string>> = {
  quote_ident: nameHole,
  quote_literal: valueHole,
  quote_nullable: valueHole,
};

/** What each EXECUTE in the text runs, with holes; also of those in its literals. */
export function dynamicTexts(text: string): readonly string[] {
  if (!/\bexecute\b/i.test(text)) return [];
  const tokens = (text.match(tokenPattern) ?? []).filter(one => !/^(--|\/\*)/.test(one));
  const found: string[] = [];
  for (const [i, token] of tokens.entries()) {
    const content = contentOf(token);
    if (content !== null) found.push(...dynamicTexts(content));
    if (token.toLowerCase() === 'execute' && !namesPrivilege(tokens, i)) {
      found.push(expression(tokens, i + 1));
    }
  }
  return found;
}

/** GRANT EXECUTE ON …, CREATE TRIGGER … EXECUTE FUNCTION name. */
function namesPrivilege(tokens: readonly string[], at: number): boolean {
  const next = tokens[at + 1]?.toLowerCase() ?? '';
  if (next === 'on') return true;
  return /^(function|procedure)$/.test(next) && /^[\w"]/.test(tokens[at + 2] ?? '');
}

/** Pieces joined by `||` up to the end of the expression. */
function expression(tokens: readonly string[], from: number): string {
  let text = '';
  for (let at = from; ; at++) {
    const end = endOfPiece(tokens, at);
    text += piece(tokens.slice(at, end));
    at = end;
    if (tokens[at] !== '||') return text;
  }
}

function endOfPiece(tokens: readonly string[], from: number): number {
  let depth = 0;
  for (let at = from; at < tokens.length; at++) {
    const token = tokens[at]!.toLowerCase();
    if (depth === 0 && (token === '||' || endings.has(token))) return at;
    if (token === '(' || token === '[') depth++;
    if (token === ')' || token === ']') depth--;
  }
  return tokens.length;
}

function piece(tokens: readonly string[]): string {
  const [first = '', second, third = ''] = tokens;
  if (tokens.length === 1) return contentOf(first) ?? openHole;
  const name = first.toLowerCase();
  const closes = closeOf(tokens, first === '(' ? 0 : 1) === tokens.length - 1;
  if (!closes) return openHole;
  if (first === '(') return expression(tokens.slice(1, -1), 0);
  if (second !== '(') return openHole;
  if (name !== 'format') return holes[name] ?? openHole;
  const pattern = contentOf(third);
  const whole = tokens[3] === ',' || tokens.length === 4;
  return pattern === null || !whole ? openHole : formatted(pattern);
}

/** Of format(): formatting.c has none, varlena.c text_format_parse_format has its grammar. */
function formatted(pattern: string): string {
  return pattern.replaceAll(/%(?:\d+\$)?-?(?:\d+|\*(?:\d+\$)?)?([\s\S])/g, (_, type: string) => {
    if (type === '%') return '%';
    if (type === 'I') return nameHole;
    return type === 'L' ? valueHole : openHole;
  });
}

function closeOf(tokens: readonly string[], open: number): number {
  let depth = 0;
  for (let at = open; at < tokens.length; at++) {
    if (tokens[at] === '(') depth++;
    if (tokens[at] === ')' && --depth === 0) return at;
  }
  return -1;
}

/** null: it is no literal. With escapes it may be anything. */
function contentOf(token: string): string | null {
  if (token.startsWith("'") && token.length > 1) return token.slice(1, -1).replaceAll("''", "'");
  if (/^\$\w*\$./s.test(token)) {
    const quote = token.indexOf('$', 1) + 1;
    return token.slice(quote, -quote);
  }
  if (!/^(e|u&)'/i.test(token)) return null;
  const escaped = token.slice(token.indexOf("'") + 1, -1);
  return escaped.includes('\\') ? openHole : escaped.replaceAll("''", "'");
}
