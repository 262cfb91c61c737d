// A SELECT over several shards that none of them can answer and whose parts cannot be merged: the
// rows it needs are collected on one shard, which runs what is left of it, every expression, order
// and collation being PostgreSQL's own. As much as can be proved right stays with the shards.

import { type CollectedTable, type CollectPlan, collectedName } from '../plan/collect-plan.ts';
import type { Refusal } from '../plan/statement-plan.ts';
import type { ScopeRelation } from '../sql/level.ts';
import { parseStatements } from '../sql/parser.ts';
import { printStatement } from '../sql/print-statement.ts';
import { ScopeBuilder } from '../sql/scope-builder.ts';
import type { RangeVar, SelectStmt, SyntaxNode } from '../sql/syntax-tree.ts';
import { walk } from '../sql/syntax-tree.ts';
import { callThatMoves, systemColumnOf } from './call-safety.ts';
import { collectBlock } from './collect-block.ts';
import { asksForRowType, tableFragment } from './collect-table.ts';
import { type PlanInput, refuse, refuseWide } from './plan-input.ts';

/** SQL of a query each of whose rows is the answer of one shard alone; null: it is none. */
export type GatheredSql = (select: SelectStmt) => string | null;

/** What shards can do of a query by themselves. */
export interface ShardWork {
  readonly gathered: GatheredSql;
  /** Of a query with groups its partial groups and, over those, the rest; null: it has none, or they
   *  cannot be put together. */
  readonly groups: (select: SelectStmt) => CollectPlan | null;
}

/** `reason`: what stands in the way of other plans. `everywhere`: see `CollectPlan`. */
export function planCollect(
  input: PlanInput,
  facts: ScopeBuilder,
  reason: string,
  everywhere: boolean,
  work: ShardWork,
): CollectPlan | Refusal {
  const problem = collectProblem(input.stmt, facts);
  if (problem !== null) return problem;
  const collection = new Collection(input, work);
  const select = collection.statement();
  const sql = printStatement({ SelectStmt: select });
  if (collection.refusal !== null) return collection.refusal;
  if (sql === null) return refuseWide('a query in this form');
  return { kind: 'collect', tables: collection.tables, sql, reason, everywhere };
}

/** What cannot be run over collected rows; null: nothing. */
function collectProblem(stmt: SyntaxNode, facts: ScopeBuilder): Refusal | null {
  if (facts.unknown !== null) return refuse(facts.unknown);
  if (facts.locking.length > 0) return refuseWide('FOR UPDATE or FOR SHARE');
  if (facts.writingCtes.length > 0) return refuseWide('WITH');
  const system = facts.relations.find(one => one.source === 'system');
  if (system !== undefined) {
    return refuseWide(`system catalog "${system.refname}" with sharded tables`);
  }
  const moving = callThatMoves(facts) ?? systemColumnOf(stmt);
  if (moving !== null) return refuseWide(moving);
  if (asksForRowType(stmt, facts)) return refuseWide('the type of a whole row');
  // Of views too.
  const text = JSON.stringify([stmt, facts.selects.map(one => one.select)]);
  return text.includes('"RangeTableSample"') ? refuseWide('TABLESAMPLE') : null;
}

class Collection {
  readonly tables: CollectedTable[] = [];
  refusal: Refusal | null = null;
  readonly #input: PlanInput;
  readonly #gathered: GatheredSql;
  readonly #groupsOf: ShardWork['groups'];
  readonly #facts: ScopeBuilder;
  readonly #select: SelectStmt;
  /** By the place of their name in the text. */
  readonly #relations = new Map<number, ScopeRelation>();
  readonly #cteNames: ReadonlySet<string>;

