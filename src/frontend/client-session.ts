// One client after login: reads its messages, hands them on unit by unit, and owns what the
// handlers share (see `SessionContext`).
//
//   idle ──unit──▶ busy ──answers forwarded──▶ idle
//     │              └──CopyInResponse──▶ copy ──CopyDone/CopyFail──▶ busy
//     └──Terminate, client gone, protocol violation──▶ closed

import type { ServerConnection } from '../backend/server-connection.ts';
import type { Settings } from '../backend/settings-registry.ts';
import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { StatementPlan } from '../plan/statement-plan.ts';
import { errorResponse, readyForQuery } from '../protocol/backend-messages.ts';
import { flushMessage } from '../protocol/frontend-messages.ts';
import { Frontend } from '../protocol/message-codes.ts';
import { ClientTransaction } from '../transaction/client-transaction.ts';
import { SessionSettings } from '../transaction/session-settings.ts';
import type { Transport, TransportReceiver } from '../transport/transport.ts';
import { ClientDrain } from './client-drain.ts';
import { CopyStream, copyFromClient } from './copy-stream.ts';
import type { DatabaseService } from './database-service.ts';
import { errorAnswer } from './error-answer.ts';
import { handleExtended } from './extended-query.ts';
import { followRelay } from './follow-relay.ts';
import { handleFunctionCall } from './function-call.ts';
import { HeldServerWatch } from './held-server-watch.ts';
import { findUnit, Inbox, ownUnit, type Unit } from './inbox.ts';
import { Relay, type RelayEvents, type RelayOutcome } from './relay.ts';
import { hasEffects, joined, syncRequest } from './relay-request.ts';
import { ReportedError } from './reported-error.ts';
import { SessionCatalog } from './session-catalog.ts';
import type { CopyReceiver, RelayRequest, RelayResult, SessionContext } from './session-context.ts';
import { applyEffect } from './session-effects.ts';
import { SessionStatements } from './session-statements.ts';
import { handleSimpleQuery } from './simple-query.ts';
import type { StatementCache } from './statement-cache.ts';

/** Messages of an open exchange that may wait for their answers before the client is made to. */
const pendingStepsMax = 10_000;
const nothingYet: RelayResult = { failed: false, tags: [] };

/** Bytes kept for a busy client before it is made to wait. */
const inboxBytesMax = 1_048_576;

export interface SessionOptions {
  readonly messageBytesMax: number;
  readonly startupSettings: Settings;
  readonly onClosed: () => void;
}

export class ClientSession implements TransportReceiver, RelayEvents, SessionContext {
  readonly client: Transport;
  readonly database: DatabaseService;
  readonly transaction: ClientTransaction;
  readonly statements: SessionStatements;
  readonly homeShard: number;
  exchangeServer: ServerConnection | null = null;
  /** When the current unit began, or the last one ended; for timeouts. */
  sinceMs = Date.now();

  readonly #options: SessionOptions;
  readonly #inbox: Inbox;
  readonly #relay: Relay;
  readonly #catalog: SessionCatalog;
  readonly #drain: ClientDrain;
  readonly #watch: HeldServerWatch;
  #busy = false;
  /** What is being handled, or was last. */
  #unit: Unit | null = null;
  #closed = false;
  #draining = false;
  #pinned: string | null = null;
  #skipUntilSync = false;
  #inboxPaused = false;
  #copy: CopyStream | null = null;
  #request: RelayRequest | null = null;
  #relayWaiter: { resolve(result: RelayResult): void; reject(error: unknown): void } | null = null;

  constructor(client: Transport, database: DatabaseService, options: SessionOptions) {
    this.client = client;
    this.database = database;
    this.#options = options;
    const settings = new SessionSettings(database.settings, options.startupSettings);
    this.transaction = new ClientTransaction(database.cluster, settings);
    this.statements = new SessionStatements(database.registry, settings);
    this.homeShard = database.nextHomeShard();
    this.#inbox = new Inbox(options.messageBytesMax);
    this.#relay = new Relay(client, this);
    this.#relay.onServerDrain = () => this.resumeCopy();
    this.#watch = new HeldServerWatch(client, error => this.#fatal(error));
    this.#catalog = new SessionCatalog(database, this.transaction);
    this.#drain = new ClientDrain(client);
    client.receiver = this;
  }

