// Which query says how a user of a database logs in (auth_query, known from PgBouncer and PgCat),
// and as whom it is run: keys of the database's entry before those of [general].

import type { DatabaseEntry } from './database-keys.ts';
import type { General } from './general-keys.ts';

export interface AuthQuerySettings {
  /** Two columns, the user's name and its stored password; `$1` is the name. */
  readonly sql: string;
  /** null: whoever the entry in [[databases]] names. */
  readonly user: string | null;
  readonly password: string | null;
  /** Name of the database on the server; null: the entry's own. */
  readonly database: string | null;
}

/** Needs a superuser, or a function SECURITY DEFINER instead. */
const defaultQuery =
  'SELECT rolname, rolpassword FROM pg_catalog.pg_authid WHERE rolname = $1 AND rolcanlogin ' +
  'AND (rolvaliduntil IS NULL OR rolvaliduntil > pg_catalog.now())';

/** Users that users.toml does not name can get into the database. */
export function admitsUnlisted(general: General, server: AuthKeys): boolean {
  return general.passthroughAuth !== 'disabled' || authQuerySettings(general, server) !== null;
}

type AuthKeys = Pick<DatabaseEntry, 'authQuery' | 'authUser' | 'authPassword' | 'authDbname'>;

/** null: users are those of users.toml. `server`: the first of the database's entries. */
export function authQuerySettings(general: General, server: AuthKeys): AuthQuerySettings | null {
  const query = server.authQuery ?? general.authQuery;
  const user = server.authUser ?? general.authUser;
  if (query === null && user === null) return null;
  return {
    sql: query ?? defaultQuery,
    user,
    // A password belongs to the user that is named beside it.
    password: server.authUser === null ? general.authPassword : server.authPassword,
    database: server.authDbname ?? general.authDbname,
  };
}