  constructor(input: PlanInput, { gathered, groups }: ShardWork) {
    const stmt = structuredClone(input.stmt);
    this.#select = stmt.SelectStmt!;
    this.#input = { ...input, stmt };
    this.#gathered = gathered;
    this.#groupsOf = groups;
    this.#facts = new ScopeBuilder(this.#input);
    this.#facts.statement(stmt, null, new Map());
    for (const relation of this.#facts.relations) {
      if (relation.location < 0 || this.#relations.has(relation.location)) continue;
      this.#relations.set(relation.location, relation);
    }
    this.#cteNames = cteNames(stmt);
  }

  statement(): SelectStmt {
    const select = this.#query(this.#select, false);
    this.#tables(select);
    return select;
  }

  /** A query that stands for itself: the statement's own, an arm, a derived table or WITH query.
   *  `whole`: shards may answer all of it. */
  #query(select: SelectStmt, whole: boolean): SelectStmt {
    const answers = [() => (whole ? this.#wholeQuery(select) : null), () => this.#block(select)];
    const groups = () => this.#groups(select);
    if (!computesRowByRow(select)) answers.splice(1, 0, groups);
    else answers.reverse().unshift(...(callsOfColumns(select) ? [groups] : []));
    for (const answer of answers) {
      const rows = answer();
      if (rows !== null) return rows;
    }
    const next: { -readonly [key in keyof SelectStmt]: SelectStmt[key] } = select;
    for (const node of (select.withClause?.ctes ?? []) as readonly SyntaxNode[]) {
      const cte = node.CommonTableExpr as { ctequery?: SyntaxNode } | undefined;
      const query = cte?.ctequery?.SelectStmt;
      if (query === undefined || select.withClause?.recursive) continue;
      cte!.ctequery = { SelectStmt: this.#query(query, true) };
    }
    if (select.larg !== undefined && select.rarg !== undefined) {
      next.larg = this.#query(select.larg, !hasUnknown(select.larg));
      next.rarg = this.#query(select.rarg, !hasUnknown(select.rarg));
      return next;
    }
    for (const item of (select.fromClause ?? []) as readonly SyntaxNode[]) this.#derived(item);
    return next;
  }

  /** Its FROM and WHERE by the shards, the rest over their rows. */
  #block(select: SelectStmt): SelectStmt | null {
    const level = this.#facts.selects.find(one => one.select === select)?.level ?? null;
    if (level === null || this.#namesCte(select)) return null;
    const block = collectBlock(select, level, this.#facts);
    const sql = block === null ? null : this.#gathered(block.rows);
    return sql === null ? null : block!.over(this.#rangeVar(this.#add(sql, null), null));
  }

  /** Partial groups of the shards. */
  #groups(select: SelectStmt): SelectStmt | null {
    if (this.#namesCte(select)) return null;
    const plan = this.#groupsOf(select);
    const [partial] = plan?.tables ?? [];
    if (plan === null || partial === undefined) return null;
    const rest = parseStatements(plan.sql)[0]?.stmt.SelectStmt;
    const places: RangeVar[] = [];
    walk(rest, value => {
      const { RangeVar: place } = value as { RangeVar?: RangeVar };
      if (place !== undefined) places.push(place);
      return true;
    });
    const [place, ...others] = places;
    // Others are in subqueries, which have been read by their places in the statement's text.
    if (rest === undefined || place === undefined || others.length > 0) return null;
    Object.assign(place, this.#rangeVar(this.#add(partial.sql, null), place));
    return rest;
  }

  /** Queries in FROM that see nothing of what stands beside them. */
  #derived(item: SyntaxNode): void {
    const { JoinExpr: join, RangeSubselect } = item;
    if (join !== undefined) {
      if (join.larg !== undefined) this.#derived(join.larg as SyntaxNode);
      if (join.rarg !== undefined) this.#derived(join.rarg as SyntaxNode);
    }
    const derived = RangeSubselect as { lateral?: boolean; subquery?: SyntaxNode } | undefined;
    const query = derived?.subquery?.SelectStmt;
    if (query === undefined || derived!.lateral) return;
    derived!.subquery = { SelectStmt: this.#query(query, true) };
  }

  #wholeQuery(select: SelectStmt): SelectStmt | null {
    if (this.#namesCte(select)) return null;
    const sql = this.#gathered(select);
    if (sql === null) return null;
    const star = { ResTarget: { val: { ColumnRef: { fields: [{ A_Star: {} }] } } } };
    return {
      targetList: [star],
      fromClause: [{ RangeVar: this.#rangeVar(this.#add(sql, null), null) }],
      limitOption: 'LIMIT_OPTION_DEFAULT',
      op: 'SETOP_NONE',
    } as SelectStmt;
  }

  /** By itself its text would mean other tables. */
  #namesCte(select: SelectStmt): boolean {
    let names = false;
    walk(select, value => {
      const { relname, schemaname } = value as RangeVar;
      if (relname !== undefined && schemaname === undefined) names ||= this.#cteNames.has(relname);
      return !names;
    });
    return names;
  }

  /** What is left: whole tables, or those of their rows that WHERE leaves. */
  #tables(select: SelectStmt): void {
    walk(select, value => {
      const node = value as { RangeVar?: RangeVar };
      if (node.RangeVar === undefined || node.RangeVar.schemaname === 'pg_temp') return true;
      const relation = this.#relations.get(node.RangeVar.location ?? 0);
      const isView = relation?.source === 'subquery' && relation.table !== null;
      if (relation === undefined || (relation.source !== 'sharded' && !isView)) return true;
      const { fragment, primaryKey, wholeRows } = tableFragment(
        node.RangeVar,
        relation,
        this.#facts,
      );
      const sql = isView ? this.#gathered(fragment) : printStatement({ SelectStmt: fragment });
      if (sql === null) {
        const what = isView
          ? `view "${relation.name}" over sharded tables`
          : 'a query in this form';
        this.refusal ??= refuseWide(what);
        return false;
      }
      node.RangeVar = this.#rangeVar(this.#add(sql, primaryKey, wholeRows), node.RangeVar);
      return false;
    });
    this.refusal ??= schemaProblem(select, this.#facts);
    dropSchemas(select, this.#facts);
  }

  #add(sql: string, primaryKey: readonly string[] | null, wholeRows = false): string {
    const whole = wholeRows ? ({ wholeRows } as const) : {};
    const known = this.tables.findIndex(one => one.sql === sql && one.primaryKey === primaryKey);
    const name = this.tables[known]?.name ?? collectedName(this.tables.length);
    if (known < 0) this.tables.push({ name, sql, primaryKey, ...whole });
    else this.tables[known] = { ...this.tables[known]!, ...whole };
    return name;
  }

  #rangeVar(name: string, before: RangeVar | null): RangeVar {
    const aliasname = before === null ? undefined : (before.alias?.aliasname ?? before.relname);
    const alias = aliasname === undefined ? {} : { alias: { ...before?.alias, aliasname } };
    const place = { schemaname: 'pg_temp', relname: name, inh: true, relpersistence: 'p' };
    return { ...place, ...alias } as RangeVar;
  }
}

/** What it computes may not be wanted (a row that a condition leaves out, a column that nobody names)
 *  and might fail where PostgreSQL, which looks through such a query, computes nothing. */
function computesRowByRow(select: SelectStmt): boolean {
  if (select.groupClause !== undefined || select.distinctClause !== undefined) return false;
  const targets = (select.targetList ?? []) as readonly SyntaxNode[];
  return targets.some(({ ResTarget }) => {
    const { ColumnRef, A_Const } = (ResTarget?.val ?? {}) as SyntaxNode;
    return ColumnRef === undefined && A_Const === undefined;
  });
}

/** What it computes is plain columns, and functions of such, which fail nowhere if they are
 *  aggregates. */
function callsOfColumns(select: SelectStmt): boolean {
  const isPlain = ({ ColumnRef, A_Const }: SyntaxNode) => (ColumnRef ?? A_Const) !== undefined;
  return ((select.targetList ?? []) as readonly SyntaxNode[]).every(({ ResTarget }) => {
    const value = (ResTarget?.val ?? {}) as SyntaxNode;
    const { args = [], agg_filter: filter } = value.FuncCall ?? {};
    const isCall = value.FuncCall !== undefined && filter === undefined;
    return isPlain(value) || (isCall && (args as readonly SyntaxNode[]).every(isPlain));
  });
}

/** A literal takes its type from the other arms (transformSetOperationTree, analyze.c), and would be
 *  text as a column of a table. */
function hasUnknown({ targetList, larg, rarg }: SelectStmt): boolean {
  if (larg !== undefined && rarg !== undefined) return hasUnknown(larg) || hasUnknown(rarg);
  return ((targetList ?? []) as readonly SyntaxNode[]).some(({ ResTarget }) => {
    const { A_Const, ParamRef } = (ResTarget?.val ?? {}) as SyntaxNode;
    return ParamRef !== undefined || A_Const?.sval !== undefined || A_Const?.isnull === true;
  });
}

function cteNames(stmt: SyntaxNode): ReadonlySet<string> {
  const names = new Set<string>();
  walk(stmt, value => {
    const { ctename } = value as { ctename?: string };
    if (ctename !== undefined) names.add(ctename);
    return true;
  });
  return names;
}

/** Tables of several schemas that have one name and no schema any more; null: none. */
function schemaProblem(select: SelectStmt, { relations }: ScopeBuilder): Refusal | null {
  const other = (a: ScopeRelation, b: ScopeRelation): boolean =>
    a !== b && a.refname === b.refname && (b.aliased || a.table !== b.table);
  for (const one of relations) {
    if (one.aliased || one.table === null) continue;
    const twice = relations.some(it => it.level === one.level && !it.aliased && other(one, it));
    if (twice) return refuseWide(`two tables of the name "${one.refname}"`);
    const named = (names: readonly (string | undefined)[]): boolean =>
      names.length > 2 && names[0] === one.table?.schema && names[1] === one.refname;
    let found = false;
    walk(select, value => {
      const { fields = [] } = value as { fields?: readonly SyntaxNode[] };
      found ||= named(fields.map(field => field.String?.sval));
      return !found;
    });
    if (found && relations.some(it => other(one, it))) {
      return refuseWide(`"${one.table.schema}.${one.refname}" beside another "${one.refname}"`);
    }
  }
  return null;
}

/** `schema.table.column` of a table that has no schema any more. */
function dropSchemas(select: SelectStmt, facts: ScopeBuilder): void {
  walk(select, value => {
    const ref = value as { fields?: readonly SyntaxNode[] };
    if (ref.fields === undefined || ref.fields.length < 3) return true;
    const [schema, name] = ref.fields.map(field => field.String?.sval);
    const isTable = facts.relations.some(
      one => !one.aliased && one.name === name && one.table?.schema === schema,
    );
    if (isTable) ref.fields = ref.fields.slice(1);
    return true;
  });
}
