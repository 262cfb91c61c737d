// A plan as a tree of named nodes with their properties: what EXPLAIN prints as text or JSON.

import type { CollectPlan } from './collect-plan.ts';
import { isPassedOn } from './copy-out.ts';
import { valueText } from './explain-route.ts';
import { type LockedLimitPlan, limitMark } from './locked-limit-plan.ts';
import {
  type AggregateSpec,
  type Fragment,
  fragmentOf,
  type MergeNode,
  type RowCount,
  type SortKey,
} from './merge-plan.ts';
import type { KeyValue } from './route.ts';
import { conditionText } from './row-condition.ts';
import type { CopyOutPlan, WidePlan } from './statement-plan.ts';

export interface ExplainNode {
  /** `Merge Sort`, `Gather`. */
  readonly name: string;
  /** What stands behind the name in the text form, its blank or comma included. */
  readonly detail: string;
  /** Lines below it in the text form. */
  readonly lines: readonly string[];
  /** The same for JSON, by PostgreSQL's manner of naming. */
  readonly properties: Readonly<Record<string, unknown>>;
  /** It is what runs on shards: their names stand behind its own. */
  readonly onShards: boolean;
  readonly input: ExplainNode | null;
}

/** The statement as written, on one shard. `sql` null: not to be shown. */
export function relayNode(sql: string | null): ExplainNode {
  const lines = sql === null ? [] : [sql];
  return { ...leaf('Relay', '', lines), properties: sql === null ? {} : { SQL: sql } };
}

/** Nothing that runs on shards. */
export function namedNode(name: string): ExplainNode {
  return { ...leaf(name, '', []), onShards: false };
}

/** What runs on several shards, for one execution: `sql` is what all of them get; null: each its
 *  own. `finalShard`: the one that finishes; null: it is not told. */
export function executedNode(
  wide: WidePlan,
  sql: string | null,
  finalShard: number | null,
): ExplainNode {
  if (wide.kind === 'collect') return collectNode(wide, finalShard);
  const node = wideNode(wide);
  if (wide.kind === 'split-insert') return { ...node, lines: [] };
  if (wide.kind !== 'scatter' || sql === null) return node;
  return { ...node, lines: [sql], properties: { ...node.properties, SQL: sql } };
}

export function wideNode(wide: WidePlan): ExplainNode {
  switch (wide.kind) {
    case 'merge':
      return inTurnNode(mergeNode(wide.root), wide.inTurn === true);
    case 'collect':
      return collectNode(wide, null);
    case 'locked-limit':
      return lockedLimitNode(wide);
    case 'scatter':
      return {
        ...leaf('Scatter', `, row counts: ${wide.tag}${wide.inTurn ? ', in turn' : ''}`, []),
        properties: { 'Row Counts': wide.tag, ...(wide.inTurn ? { 'In Turn': true } : {}) },
      };
    case 'split-insert': {
      const key = columnsText(wide);
      return {
        ...leaf('Split Insert', ` by ${key}${wide.returning ? ', returning' : ''}`, [
          wide.prefix.trimEnd(),
          ...wide.rows.map(row => `  row of ${keyText(row.key)}: ${row.sql}`),
          ...(wide.suffix === '' ? [] : [wide.suffix.trim()]),
        ]),
        properties: { Key: key, Rows: wide.rows.length, Returning: wide.returning },
      };
    }
    case 'evaluated-insert':
      return leaf('Evaluated Insert', ` into ${wide.table}`, [
        ...wide.queries.map(({ expressions, place }) => {
          return `${place === 'first' ? 'on shard 0' : 'first'}: ${expressions.join(', ')}`;
        }),
        wide.parts.join('…'),
      ]);
    case 'evaluated-write': {
      const reads = wide.reads.map(({ sql }) => sql.trim());
      const sql = wide.parts.join('…');
      return {
        ...leaf('Evaluated Write', ` of ${wide.table}`, [
          ...reads.map(one => `first: ${one}`),
          sql,
        ]),
        properties: { 'Reads First': reads, SQL: sql },
      };
    }
    case 'split-copy': {
      const { format } = wide;
      const header = format.header ? ', header' : '';
      const positions = wide.keyPositions.map(position => position + 1);
      const fields = `${positions.length === 1 ? 'field' : 'fields'} ${positions.join(', ')}`;
      return leaf('Split Copy', ` by ${columnsText(wide)}, ${fields}`, [
        `${format.format}${header}, delimiter ${JSON.stringify(format.delimiter)}, ` +
          `null ${JSON.stringify(format.nullText)}, quote ${JSON.stringify(format.quote)}, ` +
          `escape ${JSON.stringify(format.escape)}`,
      ]);
    }
    case 'broadcast-copy':
      return leaf('Broadcast Copy', '', []);
    case 'copy-out':
      return copyNode(wide);
    case 'refusal': {
      const { construct, hint, always } = wide;
      const hints = hint === null ? [] : [`hint: ${hint}`];
      const where = always ? '' : ' on several shards';
      return { ...leaf('Refused', `${where}: ${construct}`, hints), onShards: false };
    }
  }
}

