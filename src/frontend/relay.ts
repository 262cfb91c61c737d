// Forwards one server's answers to the client as they come, in as few writes as they came in
// reads, without decoding rows. Answers to what PgPack itself put into the exchange are left out,
// answers to what it kept from the server are put in.

import type { ServerConnection, ServerConsumer } from '../backend/server-connection.ts';
import type { PgError } from '../common/pg-error.ts';
import { closeComplete, parseComplete } from '../protocol/backend-messages.ts';
import { Backend, headerBytes } from '../protocol/message-codes.ts';
import { readRowDescription } from '../protocol/row-description.ts';
import type { Transport } from '../transport/transport.ts';
import { columnTypes } from './portable-types.ts';
import type { PreparedStatement } from './prepared-statement.ts';

/** What happens to the next answer of an extended exchange, in the order of its messages. */
export type RelayStep =
  | { readonly kind: 'forward' }
  /** The client's own Parse: forwarded. */
  | { readonly kind: 'parse'; readonly statement: PreparedStatement }
  /** The client's Describe of a statement: forwarded, and its columns noted. */
  | { readonly kind: 'describe'; readonly statement: PreparedStatement }
  /** PgPack's Parse or Close: nobody but us asked. */
  | { readonly kind: 'swallow'; readonly statement: PreparedStatement | null }
  /** PgPack's Close of a statement that makes room for another. */
  | { readonly kind: 'closed'; readonly name: string }
  /** The server was not asked: PgPack answers. */
  | { readonly kind: 'parse-complete' }
  | { readonly kind: 'close-complete' };

export interface RelayOutcome {
  /** An ErrorResponse was among the answers. */
  readonly failed: boolean;
  /** Tag of each statement that completed, in order, when tags were asked for; empty for one
   *  that was suspended or empty. */
  readonly tags: readonly string[];
  /** Named statements at the end of the exchange that the client asked for in vain. */
  readonly unparsed: number;
  /** The connection was lost. */
  readonly lost: PgError | null;
}

export interface RelayEvents {
  /** All answers that were due came and were forwarded. */
  onRelayDone(server: ServerConnection, outcome: RelayOutcome): void;
  /** The server waits for COPY data. */
  onRelayCopyIn(server: ServerConnection): void;
}

/** Bytes a slow client may leave unread before its server is made to wait. */
const clientBacklogMax = 262_144;

export class Relay implements ServerConsumer {
  readonly #client: Transport;
  readonly #events: RelayEvents;
  #server: ServerConnection | null = null;
  /** Shifting a long array costs its length: what is done is counted instead. */
  #steps: RelayStep[] | null = null;
  #stepAt = 0;
  #whenCaughtUp: (() => void) | null = null;
  #forwardReady = true;
  #wantTags = false;
  #tags: string[] = [];
  #failed = false;
  #unparsed = 0;
  #done = false;
  #copyIn = false;
  #forwarded = false;
  #pausedServer = false;
  /** Slices of this chunk to forward, and the open one: a range of `#openBuffer`. */
  #slices: Buffer[] = [];
  #openBuffer: Buffer | null = null;
  #openStart = 0;
  #openEnd = 0;

  constructor(client: Transport, events: RelayEvents) {
    this.#client = client;
    this.#events = events;
  }

  /** Any answer of the current exchange has gone to the client. */
  get forwarded(): boolean {
    return this.#forwarded;
  }

