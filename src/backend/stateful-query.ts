// What of a database may leave something behind on a connection (a setting, a lock, a temporary
// table): functions by what their texts say, and whatever calls one when it is used, as the catalogs
// know it: triggers, rules, cascades, defaults, constraints, policies, domains, operators, casts.
// pg_depend does not know functions that initdb made: they are found by number in expressions.

import type { SequenceAskers, Stateful } from '../catalog/catalog.ts';
import { isPlainWord, sequenceStateFunctions, statefulFunctions } from '../sql/procedure-text.ts';
import { type Node, type NodeText, reach } from './stateful-graph.ts';

type Row = readonly (string | null)[];

const builtinNames = [...statefulFunctions, ...sequenceStateFunctions]
  .map(name => `'${name}'`)
  .join(', ');

/** ts_rewrite of three tsqueries runs nothing. */
const builtins = `SELECT oid, proname FROM pg_catalog.pg_proc
  WHERE pronamespace = 'pg_catalog'::regnamespace AND proname IN (${builtinNames})
    AND (proname <> 'ts_rewrite' OR pronargs = 2)`;

/** Objects below this number are initdb's (transam.h, FirstNormalObjectId). */
const own = 16384;

/** Of the objects behind a node their class and number: what pg_depend says of them holds for it.
 *  Nodes: f function, r relation that is used, w relation that is written, t type, o operator. */
const objects = `SELECT 'pg_catalog.pg_attrdef'::regclass AS class, oid AS object,
    'w' || adrelid AS node FROM pg_catalog.pg_attrdef
  UNION ALL SELECT 'pg_catalog.pg_constraint'::regclass, oid,
    CASE WHEN conrelid <> 0 THEN 'w' || conrelid ELSE 't' || contypid END
    FROM pg_catalog.pg_constraint
  UNION ALL SELECT 'pg_catalog.pg_trigger'::regclass, oid, 'w' || tgrelid
    FROM pg_catalog.pg_trigger WHERE NOT tgisinternal
  UNION ALL SELECT 'pg_catalog.pg_class'::regclass, indexrelid, 'w' || indrelid
    FROM pg_catalog.pg_index WHERE indexprs IS NOT NULL OR indpred IS NOT NULL
  UNION ALL SELECT 'pg_catalog.pg_class'::regclass, partrelid, 'w' || partrelid
    FROM pg_catalog.pg_partitioned_table WHERE partexprs IS NOT NULL
  UNION ALL SELECT 'pg_catalog.pg_policy'::regclass, oid, 'r' || polrelid
    FROM pg_catalog.pg_policy
  UNION ALL SELECT 'pg_catalog.pg_rewrite'::regclass, oid,
    CASE WHEN ev_type = '1' THEN 'r' ELSE 'w' END || ev_class FROM pg_catalog.pg_rewrite
  UNION ALL SELECT 'pg_catalog.pg_type'::regclass, oid, 't' || oid FROM pg_catalog.pg_type
  UNION ALL SELECT 'pg_catalog.pg_proc'::regclass, oid, 'f' || oid FROM pg_catalog.pg_proc`;

/** Node, expression as a tree. */
const trees = `SELECT 'w' || adrelid AS node, adbin::text AS tree FROM pg_catalog.pg_attrdef
  UNION ALL SELECT CASE WHEN conrelid <> 0 THEN 'w' || conrelid ELSE 't' || contypid END,
    conbin::text FROM pg_catalog.pg_constraint
  UNION ALL SELECT 'w' || tgrelid, tgqual::text FROM pg_catalog.pg_trigger
  UNION ALL SELECT 'w' || indrelid, concat(indexprs::text, indpred::text)
    FROM pg_catalog.pg_index WHERE indexprs IS NOT NULL OR indpred IS NOT NULL
  UNION ALL SELECT 'w' || partrelid, partexprs::text FROM pg_catalog.pg_partitioned_table
  UNION ALL SELECT 'r' || polrelid, concat(polqual::text, polwithcheck::text)
    FROM pg_catalog.pg_policy
  UNION ALL SELECT CASE WHEN ev_type = '1' THEN 'r' ELSE 'w' END || ev_class,
    concat(ev_qual::text, ev_action::text) FROM pg_catalog.pg_rewrite WHERE ev_class >= ${own}
  UNION ALL SELECT 't' || oid, typdefaultbin::text FROM pg_catalog.pg_type
  UNION ALL SELECT 'f' || oid, proargdefaults::text FROM pg_catalog.pg_proc WHERE oid >= ${own}`;

