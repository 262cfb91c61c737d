// The corpus as a person writes it: `.sql` files of paragraphs, each one Query message, and `.wire`
// files whose lines are protocol messages. README.md beside this file says what is allowed in them.

import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { query } from '../support/client-bytes.ts';
import type { Directives, Step } from './step.ts';
import { wireStep } from './wire-line.ts';

/** Steps that begin with new connections and leave nothing behind. */
export interface Script {
  readonly file: string;
  readonly title: string;
  readonly steps: readonly Step[];
}

/** Files of this folder with that ending, in order. */
export function corpus(ending: '.sql' | '.wire'): Script[] {
  const names = globSync(`*${ending}`, { cwd: import.meta.dirname }).sort();
  return names.flatMap(name => readScripts(join(import.meta.dirname, name), ending));
}

function readScripts(path: string, ending: '.sql' | '.wire'): Script[] {
  const file = basename(path);
  const scripts: { file: string; title: string; steps: Step[] }[] = [];
  for (const paragraph of readFileSync(path, 'utf8').split(/\n\s*\n/)) {
    const heading = /^\s*-- ## (.*)$/m.exec(paragraph);
    const title = heading?.[1];
    if (title !== undefined) scripts.push({ file, title, steps: [] });
    const text = paragraph.replace(/^\s*-- ## .*$/m, '').trim();
    if (text === '' || isComment(text)) continue;
    const script = scripts.at(-1);
    if (script === undefined) throw new Error(`${file}: no "-- ## title" above "${text}"`);
    const step = ending === '.sql' ? sqlStep(text) : wireStep(text, directivesOf(text));
    const same = script.steps.filter(one => one.label.replace(/ #\d+$/, '') === step.label);
    const label = same.length === 0 ? step.label : `${step.label} #${same.length + 1}`;
    script.steps.push({ ...step, label });
  }
  return scripts;
}

function isComment(text: string): boolean {
  return text.split('\n').every(line => line.startsWith('-- ') && !line.startsWith('-- !'));
}

/** Lines `-- !client b`, `-- !later`, `-- !until A 2`. */
function directivesOf(text: string): Directives {
  const client = /^-- !client (\w+)$/m.exec(text)?.[1] ?? 'a';
  const until = /^-- !until (\w) (\d+)$/m.exec(text);
  return {
    client,
    until: until === null ? null : { type: until[1]!, count: Number(until[2]) },
    later: /^-- !later$/m.test(text),
  };
}

/** A Query message; rows for COPY FROM STDIN stand behind it up to a line `\.`, as in a dump. */
function sqlStep(text: string): Step {
  const directives = directivesOf(text);
  const lines = text.split('\n').filter(line => !line.startsWith('-- !'));
  const { sql, copyIn } = splitCopyData(lines);
  const only = sql === '';
  return {
    label: only ? 'nothing is sent' : labelOf(sql),
    client: directives.client,
    sql: only ? null : sql,
    send: only ? Buffer.alloc(0) : query(sql),
    until: directives.until ?? { type: 'Z', count: 1 },
    later: directives.later,
    copyIn,
  };
}

function splitCopyData(lines: readonly string[]): { sql: string; copyIn: Buffer[] } {
  if (lines.at(-1) !== '\\.') return { sql: lines.join('\n'), copyIn: [] };
  const end = lines.findIndex(line => /;\s*$/.test(line));
  const copyIn = lines.slice(end + 1, -1).map(line => Buffer.from(`${line}\n`));
  return { sql: lines.slice(0, end + 1).join('\n'), copyIn };
}

function labelOf(text: string): string {
  const line = text.split('\n').find(one => !one.startsWith('--')) ?? text;
  return line.length > 70 ? `${line.slice(0, 67)}...` : line;
}
