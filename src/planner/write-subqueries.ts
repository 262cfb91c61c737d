// The queries in an UPDATE or DELETE that may be run before it: where they stand in its text, found
// by PostgreSQL's own tokens, and what they are there.

import type { ReadForm } from '../plan/evaluated-write-plan.ts';
import { ByteText } from '../sql/byte-text.ts';
import { parseStatements } from '../sql/parser.ts';
import { sameTree } from '../sql/print-statement.ts';
import type { SelectStmt, SyntaxNode } from '../sql/syntax-tree.ts';
import { nameParts, walk } from '../sql/syntax-tree.ts';
import { depthsOf, type Token, tokensOf } from '../sql/tokens.ts';

type SubLink = NonNullable<SyntaxNode['SubLink']>;
type RangeSubselect = NonNullable<SyntaxNode['RangeSubselect']>;

export interface WriteSubquery {
  readonly select: SelectStmt;
  /** Its own text. */
  readonly sql: string;
  /** Bytes where that begins in the statement. */
  readonly at: number;
  readonly form: ReadForm;
  /** What is compared with it by equality, if that is all that is done with it; null: more. */
  readonly equalTo: SyntaxNode | null;
  /** Byte range in the statement that its values replace. */
  readonly start: number;
  readonly end: number;
  /** It is a WITH query, or a table in FROM, of this name; null: neither. */
  readonly name: string | null;
}

export class WriteText {
  readonly #text: ByteText;
  readonly #tokens: readonly Token[];
  readonly #depths: readonly number[];

  constructor(sql: string) {
    this.#text = new ByteText(sql);
    this.#tokens = tokensOf(sql);
    this.#depths = depthsOf(this.#tokens);
  }

