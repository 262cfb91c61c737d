// EXPLAIN: with one shard PostgreSQL explains; with several the session plans the inner statement
// and prints that plan.

import type { StatementPlan, WidePlan } from '../plan/statement-plan.ts';
import { ByteText } from '../sql/byte-text.ts';
import { isOn } from '../sql/option-value.ts';
import type { SyntaxNode } from '../sql/syntax-tree.ts';
import { depthsOf, endOfStatement, type Token, tokensOf } from '../sql/tokens.ts';
import { basePlan, type PlanInput, refuseWide } from './plan-input.ts';
import { isQuery, planQuery } from './plan-query.ts';

type ExplainStmt = NonNullable<SyntaxNode['ExplainStmt']>;

export function planExplain(input: PlanInput, explain: ExplainStmt): StatementPlan {
  const query = (explain.query ?? {}) as SyntaxNode;
  const analyze = isAnalyze(explain);
  const inner = isQuery(query) ? planQuery({ ...input, stmt: query }) : basePlan('');
  const plan: StatementPlan = {
    ...basePlan('EXPLAIN'),
    route: inner.route,
    writes: analyze && inner.writes,
    pinsSession: analyze ? inner.pinsSession : null,
    wide: isMissing(inner.wide) ? inner.wide : refuseWide('EXPLAIN'),
  };
  if (input.shardCount === 1) return plan;
  const tokens = tokensOf(input.sql);
  const start = innerStart(tokens);
  const sql = new ByteText(input.sql).slice(start, endOfStatement(tokens));
  return { ...plan, effect: { kind: 'explain', sql, analyze } };
}

function isMissing(wide: WidePlan): boolean {
  return wide.kind === 'refusal' && wide.missing !== undefined;
}

/** The last ANALYZE option counts (ExplainQuery, explain.c). */
function isAnalyze(explain: ExplainStmt): boolean {
  let analyze = false;
  for (const node of (explain.options ?? []) as readonly SyntaxNode[]) {
    if (node.DefElem?.defname !== 'analyze') continue;
    analyze = isOn(node.DefElem.arg as SyntaxNode | undefined);
  }
  return analyze;
}

/** Byte offset of the statement behind EXPLAIN [(…)] [ANALYZE] [VERBOSE]. */
function innerStart(tokens: readonly Token[]): number {
  let at = 1;
  if (tokens[at]?.text === '(' && isOptionList(tokens)) {
    const depths = depthsOf(tokens);
    while (at < tokens.length && !(tokens[at]?.text === ')' && depths[at] === 0)) at++;
    return tokens[at + 1]?.start ?? 0;
  }
  while (['analyze', 'analyse', 'verbose'].includes(tokens[at]?.keyword ?? '')) at++;
  return tokens[at]?.start ?? 0;
}

/** `EXPLAIN (SELECT 1)` explains a query in parentheses. */
function isOptionList(tokens: readonly Token[]): boolean {
  let at = 2;
  while (tokens[at]?.text === '(') at++;
  return !['select', 'values', 'with', 'table'].includes(tokens[at]?.keyword ?? '');
}