/** Columns of types that may be, or hold, a domain: those of a written table or of a row type. */
const columns = `FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
    JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
  WHERE a.attnum > 0 AND t.oid >= ${own} AND (t.typtype IN ('d', 'c', 'r', 'm') OR t.typelem <> 0)`;

export const statefulQueries = {
  /** oid, name, language, text, schema, parameters, settings (JSON) and result of what PostgreSQL does
   *  not bring, and of its own what counts by name. The body of a function in standard SQL (BEGIN
   *  ATOMIC) is not in prosrc. PL/pgSQL lets functions of any volatility call set_config(). */
  functionTexts: `SELECT p.oid, p.proname, l.lanname,
      CASE WHEN p.prosrc = '' AND l.lanname = 'sql' THEN pg_catalog.pg_get_functiondef(p.oid)
        ELSE p.prosrc END,
      n.nspname, pg_catalog.pg_get_function_arguments(p.oid),
      pg_catalog.to_json(p.proconfig), pg_catalog.pg_get_function_result(p.oid)
    FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
      JOIN pg_catalog.pg_language l ON l.oid = p.prolang
    WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')
    UNION ALL SELECT oid, proname, 'internal', '', 'pg_catalog', '', NULL, '' FROM (${builtins}) b`,

  /** Node, another that is used when it is. `any`: by statements that do not name it; `ddl`: by
   *  every definition. */
  statefulEdges: `SELECT x.node, CASE d.refclassid WHEN 'pg_catalog.pg_proc'::regclass THEN 'f'
        WHEN 'pg_catalog.pg_type'::regclass THEN 't'
        WHEN 'pg_catalog.pg_operator'::regclass THEN 'o' ELSE 'r' END || d.refobjid
    FROM (${objects}) x JOIN pg_catalog.pg_depend d ON d.classid = x.class AND d.objid = x.object
    WHERE x.object >= ${own} AND (d.refclassid IN ('pg_catalog.pg_proc'::regclass,
        'pg_catalog.pg_type'::regclass, 'pg_catalog.pg_operator'::regclass)
      OR d.refclassid = 'pg_catalog.pg_class'::regclass AND x.node NOT LIKE 't%'
        AND d.refobjid <> substr(x.node, 2)::oid)
    UNION SELECT t.node, 'f' || m.found[1] FROM (${trees}) t,
      LATERAL regexp_matches(t.tree, (SELECT ':funcid (' || string_agg(oid::text, '|') || ')\\M'
        FROM (${builtins}) b), 'g') m (found)
    UNION SELECT 'w' || r.ev_class, 'w' || d.refobjid
    FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_depend d
      ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = r.oid
    WHERE r.oid >= ${own} AND d.refclassid = 'pg_catalog.pg_class'::regclass
      AND d.refobjid <> r.ev_class
    UNION SELECT 'w' || tgrelid, 'f' || tgfoid FROM pg_catalog.pg_trigger WHERE NOT tgisinternal
    UNION SELECT 'w' || confrelid, 'w' || conrelid FROM pg_catalog.pg_constraint
    WHERE contype = 'f' AND (confdeltype IN ('c', 'n', 'd') OR confupdtype IN ('c', 'n', 'd'))
    UNION SELECT 'w' || a.attrelid, 't' || t.oid ${columns}
    UNION SELECT 't' || c.reltype, 't' || t.oid ${columns} AND c.reltype <> 0
    UNION SELECT 'o' || oid, 'f' || oprcode::oid FROM pg_catalog.pg_operator WHERE oid >= ${own}
    UNION SELECT 'f' || a.aggfnoid::oid, 'f' || part FROM pg_catalog.pg_aggregate a,
      unnest(ARRAY[aggtransfn::oid, aggfinalfn, aggcombinefn, aggserialfn, aggdeserialfn,
        aggmtransfn, aggminvtransfn, aggmfinalfn]) part
    WHERE a.aggfnoid >= ${own} AND part <> 0
    UNION SELECT 'any', 'f' || castfunc FROM pg_catalog.pg_cast WHERE oid >= ${own}
    UNION SELECT 'any', 'f' || amproc::oid FROM pg_catalog.pg_amproc WHERE oid >= ${own}
    UNION SELECT 'any', 'o' || amopopr FROM pg_catalog.pg_amop WHERE oid >= ${own}
    UNION SELECT 'ddl', 'f' || evtfoid FROM pg_catalog.pg_event_trigger
    WHERE evtenabled <> 'D' AND evtevent <> 'login'`,

  /** Node, name: types that statements name, and operators. */
  statefulNames: `SELECT 't' || t.oid, t.typname
    FROM pg_catalog.pg_type t LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
    WHERE t.oid >= ${own}
      AND (t.typtype IN ('d', 'r', 'm') OR t.typtype = 'c' AND c.relkind = 'c')
    UNION ALL SELECT 'o' || oid, oprname FROM pg_catalog.pg_operator WHERE oid >= ${own}`,

  /** Relations to whose rows sequences give values (1574: nextval). */
  sequenceUsers: `SELECT attrelid FROM pg_catalog.pg_attribute WHERE attidentity <> ''
    UNION SELECT adrelid FROM pg_catalog.pg_attrdef WHERE adbin::text ~ ':funcid 1574\\M'`,
} as const;

