// A client that has closed its side while answers are due: it gets them, as PostgreSQL gives them
// (postgres.c reads the end of the stream behind the statements), then the connection is closed.
// Whether it is there at all only a write can tell: the kernel of a client that is gone answers
// with RST, upon which the next write fails and its server connections are free.

import type { ServerConnection } from '../backend/server-connection.ts';
import { parameterStatus } from '../protocol/backend-messages.ts';
import type { Transport } from '../transport/transport.ts';

/** What may come at any time and says nothing new: no server has another value. */
const probe = parameterStatus('integer_datetimes', 'on');

/** An answer that comes before that is a write itself. */
const firstWaitMs = 10;
const waitMsMax = 1_000;

export interface AnswerSource {
  /** Something that it sent is not answered yet. */
  readonly answerDue: boolean;
  /** Connections whose answers the client gets. */
  readonly servers: readonly ServerConnection[];
}

export class HalfClosedClient {
  readonly #client: Transport;
  readonly #source: AnswerSource;
  #timer: NodeJS.Timeout | null = null;
  #waitMs = firstWaitMs;

  constructor(client: Transport, source: AnswerSource) {
    this.#client = client;
    this.#source = source;
    this.#wait();
  }

  /** Closes when nothing is due any more. */
  answered(): void {
    if (this.#source.answerDue || this.#client.closed) return;
    // Not while it still takes what was written: `end` is not patient.
    if (this.#client.backlogBytes === 0) this.#client.end();
  }

  /** It is closed. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #look(): void {
    this.#timer = null;
    this.answered();
    // A write that is pending finds out by itself, as do the rows that follow half a row.
    const { backlogBytes, closed } = this.#client;
    const midRow = this.#source.servers.some(server => server.inRow);
    if (!closed && this.#source.answerDue && backlogBytes === 0 && !midRow)
      this.#client.write(probe);
    if (!this.#client.closed) this.#wait();
  }

  #wait(): void {
    this.#timer = setTimeout(() => this.#look(), this.#waitMs);
    this.#waitMs = Math.min(waitMsMax, 4 * this.#waitMs);
  }
}
