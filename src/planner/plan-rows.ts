// SELECT without groups: rows of the shards as they are, concatenated or merged in their order, each
// once where DISTINCT says so.

import type { MergeNode } from '../plan/merge-plan.ts';
import type { Refusal, WidePlan } from '../plan/statement-plan.ts';
import { ByteText } from '../sql/byte-text.ts';
import { clausesOf, orderItems } from '../sql/clauses.ts';
import type { ColumnUse, Level } from '../sql/level.ts';
import type { ScopeBuilder } from '../sql/scope-builder.ts';
import type { SelectStmt, SyntaxNode } from '../sql/syntax-tree.ts';
import { distinctColumns, isWhole, planDistinct, type RowOrder } from './distinct-rows.ts';
import { fragmentSql } from './fragment-text.ts';
import { outputColumns } from './output-columns.ts';
import { refuseWide } from './plan-input.ts';
import { limited, rowLimit } from './row-limit.ts';
import { mayWait } from './row-locks.ts';
import { sortKeys } from './sort-keys.ts';

export interface SelectPlan {
  readonly select: SelectStmt;
  readonly level: Level;
  readonly facts: ScopeBuilder;
  readonly sql: string;
}

export function planRows({ select, level, facts, sql }: SelectPlan): WidePlan {
  const outputs = outputColumns((select.targetList ?? []) as readonly SyntaxNode[], level, facts);
  const clauses = clausesOf(sql);
  const text = new ByteText(sql);
  const hidden = outputs === null ? null : (item: string) => outputs.addHidden(item);
  const limit = rowLimit(select, { clauses, text, hidden });
  if (limit !== null && 'kind' in limit) return limit;
  let order: RowOrder | Refusal = { keys: [], added: [], distinctKeys: null };
  const sortClause = (select.sortClause ?? []) as readonly SyntaxNode[];
  const isDistinct = select.distinctClause !== undefined;
  const merged = isDistinct && !isWhole(distinctColumns(select, level, outputs));
  if (sortClause.length > 0 || merged) {
    if (outputs === null) {
      const clause = merged ? 'DISTINCT' : 'ORDER BY';
      return refuseWide(`${clause} with * of columns that are not known`);
    }
    const items = orderItems(clauses);
    const everyRow = isDistinct && !isDistinctOn(select);
    const helper = (_node: SyntaxNode, _use: ColumnUse | null, item: number) => {
      const range = items[item];
      // What is not selected is not there to sort by once rows are told apart.
      if (everyRow || range === undefined) return -1;
      return outputs.addHidden(text.slice(range.start, range.end));
    };
    const context = { level, facts, outputs, kept: true, hidden: helper };
    const keys = sortKeys(sortClause, context);
    if ('kind' in keys) return keys;
    order = merged ? planDistinct(select, keys, context) : { ...order, keys };
    if ('kind' in order) return order;
  }
  const { keys, added, distinctKeys } = order;
  const gather = {
    kind: 'gather' as const,
    sql: fragmentSql({
      ...{ sql, clauses, orderBy: added, limit: limit?.sql ?? '' },
      hidden: outputs?.hiddenSql() ?? '',
    }),
    hiddenColumns: outputs?.hidden.length ?? 0,
    ...(outputs === null ? {} : outputs.fragmentFacts(distinctKeys !== null)),
  };
  const once = distinctKeys === null ? {} : { distinctKeys };
  if (select.lockingClause !== undefined) {
    // Without LIMIT: see `plan-locked-limit.ts`.
    // What was waited for comes as it is now, in the place of what it was ("The Locking Clause").
    const root: MergeNode = keys.length === 0 ? gather : { kind: 'sort', keys, input: gather };
    const waits = mayWait(select) ? { inTurn: true as const } : {};
    return { kind: 'merge', locks: true, ...waits, root, otherwise: null };
  }
  const root: MergeNode =
    keys.length === 0 ? gather : { kind: 'merge-sort', keys, ...once, input: gather };
  return { kind: 'merge', root: limited(root, limit, keys), otherwise: null };
}

function isDistinctOn({ distinctClause }: SelectStmt): boolean {
  return distinctClause?.some(item => Object.keys(item).length > 0) ?? false;
}
