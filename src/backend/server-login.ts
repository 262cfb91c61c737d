// Opens a connection to a server and logs in: startup, authentication, up to the first
// ReadyForQuery (protocol section "Start-up").

import { ServerAuthenticationError, ServerAuthenticator } from '../auth/server-authenticator.ts';
import type { ServerSecret } from '../auth/server-secret.ts';
import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { timerMs } from '../common/timer.ts';
import { BackendScanner } from '../protocol/backend-scanner.ts';
import { startupMessage } from '../protocol/frontend-messages.ts';
import { Backend, headerBytes } from '../protocol/message-codes.ts';
import { ServerError, withSeverity } from '../protocol/server-error.ts';
import type { KeepAlive, Transport } from '../transport/transport.ts';
import { openTransport } from './open-transport.ts';
import type { SecretSource, ServerAddress } from './server-address.ts';
import { ServerConnection, type ServerIdentity } from './server-connection.ts';

export interface ServerLoginOptions {
  readonly connectTimeoutMs: number;
  readonly connectAttempts: number;
  readonly connectAttemptDelayMs: number;
  /** True: a server that lets us in without asking is refused; the login is to prove something. */
  readonly passwordRequired?: boolean;
  /** Sent in the startup packet: settings every connection of the pool has. */
  readonly parameters: ReadonlyMap<string, string>;
  readonly messageBytesMax: number;
  readonly preparedStatementsMax: number;
  readonly keepAlive: KeepAlive;
}

const protocolVersion = 3 << 16;

/** Rejects with PgError `serverUnavailable` or `serverAuthFailed`, or with the ServerError that
 *  the server answered the login with (too many connections, no such database …). */
export async function openServer(
  address: ServerAddress,
  options: ServerLoginOptions,
): Promise<ServerConnection> {
  let failure: unknown;
  for (let attempt = 0; attempt < Math.max(1, options.connectAttempts); attempt++) {
    if (attempt > 0)
      await new Promise(resolve => setTimeout(resolve, options.connectAttemptDelayMs));
    try {
      return await attemptLogin(address, options);
    } catch (error) {
      failure = error;
      if (isRefusal(error)) break;
    }
  }
  throw loginFailure(address, failure);
}

/** SQLSTATE class 28: the server knows us and does not let us in. */
function isRefusal(error: unknown): boolean {
  return error instanceof ServerError && error.sqlstate.startsWith('28');
}

async function attemptLogin(
  address: ServerAddress,
  options: ServerLoginOptions,
): Promise<ServerConnection> {
  const { secrets } = address;
  if (secrets === undefined) return loginWithAny(address, address.passwords, options);
  try {
    return await loginWithAny(address, await currentSecrets(address, secrets), options);
  } catch (error) {
    const refused = isRefusal(error) || error instanceof ServerAuthenticationError;
    if (!refused || !secrets.refused(address)) throw error;
    return loginWithAny(address, await currentSecrets(address, secrets), options);
  }
}

async function currentSecrets(
  address: ServerAddress,
  secrets: SecretSource,
): Promise<readonly ServerSecret[]> {
  try {
    return await secrets.current(address);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ServerAuthenticationError(reason, { cause: error });
  }
}

async function loginWithAny(
  address: ServerAddress,
  passwords: readonly (ServerSecret | string)[],
  options: ServerLoginOptions,
): Promise<ServerConnection> {
  let failure: unknown;
  for (const password of passwords.length > 0 ? passwords : [null]) {
    try {
      return await loginWith(address, password, options);
    } catch (error) {
      failure = error;
      if (!(error instanceof ServerError && error.sqlstate === '28P01')) break;
    }
  }
  throw failure;
}

function loginFailure(address: ServerAddress, failure: unknown): Error {
  const at = { shard: address.shard, address: `${address.host}:${address.port}` };
  const refused = failure instanceof ServerError && failure.sqlstate.startsWith('28');
  if (refused || failure instanceof ServerAuthenticationError) {
    const args = { ...at, user: address.user, reason: failure.message };
    return new PgError(errors.serverAuthFailed, args, { cause: failure });
  }
  // The end of our login is not the end of the client's session.
  if (failure instanceof ServerError) {
    return new ServerError(withSeverity(failure.response, 'ERROR'));
  }
  if (failure instanceof PgError) return failure;
  const reason = failure instanceof Error ? failure.message : String(failure);
  return new PgError(errors.serverUnavailable, { ...at, reason }, { cause: failure });
}

async function loginWith(
  address: ServerAddress,
  password: ServerSecret | string | null,
  options: ServerLoginOptions,
): Promise<ServerConnection> {
  const timeoutMs = timerMs(options.connectTimeoutMs);
  const untilMs = Date.now() + timeoutMs;
  const transport = await openTransport(address, timeoutMs);
  const timer = setTimeout(
    () => transport.destroy(new Error(`no login within ${timeoutMs} ms`)),
    Math.max(1, untilMs - Date.now()),
  );
  try {
    const parameters = new Map([
      ['user', address.user],
      ['database', address.database],
      ...options.parameters,
    ]);
    const { user } = address;
    const channel = { encrypted: transport.encrypted, certificate: transport.peerCertificate };
    const authenticator = new ServerAuthenticator({ user, password, channel });
    const identity = await login(transport, parameters, authenticator);
    if (options.passwordRequired && !authenticator.passwordWasAsked) {
      throw new ServerAuthenticationError('the server asked for no password');
    }
    transport.setKeepAlive(options.keepAlive);
    return new ServerConnection(address, transport, identity, options);
  } catch (error) {
    transport.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
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
