// The byte stream to a server: TCP or Unix socket, then TLS, asked for by SSLRequest or begun at
// once (protocol section "SSL Session Encryption"). Logins and cancel requests go over it.

import type { NetConnectOpts } from 'node:net';
import { sslRequest } from '../protocol/frontend-messages.ts';
import { Transport } from '../transport/transport.ts';
import type { ServerAddress, ServerTls } from './server-address.ts';

/** The host of a Unix socket is the directory it is in. */
function isLocal({ host }: ServerAddress): boolean {
  return host.startsWith('/');
}

/** Rejects with an Error that says why, after `timeoutMs` at the latest. TLS is never used on Unix
 *  sockets, as in libpq. */
export async function openTransport(address: ServerAddress, timeoutMs: number): Promise<Transport> {
  const untilMs = Date.now() + timeoutMs;
  const transport = await Transport.connect(connectOptions(address), timeoutMs);
  const tls = isLocal(address) ? null : (address.tls?.() ?? null);
  if (tls === null) return transport;
  const timer = setTimeout(
    () => transport.destroy(new Error(`no TLS handshake within ${timeoutMs} ms`)),
    Math.max(1, untilMs - Date.now()),
  );
  try {
    if (tls.direct || (await agreesToTls(transport, tls))) {
      await transport.startTlsClient(tls.options(address.host));
    }
    return transport;
  } catch (error) {
    transport.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function connectOptions(address: ServerAddress): NetConnectOpts {
  const { host, port } = address;
  return isLocal(address) ? { path: `${host}/.s.PGSQL.${port}` } : { host, port };
}

/** Asks for TLS; the answer is one byte, and nothing may follow it in clear (CVE-2021-23222). */
async function agreesToTls(transport: Transport, { required }: ServerTls): Promise<boolean> {
  const answer = await new Promise<number>((resolve, reject) => {
    transport.receiver = {
      onBytes(buffer, length) {
        if (length === 1) resolve(buffer[0]!);
        else reject(new Error('unencrypted data after the answer to the TLS request'));
      },
      onDrain() {},
      onClose: error => reject(error ?? new Error('the server closed the connection')),
    };
    transport.write(sslRequest());
  });
  if (answer === 0x53) return true;
  if (answer !== 0x4e) throw new Error('unexpected answer to the TLS request');
  if (!required) return false;
  throw new Error('the server does not support TLS, which tls_verify requires');
}
