// Which functions of a database may leave something behind on their connection (a setting, a lock,
// a temporary table), and which relations call one when they are used: by what their texts say.

import type { Stateful } from '../catalog/catalog.ts';
import { mayLeaveState, statefulFunctions } from '../sql/procedure-text.ts';

type Row = readonly (string | null)[];

/** OIDs of set_config and of the session-level advisory locks (pg_proc.dat): rules keep calls by
 *  number, and pg_depend does not know functions that initdb made. */
const builtins = '2078|288[0-3]|3089|309[0-2]|1598';

export const statefulQueries = {
  /** name, language, text of volatile functions that PostgreSQL does not bring. The body of a
   *  function in standard SQL (BEGIN ATOMIC) is not in prosrc. */
  functionTexts: `SELECT p.proname, l.lanname,
      CASE WHEN p.prosrc = '' AND l.lanname = 'sql' THEN pg_catalog.pg_get_functiondef(p.oid)
        ELSE p.prosrc END
    FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
      JOIN pg_catalog.pg_language l ON l.oid = p.prolang
    WHERE p.provolatile = 'v' AND p.prokind IN ('f', 'p')
      AND n.nspname NOT IN ('pg_catalog', 'information_schema')`,

  /** Relation, name of a function that its triggers, rules, policies, defaults or constraints call;
   *  no name: it may call one of PostgreSQL's own that leave something behind. */
  functionsBehind: `SELECT t.tgrelid, p.proname
    FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
    WHERE NOT t.tgisinternal
    UNION
    SELECT x.relation, p.proname
    FROM (SELECT 'pg_catalog.pg_attrdef'::regclass, oid, adrelid FROM pg_catalog.pg_attrdef
        UNION ALL SELECT 'pg_catalog.pg_constraint'::regclass, oid, conrelid
        FROM pg_catalog.pg_constraint WHERE conrelid <> 0
        UNION ALL SELECT 'pg_catalog.pg_rewrite'::regclass, oid, ev_class
        FROM pg_catalog.pg_rewrite
        UNION ALL SELECT 'pg_catalog.pg_policy'::regclass, oid, polrelid
        FROM pg_catalog.pg_policy) x (class, object, relation)
      JOIN pg_catalog.pg_depend d ON d.classid = x.class AND d.objid = x.object
        AND d.refclassid = 'pg_catalog.pg_proc'::regclass
      JOIN pg_catalog.pg_proc p ON p.oid = d.refobjid
    UNION
    SELECT r.ev_class, NULL FROM pg_catalog.pg_rewrite r
    WHERE r.ev_class >= 16384 AND r.ev_action::text ~ ':funcid (${builtins})\\M'`,
} as const;

type StatefulRows = { readonly [name in keyof typeof statefulQueries]: readonly Row[] };

/** Languages whose functions share nothing but the database; `c` and `internal` are judged by
 *  name. Others (PL/Perl, PL/Python, PL/v8 …) keep variables for the session. */
const judgedByText = new Set(['sql', 'plpgsql']);
const judgedByName = new Set(['c', 'internal']);

/** `parents`: tables that each relation is a partition or child of. */
export function readStateful(
  rows: StatefulRows,
  parents: ReadonlyMap<number, readonly number[]>,
): Stateful {
  const functions = new Set<string>();
  const judged = rows.functionTexts.map(([name, language, text]) => ({
    name: name ?? '',
    language: language ?? '',
    text: text ?? '',
  }));
  // Until no function calls one that was found later.
  for (let before = -1; before !== functions.size; ) {
    before = functions.size;
    for (const { name, language, text } of judged) {
      if (!functions.has(name) && isStateful(name, language, text, functions)) functions.add(name);
    }
  }
  const relations = new Set<number>();
  for (const [oid, name] of rows.functionsBehind) {
    const found = name === null || name === undefined || functions.has(name);
    if (found) addWithParents(relations, Number(oid), parents);
  }
  return { functions, relations };
}

function isStateful(
  name: string,
  language: string,
  text: string,
  known: ReadonlySet<string>,
): boolean {
  if (judgedByName.has(language)) return statefulFunctions.has(name);
  // A name that a text spells in other letters than the catalog is quoted there as it is.
  const calls = (word: string) => known.has(word);
  return judgedByText.has(language) ? mayLeaveState(text, calls) : true;
}

/** A write to a parent fires the triggers of its children. */
function addWithParents(
  relations: Set<number>,
  oid: number,
  parents: ReadonlyMap<number, readonly number[]>,
): void {
  if (relations.has(oid)) return;
  relations.add(oid);
  for (const parent of parents.get(oid) ?? []) addWithParents(relations, parent, parents);
}
