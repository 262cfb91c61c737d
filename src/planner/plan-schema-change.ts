// DDL and maintenance: the same statement on every shard. What would move rows away from their
// sharding rule, or read rows that one shard alone does not have, is refused.

import { resolveTable, type Table } from '../catalog/catalog.ts';
import type { Refusal, StatementPlan } from '../plan/statement-plan.ts';
import { isOn } from '../sql/option-value.ts';
import type { RangeVar, SyntaxNode } from '../sql/syntax-tree.ts';
import { nameParts, walk } from '../sql/syntax-tree.ts';
import { callThatVaries, partThatVaries } from './call-safety.ts';
import { commandTag } from './command-tag.ts';
import { momentDefault } from './moment-default.ts';
import { basePlan, type PlanInput, refuse } from './plan-input.ts';
import { queryFacts } from './plan-query.ts';
import { inTurn } from './row-locks.ts';
import { createsSharded, shardingChange } from './sharding-change.ts';
import { isTemporaryRelation, sparesPlans } from './spared-plans.ts';
import { unorderedPart } from './unordered-part.ts';
import { variesOnCopies } from './varying-value.ts';

/** Statements after which tables, functions and types are what they were. */
const schemaKeepers: readonly (keyof SyntaxNode)[] = [
  'TruncateStmt',
  'VacuumStmt',
  'LockStmt',
  'CommentStmt',
  'GrantStmt',
  'GrantRoleStmt',
  'CheckPointStmt',
  'ReindexStmt',
  'ClusterStmt',
  'RefreshMatViewStmt',
  'AlterSystemStmt',
  'SecLabelStmt',
];

export function planSchemaChange(input: PlanInput): StatementPlan {
  const { stmt } = input;
  const temporary = isTemporary(input) ? 'a temporary table' : null;
  const plan: StatementPlan = {
    ...basePlan(commandTag(stmt)),
    groupless: 'all',
    writes: true,
    changesSchema: opensSchemas(stmt) || !schemaKeepers.some(type => stmt[type] !== undefined),
    outsideTransaction: isOutsideTransaction(stmt),
  };
  if (input.shardCount === 1) {
    // What is the connection's own, no catalog has.
    const changesSchema = plan.changesSchema && !createsTemporary(input);
    return { ...plan, changesSchema, sparesPlans: sparesPlans(input), pinsSession: temporary };
  }
  const refusal = temporary === null ? refusalOf(input) : refuse(temporary);
  if (refusal !== null) return { ...plan, wide: refusal };
  const locks = stmt.LockStmt !== undefined || stmt.TruncateStmt !== undefined;
  return locks ? { ...plan, wide: inTurn(plan.wide) } : plan;
}

/** Which schemas a user's unqualified names are looked for in hangs on privileges. */
function opensSchemas({ GrantStmt, GrantRoleStmt }: SyntaxNode): boolean {
  return GrantStmt?.objtype === 'OBJECT_SCHEMA' || GrantRoleStmt !== undefined;
}

/** What is in the connection's own schema; ON COMMIT DROP ends with the transaction. */
function isTemporary(input: PlanInput): boolean {
  const { stmt, sql, searchPath, shardCount } = input;
  const dropped = stmt.CreateStmt?.oncommit ?? stmt.CreateTableAsStmt?.into?.onCommit;
  if (dropped === 'ONCOMMIT_DROP' && shardCount === 1) return false;
  if (searchPath[0]?.startsWith('pg_temp') || /\bpg_temp/i.test(sql)) return true;
  return createsTemporary(input);
}

function createsTemporary({ stmt }: PlanInput): boolean {
  const created: readonly (RangeVar | undefined)[] = [
    stmt.CreateStmt?.relation,
    stmt.CreateTableAsStmt?.into?.rel,
    stmt.ViewStmt?.view,
    stmt.CreateSeqStmt?.sequence,
  ];
  return created.some(isTemporaryRelation);
}

