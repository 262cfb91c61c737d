// The corpus as text: paragraphs of one statement each, with directives behind it.
//
//   SELECT name FROM users WHERE id = «5» LIMIT «2»
//   --order 1
//
// «…» is a literal that the extended protocol passes as a parameter. Directives:
//   --order 1 3     only these columns (1-based) are in a determined order; rows as a multiset
//   --unordered     the order of rows is not determined although the statement has ORDER BY
//   --any-rows      which rows is not determined, only how many
//   --about         floats agree to nine digits (sums of them in another order)
//   --sqlstate      of an error only severity and SQLSTATE are determined
//   --simple        not for the extended protocol
//   --text          the binary form is not determined, or there is none
//   --refused 2 3   numbers of shards with which PgPack refuses it (0A000)
//   --stdin         what follows answers COPY FROM STDIN (`--stdin-open`: without a last line end)
//   --stdin-hex     the same as hexadecimal bytes

import { readFileSync, writeFileSync } from 'node:fs';

export interface Case {
  readonly file: string;
  /** Of the paragraph, 1-based. */
  readonly line: number;
  readonly sql: string;
  readonly compare: 'rows' | 'count';
  /** 0-based columns whose order is determined; null: all of them. */
  readonly ordered: readonly number[] | null;
  /** False: of an error only severity and SQLSTATE are determined. */
  readonly messages: boolean;
  /** Floats agree only to nine digits. */
  readonly about?: boolean;
  readonly simpleOnly: boolean;
  readonly textOnly: boolean;
  readonly refused: readonly number[];
  readonly stdin: Buffer | null;
  /** The paragraph without its --refused. */
  readonly text: string;
}

/** Cases of a file in their order. */
export function readCases(path: URL): Case[] {
  const text = readFileSync(path, 'utf8');
  const file = path.pathname.split('/').at(-1)!;
  let line = 1;
  const cases: Case[] = [];
  for (const paragraph of text.split('\n\n')) {
    const start = line;
    line += paragraph.split('\n').length + 1;
    const body = withoutComments(paragraph);
    if (body !== '') cases.push(parseCase(file, start, body));
  }
  return cases;
}

/** Puts what is refused today into the file. `refused` by line of the case. */
export function writeRefusals(path: URL, refused: ReadonlyMap<number, readonly number[]>): void {
  let line = 1;
  const paragraphs = readFileSync(path, 'utf8').split('\n\n');
  const rewritten = paragraphs.map(paragraph => {
    const shards = refused.get(line);
    line += paragraph.split('\n').length + 1;
    if (withoutComments(paragraph) === '') return paragraph;
    const lines = paragraph.trimEnd().split('\n');
    const kept = lines.filter(one => !one.startsWith('--refused'));
    if (shards === undefined || shards.length === 0) return kept.join('\n');
    const stdin = kept.findIndex(one => one.startsWith('--stdin'));
    kept.splice(stdin === -1 ? kept.length : stdin, 0, `--refused ${shards.join(' ')}`);
    return kept.join('\n');
  });
  writeFileSync(path, `${rewritten.join('\n\n').trimEnd()}\n`);
}

function withoutComments(paragraph: string): string {
  return paragraph.replace(/^(#.*\n?)+/, '').trim();
}

function parseCase(file: string, line: number, text: string): Case {
  const lines = text.split('\n');
  const first = lines.findIndex(one => /^--[a-z]/.test(one));
  const sql = (first === -1 ? lines : lines.slice(0, first)).join('\n');
  const directives = new Map<string, string>();
  let stdin: Buffer | null = null;
  for (let at = first; at !== -1 && at < lines.length; at++) {
    const [, name = '', value = ''] = /^--([a-z-]+) ?(.*)$/.exec(lines[at]!) ?? [];
    if (name.startsWith('stdin')) {
      stdin = stdinOf(name, lines.slice(at + 1));
      break;
    }
    directives.set(name, value);
  }
  const known = [
    'order',
    'unordered',
    'any-rows',
    'about',
    'sqlstate',
    'simple',
    'text',
    'refused',
  ];
  for (const name of directives.keys()) {
    if (!known.includes(name)) throw new Error(`${file}:${line}: --${name}?`);
  }
  const numbers = (name: string) => (directives.get(name)?.match(/\d+/g) ?? []).map(Number);
  const hasOrder = /\border\s+by\b/i.test(outside(sql)) && !directives.has('unordered');
  return {
    ...{ file, line, sql, stdin },
    compare: directives.has('any-rows') ? 'count' : 'rows',
    ordered: directives.has('order')
      ? numbers('order').map(column => column - 1)
      : hasOrder
        ? null
        : [],
    about: directives.has('about'),
    messages: !directives.has('sqlstate'),
    simpleOnly: directives.has('simple'),
    textOnly: directives.has('text'),
    refused: numbers('refused'),
    text,
  };
}

/** The text without what stands in parentheses: an ORDER BY in there orders no rows of the answer. */
function outside(sql: string): string {
  const inner = /'(?:[^']|'')*'|\([^()']*\)/g;
  let [text, before] = [sql, ''];
  while (text !== before) [text, before] = [text.replace(inner, ' '), text];
  return text;
}

function stdinOf(name: string, lines: readonly string[]): Buffer {
  if (name === 'stdin-hex') return Buffer.from(lines.join('').replaceAll(' ', ''), 'hex');
  // An empty line cannot stand in a paragraph: `~` alone is one.
  const text = lines.map(line => (line === '~' ? '' : line)).join('\n');
  return Buffer.from(name === 'stdin-open' || lines.length === 0 ? text : `${text}\n`);
}
