// Opens a connection to a server and logs in: TLS, startup, authentication, up to the first
// ReadyForQuery (protocol section "Start-up").

import type { NetConnectOpts } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { ServerAuthenticationError, ServerAuthenticator } from '../auth/server-authenticator.ts';
import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { timerMs } from '../common/timer.ts';
import { BackendScanner } from '../protocol/backend-scanner.ts';
import { sslRequest, startupMessage } from '../protocol/frontend-messages.ts';
import { Backend, headerBytes } from '../protocol/message-codes.ts';
import { ServerError } from '../protocol/server-error.ts';
import { Transport } from '../transport/transport.ts';
import type { ServerAddress } from './server-address.ts';
import { ServerConnection, type ServerIdentity } from './server-connection.ts';

export interface ServerLoginOptions {
  readonly connectTimeoutMs: number;
  readonly connectAttempts: number;
  readonly connectAttemptDelayMs: number;
  readonly tls: ServerTls | null;
  /** Sent in the startup packet: settings every connection of the pool has. */
  readonly parameters: ReadonlyMap<string, string>;
  readonly messageBytesMax: number;
  readonly preparedStatementsMax: number;
  readonly keepAlive: boolean;
}

export interface ServerTls {
  /** False: a server without TLS is accepted (`tls_verify = "prefer"`). */
  readonly required: boolean;
  readonly options: (host: string) => ConnectionOptions;
}

const protocolVersion = 3 << 16;

export function connectOptions(address: ServerAddress): NetConnectOpts {
  return address.host.startsWith('/')
    ? { path: `${address.host}/.s.PGSQL.${address.port}` }
    : { host: address.host, port: address.port };
}

/** Rejects with PgError `serverUnavailable` or `serverAuthFailed`, or with the ServerError that
 *  the server answered the login with (too many connections, no such database …). */
export async function openServer(
  address: ServerAddress,
  options: ServerLoginOptions,
): Promise<ServerConnection> {
  const passwords = address.passwords.length > 0 ? address.passwords : [null];
  let failure: unknown;
  for (let attempt = 0; attempt < Math.max(1, options.connectAttempts); attempt++) {
    if (attempt > 0)
      await new Promise(resolve => setTimeout(resolve, options.connectAttemptDelayMs));
    for (const password of passwords) {
      try {
        return await attemptLogin(address, password, options);
      } catch (error) {
        failure = error;
        if (!(error instanceof ServerError && error.sqlstate === '28P01')) break;
      }
    }
    if (failure instanceof ServerError && failure.sqlstate.startsWith('28')) break;
  }
  throw loginFailure(address, failure);
}

function loginFailure(address: ServerAddress, failure: unknown): Error {
  const at = { shard: address.shard, address: `${address.host}:${address.port}` };
  const refused = failure instanceof ServerError && failure.sqlstate.startsWith('28');
  if (refused || failure instanceof ServerAuthenticationError) {
    const args = { ...at, user: address.user, reason: failure.message };
    return new PgError(errors.serverAuthFailed, args, { cause: failure });
  }
  if (failure instanceof ServerError || failure instanceof PgError) return failure;
  const reason = failure instanceof Error ? failure.message : String(failure);
  return new PgError(errors.serverUnavailable, { ...at, reason }, { cause: failure });
}

async function attemptLogin(
  address: ServerAddress,
  password: string | null,
  options: ServerLoginOptions,
): Promise<ServerConnection> {
  const transport = await Transport.connect(connectOptions(address), options.connectTimeoutMs);
  const timer = setTimeout(
    () => transport.destroy(new Error(`no login within ${options.connectTimeoutMs} ms`)),
    timerMs(options.connectTimeoutMs),
  );
  try {
    if (options.tls !== null && !address.host.startsWith('/')) {
      await startTls(transport, address, options.tls);
    }
    const parameters = new Map([
      ['user', address.user],
      ['database', address.database],
      ...options.parameters,
    ]);
    const identity = await login(
      transport,
      parameters,
      new ServerAuthenticator({ user: address.user, password }),
    );
    transport.setKeepAlive(options.keepAlive, 60_000);
    return new ServerConnection(address, transport, identity, options);
  } catch (error) {
    transport.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Asks for TLS; the answer is one byte, and nothing may follow it in clear (CVE-2021-23222). */
async function startTls(
  transport: Transport,
  address: ServerAddress,
  wanted: ServerTls,
): Promise<void> {
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
  if (answer === 0x53) return transport.startTlsClient(wanted.options(address.host));
  if (answer !== 0x4e) throw new Error('unexpected answer to the TLS request');
  if (wanted.required)
    throw new Error('the server does not support TLS, which tls_verify requires');
}

function login(
  transport: Transport,
  parameters: ReadonlyMap<string, string>,
  authenticator: ServerAuthenticator,
): Promise<ServerIdentity> {
  return new Promise((resolve, reject) => {
    const identity = {
      processId: 0,
      secret: Buffer.alloc(4),
      parameters: new Map<string, string>(),
    };
    const scanner = new BackendScanner(1_000_000);
    const sink = {
      onRows() {},
      onMessage(type: number, buffer: Buffer, start: number, end: number) {
        const body = Buffer.from(buffer.subarray(start + headerBytes, end));
        if (type === Backend.authentication) {
          authenticator
            .answer(body)
            .then(reply => reply !== null && transport.write(reply))
            .catch(reject);
        } else if (type === Backend.parameterStatus) {
          const [name, value] = body.toString('utf8').split('\0');
          identity.parameters.set(name!, value!);
        } else if (type === Backend.backendKeyData) {
          identity.processId = body.readInt32BE(0);
          identity.secret = body.subarray(4);
        } else if (type === Backend.error) {
          reject(new ServerError(Buffer.from(buffer.subarray(start, end))));
        } else if (type === Backend.readyForQuery) {
          resolve(identity);
        }
      },
    };
    transport.receiver = {
      onBytes(buffer, length) {
        try {
          scanner.feed(buffer, length, sink);
        } catch (error) {
          reject(error);
        }
      },
      onDrain() {},
      onClose: error => reject(error ?? new Error('the server closed the connection')),
    };
    transport.write(startupMessage(protocolVersion, parameters));
  });
}