/** PreventInTransactionBlock, by statement. */
function isOutsideTransaction(stmt: SyntaxNode): boolean {
  if (stmt.VacuumStmt !== undefined) return stmt.VacuumStmt.is_vacuumcmd ?? false;
  if (stmt.IndexStmt !== undefined) return stmt.IndexStmt.concurrent ?? false;
  if (stmt.DropStmt !== undefined) return stmt.DropStmt.concurrent ?? false;
  if (stmt.ClusterStmt !== undefined) return stmt.ClusterStmt.relation === undefined;
  if (stmt.ReindexStmt !== undefined) return isReindexOutside(stmt.ReindexStmt);
  const types: readonly (keyof SyntaxNode)[] = [
    'CreatedbStmt',
    'DropdbStmt',
    'CreateTableSpaceStmt',
    'DropTableSpaceStmt',
    'AlterSystemStmt',
    'CreateSubscriptionStmt',
    'DropSubscriptionStmt',
  ];
  if (types.some(type => stmt[type] !== undefined)) return true;
  return alterCommands(stmt).some(one => {
    const definition = one.def as SyntaxNode | undefined;
    return one.subtype === 'AT_DetachPartition' && definition?.PartitionCmd?.concurrent === true;
  });
}

function isReindexOutside(reindex: NonNullable<SyntaxNode['ReindexStmt']>): boolean {
  const options = (reindex.params ?? []) as readonly SyntaxNode[];
  const concurrently = options.some(
    one =>
      one.DefElem?.defname === 'concurrently' && isOn(one.DefElem.arg as SyntaxNode | undefined),
  );
  return concurrently || !['REINDEX_OBJECT_INDEX', 'REINDEX_OBJECT_TABLE'].includes(reindex.kind!);
}

function refusalOf(input: PlanInput): Refusal | null {
  const { stmt } = input;
  if (stmt.CreateTableAsStmt !== undefined) return createAsRefusal(input);
  if (stmt.RefreshMatViewStmt !== undefined) {
    const view = find(stmt.RefreshMatViewStmt.relation, input);
    const sharded = view !== null && input.scheme.readsSharded(view);
    return sharded ? refuse(`materialized view "${view.name}" over a sharded table`) : null;
  }
  const change = shardingChange(input);
  if (change !== null) {
    const construct = `${change}, after which other rows are sharded,`;
    return refuse(construct, 'Its rows would be looked for where they are not.');
  }
  const varying = alterCommands(stmt).find(one => addsVaryingColumn(one.def as SyntaxNode));
  if (varying !== undefined) {
    return refuse(
      'ADD COLUMN with a default that is no constant',
      'Every shard would make values of its own: add the column, then set it.',
    );
  }
  const retyped = alterCommands(stmt).some(one => retypesByChance(one, input));
  if (retyped && keyColumns(stmt.AlterTableStmt?.relation, input) === null) {
    return refuse(
      'ALTER COLUMN … TYPE with USING of what varies, of an omnisharded table',
      'Copies on all shards must stay equal.',
    );
  }
  const moment = momentDefault(input);
  if (moment !== null) {
    return refuse(`DEFAULT '${moment}'`, 'Every shard would read its own moment: use now().');
  }
  const { RenameStmt, AlterTableStmt } = stmt;
  const key = keyColumns(RenameStmt?.relation ?? AlterTableStmt?.relation, input);
  if (key === null) return null;
  const columns = alterCommands(stmt)
    .filter(one => ['AT_DropColumn', 'AT_AlterColumnType'].includes(one.subtype ?? ''))
    .map(one => one.name);
  if (RenameStmt?.renameType === 'OBJECT_COLUMN') columns.push(RenameStmt.subname);
  const changed = key.find(name => columns.includes(name));
  return changed === undefined ? null : refuse(`ALTER of sharding key "${changed}"`);
}

function alterCommands(stmt: SyntaxNode) {
  const cmds = (stmt.AlterTableStmt?.cmds ?? []) as readonly SyntaxNode[];
  return cmds.flatMap(one => (one.AlterTableCmd === undefined ? [] : [one.AlterTableCmd]));
}

