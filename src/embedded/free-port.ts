// A TCP port of 127.0.0.1 that nobody listens on. Ports are taken from below the range that the
// kernel hands to outgoing connections (ip(7), ip_local_port_range), so that a server that is
// restarted finds its port again.

import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

const lowest = 15_000;
const highest = 32_000;
const attempts = 200;

/** `wanted` if it is free, else another one. It may be taken again before it is used. */
export async function freePort(wanted?: number): Promise<number> {
  if (wanted !== undefined && (await isFree(wanted))) return wanted;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const port = randomInt(lowest, highest);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port found between ${lowest} and ${highest}`);
}

/** Whether a listener can be opened on the port, on 127.0.0.1 and on all addresses. */
export async function isFree(port: number): Promise<boolean> {
  return (await canListen(port, '127.0.0.1')) && (await canListen(port, '0.0.0.0'));
}

function canListen(port: number, host: string): Promise<boolean> {
  return new Promise(resolve => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
