// One connection to a PostgreSQL server after login. It counts the answers that are due, follows
// transaction status and parameters, and hands everything it reads to its consumer of the moment.
//
//   idle ──send──▶ active ──ReadyForQuery (none due)──▶ idle
//     └──────────────┴──── connection lost / close ───▶ closed

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { ServerStats } from '../metrics/server-stats.ts';
import { BackendScanner, type BackendSink } from '../protocol/backend-scanner.ts';
import { queryMessage, terminateMessage } from '../protocol/frontend-messages.ts';
import { Backend, headerBytes, TransactionStatus } from '../protocol/message-codes.ts';
import { ServerError } from '../protocol/server-error.ts';
import type { Transport } from '../transport/transport.ts';
import { PreparedNames } from './prepared-names.ts';
import type { ServerAddress } from './server-address.ts';
import type { ShardOids } from './shard-oids.ts';

/** The setting that goes on counting between transactions (postgres.c, PostgresMain). */
export const idleSessionTimeout = 'idle_session_timeout';

/** Who reads the answers of a server connection at the moment. */
export interface ServerConsumer extends BackendSink {
  /** Everything of the chunk was shown: time to forward what was collected. */
  onChunkEnd(server: ServerConnection): void;
  /** The connection is gone before all answers came. */
  onServerLost(error: PgError): void;
  /** What was sent has left (backpressure ends). */
  onServerDrain(): void;
}

const emptyQuery = queryMessage('');

/** Reported settings that literals are read by. */
const readingParameters: ReadonlySet<string> = new Set([
  'DateStyle',
  'IntervalStyle',
  'TimeZone',
  'client_encoding',
  'standard_conforming_strings',
]);

/** Answers nobody waits for any more. */
const discard: ServerConsumer = {
  quiet: true,
  onMessage() {},
  onRows() {},
  onChunkEnd() {},
  onServerLost() {},
  onServerDrain() {},
};

export interface ServerIdentity {
  readonly processId: number;
  readonly secret: Buffer;
  readonly parameters: Map<string, string>;
}

export class ServerConnection implements BackendSink {
  readonly address: ServerAddress;
  readonly transport: Transport;
  readonly processId: number;
  readonly secret: Buffer;
  /** Values the server reported by ParameterStatus. */
  readonly parameters: Map<string, string>;
  /** Statements prepared on this connection, by PgPack's own names. */
  readonly prepared: PreparedNames;
  /** The statement that is the unnamed one here: whoever sent it knows it again. A simple query
   *  drops it. */
  unnamed: object | null = null;
  readonly connectedAtMs = Date.now();
  readonly stats = new ServerStats();
  /** Number of `settings`, equal numbers being equal settings; see `SettingsRegistry`. */
  settingsId = 0;
  /** What a client left behind that only a new connection gets rid of. */
  dirty: string | null = null;
  /** A client's LISTEN ran here, whose notifications come another way; see `NotificationHub`. */
  listens = false;
  transactionStatus: number = TransactionStatus.idle;
  /** Messages of the extended protocol were sent with no Sync behind them yet. */
  openExchange = false;
  idleSinceMs = Date.now();
  /** When it last answered to the pool. */
  checkedAtMs = 0;
  /** Set by the pool: it is closed when it comes back. */
  closeNeeded = false;
  /** Set by the pool. */
  lifetimeEndMs = Number.POSITIVE_INFINITY;
  /** Set by the cluster; null: clients get its OIDs as they are. */
  oids: ShardOids | null = null;
  /** Called once when the connection is gone. Set by the pool. */
  onClosed: () => void = () => {};

  #settings: ReadonlyMap<string, string> = new Map();
  #timesIdle = false;
  #consumer: ServerConsumer = discard;
  #scanner: BackendScanner;
  #readyDue = 0;
  /** Whether a Sync was skipped in COPY mode: an empty query is asked behind a COPY that failed, and
   *  tells which answers came before it. */
  #syncDoubt: 'none' | 'copying' | 'failed' | 'asked' = 'none';
  #closed = false;
  /** What the server has said or done that ends the connection. */
  #fatal: string | null = null;
  #cancels = 0;
  #cancelsAs: { readonly response: Buffer; readonly readies: number } | null = null;
  #afterCancels: (() => void)[] = [];

