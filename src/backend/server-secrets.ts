// Secrets for server logins that the configuration does not hold: what clients gave away when they
// logged in (`ServerSecret`), and tokens for Amazon RDS.

import { RdsTokens } from '../auth/rds-tokens.ts';
import type { ServerSecret } from '../auth/server-secret.ts';
import type { PoolSettings, User } from '../config/topology.ts';
import type { SecretSource, ServerAddress } from './server-address.ts';

export class ServerSecrets {
  readonly #learned = new Map<string, ServerSecret>();
  readonly #tokens = new RdsTokens();
  readonly #onRefused: (user: string, database: string) => void;

  /** `onRefused`: a server did not take what a client had proved to know. */
  constructor(onRefused: (user: string, database: string) => void) {
    this.#onRefused = onRefused;
  }

  /** A client proved itself with it. The latest is used. */
  learn(user: string, database: string, secret: ServerSecret): void {
    this.#learned.set(keyOf(user, database), secret);
  }

  knows(user: string, database: string): boolean {
    return this.#learned.has(keyOf(user, database));
  }

  forget(user: string, database: string): void {
    this.#learned.delete(keyOf(user, database));
  }

  /** null: what `settings` says of passwords is all there is. */
  sourceFor(user: User, database: string, settings: PoolSettings): SecretSource | null {
    const { serverUser, serverPasswords } = settings;
    if (user.serverAuth === 'rds_iam') return this.#signed(user.serverIamRegion);
    const isUsable = (password: string) => !password.startsWith('SCRAM-SHA-256$');
    // What a client knows is the password of its own name.
    if (serverPasswords.some(isUsable) || serverUser !== user.name) return null;
    const key = keyOf(user.name, database);
    return {
      current: async () => {
        const secret = this.#learned.get(key);
        return secret === undefined ? [] : [secret];
      },
      refused: () => {
        this.#learned.delete(key);
        this.#onRefused(user.name, database);
        return false;
      },
    };
  }

  #signed(region: string | null): SecretSource {
    const of = ({ host, port, user }: ServerAddress) => ({ host, port, user, region });
    return {
      current: async address => [{ kind: 'token', token: await this.#tokens.token(of(address)) }],
      refused: address => {
        this.#tokens.refused(of(address));
        return true;
      },
    };
  }
}

function keyOf(user: string, database: string): string {
  return JSON.stringify([user, database]);
}
