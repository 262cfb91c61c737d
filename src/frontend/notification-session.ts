// What one client listens to, with PostgreSQL's transaction semantics, and the notifications that
// wait for it (src/backend/commands/async.c): LISTEN and UNLISTEN take effect at commit; what
// arrives goes out when the client is idle outside of a transaction block, judged by what it
// listens to then. The connection that listens is shared (`backend/notification-hub.ts`).

import type { NotificationHub, NotificationListener } from '../backend/notification-hub.ts';
import { type Notification, readNotification } from '../backend/notification-link.ts';
import type { ServerConnection } from '../backend/server-connection.ts';
import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { SessionEffect } from '../plan/statement-plan.ts';
import { headerBytes } from '../protocol/message-codes.ts';
import type { ClientTransaction } from '../transaction/client-transaction.ts';
import type { TransactionFollower } from '../transaction/session-settings.ts';
import type { Transport } from '../transport/transport.ts';

/** The session it belongs to. */
export interface NotificationOwner {
  readonly client: Transport;
  readonly transaction: ClientTransaction;
  /** As its BackendKeyData said. */
  readonly processId: number;
  readonly busy: boolean;
  readonly inTransaction: boolean;
  terminate(error: PgError): void;
}

export interface NotificationLimits {
  readonly channelsMax: number;
  /** Notifications that may wait for the client. */
  readonly waitingMax: number;
}

/** UNLISTEN * has no channel. */
interface Action {
  readonly kind: 'listen' | 'unlisten';
  readonly channel: string | null;
}

/** Bytes a client may leave unread before notifications wait here. */
const clientBacklogMax = 262_144;

/** Where channel and payload begin: behind header and process number. */
const textStart = headerBytes + 4;

export class SessionNotifications implements NotificationListener, TransactionFollower {
  readonly #owner: NotificationOwner;
  readonly #hub: NotificationHub;
  readonly #limits: NotificationLimits;
  /** Channels that the hub listens to for this client: `#active`, and those of LISTENs that have
   *  not committed yet. */
  readonly #held = new Set<string>();
  readonly #active = new Set<string>();
  /** LISTEN and UNLISTEN of the block that is open, in their order; null: none is. */
  #pending: Action[] | null = null;
  /** How many of `#pending` came before each savepoint. */
  #savepoints: { readonly name: string; readonly length: number }[] = [];
  #waiting: Notification[] = [];
  /** Why the session ends as soon as it is idle. */
  #failure: PgError | null = null;
  /** Connections whose notifications are surely this client's own. */
  #senders: readonly ServerConnection[] = [];

  constructor(owner: NotificationOwner, hub: NotificationHub, limits: NotificationLimits) {
    this.#owner = owner;
    this.#hub = hub;
    this.#limits = limits;
    owner.transaction.settings.follow(this);
  }

  /** It listens to something, or is about to. */
  get listening(): boolean {
    return this.#held.size > 0;
  }

