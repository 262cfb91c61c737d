// DEFAULT 'now' of a date/time column is read when the column is made, by each shard at its own
// moment (cookDefault, heap.c): shards would go on filling it otherwise.

import { columnOf, resolveTable } from '../catalog/catalog.ts';
import { datedTypeNames, namesMoment } from '../sql/moment-text.ts';
import type { SyntaxNode, TypeName } from '../sql/syntax-tree.ts';
import { qualifiedName, walk } from '../sql/syntax-tree.ts';
import type { PlanInput } from './plan-input.ts';

interface Default {
  /** By pg_type.typname. */
  readonly type: string;
  readonly value: SyntaxNode | undefined;
}

const textTypes: ReadonlySet<string> = new Set(['text', 'varchar', 'bpchar', 'name', 'json']);

/** The literal; null: no default has one. */
export function momentDefault(input: PlanInput): string | null {
  for (const one of defaultsOf(input)) {
    const text = momentOf(one);
    if (text !== null) return text;
  }
  return null;
}

function momentOf({ type, value }: Default): string | null {
  const whole = textOf(value);
  if (whole !== null && !textTypes.has(type) && namesMoment(whole)) return whole;
  let found: string | null = null;
  walk(value, node => {
    const { TypeCast: cast } = node as SyntaxNode;
    const text = textOf(cast?.arg as SyntaxNode | undefined);
    if (text !== null && namesMoment(text) && datedTypeNames.has(nameOf(cast?.typeName))) {
      found = text;
    }
    return found === null;
  });
  return found;
}

function textOf(node: SyntaxNode | undefined): string | null {
  return node?.A_Const?.sval?.sval ?? null;
}

function nameOf(type: TypeName | undefined): string {
  return qualifiedName(type?.names).name;
}

function defaultsOf(input: PlanInput): readonly Default[] {
  const { AlterTableStmt, AlterDomainStmt } = input.stmt;
  const found: Default[] = [];
  walk(input.stmt, node => {
    const { ColumnDef, CreateDomainStmt, AlterTableCmd } = node as SyntaxNode;
    const made = ColumnDef ?? CreateDomainStmt;
    for (const one of (made?.constraints ?? []) as readonly SyntaxNode[]) {
      if (one.Constraint?.contype !== 'CONSTR_DEFAULT') continue;
      const value = one.Constraint.raw_expr as SyntaxNode | undefined;
      found.push({ type: nameOf(made?.typeName), value });
    }
    if (AlterTableCmd?.subtype === 'AT_ColumnDefault') {
      const { relname = '', schemaname = null } = AlterTableStmt?.relation ?? {};
      const table = resolveTable(input.catalog, relname, schemaname, input.searchPath);
      const column = table === null ? null : columnOf(table, AlterTableCmd.name ?? '');
      found.push({ type: column?.typeName ?? '', value: AlterTableCmd.def as SyntaxNode });
    }
    return true;
  });
  if (AlterDomainStmt?.subtype === 'T') {
    found.push({ type: '', value: AlterDomainStmt.def as SyntaxNode | undefined });
  }
  return found;
}
