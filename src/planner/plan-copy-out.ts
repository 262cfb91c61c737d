// COPY … TO STDOUT: of a table it goes to every shard as it is written, of a query it goes as the
// query does, its rows becoming lines.

import type { CopyOutPlan, StatementPlan, WidePlan } from '../plan/statement-plan.ts';
import { ByteText } from '../sql/byte-text.ts';
import type { ScopeRelation } from '../sql/level.ts';
import { parseStatements } from '../sql/parser.ts';
import { quoteName } from '../sql/quote-name.ts';
import type { CopyStmt, SyntaxNode } from '../sql/syntax-tree.ts';
import { nameParts } from '../sql/syntax-tree.ts';
import { depthsOf, tokensOf } from '../sql/tokens.ts';
import { copyLines } from './copy-format.ts';
import { basePlan, type PlanInput, refuse, refuseWide } from './plan-input.ts';
import { planQuery } from './plan-query.ts';

const copiesNothing = new Set<string | undefined>(['view', 'foreign', 'sequence', 'partitioned']);

/** `relation`: the table, as any other statement would find it. */
export function planCopyOfTable(
  input: PlanInput,
  copy: CopyStmt,
  relation: ScopeRelation,
): StatementPlan {
  const plan = basePlan('COPY');
  const query = tableQuery(copy, relation);
  const wide: CopyOutPlan = {
    ...{ kind: 'copy-out', rows: null, query, before: '', behind: '' },
    lines: copyLines(copy),
  };
  // Nothing is copied from these: every shard says so, in PostgreSQL's words.
  if (copiesNothing.has(relation.table?.kind)) return { ...plan, groupless: 'all', wide };
  const stmt = parseStatements(query)[0]!.stmt;
  const inner = planQuery({ ...input, sql: query, stmt });
  const { route, groupless } = inner;
  if (inner.wide.kind === 'refusal') return { ...plan, route, groupless, wide: inner.wide };
  return { ...plan, route, groupless, wide };
}

/** For the columns that are copied and perhaps more. COPY has no word for its children: only the
 *  table itself is read. */
function tableQuery({ attlist, relation: { schemaname } = {} }: CopyStmt, relation: ScopeRelation) {
  const { name, table } = relation;
  const given = attlist === undefined ? [] : nameParts(attlist);
  const known = given.every(column => table?.columns.some(one => one.name === column));
  const columns = given.length > 0 && known ? given.map(quoteName).join(', ') : '*';
  const schema = schemaname === undefined ? '' : `${quoteName(schemaname)}.`;
  return `SELECT ${columns} FROM ONLY ${schema}${quoteName(name)}`;
}

export function planCopyOfQuery(
  input: PlanInput,
  copy: CopyStmt,
  query: SyntaxNode,
): StatementPlan {
  // Its keys would be read as in a comparison: only an INSERT's are rounded and have to have a place.
  if (query.InsertStmt !== undefined && input.shardCount > 1) {
    return { ...basePlan('COPY'), writes: true, wide: refuse('COPY of an INSERT') };
  }
  if (input.shardCount === 1) return { ...planQuery({ ...input, stmt: query }), tag: 'COPY' };
  const text = partsOf(input.sql);
  const stmt = parseStatements(text.query)[0]!.stmt;
  const inner = planQuery({ ...input, sql: text.query, stmt });
  const { momentSql: moment } = inner;
  const momentSql = moment === null ? null : `${text.before}${moment.trim()}${text.behind}`;
  return { ...inner, tag: 'COPY', momentSql, wide: overShards(inner, text, copy) };
}

function overShards({ wide, effect }: StatementPlan, text: CopyParts, copy: CopyStmt): WidePlan {
  if (effect !== null) return refuseWide('COPY of a query TO STDOUT');
  switch (wide.kind) {
    case 'refusal':
      return wide;
    case 'scatter':
      // Copies are changed one after the other, and their rows are those of the first.
      if (wide.tag === 'same') {
        return refuseWide('COPY of a write to an omnisharded table', 'Write without COPY.');
      }
      return { kind: 'copy-out', rows: wide, ...text, lines: copyLines(copy) };
    case 'merge':
    case 'collect':
      return { kind: 'copy-out', rows: wide, ...text, lines: copyLines(copy) };
    default:
      return refuseWide('COPY of a query TO STDOUT');
  }
}

type CopyParts = Pick<CopyOutPlan, 'query' | 'before' | 'behind'>;

/** `COPY (query) TO …` apart. */
function partsOf(sql: string): CopyParts {
  const tokens = tokensOf(sql);
  const depths = depthsOf(tokens);
  const text = new ByteText(sql);
  const opens = tokens.findIndex(token => token.text === '(');
  const closes = tokens.findIndex(({ text: one }, at) => one === ')' && depths[at] === 0);
  const before = text.slice(0, tokens[opens]!.end);
  return {
    before,
    query: ' '.repeat(before.length) + text.slice(tokens[opens]!.end, tokens[closes]!.start),
    behind: text.slice(tokens[closes]!.start),
  };
}