  /** In WITH, in FROM, and in the given expressions; of nested ones the outermost that `taken` takes. */
  subqueries(
    stmt: SyntaxNode,
    expressions: readonly unknown[],
    taken: (one: WriteSubquery) => boolean,
  ): readonly WriteSubquery[] {
    const found: WriteSubquery[] = [];
    const take = (one: WriteSubquery | null): boolean => {
      // That of SET (a, b) = (…) is at each of its columns.
      if (one !== null && found.some(({ start }) => start === one.start)) return true;
      if (one === null || !taken(one)) return false;
      found.push(one);
      return true;
    };
    const { withClause } = stmt.UpdateStmt ?? stmt.DeleteStmt ?? {};
    for (const node of (withClause?.ctes ?? []) as readonly SyntaxNode[]) {
      if (!withClause?.recursive) take(this.#withQuery(node.CommonTableExpr ?? {}));
    }
    for (const item of stmt.UpdateStmt?.fromClause ?? stmt.DeleteStmt?.usingClause ?? []) {
      for (const table of derivedTables(item as SyntaxNode)) take(this.#derivedTable(table));
    }
    walk(expressions, value => {
      const { SubLink: link } = value as SyntaxNode;
      return link === undefined || !take(this.#subLink(link));
    });
    return found.sort((a, b) => a.start - b.start);
  }

  #subLink(link: SubLink): WriteSubquery | null {
    const first = this.#indexAt(link.location ?? -1);
    const select = (link.subselect as SyntaxNode | undefined)?.SelectStmt;
    if (first === -1 || select === undefined) return null;
    const operator = nameParts(link.operName as readonly SyntaxNode[] | undefined);
    const compared = link.testexpr as SyntaxNode | undefined;
    const common = { select, name: null, equalTo: null };
    switch (link.subLinkType) {
      case 'EXPR_SUBLINK':
        return this.#query(first, { ...common, form: 'value' }, 'inside');
      case 'EXISTS_SUBLINK':
        return this.#query(first + 1, { ...common, form: 'exists' }, first);
      case 'ARRAY_SUBLINK':
        return this.#query(first + 1, { ...common, form: 'constructor' }, first);
      case 'ANY_SUBLINK':
      case 'ALL_SUBLINK': {
        const open = this.#behindWord(first, ['in', 'any', 'some', 'all']);
        const isRow = compared?.RowExpr !== undefined;
        const isEqual = operator.length === 0 || (operator.length === 1 && operator[0] === '=');
        const one = isEqual && !isRow ? (compared ?? null) : null;
        const form = isRow ? 'rows' : operator.length === 0 ? 'list' : 'array';
        return this.#query(open, { ...common, form, equalTo: one }, 'inside');
      }
      default:
        return null;
    }
  }

  #withQuery(cte: NonNullable<SyntaxNode['CommonTableExpr']>): WriteSubquery | null {
    const name = this.#indexAt(cte.location ?? -1);
    const select = (cte.ctequery as SyntaxNode | undefined)?.SelectStmt;
    if (name === -1 || select === undefined) return null;
    const isRenamed = this.#tokens[name + 1]?.text === '(';
    const as = isRenamed ? this.#closeOf(name + 1) + 1 : name + 1;
    if (this.#tokens[as]?.keyword !== 'as') return null;
    const open = this.#tokens.findIndex(({ text }, at) => at > as && text === '(');
    const common = { select, equalTo: null, name: cte.ctename ?? '' };
    return this.#query(open, { ...common, form: 'rows' }, 'inside');
  }

  /** The tree does not say where it stands: around what is in it. */
  #derivedTable({ subquery, alias }: RangeSubselect): WriteSubquery | null {
    const select = (subquery as SyntaxNode | undefined)?.SelectStmt;
    const within = select === undefined ? -1 : firstPlace(select);
    if (select === undefined || within === -1) return null;
    const what = { select, equalTo: null, name: alias?.aliasname ?? '', form: 'rows' } as const;
    for (const [open, { text, end }] of this.#tokens.entries()) {
      if (text !== '(' || end > within) continue;
      const found = this.#query(open, what, 'inside');
      if (found !== null && found.end > within) return found;
    }
    return null;
  }

  /** The query in these parentheses. `from`: the token from which on it is replaced, up to the closing
   *  one; or only what is inside. */
  #query(
    open: number,
    what: Pick<WriteSubquery, 'select' | 'form' | 'equalTo' | 'name'>,
    from: number | 'inside',
  ): WriteSubquery | null {
    if (this.#tokens[open]?.text !== '(') return null;
    const close = this.#closeOf(open);
    let [first, last] = [open + 1, close - 1];
    while (this.#tokens[first]?.text === '(' && this.#closeOf(first) === last) {
      first++;
      last--;
    }
    const [begin, end] = [this.#tokens[first], this.#tokens[last]];
    if (close === -1 || begin === undefined || end === undefined || first > last) return null;
    const sql = this.#text.slice(begin.start, end.end);
    if (!isQuery(sql, what.select)) return null;
    const range =
      from === 'inside'
        ? { start: this.#tokens[open]!.end, end: this.#tokens[close]!.start }
        : { start: this.#tokens[from]!.start, end: this.#tokens[close]!.end };
    return { ...what, ...range, sql, at: begin.start };
  }

  #indexAt(location: number): number {
    return this.#tokens.findIndex(({ start }) => start === location);
  }

  /** -1: there is none. */
  #closeOf(open: number): number {
    const depth = this.#depths[open];
    return this.#tokens.findIndex(
      ({ text }, at) => at > open && text === ')' && this.#depths[at] === depth,
    );
  }

  #behindWord(from: number, words: readonly string[]): number {
    return (
      1 +
      this.#tokens.findIndex(({ keyword }, at) => {
        return at >= from && keyword !== null && words.includes(keyword);
      })
    );
  }

  /** Characters before a byte of the statement. */
  charactersTo(at: number): number {
    return this.#text.slice(0, at).length;
  }

  /** What stands around them. */
  around(subqueries: readonly WriteSubquery[]): readonly string[] {
    const ends = [0, ...subqueries.map(one => one.end)];
    const starts = [...subqueries.map(one => one.start), this.#text.length];
    return starts.map((start, i) => this.#text.slice(ends[i]!, start));
  }
}

/** Of an item of FROM, those that see nothing of its others. */
function derivedTables({ RangeSubselect, JoinExpr }: SyntaxNode): readonly RangeSubselect[] {
  if (RangeSubselect !== undefined) return RangeSubselect.lateral ? [] : [RangeSubselect];
  const sides = [JoinExpr?.larg, JoinExpr?.rarg] as readonly (SyntaxNode | undefined)[];
  return sides.flatMap(side => (side === undefined ? [] : derivedTables(side)));
}

/** Where the first of its parts stands that says so; -1: none does. */
function firstPlace(tree: unknown): number {
  let first = -1;
  walk(tree, value => {
    const { location } = value as { readonly location?: number };
    if (location !== undefined && location >= 0 && (first === -1 || location < first)) {
      first = location;
    }
    return true;
  });
  return first;
}

/** What was cut out of the text is the query. */
function isQuery(sql: string, select: SelectStmt): boolean {
  try {
    const [read, ...more] = parseStatements(sql);
    const own = read?.stmt.SelectStmt;
    return more.length === 0 && own !== undefined && sameTree(own, select);
  } catch {
    return false;
  }
}
