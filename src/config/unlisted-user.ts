// A user that users.toml does not name, let in by auth_query or passthrough_auth: every key has
// its default.

import { userKeys } from './database-keys.ts';
import type { User } from './topology.ts';

const unlisted = new WeakSet<User>();

/** Made by `unlistedUser`. */
export function isUnlisted(user: User): boolean {
  return unlisted.has(user);
}

export function unlistedUser(name: string, database: string): User {
  const defaults = Object.entries(userKeys).map(([property, key]) => {
    const value = key.default as unknown;
    return [property, typeof value === 'function' ? (value as () => unknown)() : value];
  });
  const {
    database: _,
    allDatabases: _all,
    password: _password,
    ...rest
  } = Object.fromEntries(defaults) as Record<string, unknown>;
  const user = { ...rest, name, databases: [database], passwords: [] } as unknown as User;
  unlisted.add(user);
  return user;
}
