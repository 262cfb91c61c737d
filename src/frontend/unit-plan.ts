// A unit of the extended protocol, as it was planned: its messages and what they are about.

import type { ServerConnection } from '../backend/server-connection.ts';
import type { StatementPlan } from '../plan/statement-plan.ts';
import type { BindMessage } from '../protocol/client-frame.ts';
import type { PreparedStatement } from './prepared-statement.ts';
import type { StatementTiming } from './statement-timing.ts';

export interface Item {
  /** Type of the message; 0: Close of a statement, of which servers are not told. */
  readonly type: number;
  readonly start: number;
  readonly end: number;
  /** The statement it is about, under PgPack's name; null: the message goes out as it came. */
  readonly statement: PreparedStatement | null;
  readonly bind: BindMessage | null;
}

export interface UnitPlan {
  readonly items: readonly Item[];
  /** `anyShard` or the one shard. */
  readonly shard: number;
  /** Every message can be sent as it came, and is answered by the server. */
  readonly verbatim: boolean;
  /** Needs a server at all. */
  readonly asksServer: boolean;
  readonly plans: readonly StatementPlan[];
  /** Some of them have one on the session. */
  readonly effects: boolean;
  readonly parsing: readonly string[];
  /** Statements that it prepares. */
  readonly parses: number;
  /** What was the unnamed statement before it. */
  readonly replaced: PreparedStatement | null;
  /** Of the one statement executed. */
  readonly timing: StatementTiming | null;
  /** Uses named statements. */
  readonly named: boolean;
  /** Does nothing but execute that statement. */
  readonly alone: boolean;
  /** Of named statements something has to be prepared on the server first. */
  lacks(server: ServerConnection): boolean;
}
