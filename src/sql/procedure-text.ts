// Whether the text of a procedure (a DO block, the body of a SQL or PL/pgSQL function) may leave
// something behind on its connection. It is not parsed: what looks like it counts, strings of
// dynamic SQL included, since a wrong yes costs a client its place in the pool for a while and a
// wrong no would show one client's state to another.

import type { StatefulNames } from '../catalog/catalog.ts';
import { dynamicTexts, nameHole, openHole } from './dynamic-sql.ts';

/** Functions of PostgreSQL and its extensions that leave something behind. */
export const statefulFunctions: ReadonlySet<string> = new Set([
  // tablefunc: these run a query given as text.
  'connectby',
  'crosstab',
  'crosstab2',
  'crosstab3',
  'crosstab4',
  'cursor_to_xml',
  'cursor_to_xmlschema',
  'database_to_xml',
  'database_to_xml_and_xmlschema',
  'dblink_connect',
  'dblink_connect_u',
  'dblink_open',
  'dblink_send_query',
  'pg_advisory_lock',
  'pg_advisory_lock_shared',
  'pg_backup_start',
  'pg_backup_stop',
  'pg_copy_logical_replication_slot',
  'pg_copy_physical_replication_slot',
  'pg_create_logical_replication_slot',
  'pg_create_physical_replication_slot',
  'pg_replication_origin_session_setup',
  'pg_start_backup',
  'pg_stop_backup',
  'pg_try_advisory_lock',
  'pg_try_advisory_lock_shared',
  // These run a query given as text, or read a view given by its name.
  'query_to_xml',
  'query_to_xml_and_xmlschema',
  'query_to_xmlschema',
  'schema_to_xml',
  'schema_to_xml_and_xmlschema',
  'table_to_xml',
  'table_to_xml_and_xmlschema',
  'ts_rewrite',
  'ts_stat',
  // pg_trgm
  'set_limit',
  'set_config',
  'setseed',
]);

/** Functions that answer with what sequences last gave on their connection. */
export const sequenceStateFunctions: ReadonlySet<string> = new Set(['currval', 'lastval']);

const wordPattern = /[a-z_\u0080-\uffff][\w$\u0080-\uffff]*/gi;
const plainWord = /^[a-z_\u0080-\uffff][\w$\u0080-\uffff]*$/i;

/** Where a statement begins, also one in a string for EXECUTE. */
const statement =
  /(?:^|[;'"]|\$\w*\$|\b(?:begin|then|else|loop|as)\b)\s*(?:set|reset|listen|load|discard|prepare|deallocate)\b/i;
const temporary =
  /\b(?:create\s+(?:or\s+replace\s+)?(?:local\s+|global\s+)?|into\s+)temp(?:orary)?\b/gi;
const dropped = /\bon\s+commit\s+drop\b/gi;
const hold = /\bwith\s+hold\b/i;
const schema = /\bpg_temp\b/i;
/** Names in escapes. */
const escapedName = /\bu&"/i;
const writing = /\b(?:insert|update|delete|merge|truncate|copy)\b/i;
const giving = /\b(?:insert|copy|nextval|setval)\b/i;
const defining = /\b(?:create|alter|drop|grant|revoke|comment|refresh|reindex|into)\b/i;

/** A name that is known only when it runs, and behind it a parenthesis: a call, unless the word
 *  before says that columns follow. */
const namedCall = new RegExp(`(\\w+)?\\s+[\\w".]*${nameHole}[\\w".${nameHole}]*\\s*\\(`, 'gi');
const beforeColumns = /^(?:into|table|on|only|exists|references|as|constraint|key)$/i;

/** `names`: what leaves something behind in this database. */
export function mayLeaveState(text: string, names: StatefulNames): boolean {
  return mayLeave(text, names) || dynamicTexts(text).some(one => mayRunAnything(one, names));
}

function mayLeave(text: string, names: StatefulNames): boolean {
  const bare = text.replaceAll(/--[^\n]*|\/\*[\s\S]*?\*\//g, ' ');
  if (statement.test(text) || statement.test(bare)) return true;
  if (hold.test(text) || schema.test(text) || escapedName.test(text)) return true;
  const created = text.match(temporary)?.length ?? 0;
  if (created > (bare.match(dropped)?.length ?? 0)) return true;
  if (wordsOf(text).some(word => statefulFunctions.has(word))) return true;
  return mentions(text, names);
}

/** A procedure that asks for what sequences gave before it, on whoever's behalf: one that makes
 *  them give, or inserts, asks for its own. */
export function asksForeignSequence(text: string): boolean {
  return !givesSequence(text) && wordsOf(text).some(word => sequenceStateFunctions.has(word));
}

export function givesSequence(text: string): boolean {
  return giving.test(text);
}

export function isWriting(text: string): boolean {
  return writing.test(text);
}

export function isDefining(text: string): boolean {
  return defining.test(text);
}

/** Whether a text may name one of these, a write of a relation only where it writes at all. */
function mentions(text: string, names: StatefulNames): boolean {
  const writes = names.written.size > 0 && writing.test(text);
  if (names.definitions && defining.test(text)) return true;
  if (names.words.size > 0 || writes) {
    const found = wordsOf(text).some(
      word => names.words.has(word) || (writes && names.written.has(word)),
    );
    if (found) return true;
  }
  if (names.others.length === 0) return false;
  const lower = text.toLowerCase();
  return names.others.some(one => lower.includes(one));
}

/** Words as texts are compared by: in lower case, in quotes or not. */
export function wordsOf(text: string): string[] {
  return (text.match(wordPattern) ?? []).map(word => word.toLowerCase());
}

export function isPlainWord(name: string): boolean {
  return plainWord.test(name);
}

/** What EXECUTE runs. */
function mayRunAnything(text: string, names: StatefulNames): boolean {
  if (text.includes(openHole) || mayLeave(text, names)) return true;
  if (!text.includes(nameHole)) return false;
  if (names.relations) return true;
  return [...text.matchAll(namedCall)].some(([, before = '']) => !beforeColumns.test(before));
}
