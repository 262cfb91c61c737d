// INSERT: a row's key names its shard, so VALUES are split by row; a table that every shard has
// whole gets the same rows everywhere, which only constants guarantee.

import type { Column, Table } from '../catalog/catalog.ts';
import { columnOf } from '../catalog/catalog.ts';
import type { Refusal, WidePlan } from '../plan/statement-plan.ts';
import { ByteText } from '../sql/byte-text.ts';
import { insertColumns, insertedKey, valuesRows } from '../sql/inserted-keys.ts';
import { keyValue } from '../sql/key-values.ts';
import type { ScopeRelation } from '../sql/level.ts';
import type { ScopeBuilder } from '../sql/scope-builder.ts';
import type { InsertStmt, SyntaxNode } from '../sql/syntax-tree.ts';
import { endOfStatement } from '../sql/tokens.ts';
import { valuesSlices } from '../sql/values-slices.ts';
import { callThatVaries, partThatVaries } from './call-safety.ts';
import { conflictRefusal } from './conflict-target.ts';
import { copiedMoments } from './copied-moments.ts';
import { inPlaceRefusal } from './insert-in-place.ts';
import { type PlanInput, refuse, refuseWide, scatter, unplaced } from './plan-input.ts';

export function planInsert(input: PlanInput, insert: InsertStmt, facts: ScopeBuilder): WidePlan {
  const target = facts.relations.find(one => one.target && one.level === facts.top);
  if (target?.table == null) return scatter('same');
  if (target.source === 'sharded') return planSharded(input, insert, target, facts);
  if (target.source === 'omnisharded') return planWhole(input, insert, target, facts);
  return scatter('same');
}

function planSharded(
  input: PlanInput,
  insert: InsertStmt,
  target: ScopeRelation,
  facts: ScopeBuilder,
): WidePlan {
  const table = target.table!;
  const { columns, placement } = target.key!;
  if (placement === -1) return unplaced(target);
  const conflict = conflictRefusal(insert.onConflictClause, table, columns);
  if (conflict !== null) return conflict;
  const sequence = filledColumn(insert, target, column => column.defaultKind === 'sequence');
  if (sequence !== null) {
    return refuse(
      `sequence default of column "${sequence}" of sharded table "${table.name}"`,
      'Every shard has a sequence of its own: give the value in the statement.',
    );
  }
  const key = insertedKey(insert, target);
  const rows = insertRows(insert);
  if (key === null) return refuseWide('INSERT … SELECT into several shards');
  if (rows === null) {
    const positions = key.map(({ position }) => position);
    return inPlaceRefusal(insert, target, positions, facts) ?? scatter('sum');
  }
  const refusal = splitRefusal(input, insert, facts);
  if (refusal !== null) return refusal;
  if (rows.some(row => row.length !== rows[0]!.length)) {
    return refuseWide('VALUES lists of different lengths');
  }
  const slices = valuesSlices(input.sql, rows.length);
  if (slices === null) return refuseWide('this form of VALUES');
  const text = new ByteText(input.sql);
  const { tokens, ranges } = slices;
  return {
    kind: 'split-insert',
    table: table.name,
    columns,
    placement,
    prefix: text.slice(0, ranges[0]!.start),
    suffix: text.slice(ranges.at(-1)!.end, endOfStatement(tokens)),
    rows: ranges.map(({ start, end }, row) => ({
      sql: text.slice(start, end),
      key: key.map(({ position, column }) => keyValue(rows[row]?.[position], column)!),
    })),
    returning: insert.returningClause !== undefined,
  };
}

function splitRefusal(input: PlanInput, insert: InsertStmt, facts: ScopeBuilder): Refusal | null {
  if (insert.withClause !== undefined) return refuseWide('WITH');
  if (facts.relations.length > 1) return refuseWide('a subquery in an INSERT of several rows');
  const varying = callThatVaries(facts, true) ?? partThatVaries(input.stmt);
  if (varying !== null) return refuseWide(`${varying} in an INSERT of several rows`);
  if (insert.onConflictClause !== undefined && insert.returningClause !== undefined) {
    return refuseWide('ON CONFLICT with RETURNING in an INSERT of several rows');
  }
  return null;
}

