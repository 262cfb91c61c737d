// What the parts that handle one client's statements share: its transaction, its statements, its
// connection and the database it talks to. `ClientSession` implements it; the handlers see only
// this, so that none of them depends on another.

import type { ServerConnection } from '../backend/server-connection.ts';
import type { ServerPipeline } from '../backend/server-pipeline.ts';
import type { SessionStats } from '../metrics/session-stats.ts';
import type { StatementPlan } from '../plan/statement-plan.ts';
import type { BindMessage } from '../protocol/client-frame.ts';
import type { ClientTransaction } from '../transaction/client-transaction.ts';
import type { Transport } from '../transport/transport.ts';
import type { CachedStatement } from './cached-statement.ts';
import type { ClientIntake } from './client-intake.ts';
import type { DatabaseService } from './database-service.ts';
import type { NotificationOwner, SessionNotifications } from './notification-session.ts';
import type { RelayStep } from './relay-step.ts';
import type { SessionStatements } from './session-statements.ts';
import type { StatementCache } from './statement-cache.ts';
import type { SharedRead, StatementTiming } from './statement-timing.ts';

export interface RelayRequest {
  /** Whole messages for the server. */
  readonly bytes: Buffer;
  /** Extended exchange: its Sync is not among `bytes`; more messages follow. */
  readonly open: boolean;
  readonly steps: RelayStep[] | null;
  /** False: the client's ReadyForQuery comes from us. */
  readonly forwardReady: boolean;
  /** Plans of the statements executed, in order: their effects follow the answers. */
  readonly plans: readonly StatementPlan[];
  /** It has no steps, and its first message prepares the unnamed statement. */
  readonly parsesUnnamed?: boolean;
  /** Names the client prepares in this exchange: it does not have them if the exchange fails. */
  readonly parsing: readonly string[];
  /** Learns how long it took; null: nobody asks. */
  readonly timing: StatementTiming | null;
}

/** The request as soon as what it uses is prepared on the server. */
export type RequestFor = (server: ServerConnection) => RelayRequest | Promise<RelayRequest>;

export interface RelayResult {
  readonly failed: boolean;
  readonly tags: readonly string[];
}

/** One statement to be executed, however it came. */
export interface StatementRun {
  readonly cached: CachedStatement;
  /** null: simple protocol, no parameters, text results. */
  readonly bind: BindMessage | null;
  readonly parameterTypes: readonly number[];
  /** Types of the columns that the client was told (`columnTypes`); null: none. */
  readonly described: string | null;
  /** Of all columns, instead of those that `bind` asks for. */
  readonly format?: 0 | 1 | undefined;
  /** Set when the client was told to send COPY data: a Sync that it had sent before is skipped. */
  copyBegan?: boolean;
}

export interface SessionContext extends NotificationOwner {
  /** null: it has never listened. */
  notifications: SessionNotifications | null;
  readonly client: Transport;
  readonly database: DatabaseService;
  readonly transaction: ClientTransaction;
  readonly statements: SessionStatements;
  /** What the client sends. */
  readonly intake: ClientIntake;
  /** Where statements that any shard can answer go. */
  readonly homeShard: number;
  readonly pinned: boolean;
  /** The client is gone, its connections have gone back. */
  readonly closed: boolean;
  readonly stats: SessionStats;
  /** The cache for the session's search path, or null while the catalog must be loaded. */
  readonly cache: StatementCache | null;
  /** Waits for the catalog. */
  loadCache(): Promise<StatementCache>;
  /** The extended exchange stays open on this server: more of it follows before Sync. */
  readonly exchangeServer: ServerConnection | null;
  /** Ends it ahead of the client's Sync, for what cannot be part of it. Rejects where that would
   *  commit statements too early (PostgreSQL 18 itself, given a simple query there, ends up with a
   *  transaction neither open nor closed), with `ReportedError` if the exchange failed. */
  endExchange(construct: string): Promise<void>;
  /** Resolves when the open exchange's messages are answered; false: with an error among them. */
  exchangeAnswered(): Promise<boolean>;
  /** Sends and forwards the answers. The session goes on by itself when all came. */
  startRelay(server: ServerConnection, request: RelayRequest): void;
  /** Other clients' queries that this one can go with, `timing` being its statement's; null: it
   *  needs a connection of its own. */
  pipelineFor(shard: number, timing: StatementTiming): ServerPipeline | null;
  /** Expected time of a read that waits for a connection and may go with others; infinity: it
   *  may not. */
  sharedCostMs(shard: number, timing: StatementTiming): number;
  /** Sends it there, and goes on as `startRelay` does. */
  startShared(pipeline: ServerPipeline, request: RelayRequest): void;
  /** Likewise as soon as a connection to the shard is there, or room on one if it can be `shared`. */
  relayWhenReady(shard: number, requestFor: RequestFor, shared: SharedRead | null): void;
  /** Likewise, for a caller that goes on afterwards. Rejects with PgError when the connection is
   *  lost before any answer went to the client. */
  relay(server: ServerConnection, request: RelayRequest): Promise<RelayResult>;
  /** A statement ran outside a relay: its effects on the session. */
  applyEffect(plan: StatementPlan, tag: string): void;
  /** DISCARD ALL ran on every connection held: what it drops binds the session no more. */
  discarded(): void;
  /** The client's transaction block has ended. */
  blockEnded(): void;
  /** Resolves when the client has taken what was written to it; rejects when it is gone. */
  clientDrained(): Promise<void>;
  /** Called when the client is gone: its servers are others' then, and answers may never come. */
  readonly leaving: Set<() => void>;
}
