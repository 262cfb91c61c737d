// EXPLAIN: with one shard PostgreSQL explains; with several the session plans the inner statement
// and prints that plan.

import type { StatementPlan, WidePlan } from '../plan/statement-plan.ts';
import { ByteText } from '../sql/byte-text.ts';
import { isOn } from '../sql/option-value.ts';
import type { SyntaxNode } from '../sql/syntax-tree.ts';
import { depthsOf, endOfStatement, type Token, tokensOf } from '../sql/tokens.ts';
import { basePlan, type PlanInput, refuse, refuseWide } from './plan-input.ts';
import { isQuery, planQuery } from './plan-query.ts';

type ExplainStmt = NonNullable<SyntaxNode['ExplainStmt']>;

const formatsTaken: ReadonlySet<string> = new Set(['text', 'json']);
const formatsRefused: ReadonlySet<string> = new Set(['xml', 'yaml']);

export function planExplain(input: PlanInput, explain: ExplainStmt): StatementPlan {
  const query = (explain.query ?? {}) as SyntaxNode;
  const options = optionsOf(explain);
  const { analyze, format } = options;
  const known = isQuery(query);
  const inner = known ? planQuery({ ...input, stmt: query }) : basePlan('');
  const plan: StatementPlan = {
    ...basePlan('EXPLAIN'),
    route: inner.route,
    writes: analyze && (inner.writes || !known),
    pinsSession: analyze ? inner.pinsSession : null,
    wide: isMissing(inner.wide) ? inner.wide : refuseWide('EXPLAIN'),
  };
  if (input.shardCount === 1) return plan;
  if (formatsRefused.has(format)) {
    return { ...plan, wide: refuse(`EXPLAIN (FORMAT ${format})`, 'Take FORMAT TEXT or JSON.') };
  }
  const tokens = tokensOf(input.sql);
  const start = innerStart(tokens);
  const text = new ByteText(input.sql);
  // Comments around it are part of the statement: one may say where it goes.
  const above = text.slice(0, tokens[0]?.start ?? 0);
  const end = endOfStatement(tokens);
  const below = text.slice(end);
  const sql = above + text.slice(start, end) + (/^[;\s]*$/.test(below) ? '' : below);
  const effect = {
    ...({ kind: 'explain', sql, prefix: text.slice(0, start) } as const),
    ...{ ...options, format: formatsTaken.has(format) ? (format as 'text' | 'json') : 'text' },
  } as const;
  return { ...plan, effect };
}

function isMissing(wide: WidePlan): boolean {
  return wide.kind === 'refusal' && wide.missing !== undefined;
}

interface ExplainOptions {
  readonly analyze: boolean;
  readonly generic: boolean;
  readonly timed: boolean;
  /** As written; what PostgreSQL does not know it refuses itself. */
  readonly format: string;
}

/** The last of several options of one name counts (ParseExplainOptionList, explain_state.c). */
function optionsOf(explain: ExplainStmt): ExplainOptions {
  const given = new Map<string, SyntaxNode | undefined>();
  for (const node of (explain.options ?? []) as readonly SyntaxNode[]) {
    const { defname, arg } = node.DefElem ?? {};
    if (defname !== undefined) given.set(defname, arg as SyntaxNode | undefined);
  }
  const isSet = (name: string, other: boolean) => (given.has(name) ? isOn(given.get(name)) : other);
  const analyze = isSet('analyze', false);
  return {
    analyze,
    generic: isSet('generic_plan', false),
    timed: isSet('timing', analyze) && isSet('summary', analyze),
    format: given.get('format')?.String?.sval ?? 'text',
  };
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
