// What EXPLAIN and `pgpack route` know of a statement before any shard is asked: the way it goes,
// and the SQL that each shard gets.

import { collectShards } from '../plan/collect-plan.ts';
import { executedNode, relayNode } from '../plan/explain-node.ts';
import type { Explanation, Way } from '../plan/explanation.ts';
import { fragmentOf } from '../plan/merge-plan.ts';
import type { KeyItem } from '../plan/route.ts';
import type { StatementPlan } from '../plan/statement-plan.ts';
import type { BindMessage } from '../protocol/client-frame.ts';
import { grouplessReason, parameterTexts, routedGroups } from './explained-route.ts';
import { type Execution, shardOfKey } from './shard-choice.ts';
import { sqlFor } from './split-insert.ts';

export interface ShardParts {
  readonly way: Way;
  /** By shard, ascending; null: known when it runs. */
  readonly sql: ReadonlyMap<number, string | null>;
  /** It may run elsewhere. */
  readonly example: boolean;
}

interface Planned {
  readonly sql: string;
  readonly plan: StatementPlan;
}

/** `shards`: those of its route. Throws what the keys of rows raise. */
export function shardParts(
  { sql, plan }: Planned,
  shards: readonly number[],
  execution: Execution,
): ShardParts {
  const { wide } = plan;
  const same = (way: Way, text: string | null): ShardParts => ({
    ...{ way, example: false },
    sql: new Map(shards.map(shard => [shard, text])),
  });
  if (shards.length === 1) return same('relay', sql);
  switch (wide.kind) {
    case 'merge':
      return same('merge', fragmentOf(wide.root).sql);
    case 'locked-limit':
      return same('locked limit', fragmentOf(wide.rows.root).sql);
    case 'collect': {
      const all = collectShards(wide, shards, execution.shardCount);
      return { way: 'collect', sql: new Map(all.map(shard => [shard, null])), example: false };
    }
    case 'scatter':
      return same('scatter', wide.sql ?? sql);
    case 'split-insert': {
      const shardOfRow = wide.rows.map(row => shardOfKey(row.key, wide, execution));
      const used = [...new Set(shardOfRow)].sort((a, b) => a - b);
      const parts = used.map(shard => [shard, sqlFor(wide, shardOfRow, shard)] as const);
      return { way: 'split insert', sql: new Map(parts), example: false };
    }
    case 'evaluated-insert':
      return { way: 'evaluated insert', sql: new Map(), example: true };
    case 'evaluated-write':
      return { way: 'evaluated write', sql: new Map(), example: true };
    case 'split-copy':
      return same('split copy', null);
    case 'broadcast-copy':
      return same('broadcast copy', sql);
    case 'copy-out': {
      const { rows, query } = wide;
      if (rows === null) return same('copy out', sql);
      const parts = shardParts({ sql: query, plan: { ...plan, wide: rows } }, shards, execution);
      return { ...parts, way: 'copy out' };
    }
    case 'refusal':
      return same('refused', null);
  }
}

/** On some shard, only for PostgreSQL's plan there. */
export function exampleParts(way: Way, sql: string, shard: number): ShardParts {
  return { way, sql: new Map([[shard, sql]]), example: true };
}

/** The parameters name one shard: a single value for each column of its one key. */
export function oneByParameters({ route }: StatementPlan): boolean {
  const [group, ...others] = route.groups;
  if (group === undefined || others.length > 0) return false;
  const single = group.sets.filter(({ values }) => {
    const [value] = values;
    return values.length === 1 && isOneValue(value!);
  });
  const columns = new Set(single.map(set => set.column));
  return group.columns.length > 0 && columns.size === group.columns.length;
}

function isOneValue(item: KeyItem): boolean {
  return item.kind === 'constant' || (item.kind === 'parameter' && !item.array);
}

type Found = Pick<Explanation, 'merged' | 'shards'> & {
  /** The shard that finishes; null: it is not told, or there is none. */
  readonly finalShard: number | null;
  /** Whether its parameters have values. */
  readonly known: boolean;
  readonly execution: Execution;
};

/** `parts` null: it runs on one shard, which is not told. */
export function explanationOf(
  { sql, plan }: Planned,
  parts: ShardParts | null,
  bound: { readonly bind: BindMessage | null; readonly parameterTypes: readonly number[] },
  { known, execution, finalShard, ...found }: Found,
): Explanation {
  const texts = new Set(parts?.sql.values() ?? [sql]);
  const [first = null] = texts;
  const common = texts.size === 1 ? first : null;
  const way = parts?.way ?? 'relay';
  return {
    ...found,
    way,
    root: way === 'relay' ? relayNode(common) : executedNode(plan.wide, common, finalShard),
    groups: routedGroups(plan, execution, known),
    groupless: grouplessReason(plan),
    place: parts === null || parts.example ? placeOf(plan, way) : null,
    parameter: parameterTexts(bound.bind, bound.parameterTypes),
  };
}

function placeOf({ route, wide }: StatementPlan, way: Way): string {
  if (wide.kind === 'evaluated-insert' && wide.copied) return 'all shards';
  if (way === 'evaluated insert') return 'shards by the values';
  if (wide.kind === 'evaluated-write' && wide.always) return 'all shards';
  if (way === 'evaluated write') return 'shards by what is read first';
  return route.groups.length === 0 ? 'any shard' : 'one shard';
}
