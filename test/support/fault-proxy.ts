// A TCP proxy in front of a server that can fail in the ways networks do: it stops passing bytes
// without closing anything (a half-open connection), cuts connections with RST, or refuses them.

import net from 'node:net';

export interface FaultProxy {
  readonly host: string;
  readonly port: number;
  /** Connections that are open now. */
  readonly connections: number;
  /** From now on no byte passes, in either direction, on old and new connections. */
  freeze(): void;
  /** What was held back passes, and what comes. */
  thaw(): void;
  /** Cuts every connection (RST), as a firewall that forgot them does. */
  cut(): void;
  close(): Promise<void>;
}

export async function startFaultProxy(target: { host: string; port: number }): Promise<FaultProxy> {
  const open = new Set<net.Socket>();
  let frozen = false;
  const server = net.createServer(client => {
    const upstream = net.connect({ ...target, noDelay: true });
    client.setNoDelay(true);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(from);
      if (frozen) from.pause();
      from.on('data', (bytes: Buffer) => {
        if (!to.write(bytes)) from.pause();
      });
      to.on('drain', () => {
        if (!frozen) from.resume();
      });
      from.on('error', () => {});
      from.on('close', () => {
        open.delete(from);
        if (!frozen) to.destroy();
      });
    }
  });
  await new Promise<void>(resolve => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
  const cut = () => {
    for (const socket of [...open]) socket.resetAndDestroy();
  };
  return {
    host: '127.0.0.1',
    port: (server.address() as net.AddressInfo).port,
    get connections() {
      return open.size / 2;
    },
    freeze() {
      frozen = true;
      for (const socket of open) socket.pause();
    },
    thaw() {
      frozen = false;
      for (const socket of open) socket.resume();
    },
    cut,
    close() {
      cut();
      return new Promise(resolve => server.close(() => resolve()));
    },
  };
}
