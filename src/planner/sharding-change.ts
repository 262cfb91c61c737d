// DDL that would shard a table whose rows lie whole on every shard, take a sharded table away from
// its rule, or bring it under another one: rows would be looked for where they are not.

import type { Table } from '../catalog/catalog.ts';
import { resolveTable } from '../catalog/catalog.ts';
import { outputNames } from '../sql/output-names.ts';
import type { TableShape } from '../sql/sharding-scheme.ts';
import type { RangeVar, SelectStmt, SyntaxNode } from '../sql/syntax-tree.ts';
import { nameParts } from '../sql/syntax-tree.ts';
import type { PlanInput } from './plan-input.ts';

type IntoClause = NonNullable<SyntaxNode['IntoClause']>;

interface Change {
  /** What the statement does, as a refusal names it. */
  readonly construct: string;
  readonly before: TableShape;
  readonly after: TableShape;
}

/** What of the statement would place rows otherwise than they lie; null: nothing. */
export function shardingChange(input: PlanInput): string | null {
  const found = changesOf(input).find(({ before, after }) => input.scheme.replaces(before, after));
  return found?.construct ?? null;
}

/** Whether a rule would shard the table that CREATE TABLE AS makes, whose rows go to every shard. */
export function createsSharded(
  into: IntoClause | undefined,
  select: SelectStmt,
  { scheme, searchPath }: PlanInput,
): boolean {
  const given = nameParts(into?.colNames as readonly SyntaxNode[] | undefined);
  // Of a star it may be any.
  const names = outputNames(select)?.map((name, at) => given[at] ?? name) ?? scheme.keyNames();
  return scheme.places({
    oid: 0,
    schema: into?.rel?.schemaname ?? searchPath[0] ?? '',
    name: into?.rel?.relname ?? '',
    parents: [],
    columns: [...names, ...given].map(name => ({ name })),
  });
}

function changesOf(input: PlanInput): readonly Change[] {
  const { RenameStmt, AlterObjectSchemaStmt } = input.stmt;
  if (RenameStmt?.renameType === 'OBJECT_SCHEMA') {
    return schemaRenamed(RenameStmt.subname ?? '', RenameStmt.newname ?? '', input);
  }
  const renamed = find(RenameStmt?.relation, input);
  if (renamed !== null) {
    const newname = RenameStmt!.newname ?? '';
    if (RenameStmt!.renameType === 'OBJECT_COLUMN') {
      return columnRenamed(renamed, RenameStmt!.subname ?? '', newname, input);
    }
    if (RenameStmt!.renameType !== 'OBJECT_TABLE') return [];
    const construct = `renaming table "${renamed.name}" to "${newname}"`;
    return [{ construct, before: renamed, after: { ...renamed, name: newname } }];
  }
  const moved = find(AlterObjectSchemaStmt?.relation, input);
  if (moved !== null) {
    const schema = AlterObjectSchemaStmt!.newschema ?? '';
    const construct = `moving table "${moved.name}" to schema "${schema}"`;
    return [{ construct, before: moved, after: { ...moved, schema } }];
  }
  return tableAltered(input);
}

function schemaRenamed(from: string, to: string, { catalog }: PlanInput): readonly Change[] {
  const construct = `renaming schema "${from}" to "${to}"`;
  const within = [...catalog.tables.values()].filter(
    table => table.schema === from && holds(table),
  );
  return within.map(before => ({ construct, before, after: { ...before, schema: to } }));
}

function columnRenamed(
  table: Table,
  from: string,
  to: string,
  input: PlanInput,
): readonly Change[] {
  const construct = `renaming column "${from}" to "${to}"`;
  return lineage(table, input).map(before => {
    const columns = before.columns.map(one => ({ name: one.name === from ? to : one.name }));
    return { construct, before, after: { ...before, columns } };
  });
}

function tableAltered(input: PlanInput): readonly Change[] {
  const table = find(input.stmt.AlterTableStmt?.relation, input);
  const commands = (input.stmt.AlterTableStmt?.cmds ?? []) as readonly SyntaxNode[];
  if (table === null) return [];
  const added = commands.flatMap(({ AlterTableCmd: one }) => {
    const definition = one?.subtype === 'AT_AddColumn' ? (one.def as SyntaxNode) : undefined;
    return definition?.ColumnDef === undefined ? [] : [definition.ColumnDef.colname ?? ''];
  });
  const others = commands.flatMap(one => commandChanges(one, table, input));
  return added.length === 0 ? others : [...others, ...columnsAdded(table, added, input)];
}

function columnsAdded(table: Table, names: readonly string[], input: PlanInput): readonly Change[] {
  const construct = `adding column ${names.map(name => `"${name}"`).join(', ')}`;
  return lineage(table, input).map(before => {
    const columns = [...before.columns, ...names.map(name => ({ name }))];
    return { construct, before, after: { ...before, columns } };
  });
}

function commandChanges(
  { AlterTableCmd: command }: SyntaxNode,
  table: Table,
  input: PlanInput,
): readonly Change[] {
  const node = command?.def as SyntaxNode | undefined;
  switch (command?.subtype) {
    case 'AT_AttachPartition':
      return attached(find(node?.PartitionCmd?.name, input), table);
    case 'AT_DetachPartition':
      return detached(find(node?.PartitionCmd?.name, input), table);
    case 'AT_AddInherit': {
      const parent = find(node?.RangeVar, input);
      return parent === null ? [] : attached(table, parent);
    }
    case 'AT_DropInherit': {
      const parent = find(node?.RangeVar, input);
      return parent === null ? [] : detached(table, parent);
    }
    default:
      return [];
  }
}

function attached(child: Table | null, parent: Table): readonly Change[] {
  if (child === null) return [];
  const after = { ...child, parents: [...child.parents, parent.oid] };
  return [{ construct: `attaching "${child.name}" to "${parent.name}"`, before: child, after }];
}

function detached(child: Table | null, parent: Table): readonly Change[] {
  if (child === null) return [];
  const after = { ...child, parents: child.parents.filter(oid => oid !== parent.oid) };
  return [{ construct: `detaching "${child.name}" from "${parent.name}"`, before: child, after }];
}

/** The table, its partitions and children, theirs too. */
function lineage(table: Table, { catalog }: PlanInput): readonly Table[] {
  const found = new Set([table]);
  // A Set may grow while it is walked: new members are visited too.
  for (const one of found) {
    for (const child of catalog.tablesByOid.values()) {
      if (child.parents.includes(one.oid)) found.add(child);
    }
  }
  return [...found];
}

function find(relation: RangeVar | undefined, input: PlanInput): Table | null {
  if (relation?.relname === undefined) return null;
  const { catalog, searchPath } = input;
  const table = resolveTable(catalog, relation.relname, relation.schemaname ?? null, searchPath);
  return table !== null && holds(table) ? table : null;
}

function holds({ kind }: Table): boolean {
  return kind === 'table' || kind === 'partitioned';
}