  /** An error was among the answers so far: the server skips what comes up to Sync. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Answers of an open exchange that are still to come. */
  get pendingSteps(): number {
    return this.#steps === null ? 0 : this.#steps.length - this.#stepAt;
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
    },
  ): void {
    if (this.#server !== server) {
      this.#server = server;
      this.#failed = false;
      this.#unparsed = 0;
      this.#forwarded = false;
      this.#endSteps();
      if (this.#tags.length > 0) this.#tags = [];
    }
    this.#done = false;
    this.#forwardReady = options.forwardReady;
    this.#wantTags = options.wantTags;
    this.#addSteps(options.steps);
    if (options.open) this.#flush(server);
    server.consumer = this;
  }

  onMessage(type: number, buffer: Buffer, start: number, end: number): void {
    switch (type) {
      case Backend.readyForQuery:
        this.#endSteps();
        if (this.#server!.readyDue === 0) this.#done = true;
        if (!this.#forwardReady) return;
        break;
      case Backend.error:
        this.#failed = true;
        this.#undoSteps();
        break;
      case Backend.commandComplete:
        if (this.#wantTags)
          this.#tags.push(buffer.toString('latin1', start + headerBytes, end - 1));
        break;
      case Backend.emptyQuery:
      case Backend.portalSuspended:
        if (this.#wantTags) this.#tags.push('');
        break;
      case Backend.copyInResponse:
        this.#copyIn = true;
        break;
      default:
        break;
    }
    if (this.#steps !== null && endsStep(type)) this.#step(buffer, start, end);
    else this.#forward(buffer, start, end);
  }

  onRows(buffer: Buffer, start: number, end: number): void {
    this.#forward(buffer, start, end);
  }

  onChunkEnd(server: ServerConnection): void {
    this.#flush(server);
    if (this.#copyIn) {
      this.#copyIn = false;
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
    this.#failed = true;
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
    if (this.#pausedServer) this.#server.transport.resume();
    this.#pausedServer = false;
    // Nobody learns any more which of these the server did.
    if (this.#steps?.some(changesPrepared)) this.#server.dirty ??= 'unknown prepared statements';
    this.#endSteps();
    this.#whenCaughtUp = null;
    this.#server.consumer = null;
    this.#server = null;
    this.#slices = [];
    this.#openBuffer = null;
  }

  #finish(server: ServerConnection, lost: PgError | null): void {
    const outcome = {
      failed: this.#failed,
      tags: this.#tags,
      unparsed: this.#unparsed,
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

  /** What was noted when it was sent did not happen: the server skips it. */
  #undoSteps(): void {
    const { prepared } = this.#server!;
    for (const step of this.#steps?.slice(this.#stepAt) ?? []) {
      if (step.kind === 'closed') prepared.add(step.name);
      else if (step.kind === 'parse' || step.kind === 'swallow') {
        prepared.delete(step.statement?.serverName ?? '');
      }
      if (isNamedParse(step)) this.#unparsed += 1;
    }
    this.#endSteps();
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
    this.#closeSlice();
    this.#openBuffer = buffer;
    this.#openStart = start;
    this.#openEnd = end;
  }

  #closeSlice(): void {
    if (this.#openBuffer === null) return;
    this.#slices.push(this.#openBuffer.subarray(this.#openStart, this.#openEnd));
    this.#openBuffer = null;
  }

  #flush(server: ServerConnection): void {
    this.#closeSlice();
    const slices = this.#slices;
    if (slices.length === 0) return;
    this.#forwarded = true;
    const bytes = slices.length === 1 ? slices[0]! : Buffer.concat(slices);
    slices.length = 0;
    if (this.#client.write(bytes)) return;
    server.transport.keepReadBuffer();
    if (this.#client.backlogBytes > clientBacklogMax && !this.#pausedServer) {
      this.#pausedServer = true;
      server.transport.pause();
    }
  }
}

function changesPrepared({ kind }: RelayStep): boolean {
  return kind === 'parse' || kind === 'swallow' || kind === 'closed';
}

function isNamedParse(step: RelayStep): boolean {
  if (step.kind === 'parse') return step.statement.serverName !== '';
  return step.kind === 'parse-complete';
}

/** The message that completes the answer to one message of the extended protocol. */
function endsStep(type: number): boolean {
  switch (type) {
    case Backend.parseComplete:
    case Backend.bindComplete:
    case Backend.closeComplete:
    case Backend.rowDescription:
    case Backend.noData:
    case Backend.commandComplete:
    case Backend.emptyQuery:
    case Backend.portalSuspended:
      return true;
    default:
      return false;
  }
}
