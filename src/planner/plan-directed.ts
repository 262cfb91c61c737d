// A statement that goes to one shard whatever its keys are: by order of the client (a comment, a
// setting), or because its tables lie in schemas of that shard. It is planned as on a database of
// one shard and sent as it was written; what would make copies differ is refused.

import { isSystemSchema, resolveTable, type Table } from '../catalog/catalog.ts';
import { fixedGroup } from '../plan/route.ts';
import type { StatementPlan } from '../plan/statement-plan.ts';
import { shardOfDirective } from '../sql/directive-shard.ts';
import type { RangeVar, SyntaxNode } from '../sql/syntax-tree.ts';
import { walk } from '../sql/syntax-tree.ts';
import { firedRefusal } from './fired-writes.ts';
import { type PlanInput, refuse, refuseWide } from './plan-input.ts';

/** Plans for a database of `input.shardCount` shards, directives aside. */
type PlanPlainly = (input: PlanInput) => StatementPlan;

/**
 * The plan under `input.directive`; `usual` is the one without. Throws what is wrong with the
 * directive: `shardMissing`, `directiveUnmapped`, or what its key's type says of it.
 */
export function planDirected(
  input: PlanInput,
  usual: StatementPlan,
  planPlainly: PlanPlainly,
): StatementPlan {
  const { directive } = input;
  if (directive === undefined || directive === null) return usual;
  const { effect } = usual;
  if (effect?.kind === 'prepare' || effect?.kind === 'explain' || effect?.kind === 'declare') {
    return { ...usual, effect: { ...effect, sql: withComment(input, effect.sql) } };
  }
  if (effect?.kind === 'execute') {
    return { ...usual, effect: { ...effect, order: withComment(input, '') } };
  }
  // The session's own affairs are no shard's.
  if (effect !== null) return usual;
  const tables = tablesOf(input).filter(({ schema }) => !isSystemSchema(schema));
  // A key says nothing of a session's statements without tables: drivers ask for types.
  const idle = directive.kind === 'key' && input.ordered === 'setting' && tables.length === 0;
  if (idle && input.stmt.SelectStmt !== undefined) return usual;
  const shard = shardOfDirective(directive, input, tables);
  if (input.shardCount === 1) return usual;
  return onOneShard(input, shard, 'shard directive', planPlainly);
}

/** `why` completes "a write to … with a". */
export function onOneShard(
  input: PlanInput,
  shard: number,
  why: string,
  planPlainly: PlanPlainly,
): StatementPlan {
  const alone = planPlainly({ ...input, shardCount: 1 });
  const route = { groups: [fixedGroup(why, shard)] };
  const plan = { ...alone, route, groupless: 'any', wide: refuseWide(`a ${why}`) } as const;
  if (alone.pinsSession !== null) {
    return { ...plan, pinsSession: null, repeatable: false, wide: refuse(alone.pinsSession) };
  }
  const copy = writtenCopy(input);
  if (copy === null) {
    const refusal = firedRefusal(input);
    return refusal === null ? plan : { ...plan, wide: refusal };
  }
  const construct = `a write to omnisharded table "${copy}" with a ${why}`;
  return { ...plan, wide: refuse(construct, 'Copies on all shards must stay equal.') };
}

/** What is explained or prepared runs where its statement was to run. */
function withComment({ directive, ordered }: PlanInput, sql: string): string {
  if (directive === undefined || directive === null || ordered !== 'comment') return sql;
  if (sql.includes('/*') || sql.includes('--')) return sql;
  if (directive.kind === 'shard') return `/* pgdog_shard: ${directive.shard} */ ${sql}`;
  const quote = directive.value.includes('"') ? "'" : '"';
  return `/* pgdog_sharding_key: ${quote}${directive.value}${quote} */ ${sql}`;
}

/** Tables that the statement names, wherever it does; names of WITH queries find none. */
export function tablesOf(input: PlanInput): readonly Table[] {
  const tables = new Set<Table>();
  walk(input.stmt, value => {
    if (!('relname' in value && 'relpersistence' in value)) return true;
    const table = find(value as RangeVar, input);
    if (table !== null) tables.add(table);
    return true;
  });
  return [...tables];
}

/** The omnisharded table that the statement writes; null: none. */
function writtenCopy(input: PlanInput): string | null {
  for (const relation of writtenRelations(input.stmt)) {
    const table = find(relation, input);
    if (table === null) continue;
    if (isCopy(table, input)) return table.name;
    const base = table.kind === 'view' ? table.uses : [];
    const copy = base
      .map(oid => input.catalog.tablesByOid.get(oid))
      .find(one => isCopy(one, input));
    if (copy !== undefined) return copy.name;
  }
  return null;
}

/** Whole on every shard. */
function isCopy(table: Table | undefined, { scheme, schemas }: PlanInput): boolean {
  if (table === undefined || isSystemSchema(table.schema)) return false;
  if (schemas && schemas.shardOf(table.schema) !== null) return false;
  return (table.kind === 'table' || table.kind === 'partitioned') && scheme.keyOf(table) === null;
}

function writtenRelations(stmt: SyntaxNode): RangeVar[] {
  const written: RangeVar[] = [];
  const add = (relation: RangeVar | undefined) => {
    if (relation !== undefined) written.push(relation);
  };
  walk(stmt, value => {
    const node = value as SyntaxNode;
    const { InsertStmt, UpdateStmt, DeleteStmt, MergeStmt, CopyStmt, TruncateStmt } = node;
    for (const one of [InsertStmt, UpdateStmt, DeleteStmt, MergeStmt]) add(one?.relation);
    if (CopyStmt?.is_from) add(CopyStmt.relation);
    for (const one of TruncateStmt?.relations ?? []) add((one as SyntaxNode).RangeVar);
    return true;
  });
  return written;
}

function find(relation: RangeVar, { catalog, searchPath }: PlanInput): Table | null {
  if (relation.relname === undefined) return null;
  return resolveTable(catalog, relation.relname, relation.schemaname ?? null, searchPath);
}
