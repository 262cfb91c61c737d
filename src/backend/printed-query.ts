// The texts of a database that PostgreSQL prints from its own trees: defaults and views, with every
// name qualified, so that they mean the same under any search path.

type Row = readonly (string | null)[];

/** Views that are longer are not looked through. */
const viewCharactersMax = 65_536;

/**
 * Relations that another transaction has locked against everybody, or waits to lock: to print a
 * text, PostgreSQL opens the relations in it (ruleutils.c), and the catalog must not wait for a
 * client that may be waiting for the catalog. What is in `l` is printed at the next reading.
 */
export const lockedRelations = `locked (relation) AS MATERIALIZED (
      SELECT l.relation FROM pg_catalog.pg_locks l
        JOIN pg_catalog.pg_database d ON d.oid = l.database
      WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock'
        AND d.datname = pg_catalog.current_database()
        AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid())`;

/** Whether relation `c`, or one that it reads as a view, directly or through others, is in there. */
export const isLocked = `EXISTS (
      WITH RECURSIVE read (relation) AS (
        SELECT c.oid
        UNION
        SELECT d.refobjid FROM read
          JOIN pg_catalog.pg_rewrite w ON w.ev_class = read.relation
          JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::regclass
            AND d.objid = w.oid AND d.refclassid = 'pg_catalog.pg_class'::regclass)
      SELECT FROM read JOIN locked ON locked.relation = read.relation)`;

/**
 * Names are left unqualified where the search path finds them (ruleutils.c, generate_relation_name
 * and its like), so the path is emptied for as long as the texts are printed and then put back:
 * each step reads from the one before it, which is the order in which they run. `true` ends both
 * settings with the transaction.
 */
function withoutSearchPath(select: string): string {
  return `WITH emptied (path, set) AS MATERIALIZED (
      SELECT s.path, pg_catalog.set_config('search_path', '', true)
      FROM (SELECT pg_catalog.current_setting('search_path') OFFSET 0) s (path)),
    ${lockedRelations},
    printed AS MATERIALIZED (${select})
    SELECT a.texts, pg_catalog.set_config('search_path', a.path, true)
    FROM (SELECT e.path, (SELECT pg_catalog.json_agg(p) FROM printed p) FROM emptied e OFFSET 0)
      a (path, texts)`;
}

