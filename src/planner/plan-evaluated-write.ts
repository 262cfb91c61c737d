// UPDATE and DELETE that shards cannot do because of queries in them, over rows of other shards.
// Where such a query says nothing of the row that is changed, it is run first (PostgreSQL plans it as
// an InitPlan or hashes it, subselect.c), and constants stand in its place. What it reads is the
// state before the write, its own snapshot.

import type { EvaluatedWritePlan, WriteRead } from '../plan/evaluated-write-plan.ts';
import type { Refusal, StatementPlan } from '../plan/statement-plan.ts';
import { catalogColumn, type Level, type ScopeRelation } from '../sql/level.ts';
import { outputNames } from '../sql/output-names.ts';
import { parseStatements } from '../sql/parser.ts';
import { quoteName } from '../sql/quote-name.ts';
import { ScopeBuilder } from '../sql/scope-builder.ts';
import type { ColumnRef, SelectStmt, SyntaxNode } from '../sql/syntax-tree.ts';
import { isStar, nameParts, walk } from '../sql/syntax-tree.ts';
import { callThatMoves } from './call-safety.ts';
import { expressionCollation } from './expression-collation.ts';
import { type PlanInput, refuseWide } from './plan-input.ts';
import { type WriteSubquery, WriteText } from './write-subqueries.ts';

type PlanAsIs = (input: PlanInput) => StatementPlan;

/** Statements further behind lose the places of their errors: what is sent would grow. */
const blanksMax = 4_096;

/** `plan`, or where it refuses the write because of queries that can be run before it a plan that does
 *  so. `planAsIs` does not come here again. */
export function withReadsFirst(
  input: PlanInput,
  plan: StatementPlan,
  planAsIs: PlanAsIs,
): StatementPlan {
  const { wide } = plan;
  const { UpdateStmt, DeleteStmt } = input.stmt;
  if (wide.kind !== 'refusal' || wide.missing !== undefined || input.shardCount === 1) return plan;
  if (UpdateStmt === undefined && DeleteStmt === undefined) return plan;
  const writing = new WriteWithReads(input, planAsIs);
  for (const kind of ['sharded', 'any'] as const) {
    const found = writing.plan(kind, wide.always);
    if (found === null) continue;
    return wide.always
      ? { ...plan, route: { groups: [] }, groupless: 'all', momentSql: null, wide: found }
      : { ...plan, wide: found };
  }
  const { problem } = writing;
  const says =
    problem?.construct.startsWith('correlated') && !wide.construct.startsWith('subquery');
  return problem === null || wide.always || says ? plan : { ...plan, wide: problem };
}

class WriteWithReads {
  /** Why a query of it is not run first; null: nothing is in the way, or there is none. */
  problem: Refusal | null = null;
  readonly #input: PlanInput;
  readonly #facts: ScopeBuilder;
  readonly #planAsIs: PlanAsIs;
  readonly #text: WriteText;
  readonly #target: ScopeRelation | undefined;

  constructor(input: PlanInput, planAsIs: PlanAsIs) {
    this.#input = input;
    this.#planAsIs = planAsIs;
    this.#facts = factsOf(input);
    this.#text = new WriteText(input.sql);
    this.#target = this.#facts.relations.find(one => one.target && one.level === this.#facts.top);
  }

  /** With queries of sharded tables run first, or with those of any table; null: that is not enough. */
  plan(kind: 'sharded' | 'any', always: boolean): EvaluatedWritePlan | null {
    const { stmt } = this.#input;
    if (this.#target?.table == null || this.#facts.unknown !== null) return null;
    const { whereClause, targetList } = stmt.UpdateStmt ?? { ...stmt.DeleteStmt, targetList: [] };
    const reads = new Map<WriteSubquery, WriteRead>();
    const subqueries = this.#text.subqueries(stmt, [targetList, whereClause], one => {
      const read = this.#read(one, kind);
      if (read !== null) reads.set(one, read);
      return read !== null;
    });
    if (subqueries.length === 0) return null;
    const parts = this.#text.around(subqueries);
    const examples = subqueries.map(one => this.#example(one));
    const sql = parts.map((part, at) => part + (examples[at] ?? '')).join('');
    const { wide } = this.#planAsIs({ ...this.#input, sql, stmt: parseStatements(sql)[0]!.stmt });
    if (wide.kind !== 'scatter') return null;
    const { name } = this.#target.table;
    const own = subqueries.map(one => reads.get(one)!);
    return { kind: 'evaluated-write', table: name, parts, reads: own, always };
  }

