// Which shard is asked about PostgreSQL's own catalogs: the one whose OIDs clients are given for types
// and relations (`backend/shard-oids.ts`), so that they find what they look up. It has the sequences.

import { resolveFunctions } from '../catalog/catalog.ts';
import { fixedGroup, type KeyGroup } from '../plan/route.ts';
import type { ScopeBuilder } from '../sql/scope-builder.ts';

const catalogs = fixedGroup('pg_catalog', 0);
const sequences = fixedGroup('sequence', 0);

/** For a statement without keys of its own. Views of pg_catalog are mostly about what a server is
 *  doing: those are any shard's. */
export function catalogGroups({ relations }: ScopeBuilder): readonly KeyGroup[] {
  if (relations.some(one => one.target)) return [];
  const reads = relations.some(
    ({ table }) => table?.schema === 'pg_catalog' && table.kind === 'table',
  );
  return reads ? [catalogs] : [];
}

const sequenceCalls: ReadonlySet<string> = new Set(['nextval', 'setval']);

/** Of a query that asks sequences, or sets them, and reads no table: those of shard 0 are the
 *  sequences of the database (`plan-evaluated-insert.ts`). Empty: it is none. */
export function sequenceGroups(facts: ScopeBuilder): readonly KeyGroup[] {
  const { functions, relations } = facts;
  const { catalog, searchPath } = facts.input;
  if (facts.writingCtes.length > 0 || facts.insertTargets.size > 0) return [];
  if (relations.some(({ source }) => source !== 'function' && source !== 'subquery')) return [];
  const asks = functions.some(({ name, schema }) => {
    const meant = resolveFunctions(catalog, name, schema, searchPath);
    return sequenceCalls.has(name) && meant.every(one => one.schema === 'pg_catalog');
  });
  return asks ? [sequences] : [];
}

export function isSequenceCall(name: string): boolean {
  return sequenceCalls.has(name);
}
