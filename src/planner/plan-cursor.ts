// DECLARE, FETCH, MOVE and CLOSE on several shards: the session itself keeps the cursor over the rows
// of the query behind FOR.

import type { CursorEffect, StatementPlan, WidePlan } from '../plan/statement-plan.ts';
import { ByteText } from '../sql/byte-text.ts';
import type { SyntaxNode } from '../sql/syntax-tree.ts';
import { endOfStatement, tokensOf } from '../sql/tokens.ts';
import { type PlanInput, refuse, refuseWide } from './plan-input.ts';
import { isQuery, planQuery } from './plan-query.ts';

// parsenodes.h, CURSOR_OPT_*
const binaryOption = 0x0001;
const scrollOption = 0x0002;
const noScrollOption = 0x0004;
const insensitiveOption = 0x0008;
const holdOption = 0x0020;
/** FETCH_ALL as the parser's tree has it. */
const allRows = 2_147_483_647;

/** null: none of these. */
export function planCursor(input: PlanInput, plan: StatementPlan): StatementPlan | null {
  const { DeclareCursorStmt, FetchStmt, ClosePortalStmt } = input.stmt;
  if (DeclareCursorStmt !== undefined) return planDeclare(input, plan);
  if (FetchStmt !== undefined) return { ...plan, effect: fetchEffect(FetchStmt) };
  if (ClosePortalStmt === undefined) return null;
  const name = ClosePortalStmt.portalname ?? null;
  return { ...plan, effect: { kind: 'close-cursor', name } };
}

function planDeclare(input: PlanInput, plan: StatementPlan): StatementPlan {
  const { portalname: name = '', options = 0, query } = input.stmt.DeclareCursorStmt!;
  const stmt = (query ?? {}) as SyntaxNode;
  const inner = isQuery(stmt) ? planQuery({ ...input, stmt }) : null;
  const wide: WidePlan =
    inner !== null && isMissing(inner.wide)
      ? inner.wide
      : (lockRefusal(input, stmt, options) ?? refuseWide('DECLARE CURSOR'));
  const scroll = (options & scrollOption) !== 0;
  const effect: CursorEffect = {
    ...({ kind: 'declare', name, sql: queryText(input.sql) } as const),
    binary: (options & binaryOption) !== 0,
    scroll: scroll || (options & noScrollOption) !== 0 ? scroll : null,
    hold: (options & holdOption) !== 0,
  };
  return { ...plan, wide, effect };
}

/** PostgreSQL has no such cursor (analyze.c, transformDeclareCursorStmt). */
function lockRefusal(input: PlanInput, { SelectStmt }: SyntaxNode, options: number) {
  if (input.shardCount === 1 || SelectStmt?.lockingClause === undefined) return null;
  const refused = [
    [holdOption, 'WITH HOLD'],
    [scrollOption, 'SCROLL'],
    [insensitiveOption, 'INSENSITIVE'],
  ] as const;
  const option = refused.find(([bit]) => (options & bit) !== 0);
  return option === undefined ? null : refuse(`DECLARE CURSOR ${option[1]} with FOR UPDATE`);
}

function isMissing(wide: WidePlan): boolean {
  return wide.kind === 'refusal' && wide.missing !== undefined;
}

/** What stands behind FOR, behind blanks for what stands before it: places of errors stay. */
function queryText(sql: string): string {
  const tokens = tokensOf(sql);
  const start = tokens.find(({ keyword }) => keyword === 'for')?.end ?? 0;
  const text = new ByteText(sql);
  return ' '.repeat(text.slice(0, start).length) + text.slice(start, endOfStatement(tokens));
}

type FetchStmt = NonNullable<SyntaxNode['FetchStmt']>;

const directions = {
  FETCH_FORWARD: 'forward',
  FETCH_BACKWARD: 'backward',
  FETCH_ABSOLUTE: 'absolute',
  FETCH_RELATIVE: 'relative',
} as const;

function fetchEffect({ portalname: name = '', direction, howMany, ismove }: FetchStmt) {
  const rows = Number(howMany ?? 0);
  return {
    ...({ kind: 'fetch', name, direction: directions[direction ?? 'FETCH_FORWARD'] } as const),
    count: rows === allRows ? null : rows,
    move: ismove === true,
  };
}
