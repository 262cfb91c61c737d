// The queries that compare the schemas of shards: a fingerprint of every object, and the facts of
// those whose fingerprints differ. OIDs are in neither: each server gives out its own. To be run
// with an empty search path, so that every name is qualified. PostgreSQL 13 to 18.

import type { SchemaFacts, SchemaObject } from '../catalog/schema-facts.ts';
import { isLocked, lockedRelations } from './printed-query.ts';

type Row = readonly (string | null)[];

export interface Fingerprint {
  readonly object: SchemaObject;
  /** Of what is the same on every version of PostgreSQL. */
  readonly facts: string;
  /** Of what PostgreSQL prints, which versions do differently; null: somebody has it locked. */
  readonly texts: string | null;
}

/** What decides the order of a collation, as text (columns of pg_collation and pg_database have
 *  changed their names: they are read through JSON). */
const collation = (json: string, collate: string) => `concat_ws(' ', ${json} ->> '${collate}',
  coalesce(${json} ->> 'colllocale', ${json} ->> 'colliculocale', ${json} ->> 'datlocale',
    ${json} ->> 'daticulocale'))`;

/** What a type of users' own consists of, one level deep. */
const shape = (type: string) => `CASE ${type}.typtype
    WHEN 'e' THEN (SELECT string_agg(quote_literal(o.enumlabel), ',' ORDER BY o.enumsortorder)
      FROM pg_enum o WHERE o.enumtypid = ${type}.oid)
    WHEN 'd' THEN format_type(${type}.typbasetype, ${type}.typtypmod)
    WHEN 'c' THEN (SELECT string_agg(concat_ws(' ', quote_ident(p.attname),
        format_type(p.atttypid, p.atttypmod)), ',' ORDER BY p.attnum)
      FROM pg_attribute p
      WHERE p.attrelid = ${type}.typrelid AND p.attnum > 0 AND NOT p.attisdropped) END`;

const columns = `(SELECT json_agg(json_build_object('name', a.attname,
      'type', format_type(a.atttypid, a.atttypmod),
      'shape', coalesce(${shape('t')}, ${shape('e')}),
      'collation', CASE WHEN a.attcollation = 0 THEN NULL
        WHEN l.collprovider = 'd' THEN (SELECT d.text FROM own d)
        ELSE concat_ws(' ', CASE l.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' END,
          ${collation('to_jsonb(l)', 'collcollate')},
          CASE WHEN NOT l.collisdeterministic THEN 'nondeterministic' END) END,
      'notNull', a.attnotnull,
      'generated', a.attgenerated <> '') ORDER BY a.attnum)
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
      LEFT JOIN pg_type e ON e.oid = t.typelem AND e.typarray = t.oid
      LEFT JOIN pg_collation l ON l.oid = a.attcollation
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind <> 'S')`;

/** By names: pg_get_indexdef() would wait for whoever has locked the table. */
const indexes = `(SELECT json_agg(json_build_object('name', x.relname, 'unique', i.indisunique,
      'on', (SELECT json_agg(coalesce(quote_ident(y.attname), 'an expression') ORDER BY k.position)
        FROM unnest(i.indkey::int2[]) WITH ORDINALITY k (attnum, position)
          LEFT JOIN pg_attribute y ON y.attrelid = i.indrelid AND y.attnum = k.attnum
            AND k.attnum <> 0
        WHERE k.position <= i.indnkeyatts),
      'partial', i.indpred IS NOT NULL, 'valid', i.indisvalid) ORDER BY x.relname)
    FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid WHERE i.indrelid = c.oid)`;

const texts = `CASE WHEN NOT ${isLocked} THEN json_build_object(
      'definition', CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END,
      'defaults', (SELECT json_object_agg(a.attname, pg_get_expr(d.adbin, d.adrelid)
          ORDER BY a.attnum)
        FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
        WHERE d.adrelid = c.oid),
      'policies', (SELECT json_agg(json_build_array(p.polname, p.polcmd, p.polpermissive,
          pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
          ORDER BY p.polname) FROM pg_policy p WHERE p.polrelid = c.oid)) END`;

const isUsers = (name: string) => `${name}.nspname NOT IN ('pg_catalog', 'information_schema')
    AND ${name}.nspname NOT LIKE 'pg\\_toast%' AND ${name}.nspname NOT LIKE 'pg\\_temp\\_%'`;

/** Objects with kind, schema, name, facts, texts. Functions that an extension brings are told by
 *  its version. */
const objects = `WITH own (text) AS MATERIALIZED (
      SELECT concat_ws(' ', CASE j.d ->> 'datlocprovider' WHEN 'i' THEN 'icu'
          WHEN 'b' THEN 'builtin' END, ${collation('j.d', 'datcollate')})
      FROM (SELECT to_jsonb(d) FROM pg_database d WHERE d.datname = current_database()) j (d)),
    ${lockedRelations},
    objects (kind, schema, name, facts, texts) AS (
      SELECT CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table'
          WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table'
          ELSE 'sequence' END, n.nspname, c.relname,
        json_build_object('columns', ${columns}, 'indexes', ${indexes},
          'rowSecurity', c.relrowsecurity, 'forced', c.relforcerowsecurity,
          'parents', (SELECT json_agg(p.relname ORDER BY p.relname)
            FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent WHERE i.inhrelid = c.oid)),
        ${texts}
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND ${isUsers('n')}
      UNION ALL
      SELECT 'function', n.nspname,
        concat(p.proname, '(', pg_get_function_identity_arguments(p.oid), ')'),
        json_build_object('result', format_type(p.prorettype, NULL), 'set', p.proretset,
          'volatility', p.provolatile, 'language', l.lanname, 'body', p.prosrc),
        json_build_object('definition', CASE WHEN p.prosrc = '' AND p.prokind <> 'a'
          THEN pg_get_functiondef(p.oid) END)
      FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        JOIN pg_language l ON l.oid = p.prolang
      WHERE ${isUsers('n')} AND NOT EXISTS (SELECT FROM pg_depend d
        WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
      UNION ALL
      SELECT 'extension', '', x.extname, json_build_object('version', x.extversion), '{}'::json
      FROM pg_extension x)`;

/** kind, schema, name, fingerprint of the facts, of the texts. */
export const fingerprintQuery = `${objects}
    SELECT kind, schema, name, hashtextextended(facts::text COLLATE "C", 0),
      hashtextextended(texts::text COLLATE "C", 0)
    FROM objects`;

/** kind, schema, name, facts, texts of these objects. */
export function factsQuery(wanted: readonly SchemaObject[]): string {
  const names = wanted.map(({ schema, name }) => `(${literal(schema)}, ${literal(name)})`);
  return `${objects}
    SELECT kind, schema, name, facts, texts FROM objects WHERE (schema, name) IN (${names.join()})`;
}

/** Backslashes are themselves in an E string only when doubled, whatever the server's setting. */
function literal(text: string): string {
  return `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

export function readFingerprints(rows: readonly Row[]): Fingerprint[] {
  return rows.map(row => ({ object: objectOf(row), facts: row[3] ?? '', texts: row[4] ?? null }));
}

export function readFacts(rows: readonly Row[]): SchemaFacts[] {
  return rows.map(row => ({
    object: objectOf(row),
    facts: JSON.parse(row[3] ?? '{}') as SchemaFacts['facts'],
    texts: JSON.parse(row[4] ?? 'null') as SchemaFacts['texts'],
  }));
}

function objectOf([kind, schema, name]: Row): SchemaObject {
  return { kind: kind ?? '', schema: schema ?? '', name: name ?? '' };
}
