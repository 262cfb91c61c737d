// The golden plans of test/golden/plans as cases: what the support tables are made of. The form of
// the files is that of test/planner/golden-plans.test.ts, which compares them with the planner.

import { readdirSync, readFileSync } from 'node:fs';

export interface GoldenCase {
  /** Name of the file without its ending. */
  readonly file: string;
  readonly shardCount: number;
  readonly sql: string;
  /** What `explainPlan` prints, one entry per line; several statements follow each other. */
  readonly plan: readonly string[];
}

const folder = new URL('../test/golden/plans/', import.meta.url);

/** All cases, by file name and then in the file's order. */
export function goldenCases(): GoldenCase[] {
  const names = readdirSync(folder).filter(name => name.endsWith('.test'));
  return names.sort().flatMap(name => {
    const text = readFileSync(new URL(name, folder), 'utf8');
    const file = name.slice(0, -'.test'.length);
    const head = /^shards: (\d+)\n/.exec(text);
    const shardCount = Number(head?.[1] ?? 3);
    return text
      .slice(head?.[0].length ?? 0)
      .split(/^====\n/m)
      .filter(part => part.trim() !== '')
      .map(part => ({ file, shardCount, ...caseOf(part) }));
  });
}

function caseOf(part: string): { sql: string; plan: string[] } {
  const [above = '', plan = ''] = part.trim().split(/^----$/m);
  const sql = above.trim().replace(/^(?:#[^\n]*\n)*/, '');
  return { sql: sql.trim(), plan: plan.trim().split('\n') };
}