type StatefulRows = { readonly [name in keyof typeof statefulQueries]: readonly Row[] } & {
  /** oid, schema, name. */
  readonly relations: readonly Row[];
};

/** `any` is there for what is compared without being named: JOIN … USING, CASE. */
const comparisons = ['=', '<>', '<', '<=', '>', '>='];

/** `parents`: tables that each relation is a partition or child of. */
export function readStateful(
  rows: StatefulRows,
  parents: ReadonlyMap<number, readonly number[]>,
): Stateful {
  const names = new Map<Node, string>();
  for (const [oid, name] of rows.functionTexts) names.set(`f${oid}`, name ?? '');
  for (const [oid, , name] of rows.relations) {
    names.set(`r${oid}`, name ?? '');
    names.set(`w${oid}`, name ?? '');
  }
  for (const [node, name] of rows.statefulNames) names.set(node ?? '', name ?? '');
  const edges = rows.statefulEdges.map(([from, to]) => [from ?? '', to ?? ''] as const);
  // A write to a parent fires the triggers of its children.
  for (const [child, above] of parents) {
    for (const parent of above) edges.push([`w${parent}`, `w${child}`]);
  }
  const texts = rows.functionTexts.map(
    ([oid, name, language, text]): NodeText => ({
      node: `f${oid}`,
      name: name ?? '',
      language: language ?? '',
      text: text ?? '',
    }),
  );
  const graph = { names, edges, texts };
  const givers = new Set(rows.sequenceUsers.map(([oid]) => `w${oid}`));
  return {
    ...stateful(reach(graph, 'state', new Set()), names),
    askers: askers(reach(graph, 'sequences', givers), names),
  };
}

function stateful(
  reached: ReadonlySet<Node>,
  names: ReadonlyMap<Node, string>,
): Omit<Stateful, 'askers'> {
  const of = (kind: string) => namesOf(reached, kind, names);
  const [functions, types, operators] = [of('f'), of('t'), of('o')];
  const used = [...functions, ...types, ...of('r'), ...operators].map(name => name.toLowerCase());
  const written = of('w').map(name => name.toLowerCase());
  return {
    functions: new Set(functions),
    relations: oidsOf(reached, 'r'),
    written: oidsOf(reached, 'w'),
    types: new Set(types),
    operators: new Set(operators),
    anywhere: reached.has('any') || comparisons.some(one => operators.includes(one)),
    names: {
      words: new Set(used.filter(isPlainWord)),
      written: new Set(written.filter(isPlainWord)),
      others: [...new Set([...used, ...written])].filter(name => !isPlainWord(name)),
      relations: types.length > 0 || written.length > 0,
      definitions: reached.has('ddl'),
    },
  };
}

function askers(reached: ReadonlySet<Node>, names: ReadonlyMap<Node, string>): SequenceAskers {
  return {
    functions: new Set(namesOf(reached, 'f', names)),
    relations: oidsOf(reached, 'r'),
    written: oidsOf(reached, 'w'),
  };
}

function namesOf(
  reached: ReadonlySet<Node>,
  kind: string,
  names: ReadonlyMap<Node, string>,
): string[] {
  const found: string[] = [];
  for (const node of reached) {
    const name = node.startsWith(kind) ? names.get(node) : undefined;
    if (name !== undefined) found.push(name);
  }
  return found;
}

function oidsOf(reached: ReadonlySet<Node>, kind: string): Set<number> {
  const nodes = [...reached].filter(node => node.startsWith(kind));
  return new Set(nodes.map(node => Number(node.slice(1))));
}