  /** null: it stays where it is. */
  #read(one: WriteSubquery, kind: 'sharded' | 'any'): WriteRead | null {
    const input = asStatement(this.#input, one.sql);
    const facts = factsOf(input);
    const { relations } = facts;
    const reads =
      kind === 'any'
        ? relations.some(({ table }) => table !== null)
        : relations.some(({ source }) => source === 'sharded');
    if (!reads || facts.unknown !== null || this.#namesWith(one.select)) return null;
    // PostgreSQL does not run a WITH query that nothing reads.
    if (one.name !== null && this.#relationOf(one) === undefined) return null;
    const problem = this.#problemOf(one, facts);
    if (problem !== null) {
      this.problem ??= problem;
      return null;
    }
    const padding = (before: number) => {
      const characters = one.at > blanksMax ? 0 : this.#text.charactersTo(one.at);
      return ' '.repeat(Math.max(0, characters - before));
    };
    const { length } = foundBefore;
    const sql =
      one.form === 'exists'
        ? `${padding(length)}${foundBefore}${one.sql}) AS pgpack_found LIMIT 1`
        : `${padding(0)}${one.sql}`;
    const refusal = this.#refusalOf(sql);
    if (refusal !== null) {
      if (refusal !== 'unsaid') this.problem ??= refusal;
      return null;
    }
    const collated = one.form !== 'exists' && isCollated(one, facts);
    return { sql, form: one.form, collated, comparedWith: this.#typeOf(one.equalTo) };
  }

  #problemOf(one: WriteSubquery, facts: ScopeBuilder): Refusal | null {
    const outer = this.#facts.relations.filter(({ source }) => source !== 'cte');
    if (refersTo(outer, facts)) {
      const [first] = facts.relations.filter(({ table }) => table !== null);
      return refuseWide(`correlated subquery on table "${first?.table?.name ?? ''}"`);
    }
    const moving = callThatMoves(facts, facts.locking.length === 0);
    return moving === null ? null : refuseWide(`${moving} in a ${placeOf(one)} of a write`);
  }

  /** Why it cannot run by itself; null: it can, or its keys will tell. `unsaid`: by what it is. */
  #refusalOf(sql: string): Refusal | 'unsaid' | null {
    const { wide, effect, pinsSession, route, groupless } = this.#planAsIs(
      asStatement(this.#input, sql),
    );
    if (effect !== null || pinsSession !== null) {
      return refuseWide('a subquery of a write that changes the session');
    }
    if (wide.kind === 'scatter') {
      const isAnywhere = route.groups.length === 0 && groupless === 'any';
      return isAnywhere ? null : 'unsaid';
    }
    if (wide.kind !== 'refusal') return null;
    const isConfined = route.groups.some(
      ({ sets, shard }) => sets.length > 0 || shard !== undefined,
    );
    return isConfined && !wide.always ? null : wide;
  }

  #typeOf(compared: SyntaxNode | null): number {
    // Of types of users' own, or for others.
    if (this.#input.catalog.operators.has('=')) return 0;
    const use = compared?.ColumnRef && this.#facts.top?.resolve(compared.ColumnRef);
    return (use && catalogColumn(use)?.typeOid) ?? 0;
  }

  /** It reads a WITH query of the statement around it. */
  #namesWith(select: SelectStmt): boolean {
    const names = new Set<string>();
    walk(this.#input.stmt, value => {
      const { ctename } = (value as SyntaxNode).CommonTableExpr ?? {};
      if (ctename !== undefined) names.add(ctename);
      return value !== select;
    });
    let found = false;
    walk(select, value => {
      const { relname, schemaname } = (value as SyntaxNode).RangeVar ?? {};
      found ||= relname !== undefined && schemaname === undefined && names.has(relname);
      return !found;
    });
    return found;
  }

  /** Of a WITH query or derived table. */
  #relationOf({ name }: WriteSubquery): ScopeRelation | undefined {
    const own = (one: ScopeRelation) =>
      one.name === name || (one.name === '' && one.refname === name);
    return this.#facts.relations.find(one => name !== null && one.table === null && own(one));
  }

  /** Something of the kind of its values, to plan the write with. */
  #example(one: WriteSubquery): string {
    const { form, select } = one;
    if (form === 'exists') return '(true)';
    if (form !== 'rows') return 'NULL';
    const names = this.#relationOf(one)?.columns ?? outputNames(select) ?? ['?'];
    return `SELECT ${names.map(name => `NULL AS ${quoteName(name)}`).join(', ')}`;
  }
}

