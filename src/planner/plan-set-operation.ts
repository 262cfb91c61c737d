// UNION, INTERSECT and EXCEPT on several shards: each shard does it with its own rows. Right for
// UNION ALL of queries whose rows are those of the shards together, and for the others where equal
// rows lie on one shard, because the sharding key stands at the same place of every arm. Of a UNION
// without it the shards' rows are told apart again, as for DISTINCT.

import type { MergeNode } from '../plan/merge-plan.ts';
import type { Refusal, WidePlan } from '../plan/statement-plan.ts';
import { ByteText } from '../sql/byte-text.ts';
import { type Clauses, clausesOf } from '../sql/clauses.ts';
import { innermostColumn, Level } from '../sql/level.ts';
import type { ScopeBuilder } from '../sql/scope-builder.ts';
import type { SelectStmt, SyntaxNode } from '../sql/syntax-tree.ts';
import { isCollated } from '../types/key-decoder.ts';
import type { Comparand } from './comparable-key.ts';
import { planDistinct, type RowOrder } from './distinct-rows.ts';
import { fragmentSql } from './fragment-text.ts';
import { coversKey } from './group-aggregate.ts';
import { type OutputColumn, OutputColumns, outputColumns } from './output-columns.ts';
import { type PlanInput, refuseWide } from './plan-input.ts';
import { limited, rowLimit } from './row-limit.ts';
import { sortKeys } from './sort-keys.ts';
import { mixingClause } from './wide-shape.ts';

const names: Readonly<Record<string, string>> = {
  SETOP_UNION: 'UNION',
  SETOP_INTERSECT: 'INTERSECT',
  SETOP_EXCEPT: 'EXCEPT',
};

/** An arm that is no set operation itself, with facts of its own. */
export interface Arm {
  readonly select: SelectStmt;
  readonly facts: ScopeBuilder;
}

/** null: the query is none. */
export function setOperationOf({ op }: SelectStmt): string | null {
  return names[op ?? ''] ?? null;
}

/** `armRefusal`: why an arm by itself cannot run on every shard. */
export function planSetOperation(
  input: PlanInput,
  select: SelectStmt,
  armFacts: (arm: SelectStmt) => ScopeBuilder,
  armRefusal: (arm: Arm) => Refusal | null,
): WidePlan {
  const name = setOperationOf(select) ?? '';
  const { sortClause, limitCount, limitOffset, lockingClause, withClause } = select;
  if (lockingClause !== undefined || withClause !== undefined) return refuseWide(name);
  const clauses = clausesOf(input.sql);
  const isLimited = limitCount !== undefined || limitOffset !== undefined;
  const isSorted = sortClause !== undefined;
  // In parentheses around all of it they stand elsewhere.
  if ((clauses.orderBy !== null) !== isSorted || (isLimited && clauses.limits === null)) {
    return refuseWide(`${name} in parentheses`);
  }
  const selects = leafArms(select);
  if (selects === null) return refuseWide(name);
  const arms = selects.map(arm => ({ select: arm, facts: armFacts(arm) }));
  for (const arm of arms) {
    const refusal = armProblem(arm, name) ?? armRefusal(arm);
    if (refusal !== null) return refusal;
  }
  const isWhole = isUnionAll(select) || haveKeyAlike(arms);
  if (!isWhole && !isUnion(select)) {
    return refuseWide(`${name} without the sharding key in the same column of each query`);
  }
  return planMerged(input.sql, select, clauses, arms, isWhole);
}

/** `isWhole`: rows of different shards need not be compared but for their order. */
function planMerged(
  sql: string,
  select: SelectStmt,
  clauses: Clauses,
  arms: readonly Arm[],
  isWhole: boolean,
): WidePlan {
  const limit = rowLimit(select, { clauses, text: new ByteText(sql), hidden: null });
  if (limit !== null && 'kind' in limit) return limit;
  const sortClause = (select.sortClause ?? []) as readonly SyntaxNode[];
  let order: RowOrder | Refusal = { keys: [], added: [], distinctKeys: null };
  let known = {};
  if (sortClause.length > 0 || !isWhole) {
    const outputs = armOutputs(arms);
    if (outputs === null) return refuseWide('* of columns that are not known in a set operation');
    const { level, facts } = { level: new Level(null), facts: arms[0]!.facts };
    const context = { level, facts, outputs, kept: true, hidden: () => -1 };
    const keys = sortKeys(sortClause, context);
    if ('kind' in keys) return keys;
    order = isWhole ? { ...order, keys } : planDistinct({}, keys, context);
    if ('kind' in order) return order;
    known = outputs.fragmentFacts(!isWhole);
  }
  const { keys, added, distinctKeys } = order;
  const gather = {
    kind: 'gather' as const,
    sql: fragmentSql({ sql, clauses, hidden: '', orderBy: added, limit: limit?.sql ?? '' }),
    hiddenColumns: 0,
    ...known,
  };
  const once = distinctKeys === null ? {} : { distinctKeys };
  const root: MergeNode =
    keys.length === 0 ? gather : { kind: 'merge-sort', keys, ...once, input: gather };
  return { kind: 'merge', root: limited(root, limit, keys), otherwise: null };
}

