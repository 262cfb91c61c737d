// One server connection that runs the queries of several clients, one behind the other, without
// waiting for each answer before the next is sent. Every query is a transaction of its own with a
// ReadyForQuery of its own, so that answers and errors stay apart. Only reads that may be run
// again are taken (`StatementPlan.repeatable`): whoever stands behind a query that turns out slow
// is displaced and asks elsewhere, and what this server still answers him is dropped.
//
//   open ──join──▶ open ──all answered──▶ idle (back to the pool)
//     └──disperse (slow head, cancel, slow reader)──▶ sealed ──all answered──▶ idle

import { performance } from 'node:perf_hooks';
import type { PgError } from '../common/pg-error.ts';
import { Backend } from '../protocol/message-codes.ts';
import type { ServerConnection, ServerConsumer } from './server-connection.ts';

/** Who waits for the answer to one query of a pipeline. */
export interface PipelineMember extends ServerConsumer {
  /** The answer came to its end. `tookMs`: since it was this query's turn; `alone`: no other was
   *  before it when it was sent. */
  onAnswered(tookMs: number, alone: boolean): void;
  /** Taking longer it holds up those behind it. */
  readonly slowMs: number;
  /** Nothing of the answer was shown and nothing will be: the query has to run elsewhere. */
  onDisplaced(): void;
  /** Others were displaced because of this query. */
  onSlow(): void;
}

/** Who decides what joins, and takes the connection back. */
export interface PipelineOwner {
  onJoined(pipeline: ServerPipeline): void;
  /** Nothing is due any more. */
  onIdle(pipeline: ServerPipeline): void;
}

/** Of a query that nobody waits for any more. */
const slowMs = 25;

/** Queries that leave together are put together here. */
let scratch = Buffer.allocUnsafeSlow(65_536);

export class ServerPipeline implements ServerConsumer {
  readonly server: ServerConnection;
  readonly #owner: PipelineOwner;
  /** In the order of their queries; null: nobody waits for that answer any more. */
  readonly #members: (PipelineMember | null)[] = [];
  /** Queries of the last members, not sent yet. */
  #unsent: Buffer[] = [];
  #sealed = false;
  #turnSinceMs = 0;
  /** Expected time of what joined since the last flush, in ms; the owner adds it up. */
  batchCostMs = 0;
  /** Nothing is answered of what was sent last while nothing was due. */
  #isFirst = false;

  constructor(server: ServerConnection, owner: PipelineOwner) {
    this.server = server;
    this.#owner = owner;
  }

  /** Begins with an idle connection. */
  open(): void {
    this.#sealed = false;
    this.server.consumer = this;
  }

  /** Takes no more queries. */
  get sealed(): boolean {
    const { dirty, closed, closeNeeded } = this.server;
    return this.#sealed || closed || closeNeeded || dirty !== null;
  }

  /** Queries that are not answered yet. */
  get depth(): number {
    return this.#members.length;
  }

  get quiet(): boolean {
    return this.#members[0]?.quiet !== false;
  }

  get hasUnsent(): boolean {
    return this.#unsent.length > 0;
  }

  /** `query`: whole messages that are answered by one ReadyForQuery, kept until `flush`. */
  join(member: PipelineMember, query: Buffer): void {
    this.#members.push(member);
    this.#unsent.push(query);
    this.#owner.onJoined(this);
  }

  /** What was found did not join after all. */
  giveUp(): void {
    if (this.#members.length === 0) this.#owner.onIdle(this);
  }

  /** Answers true when the member's query may be running: nobody else's is behind it then, and it
   *  is for the caller to cancel it. Else the member has left. */
  isolate(member: PipelineMember): boolean {
    if (this.#members[0] === member && this.#members.length > this.#unsent.length) {
      this.disperse();
      return true;
    }
    this.leave(member);
    return false;
  }

  /** Sends what joined. */
  flush(): void {
    const queries = this.#unsent;
    if (queries.length === 0 || this.server.closed) return;
    if (this.#members.length === queries.length) {
      this.#turnSinceMs = performance.now();
      this.#isFirst = true;
    }
    this.batchCostMs = 0;
    const first = queries[0]!;
    this.#unsent = [];
    const bytes = queries.length === 1 ? first : together(queries);
    const taken = this.server.send(bytes, queries.length);
    if (!taken && bytes.buffer === scratch.buffer) scratch = Buffer.allocUnsafeSlow(scratch.length);
  }

  /** The member is gone: its answer is dropped, its query not sent if it was not yet. */
  leave(member: PipelineMember): void {
    const at = this.#members.indexOf(member);
    if (at < 0) return;
    const sent = this.#members.length - this.#unsent.length;
    if (at < sent) {
      this.#members[at] = null;
      return;
    }
    this.#members.splice(at, 1);
    this.#unsent.splice(at - sent, 1);
    if (this.#members.length === 0) this.#owner.onIdle(this);
  }

  /** Everybody behind the first query goes elsewhere. */
  disperse(): void {
    this.#sealed = true;
    this.batchCostMs = 0;
    const unsent = this.#unsent.length;
    this.#unsent = [];
    const kept = this.#members.length - unsent;
    const displaced = this.#members.splice(kept);
    for (let i = 1; i < kept; i++) {
      displaced.push(this.#members[i]!);
      this.#members[i] = null;
    }
    for (const member of displaced) member?.onDisplaced();
  }

  /** Called at intervals: has those behind a slow query displaced, one that takes `waitMs` at least. */
  look(waitMs: number): void {
    const { length } = this.#members;
    if (length < 2 || length === this.#unsent.length || this.#sealed) return;
    const head = this.#members[0];
    if (performance.now() - this.#turnSinceMs < Math.max(head?.slowMs ?? slowMs, waitMs)) return;
    head?.onSlow();
    this.disperse();
  }

  onMessage(type: number, buffer: Buffer, start: number, end: number): void {
    const head = this.#members[0];
    head?.onMessage(type, buffer, start, end);
    if (type !== Backend.readyForQuery) return;
    const now = performance.now();
    const tookMs = now - this.#turnSinceMs;
    this.#turnSinceMs = now;
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    this.#members.shift();
    if (head == null) return;
    head.onAnswered(tookMs, isFirst);
    head.onChunkEnd(this.server);
  }

  onRows(buffer: Buffer, start: number, end: number): void {
    this.#members[0]?.onRows(buffer, start, end);
  }

  onChunkEnd(server: ServerConnection): void {
    if (this.#members.length > 0) this.#members[0]?.onChunkEnd(server);
    else if (server.readyDue === 0) this.#owner.onIdle(this);
  }

  onServerLost(error: PgError): void {
    this.#sealed = true;
    this.#unsent = [];
    this.#owner.onIdle(this);
    for (const member of this.#members.splice(0)) member?.onServerLost(error);
  }

  onServerDrain(): void {}
}

/** One buffer for one write; the scratch one when the kernel can be expected to take it. */
function together(queries: readonly Buffer[]): Buffer {
  let length = 0;
  for (const { length: bytes } of queries) length += bytes;
  if (length > scratch.length) return Buffer.concat(queries, length);
  let at = 0;
  for (const query of queries) at += query.copy(scratch, at);
  return scratch.subarray(0, length);
}
