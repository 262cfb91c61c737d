// A plan as text: for EXPLAIN, and for the golden files that tests compare.

import type { AggregateSpec, MergeNode, RowCount, SortKey } from './merge-plan.ts';
import type { KeyGroup, KeyValue, RouteProgram } from './route.ts';
import type { SessionEffect, StatementPlan, WidePlan } from './statement-plan.ts';

/** Where an execution goes; without it the plan is printed for every case. */
export interface Execution {
  /** Shards that its route names, ascending. */
  readonly shards: readonly number[];
}

/** One line per element, indented by two blanks per level. */
export function explainPlan(plan: StatementPlan, execution?: Execution): string[] {
  if (execution !== undefined) return explainExecution(plan, execution);
  return [
    `${plan.tag}${notes(plan)}`,
    `  shards: ${routeText(plan.route, plan.groupless)}`,
    ...(plan.effect === null ? [] : [`  effect: ${effectText(plan.effect)}`]),
    ...(neverWide(plan) ? [] : widePlan(plan.wide, '').map(line => `  ${line}`)),
  ];
}

/** Touches no sharded table: one shard will do, whichever. */
function neverWide({ route, groupless, wide }: StatementPlan): boolean {
  if (wide.kind === 'refusal' && wide.always) return false;
  return route.groups.length === 0 && groupless === 'any';
}

function explainExecution(plan: StatementPlan, { shards }: Execution): string[] {
  const where = `(${shards.length === 1 ? 'shard' : 'shards'} ${shards.join(', ')})`;
  const route = `  Route: ${routeText(plan.route, plan.groupless)}`;
  if (shards.length === 1) return [`Relay ${where}`, route];
  return [...widePlan(plan.wide, ` ${where}`), route];
}

function notes(plan: StatementPlan): string {
  const words = [
    plan.writes ? 'writes' : null,
    plan.changesSchema ? 'changes schema' : null,
    plan.outsideTransaction ? 'outside a transaction' : null,
    plan.pinsSession === null ? null : `pins the session: ${plan.pinsSession}`,
  ].filter(word => word !== null);
  return words.length === 0 ? '' : ` (${words.join(', ')})`;
}

/** `users.id = 5`, `users.id in (1, $2)`, `users.id (all)`, `any`, `all`. */
function routeText(route: RouteProgram, groupless: 'any' | 'all'): string {
  return route.groups.length === 0 ? groupless : route.groups.map(groupText).join('; ');
}

function groupText(group: KeyGroup): string {
  const name = `${group.table}.${group.column}`;
  if (group.sets.length === 0) return `${name} (all)`;
  return group.sets
    .map(({ values }) => {
      const [first] = values;
      if (values.length === 1 && first !== undefined) return `${name} = ${valueText(first)}`;
      return `${name} in (${values.map(valueText).join(', ')})`;
    })
    .join(' and ');
}

function valueText(value: KeyValue): string {
  if (value.kind === 'null') return 'NULL';
  if (value.kind === 'constant') return value.text;
  return value.array ? `any($${value.index + 1})` : `$${value.index + 1}`;
}

function widePlan(wide: WidePlan, where: string): string[] {
  switch (wide.kind) {
    case 'merge':
      return mergeNode(wide.root, where);
    case 'scatter':
      return [`Scatter${where}, row counts: ${wide.tag}`];
    case 'split-insert':
      return [
        `Split Insert${where} by ${wide.table}.${wide.column}` +
          `${wide.returning ? ', returning' : ''}`,
        `  ${wide.prefix.trimEnd()}`,
        ...wide.rows.map(row => `    row of ${valueText(row.key)}: ${row.sql}`),
        ...(wide.suffix === '' ? [] : [`  ${wide.suffix.trim()}`]),
      ];
    case 'split-copy': {
      const { format } = wide;
      const header = format.header ? ', header' : '';
      return [
        `Split Copy${where} by ${wide.table}.${wide.column}, field ${wide.keyPosition + 1}`,
        `  ${format.format}${header}, delimiter ${JSON.stringify(format.delimiter)}, ` +
          `null ${JSON.stringify(format.nullText)}, quote ${JSON.stringify(format.quote)}, ` +
          `escape ${JSON.stringify(format.escape)}`,
      ];
    }
    case 'broadcast-copy':
      return [`Broadcast Copy${where}`];
    case 'refusal':
      return [
        `Refused${wide.always ? '' : ' on several shards'}: ${wide.construct}`,
        ...(wide.hint === null ? [] : [`  hint: ${wide.hint}`]),
      ];
  }
}

function mergeNode(node: MergeNode, where: string): string[] {
  const below = (input: MergeNode) => mergeNode(input, where).map(line => `  ${line}`);
  switch (node.kind) {
    case 'gather': {
      const hidden = node.hiddenColumns === 0 ? '' : `, ${node.hiddenColumns} hidden`;
      return [`Gather${where}${hidden}`, `  ${node.sql}`];
    }
    case 'merge-sort':
      return [`Merge Sort by ${node.keys.map(sortText).join(', ')}`, ...below(node.input)];
    case 'sort':
      return [`Sort by ${node.keys.map(sortText).join(', ')}`, ...below(node.input)];
    case 'limit': {
      const count = node.count === null ? '' : ` ${countText(node.count)}`;
      const offset = node.offset === null ? '' : ` offset ${countText(node.offset)}`;
      return [`Limit${count}${offset}`, ...below(node.input)];
    }
    case 'aggregate': {
      const specs = node.aggregates.map(aggregateText).join(', ');
      const columns = node.groupColumns.map(column => column + 1).join(', ');
      const by = columns === '' ? '' : ` by ${columns}`;
      return [`Aggregate${by}${specs === '' ? '' : `: ${specs}`}`, ...below(node.input)];
    }
  }
}

function sortText(key: SortKey): string {
  const order = key.descending ? ' desc' : '';
  const nulls =
    key.nullsFirst === key.descending ? '' : key.nullsFirst ? ' nulls first' : ' nulls last';
  return `${key.column + 1}${order}${nulls}`;
}

function countText(count: RowCount): string {
  return count.kind === 'constant' ? String(count.rows) : `$${count.index + 1}`;
}

function aggregateText(spec: AggregateSpec): string {
  const column = spec.column + 1;
  if (spec.kind !== 'avg') return `${spec.kind} ${column}`;
  return `avg ${column} from sum ${spec.sumColumn + 1}, count ${spec.countColumn + 1}`;
}

function effectText(effect: SessionEffect): string {
  const { kind, ...rest } = effect;
  return `${kind} ${JSON.stringify(rest)}`;
}
