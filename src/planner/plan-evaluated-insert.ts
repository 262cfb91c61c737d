// INSERT … VALUES whose keys are no constants: an expression, a default, the next of a sequence.
// PostgreSQL gives those values first; written into the text in their place they name the shards.
// So it does for omnisharded tables, whose copies would each get values of their own. Sequences are
// those of shard 0, so that there is one of each for all shards.

import type { Column } from '../catalog/catalog.ts';
import { columnOf } from '../catalog/catalog.ts';
import type { EvaluationQuery, KeyHole, StatementPlan, WidePlan } from '../plan/statement-plan.ts';
import { isSequenceCall } from '../sql/default-kind.ts';
import { insertColumns, valuesRows } from '../sql/inserted-keys.ts';
import { keyValue } from '../sql/key-values.ts';
import type { ScopeRelation } from '../sql/level.ts';
import { parseStatements } from '../sql/parser.ts';
import { quoteName } from '../sql/quote-name.ts';
import type { ScopeBuilder } from '../sql/scope-builder.ts';
import type { InsertStmt, SyntaxNode } from '../sql/syntax-tree.ts';
import { qualifiedName, walk } from '../sql/syntax-tree.ts';
import { firstUserOid } from '../types/type-oid.ts';
import { EvaluatedInsertText } from './evaluated-insert-text.ts';
import { type PlanInput, refuse } from './plan-input.ts';
import { isVarying } from './plan-insert.ts';
import { variesOnCopies } from './varying-value.ts';

/** Values that one query gives: each takes two of its columns, of which 1664 may be
 *  (MaxTupleAttributeNumber, htup_details.h). */
const valuesPerQuery = 400;

type Row = readonly SyntaxNode[];

/** A value that is not there as a constant. */
interface Wanted {
  readonly text: string;
  readonly kind: 'constant' | 'expression' | 'sequence';
  /** It is the same wherever it stands in the statement. */
  readonly stable?: boolean;
}

/** null: nothing has to be evaluated, or it is not known how. */
export function planEvaluatedInsert(
  input: PlanInput,
  facts: ScopeBuilder,
  planOf: (input: PlanInput) => StatementPlan,
): WidePlan | null {
  const insert = input.stmt.InsertStmt;
  const target = facts.relations.find(one => one.target && one.level === facts.top);
  if (insert === undefined || target?.table == null) return null;
  if (target.source !== 'omnisharded' && (target.key?.placement ?? -1) === -1) return null;
  // Values for identity columns are not what is stored then.
  const sequence = target.table.columns.some(({ defaultKind }) => defaultKind === 'sequence');
  if (sequence && insert.override === 'OVERRIDING_USER_VALUE') {
    return refuse('OVERRIDING USER VALUE');
  }
  const rows = plainRows(insert);
  if (rows === null) return null;
  const reading = new InsertReading(input, insert, target, rows);
  if (!reading.hasWork) return null;
  return reading.plan(planOf);
}

/** Rows of VALUES, one without values for DEFAULT VALUES; null: a query, or an uneven list. */
function plainRows(insert: InsertStmt): readonly Row[] | null {
  if (insert.withClause !== undefined) return null;
  const select = (insert.selectStmt as SyntaxNode | undefined)?.SelectStmt;
  if (select === undefined) return [[]];
  const rows = valuesRows(select);
  return rows?.every(row => row.length === rows[0]!.length) === true ? rows : null;
}

class InsertReading {
  readonly #input: PlanInput;
  readonly #insert: InsertStmt;
  readonly #target: ScopeRelation;
  readonly #rows: readonly Row[];
  /** Names of the columns that rows give values for. */
  readonly #given: readonly string[];
  /** Columns that the statement leaves out and that have to be in it. */
  readonly #missing: readonly Column[];