  get busy(): boolean {
    return this.#busy;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get pinned(): boolean {
    return this.#pinned !== null;
  }

  get cache(): StatementCache | null {
    return this.#catalog.cache;
  }

  loadCache(): Promise<StatementCache> {
    return this.#catalog.load();
  }

  onBytes(buffer: Buffer, length: number): void {
    if (this.#closed) return;
    try {
      let pos = 0;
      if (!this.#waiting && this.#inbox.size === 0) pos = this.#handleDirectly(buffer, length);
      if (pos < length && !this.#closed) {
        this.#inbox.push(buffer, pos, length);
        if (this.#copy !== null) this.#feedCopy();
        else if (!this.#busy) this.#next();
      }
      this.#limitInbox();
    } catch (error) {
      this.#fatal(error);
    }
  }

  onDrain(): void {
    this.#relay.onClientDrain();
    this.#drain.drained();
  }

  onClose(): void {
    this.#close();
  }

  /** Ends the session between transactions: at once when idle, else after the transaction. */
  drain(): void {
    this.#draining = true;
    if (!this.#busy && !this.inTransaction) this.terminate(new PgError(errors.shuttingDown));
  }

  /** Tells the client why and closes. */
  terminate(error: PgError): void {
    if (this.#closed) return;
    this.client.end(errorResponse(error));
    this.#close();
  }

  /** Stops what runs now on every server this client holds. */
  cancel(): void {
    this.transaction.cancel();
  }

  get #waiting(): boolean {
    return this.#busy || this.#copy !== null;
  }

  get inTransaction(): boolean {
    return this.transaction.mode === 'explicit' || this.exchangeServer !== null;
  }

  #handleDirectly(buffer: Buffer, length: number): number {
    let pos = 0;
    while (pos < length && !this.#waiting && !this.#closed) {
      const found = findUnit(buffer, pos, length, pos, this.#options.messageBytesMax);
      if (found.ending === null) break;
      const unit = ownUnit(buffer, pos, found.end, found.ending);
      pos = found.end;
      this.#handle(unit);
    }
    return pos;
  }

  /** Goes on with what waits in the inbox. */
  #next(): void {
    while (!this.#waiting && !this.#closed) {
      const unit = this.#inbox.next();
      if (unit === null) break;
      this.#handle(unit);
    }
    if (this.#inboxPaused && this.#inbox.size <= inboxBytesMax / 2) {
      this.#inboxPaused = false;
      this.client.resume();
    }
  }

  #limitInbox(): void {
    if (!this.#waiting || this.#inboxPaused || this.#inbox.size <= inboxBytesMax) return;
    this.#inboxPaused = true;
    this.client.pause();
  }

  #handle(unit: Unit): void {
    if (unit.type !== Frontend.terminate && this.#skip(unit)) return;
    this.#busy = true;
    this.sinceMs = Date.now();
    const inExchange = this.exchangeServer !== null && unit.type !== Frontend.terminate;
    if (inExchange && unit.ending === 'whole') this.#runBehindExchange(unit);
    else this.#run(unit);
  }

  /** After an error everything up to Sync is skipped (protocol section "Extended Query"). */
  #skip(unit: Unit): boolean {
    const server = this.exchangeServer;
    if (server !== null && this.#relay.failed) {
      if (unit.ending !== 'sync') return true;
      this.#busy = true;
      this.startRelay(server, syncRequest);
      return true;
    }
    if (!this.#skipUntilSync) return false;
    if (unit.ending !== 'sync') return true;
    this.#skipUntilSync = false;
    this.client.write(readyForQuery(this.transaction.status));
    return true;
  }

  async endExchange(construct: string): Promise<void> {
    if (this.#request!.plans.length > 0 && this.transaction.mode !== 'explicit') {
      throw new PgError(errors.unsupported, { construct });
    }
    const request = { ...syncRequest, forwardReady: false };
    const { failed } = await this.relay(this.exchangeServer!, request);
    if (failed) throw new ReportedError();
    if (this.transaction.mode === 'none' && !this.pinned) this.transaction.release();
  }

  #runBehindExchange(unit: Unit): void {
    this.endExchange('a simple query behind extended messages without a Sync between them').then(
      () => this.#run(unit),
      error => {
        if (!(error instanceof ReportedError)) return this.#unitFailed(error, unit);
        this.#skipUntilSync = true;
        this.#unitDone();
      },
    );
  }

  #run(unit: Unit): void {
    this.#unit = unit;
    try {
      const pending = this.#dispatch(unit);
      // Without a promise the relay that was started ends the unit.
      pending?.then(
        () => this.#unitDone(),
        error => this.#unitFailed(error, unit),
      );
    } catch (error) {
      this.#unitFailed(error, unit);
    }
  }

  #dispatch(unit: Unit): Promise<void> | null {
    switch (unit.type) {
      case Frontend.query:
        return handleSimpleQuery(this, unit);
      case Frontend.functionCall:
        return handleFunctionCall(this, unit);
      case Frontend.terminate:
        this.#close();
        this.client.end();
        return null;
      case Frontend.copyData:
      case Frontend.copyDone:
      case Frontend.copyFail:
        // Sent before the client learnt that its COPY had failed (postgres.c, PostgresMain).
        this.#busy = false;
        return null;
      case Frontend.password:
        throw new PgError(errors.protocolViolation, { what: 'unexpected password message' });
      default:
        return handleExtended(this, unit);
    }
  }

  #unitFailed(error: unknown, unit: Unit): void {
    if (this.#closed) return;
    if (error instanceof PgError && error.severity === 'FATAL') {
      this.#fatal(error);
      return;
    }
    this.transaction.fail();
    if (!(error instanceof ReportedError)) this.client.write(errorAnswer(error));
    this.#closeExchange()
      .then(() => {
        if (unit.ending === 'open') this.#skipUntilSync = true;
        else this.client.write(readyForQuery(this.transaction.status));
        this.#unitDone();
      })
      .catch(failure => this.#fatal(failure));
  }

  /** An error of ours in the middle of an exchange: what the server did since the last Sync is
   *  undone, as PostgreSQL undoes it. */
  async #closeExchange(): Promise<void> {
    const server = this.exchangeServer;
    if (server !== null) {
      this.exchangeServer = null;
      this.#relay.detach();
      await this.transaction.abortExchange(server);
    } else if (this.database.shardCount === 1) {
      await this.transaction.failServers();
    }
    if (this.transaction.mode === 'implicit') await this.transaction.end(false);
  }

  #unitDone(): void {
    if (this.#closed) return;
    this.#busy = false;
    this.sinceMs = Date.now();
    if (this.transaction.mode === 'none' && this.exchangeServer === null) {
      this.statements.closePortals();
      if (this.#pinned === null) this.transaction.release();
      if (this.#draining) this.terminate(new PgError(errors.shuttingDown));
    }
    try {
      if (this.#inbox.size > 0 || this.#inboxPaused) this.#next();
      if (!this.#busy && this.exchangeServer === null) this.#watchServers();
    } catch (error) {
      this.#fatal(error);
    }
  }

  /** Connections that stay with the client while it is idle. */
  #watchServers(): void {
    if (!this.transaction.holdsServers) return;
    for (const server of this.transaction.servers) server.consumer = this.#watch;
  }

  startRelay(server: ServerConnection, request: RelayRequest): void {
    const goesOn = this.exchangeServer === server;
    this.#request = goesOn ? joined(this.#request!, request) : request;
    const { open, forwardReady, steps } = request;
    const wantTags = open || goesOn || hasEffects(request);
    this.#relay.start(server, { open, forwardReady, wantTags, steps });
    server.openExchange = open;
    server.send(request.bytes, open ? 0 : 1);
    this.exchangeServer = open ? server : null;
    if (!open) return;
    const waiter = this.#relayWaiter;
    this.#relayWaiter = null;
    const goOn = () => (waiter === null ? this.#unitDone() : waiter.resolve(nothingYet));
    if (this.#relay.pendingSteps > pendingStepsMax) {
      // More of the exchange is taken when this much of it is answered.
      server.send(flushMessage, 0);
      this.#relay.whenCaughtUp(goOn);
    } else goOn();
  }

  relayWhenReady(shard: number, requestFor: (server: ServerConnection) => RelayRequest): void {
    const unit = this.#unit!;
    const failed = (error: unknown) => this.#unitFailed(error, unit);
    const start = (server: ServerConnection) => {
      if (this.#closed) return;
      try {
        this.startRelay(server, requestFor(server));
      } catch (error) {
        failed(error);
      }
    };
    this.transaction.whenReady(shard, start, failed);
  }

  relay(server: ServerConnection, request: RelayRequest): Promise<RelayResult> {
    return new Promise((resolve, reject) => {
      this.#relayWaiter = { resolve, reject };
      this.startRelay(server, request);
    });
  }

  onRelayDone(server: ServerConnection, outcome: RelayOutcome): void {
    const request = this.#request!;
    const waiter = this.#relayWaiter;
    this.#relayWaiter = null;
    this.#copy = null;
    this.exchangeServer = null;
    if (outcome.lost !== null) {
      this.#onServerLost(server, outcome.lost, waiter);
      return;
    }
    this.#pinned = followRelay(this, this.#catalog, server, request, outcome) ?? this.#pinned;
    if (waiter !== null) waiter.resolve(outcome);
    else this.#unitDone();
  }

  #onServerLost(
    server: ServerConnection,
    error: PgError,
    waiter: { reject(error: unknown): void } | null,
  ): void {
    this.transaction.drop(server);
    const inTransaction = this.transaction.mode !== 'none';
    if (this.#relay.forwarded || inTransaction) {
      // PostgreSQL would have ended the session; half an answer cannot be taken back.
      this.client.write(errorAnswer(error));
      this.client.end();
      this.#close();
    } else if (waiter !== null) {
      waiter.reject(error);
    } else {
      this.client.write(errorAnswer(error));
      this.client.write(readyForQuery(this.transaction.status));
      this.#unitDone();
    }
  }

  blockEnded(): void {
    this.#catalog.transactionEnded();
    this.statements.closePortals();
  }

  applyEffect(plan: StatementPlan, tag: string): void {
    applyEffect(this, this.#catalog, plan, tag);
  }

  onRelayCopyIn(server: ServerConnection): void {
    const extended = server.openExchange || this.#request!.bytes[0] !== Frontend.query;
    if (extended && !server.openExchange) {
      // A server in COPY mode skips the Sync that came with the Execute.
      server.forgetReady();
      server.openExchange = true;
    }
    this.#copy = copyFromClient(server, () => {
      this.#copy = null;
      if (!extended) return;
      this.exchangeServer = server;
      this.#unitDone();
    });
    this.#feedCopy();
  }

  receiveCopy(receiver: CopyReceiver): void {
    this.#copy = new CopyStream(receiver, () => {
      this.#copy = null;
    });
    this.#feedCopy();
  }

  resumeCopy(): void {
    if (this.#copy === null) return;
    this.#copy.wanted = true;
    this.#feedCopy();
  }

  stopCopy(): void {
    this.#copy = null;
  }

  #feedCopy(): void {
    try {
      this.#copy?.feed(this.#inbox, this.#options.messageBytesMax);
      if (this.#inboxPaused && (this.#copy === null || this.#copy.wanted)) {
        this.#inboxPaused = false;
        this.client.resume();
      }
      this.#limitInbox();
    } catch (error) {
      this.#fatal(error);
    }
  }

  clientDrained(): Promise<void> {
    if (this.#closed) return Promise.reject(new PgError(errors.queryCanceled));
    return this.#drain.wait();
  }

  /** The client broke the protocol, or we did: says so and closes. */
  #fatal(error: unknown): void {
    if (this.#closed) return;
    this.client.write(errorAnswer(error));
    this.client.end();
    this.#close();
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#busy = false;
    this.#relay.detach();
    this.#relayWaiter?.reject(new PgError(errors.queryCanceled));
    this.#relayWaiter = null;
    this.#drain.clientGone();
    this.#copy?.abort();
    this.#copy = null;
    this.statements.clear();
    this.transaction.abandon();
    this.#options.onClosed();
  }
}
