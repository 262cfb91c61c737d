// What sessions leave on server connections (`ServerConnection.dirty`), by the words that plans
// have for it (`StatementPlan.pinsSession`), and what becomes of it: DISCARD ALL drops settings,
// roles, temporary tables, cursors, prepared statements, LISTEN, advisory locks and sequences'
// state (discard.c). Whatever is not certainly among these costs the connection.

import type { ServerConnection } from './server-connection.ts';

/** The client went away in the middle of something. */
export const interrupted = 'interrupted';
/** The client had the connection for itself, and nothing is known to be left. */
export const sessionMode = 'session mode';

export const unreadable = 'a statement that PgPack could not read';

/** Of a function that was made past PgPack, or that there is not: then the statement fails. */
export const catalogLacks = ', which the catalog lacks';

const discarded = new Set([
  interrupted,
  sessionMode,
  'a temporary table',
  'DECLARE CURSOR',
  'EXECUTE',
  'LISTEN',
  'PREPARE',
  'UPDATE pg_settings',
  'settings of unknown state',
  'unknown prepared statements',
]);
const discardedForms =
  /^(function (set_config|pg_(try_)?advisory_lock(_shared)?)\(\)|(client_encoding|standard_conforming_strings) = .*|SET \w+ FROM CURRENT|SET with bytes .*)$/;

/** DISCARD ALL is enough. */
export function isDiscarded(construct: string): boolean {
  return discarded.has(construct) || discardedForms.test(construct);
}

/** Notes what was left, unless worse is noted already. */
export function leave(server: ServerConnection, construct: string): void {
  if (server.dirty === null || isDiscarded(server.dirty)) server.dirty = construct;
}

/** It stays although the statement failed: PostgreSQL does not take it back. A statement that
 *  PgPack cannot read and PostgreSQL refuses was a syntax error, most calls of a function that the
 *  catalog lacks are of none. */
export function survivesError(construct: string): boolean {
  if (construct === unreadable || construct.endsWith(catalogLacks)) return false;
  return !isDiscarded(construct) || construct.includes('advisory');
}