const sequenceTypes = new Set(['serial', 'serial2', 'serial4', 'serial8', 'smallserial']);

/** ADD COLUMN fills the rows that are there, each shard its own. */
function addsVaryingColumn(definition: SyntaxNode | undefined): boolean {
  const column = definition?.ColumnDef;
  if (column === undefined) return false;
  const type = nameParts(column.typeName?.names as readonly SyntaxNode[]).at(-1) ?? '';
  if (sequenceTypes.has(type) || type === 'bigserial') return true;
  return ((column.constraints ?? []) as readonly SyntaxNode[]).some(
    ({ Constraint: constraint }) => {
      if (constraint?.contype === 'CONSTR_IDENTITY') return true;
      if (constraint?.contype !== 'CONSTR_DEFAULT') return false;
      let value = constraint.raw_expr as SyntaxNode | undefined;
      while (value?.TypeCast !== undefined) value = value.TypeCast.arg as SyntaxNode | undefined;
      return value?.A_Const === undefined || partThatVaries(definition!) !== null;
    },
  );
}

/** ALTER COLUMN … TYPE … USING makes every value anew. */
function retypesByChance(
  { subtype, def }: ReturnType<typeof alterCommands>[number],
  input: PlanInput,
): boolean {
  if (subtype !== 'AT_AlterColumnType') return false;
  const value = (def as SyntaxNode | undefined)?.ColumnDef?.raw_default as SyntaxNode | undefined;
  return (
    value !== undefined && (variesOnCopies(value, input, true) || partThatVaries(value) !== null)
  );
}

function find(relation: RangeVar | undefined, input: PlanInput): Table | null {
  if (relation?.relname === undefined) return null;
  const { catalog, searchPath } = input;
  return resolveTable(catalog, relation.relname, relation.schemaname ?? null, searchPath);
}

function keyColumns(relation: RangeVar | undefined, input: PlanInput): readonly string[] | null {
  const table = find(relation, input);
  return table === null ? null : (input.scheme.keyOf(table)?.columns ?? null);
}

/** CREATE TABLE AS and CREATE MATERIALIZED VIEW: all shards must come to the same rows. */
function createAsRefusal(input: PlanInput): Refusal | null {
  const query = (input.stmt.CreateTableAsStmt?.query ?? {}) as SyntaxNode;
  const created = input.stmt.CreateTableAsStmt?.into?.rel?.relname;
  if (input.scheme.names(created)) {
    return refuse(`${commandTag(input.stmt)} of sharded table "${created}"`);
  }
  const tag = commandTag(input.stmt);
  if (query.SelectStmt === undefined) return refuse(tag);
  const { into, objtype } = input.stmt.CreateTableAsStmt ?? {};
  if (objtype === 'OBJECT_TABLE' && createsSharded(into, query.SelectStmt, input)) {
    return refuse(`${tag} of sharded table "${created}"`);
  }
  const facts = queryFacts({ ...input, stmt: query });
  const read = facts.relations.find(one => !['omnisharded', 'subquery'].includes(one.source));
  if (read !== undefined) return refuse(`${tag} that reads "${read.refname}"`);
  const varying =
    callThatVaries(facts, false) ?? partThatVaries(query) ?? unorderedPart(query, input);
  const found = varying ?? choosingPart(query);
  return found === null ? null : refuse(`${found} in ${tag}`);
}

/** What chooses or numbers rows in an order that is not whole. */
function choosingPart(query: SyntaxNode): string | null {
  let found: string | null = null;
  walk(query, value => {
    const { SelectStmt: select, FuncCall: call } = value as SyntaxNode;
    if (select?.limitCount !== undefined || select?.limitOffset !== undefined) found = 'LIMIT';
    if (select?.distinctClause?.some(one => Object.keys(one).length > 0)) found = 'DISTINCT ON';
    if (call?.over !== undefined) found = 'a window function';
    return found === null;
  });
  return found;
}
