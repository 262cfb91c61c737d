// LISTEN for all clients of a database over one connection per shard: channels are counted, what
// comes is handed to whoever listens. A client's NOTIFY goes to shard 0; the other shards are
// listened to because triggers and functions there may notify as well.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { type LinkEvents, type Notification, NotificationLink } from './notification-link.ts';
import type { ServerConnection } from './server-connection.ts';

export interface NotificationListener {
  /** On a channel it listens to, or is about to. */
  onNotification(notification: Notification): void;
  /** Nothing more is to be had for now: time to send what came. */
  onNotificationsPause(): void;
  /** Notifications may have been lost: whoever listened has to know. */
  onNotificationsLost(error: PgError): void;
}

/** Opens a connection to every shard. */
type OpenLinks = () => Promise<ServerConnection[]>;

interface Channel {
  readonly listeners: Set<NotificationListener>;
  /** Every server has confirmed. */
  confirmed: boolean;
  readonly confirmation: Promise<void>;
}

/** Connections that nobody listens on are closed after this. */
const idleMs = 30_000;
/** How often a connection has to show that it is alive; twice as long it may stay silent. */
const heartbeatMs = 30_000;

export class NotificationHub implements LinkEvents {
  readonly #openServers: OpenLinks;
  readonly #channels = new Map<string, Channel>();
  readonly #touched = new Set<NotificationListener>();
  #links: NotificationLink[] = [];
  #opening: Promise<void> | null = null;
  #idleTimer: NodeJS.Timeout | null = null;
  #heartbeat: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(open: OpenLinks) {
    this.#openServers = open;
  }

  /** Resolves when every server has confirmed the LISTEN. Rejects with what prevented it. */
  async listen(listener: NotificationListener, name: string): Promise<void> {
    let channel = this.#channels.get(name);
    if (channel === undefined) {
      const confirmation = this.#begin(name);
      channel = { listeners: new Set(), confirmed: false, confirmation };
      this.#channels.set(name, channel);
    }
    channel.listeners.add(listener);
    try {
      await channel.confirmation;
      channel.confirmed = true;
    } catch (error) {
      if (this.#channels.get(name) === channel) this.#channels.delete(name);
      this.#closeWhenIdle();
      throw error;
    }
  }

  unlisten(listener: NotificationListener, name: string): void {
    const channel = this.#channels.get(name);
    if (channel === undefined || !channel.listeners.delete(listener)) return;
    if (channel.listeners.size > 0) return;
    this.#channels.delete(name);
    this.#closeWhenIdle();
    const stop = async () => {
      await channel.confirmation;
      if (!this.#channels.has(name)) await this.#onAll(`UNLISTEN ${quoted(name)}`);
    };
    // A connection that is lost listens to nothing.
    stop().catch(() => {});
  }

  /** Resolves when all notifications of transactions that have ended were handed out. */
  async caughtUp(): Promise<void> {
    await Promise.all(this.#links.map(link => link.caughtUp()));
  }

  /** Closes at once: those who listen learn that notifications may be lost. */
  cut(reason: string): void {
    if (this.#links.length > 0) this.#lose(reason);
  }

  /** Closes at once, without a word to those who listen. */
  destroy(): void {
    this.#closed = true;
    this.#channels.clear();
    this.#closeLinks();
  }

  onNotification(notification: Notification): void {
    const channel = this.#channels.get(notification.channel);
    if (channel === undefined) return;
    for (const listener of channel.listeners) {
      listener.onNotification(notification);
      this.#touched.add(listener);
    }
  }

  onPause(): void {
    if (this.#touched.size === 0) return;
    const touched = [...this.#touched];
    this.#touched.clear();
    for (const listener of touched) listener.onNotificationsPause();
  }

  onLinkLost(error: PgError): void {
    if (this.#links.length > 0) this.#lose(error.message);
  }

  #lose(reason: string): void {
    const listeners = new Set<NotificationListener>();
    for (const [name, channel] of this.#channels) {
      // Who still waits for the confirmation gets the error as the answer to LISTEN.
      if (!channel.confirmed) continue;
      for (const listener of channel.listeners) listeners.add(listener);
      this.#channels.delete(name);
    }
    this.#closeLinks();
    for (const listener of listeners) listener.onNotificationsLost(lost(reason));
  }

  async #begin(name: string): Promise<void> {
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer);
    this.#idleTimer = null;
    if (this.#links.length === 0) {
      this.#opening ??= this.#open().finally(() => {
        this.#opening = null;
      });
      await this.#opening;
    }
    if (this.#links.length === 0) throw lost('it was closed');
    await this.#onAll(`LISTEN ${quoted(name)}`);
  }

  async #open(): Promise<void> {
    const servers = await this.#openServers();
    if (this.#closed || servers.some(server => server.closed)) {
      for (const server of servers) server.close();
      throw lost('it was closed');
    }
    this.#links = servers.map(server => new NotificationLink(server, this));
    this.#heartbeat = setInterval(() => this.#beat(), heartbeatMs);
    this.#heartbeat.unref();
  }

  /** TCP does not tell of a host that is gone while nothing is sent to it. */
  #beat(): void {
    for (const link of this.#links) {
      const timer = setTimeout(() => link.destroy(), heartbeatMs);
      timer.unref();
      link.caughtUp().then(
        () => clearTimeout(timer),
        () => clearTimeout(timer),
      );
    }
  }

  async #onAll(sql: string): Promise<void> {
    await Promise.all(this.#links.map(link => link.run(sql)));
  }

  #closeWhenIdle(): void {
    if (this.#channels.size > 0 || this.#idleTimer !== null) return;
    this.#idleTimer = setTimeout(() => {
      this.#idleTimer = null;
      if (this.#channels.size === 0) this.#closeLinks();
    }, idleMs);
    this.#idleTimer.unref();
  }

  #closeLinks(): void {
    const links = this.#links;
    this.#links = [];
    if (this.#heartbeat !== null) clearInterval(this.#heartbeat);
    this.#heartbeat = null;
    for (const link of links) link.close();
  }
}

function lost(reason: string): PgError {
  return new PgError(errors.notificationsLost, { reason });
}

function quoted(channel: string): string {
  return `"${channel.replaceAll('"', '""')}"`;
}
