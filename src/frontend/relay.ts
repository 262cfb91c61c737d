// Forwards one server's answers to the client as they come, in as few writes as they came in
// reads, without decoding rows. Answers to what PgPack itself put into the exchange are left out,
// answers to what it kept from the server are put in.

import { performance } from 'node:perf_hooks';
import { cancelQuery } from '../backend/cancel-query.ts';
import { showAsOwn } from '../backend/notification-link.ts';
import type { ServerConnection } from '../backend/server-connection.ts';
import type { PipelineMember, ServerPipeline } from '../backend/server-pipeline.ts';
import type { PgError } from '../common/pg-error.ts';
import { closeComplete, parseComplete } from '../protocol/backend-messages.ts';
import { Backend, headerBytes } from '../protocol/message-codes.ts';
import { readRowDescription } from '../protocol/row-description.ts';
import { ServerError } from '../protocol/server-error.ts';
import type { Transport } from '../transport/transport.ts';
import { columnTypes } from './portable-types.ts';
import type { PreparedStatement } from './prepared-statement.ts';
import type { RelayEvents } from './relay-events.ts';
import { changesPrepared, endsStep, isNamedParse, type RelayStep } from './relay-step.ts';
import type { ClosedStatement } from './session-statements.ts';
import type { StatementTiming } from './statement-timing.ts';

/** Stands for the tag of a portal whose rows were not all asked for: what it does is done. */
const suspendedTag = 'SELECT';

/** Bytes a slow client may leave unread before its server is made to wait. */
const clientBacklogMax = 262_144;

export class Relay implements PipelineMember {
  readonly #client: Transport;
  readonly #events: RelayEvents;
  #server: ServerConnection | null = null;
  /** The answer is one of several on its connection. */
  #pipeline: ServerPipeline | null = null;
  #timing: StatementTiming | null = null;
  #startedMs = 0;
  /** Shifting a long array costs its length: what is done is counted instead. */
  #steps: RelayStep[] | null = null;
  #stepAt = 0;
  #whenCaughtUp: (() => void) | null = null;
  #forwardReady = true;
  #wantTags = false;
  #tags: string[] = [];
  #failed = false;
  #unparsed = 0;
  /** Something was answered that is no error. */
  #answered = false;
  /** See `RelayOutcome`. */
  #unnamed: PreparedStatement | null | undefined;
  #unclosed: ClosedStatement[] | null = null;
  #done = false;
  #copyIn = false;
  #forwarded = false;
  #pausedServer = false;
  /** What of this chunk is to be forwarded: a range of `#openBuffer`, behind `#slices`. */
  #slices: Buffer[] | null = null;
  #openBuffer: Buffer | null = null;
  #openStart = 0;
  #openEnd = 0;

  constructor(client: Transport, events: RelayEvents) {
    this.#client = client;
    this.#events = events;
  }

  get pipeline(): ServerPipeline | null {
    return this.#pipeline;
  }

  /** Any answer of the current exchange has gone to the client. */
  get forwarded(): boolean {
    return this.#forwarded;
  }

  get quiet(): boolean {
    return this.#steps === null && !this.#wantTags;
  }

  /** An error was among the answers so far: the server skips what comes up to Sync. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Answers of an open exchange that are still to come. */
  get pendingSteps(): number {
    return this.#steps === null ? 0 : this.#steps.length - this.#stepAt;
  }

