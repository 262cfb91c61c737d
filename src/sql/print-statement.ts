// SQL text of a syntax tree that a planner has changed. Whatever the printer makes of it is parsed
// again and has to give the same tree: a text that means something else is never sent.

import type { Deparser } from 'pgsql-deparser';
import { JsonXmlPrinter } from './json-xml-printer.ts';
import { parseStatements } from './parser.ts';
import { quoteName } from './quote-name.ts';
import { nameParts, qualifiedName, type SyntaxNode, walk } from './syntax-tree.ts';

/** The statement on one line; null: it cannot be printed so that it means the same. */
export function printStatement(stmt: SyntaxNode): string | null {
  const wanted = canonical(stmt);
  let text: string;
  try {
    text = printed(stmt);
    const [read, ...more] = parseStatements(text);
    if (read === undefined || more.length > 0 || canonical(read.stmt) !== wanted) return null;
  } catch {
    return null;
  }
  return text;
}

function deparse(stmt: SyntaxNode): string {
  return new Printer(stmt as ConstructorParameters<typeof Deparser>[0], unadorned).deparseQuery();
}

const unadorned = { pretty: false };

/** Parentheses where the printer leaves out some that count: (NOT a) IS NULL, (a = b) IS TRUE,
 *  (ARRAY[1, 2])[1]. */
class Printer extends JsonXmlPrinter {
  override BoolExpr(...args: Parameters<Deparser['BoolExpr']>): string {
    return `(${super.BoolExpr(...args)})`;
  }

  override BooleanTest(...[node, context]: Parameters<Deparser['BooleanTest']>): string {
    return `(${this.visit(node.arg!, context)}) ${node.booltesttype!.replaceAll('_', ' ')}`;
  }

  override NullTest(...[node, context]: Parameters<Deparser['NullTest']>): string {
    return `(${this.visit(node.arg!, context)}) ${node.nulltesttype!.replaceAll('_', ' ')}`;
  }

  override A_ArrayExpr(...args: Parameters<Deparser['A_ArrayExpr']>): string {
    return `(${super.A_ArrayExpr(...args)})`;
  }

  /** With the schema of the type, which the printer leaves out behind `::`. */
  override TypeCast(...[node, context]: Parameters<Deparser['TypeCast']>): string {
    const type = this.TypeName(node.typeName!, context);
    if (!type.startsWith('pg_catalog.')) return super.TypeCast(node, context);
    return `CAST(${this.visit(node.arg!, context)} AS ${type})`;
  }

  /** AT TIME ZONE and AT LOCAL, and the function that both are. */
  override FuncCall(...[node, context]: Parameters<Deparser['FuncCall']>): string {
    const { args = [], funcformat } = node;
    const { schema, name } = qualifiedName(node.funcname as readonly SyntaxNode[]);
    if (schema !== 'pg_catalog' || name !== 'timezone') return super.FuncCall(node, context);
    const texts = args.map(one => this.visit(one, context));
    if (funcformat !== 'COERCE_SQL_SYNTAX') return `pg_catalog.timezone(${texts.join(', ')})`;
    const zone = texts.length === 1 ? 'LOCAL' : `TIME ZONE (${texts[0]})`;
    return `((${texts.at(-1)}) AT ${zone})`;
  }

  override SortBy(...[node, context]: Parameters<Deparser['SortBy']>): string {
    const operator = nameParts(node.useOp as readonly SyntaxNode[] | undefined);
    if (operator.length < 2) return super.SortBy(node, context);
    const nulls = /_(FIRST|LAST)$/.exec(node.sortby_nulls ?? '')?.[1];
    const by = `${this.visit(node.node!, context)} USING ${operatorName(operator)}`;
    return nulls === undefined ? by : `${by} NULLS ${nulls}`;
  }

  override deparseOperatorName(names: Parameters<Deparser['deparseOperatorName']>[0]): string {
    const parts = nameParts(names as readonly SyntaxNode[]);
    return parts.length > 1 ? operatorName(parts) : parts.join('');
  }
}

function operatorName(parts: readonly string[]): string {
  const schemas = parts.slice(0, -1).map(schema => `${quoteName(schema)}.`);
  return `OPERATOR(${schemas.join('')}${parts.at(-1)})`;
}

/** Of parameters that stand for row counts: PostgreSQL has none of so high a number. */
const tiesFrom = 100_000;

/** What the printer leaves out of a query: GROUP BY DISTINCT, and WITH TIES wherever it stands. */
function printed(stmt: SyntaxNode): string {
  const copy = structuredClone(stmt);
  const counts: SyntaxNode[] = [];
  walk(copy, value => {
    const select = value as { limitOption?: string; limitCount?: SyntaxNode };
    if (select.limitOption !== 'LIMIT_OPTION_WITH_TIES') return true;
    select.limitOption = 'LIMIT_OPTION_DEFAULT';
    const number = tiesFrom + counts.push(select.limitCount!) - 1;
    select.limitCount = { ParamRef: { number } } as SyntaxNode;
    return true;
  });
  const text = deparse(copy).replace(/LIMIT \$(\d{6})\b/g, (_, number: string) => {
    const rows = expressionText(counts[Number(number) - tiesFrom]!);
    return `FETCH FIRST (${rows}) ROWS WITH TIES`;
  });
  return stmt.SelectStmt?.groupDistinct ? distinctGroups(text) : text;
}

function expressionText(val: SyntaxNode): string {
  const select = { targetList: [{ ResTarget: { val } }], op: 'SETOP_NONE' };
  return deparse({ SelectStmt: select } as SyntaxNode).slice('SELECT '.length);
}

function distinctGroups(text: string): string {
  return text.replace('GROUP BY ', 'GROUP BY DISTINCT ');
}

const places = /^(location|name_location|(rexpr_)?list_(start|end))$/;

/** They say the same, wherever they stand in their texts. */
export function sameTree(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b);
}

/** The tree without the places where its parts stand in the text, members in one order. */
function canonical(tree: unknown): string {
  return JSON.stringify(tree, (name, value: unknown) => {
    if (places.test(name)) return undefined;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    return Object.fromEntries(members.sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
