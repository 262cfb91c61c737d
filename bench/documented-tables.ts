// The tables of docs/performance.md: each between two comments that bear its name, replaced when
// the benchmark is told to.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const page = join(import.meta.dirname, '../docs/performance.md');

/** Replaces what stands between the comments of each name. Throws for a name without comments. */
export function writeTables(tables: ReadonlyMap<string, string>): void {
  let text = readFileSync(page, 'utf8');
  for (const [name, table] of tables) {
    const [begin, end] = [`<!-- bench ${name} -->`, `<!-- end of bench ${name} -->`];
    const [from, to] = [text.indexOf(begin), text.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`docs/performance.md has no place for "${name}"`);
    text = `${text.slice(0, from + begin.length)}\n\n${table}\n\n${text.slice(to)}`;
  }
  writeFileSync(page, text);
}
