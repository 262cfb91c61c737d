// PREPARE and EXECUTE in SQL. On one shard the server has the statement and the client keeps its
// connection; on several PgPack has it, and an EXECUTE becomes the statement with the arguments in
// the place of its parameters, so that it is routed as any other.

import type { ExecuteArgument, StatementPlan } from '../plan/statement-plan.ts';
import { ByteText } from '../sql/byte-text.ts';
import type { SyntaxNode } from '../sql/syntax-tree.ts';
import { qualifiedName } from '../sql/syntax-tree.ts';
import { depthsOf, endOfStatement, type Token, tokensOf } from '../sql/tokens.ts';
import type { PlanInput } from './plan-input.ts';

export function planPrepare(input: PlanInput, plan: StatementPlan): StatementPlan {
  const name = input.stmt.PrepareStmt?.name ?? '';
  const tokens = tokensOf(input.sql);
  const depths = depthsOf(tokens);
  const as = tokens.findIndex((token, i) => token.keyword === 'as' && depths[i] === 0);
  const sql = new ByteText(input.sql).slice(tokens[as]?.end ?? 0, endOfStatement(tokens)).trim();
  const pinsSession = input.shardCount > 1 ? null : plan.tag;
  return { ...plan, effect: { kind: 'prepare', name, sql }, pinsSession };
}

export function planExecute(input: PlanInput, plan: StatementPlan): StatementPlan {
  const { name = '', params = [] } = input.stmt.ExecuteStmt ?? {};
  const tokens = tokensOf(input.sql);
  const { start: nameStart = 0, end: nameEnd = 0 } = tokens[1] ?? {};
  const args = constants(params as readonly SyntaxNode[], tokens, new ByteText(input.sql));
  const effect = { kind: 'execute', name, args, nameStart, nameEnd } as const;
  // The statement may be any: one that writes, changes tables or has to stay on its connection.
  const pinsSession = input.shardCount > 1 ? null : plan.tag;
  return { ...plan, effect, writes: true, pinsSession };
}

/** Each argument as it stands between the commas; null when one is not a plain constant. */
function constants(
  params: readonly SyntaxNode[],
  tokens: readonly Token[],
  text: ByteText,
): readonly ExecuteArgument[] | null {
  if (params.length === 0) return [];
  const kinds = params.map(kindOf);
  const depths = depthsOf(tokens);
  const open = tokens.findIndex(token => token.text === '(');
  const close = tokens.findIndex((token, i) => i > open && token.text === ')' && depths[i] === 0);
  const pieces: string[] = [];
  let start = tokens[open]?.end ?? 0;
  for (let i = open + 1; i <= close; i++) {
    const token = tokens[i]!;
    if (i !== close && (token.text !== ',' || depths[i] !== 1)) continue;
    pieces.push(text.slice(start, token.start).trim());
    start = token.end;
  }
  if (pieces.length !== params.length) return null;
  const args = pieces.flatMap((sql, i) => (kinds[i] ? [{ sql, kind: kinds[i] }] : []));
  return args.length === params.length ? args : null;
}

function kindOf(node: SyntaxNode): ExecuteArgument['kind'] | null {
  const constant = node.A_Const;
  if (constant === undefined) {
    // TRUE and FALSE of old parsers are casts; every other cast may change what is coerced.
    const { name } = qualifiedName(node.TypeCast?.typeName?.names);
    return name === 'bool' ? 'boolean' : null;
  }
  if (constant.isnull) return 'null';
  if (constant.boolval !== undefined) return 'boolean';
  if (constant.sval !== undefined) return 'string';
  return constant.ival !== undefined || constant.fval !== undefined ? 'number' : null;
}
