// SELECT across shards: what each shard answers by itself, concatenated, merged in order, or added
// up. Everything that would need rows of different shards to meet is refused by its name.

import type { MergeNode } from '../plan/merge-plan.ts';
import type { Refusal, WidePlan } from '../plan/statement-plan.ts';
import { ByteText } from '../sql/byte-text.ts';
import { type Clauses, clausesOf } from '../sql/clauses.ts';
import type { ColumnUse, Level } from '../sql/level.ts';
import { parseStatements } from '../sql/parser.ts';
import { ScopeBuilder } from '../sql/scope-builder.ts';
import type { SelectStmt, SyntaxNode } from '../sql/syntax-tree.ts';
import { aggregateCalls } from './builtin-call.ts';
import { callThatVaries, partThatVaries } from './call-safety.ts';
import { fragmentSql } from './fragment-text.ts';
import { coversKey, GroupAggregate, groupedColumn } from './group-aggregate.ts';
import { groupCondition } from './group-condition.ts';
import { outputColumns } from './output-columns.ts';
import { type PlanInput, refuseWide, scatter } from './plan-input.ts';
import { limitsLocks, planLockedLimit } from './plan-locked-limit.ts';
import { planRows, type SelectPlan } from './plan-rows.ts';
import { planSetOperation, setOperationOf } from './plan-set-operation.ts';
import { limited, rowLimit } from './row-limit.ts';
import { forbidsLocks, lockedSubquery } from './row-locks.ts';
import { sortKeys } from './sort-keys.ts';
import {
  joinRefusal,
  mixingWindow,
  nestedAggregate,
  subqueryRefusal,
  windowOf,
} from './wide-shape.ts';

export function planWideSelect(input: PlanInput, facts: ScopeBuilder): WidePlan {
  const select = input.stmt.SelectStmt ?? {};
  if (!facts.relations.some(one => one.source === 'sharded')) return scatter('same');
  if (forbidsLocks(select, facts)) return { kind: 'merge', root: asIs(input), otherwise: null };
  if (setOperationOf(select) !== null) return planSetOperations(input, select);
  const refusal = shapeRefusal(input, select, facts);
  if (refusal !== null) return refusal;
  if (!isPlainText(input.sql, select)) return refuseWide('a query in this form');
  const plan: SelectPlan = { select, level: facts.top!, facts, sql: input.sql };
  if (limitsLocks(select)) return planLockedLimit(input, plan, sql => planText(input, sql));
  if (!isGrouped(select, facts)) {
    return keepsOrder(select, plan.level, facts)
      ? refuseWide('ORDER BY in a subquery')
      : planRows(plan);
  }
  const key = groupsByKey(plan);
  if (typeof key !== 'boolean') return key;
  if (key) return planRows(plan);
  const window = windowOf(select);
  return window === null ? planGroups(plan) : refuseWide(`window function ${window}()`);
}

/** A statement of its own. */
function planText(input: PlanInput, sql: string): WidePlan {
  const [statement] = parseStatements(sql);
  const facts = new ScopeBuilder(input);
  facts.statement(statement!.stmt, null, new Map());
  return planWideSelect({ ...input, sql, stmt: statement!.stmt }, facts);
}

function planSetOperations(input: PlanInput, select: SelectStmt): WidePlan {
  const armFacts = (arm: SelectStmt) => {
    const facts = new ScopeBuilder(input);
    facts.statement({ SelectStmt: arm }, null, new Map());
    return facts;
  };
  return planSetOperation(input, select, armFacts, arm => {
    return lockedSubquery(null, arm.facts) ?? shapeRefusal(input, arm.select, arm.facts);
  });
}

function asIs({ sql }: PlanInput): MergeNode {
  return { kind: 'gather', sql, hiddenColumns: 0 };
}

/** Its clauses stand where the edits expect them: not in parentheses around it, not TABLE t. */
function isPlainText(sql: string, select: SelectStmt): boolean {
  const { tokens, depths, orderBy, limits } = clausesOf(sql);
  if (!isSelectText(tokens, depths)) return false;
  const limited = select.limitCount !== undefined || select.limitOffset !== undefined;
  // LIMIT ALL leaves no trace in the tree.
  return (orderBy !== null) === (select.sortClause !== undefined) && (limits !== null || !limited);
}

function isSelectText(tokens: Clauses['tokens'], depths: Clauses['depths']): boolean {
  const [first] = tokens;
  if (first?.keyword === 'select') return true;
  return (
    first?.keyword === 'with' &&
    tokens.some((token, at) => token.keyword === 'select' && depths[at] === 0)
  );
}

