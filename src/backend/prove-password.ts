// Whether a server takes a password: by logging in with it (passthrough_auth). A server that asks
// for none proves nothing.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { ServerError } from '../protocol/server-error.ts';
import type { ShardTarget } from './cluster.ts';
import { openServer } from './server-login.ts';

/** False: it is wrong, or there is no such user. Rejects as `openServer` does when the server
 *  did not say so. */
export async function provePassword(
  { address, login }: ShardTarget,
  user: string,
  password: string,
): Promise<boolean> {
  const secrets = {
    current: async () => [{ kind: 'plain', password } as const],
    refused: () => false,
  };
  const options = { ...login, connectAttempts: 1, passwordRequired: true };
  try {
    const server = await openServer({ ...address, user, secrets }, options);
    server.close();
    return true;
  } catch (error) {
    if (error instanceof PgError && error.id === errors.serverAuthFailed.id) {
      if (error.cause instanceof ServerError) return false;
    }
    throw error;
  }
}
