// Plans of the statements seen, by their text, and by their shape: the text with its literals
// lifted out, so that `id = 1` and `id = 2` share an entry in the simple protocol. A cache
// belongs to one user's view of one database, one catalog and one search path.

import { BoundedCache } from '../common/bounded-cache.ts';
import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { StatementPlan } from '../plan/statement-plan.ts';
import { basePlan } from '../planner/plan-input.ts';
import { byteText } from '../sql/byte-text.ts';
import { type LiftedStatement, newLiftedStatement } from '../sql/lexer.ts';
import { pgcatStatement } from '../sql/own-statement.ts';
import { type ParsedStatement, parseStatements } from '../sql/parser.ts';
import type { SyntaxNode } from '../sql/syntax-tree.ts';
import type { CachedScript, CachedStatement } from './cached-statement.ts';
import { KeptFragment } from './kept-fragment.ts';
import { Shape } from './shape.ts';
import { StatementTiming } from './statement-timing.ts';

/** Plans one statement, and says what else has to be known of it. `around`: its text with the
 *  comments before and behind it. */
export type PlanStatement = (
  sql: string,
  stmt: SyntaxNode,
  around: string,
) => Pick<CachedStatement, 'plan' | 'parameters'>;

/** Longer texts (bulk inserts, mostly) are planned each time: entries are bounded in number, this
 *  bounds them in size. */
const cachedTextMax = 16_384;

/** Shapes that turned out not to be routable by their literals. */
const unroutable = 'unroutable';

/** Statements further behind are sent without padding: what is sent would grow quadratically. */
const paddedBytesMax = 4_096;

/** Blanks in the place of what stands before a statement in its text, so that the positions of
 *  PostgreSQL's errors count from the beginning of the text. `location`: in bytes of UTF-8. */
function padding(sql: string, location: number): string {
  if (location === 0 || location > paddedBytesMax) return '';
  return ' '.repeat(Buffer.from(sql).toString('utf8', 0, location).length);
}

/** Each statement's text from the end of the one before it, the last one's to the end: comments
 *  that stand between. */
function surroundings(sql: string, parsed: readonly ParsedStatement[]): readonly string[] {
  if (parsed.length === 1) return [sql];
  const bytes = byteText(sql);
  const ends = parsed.map(({ location, length }) => location + length);
  ends[parsed.length - 1] = bytes.length;
  return ends.map((end, i) => bytes.slice(i === 0 ? 0 : ends[i - 1]!, end));
}

/** Planning goes down the tree too. */
function asPgError(error: unknown): PgError {
  if (error instanceof PgError) return error;
  if (error instanceof RangeError) return new PgError(errors.statementTooComplex);
  throw error;
}

/** PostgreSQL may read it. */
function isUnread({ id }: PgError): boolean {
  return id === errors.syntaxError.id || id === errors.statementTooComplex.id;
}

let scopes = 0;

export class StatementCache {
  readonly scope = ++scopes;
  /** Scratch for the lookup by shape. */
  readonly lifted: LiftedStatement = newLiftedStatement();
  readonly #plan: PlanStatement;
  /** What a text that our parser cannot read is, where one server is asked anyway; null where
   *  it must be understood. */
  readonly #fallback: StatementPlan | null;
  readonly #scripts: BoundedCache<string, CachedScript>;
  readonly #shapes: BoundedCache<string, Shape | typeof unroutable>;

  constructor(entriesMax: number, plan: PlanStatement, fallback: StatementPlan | null) {
    this.#plan = plan;
    this.#fallback = fallback;
    this.#scripts = new BoundedCache(entriesMax);
    this.#shapes = new BoundedCache(entriesMax);
  }

  /** Entries, by text and by shape. */
  get size(): number {
    return this.#scripts.size + this.#shapes.size;
  }

  /** The plans of a text. Does not throw: errors are part of the answer. */
  script(sql: string): CachedScript {
    let script = this.#scripts.get(sql);
    if (script === undefined) {
      script = this.#read(sql);
      if (sql.length <= cachedTextMax) this.#scripts.set(sql, script);
    }
    return script;
  }

  /** The one statement of an extended query. Throws `multipleCommands` and what parsing raised. */
  statement(sql: string): CachedStatement {
    const script = this.script(sql);
    if (script.error !== null) throw script.error;
    if (script.statements.length > 1) throw new PgError(errors.multipleCommands);
    return script.statements[0] ?? this.#plain(sql, emptyStatement);
  }

  /** Likewise for a text that will hardly come again: it is not kept. */
  once(sql: string): CachedStatement {
    const { statements, error } = this.#read(sql);
    if (error !== null) throw error;
    return statements[0]!;
  }

  /** The shape that `lifted` was filled from, if statements of it can be routed by their
   *  literals; undefined: not seen yet. */
  shape(): Shape | null | undefined {
    const shape = this.#shapes.get(this.lifted.key);
    return shape === unroutable ? null : shape;
  }

  /** Remembers the shape of the statement that `lifted` was filled from. */
  learnShape(script: CachedScript): void {
    this.#shapes.set(this.lifted.key, Shape.of(script, this.lifted) ?? unroutable);
  }

  #read(sql: string): CachedScript {
    try {
      const own = pgcatStatement(sql);
      if (own !== null) {
        return { sql, statements: [this.#plain(sql, { ...emptyStatement, ...own })], error: null };
      }
      const parsed = parseStatements(sql);
      const around = surroundings(sql, parsed);
      const statements = parsed.map(({ text, stmt, location }, i) => {
        const padded = `${padding(sql, location)}${text}`;
        return { sql: padded, ...this.#plan(text, stmt, around[i]!), ...this.#memory() };
      });
      return { sql, statements, error: null };
    } catch (error) {
      const known = asPgError(error);
      if (this.#fallback === null || !isUnread(known)) return { sql, statements: [], error: known };
      return { sql, statements: [this.#plain(sql, this.#fallback)], error: null };
    }
  }

  #plain(sql: string, plan: StatementPlan): CachedStatement {
    return { sql, plan, parameters: 0, ...this.#memory() };
  }

  #memory(): Pick<CachedStatement, 'timing' | 'kept' | 'scope'> {
    return { timing: new StatementTiming(), kept: new KeptFragment(), scope: this.scope };
  }
}

/** An empty query string: any server answers it. */
export const emptyStatement: StatementPlan = {
  ...basePlan(''),
  wide: { kind: 'refusal', construct: 'empty statement', hint: null, always: false },
};
