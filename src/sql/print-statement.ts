// SQL text of a syntax tree that a planner has changed. Whatever the printer makes of it is parsed
// again and has to give the same tree: a text that means something else is never sent.

import { deparseSync } from 'pgsql-deparser';
import { parseStatements } from './parser.ts';
import type { SyntaxNode } from './syntax-tree.ts';

/** The statement on one line or several; null: it cannot be printed so that it means the same. */
export function printStatement(stmt: SyntaxNode): string | null {
  const wanted = canonical(stmt);
  let text: string;
  try {
    text = deparseSync(stmt as Parameters<typeof deparseSync>[0]);
    const [read, ...more] = parseStatements(text);
    if (read === undefined || more.length > 0 || canonical(read.stmt) !== wanted) return null;
  } catch {
    return null;
  }
  return text;
}

const places = /^(location|name_location|(rexpr_)?list_(start|end))$/;

/** The tree without the places where its parts stand in the text. */
function canonical(tree: unknown): string {
  return JSON.stringify(tree, (name, value: unknown) => (places.test(name) ? undefined : value));
}
