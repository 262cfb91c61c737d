// Changes of tables after which, where there is one shard, every plan there is stays right: plain
// tables and their indexes come and go. A plan made before knows the new table as none, which is
// what least is believed of: it is not shared, and nothing that it leaves behind can be its fault.

import type { Table } from '../catalog/catalog.ts';
import type { RangeVar, SyntaxNode } from '../sql/syntax-tree.ts';
import { nameParts } from '../sql/syntax-tree.ts';
import type { PlanInput } from './plan-input.ts';

/** Types that the grammar does not put into pg_catalog by itself. Types of users may be domains,
 *  whose checks call functions. */
const plainTypes: ReadonlySet<string> = new Set(
  `bigserial bytea cidr date float4 float8 inet int2 int4 int8 json jsonb macaddr money oid serial
   serial2 serial4 serial8 smallserial text timestamptz tsvector uuid xml`.split(/\s+/),
);

const plainConstraints: ReadonlySet<string> = new Set([
  'CONSTR_NULL',
  'CONSTR_NOTNULL',
  'CONSTR_IDENTITY',
  'CONSTR_PRIMARY',
  'CONSTR_UNIQUE',
  'CONSTR_FOREIGN',
]);

/** The catalog may be read again at leisure. False: at once, before another statement is planned. */
export function sparesPlans(input: PlanInput): boolean {
  const { stmt, catalog, searchPath, shardCount } = input;
  // An event trigger may make anything of what it is told of (event_trigger.c).
  if (shardCount > 1 || catalog.eventTriggers === true) return false;
  if (searchPath.includes('pg_catalog')) return false;
  const { CreateStmt, IndexStmt, DropStmt } = stmt;
  if (CreateStmt !== undefined) return createsPlainTable(CreateStmt);
  if (IndexStmt !== undefined) return isPlainIndex(IndexStmt);
  return DropStmt !== undefined && dropsOnlyItself(DropStmt, catalog.tables);
}

function createsPlainTable(create: NonNullable<SyntaxNode['CreateStmt']>): boolean {
  const { inhRelations = [], partbound, partspec, ofTypename, tableElts = [] } = create;
  if (inhRelations.length > 0 || [partbound, partspec, ofTypename].some(one => one !== undefined)) {
    return false;
  }
  return (tableElts as readonly SyntaxNode[]).every(
    ({ ColumnDef: column, Constraint: constraint }) =>
      column === undefined
        ? plainConstraints.has(constraint?.contype ?? '')
        : isPlainColumn(column),
  );
}

function isPlainColumn({
  typeName,
  constraints = [],
}: NonNullable<SyntaxNode['ColumnDef']>): boolean {
  const names = nameParts(typeName?.names as readonly SyntaxNode[]);
  const plain = names.length === 1 ? plainTypes.has(names[0]!) : names[0] === 'pg_catalog';
  if (!plain) return false;
  return (constraints as readonly SyntaxNode[]).every(({ Constraint: one }) => {
    if (one?.contype !== 'CONSTR_DEFAULT') return plainConstraints.has(one?.contype ?? '');
    return (one.raw_expr as SyntaxNode | undefined)?.A_Const !== undefined;
  });
}

function isPlainIndex({ indexParams = [], whereClause }: NonNullable<SyntaxNode['IndexStmt']>) {
  if (whereClause !== undefined) return false;
  return (indexParams as readonly SyntaxNode[]).every(
    ({ IndexElem: one }) => one?.expr === undefined && (one?.opclass ?? []).length === 0,
  );
}

/** Without CASCADE nothing goes that anything else is made of; but behind a table another one of
 *  its name may come to light. */
function dropsOnlyItself(
  { removeType, behavior, objects = [] }: NonNullable<SyntaxNode['DropStmt']>,
  tables: ReadonlyMap<string, Table>,
): boolean {
  if (behavior === 'DROP_CASCADE') return false;
  if (removeType === 'OBJECT_INDEX') return true;
  if (removeType !== 'OBJECT_TABLE') return false;
  return (objects as readonly SyntaxNode[]).every(object => {
    const name = nameParts(object.List?.items as readonly SyntaxNode[]).at(-1);
    let same = 0;
    for (const table of tables.values()) if (table.name === name) same += 1;
    return same <= 1;
  });
}

/** What is created is the connection's own: no other client's plans, and no catalog, see it. */
export function isTemporaryRelation(relation: RangeVar | undefined): boolean {
  return relation?.relpersistence === 't';
}
