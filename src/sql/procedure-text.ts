// Whether the text of a procedure (a DO block, the body of a SQL or PL/pgSQL function) may leave
// something behind on its connection. It is not parsed: what looks like it counts, strings of
// dynamic SQL included, since a wrong yes costs a client its place in the pool for a while and a
// wrong no would show one client's state to another.

/** Functions of PostgreSQL and its extensions that leave something behind. */
export const statefulFunctions: ReadonlySet<string> = new Set([
  'cursor_to_xml',
  'dblink_connect',
  'dblink_connect_u',
  'dblink_open',
  'dblink_send_query',
  'pg_advisory_lock',
  'pg_advisory_lock_shared',
  'pg_backup_start',
  'pg_backup_stop',
  'pg_create_logical_replication_slot',
  'pg_create_physical_replication_slot',
  'pg_replication_origin_session_setup',
  'pg_try_advisory_lock',
  'pg_try_advisory_lock_shared',
  // These run a query given as text.
  'query_to_xml',
  'query_to_xml_and_xmlschema',
  'query_to_xmlschema',
  'ts_stat',
  // pg_trgm
  'set_limit',
  'set_config',
  'setseed',
]);

const wordPattern = /[a-z_\u0080-\uffff][\w$\u0080-\uffff]*/gi;

/** Where a statement begins, also one in a string for EXECUTE. */
const statement =
  /(?:^|[;'"]|\$\w*\$|\b(?:begin|then|else|loop|as)\b)\s*(?:set|reset|listen|load|discard|prepare)\b/i;
const temporary =
  /\b(?:create\s+(?:or\s+replace\s+)?(?:local\s+|global\s+)?|into\s+)temp(?:orary)?\b/gi;
const dropped = /\bon\s+commit\s+drop\b/gi;
const hold = /\bwith\s+hold\b/i;
const schema = /\bpg_temp\b/i;
/** EXECUTE of anything but a literal or a format() of one that names its statement. */
const dynamic = /\bexecute\b(?!\s+(?:format\s*\(\s*)?e?['$](?!%))/i;

/** `calls`: whether a function of that name (lower case) leaves something behind. */
export function mayLeaveState(text: string, calls: (name: string) => boolean): boolean {
  const bare = text.replaceAll(/--[^\n]*|\/\*[\s\S]*?\*\//g, ' ');
  if (statement.test(text) || statement.test(bare)) return true;
  if (hold.test(text) || schema.test(text)) return true;
  if (dynamic.test(text) || dynamic.test(bare)) return true;
  const created = text.match(temporary)?.length ?? 0;
  if (created > (bare.match(dropped)?.length ?? 0)) return true;
  return wordsOf(text).some(word => statefulFunctions.has(word) || calls(word));
}

function wordsOf(text: string): string[] {
  return (text.match(wordPattern) ?? []).map(word => word.toLowerCase());
}
