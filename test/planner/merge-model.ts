// What a merge plan means, in the plainest way: rows of numbers in arrays, everything at once. The
// model that random plans are checked with, independent of the executor.

import type { AggregateSpec, MergeNode, RowCount, SortKey } from '../../src/plan/merge-plan.ts';
import type { RowCondition } from '../../src/plan/row-condition.ts';

export type NumberRow = readonly (number | null)[];

/** Rows of the plan, helper columns included. `run` gives one shard's rows of a fragment. */
export async function mergeRows(
  node: MergeNode,
  shards: readonly number[],
  run: (shard: number, sql: string) => Promise<NumberRow[]>,
): Promise<NumberRow[]> {
  switch (node.kind) {
    case 'gather': {
      const rows: NumberRow[] = [];
      for (const shard of shards) rows.push(...(await run(shard, node.sql)));
      return rows;
    }
    case 'merge-sort': {
      const rows = (await mergeRows(node.input, shards, run)).sort(comparing(node.keys));
      if (node.distinctKeys === undefined) return rows;
      const differ = comparing(node.keys.slice(0, node.distinctKeys));
      return rows.filter((row, at) => at === 0 || differ(rows[at - 1]!, row) !== 0);
    }
    case 'sort':
      return (await mergeRows(node.input, shards, run)).sort(comparing(node.keys));
    case 'limit': {
      const rows = await mergeRows(node.input, shards, run);
      const offset = countOf(node.offset, rows) ?? 0;
      const end = offset + (countOf(node.count, rows) ?? rows.length);
      const differ = comparing(node.ties ?? []);
      const tied = (row: NumberRow) => node.ties !== undefined && differ(rows[end - 1]!, row) === 0;
      return rows.filter((row, at) => at >= offset && (at < end || (end > offset && tied(row))));
    }
    case 'filter': {
      const rows = await mergeRows(node.input, shards, run);
      return rows.filter(row => truth(node.condition, row) === true);
    }
    case 'aggregate': {
      const rows = await mergeRows(node.input, shards, run);
      const groups = Map.groupBy(rows, row => JSON.stringify(node.groupColumns.map(c => row[c])));
      return [...groups.values()].map(group => aggregated(group, node.aggregates));
    }
  }
}

/** null: unknown. */
function truth(condition: RowCondition, row: NumberRow): boolean | null {
  if (condition.kind === 'is-null') return row[condition.column] == null;
  if (condition.kind === 'not') {
    const part = truth(condition.part, row);
    return part === null ? null : !part;
  }
  if (condition.kind === 'compare') {
    const [left, right] = [row[condition.left] ?? null, row[condition.right] ?? null];
    if (left === null || right === null) return null;
    const holds = { '=': [0], '<>': [-1, 1], '<': [-1], '<=': [-1, 0], '>': [1], '>=': [0, 1] };
    return holds[condition.operator].includes(Math.sign(left - right));
  }
  const parts = condition.parts.map(part => truth(part, row));
  const decisive = condition.kind === 'or';
  if (parts.includes(decisive)) return decisive;
  return parts.includes(null) ? null : !decisive;
}

function countOf(count: RowCount | null, rows: readonly NumberRow[]): number | null {
  if (count === null || count.kind === 'parameter') return null;
  return count.kind === 'constant' ? Number(count.rows) : (rows[0]?.[count.column] ?? null);
}

function aggregated(rows: readonly NumberRow[], specs: readonly AggregateSpec[]): NumberRow {
  const result = [...rows[0]!];
  const values = (column: number) =>
    rows.map(row => row[column] ?? null).filter(value => value !== null);
  const sum = (column: number) =>
    values(column).length === 0 ? null : values(column).reduce((a, b) => a + b, 0);
  for (const spec of specs) {
    const present = values(spec.column);
    if (spec.kind === 'count' || spec.kind === 'sum') result[spec.column] = sum(spec.column);
    else if (spec.kind === 'avg') {
      const total = sum(spec.sumColumn);
      result[spec.column] = total === null ? null : total / sum(spec.countColumn)!;
    } else if (spec.kind !== 'min' && spec.kind !== 'max') {
      throw new Error(`the model has no ${spec.kind}`);
    } else {
      const extreme = spec.kind === 'min' ? Math.min : Math.max;
      result[spec.column] = present.length === 0 ? null : extreme(...present);
    }
  }
  return result;
}

function comparing(keys: readonly SortKey[]) {
  return (left: NumberRow, right: NumberRow): number => {
    for (const { column, descending, nullsFirst } of keys) {
      const a = left[column] ?? null;
      const b = right[column] ?? null;
      if (a === b) continue;
      if (a === null || b === null) return (a === null) === nullsFirst ? -1 : 1;
      return a < b === descending ? 1 : -1;
    }
    return 0;
  };
}