  constructor(input: PlanInput, insert: InsertStmt, target: ScopeRelation, rows: readonly Row[]) {
    this.#input = input;
    this.#insert = insert;
    this.#target = target;
    this.#rows = rows;
    const width = rows[0]!.length;
    this.#given = insertColumns(insert, target).slice(0, width);
    this.#missing = target.table!.columns.filter(
      column => this.#isOurs(column) && !this.#given.includes(column.name),
    );
  }

  get hasWork(): boolean {
    if (this.#missing.length > 0) return true;
    return this.#rows.some(row => row.some((_, at) => this.#needs(row, at)));
  }

  plan(planOf: (input: PlanInput) => StatementPlan): WidePlan | null {
    const text = EvaluatedInsertText.of(this.#input.sql, this.#insert, this.#rows);
    if (text === null || !this.#isReadable()) return null;
    const sequences: number[] = [];
    const expressions: number[] = [];
    const wanted: string[] = [];
    const stable = new Set<string>();
    const keys: KeyHole[] = [];
    const place = (
      value: Wanted | null,
      column: Column | null,
      put: (text: string) => void,
    ): boolean => {
      if (value === null) return false;
      if (value.kind === 'constant') put(value.text);
      else {
        (value.kind === 'sequence' ? sequences : expressions).push(wanted.length);
        if (column !== null && this.#isKey(column)) {
          keys.push({ hole: wanted.length, type: typeOf(column) });
        }
        put(text.hole(wanted.length));
        wanted.push(value.text);
        if (value.stable) stable.add(value.text);
      }
      return true;
    };
    for (const [at, row] of this.#rows.entries()) {
      for (const [position, node] of row.entries()) {
        if (!this.#needs(row, position) && !this.#varies(node)) continue;
        const value = this.#wanted(node, position, text.cell(at, position));
        if (!place(value, this.#columnAt(position), hole => text.replace(at, position, hole)))
          return null;
      }
      for (const column of this.#missing) {
        if (!place(this.#default(column), column, hole => text.append(at, hole))) return null;
      }
    }
    if (
      !text.addColumns(
        this.#given,
        this.#missing.map(({ name }) => name),
      )
    )
      return null;
    if (this.#takesSequence() && this.#insert.override !== 'OVERRIDING_SYSTEM_VALUE') {
      text.overrideSystemValue();
    }
    // Expressions that ask sequences too are asked in their turn.
    const inTurn =
      sequences.length > 0 && expressions.some(hole => /nextval|setval/i.test(wanted[hole]!));
    const all = [...sequences, ...expressions].sort((a, b) => a - b);
    const queries = inTurn
      ? queriesOf(all, { wanted, stable }, 'routed')
      : [
          ...queriesOf(sequences, { wanted, stable }, 'first'),
          ...queriesOf(expressions, { wanted, stable }, 'routed'),
        ];
    const parts = text.parts();
    const refusal = this.#refusalOf(parts, queries, planOf);
    if (refusal !== null) return refusal;
    const copied = this.#target.key === null ? ({ copied: true } as const) : {};
    const table = this.#target.table!.name;
    return { kind: 'evaluated-insert', table, parts, queries, keys, ...copied };
  }

  /** Part of the key, or filled from a sequence, in copies by any value that varies, unless the
   *  statement gives it. */
  #isOurs(column: Column): boolean {
    if (column.generated) return false;
    if (this.#target.key === null) return isVarying(column);
    return this.#isKey(column) || column.defaultKind === 'sequence';
  }

  #isKey({ name }: Column): boolean {
    return this.#target.key?.columns.includes(name) ?? false;
  }

  #columnAt(position: number): Column | null {
    return columnOf(this.#target.table!, this.#given[position] ?? '');
  }

  #needs(row: Row, position: number): boolean {
    const column = this.#columnAt(position);
    const node = row[position]!;
    if (column === null) return false;
    if (node.SetToDefault !== undefined) return this.#isOurs(column);
    if (this.#target.key === null) return variesOnCopies(node, this.#input);
    return this.#isKey(column) && keyValue(node, column) === null;
  }

  /** A value beside the key that is another on each evaluation: with the key it is given once. */
  #varies(node: SyntaxNode): boolean {
    const { functions } = this.#input.catalog;
    let found = false;
    walk(node, value => {
      const one = value as SyntaxNode;
      if (one.SQLValueFunction !== undefined) found = true;
      if (one.FuncCall !== undefined) {
        const { name } = qualifiedName(one.FuncCall.funcname);
        const overloads = functions.get(name) ?? [];
        if (overloads.some(({ volatility }) => volatility !== 'immutable')) found = true;
      }
      return !found;
    });
    return found;
  }

  #isVolatile(node: SyntaxNode): boolean {
    const { functions, operators } = this.#input.catalog;
    let found = false;
    walk(node, value => {
      const { FuncCall: call, SubLink, A_Expr: expression } = value as SyntaxNode;
      const overloads = functions.get(qualifiedName(call?.funcname).name) ?? [];
      found ||= call !== undefined && overloads.length === 0;
      found ||= overloads.some(({ volatility }) => volatility === 'volatile');
      const { name } = qualifiedName(expression?.name);
      const own = operators.get(name) ?? [];
      found ||= SubLink !== undefined || own.some(({ volatility }) => volatility === 'volatile');
      return !found;
    });
    return found;
  }

  #wanted(node: SyntaxNode, position: number, text: string): Wanted | null {
    if (node.SetToDefault !== undefined) return this.#default(this.#columnAt(position)!);
    const stable = !this.#isVolatile(node);
    return { text, kind: isSequenceCall(node) ? 'sequence' : 'expression', stable };
  }

  /** What PostgreSQL fills the column with; null: that is not known. */
  #default(column: Column): Wanted | null {
    const { defaultText, defaultKind } = column;
    if (defaultText === null) {
      return defaultKind === 'none' ? { text: 'NULL', kind: 'constant' } : null;
    }
    const [parsed] = parseStatements(`SELECT ${defaultText}`);
    const value = (parsed?.stmt.SelectStmt?.targetList?.[0] as SyntaxNode | undefined)?.ResTarget
      ?.val as SyntaxNode | undefined;
    if (isSequenceCall(value)) return { text: defaultText, kind: 'sequence' };
    if (defaultKind === 'sequence') return null;
    const isConstant = keyValue(value, column) !== null;
    const stable = defaultKind === 'stable';
    return { text: defaultText, kind: isConstant ? 'constant' : 'expression', stable };
  }

  /** An identity column GENERATED ALWAYS takes a value only by OVERRIDING SYSTEM VALUE, which
   *  would let the client's own values pass as well. */
  #isReadable(): boolean {
    if (!this.#takesSequence()) return true;
    return this.#given.every((name, position) => {
      const column = columnOf(this.#target.table!, name);
      if (column?.defaultKind !== 'sequence') return true;
      return this.#rows.every(row => row[position]!.SetToDefault !== undefined);
    });
  }

  #takesSequence(): boolean {
    if (this.#missing.some(({ defaultKind }) => defaultKind === 'sequence')) return true;
    return this.#given.some((name, position) => {
      const column = columnOf(this.#target.table!, name);
      if (column?.defaultKind !== 'sequence') return false;
      return this.#rows.some(row => row[position]!.SetToDefault !== undefined);
    });
  }

  /** What of the statement, or of what is evaluated, may not run at all. */
  #refusalOf(
    parts: readonly string[],
    queries: readonly EvaluationQuery[],
    planOf: (input: PlanInput) => StatementPlan,
  ): WidePlan | null {
    const routed = queries.filter(({ place }) => place === 'routed').map(({ sql }) => sql);
    for (const sql of [parts.join('NULL'), ...routed]) {
      const { wide, effect } = planOf({ ...this.#input, sql, stmt: parseStatements(sql)[0]!.stmt });
      if (wide.kind === 'refusal' && wide.always) return wide;
      if (effect !== null) return refuse('a value of an INSERT that changes the session');
    }
    return null;
  }
}

/** null: a type of users' own, whose schema is not known here. */
function typeOf({ typeOid, typeName }: Column): string | null {
  return typeOid < firstUserOid ? `pg_catalog.${quoteName(typeName)}` : null;
}

/** Each value and its type, and last the settings that say how their texts read. What is stable is
 *  asked for once for all of its holes. */
function queriesOf(
  holes: readonly number[],
  { wanted, stable }: { readonly wanted: readonly string[]; readonly stable: ReadonlySet<string> },
  place: EvaluationQuery['place'],
): EvaluationQuery[] {
  const values = Map.groupBy(holes, hole => (stable.has(wanted[hole]!) ? wanted[hole]! : hole));
  const all = [...values.values()];
  const queries: EvaluationQuery[] = [];
  for (let at = 0; at < all.length; at += valuesPerQuery) {
    const own = all.slice(at, at + valuesPerQuery);
    const texts = own.map(([hole]) => wanted[hole!]!);
    const shown = own.map(
      (_, n) => `v${n}, pg_catalog.format_type(pg_catalog.pg_typeof(v${n}), -1)`,
    );
    const settings = ['extra_float_digits', 'DateStyle'].map(
      name => `pg_catalog.current_setting('${name}')`,
    );
    const asked = texts.map((text, n) => `(${text}) AS v${n}`);
    const sql =
      `SELECT ${[...shown, ...settings].join(', ')} ` +
      `FROM (SELECT ${asked.join(', ')} OFFSET 0) AS evaluated`;
    queries.push({ sql, place, holes: own, expressions: texts });
  }
  return queries;
}