/** `passed on`: as the shards write it. */
function copyNode(plan: CopyOutPlan): ExplainNode {
  const { format, header } = plan.lines.format;
  const passed = isPassedOn(plan);
  const detail = ` ${format}${header ? ', header' : ''}${passed ? ', passed on' : ''}`;
  const { rows, query } = plan;
  const input = rows === null ? leaf('Gather', '', [query]) : withoutBlanks(wideNode(rows));
  const properties = { Format: format, Header: header, 'Passed On': passed };
  return { ...leaf('Copy', detail, []), properties, onShards: false, input };
}

/** Queries keep their places in the statement by blanks. */
function withoutBlanks(node: ExplainNode): ExplainNode {
  const input = node.input === null ? null : withoutBlanks(node.input);
  return { ...node, lines: node.lines.map(line => line.trim()), input };
}

/** `finalShard` null: whichever the session takes. */
function collectNode(plan: CollectPlan, finalShard: number | null): ExplainNode {
  const { reason, sql, tables } = plan;
  const where = finalShard === null ? '' : ` on shard ${finalShard}`;
  const rows = tables.map(table => {
    const key = table.primaryKey === null ? '' : `, primary key (${table.primaryKey.join(', ')})`;
    return `${table.name}${key}: ${table.sql}`;
  });
  return {
    ...leaf('Final', `${where}: ${reason}`, [sql]),
    properties: {
      ...(finalShard === null ? {} : { 'Final Shard': finalShard }),
      Reason: reason,
      SQL: sql,
    },
    onShards: false,
    input: {
      ...leaf('Collect', '', rows),
      properties: {
        Tables: tables.map(table => ({
          Table: table.name,
          SQL: table.sql,
          ...(table.primaryKey === null ? {} : { 'Primary Key': table.primaryKey }),
        })),
      },
    },
  };
}

function leaf(name: string, detail: string, lines: readonly string[]): ExplainNode {
  return { name, detail, lines, properties: {}, onShards: true, input: null };
}

