// Listening on one port by several sockets (SO_REUSEPORT of socket(7)): the kernel spreads
// connections over them. Linux, FreeBSD 12 and AIX have it, macOS and Windows do not.

import net from 'node:net';

/** Rejects when somebody listens there, which workers would not notice: sockets of one user may
 *  share a port. */
export async function assertPortFree(host: string, port: number): Promise<void> {
  await listenOnce({ host, port });
}

/** Rejects when the address cannot be listened on. */
export async function canReusePort(host: string): Promise<boolean> {
  try {
    await listenOnce({ host, port: 0, reusePort: true });
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTSUP' || code === 'ENOPROTOOPT' || code === 'EINVAL') return false;
    throw error;
  }
}

function listenOnce(options: net.ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(options, () => server.close(() => resolve()));
  });
}
