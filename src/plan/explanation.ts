// How one execution of a statement goes, as EXPLAIN and `pgpack route` print it: the plan, the
// shards and why, the SQL that each shard gets, and what PostgreSQL says of it there.

import { nodeLines } from './explain.ts';
import type { ExplainNode } from './explain-node.ts';
import {
  groupText,
  type ParameterText,
  type RoutedGroup,
  routedText,
  shardsText,
} from './explain-route.ts';

export type Way =
  | 'relay'
  | 'merge'
  | 'locked limit'
  | 'collect'
  | 'scatter'
  | 'split insert'
  | 'evaluated insert'
  | 'evaluated write'
  | 'split copy'
  | 'broadcast copy'
  | 'copy out'
  | 'session'
  | 'refused';

/** What went from a shard to PgPack, or from PgPack to the client. */
export interface Figures {
  /** null: not counted. */
  readonly rows: number | null;
  /** Of DataRow messages. */
  readonly bytes: number | null;
  /** Bytes of rows that a merge held at most; left out: it held none. */
  readonly memory?: number;
  /** From sending the statement to the end of its answer; null: not to be shown. */
  readonly ms: number | null;
}

export interface ShardExplanation {
  readonly shard: number;
  /** null: the plan has none that is known before it runs. */
  readonly sql: string | null;
  readonly figures: Figures | null;
  /** PostgreSQL's plan in the format that was asked for; null: it was not asked. */
  readonly plan: ShardPlan | null;
}

/** `documents`: what the array of PostgreSQL's JSON holds, one for each query that rules made of
 *  the statement. */
export type ShardPlan =
  | { readonly format: 'text'; readonly lines: readonly string[] }
  | { readonly format: 'json'; readonly documents: readonly PlanDocument[] };

export type PlanDocument = Readonly<Record<string, unknown>> & { readonly Plan?: unknown };

export interface Explanation {
  readonly way: Way;
  readonly root: ExplainNode;
  readonly groups: readonly RoutedGroup[];
  /** Without groups: why these shards. */
  readonly groupless: string;
  /** Where it runs, if that is not on `shards`: `any shard`. */
  readonly place: string | null;
  readonly parameter: ParameterText;
  readonly shards: readonly ShardExplanation[];
  /** Of the merged answer, or of the final fragment's. */
  readonly merged: Figures | null;
}

/** One line per row of the answer, indented by two blanks per level. */
export function explanationLines(explanation: Explanation): string[] {
  const { root, shards, merged } = explanation;
  const place = explanation.place ?? shardsText(shards.map(one => one.shard));
  return [
    ...nodeLines(root, ` (${place})`),
    ...routeLines(explanation).map(line => `  Route: ${line}`),
    ...(merged === null ? [] : [`  ${answerName(explanation)}:${figuresText(merged)}`]),
    ...shards.flatMap(shard => shardLines(shard, differs(shards))),
  ].flatMap(splitLine);
}

/** The document of FORMAT JSON, an array of one object as PostgreSQL's own. `Plan` is a tree in
 *  PostgreSQL's manner (`Node Type`, `Plans`), each shard's plan under the node that runs there. */
export function explanationJson(explanation: Explanation): unknown {
  const { way, groups, groupless, parameter, merged } = explanation;
  const route = groups.map(({ group, placement, shards }) => ({
    Table: group.table,
    Columns: group.columns,
    Condition: groupText(group, parameter),
    Function: placement,
    Shards: shards,
  }));
  return [
    {
      Plan: jsonNode(explanation.root, explanation),
      Way: way,
      Route: groups.length === 0 ? groupless : route,
      ...(merged === null ? {} : { [answerName(explanation)]: jsonFigures(merged) }),
    },
  ];
}

function answerName({ way }: Explanation): string {
  return way === 'collect' ? 'Final' : 'Merged';
}

function routeLines({ groups, groupless, parameter }: Explanation): string[] {
  if (groups.length === 0) return groupless === '' ? [] : [groupless];
  return groups.map(group => routedText(group, parameter));
}

/** The tree shows the SQL of all; where each shard has its own it stands with the shard. */
function differs(shards: readonly ShardExplanation[]): boolean {
  return shards.some(({ sql }) => sql !== shards[0]!.sql);
}

function shardLines({ shard, sql, figures, plan }: ShardExplanation, ownSql: boolean): string[] {
  const below = [...(ownSql && sql !== null ? [`SQL: ${sql}`] : []), ...textOf(plan)];
  if (below.length === 0 && figures === null) return [];
  const head = `  Shard ${shard}:${figures === null ? '' : figuresText(figures)}`;
  return [head, ...below.map(line => `    ${line}`)];
}

function textOf(plan: ShardPlan | null): readonly string[] {
  return plan?.format === 'text' ? plan.lines : [];
}

function figuresText({ rows, bytes, memory, ms }: Figures): string {
  const count = rows === null ? '' : ` rows=${rows}`;
  const size = bytes === null ? '' : ` bytes=${bytes}`;
  const held = memory === undefined ? '' : ` memory=${memory}`;
  return `${count}${size}${held}${ms === null ? '' : ` time=${ms.toFixed(3)} ms`}`;
}

/** A text of several lines keeps its place in the tree. */
function splitLine(line: string): string[] {
  const [first = '', ...rest] = line.split(/\r?\n/);
  const indent = /^ */.exec(first)![0];
  return [first, ...rest.map(more => `${indent}${more}`)];
}

function jsonNode(node: ExplainNode, explanation: Explanation): unknown {
  const { shards, place } = explanation;
  const numbers = shards.map(({ shard }) => shard);
  const below = node.input === null ? [] : [jsonNode(node.input, explanation)];
  return {
    'Node Type': node.name,
    ...(node.onShards ? { Shards: place ?? numbers } : {}),
    ...node.properties,
    Plans: node.onShards ? shards.map(jsonShard) : below,
  };
}

function jsonShard({ shard, sql, figures, plan }: ShardExplanation): unknown {
  const documents = plan?.format === 'json' ? plan.documents : [];
  const { Plan: _, ...rest } = documents[0] ?? {};
  return {
    'Node Type': 'Shard',
    Shard: shard,
    ...(sql === null ? {} : { SQL: sql }),
    ...(figures === null ? {} : jsonFigures(figures)),
    ...rest,
    ...(documents.length === 0 ? {} : { Plans: documents.map(({ Plan }) => Plan) }),
  };
}

function jsonFigures({ rows, bytes, memory, ms }: Figures): Readonly<Record<string, number>> {
  return {
    ...(rows === null ? {} : { Rows: rows }),
    ...(bytes === null ? {} : { Bytes: bytes }),
    ...(memory === undefined ? {} : { 'Peak Memory': memory }),
    ...(ms === null ? {} : { 'Time (ms)': Number(ms.toFixed(3)) }),
  };
}