const foundBefore = 'SELECT 1 FROM (';

function placeOf({ name }: WriteSubquery): string {
  return name === null ? 'subquery' : `query "${name}"`;
}

function factsOf(input: PlanInput): ScopeBuilder {
  const facts = new ScopeBuilder(input);
  facts.statement(input.stmt, null, new Map());
  return facts;
}

function asStatement(input: PlanInput, sql: string): PlanInput {
  return { ...input, sql, stmt: parseStatements(sql)[0]!.stmt };
}

/** Text that it gives may be compared by another collation than a constant is. */
function isCollated({ select, equalTo }: WriteSubquery, facts: ScopeBuilder): boolean {
  const [target, ...more] = (select.targetList ?? []) as readonly SyntaxNode[];
  const value = target?.ResTarget?.val as SyntaxNode | undefined;
  if (value === undefined || more.length > 0 || isStar(value) || facts.top === null) return true;
  const found = expressionCollation(value, facts.top, facts);
  return equalTo === null ? found !== 'c' : found === null;
}

/** A name in the query, which `facts` are of, may mean something of the relations around it: names
 *  are looked for in the innermost query first (colNameToVar, parse_relation.c). */
function refersTo(outer: readonly ScopeRelation[], facts: ScopeBuilder): boolean {
  return facts.selects.some(({ select, level }) => {
    if (level === null) return false;
    const named = outputNames(select) ?? [];
    let found = false;
    const look = (tree: unknown, hidden: readonly string[]) =>
      walk(tree, value => {
        const { ColumnRef, SelectStmt } = value as SyntaxNode;
        if (SelectStmt !== undefined) return false;
        if (ColumnRef !== undefined) found ||= mayBe(ColumnRef, level, outer, hidden);
        return !found;
      });
    const { sortClause, groupClause, distinctClause, larg, rarg, ...others } = select;
    look(others, []);
    look([sortClause, groupClause, distinctClause], named);
    return found;
  });
}

function mayBe(
  ref: ColumnRef,
  level: Level,
  outer: readonly ScopeRelation[],
  hidden: readonly string[],
): boolean {
  if (level.resolve(ref) !== null) return false;
  const fields = (ref.fields ?? []) as readonly SyntaxNode[];
  const names = nameParts(fields.filter(field => field.String !== undefined));
  const [first, ...more] = names;
  if (first === undefined) return false;
  if (fields.length === 1) {
    if (hidden.includes(first) || isOwn(first, level)) return false;
    return outer.some(
      ({ columns, refname }) => refname === first || columns?.includes(first) !== false,
    );
  }
  const relation = more.length > 1 ? more.at(-2)! : first;
  if (isOwn(relation, level)) return false;
  return outer.some(({ refname }) => refname === relation || refname === first);
}

/** A relation of the query, or of one around it, is called so. */
function isOwn(name: string, level: Level): boolean {
  for (let at: Level | null = level; at !== null; at = at.parent) {
    if (at.joinNames.has(name) || at.relations.some(({ refname }) => refname === name)) return true;
  }
  return false;
}