  /** Drops the tags of an open exchange whose answers all came, but for the place of one; false:
   *  some are still to come. */
  forgetTags(): boolean {
    if (this.#steps !== null || this.#failed) return false;
    if (this.#tags.length > 0) this.#tags = [''];
    return true;
  }

  /** Runs `action` when none is to come any more. */
  whenCaughtUp(action: () => void): void {
    this.#whenCaughtUp = action;
  }

  /** Follows `server` from here on. Call it before sending. `steps` null: all is forwarded. */
  start(
    server: ServerConnection,
    options: {
      /** The server may have nothing to answer: what comes from PgPack goes out at once. */
      open: boolean;
      forwardReady: boolean;
      wantTags: boolean;
      steps: RelayStep[] | null;
      timing: StatementTiming | null;
    },
  ): void {
    if (this.#server !== server) {
      this.#server = server;
      this.#failed = false;
      this.#unparsed = 0;
      this.#unnamed = undefined;
      this.#unclosed = null;
      this.#forwarded = false;
      this.#endSteps();
      if (this.#tags.length > 0) this.#tags = [];
    }
    this.#done = false;
    this.#answered = false;
    this.#forwardReady = options.forwardReady;
    this.#wantTags = options.wantTags;
    this.#timing = options.timing;
    if (this.#timing !== null) this.#startedMs = performance.now();
    this.#addSteps(options.steps);
    if (options.open) this.#flush(server);
    server.consumer = this;
  }

  /** Follows one query of a pipeline. Call it before the query joins. */
  startShared(
    pipeline: ServerPipeline,
    steps: RelayStep[] | null,
    timing: StatementTiming | null,
  ): void {
    this.#server = pipeline.server;
    this.#pipeline = pipeline;
    this.#timing = timing;
    this.#failed = false;
    this.#forwarded = false;
    this.#done = false;
    this.#answered = false;
    this.#unnamed = undefined;
    this.#forwardReady = true;
    this.#wantTags = false;
    this.#addSteps(steps);
  }

  onAnswered(tookMs: number, alone: boolean): void {
    this.#done = true;
    this.#timing?.took(tookMs, alone);
  }

  get slowMs(): number {
    return this.#timing?.slowMs ?? 0;
  }

  onSlow(): void {
    this.#timing?.heldUpOthers();
  }

  onDisplaced(): void {
    // The server may still do what was sent, and nobody will hear of it.
    this.#leaveServer();
    this.#events.onRelayDisplaced();
  }

  onMessage(type: number, buffer: Buffer, start: number, end: number): void {
    switch (type) {
      case Backend.readyForQuery:
        this.#endSteps();
        if (this.#pipeline === null && this.#server!.readyDue === 0) this.#done = true;
        if (!this.#forwardReady) return;
        break;
      case Backend.error:
        if (this.#pipeline !== null && this.#endsServer(buffer, start, end)) return;
        this.#failed = true;
        this.#copyIn = false;
        this.#undoSteps();
        this.#forwardError(buffer, start, end);
        return;
      case Backend.parameterDescription:
        if (this.#readsForm(buffer, start, end)) return;
        break;
      case Backend.commandComplete:
        if (this.#wantTags)
          this.#tags.push(buffer.toString('latin1', start + headerBytes, end - 1));
        break;
      case Backend.emptyQuery:
        if (this.#wantTags) this.#tags.push('');
        break;
      case Backend.portalSuspended:
        if (this.#wantTags) this.#tags.push(suspendedTag);
        break;
      case Backend.parseComplete:
        this.#answered = true;
        break;
      case Backend.copyInResponse:
        this.#copyIn = true;
        break;
      case Backend.notification:
        if (this.#events.notifications?.hides(buffer, start)) return;
        showAsOwn(buffer, start, [this.#server!], this.#events.processId);
        break;
      default:
        break;
    }
    if (this.#steps !== null && endsStep(type)) this.#step(buffer, start, end);
    else this.#forward(buffer, start, end);
  }

  onRows(buffer: Buffer, start: number, end: number): void {
    this.#answered = true;
    this.#forward(buffer, start, end);
  }

  onChunkEnd(server: ServerConnection): void {
    this.#flush(server);
    if (this.#copyIn) {
      this.#copyIn = false;
      this.#whenCaughtUp = null;
      this.#events.onRelayCopyIn(server);
    } else if (this.#done) {
      this.#finish(server, null);
    } else if (this.#steps === null && this.#whenCaughtUp !== null) {
      const action = this.#whenCaughtUp;
      this.#whenCaughtUp = null;
      action();
    }
  }

  onServerLost(error: PgError): void {
    const server = this.#server;
    if (server === null) return;
    this.#flush(server);
    this.#finish(server, error);
  }

  /** Set by the session: what the client sent may go on towards the server. */
  onServerDrain: () => void = () => {};

  onClientDrain(): void {
    if (!this.#pausedServer) return;
    this.#pausedServer = false;
    this.#server?.transport.resume();
  }

  /** Stops following; the server's answers are somebody else's now. */
  detach(): void {
    if (this.#server === null) return;
    if (this.#pipeline === null) this.#server.consumer = null;
    else if (!this.#done) this.#pipeline.leave(this);
    this.#leaveServer();
  }

  /** The client is gone: what runs for it is cancelled if the pool does not see to that. */
  abandon(): void {
    if (this.#pipeline !== null) this.cancelShared();
    this.detach();
  }

  /** Cancels the query among those of a pipeline. Answers false when it is taken back instead,
   *  and no answer will come. */
  cancelShared(): boolean {
    const pipeline = this.#pipeline!;
    const running = pipeline.isolate(this);
    if (running) void cancelQuery(pipeline.server);
    else this.detach();
    return running;
  }

  #leaveServer(): void {
    const server = this.#server!;
    if (this.#pausedServer) server.transport.resume();
    this.#pausedServer = false;
    // Nobody learns any more which of these the server did.
    if (this.#steps?.some(changesPrepared)) server.dirty ??= 'unknown prepared statements';
    this.#endSteps();
    this.#whenCaughtUp = null;
    this.#server = null;
    this.#pipeline = null;
    this.#timing = null;
    this.#slices = null;
    this.#openBuffer = null;
  }

  #finish(server: ServerConnection, lost: PgError | null): void {
    if (this.#timing !== null && this.#pipeline === null) {
      this.#timing.took(performance.now() - this.#startedMs, true);
    }
    const outcome = {
      failed: this.#failed,
      tags: this.#tags,
      unparsed: this.#unparsed,
      answered: this.#answered,
      unnamed: this.#unnamed,
      unclosed: this.#unclosed,
      shared: this.#pipeline !== null,
      lost,
    };
    this.detach();
    this.#events.onRelayDone(server, outcome);
  }

  #addSteps(steps: RelayStep[] | null): void {
    if (steps === null) return;
    if (this.#steps === null) this.#steps = steps;
    else for (const step of steps) this.#steps.push(step);
    this.#localSteps();
  }

  #step(buffer: Buffer, start: number, end: number): void {
    const step = this.#steps![this.#stepAt++];
    if (step === undefined || step.kind === 'forward') {
      this.#forward(buffer, start, end);
    } else if (step.kind === 'parse') {
      this.#forward(buffer, start, end);
    } else if (step.kind === 'describe') {
      if (buffer[start] === Backend.rowDescription) {
        step.statement.described ??= columnTypes(readRowDescription(buffer.subarray(start, end)));
      }
      this.#forward(buffer, start, end);
    } else if (step.kind === 'form') {
      step.onForm(step.reader.onColumns(buffer.subarray(start, end)));
    }
    this.#localSteps();
  }

  /** Answers that come from PgPack and whose turn it is. */
  #localSteps(): void {
    const steps = this.#steps!;
    for (; this.#stepAt < steps.length; this.#stepAt++) {
      const { kind } = steps[this.#stepAt]!;
      if (kind === 'parse-complete') this.#forward(parseComplete, 0, parseComplete.length);
      else if (kind === 'close-complete') this.#forward(closeComplete, 0, closeComplete.length);
      else return;
    }
    this.#endSteps();
  }

  /** The server's good-bye to a query that can run elsewhere: the client need not hear of it. */
  #endsServer(buffer: Buffer, start: number, end: number): boolean {
    if (this.#forwarded) return false;
    const { severity } = new ServerError(buffer.subarray(start, end));
    if (severity === 'ERROR') return false;
    this.#openBuffer = null;
    this.#slices = null;
    return true;
  }

  /** What was noted when it was sent did not happen: the server skips it. */
  #undoSteps(): void {
    const { prepared } = this.#server!;
    const failing = this.#steps?.[this.#stepAt];
    for (const step of this.#steps?.slice(this.#stepAt).reverse() ?? []) {
      if (step.kind === 'closed' && step.sure) prepared.add(step.name);
      else if (step.kind === 'closed') prepared.addDoubtful(step.name);
      else if (step.kind === 'parse' || step.kind === 'swallow') {
        prepared.delete(step.statement?.serverName ?? '');
      } else if (step.kind === 'close-complete' && step.closed !== null) {
        this.#unclosed ??= [];
        this.#unclosed.push(step.closed);
        if (step.closed.name === '') this.#unnamed = step.closed.statement;
      }
      if (isNamedParse(step)) this.#unparsed += 1;
      else if (step.kind === 'parse') this.#unnamed = step === failing ? null : step.replaced;
    }
    // Those behind count on what was not done.
    if (this.#steps?.some(changesPrepared)) this.#pipeline?.disperse();
    this.#endSteps();
  }

  #forwardError(buffer: Buffer, start: number, end: number): void {
    const reworded = this.#events.statements.inClientsWords(buffer, start, end);
    if (reworded === null) this.#forward(buffer, start, end);
    else this.#forward(reworded, 0, reworded.length);
  }

  #readsForm(buffer: Buffer, start: number, end: number): boolean {
    const step = this.#steps?.[this.#stepAt];
    if (step?.kind !== 'form') return false;
    step.reader.onParameters(buffer.subarray(start, end));
    return true;
  }

  #endSteps(): void {
    this.#steps = null;
    this.#stepAt = 0;
  }

  #forward(buffer: Buffer, start: number, end: number): void {
    if (this.#openBuffer === buffer && this.#openEnd === start) {
      this.#openEnd = end;
      return;
    }
    if (this.#openBuffer !== null) {
      this.#slices ??= [];
      this.#slices.push(this.#openBuffer.subarray(this.#openStart, this.#openEnd));
    }
    this.#openBuffer = buffer;
    this.#openStart = start;
    this.#openEnd = end;
  }

  #flush(server: ServerConnection): void {
    const buffer = this.#openBuffer;
    if (buffer === null) return;
    let bytes = buffer.subarray(this.#openStart, this.#openEnd);
    this.#openBuffer = null;
    if (this.#slices !== null) {
      this.#slices.push(bytes);
      bytes = Buffer.concat(this.#slices);
      this.#slices = null;
    }
    this.#forwarded = true;
    if (this.#client.write(bytes)) return;
    server.transport.keepReadBuffer();
    if (this.#client.backlogBytes > clientBacklogMax && !this.#pausedServer) {
      this.#pausedServer = true;
      this.#pipeline?.disperse();
      server.transport.pause();
    }
  }
}