export const printedQueries = {
  /** One row: a JSON array of objects. What: `default` of a column, of a `domain`, `bound` of a
   *  partition, `trigger` with a condition, `rule`, `view`; `locked`: texts are missing. */
  printed: withoutSearchPath(`
    SELECT 'default' AS what, d.adrelid::int8 AS oid, d.adnum AS num,
      pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS text
    FROM emptied CROSS JOIN pg_catalog.pg_attrdef d
      JOIN pg_catalog.pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
    WHERE a.attgenerated = '' AND NOT EXISTS (
      SELECT FROM locked WHERE locked.relation = d.adrelid)
    UNION ALL
    SELECT 'default', a.attrelid::int8, a.attnum, pg_catalog.format('nextval(%L::regclass)',
      pg_catalog.format('%I.%I', n.nspname, s.relname))
    FROM pg_catalog.pg_attribute a
      JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::regclass
        AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum AND d.deptype = 'i'
        AND d.classid = 'pg_catalog.pg_class'::regclass
      JOIN pg_catalog.pg_class s ON s.oid = d.objid AND s.relkind = 'S'
      JOIN pg_catalog.pg_namespace n ON n.oid = s.relnamespace
    WHERE a.attidentity <> ''
    UNION ALL
    SELECT 'domain', t.oid::int8, 0, pg_catalog.pg_get_expr(t.typdefaultbin, 0)
    FROM emptied CROSS JOIN pg_catalog.pg_type t WHERE t.typdefaultbin IS NOT NULL
    UNION ALL
    SELECT 'bound', c.oid::int8, 0, pg_catalog.pg_get_expr(c.relpartbound, c.oid)
    FROM emptied CROSS JOIN pg_catalog.pg_class c
    WHERE c.relispartition AND c.relkind IN ('r', 'p', 'f')
      AND NOT EXISTS (SELECT FROM locked WHERE locked.relation = c.oid)
    UNION ALL
    SELECT 'locked', locked.relation::int8, 0, '' FROM locked
    UNION ALL
    SELECT 'trigger', t.oid::int8, 0, pg_catalog.pg_get_triggerdef(t.oid)
    FROM emptied CROSS JOIN pg_catalog.pg_trigger t
    WHERE t.tgqual IS NOT NULL AND NOT EXISTS (
      SELECT FROM locked WHERE locked.relation = t.tgrelid)
    UNION ALL
    SELECT 'rule', r.oid::int8, 0, pg_catalog.pg_get_ruledef(r.oid)
    FROM emptied CROSS JOIN pg_catalog.pg_rewrite r
      JOIN pg_catalog.pg_class c ON c.oid = r.ev_class
    WHERE r.ev_type <> '1' AND r.oid >= 16384 AND c.relkind IN ('r', 'p') AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_depend d JOIN locked ON locked.relation = d.refobjid
      WHERE d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = r.oid)
    UNION ALL
    SELECT 'view', c.oid::int8, 0, pg_catalog.pg_get_viewdef(c.oid)
    FROM emptied CROSS JOIN pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'v' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
      AND n.nspname NOT LIKE 'pg\\_temp\\_%' AND NOT ${isLocked}`),

  /** Views that a write passes through to the one table behind them: no trigger, rule or security
   *  barrier stands in between (rewriteHandler.c, view_query_is_auto_updatable; 28: INSERT, UPDATE
   *  and DELETE). */
  writableViews: `WITH ${lockedRelations}
    SELECT c.oid FROM pg_catalog.pg_class c
    WHERE c.relkind = 'v' AND c.oid >= 16384
      AND CASE WHEN ${isLocked} THEN false
        ELSE pg_catalog.pg_relation_is_updatable(c.oid, false) & 28 = 28 END
      AND NOT coalesce(c.reloptions::text ~* 'security_barrier=(true|on|yes|1)', false)
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = c.oid)
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_rewrite r
        WHERE r.ev_class = c.oid AND r.ev_type <> '1')`,
} as const;

export interface PrintedTexts {
  /** Some are missing: their relations are locked. */
  readonly partial: boolean;
  /** By `columnKey`. */
  readonly defaults: ReadonlyMap<string, string>;
  /** By the OID of the domain. */
  readonly domains: ReadonlyMap<number, string>;
  /** By the OID of the partition. */
  readonly bounds: ReadonlyMap<number, string>;
  /** By the OID of the view. */
  readonly views: ReadonlyMap<number, string>;
  /** By the OID of the trigger. */
  readonly triggers: ReadonlyMap<number, string>;
  /** By the OID of the rule. */
  readonly rules: ReadonlyMap<number, string>;
}

export function columnKey(table: number, column: number): string {
  return `${table}.${column}`;
}

export function readPrinted(rows: readonly Row[]): PrintedTexts {
  const defaults = new Map<string, string>();
  const domains = new Map<number, string>();
  const bounds = new Map<number, string>();
  const views = new Map<number, string>();
  const triggers = new Map<number, string>();
  const rules = new Map<number, string>();
  const texts = JSON.parse(rows[0]?.[0] ?? '[]') as readonly {
    readonly what: 'default' | 'domain' | 'bound' | 'view' | 'trigger' | 'rule' | 'locked';
    readonly oid: number;
    readonly num: number;
    /** null: the object was dropped meanwhile. */
    readonly text: string | null;
  }[];
  let partial = false;
  for (const { what, oid, num, text } of texts) {
    partial ||= what === 'locked';
    if (text === null || text.length > viewCharactersMax) continue;
    if (what === 'default') defaults.set(columnKey(oid, num), text);
    else if (what === 'domain') domains.set(oid, text);
    else if (what === 'bound') bounds.set(oid, text);
    else if (what === 'trigger') triggers.set(oid, text);
    else if (what === 'rule') rules.set(oid, text);
    else if (what === 'view') views.set(oid, text.trim().replace(/;$/, ''));
  }
  return { partial, defaults, domains, bounds, views, triggers, rules };
}