/** The columns of the whole: names are the first query's, types those that all have, or not known.
 *  null: not known. */
function armOutputs(arms: readonly Arm[]): OutputColumns | null {
  const columns = arms.map(({ select, facts }) => {
    const targets = (select.targetList ?? []) as readonly SyntaxNode[];
    return outputColumns(targets, facts.top!, facts)?.visible ?? null;
  });
  const [first, ...others] = columns;
  if (first == null) return null;
  const visible: OutputColumn[] = [];
  for (const [at, column] of first.entries()) {
    const values = [column.value];
    for (const other of others) {
      if (other === null || other[at] === undefined) return null;
      values.push(other[at].value);
    }
    visible.push({ name: column.name, expression: null, use: null, value: common(values) });
  }
  return new OutputColumns(visible);
}

/** Of collations that differ PostgreSQL makes no order. */
function common(values: readonly Comparand[]): Comparand {
  const collations = values.map(({ type, collation }) =>
    type !== null && !isCollated(type.oid) ? 'c' : collation,
  );
  const collation = collations.includes(null) ? null : collations.includes('other') ? 'other' : 'c';
  const [first] = values;
  const sameType = values.every(({ type }) => type !== null && type.oid === first!.type?.oid);
  return { type: sameType ? first!.type : null, collation };
}

/** null where one has clauses of its own around a set operation. */
function leafArms(select: SelectStmt): readonly SelectStmt[] | null {
  if (select.larg === undefined || select.rarg === undefined) return [select];
  const found: SelectStmt[] = [];
  for (const side of [select.larg, select.rarg]) {
    const { sortClause, limitCount, limitOffset, withClause } = side;
    const clauses = [limitCount, limitOffset, withClause, side.larg && sortClause];
    if (clauses.some(clause => clause !== undefined)) return null;
    const arms = leafArms(side);
    if (arms === null) return null;
    found.push(...arms);
  }
  return found;
}

function armProblem({ select, facts }: Arm, name: string): Refusal | null {
  const { top } = facts;
  // What every shard has would come once from each.
  const sharded = facts.relations.some(one => one.source === 'sharded');
  if (top === null || !sharded || select.valuesLists !== undefined) {
    return refuseWide(`${name} with a query that reads no sharded table`);
  }
  const mixing = mixingClause(select, top, facts);
  return mixing === null ? null : refuseWide(`${mixing} in a query of ${name}`);
}

function isUnionAll(select: SelectStmt): boolean {
  if (select.larg === undefined || select.rarg === undefined) return true;
  if (select.op !== 'SETOP_UNION' || !select.all) return false;
  return isUnionAll(select.larg) && isUnionAll(select.rarg);
}

/** UNION with nothing else inside: which rows there are does not hang on how often they come. */
function isUnion(select: SelectStmt): boolean {
  const { op, all } = select;
  return op === 'SETOP_UNION' && !all && hasUnions(select);
}

function hasUnions({ larg, rarg, op }: SelectStmt): boolean {
  if (larg === undefined || rarg === undefined) return true;
  return op === 'SETOP_UNION' && hasUnions(larg) && hasUnions(rarg);
}

/** One column has the one key column of a table in each arm, under one function. */
function haveKeyAlike(arms: readonly Arm[]): boolean {
  const keys = arms.map(keyPlacements);
  const [first = [], ...others] = keys;
  return first.some(
    (placement, at) =>
      placement !== -1 &&
      others.every(other => {
        const { placements } = arms[0]!.facts.input.scheme;
        return (
          other[at] !== undefined && other[at] !== -1 && placements.agree(placement, other[at])
        );
      }),
  );
}

/** The placement that each output column is the key of; -1: of none. */
function keyPlacements({ select, facts }: Arm): readonly number[] {
  const targets = (select.targetList ?? []) as readonly SyntaxNode[];
  const outputs = outputColumns(targets, facts.top!, facts);
  return (outputs?.visible ?? []).map(({ use }) => {
    if (use === null || use.relation.nullable || !coversKey([use])) return -1;
    return innermostColumn(use)?.relation.key?.placement ?? -1;
  });
}
