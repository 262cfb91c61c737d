// Statements that follow or change the session: transactions, settings, prepared statements,
// cursors, LISTEN. What leaves state on one server connection pins the client to it where there is
// one shard, and is refused where there are several.

import type { SessionEffect, StatementPlan } from '../plan/statement-plan.ts';
import { ByteText } from '../sql/byte-text.ts';
import { ownShowEffect } from '../sql/own-statement.ts';
import { resetsInText } from '../sql/procedure-resets.ts';
import type { SyntaxNode } from '../sql/syntax-tree.ts';
import { endOfStatement, tokensOf } from '../sql/tokens.ts';
import { commandTag } from './command-tag.ts';
import { planCursor } from './plan-cursor.ts';
import { basePlan, type PlanInput, refuse } from './plan-input.ts';
import { planNotification } from './plan-notification.ts';
import { planExecute, planPrepare } from './plan-prepare.ts';
import { planSet } from './plan-set.ts';

const holdOption = 0x0020; // CURSOR_OPT_HOLD, parsenodes.h

/** null: not a session statement. */
export function planSession(input: PlanInput): StatementPlan | null {
  const { stmt } = input;
  const plan = basePlan(commandTag(stmt));
  if (stmt.TransactionStmt !== undefined) return planTransaction(input, plan);
  if (stmt.VariableSetStmt !== undefined) return planSet(input, plan, statementText(input.sql));
  if (stmt.VariableShowStmt !== undefined) {
    return { ...plan, effect: ownShowEffect(stmt.VariableShowStmt.name) };
  }
  if (stmt.DiscardStmt !== undefined) {
    // What the others drop, a client that is not pinned does not have.
    const all = stmt.DiscardStmt.target === 'DISCARD_ALL';
    return all ? withEffect(plan, { kind: 'discard-all' }) : plan;
  }
  if (stmt.DeallocateStmt !== undefined) {
    const name = stmt.DeallocateStmt.isall ? null : (stmt.DeallocateStmt.name ?? null);
    return withEffect(plan, { kind: 'deallocate', name });
  }
  if (stmt.PrepareStmt !== undefined) return planPrepare(input, plan);
  if (stmt.ExecuteStmt !== undefined) return planExecute(input, plan);
  const notification = planNotification(input, plan);
  if (notification !== null) return notification;
  const cursor = input.shardCount > 1 ? planCursor(input, plan) : null;
  if (cursor !== null) return cursor;
  if (isStateful(stmt)) return stateful(input, plan);
  if (leavesNothing(stmt)) return plan;
  if (isTransactional(stmt)) return oneShardOnly(input, plan);
  if (stmt.ConstraintsSetStmt !== undefined) {
    return withEffect(plan, { kind: 'set-local', name: '', sql: statementText(input.sql) });
  }
  return null;
}

/** The connection keeps something beyond the transaction. */
function isStateful({ ListenStmt, LoadStmt, DeclareCursorStmt }: SyntaxNode): boolean {
  if (ListenStmt !== undefined || LoadStmt !== undefined) return true;
  return ((DeclareCursorStmt?.options ?? 0) & holdOption) !== 0;
}

/** Drops what a client does not have unless it is pinned: drivers send these to be sure. */
function leavesNothing({ UnlistenStmt, ClosePortalStmt }: SyntaxNode): boolean {
  return (
    UnlistenStmt !== undefined || (ClosePortalStmt !== undefined && !ClosePortalStmt.portalname)
  );
}

/** Belongs to the transaction's one connection, or does what a shard alone cannot. */
function isTransactional(stmt: SyntaxNode): boolean {
  const { DeclareCursorStmt, FetchStmt, ClosePortalStmt, NotifyStmt, DoStmt, CallStmt } = stmt;
  return [DeclareCursorStmt, FetchStmt, ClosePortalStmt, NotifyStmt, DoStmt, CallStmt].some(
    one => one !== undefined,
  );
}

function stateful(input: PlanInput, plan: StatementPlan): StatementPlan {
  const only = oneShardOnly(input, plan);
  return input.shardCount > 1 ? only : { ...only, pinsSession: plan.tag };
}

function oneShardOnly(input: PlanInput, plan: StatementPlan): StatementPlan {
  const { DoStmt, CallStmt, NotifyStmt, ListenStmt } = input.stmt;
  const writes = [DoStmt, CallStmt, NotifyStmt, ListenStmt].some(one => one !== undefined);
  if (input.shardCount > 1) return { ...plan, writes, wide: refuse(plan.tag) };
  const names = DoStmt === undefined ? [] : resetsInText(input.sql);
  return { ...plan, writes, effect: names.length === 0 ? null : { kind: 'block-resets', names } };
}

function withEffect(plan: StatementPlan, effect: SessionEffect): StatementPlan {
  return { ...plan, effect };
}

function planTransaction(input: PlanInput, plan: StatementPlan): StatementPlan {
  const { kind, chain = false, savepoint_name: name = '' } = input.stmt.TransactionStmt ?? {};
  switch (kind) {
    case 'TRANS_STMT_BEGIN':
    case 'TRANS_STMT_START':
      return withEffect(plan, { kind: 'begin', sql: statementText(input.sql) });
    case 'TRANS_STMT_COMMIT':
      return withEffect(plan, { kind: 'commit', chain });
    case 'TRANS_STMT_ROLLBACK':
      return withEffect(plan, { kind: 'rollback', chain });
    case 'TRANS_STMT_SAVEPOINT':
      return withEffect(plan, { kind: 'savepoint', name });
    case 'TRANS_STMT_RELEASE':
      return withEffect(plan, { kind: 'release', name });
    case 'TRANS_STMT_ROLLBACK_TO':
      return withEffect(plan, { kind: 'rollback-to', name });
    default: {
      const prepares = kind === 'TRANS_STMT_PREPARE';
      const effect: SessionEffect | null = prepares ? { kind: 'prepare-transaction' } : null;
      const writes = { ...plan, effect, writes: true, outsideTransaction: !prepares };
      return input.shardCount > 1 ? { ...writes, wide: refuse(plan.tag) } : writes;
    }
  }
}

/** Without the semicolon and what follows it. */
function statementText(sql: string): string {
  const tokens = tokensOf(sql);
  return new ByteText(sql).slice(tokens[0]?.start ?? 0, endOfStatement(tokens));
}