function mergeNode(node: MergeNode): ExplainNode {
  switch (node.kind) {
    case 'gather': {
      const hidden = node.hiddenColumns;
      return {
        ...leaf('Gather', `${hidden === 0 ? '' : `, ${hidden} hidden`}${untypedText(node)}`, [
          node.sql,
        ]),
        properties: { 'Hidden Columns': hidden, SQL: node.sql },
      };
    }
    case 'merge-sort':
    case 'sort': {
      const keys = node.keys.map(sortText);
      const name = node.kind === 'sort' ? 'Sort' : 'Merge Sort';
      const distinct = node.kind === 'sort' ? undefined : node.distinctKeys;
      const once = distinct === undefined ? '' : `, distinct by ${distinct}`;
      const detail = ` by ${keys.join(', ')}${once}`;
      const properties = distinct === undefined ? {} : { 'Distinct Keys': distinct };
      return above(name, detail, { 'Sort Key': keys, ...properties }, node.input);
    }
    case 'limit': {
      const count = node.count === null ? null : countText(node.count);
      const offset = node.offset === null ? null : countText(node.offset);
      const detail =
        (count === null ? '' : ` ${count}`) +
        (node.ties === undefined ? '' : ' with ties') +
        (offset === null ? '' : ` offset ${offset}`);
      const ties = node.ties === undefined ? {} : { 'With Ties': true };
      return above('Limit', detail, { Count: count, Offset: offset, ...ties }, node.input);
    }
    case 'filter': {
      const condition = conditionText(node.condition);
      return above('Filter', ` ${condition}`, { Condition: condition }, node.input);
    }
    case 'aggregate': {
      const specs = node.aggregates.map(aggregateText);
      const columns = node.groupColumns.map(column => column + 1);
      const by = columns.length === 0 ? '' : ` by ${columns.join(', ')}`;
      const detail = `${by}${specs.length === 0 ? '' : `: ${specs.join(', ')}`}`;
      return above('Aggregate', detail, { 'Group Key': columns, Aggregates: specs }, node.input);
    }
  }
}

/** Its Gather goes from shard to shard. */
function inTurnNode(node: ExplainNode, inTurn: boolean): ExplainNode {
  if (!inTurn) return node;
  if (node.input !== null) return { ...node, input: inTurnNode(node.input, inTurn) };
  const properties = { ...node.properties, 'In Turn': true };
  return { ...node, detail: `, in turn${node.detail}`, properties };
}

function above(
  name: string,
  detail: string,
  properties: Readonly<Record<string, unknown>>,
  input: MergeNode,
): ExplainNode {
  return { name, detail, lines: [], properties, onShards: false, input: mergeNode(input) };
}

/** `users.id`, `t.(a, b)`. */
function columnsText({ table, columns }: Keyed): string {
  return columns.length === 1 ? `${table}.${columns[0]}` : `${table}.(${columns.join(', ')})`;
}

interface Keyed {
  readonly table: string;
  readonly columns: readonly string[];
}

/** `5`, `(5, $1)`. */
function keyText(key: readonly KeyValue[]): string {
  const texts = key.map(value => valueText(value));
  return texts.length === 1 ? texts[0]! : `(${texts.join(', ')})`;
}

function sortText(key: SortKey): string {
  const order = key.descending ? ' desc' : '';
  const nulls =
    key.nullsFirst === key.descending ? '' : key.nullsFirst ? ' nulls first' : ' nulls last';
  return `${key.column + 1}${order}${nulls}`;
}

/** `, type of 2 to be seen`, or with `no text`: where it is one the merge is not done here. */
function untypedText({ untyped = [] }: Fragment): string {
  const texts = untyped.map(({ column, text }) => `${column + 1}${text ? '' : ' (no text)'}`);
  return texts.length === 0 ? '' : `, type of ${texts.join(', ')} to be seen`;
}

function lockedLimitNode({ count, offset, candidates, rows }: LockedLimitPlan): ExplainNode {
  const limit = count === null ? 'ALL' : countText(count);
  const text = offset === null ? limit : `${limit}, offset ${countText(offset)}`;
  const sql = fragmentOf(candidates.root).sql.replace(limitMark, '…');
  return {
    ...leaf('Locked Limit', ` ${text}`, [`candidates: ${sql}`]),
    ...{ onShards: false, input: inTurnNode(mergeNode(rows.root), rows.inTurn === true) },
    properties: { Count: text, Candidates: sql },
  };
}

function countText(count: RowCount): string {
  if (count.kind === 'column') return `by column ${count.column + 1}`;
  return count.kind === 'constant' ? String(count.rows) : `$${count.index + 1}`;
}

function aggregateText(spec: AggregateSpec): string {
  const column = spec.column + 1;
  if (spec.kind !== 'avg') return `${spec.kind} ${column}`;
  return `avg ${column} from sum ${spec.sumColumn + 1}, count ${spec.countColumn + 1}`;
}
