// One client after login: reads its messages, hands them on unit by unit, and owns what the
// handlers share (see `SessionContext`).
//
//   idle ──unit──▶ busy ──answers forwarded──▶ idle
//     │              └──CopyInResponse──▶ copy ──CopyDone/CopyFail──▶ busy
//     └──Terminate, client gone, protocol violation──▶ closed

import type { ServerConnection } from '../backend/server-connection.ts';
import type { ServerPipeline } from '../backend/server-pipeline.ts';
import type { Settings } from '../backend/settings-registry.ts';
import { coarseClock } from '../common/coarse-clock.ts';
import { type ErrorEntry, errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { turnNowMs } from '../common/turn-clock.ts';
import { SessionStats } from '../metrics/session-stats.ts';
import type { StatementPlan } from '../plan/statement-plan.ts';
import { flushMessage } from '../protocol/frontend-messages.ts';
import { Frontend } from '../protocol/message-codes.ts';
import { ClientTransaction } from '../transaction/client-transaction.ts';
import type { ManualValues } from '../transaction/manual-settings.ts';
import { SessionSettings } from '../transaction/session-settings.ts';
import type { Transport, TransportReceiver } from '../transport/transport.ts';
import { ClientDrain } from './client-drain.ts';
import { ClientIntake, type UnitHandler } from './client-intake.ts';
import { awaitsCopy } from './copy-behind-exchange.ts';
import type { DatabaseService } from './database-service.ts';
import { errorAnswer } from './error-answer.ts';
import { handleExtended } from './extended-query.ts';
import { followRelay, forgetUnprepared } from './follow-relay.ts';
import { handleFunctionCall } from './function-call.ts';
import { HeldServerWatch } from './held-server-watch.ts';
import { isCopyMessage, type Unit } from './inbox.ts';
import type { SessionNotifications } from './notification-session.ts';
import { Relay } from './relay.ts';
import type { RelayEvents, RelayOutcome } from './relay-events.ts';
import { hasEffects, joined, syncRequest } from './relay-request.ts';
import { RelayWait } from './relay-wait.ts';
import { ReportedError } from './reported-error.ts';
import { SessionCatalog } from './session-catalog.ts';
import type { RelayRequest, RelayResult, RequestFor } from './session-context.ts';
import { applyEffect } from './session-effects.ts';
import { type FailingSession, SessionErrors } from './session-errors.ts';
import { firstPin, noteLeftovers, pinAfterDiscard } from './session-pin.ts';
import { SessionStatements } from './session-statements.ts';
import { handleSimpleQuery } from './simple-query.ts';
import type { StatementCache } from './statement-cache.ts';
import type { SharedRead, StatementTiming } from './statement-timing.ts';

/** Messages of an open exchange that may wait for their answers before the client is made to. */
const pendingStepsMax = 10_000;
const nothingYet: RelayResult = { failed: false, tags: [] };

interface RelayWaiter {
  resolve(result: RelayResult): void;
  reject(error: unknown): void;
}

export interface SessionOptions {
  readonly messageBytesMax: number;
  readonly startupSettings: Settings;
  readonly manual: ManualValues;
  readonly onClosed: () => void;
}

export class ClientSession implements TransportReceiver, RelayEvents, UnitHandler, FailingSession {
  readonly client: Transport;
  readonly database: DatabaseService;
  readonly transaction: ClientTransaction;
  readonly statements: SessionStatements;
  readonly intake: ClientIntake;
  readonly homeShard: number;
  readonly stats = new SessionStats();
  exchangeServer: ServerConnection | null = null;
  notifications: SessionNotifications | null = null;
  /** Of the client's BackendKeyData; set by the listener. */
  processId = 0;
  /** A unit is being handled. */
  busy = false;
  /** When the current unit began, or the last one ended; for timeouts. */
  sinceMs = coarseClock.nowMs;

  readonly #options: SessionOptions;
  readonly #relay: Relay;
  readonly #catalog: SessionCatalog;
  readonly #drain: ClientDrain;
  readonly #watch: HeldServerWatch;
  readonly #errors: SessionErrors;
  /** What is being handled, or was last. */
  #unit: Unit | null = null;
  #closed = false;
  #draining: ErrorEntry | null = null;
  #pinned: string | null = null;
  /** The current unit was displaced from a pipeline: it gets a connection of its own. */
  #alone = false;
  #request: RelayRequest | null = null;
  #relayWaiter: RelayWaiter | null = null;

  constructor(client: Transport, database: DatabaseService, options: SessionOptions) {
    this.client = client;
    this.database = database;
    this.#options = options;
    const { startupSettings, manual } = options;
    const settings = new SessionSettings(database.settings, startupSettings, manual);
    this.transaction = new ClientTransaction(database.cluster, settings);
    this.statements = new SessionStatements(database.registry, settings);
    this.homeShard = database.nextHomeShard();
    this.#pinned = firstPin(database, startupSettings);
    this.intake = new ClientIntake(client, options.messageBytesMax, this);
    this.#relay = new Relay(client, this);
    this.#relay.onServerDrain = () => this.intake.resumeCopy();
    this.#watch = new HeldServerWatch(this, error => this.terminate(error));
    this.#errors = new SessionErrors(this, this.#relay);
    this.#catalog = new SessionCatalog(database, this.transaction);
    this.#drain = new ClientDrain(client);
    client.receiver = this;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get pinned(): boolean {
    return this.#pinned !== null;
  }

  /** The construct that keeps its connections for it. */
  get pinnedBy(): string | null {
    return this.#pinned;
  }

  get cache(): StatementCache | null {
    return this.#catalog.cache;
  }

  loadCache(): Promise<StatementCache> {
    return this.#catalog.load();
  }

  onBytes(buffer: Buffer, length: number): void {
    this.intake.onBytes(buffer, length);
  }

  onDrain(): void {
    this.#relay.onClientDrain();
    this.#drain.drained();
    this.notifications?.deliver();
  }

  onClose(): void {
    this.#close();
  }

  /** Ends the session between transactions: at once when idle, else after the transaction. */
  drain(why: ErrorEntry = errors.shuttingDown): void {
    this.#draining = why;
    if (!this.busy && !this.inTransaction) this.terminate(new PgError(why));
  }

  /** Tells the client why and closes; null: the server has said why. */
  terminate(error: unknown, servers: readonly ServerConnection[] = this.servers): void {
    if (this.#closed) return;
    // An error behind a part of a row would be taken for the rest of it.
    const inRow = this.#relay.forwarded && servers.some(server => server.inRow);
    if (!inRow && error !== null) this.client.write(errorAnswer(error));
    this.client.end();
    this.#close();
  }

  /** Stops what runs now on every server this client holds. */
  cancel(why: ErrorEntry = errors.queryCanceled): void {
    if (this.#relay.pipeline === null) this.transaction.cancel(why);
    else if (!this.#relay.cancelShared()) this.#errors.unitFailed(new PgError(why), this.#unit!);
  }

  /** Connections that work for it now, its own or one it shares. */
  get servers(): ServerConnection[] {
    const { pipeline } = this.#relay;
    return pipeline === null ? this.transaction.servers : [pipeline.server];
  }

  get inTransaction(): boolean {
    return this.transaction.mode === 'explicit' || this.exchangeServer !== null;
  }

  handle(unit: Unit): void {
    if (unit.type !== Frontend.terminate && this.#errors.skips(unit)) return;
    this.busy = true;
    this.sinceMs = coarseClock.nowMs;
    if (this.exchangeServer === null) this.stats.startedAtMs = turnNowMs();
    const inExchange = this.exchangeServer !== null && unit.type !== Frontend.terminate;
    if (inExchange && unit.ending === 'whole') this.#runBehindExchange(unit);
    else this.#run(unit);
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

  exchangeAnswered(): Promise<boolean> {
    const relay = this.#relay;
    if (relay.pendingSteps === 0) return Promise.resolve(!relay.failed);
    this.exchangeServer!.send(flushMessage, 0);
    return new Promise(resolve => relay.whenCaughtUp(() => resolve(!relay.failed)));
  }

  #runBehindExchange(unit: Unit): void {
    if (isCopyMessage(unit.type)) {
      const done = () => this.unitDone();
      this.busy = awaitsCopy(unit, this.exchangeServer!, this.#relay, this.intake, done);
      return;
    }
    this.endExchange('a simple query behind extended messages without a Sync between them').then(
      () => this.#run(unit),
      error => this.#errors.exchangeFailed(error, unit),
    );
  }

  #run(unit: Unit): void {
    this.#unit = unit;
    try {
      const pending = this.#dispatch(unit);
      // Without a promise the relay that was started ends the unit.
      pending?.then(
        () => this.unitDone(),
        error => this.#errors.unitFailed(error, unit),
      );
    } catch (error) {
      this.#errors.unitFailed(error, unit);
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
        this.busy = false;
        return null;
      case Frontend.password:
        throw new PgError(errors.protocolViolation, { what: 'unexpected password message' });
      default:
        return handleExtended(this, unit);
    }
  }

  unitDone(): void {
    if (this.#closed) return;
    this.busy = false;
    this.#alone = false;
    this.sinceMs = coarseClock.nowMs;
    if (this.exchangeServer === null && this.#unit?.ending !== 'open') {
      this.database.stats.requestDone(this.stats, this.transaction.mode !== 'none');
    }
    if (this.transaction.mode === 'none' && this.exchangeServer === null) {
      // What was bound ahead of a Flush is executed behind it.
      if (this.#unit?.ending !== 'open') this.statements.closePortals();
      if (this.#pinned === null) this.transaction.release();
      // An idle client keeps no bytes of what it sent last.
      if (this.#pinned === null) this.#unit = this.#request = null;
      this.notifications?.deliver();
      if (this.#draining !== null) this.terminate(new PgError(this.#draining));
    }
    try {
      this.intake.goOn();
      if (!this.busy && this.exchangeServer === null) this.#watchServers();
    } catch (error) {
      this.terminate(error);
    }
  }

  /** Connections that stay with the client while it is idle. */
  #watchServers(): void {
    if (!this.transaction.holdsServers) return;
    for (const server of this.transaction.servers) server.consumer = this.#watch;
  }

  startRelay(server: ServerConnection, request: RelayRequest): void {
    // While this was awaited the client went, and the connection to somebody else.
    if (this.#closed) throw new PgError(errors.queryCanceled);
    const goesOn = this.exchangeServer === server;
    this.#request = goesOn ? joined(this.#request!, request, this.#relay) : request;
    const { open, forwardReady, steps, timing } = request;
    const wantTags = open || goesOn || hasEffects(request);
    this.#relay.start(server, { open, forwardReady, wantTags, steps, timing });
    server.openExchange = open;
    server.send(request.bytes, open ? 0 : 1);
    this.exchangeServer = open ? server : null;
    if (!open) return;
    const waiter = this.#relayWaiter;
    this.#relayWaiter = null;
    const goOn = () => (waiter === null ? this.unitDone() : waiter.resolve(nothingYet));
    if (this.#relay.pendingSteps > pendingStepsMax) {
      // More of the exchange is taken when this much of it is answered.
      server.send(flushMessage, 0);
      this.#relay.whenCaughtUp(goOn);
    } else goOn();
  }

  relayWhenReady(shard: number, requestFor: RequestFor, shared: SharedRead | null): void {
    const unit = this.#unit!;
    const failed = (error: unknown) => this.#errors.unitFailed(error, unit);
    this.transaction.whenReady(shard, new RelayWait(this, shard, requestFor, shared, failed));
  }

  pipelineFor(shard: number, timing: StatementTiming): ServerPipeline | null {
    if (this.exchangeServer !== null || !this.transaction.free || timing.alone) return null;
    if (this.#alone || this.#pinned !== null) return null;
    const { pipelines } = this.database.cluster.pools[shard]!;
    return pipelines.find(this.transaction.settings.id, timing.bestMs);
  }

  sharedCostMs(shard: number, timing: StatementTiming): number {
    if (this.#alone || this.#pinned !== null || timing.alone) return Number.POSITIVE_INFINITY;
    return this.database.cluster.pools[shard]!.pipelines.costMs(timing.bestMs);
  }

  startShared(pipeline: ServerPipeline, request: RelayRequest): void {
    this.#request = request;
    this.#relay.startShared(pipeline, request.steps, request.timing);
    pipeline.join(this.#relay, request.bytes);
  }

  onRelayDisplaced(): void {
    this.#alone = true;
    this.stats.comesAgain = this.#unit!.type !== Frontend.query;
    this.#run(this.#unit!);
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
    this.intake.stopCopy();
    this.exchangeServer = null;
    if (outcome.lost !== null) {
      this.#errors.serverLost(server, outcome, waiter, request.parsing);
      return;
    }
    if (outcome.failed) this.stats.errors += 1;
    if (outcome.shared) {
      if (outcome.failed) forgetUnprepared(this.statements, server, request, outcome);
      this.unitDone();
      return;
    }
    this.#pinned = followRelay(this, this.#catalog, server, request, outcome) ?? this.#pinned;
    const inBlock = this.transaction.mode === 'explicit';
    // Without ReadyForQuery whoever waits says himself what a failure means.
    if (outcome.failed && inBlock && request.forwardReady) this.#failServers(waiter, outcome);
    else if (waiter !== null) waiter.resolve(outcome);
    else this.unitDone();
  }

  /** What a statement's failure on one shard means for the others. */
  #failServers(waiter: RelayWaiter | null, outcome: RelayOutcome): void {
    // Who hears of it if the client goes meanwhile.
    this.#relayWaiter = waiter;
    const goOn = () => {
      this.#relayWaiter = null;
      if (waiter === null) this.unitDone();
      else waiter.resolve(outcome);
    };
    this.transaction.failServers().then(goOn, error => this.terminate(error));
  }

  discarded(): void {
    const first = firstPin(this.database, this.#options.startupSettings);
    this.#pinned = pinAfterDiscard(this.#pinned, first);
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
    this.intake.copyTo(server, () => {
      if (!extended) return;
      this.exchangeServer = server;
      this.unitDone();
    });
  }

  get leaving(): Set<() => void> {
    return this.#drain.leaving;
  }

  clientDrained(): Promise<void> {
    if (this.#closed) return Promise.reject(new PgError(errors.queryCanceled));
    return this.#drain.wait();
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.busy = false;
    this.#relay.abandon();
    this.#relayWaiter?.reject(new PgError(errors.queryCanceled));
    this.#relayWaiter = null;
    this.#drain.clientGone();
    this.intake.abort();
    this.notifications?.close();
    this.statements.clear();
    noteLeftovers(this.transaction.servers, this.#pinned, this.#request?.plans ?? []);
    this.transaction.abandon();
    this.#options.onClosed();
  }
}
