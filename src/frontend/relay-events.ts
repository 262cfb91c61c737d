// What a relay tells its session, and asks of it.

import type { ServerConnection } from '../backend/server-connection.ts';
import type { PgError } from '../common/pg-error.ts';
import type { PreparedStatement } from './prepared-statement.ts';
import type { ClosedStatement } from './session-statements.ts';

export interface RelayOutcome {
  /** An ErrorResponse was among the answers. */
  readonly failed: boolean;
  /** Tag of each statement that completed, in order, when tags were asked for; empty for an
   *  empty query. */
  readonly tags: readonly string[];
  /** Named statements at the end of the exchange that the client asked for in vain. */
  readonly unparsed: number;
  /** What the error has left as unnamed statement, where steps tell. */
  readonly unnamed: PreparedStatement | null | undefined;
  /** The first message was answered with something else than an error. */
  readonly answered: boolean;
  /** Statements closed behind the error, hence not closed; the last one first. */
  readonly unclosed: readonly ClosedStatement[] | null;
  /** It was one of several queries on its connection. */
  readonly shared: boolean;
  /** The connection was lost. */
  readonly lost: PgError | null;
}

export interface RelayEvents {
  readonly statements: {
    inClientsWords(buffer: Buffer, start: number, end: number): Buffer | null;
  };
  /** Of the client's BackendKeyData. */
  readonly processId: number;
  readonly notifications: { hides(buffer: Buffer, start: number): boolean } | null;
  /** All answers that were due came and were forwarded. */
  onRelayDone(server: ServerConnection, outcome: RelayOutcome): void;
  /** The server waits for COPY data. */
  onRelayCopyIn(server: ServerConnection): void;
  /** The query has to run again on another connection; nothing of an answer was forwarded. */
  onRelayDisplaced(): void;
}
