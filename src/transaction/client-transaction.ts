// One client's transaction over the shards it touches. A branch (a server connection in a
// transaction block) is opened when a shard is first touched, and all end together.
//
//   none ──BEGIN──▶ explicit ──error──▶ failed ──ROLLBACK──▶ none
//     │                └──COMMIT / ROLLBACK──▶ none
//     └──several statements or shards at once──▶ implicit ──end of the unit──▶ none

import { cancelQuery } from '../backend/cancel-query.ts';
import type { Cluster } from '../backend/cluster.ts';
import { failingExchange } from '../backend/fail-exchange.ts';
import { readAnswers, runCommand } from '../backend/internal-query.ts';
import type { ServerConnection } from '../backend/server-connection.ts';
import { type Settings, settingsDifference } from '../backend/settings-registry.ts';
import { coarseClock } from '../common/coarse-clock.ts';
import { type ErrorEntry, errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { TransactionStatus } from '../protocol/message-codes.ts';
import type { BranchWait } from './branch-wait.ts';
import { ownBlock } from './own-block.ts';
import type { SessionSettings } from './session-settings.ts';

export type TransactionMode = 'none' | 'implicit' | 'explicit';

interface Branch {
  readonly server: ServerConnection;
  /** Settings in force when its transaction began: what a rollback brings back there. */
  settingsAtBegin: Settings;
  settingsIdAtBegin: number;
}

interface Savepoint {
  readonly name: string;
  /** Shards whose branch was open then. */
  readonly shards: ReadonlySet<number>;
}

export class ClientTransaction {
  readonly settings: SessionSettings;
  readonly #cluster: Cluster;
  readonly #branches = new Map<number, Branch>();
  #mode: TransactionMode = 'none';
  #failed = false;
  #beginSql = 'BEGIN';
  /** SET LOCAL, SET TRANSACTION and SAVEPOINT in their order, for branches opened later. */
  #replay: {
    readonly sql: string;
    readonly savepoint: string | null;
    readonly setting: string | null;
  }[] = [];
  #savepoints: Savepoint[] = [];
  /** Transactions that have ended so far, also those of single statements. */
  ended = 0;
  /** When the open block began. */
  beganAtMs = 0;
  /** Waiting for connections; see `WaitOwner`. */
  waitingSinceMs = 0;
  waitMs = 0;
  /** The client went away: connections that arrive late go straight back. */
  #abandoned = false;

  constructor(cluster: Cluster, settings: SessionSettings) {
    this.#cluster = cluster;
    this.settings = settings;
  }

  get mode(): TransactionMode {
    return this.#mode;
  }

  get failed(): boolean {
    return this.#failed;
  }

  /** The byte for ReadyForQuery. */
  get status(): number {
    if (this.#mode !== 'explicit') return TransactionStatus.idle;
    return this.#failed ? TransactionStatus.failed : TransactionStatus.inTransaction;
  }

  /** The statement that began the block, for AND CHAIN. */
  get beginSql(): string {
    return this.#beginSql;
  }

  /** Connections held now. */
  get servers(): ServerConnection[] {
    return [...this.#branches.values()].map(branch => branch.server);
  }

  /** No block is open and no connection held. */
  get free(): boolean {
    return this.#mode === 'none' && this.#branches.size === 0;
  }

  get holdsServers(): boolean {
    return this.#branches.size > 0;
  }

  /** Some shard that needs no new connection, or null. */
  get openShard(): number | null {
    return this.#branches.keys().next().value ?? null;
  }

  /** The branch's connection when it is there at once, in the session's settings; else null:
   *  then `open` it. */
  ready(shard: number): ServerConnection | null {
    const branch = this.#branches.get(shard);
    if (branch !== undefined) {
      const { server } = branch;
      return server.settingsId === this.settings.id && !server.closed ? server : null;
    }
    if (this.#mode !== 'none') return null;
    const server = this.#cluster.pools[shard]!.tryAcquireIn(this.settings.id);
    if (server !== null) this.#attach(shard, server);
    return server;
  }

  /** The branch's connection in the session's settings, its transaction begun when one is open.
   *  Rejects with PgError or ServerError; the connection is not held then. */
  async open(shard: number): Promise<ServerConnection> {
    this.#dropLost();
    const branch = this.#branches.get(shard);
    if (branch !== undefined) {
      await this.#applySettings(branch.server);
      return branch.server;
    }
    const server = await this.#acquire(shard);
    await this.#prepareBranch(shard, server);
    return server;
  }

  /** `open` for the hot path, without a promise while all that is missing is a free connection.
   *  Calls back once, perhaps at once. */
  whenReady(shard: number, wait: BranchWait): void {
    if (!this.free) {
      this.open(shard).then(
        server => wait.onReady(server),
        error => wait.onRefused(error),
      );
      return;
    }
    const pool = this.#cluster.pools[shard]!;
    const server = pool.tryAcquire();
    if (server === null) pool.wait(wait);
    else wait.onServer(server);
  }

  /** What the pool gave to `wait` becomes the branch's connection. */
  take(shard: number, server: ServerConnection, wait: BranchWait): void {
    if (this.#abandoned) {
      this.#cluster.pools[shard]!.release(server);
      return;
    }
    this.#attach(shard, server);
    if (server.settingsId === this.settings.id) wait.onReady(server);
    else {
      this.#prepareBranch(shard, server).then(
        () => wait.onReady(server),
        error => wait.onRefused(error),
      );
    }
  }

  /** Branches on all of `shards`, in their order. Connections are taken in ascending order, one
   *  after the other, so that two clients never wait for each other's. */
  async openAll(shards: readonly number[]): Promise<ServerConnection[]> {
    this.#dropLost();
    const fresh: number[] = [];
    for (const shard of [...shards].sort((a, b) => a - b)) {
      if (this.#branches.has(shard)) continue;
      await this.#acquire(shard);
      fresh.push(shard);
    }
    const prepared = await Promise.allSettled(
      shards.map(shard => {
        const { server } = this.#branches.get(shard)!;
        return fresh.includes(shard)
          ? this.#prepareBranch(shard, server)
          : this.#applySettings(server);
      }),
    );
    for (const result of prepared) if (result.status === 'rejected') throw result.reason;
    return shards.map(shard => this.#branches.get(shard)!.server);
  }

  /** BEGIN of the client; most branches follow later. */
  async begin(sql: string): Promise<void> {
    const before = this.#mode;
    this.#mode = 'explicit';
    this.#beginSql = sql;
    if (before === 'none') await this.#beginBranches();
  }

  /** A block of PgPack's own: statements that must succeed or fail together; `text`: theirs. */
  async beginImplicit(text = ''): Promise<void> {
    if (this.#mode !== 'none') return;
    this.#mode = 'implicit';
    this.#beginSql = ownBlock(text);
    await this.#beginBranches();
  }

  /** Connections may be held before the block begins: one was asked about a statement, or the
   *  session is pinned. */
  async #beginBranches(): Promise<void> {
    this.beganAtMs = coarseClock.nowMs;
    this.settings.begin();
    for (const branch of this.#branches.values()) {
      await this.#applySettings(branch.server);
      branch.settingsAtBegin = branch.server.settings;
      branch.settingsIdAtBegin = branch.server.settingsId;
      await runCommand(branch.server, this.#beginSql);
    }
  }

  /** SET LOCAL or SET TRANSACTION ran on all open branches. */
  addLocal(setting: string, sql: string): void {
    this.#replay.push({ sql, savepoint: null, setting });
  }

  /** Whether branches opened later repeat a SET LOCAL of the setting; null: of any. */
  repeatsLocal(name: string | null): boolean {
    return this.#replay.some(({ setting }) => setting !== null && (name ?? setting) === setting);
  }

  addSavepoint(name: string, sql: string): void {
    this.#savepoints.push({ name, shards: new Set(this.#branches.keys()) });
    this.#replay.push({ sql, savepoint: name, setting: null });
    this.settings.savepoint(name);
  }

  get savepoints(): number {
    return this.#savepoints.length;
  }

  /** How many were set before this one; -1: there is none of the name. */
  savepointsBefore(name: string): number {
    return this.#savepoints.findLastIndex(savepoint => savepoint.name === name);
  }

  releaseSavepoint(name: string): void {
    const at = this.savepointsBefore(name);
    if (at < 0) return;
    this.#savepoints.length = at;
    const kept = new Set(this.#savepoints.map(savepoint => savepoint.name));
    this.#replay = this.#replay.filter(
      ({ savepoint }) => savepoint === null || kept.has(savepoint),
    );
    this.settings.release(name);
  }

  rolledBackTo(name: string): void {
    const at = this.savepointsBefore(name);
    if (at < 0) return;
    const { shards } = this.#savepoints[at]!;
    this.#savepoints.length = at + 1;
    const until = this.#replay.findLastIndex(({ savepoint }) => savepoint === name);
    this.#replay.length = until + 1;
    this.#failed = false;
    this.settings.rollbackTo(name);
    for (const [shard, { server }] of this.#branches) {
      if (shards.has(shard)) this.#noteSettings(server);
    }
  }

  /** A statement failed: an explicit block is aborted. */
  fail(): void {
    if (this.#mode !== 'none') this.#failed = true;
  }

  /** The settings were changed by a statement that ran on every open branch. */
  settingsApplied(): void {
    for (const { server } of this.#branches.values()) this.#noteSettings(server);
  }

  /** RESET ran on every open branch (null: RESET ALL, or DISCARD ALL without `keepRole`): there
   *  the server's own value is in force, which need not be the session's startup value. */
  settingReset(name: string | null, keepRole: boolean): void {
    for (const { server } of this.#branches.values()) {
      const settings = new Map(name === null ? [] : server.settings);
      const kept = keepRole && name === null ? ['role', 'session_authorization'] : [];
      for (const one of kept) {
        const sql = server.settings.get(one);
        if (sql !== undefined) settings.set(one, sql);
      }
      if (name !== null) settings.delete(name);
      if (name === 'session_authorization') settings.delete('role');
      server.settings = settings;
      server.settingsId = this.settings.registry.idOf(settings);
    }
  }

  /** Settings from here on are undone if the block, the server's or an implicit one, is rolled
   *  back. For a database of one shard, whose server follows the block itself. */
  blockBegan(): void {
    if (!this.settings.begin()) return;
    for (const branch of this.#branches.values()) {
      branch.settingsAtBegin = branch.server.settings;
      branch.settingsIdAtBegin = branch.server.settingsId;
    }
  }

  blockEnded(committed: boolean): void {
    this.#settle(committed);
  }

  /** What the server of a database of one shard says: it is the whole transaction. */
  followServer(server: ServerConnection): void {
    const status = server.transactionStatus;
    if (status === TransactionStatus.idle) this.#reset();
    else if (this.#mode !== 'implicit') this.#mode = 'explicit';
    this.#failed = status === TransactionStatus.failed;
  }

  /**
   * Ends the block on all branches. Answers true when it was committed: a failed block is rolled
   * back whatever was asked. Rejects with the ServerError that prevented the commit (all
   * branches are rolled back then) or `partialCommit`.
   */
  async end(commit: boolean): Promise<boolean> {
    const committed = commit && !this.#failed;
    try {
      if (committed) await this.#commitBranches();
      else await this.#onAll('ROLLBACK');
    } catch (error) {
      this.#settle(false);
      this.#reset();
      throw error;
    }
    this.#settle(committed);
    this.#reset();
    return committed;
  }

  /** Stops what runs now on every server held, and waiting for one: that ends with `why`. */
  cancel(why: ErrorEntry): void {
    this.#cluster.refuseWaiting(this, new PgError(why));
    for (const server of this.servers) {
      if (server.working) void cancelQuery(server);
    }
  }

  /** Gives all connections back to their pools. */
  release(): void {
    if (this.#branches.size === 0) return;
    for (const [shard, { server }] of this.#branches) this.#cluster.pools[shard]!.release(server);
    this.#branches.clear();
  }

  /** The client is gone: whatever is open is rolled back by the pool. */
  abandon(): void {
    this.#abandoned = true;
    this.#cluster.refuseWaiting(this, new PgError(errors.queryCanceled));
    this.release();
    this.#reset();
  }

  /** Forgets a branch whose connection is lost; a block it was part of cannot commit. */
  drop(server: ServerConnection): void {
    for (const [shard, branch] of this.#branches) {
      if (branch.server === server) this.#branches.delete(shard);
    }
    this.fail();
  }

  /** Ends an extended exchange that had no Sync yet, undoing what it did. */
  async abortExchange(server: ServerConnection): Promise<void> {
    server.openExchange = false;
    server.unnamed = null;
    server.send(failingExchange, 1);
    await readAnswers(server);
  }

  /** A statement of the block has failed: it is aborted on all branches, and what was locked since
   *  the last savepoint is free, as in PostgreSQL. */
  async failServers(): Promise<void> {
    for (const server of this.servers) {
      if (server.transactionStatus !== TransactionStatus.inTransaction) continue;
      if (!server.closed && server.readyDue === 0) await this.abortExchange(server);
    }
  }

  async #commitBranches(): Promise<void> {
    if (this.#branches.size > 1) {
      // Deferred constraints speak up before the first branch commits.
      try {
        await this.#onAll('SET CONSTRAINTS ALL IMMEDIATE');
      } catch (error) {
        await this.#onAll('ROLLBACK').catch(() => {});
        throw error;
      }
    }
    const shards = [...this.#branches.keys()];
    const results = await Promise.allSettled(
      shards.map(shard => runCommand(this.#branches.get(shard)!.server, 'COMMIT')),
    );
    const failed = shards.filter((_, i) => results[i]!.status === 'rejected');
    if (failed.length === 0) return;
    const first = results.find(result => result.status === 'rejected')!;
    if (failed.length === shards.length) throw first.reason;
    const committed = shards.filter(shard => !failed.includes(shard));
    throw new PgError(
      errors.partialCommit,
      { committed: committed.join(', '), failed: failed.join(', ') },
      { cause: first.reason, detail: String((first.reason as Error).message) },
    );
  }

  async #onAll(sql: string): Promise<void> {
    const isDone = (server: ServerConnection) => server.closed && sql === 'ROLLBACK';
    const results = await Promise.allSettled(
      this.servers.map(server => (isDone(server) ? undefined : runCommand(server, sql))),
    );
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  async #acquire(shard: number): Promise<ServerConnection> {
    const pool = this.#cluster.pools[shard]!;
    const server = await pool.acquire(this);
    if (this.#abandoned) {
      pool.release(server);
      throw new PgError(errors.queryCanceled);
    }
    this.#attach(shard, server);
    return server;
  }

  /** A connection that was lost between statements: in a block, all it did there is lost too. */
  #dropLost(): void {
    for (const { server } of this.#branches.values()) {
      if (!server.closed) continue;
      this.drop(server);
      if (this.#mode !== 'none') throw server.lostError('the server closed the connection');
    }
  }

  #attach(shard: number, server: ServerConnection): void {
    this.#branches.set(shard, {
      server,
      settingsAtBegin: server.settings,
      settingsIdAtBegin: server.settingsId,
    });
  }

  async #prepareBranch(shard: number, server: ServerConnection): Promise<void> {
    try {
      await this.#applySettings(server);
      const branch = this.#branches.get(shard);
      if (branch !== undefined) {
        branch.settingsAtBegin = server.settings;
        branch.settingsIdAtBegin = server.settingsId;
      }
      if (this.#mode === 'none') return;
      await runCommand(server, this.#beginSql);
      for (const { sql } of this.#replay) await runCommand(server, sql);
    } catch (error) {
      if (this.#branches.delete(shard)) this.#cluster.pools[shard]!.release(server);
      throw error;
    }
  }

  async #applySettings(server: ServerConnection): Promise<void> {
    if (server.settingsId === this.settings.id) return;
    const sql = settingsDifference(server, this.settings.current);
    if (sql !== null) {
      try {
        await runCommand(server, sql);
      } catch (error) {
        server.dirty ??= 'settings of unknown state';
        throw error;
      }
    }
    this.#noteSettings(server);
  }

  #noteSettings(server: ServerConnection): void {
    server.settings = this.settings.current;
    server.settingsId = this.settings.id;
  }

  /** The session's and the branches' settings after the end of the block. */
  #settle(committed: boolean): void {
    const wasOpen = this.settings.end(committed);
    if (committed || !wasOpen) return;
    for (const { server, settingsAtBegin, settingsIdAtBegin } of this.#branches.values()) {
      server.settings = settingsAtBegin;
      server.settingsId = settingsIdAtBegin;
    }
  }

  #reset(): void {
    this.ended += 1;
    this.#mode = 'none';
    this.#failed = false;
    this.#replay = [];
    this.#savepoints = [];
    this.#beginSql = 'BEGIN';
  }
}
