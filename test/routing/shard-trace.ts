// A TCP proxy in front of a shard that reads what PgPack sends: which statements the shard was
// asked to execute, whatever protocol they came by. So a test knows the shards of a statement
// without asking PgPack.

import net from 'node:net';
import type { DatabaseAddress } from '../support/cluster.ts';

export interface ShardTrace {
  /** The shard, by way of the proxy. */
  readonly address: DatabaseAddress;
  /** How often a statement was executed whose text contains `mark`. */
  executions(mark: string): number;
  /** Statements executed so far. */
  readonly executed: readonly string[];
  close(): Promise<void>;
}

export async function startShardTrace(target: DatabaseAddress): Promise<ShardTrace> {
  const executed: string[] = [];
  const open = new Set<net.Socket>();
  const proxy = net.createServer(client => {
    const server = net.connect({ host: target.host, port: target.port, noDelay: true });
    const reader = new RequestReader(executed);
    client.setNoDelay(true);
    client.on('data', (bytes: Buffer) => {
      reader.add(bytes);
      server.write(bytes);
    });
    server.on('data', bytes => client.write(bytes));
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      open.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        open.delete(socket);
        other.destroy();
      });
    }
  });
  await new Promise<void>(resolve => proxy.listen({ host: '127.0.0.1', port: 0 }, resolve));
  const { port } = proxy.address() as net.AddressInfo;
  return {
    address: { ...target, host: '127.0.0.1', port },
    executed,
    executions: mark => executed.filter(sql => sql.includes(mark)).length,
    close() {
      for (const socket of open) socket.destroy();
      return new Promise(resolve => proxy.close(() => resolve()));
    },
  };
}

/** Follows one connection's Query, Parse, Bind and Execute messages. */
class RequestReader {
  readonly #executed: string[];
  readonly #statements = new Map<string, string>();
  readonly #portals = new Map<string, string>();
  #pending: Buffer = Buffer.alloc(0);
  #started = false;

  constructor(executed: string[]) {
    this.#executed = executed;
  }

  add(bytes: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, bytes]);
    for (;;) {
      const typed = this.#started ? 1 : 0;
      if (this.#pending.length < typed + 4) return;
      const size = typed + this.#pending.readInt32BE(typed);
      if (this.#pending.length < size) return;
      const message = this.#pending.subarray(0, size);
      this.#pending = this.#pending.subarray(size);
      if (this.#started) this.#message(String.fromCharCode(message[0]!), message.subarray(5));
      // SSLRequest and GSSENCRequest have 8 bytes; a StartupMessage is longer.
      else this.#started = size > 8;
    }
  }

  #message(type: string, body: Buffer): void {
    const [first = '', second = ''] = body.toString('utf8').split('\0', 2);
    if (type === 'Q') this.#executed.push(first);
    else if (type === 'P') this.#statements.set(first, second);
    else if (type === 'B') this.#portals.set(first, this.#statements.get(second) ?? '');
    else if (type === 'E') this.#executed.push(this.#portals.get(first) ?? '');
  }
}