export function shapeRefusal(
  input: PlanInput,
  select: SelectStmt,
  facts: ScopeBuilder,
): Refusal | null {
  if (select.withClause?.recursive) return refuseWide('WITH RECURSIVE');
  if (facts.writingCtes.length > 0) return refuseWide('WITH');
  if (select.valuesLists !== undefined) return refuseWide('VALUES');
  const { top } = facts;
  const locked = lockedSubquery(top, facts);
  if (locked !== null) return locked;
  if (top === null) return refuseWide('this query');
  const window = mixingWindow(select, top);
  if (window !== null) return refuseWide(`window function ${window}()`);
  const subquery = subqueryRefusal(top, facts);
  if (subquery !== null) return subquery;
  const view = facts.relations.find(one => one.source === 'view');
  if (view !== undefined) return refuseWide(`view "${view.refname}" with sharded tables`);
  // Those of views too, which are not in the statement.
  const selects = facts.selects.map(one => one.select);
  if (JSON.stringify(selects).includes('"RangeTableSample"')) return refuseWide('TABLESAMPLE');
  const varying = callThatVaries(facts, false) ?? partThatVaries([input.stmt, selects]);
  if (varying !== null) return refuseWide(varying);
  return joinRefusal(top, facts) ?? nestedAggregate(top, facts);
}

/** Rows come in the order of the one query in FROM: nothing says so, but PostgreSQL's manual relies on
 *  it ("Aggregate Functions"), and so does a LIMIT around such a query. */
function keepsOrder(select: SelectStmt, level: Level, facts: ScopeBuilder): boolean {
  if (select.sortClause !== undefined || select.distinctClause !== undefined) return false;
  const [only, ...more] = level.relations;
  if (only === undefined || only.table !== null || more.length > 0) return false;
  const inner = facts.selects.find(one => one.level?.derivedAs === only);
  if (inner?.level == null) return false;
  if (inner.select.sortClause !== undefined) return true;
  return inner.select.groupClause === undefined && keepsOrder(inner.select, inner.level, facts);
}

function isGrouped(select: SelectStmt, facts: ScopeBuilder): boolean {
  if (select.groupClause !== undefined || select.havingClause !== undefined) return true;
  return aggregateCalls([select.targetList, select.sortClause], facts, false).length > 0;
}

/** Groups of a column that is the key are whole on their shards. */
function groupsByKey({ select, level, facts }: SelectPlan): boolean | Refusal {
  const items = (select.groupClause ?? []) as readonly SyntaxNode[];
  if (items.some(item => item.GroupingSet !== undefined)) {
    return refuseWide('GROUPING SETS, ROLLUP or CUBE');
  }
  const outputs = outputColumns((select.targetList ?? []) as readonly SyntaxNode[], level, facts);
  const grouped = items.map(item => groupedColumn(item, level, outputs));
  return coversKey(grouped.filter(use => use?.relation.nullable === false));
}

/** Partial groups of the shards, added up, then sorted and cut. */
function planGroups({ select, level, facts, sql }: SelectPlan): WidePlan {
  if (select.distinctClause !== undefined) return refuseWide('DISTINCT with aggregates');
  if (select.groupDistinct) return refuseWide('GROUP BY DISTINCT');
  const outputs = outputColumns((select.targetList ?? []) as readonly SyntaxNode[], level, facts);
  if (outputs === null) return refuseWide('* of columns that are not known with GROUP BY');
  const clauses = clausesOf(sql);
  const text = new ByteText(sql);
  const limit = rowLimit(select, { clauses, text, hidden: item => outputs.addHidden(item) });
  if (limit !== null && 'kind' in limit) return limit;
  const group = new GroupAggregate(level, facts, outputs, clauses, text);
  const items = (select.groupClause ?? []) as readonly SyntaxNode[];
  const refusal = group.addGroups(items) ?? group.addTargets();
  if (refusal !== null) return refusal;
  const having = select.havingClause as SyntaxNode | undefined;
  const condition =
    having === undefined ? null : groupCondition(having, { select, level, facts, outputs, group });
  if (having !== undefined && (condition === null || !group.showsGroupsOnly())) {
    return refuseWide('HAVING over groups that several shards have');
  }
  const hidden = (expression: SyntaxNode, use: ColumnUse | null, item: number) => {
    const column = group.hidden(expression, use, item);
    return condition === null || use !== null || group.isOfGroup(column) ? column : -1;
  };
  const sortClause = (select.sortClause ?? []) as readonly SyntaxNode[];
  const keys = sortKeys(sortClause, { level, facts, outputs, kept: false, hidden });
  if ('kind' in keys) return keys;
  const aggregate: MergeNode = {
    kind: 'aggregate',
    groupColumns: group.groupColumns,
    aggregates: group.aggregates,
    input: {
      kind: 'gather',
      sql: fragmentSql({
        ...{ sql, clauses, hidden: outputs.hiddenSql() },
        ...{ orderBy: 'dropped', limit: limit?.allRowsSql ?? '', dropsHaving: true },
      }),
      hiddenColumns: outputs.hidden.length,
      ...outputs.fragmentFacts(true),
    },
  };
  const groups: MergeNode =
    condition === null ? aggregate : { kind: 'filter', condition, input: aggregate };
  const root: MergeNode = keys.length === 0 ? groups : { kind: 'sort', keys, input: groups };
  return { kind: 'merge', root: limited(root, limit, keys), otherwise: null };
}
