// COPY: FROM STDIN into a sharded table is split by row, into an omnisharded one it goes to all
// shards; TO STDOUT is planned by `plan-copy-out.ts`.

import type { Refusal, StatementPlan, WidePlan } from '../plan/statement-plan.ts';
import { keyGroups } from '../sql/key-groups.ts';
import type { ScopeRelation } from '../sql/level.ts';
import { ParameterUses } from '../sql/parameter-uses.ts';
import { ScopeBuilder } from '../sql/scope-builder.ts';
import type { CopyStmt, SyntaxNode } from '../sql/syntax-tree.ts';
import { nameParts } from '../sql/syntax-tree.ts';
import { callNeedingAllShards, callThatVaries, partThatVaries } from './call-safety.ts';
import { isDated } from './copied-moments.ts';
import { copyFormat } from './copy-format.ts';
import { driftRefusal } from './drift-refusal.ts';
import { planCopyOfQuery, planCopyOfTable } from './plan-copy-out.ts';
import { basePlan, type PlanInput, refuse, refuseMissing, unplaced } from './plan-input.ts';
import { isVarying } from './plan-insert.ts';

export function planCopy(input: PlanInput, copy: CopyStmt): StatementPlan {
  const query = copy.query as SyntaxNode | undefined;
  const plan = { ...basePlan('COPY'), writes: copy.is_from ?? false };
  if (copy.filename !== undefined || copy.is_program) {
    const wide = refuse('COPY with a file or program of the server');
    return input.shardCount > 1 ? { ...plan, wide } : plan;
  }
  if (query !== undefined) return planCopyOfQuery(input, copy, query);
  if (input.shardCount === 1) return plan;
  const facts = new ScopeBuilder(input);
  facts.statement(tableQuery(copy), null, new Map());
  const relation = facts.relations[0];
  if (relation === undefined) return plan;
  if (relation.source === 'missing') return { ...plan, wide: refuseMissing(relation.name) };
  if (!copy.is_from) return planCopyOfTable(input, copy, relation);
  if (relation.source !== 'sharded' && relation.source !== 'omnisharded') {
    return { ...plan, wide: refuse(`COPY of ${relation.source} "${relation.refname}"`) };
  }
  const route = { groups: keyGroups(facts, new ParameterUses(input.stmt, facts.relations)) };
  const drift = driftRefusal(facts.relations, false, input);
  if (drift !== null) return { ...plan, route, wide: drift };
  const filter = filterRefusal(input, copy, relation);
  if (filter !== null) return { ...plan, route, wide: filter };
  const wide = relation.source === 'sharded' ? split(copy, relation) : whole(copy, relation);
  return { ...plan, route, groupless: 'all', wide };
}

/** The table in a query, to find it as any other statement would. */
function tableQuery(copy: CopyStmt): SyntaxNode {
  return { SelectStmt: { fromClause: [{ RangeVar: copy.relation ?? {} }] } };
}

function split(copy: CopyStmt, relation: ScopeRelation): WidePlan {
  const table = relation.table!;
  const key = relation.key!;
  if (key.placement === -1) return unplaced(relation);
  const columns = copyColumns(copy, relation);
  const keyPositions = key.columns.map(name => columns.indexOf(name));
  const missing = key.columns[keyPositions.indexOf(-1)];
  if (missing !== undefined) {
    return refuse(
      `COPY without sharding key "${missing}"`,
      `Put "${missing}" into the column list.`,
    );
  }
  const sequence = table.columns.find(
    column => column.defaultKind === 'sequence' && !columns.includes(column.name),
  );
  if (sequence !== undefined) {
    return refuse(`sequence default of column "${sequence.name}" of sharded table "${table.name}"`);
  }
  const found = copyFormat(copy, key.columns);
  if (found.kind === 'unsupported') return refuse(`COPY option ${found.option}`);
  const { format } = found;
  const { placement, hasText } = key;
  const { name } = table;
  return {
    ...{ kind: 'split-copy', table: name, columns: key.columns, placement },
    ...{ keyPositions, hasText, format },
  };
}

/** WHERE runs on the shard of a row; of an omnisharded table all have to choose the same rows. */
function filterRefusal(
  input: PlanInput,
  copy: CopyStmt,
  { source, refname }: ScopeRelation,
): Refusal | null {
  if (copy.whereClause === undefined) return null;
  const filter: SyntaxNode = { SelectStmt: { whereClause: copy.whereClause } };
  const facts = new ScopeBuilder(input);
  facts.statement(filter, null, new Map());
  const call = callNeedingAllShards(facts);
  if (call !== null) return refuse(`${call} in a COPY`);
  const varying = callThatVaries(facts, false) ?? partThatVaries(filter);
  if (varying === null || source === 'sharded') return null;
  return refuse(`${varying} in a COPY into omnisharded table "${refname}"`);
}

function whole(copy: CopyStmt, relation: ScopeRelation): WidePlan {
  const columns = copyColumns(copy, relation);
  const table = relation.table!;
  const marked = ((copy.options ?? []) as readonly SyntaxNode[]).some(
    one => one.DefElem?.defname === 'default',
  );
  const filled = table.columns.find(
    column => isVarying(column) && (marked || !columns.includes(column.name)),
  );
  if (filled !== undefined) {
    const construct = `the default of column "${filled.name}" in a COPY into omnisharded table`;
    return refuse(
      `${construct} "${relation.refname}"`,
      'Copies on all shards must stay equal: put the column into the column list.',
    );
  }
  const dated = table.columns.filter(one => isDated(one) && columns.includes(one.name));
  if (dated.length === 0) return { kind: 'broadcast-copy', dated: null };
  const found = copyFormat(copy, []);
  if (found.kind === 'unsupported') {
    return refuse(`COPY option ${found.option} with date/time columns`);
  }
  const { format } = found;
  // Binary values are no texts.
  if (format.format === 'binary') return { kind: 'broadcast-copy', dated: null };
  const names = dated.map(one => one.name);
  const positions = names.map(name => columns.indexOf(name));
  return { kind: 'broadcast-copy', dated: { columns: names, positions, format } };
}

/** Without a list, all columns but generated ones (CopyGetAttnums, copy.c). */
function copyColumns(copy: CopyStmt, relation: ScopeRelation): readonly string[] {
  if (copy.attlist !== undefined) return nameParts(copy.attlist);
  return relation.table!.columns.filter(column => !column.generated).map(column => column.name);
}
