// [multi_tenant]: a statement that reads or changes a table with the tenant's column has to confine
// it to values of the column, by what it says itself; else it is refused before it runs. PgDog looks
// at the one table of a plain statement, this at every table of every level.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { insertColumns } from '../sql/inserted-keys.ts';
import type { ScopeRelation } from '../sql/level.ts';
import type { ScopeBuilder } from '../sql/scope-builder.ts';
import type { SyntaxNode } from '../sql/syntax-tree.ts';
import { walk } from '../sql/syntax-tree.ts';
import { tablesOf } from './plan-directed.ts';
import type { PlanInput } from './plan-input.ts';
import { isQuery, queryFacts } from './plan-query.ts';

/** Throws `tenantMissing`. `column`: of the configuration. */
export function checkTenant(input: PlanInput, column: string): void {
  for (const stmt of queriesOf(input.stmt)) checkQuery({ ...input, stmt }, column);
}

/** The statement, or the query within one that runs or keeps it. */
function queriesOf(stmt: SyntaxNode): readonly SyntaxNode[] {
  if (isQuery(stmt)) return [stmt];
  const { relation, is_from: loads = false } = stmt.CopyStmt ?? {};
  if (relation !== undefined && !loads) {
    return [{ SelectStmt: { fromClause: [{ RangeVar: relation }] } }];
  }
  const { PrepareStmt, ExplainStmt, DeclareCursorStmt, CreateTableAsStmt, CopyStmt } = stmt;
  const holders = [PrepareStmt, ExplainStmt, DeclareCursorStmt, CreateTableAsStmt, CopyStmt];
  return holders.flatMap(one => {
    const query = one?.query as SyntaxNode | undefined;
    return query === undefined ? [] : queriesOf(query);
  });
}

function checkQuery(input: PlanInput, column: string): void {
  const facts = queryFacts(input);
  if (facts.unknown !== null) {
    const table = tablesOf(input).find(({ columns }) => columns.some(one => one.name === column));
    if (table !== undefined) throw missing(table.name, column);
    return;
  }
  const given = insertsGiving(input, column);
  for (const relation of facts.relations) {
    const { table, columns } = relation;
    const position = table?.columns.findIndex(({ name }) => name === column) ?? -1;
    if (table === null || position < 0 || relation.source === 'system') continue;
    const inserted = facts.insertTargets.has(relation);
    const visible = columns?.[position];
    const confined = inserted
      ? given(relation)
      : visible !== undefined && isConfined(facts, relation, visible);
    if (!confined) throw missing(table.name, column);
  }
}

/** To values, each a constant or a parameter: a range names no tenant. */
function isConfined(facts: ScopeBuilder, relation: ScopeRelation, column: string): boolean {
  return facts.graph
    .setsOf({ relation, column })
    .some(({ values }) =>
      values.every(({ kind }) => kind === 'constant' || kind === 'parameter' || kind === 'null'),
    );
}

/** Whether the INSERT of a target gives the column a value, even if by DEFAULT. */
function insertsGiving(input: PlanInput, column: string): (target: ScopeRelation) => boolean {
  const inserts: { location: number; columns: (target: ScopeRelation) => readonly string[] }[] = [];
  walk(input.stmt, value => {
    const insert = (value as SyntaxNode).InsertStmt;
    if (insert === undefined) return true;
    const columns = (target: ScopeRelation) => insertColumns(insert, target);
    inserts.push({ location: insert.relation?.location ?? 0, columns });
    return true;
  });
  return target => {
    const insert = inserts.find(({ location }) => location === target.location);
    return insert?.columns(target).includes(column) ?? false;
  };
}

function missing(table: string, column: string): PgError {
  return new PgError(errors.tenantMissing, { table, column });
}