  /** Before the client's own LISTEN goes to its server: resolves when the shared connections
   *  listen. Rejects with `tooManyChannels` or what kept them from it. */
  async prepare(channels: readonly string[]): Promise<void> {
    const fresh = [...new Set(channels)].filter(channel => !this.#held.has(channel));
    const limit = this.#limits.channelsMax;
    if (this.#held.size + fresh.length > limit)
      throw new PgError(errors.tooManyChannels, { limit });
    for (const channel of fresh) this.#held.add(channel);
    const results = await Promise.allSettled(fresh.map(channel => this.#hub.listen(this, channel)));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  /** A statement of the client succeeded. */
  follow(effect: SessionEffect): void {
    if (effect.kind === 'listen' || effect.kind === 'unlisten') this.#act(effect);
    else if (effect.kind === 'discard-all') this.#act({ kind: 'unlisten', channel: null });
  }

  begin(): void {
    this.#pending ??= [];
  }

  savepoint(name: string): void {
    this.#savepoints.push({ name, length: this.#pending?.length ?? 0 });
  }

  release(name: string): void {
    const at = this.#savepoints.findLastIndex(savepoint => savepoint.name === name);
    if (at >= 0) this.#savepoints.length = at;
  }

  rollbackTo(name: string): void {
    const at = this.#savepoints.findLastIndex(savepoint => savepoint.name === name);
    if (at < 0) return;
    if (this.#pending !== null) this.#pending.length = this.#savepoints[at]!.length;
    this.#savepoints.length = at + 1;
  }

  end(committed: boolean): void {
    const actions = this.#pending ?? [];
    this.#pending = null;
    this.#savepoints = [];
    if (committed) for (const action of actions) this.#apply(action);
  }

  /** Before what may commit a NOTIFY of this client: everything that others sent over the same
   *  connections has arrived then, so that what follows is its own. */
  async commitBegins(): Promise<void> {
    await this.#caughtUp();
    this.#senders = this.#owner.transaction.servers;
  }

  /** After it, while its connections are held, before ReadyForQuery: PostgreSQL sends a session its
   *  own notifications before that. */
  async commitEnded(): Promise<void> {
    if (this.#owner.transaction.mode !== 'none') return;
    await this.#caughtUp();
    this.#senders = [];
    this.#settle();
    this.#send();
  }

  onNotification(notification: Notification): void {
    if (this.#failure !== null) return;
    const limit = this.#limits.waitingMax;
    // Many may come at once.
    if (this.#waiting.length >= limit) this.deliver();
    if (this.#waiting.length >= limit) {
      this.#waiting = [];
      this.#failure = new PgError(errors.tooManyNotifications, { limit });
      return;
    }
    const { shard, processId, message } = notification;
    const shown = this.#shownProcessId(shard, processId);
    if (shown === processId) {
      this.#waiting.push(notification);
      return;
    }
    const copy = Buffer.from(message);
    copy.writeInt32BE(shown, headerBytes);
    this.#waiting.push({ ...notification, message: copy });
  }

  onNotificationsPause(): void {
    this.deliver();
  }

  onNotificationsLost(error: PgError): void {
    this.#held.clear();
    this.#active.clear();
    this.#waiting = [];
    this.#failure = error;
    this.deliver();
  }

  /** Sends what waits if now is the time; to be called whenever it may have come. */
  deliver(): void {
    const { busy, inTransaction } = this.#owner;
    if (busy || inTransaction) return;
    this.#senders = [];
    this.#settle();
    if (this.#failure === null) this.#send();
    if (this.#failure !== null) this.#owner.terminate(this.#failure);
  }

  /** The hub delivers it: where the client's own connection listens too, its copy is dropped. */
  hides(buffer: Buffer, start: number): boolean {
    return this.#held.size > 0 && this.#held.has(readNotification(buffer, start).channel);
  }

  /** The client is gone. */
  close(): void {
    this.#active.clear();
    this.#pending = null;
    this.#waiting = [];
    this.#settle();
  }

  /** Clients know themselves by the number in BackendKeyData, so that is what a client's own
   *  notifications say. Others come with the number of the server process, which pg_stat_activity
   *  shows, and never with the client's own: it would take them for echoes. */
  #shownProcessId(shard: number, processId: number): number {
    const own = this.#senders.some(
      server => server.processId === processId && server.address.shard === shard,
    );
    if (own) return this.#owner.processId;
    return processId === this.#owner.processId ? 0 : processId;
  }

  #act(action: Action): void {
    if (this.#pending === null) this.#apply(action);
    else this.#pending.push(action);
  }

  #apply({ kind, channel }: Action): void {
    if (channel === null) this.#active.clear();
    else if (kind === 'unlisten') this.#active.delete(channel);
    else if (this.#held.has(channel)) this.#active.add(channel);
  }

  /** Gives back the channels of UNLISTENs that committed, and of LISTENs that did not. */
  #settle(): void {
    for (const channel of this.#held) {
      if (this.#active.has(channel)) continue;
      this.#held.delete(channel);
      this.#hub.unlisten(this, channel);
    }
  }

  #send(): void {
    const { client } = this.#owner;
    if (this.#waiting.length === 0 || client.backlogBytes > clientBacklogMax) return;
    const due = this.#waiting.filter(({ channel }) => this.#active.has(channel));
    this.#waiting = [];
    const messages = due.map(({ message }) => message);
    if (messages.length === 0) return;
    this.#failure ??= this.#encodingFailure(messages);
    if (this.#failure !== null) return;
    client.write(messages.length === 1 ? messages[0]! : Buffer.concat(messages));
  }

  /** The shared connection speaks UTF-8. */
  #encodingFailure(messages: readonly Buffer[]): PgError | null {
    const encoding = this.#owner.transaction.settings.current.get('client_encoding');
    if (encoding === undefined || /utf-?8|unicode/i.test(encoding)) return null;
    const isAscii = (message: Buffer) => message.subarray(textStart).every(byte => byte < 0x80);
    if (messages.every(isAscii)) return null;
    const construct = 'a notification that is not ASCII, with client_encoding other than UTF8,';
    return new PgError(errors.unsupportedFatal, { construct });
  }

  /** A lost connection is told by `onNotificationsLost`. */
  async #caughtUp(): Promise<void> {
    await this.#hub.caughtUp().catch(() => {});
  }
}
