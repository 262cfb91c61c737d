// The Unix socket that clients on the same machine connect to: `.s.PGSQL.<port>` in a directory,
// as in src/backend/libpq/pqcomm.c (Lock_AF_UNIX, Setup_AF_UNIX).

import { chmodSync, chownSync, lstatSync, readFileSync, unlinkSync } from 'node:fs';
import net from 'node:net';

export interface LocalSocket {
  readonly directory: string;
  readonly port: number;
  /** Octal. */
  readonly mode: string;
  /** Name or number; null: that of the process. */
  readonly group: string | null;
}

/** UNIXSOCK_PATH_BUFLEN of src/include/libpq/pqcomm.h, without the zero byte. */
const pathBytesMax = 107;

/** Resolves with the path. Rejects when somebody listens there, or with the system's error. */
export async function listenLocally(server: net.Server, socket: LocalSocket): Promise<string> {
  const path = `${socket.directory}/.s.PGSQL.${socket.port}`;
  if (Buffer.byteLength(path) > pathBytesMax) {
    throw new Error(`Unix socket path "${path}" is too long (maximum ${pathBytesMax} bytes)`);
  }
  const group = socket.group === null ? null : groupId(socket.group);
  await removeStale(path);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ path, backlog: 4096 }, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
  try {
    if (group !== null) chownSync(path, -1, group);
    chmodSync(path, Number.parseInt(socket.mode, 8));
  } catch (error) {
    server.close();
    throw error;
  }
  return path;
}

/** A process that was killed leaves its socket behind: nobody answers there. */
async function removeStale(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw new Error(`"${path}" exists and is not a Unix socket`);
  const answered = await new Promise<boolean>(resolve => {
    const probe = net.connect({ path });
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });
  if (answered) throw new Error(`another server listens on the Unix socket "${path}"`);
  unlinkSync(path);
}

function groupId(group: string): number {
  if (/^\d+$/.test(group)) return Number(group);
  for (const line of readFileSync('/etc/group', 'utf8').split('\n')) {
    const [name, , id] = line.split(':');
    if (name === group && id !== undefined) return Number(id);
  }
  throw new Error(`unix_socket_group: group "${group}" does not exist`);
}
