// One connection of a client that comes and goes: sends messages, reads whole answers, and tells
// an error that was to be expected from one that was not.

import { cancelRequest } from '../../src/protocol/frontend-messages.ts';
import { query } from '../support/client-bytes.ts';
import type { DatabaseAddress } from '../support/cluster.ts';
import { type Message, RawClient, shown, sqlstateOf } from '../support/raw-client.ts';

export interface Answer {
  readonly tags: readonly string[];
  /** Values as text, null for NULL. */
  readonly rows: readonly (readonly (string | null)[])[];
  /** SQLSTATE of the first error, or null. */
  readonly sqlstate: string | null;
  /** The first error in full. */
  readonly error: string;
  /** Of the last ReadyForQuery: I, T or E; null: the connection ended before it. */
  readonly status: string | null;
  readonly messages: readonly Message[];
}

/** The connection is gone, or the server connection under the transaction: the life ends here. */
export class Lost extends Error {}

/** What is said of servers that end or do not answer: errcodes.txt, classes 08, 53 and 57P. */
const lossStates = [
  ...['57P01', '57P02', '57P03', '08000', '08001', '08003', '08006', '53300'],
  // A COMMIT that some shards have done and one has not answered.
  '40003',
];

export interface Witness {
  /** Something that must not happen, with all that is needed to see why. */
  violation(text: string): void;
  /** A server was lost: fine while servers are being restarted. */
  loss(text: string): void;
}

export class SoakConnection {
  readonly raw: RawClient;
  /** A cancel request of ours may still be under way: 57014 is no surprise. */
  cancelling = false;
  readonly #address: DatabaseAddress;
  readonly #witness: Witness;

  private constructor(raw: RawClient, address: DatabaseAddress, witness: Witness) {
    this.raw = raw;
    this.#address = address;
    this.#witness = witness;
  }

  /** Rejects with Lost when no server could be reached. */
  static async open(address: DatabaseAddress, witness: Witness): Promise<SoakConnection> {
    try {
      const raw = await RawClient.login(address);
      return new SoakConnection(raw, address, witness);
    } catch (error) {
      const { message } = error as Error;
      const sqlstate = /C=(\w{5})/.exec(message)?.[1] ?? '';
      if (lossStates.includes(sqlstate)) witness.loss(`login: ${message}`);
      else witness.violation(`login: ${message}`);
      throw new Lost(message);
    }
  }

  /** A simple query; see `ask`. */
  query(sql: string, expected: readonly string[] = []): Promise<Answer> {
    return this.ask(sql, [query(sql)], expected);
  }

  /**
   * Sends messages and reads up to ReadyForQuery. Errors but those `expected` (SQLSTATEs) and
   * those of lost servers are violations. Throws Lost after either.
   */
  async ask(
    what: string,
    messages: readonly Buffer[],
    expected: readonly string[] = [],
  ): Promise<Answer> {
    this.raw.send(...messages);
    return this.read(what, expected);
  }

  /** Reads the answer to what was sent before. */
  async read(what: string, expected: readonly string[] = []): Promise<Answer> {
    return this.#judge(what, await this.#messages(what, 'Z'), expected);
  }

  /** Begins a COPY FROM STDIN: resolves when PgPack waits for rows. Throws Lost if it does not. */
  async beginCopy(sql: string): Promise<void> {
    this.raw.send(query(sql));
    const messages = await this.#messages(sql, 'G');
    if (messages.at(-1)?.type === 'G') return;
    const { error } = this.#judge(sql, messages, []);
    throw new Lost(error);
  }

  /** Up to `last` or ReadyForQuery, that one included, or up to the connection's end. */
  async #messages(what: string, last: string): Promise<Message[]> {
    const messages: Message[] = [];
    try {
      for (;;) {
        const message = await this.raw.next();
        if (message === null) return messages;
        messages.push(message);
        if (message.type === last || message.type === 'Z') return messages;
      }
    } catch (error) {
      const seen = messages.map(({ type }) => type).join('');
      this.#witness.violation(`${what}: ${(error as Error).message} (after "${seen}")`);
      this.raw.destroy();
      throw new Lost(what);
    }
  }

  #judge(what: string, messages: readonly Message[], expected: readonly string[]): Answer {
    const answer = answerOf(messages);
    const { sqlstate, error, status } = answer;
    const cancelled = sqlstate === '57014' && this.cancelling;
    this.cancelling = false;
    if (sqlstate !== null && lossStates.includes(sqlstate)) {
      this.#witness.loss(`${what}: ${error}`);
      throw new Lost(error);
    }
    if (sqlstate !== null && !expected.includes(sqlstate) && !cancelled) {
      this.#witness.violation(`${what}: ${error}`);
      throw new Lost(error);
    }
    if (status === null) {
      this.#witness.loss(`${what}: closed without an error`);
      throw new Lost('closed');
    }
    return answer;
  }

  /** Resolves when PgPack has taken the request. */
  async cancel(): Promise<void> {
    this.cancelling = true;
    try {
      const canceler = await RawClient.dial(this.#address);
      canceler.send(cancelRequest(this.raw.processId, this.raw.secret));
      await canceler.ended();
      canceler.destroy();
    } catch (error) {
      this.#witness.violation(`cancel request: ${(error as Error).message}`);
    }
  }
}

function answerOf(messages: readonly Message[]): Answer {
  const tags: string[] = [];
  const rows: (string | null)[][] = [];
  let first: Message | null = null;
  for (const message of messages) {
    if (message.type === 'C') tags.push(message.body.toString('utf8', 0, message.body.length - 1));
    else if (message.type === 'D') rows.push(valuesOf(message.body));
    else if (message.type === 'E') first ??= message;
  }
  const last = messages.at(-1);
  return {
    ...{ tags, rows, messages },
    sqlstate: first === null ? null : sqlstateOf(first),
    error: first === null ? '' : shown(first),
    status: last?.type === 'Z' ? last.body.toString('latin1') : null,
  };
}

function valuesOf(row: Buffer): (string | null)[] {
  const values: (string | null)[] = [];
  let at = 2;
  for (let column = row.readInt16BE(0); column > 0; column--) {
    const length = row.readInt32BE(at);
    at += 4;
    values.push(length < 0 ? null : row.toString('utf8', at, at + length));
    at += Math.max(0, length);
  }
  return values;
}
