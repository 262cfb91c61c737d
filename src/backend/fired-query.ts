// The queries that read what writing a table fires (triggers, rules, ON DELETE and ON UPDATE of
// foreign keys), and the pure step from their rows to facts of tables.

import type { Cascade, CascadeAction, Fired, ProcedureBody, WriteEvent } from '../catalog/fired.ts';
import { wordsOf } from '../sql/procedure-text.ts';
import type { PrintedTexts } from './printed-query.ts';

type Row = readonly (string | null)[];

export const firedQueries = {
  /** oid, relation, name, type (pg_trigger.h), whether it has a condition, transition tables, and of
   *  the function oid, schema, name and language. Those of foreign keys and of deferred unique
   *  constraints are PostgreSQL's own; a partition has its own of its parent's. */
  triggers: `SELECT t.oid, t.tgrelid, t.tgname, t.tgtype, t.tgqual IS NOT NULL,
      t.tgoldtable, t.tgnewtable, p.oid, n.nspname, p.proname, l.lanname
    FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
      JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
      JOIN pg_catalog.pg_language l ON l.oid = p.prolang
    WHERE t.tgenabled <> 'D' AND NOT (n.nspname = 'pg_catalog'
      AND p.proname ~ '^(RI_FKey_|unique_key_recheck$)')`,

  /** oid, relation, name, event (2 UPDATE, 3 INSERT, 4 DELETE). */
  rules: `SELECT r.oid, r.ev_class, r.rulename, r.ev_type
    FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_class c ON c.oid = r.ev_class
    WHERE r.oid >= 16384 AND r.ev_type <> '1' AND r.ev_enabled <> 'D' AND c.relkind IN ('r', 'p')`,

  /** Relation that is referred to, foreign key, relation that refers, names of its columns as JSON,
   *  ON DELETE, ON UPDATE, names of the columns that they refer to as JSON. */
  cascades: `SELECT k.confrelid, k.conname, k.conrelid,
      (SELECT json_agg(a.attname ORDER BY p.position)
        FROM unnest(k.conkey) WITH ORDINALITY p (attnum, position)
          JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = p.attnum),
      k.confdeltype, k.confupdtype,
      (SELECT json_agg(a.attname ORDER BY p.position)
        FROM unnest(k.confkey) WITH ORDINALITY p (attnum, position)
          JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = p.attnum)
    FROM pg_catalog.pg_constraint k
    WHERE k.contype = 'f' AND (k.confdeltype IN ('c', 'n', 'd') OR k.confupdtype IN ('c', 'n', 'd'))
    ORDER BY k.confrelid, k.conname, k.conrelid`,
} as const;

type FiredRows = { readonly [name in keyof typeof firedQueries]: readonly Row[] } & {
  /** oid, name, language, text, schema, parameters, settings, result. */
  readonly functionTexts: readonly Row[];
};

export interface FiredFacts {
  /** By the OID of the table. */
  readonly triggers: ReadonlyMap<number, readonly Fired[]>;
  readonly cascades: ReadonlyMap<number, readonly Cascade[]>;
  readonly bodies: ReadonlyMap<string, readonly ProcedureBody[]>;
}

export function readFired(rows: FiredRows, printed: PrintedTexts): FiredFacts {
  const texts = new Map(rows.functionTexts.map(row => [row[0], row]));
  const triggers = new Map<number, Fired[]>();
  const add = (table: string | null | undefined, one: Fired) => {
    const all = triggers.get(Number(table));
    if (all === undefined) triggers.set(Number(table), [one]);
    else all.push(one);
  };
  for (const row of rows.triggers) add(row[1], triggerOf(row, texts.get(row[7] ?? ''), printed));
  for (const row of rows.rules) add(row[1], ruleOf(row, printed));
  return {
    triggers,
    cascades: cascadesOf(rows.cascades),
    bodies: reachable(triggers, rows.functionTexts),
  };
}