  constructor(
    address: ServerAddress,
    transport: Transport,
    identity: ServerIdentity,
    limits: { messageBytesMax: number; preparedStatementsMax: number },
  ) {
    this.address = address;
    this.transport = transport;
    this.processId = identity.processId;
    this.secret = identity.secret;
    this.parameters = identity.parameters;
    this.prepared = new PreparedNames(limits.preparedStatementsMax);
    this.#scanner = new BackendScanner(limits.messageBytesMax);
    transport.receiver = {
      onBytes: (buffer, length) => this.#onBytes(buffer, length),
      onDrain: () => this.#consumer.onServerDrain(),
      onClose: error => this.#onClose(error),
    };
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Session settings in force here beyond the server's own: name → SQL that set it. */
  get settings(): ReadonlyMap<string, string> {
    return this.#settings;
  }

  set settings(settings: ReadonlyMap<string, string>) {
    this.#settings = settings;
    this.#timesIdle = settings.has(idleSessionTimeout);
  }

  /** A client's limit for its own idleness counts here too. */
  get timesIdle(): boolean {
    return this.#timesIdle;
  }

  /** ReadyForQuery messages that are still to come. */
  get readyDue(): number {
    return this.#readyDue;
  }

  /** Answers are due, or an exchange is open that may have some. */
  get working(): boolean {
    return this.#readyDue > 0 || this.openExchange;
  }

  /** Ready to be given to anybody: nothing due, no transaction, nothing half-read. */
  get clean(): boolean {
    return (
      !this.#closed &&
      this.#readyDue === 0 &&
      !this.openExchange &&
      this.transactionStatus === TransactionStatus.idle &&
      this.dirty === null &&
      !this.listens &&
      !this.#timesIdle &&
      this.#fatal === null &&
      this.#scanner.atBoundary
    );
  }

  /** A row was shown to the consumer in part. */
  get inRow(): boolean {
    return this.#scanner.inRow;
  }

  set consumer(consumer: ServerConsumer | null) {
    this.#consumer = consumer ?? discard;
  }

  /** Whether what comes goes to it. */
  isReadBy(consumer: ServerConsumer): boolean {
    return this.#consumer === consumer;
  }

  /** Sends whole messages; `readies` of them will each be answered by a ReadyForQuery. */
  send(bytes: Buffer, readies: number): boolean {
    this.#readyDue += readies;
    return this.transport.write(bytes);
  }

  /** COPY data is expected: the Sync behind the Execute is not answered, unless the COPY fails before
   *  the server reads anything (copyfromparse.c, CopyGetData). */
  forgetReady(): void {
    this.#readyDue -= 1;
    this.#syncDoubt = 'copying';
  }

  /** Says good-bye and closes. */
  close(): void {
    if (this.#closed) return;
    this.transport.end(terminateMessage);
    this.#onClose(null);
  }

  /** Closes at once. */
  destroy(): void {
    this.transport.destroy();
    this.#onClose(null);
  }

  /** While a cancel request is on its way the connection must not be given to another client:
   *  the server does not say which query a cancel is for. */
  cancelStarted(): void {
    this.#cancels += 1;
  }

  /** A cancel request is on its way. */
  get cancelling(): boolean {
    return this.#cancels > 0;
  }

  cancelEnded(): void {
    this.#cancels -= 1;
    if (this.#cancels === 0) this.#runAfterCancels();
  }

  /** Runs `action` now, or as soon as no cancel request is on its way. */
  afterCancels(action: () => void): void {
    if (this.#cancels === 0) action();
    else this.#afterCancels.push(action);
  }

  /** `response` stands for what the server says when it cancels what it does now. */
  cancelsAs(response: Buffer): void {
    this.#cancelsAs = { response, readies: this.stats.readies };
  }

  #onBytes(buffer: Buffer, length: number): void {
    try {
      this.#scanner.feed(buffer, length, this);
      this.#consumer.onChunkEnd(this);
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error);
      this.#fatal = what;
      this.transport.destroy();
      this.#onClose(error instanceof Error ? error : null);
    }
  }

  get quiet(): boolean {
    return this.#consumer.quiet === true && this.#syncDoubt === 'none';
  }

  get showsTypes(): boolean {
    return this.oids?.differ === true;
  }

  /** For the scanner. */
  onMessage(type: number, buffer: Buffer, start: number, end: number): void {
    if (this.#syncDoubt !== 'none' && this.#settlesDoubt(type)) return;
    if (type === Backend.readyForQuery) {
      if (this.#syncDoubt === 'none' && this.#readyDue > 0) this.#readyDue -= 1;
      this.transactionStatus = buffer[start + headerBytes]!;
      this.stats.readies += 1;
      if (this.transactionStatus === TransactionStatus.idle) this.stats.idleReadies += 1;
    } else if (type === Backend.parameterStatus) {
      this.#onParameterStatus(buffer, start);
    } else if (type === Backend.error) {
      this.stats.errors += 1;
      if (this.#readyDue === 0) this.#onUnexpected(new ServerError(buffer.subarray(start, end)));
      if (this.#cancelsAs !== null && this.#toldOtherwise(buffer, start, end)) return;
    } else if (type === Backend.rowDescription || type === Backend.parameterDescription) {
      if (this.showsTypes) this.oids!.translate(type, buffer, start);
    }
    this.#consumer.onMessage(type, buffer, start, end);
  }

  /** In an exchange without a Sync statements fail as anywhere; else a server that speaks unasked says
   *  good-bye. */
  #onUnexpected({ severity, message }: ServerError): void {
    if (severity !== 'ERROR' || !this.openExchange) this.#fatal = message;
  }

  /** True: the consumer has got another error in place of this one. */
  #toldOtherwise(buffer: Buffer, start: number, end: number): boolean {
    const { response, readies } = this.#cancelsAs!;
    this.#cancelsAs = null;
    const { sqlstate } = new ServerError(buffer.subarray(start, end));
    if (sqlstate !== errors.queryCanceled.sqlstate || readies !== this.stats.readies) return false;
    this.#consumer.onMessage(Backend.error, response, 0, response.length);
    return true;
  }

  /** True: the message says how many answers came, and is no answer itself. */
  #settlesDoubt(type: number): boolean {
    const doubt = this.#syncDoubt;
    if (type === Backend.error && doubt === 'copying') {
      this.#syncDoubt = 'failed';
    } else if (type === Backend.emptyQuery && doubt === 'asked') {
      this.#syncDoubt = 'none';
      return true;
    } else if (type === Backend.readyForQuery && doubt === 'failed' && this.#readyDue === 1) {
      this.#syncDoubt = 'asked';
      this.transport.write(emptyQuery);
      return true;
    } else if (type === Backend.readyForQuery && doubt !== 'asked') {
      if (this.#readyDue === 0) this.openExchange = false;
      if (doubt === 'copying' || this.#readyDue === 0) this.#syncDoubt = 'none';
      else this.#readyDue -= 1;
    }
    return false;
  }

  /** For the scanner. */
  onRows(buffer: Buffer, start: number, end: number): void {
    this.#consumer.onRows(buffer, start, end);
  }

  #onParameterStatus(buffer: Buffer, start: number): void {
    const nameEnd = buffer.indexOf(0, start + headerBytes);
    const valueEnd = buffer.indexOf(0, nameEnd + 1);
    const name = buffer.toString('utf8', start + headerBytes, nameEnd);
    this.parameters.set(name, buffer.toString('utf8', nameEnd + 1, valueEnd));
    // Its literals would be read in another way now.
    if (readingParameters.has(name)) this.prepared.fragments.clear();
  }

  #onClose(error: Error | null): void {
    if (this.#closed) return;
    this.#closed = true;
    const consumer = this.#consumer;
    this.#consumer = discard;
    this.#runAfterCancels();
    this.onClosed();
    const reason = this.#fatal ?? error?.message ?? 'the server closed the connection';
    consumer.onServerLost(this.lostError(reason));
  }

  lostError(reason: string): PgError {
    const { shard, host, port } = this.address;
    return new PgError(errors.serverLost, { shard, address: `${host}:${port}`, reason });
  }

  #runAfterCancels(): void {
    const actions = this.#afterCancels;
    this.#afterCancels = [];
    for (const action of actions) action();
  }
}
