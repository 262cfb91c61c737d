// SQL text of a syntax tree that a planner has changed. Whatever the printer makes of it is parsed
// again and has to give the same tree: a text that means something else is never sent.

import { deparseSync } from 'pgsql-deparser';
import { parseStatements } from './parser.ts';
import type { SelectStmt, SyntaxNode } from './syntax-tree.ts';

/** The statement on one line; null: it cannot be printed so that it means the same. */
export function printStatement(stmt: SyntaxNode): string | null {
  const wanted = canonical(stmt);
  let text: string;
  try {
    text = withForgotten(stmt, deparse(stmt));
    const [read, ...more] = parseStatements(text);
    if (read === undefined || more.length > 0 || canonical(read.stmt) !== wanted) return null;
  } catch {
    return null;
  }
  return text;
}

function deparse(stmt: SyntaxNode): string {
  return deparseSync(stmt as Parameters<typeof deparseSync>[0], { pretty: false });
}

/** What the printer leaves out of a query: WITH TIES and GROUP BY DISTINCT. */
function withForgotten({ SelectStmt: select }: SyntaxNode, text: string): string {
  if (select?.limitOption === 'LIMIT_OPTION_WITH_TIES') {
    const { limitCount, ...others } = select;
    const rows = { ...others, limitOption: 'LIMIT_OPTION_DEFAULT' } as SelectStmt;
    const count = { targetList: [{ ResTarget: { val: limitCount } }], op: 'SETOP_NONE' };
    const expression = deparse({ SelectStmt: count } as SyntaxNode).slice('SELECT '.length);
    const limited = `${deparse({ SelectStmt: rows })} FETCH FIRST (${expression}) ROWS WITH TIES`;
    return select.groupDistinct ? distinctGroups(limited) : limited;
  }
  return select?.groupDistinct ? distinctGroups(text) : text;
}

function distinctGroups(text: string): string {
  return text.replace('GROUP BY ', 'GROUP BY DISTINCT ');
}

const places = /^(location|name_location|(rexpr_)?list_(start|end))$/;

/** The tree without the places where its parts stand in the text, members in one order. */
function canonical(tree: unknown): string {
  return JSON.stringify(tree, (name, value: unknown) => {
    if (places.test(name)) return undefined;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    return Object.fromEntries(members.sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