/** pg_trigger.h: TRIGGER_TYPE_ROW to TRIGGER_TYPE_TRUNCATE. */
const [forRow, isBefore] = [1, 2];
const eventBits: readonly (readonly [number, WriteEvent])[] = [
  [4, 'insert'],
  [8, 'delete'],
  [16, 'update'],
  [32, 'truncate'],
];

function triggerOf(row: Row, text: Row | undefined, printed: PrintedTexts): Fired {
  const [oid, , name, type, conditional, oldTable, newTable, , schema, called, language] = row;
  const bits = Number(type);
  const condition = printed.triggers.get(Number(oid)) ?? null;
  return {
    kind: 'trigger',
    name: name ?? '',
    events: new Set(eventBits.flatMap(([bit, event]) => ((bits & bit) === 0 ? [] : event))),
    before: (bits & isBefore) !== 0,
    perRow: (bits & forRow) !== 0,
    condition,
    unread: conditional === 't' && condition === null,
    transitions: [oldTable, newTable].filter(one => one !== null && one !== undefined),
    body:
      text === undefined
        ? {
            ...{ schema: schema ?? '', name: called ?? '', language: language ?? '' },
            ...{ text: '', parameters: '', result: 'trigger', settings: [] },
          }
        : bodyOf(text),
  };
}

/** CmdType of nodes.h. */
const ruleEvents: Readonly<Record<string, WriteEvent>> = { 2: 'update', 3: 'insert', 4: 'delete' };

function ruleOf([oid, , name, type]: Row, printed: PrintedTexts): Fired {
  const event = ruleEvents[type ?? ''];
  return {
    kind: 'rule',
    name: name ?? '',
    events: new Set(event === undefined ? [] : [event]),
    definition: printed.rules.get(Number(oid)) ?? null,
  };
}

const actions: Readonly<Record<string, CascadeAction>> = { c: 'cascade', n: 'set', d: 'set' };

function cascadesOf(rows: readonly Row[]): ReadonlyMap<number, readonly Cascade[]> {
  const read = ([, name, table, columns, onDelete, onUpdate, target]: Row): Cascade => ({
    name: name ?? '',
    table: Number(table),
    columns: JSON.parse(columns ?? '[]') as string[],
    targetColumns: JSON.parse(target ?? '[]') as string[],
    onDelete: actions[onDelete ?? ''] ?? 'none',
    onUpdate: actions[onUpdate ?? ''] ?? 'none',
  });
  const groups = Map.groupBy(rows, row => Number(row[0]));
  return new Map([...groups].map(([oid, some]) => [oid, some.map(read)]));
}

function bodyOf([
  ,
  name,
  language,
  text,
  schema,
  parameters,
  settings,
  result,
]: Row): ProcedureBody {
  return {
    schema: schema ?? '',
    name: name ?? '',
    language: language ?? '',
    text: text ?? '',
    parameters: parameters ?? '',
    result: result ?? 'void',
    settings: JSON.parse(settings ?? 'null') ?? [],
  };
}

/** Functions that are named, as words, in what fires, or in another that is. */
function reachable(
  triggers: ReadonlyMap<number, readonly Fired[]>,
  rows: readonly Row[],
): ReadonlyMap<string, readonly ProcedureBody[]> {
  const found = new Map<string, readonly ProcedureBody[]>();
  if (triggers.size === 0) return found;
  const byName = Map.groupBy(rows, row => (row[1] ?? '').toLowerCase());
  const seen = new Set<string>();
  const texts = [...triggers.values()].flat().map(textOf);
  // An array goes on with what is added while it is walked.
  for (const text of texts) {
    for (const word of wordsOf(text)) {
      if (seen.has(word)) continue;
      seen.add(word);
      for (const row of byName.get(word) ?? []) {
        const body = bodyOf(row);
        found.set(body.name, [...(found.get(body.name) ?? []), body]);
        texts.push(body.text);
      }
    }
  }
  return found;
}

function textOf(one: Fired): string {
  if (one.kind === 'rule') return one.definition ?? '';
  return `${one.body.text} ${one.condition ?? ''}`;
}