function planWhole(
  input: PlanInput,
  insert: InsertStmt,
  target: ScopeRelation,
  facts: ScopeBuilder,
): WidePlan {
  const into = `into omnisharded table "${target.table!.name}"`;
  if (insert.withClause !== undefined) return refuse(`INSERT with WITH ${into}`);
  if (insert.selectStmt !== undefined && insertRows(insert) === null) {
    return refuse(`INSERT … SELECT ${into}`);
  }
  if (facts.relations.length > 1) return refuse(`INSERT of a subquery's value ${into}`);
  const varying = callThatVaries(facts, false) ?? partThatVaries(input.stmt);
  const hint = 'Copies on all shards must stay equal: give the value as a literal or parameter.';
  if (varying !== null) return refuse(`${varying} in an INSERT ${into}`, hint);
  const filled = filledColumn(insert, target, isVarying);
  if (filled !== null)
    return refuse(`the default of column "${filled}" in an INSERT ${into}`, hint);
  const reset = defaultedColumn(insert.onConflictClause?.targetList, target);
  if (reset !== null) return refuse(`SET "${reset}" = DEFAULT in an INSERT ${into}`, hint);
  const { found, possible } = copiedMoments(input.stmt, target.table!, facts);
  if (found !== null) return refuse(`${found} in an INSERT ${into}`, hint);
  return { kind: 'scatter', tag: 'same', moments: possible };
}

/** Whether shards would each make a value of their own. */
export function isVarying(column: Column): boolean {
  return !column.generated && !['none', 'constant'].includes(column.defaultKind);
}

/** A column that is SET to a default that varies; null: none. */
export function defaultedColumn(targets: unknown, target: ScopeRelation): string | null {
  for (const { ResTarget } of (targets ?? []) as readonly SyntaxNode[]) {
    const value = ResTarget?.val as SyntaxNode | undefined;
    const column = columnOf(target.table!, ResTarget?.name ?? '');
    if (value?.SetToDefault !== undefined && column !== null && isVarying(column)) {
      return column.name;
    }
  }
  return null;
}

/** Rows of VALUES; `null` for a SELECT, DEFAULT VALUES is one row without values. */
function insertRows(insert: InsertStmt): readonly (readonly SyntaxNode[])[] | null {
  const select = (insert.selectStmt as SyntaxNode | undefined)?.SelectStmt;
  return select === undefined ? null : valuesRows(select);
}

/** The first such column that PostgreSQL fills by its default: left out, or given as DEFAULT. */
function filledColumn(
  insert: InsertStmt,
  target: ScopeRelation,
  wanted: (column: Column) => boolean,
): string | null {
  const table: Table = target.table!;
  const rows = insertRows(insert);
  const width = rows?.[0]?.length ?? selectWidth(insert);
  const given = insertColumns(insert, target).slice(0, width);
  const left = table.columns.find(column => wanted(column) && !given.includes(column.name));
  if (left !== undefined) return left.name;
  for (const row of rows ?? []) {
    for (const [position, value] of row.entries()) {
      const column = columnOf(table, given[position] ?? '');
      if (value.SetToDefault !== undefined && column !== null && wanted(column)) return column.name;
    }
  }
  return null;
}

/** Columns that a SELECT gives at most; a star may give all. */
function selectWidth(insert: InsertStmt): number {
  const select = (insert.selectStmt as SyntaxNode | undefined)?.SelectStmt;
  if (select === undefined) return 0;
  const targets = (select.targetList ?? []) as readonly SyntaxNode[];
  const star = targets.some(one => JSON.stringify(one).includes('A_Star'));
  return star || select.targetList === undefined ? Number.POSITIVE_INFINITY : targets.length;
}
