// Whether a statement that a trigger or rule runs may run on a shard: planned like a client's own,
// with NEW and OLD as parameters of which it is known that they are on this shard.

import {
  type Catalog,
  type CatalogFunction,
  type Column,
  columnOf,
  mayReadTables,
  resolveFunctions,
  resolveTable,
  type Table,
} from '../catalog/catalog.ts';
import type { ProcedureBody } from '../catalog/fired.ts';
import type { KeyGroup } from '../plan/route.ts';
import type { StatementPlan } from '../plan/statement-plan.ts';
import { parseStatements } from '../sql/parser.ts';
import { type HeldValue, type ProcedurePart, procedureParts } from '../sql/procedure-parts.ts';
import type { ScopeBuilder } from '../sql/scope-builder.ts';
import { familyOf } from '../sql/sharding-scheme.ts';
import type { SyntaxNode } from '../sql/syntax-tree.ts';
import { qualifiedName, walk } from '../sql/syntax-tree.ts';
import { typeOid } from '../types/type-oid.ts';
import { callThatVaries, partThatVaries } from './call-safety.ts';
import { copiedMoments } from './copied-moments.ts';
import { isCounting } from './copy-effects.ts';
import type { FiredPlace, NestedWrites } from './fired-place.ts';
import { type FiredRow, type StatementOfRow, statementOfRow } from './fired-rows.ts';
import type { PlanInput } from './plan-input.ts';
import { isQuery, planQuery, queryFacts } from './plan-query.ts';
import { unorderedPart } from './unordered-part.ts';
import { writesOf } from './written-tables.ts';

/** Where a statement of a trigger, or of a function that it calls, runs. */
export interface FiredContext {
  /** `trigger "x" of "t"` */
  readonly name: string;
  readonly place: FiredPlace;
  /** Whose rows were written. */
  readonly table: Table;
  /** null: it runs for none by itself, or sees none. */
  readonly row: FiredRow | null;
  readonly transitions: readonly string[];
  readonly searchPath: readonly string[];
}

interface Planned {
  readonly plan: StatementPlan;
  readonly facts: ScopeBuilder;
  readonly input: PlanInput;
  readonly keys: StatementOfRow['keys'];
}

type Rows = ProcedurePart['rows'];

/** Problems are clauses that begin with `which`; null: there is none. */
export class FiredStatements {
  readonly #input: PlanInput;
  readonly #nested: NestedWrites;
  /** Functions that were looked at, or are. */
  readonly #called = new Map<string, string | null>();

  constructor(input: PlanInput, nested: NestedWrites) {
    this.#input = input;
    this.#nested = nested;
  }

  /** Names in a function are looked for in the path of its own, if it sets one. */
  inBody({ settings }: ProcedureBody, context: FiredContext): FiredContext {
    const setting = settings.find(one => one.startsWith('search_path='));
    if (setting === undefined) return context;
    const names = setting.slice('search_path='.length).split(',');
    const path = names.map(one => one.trim().replace(/^"(.*)"$/, '$1'));
    return { ...context, searchPath: path.filter(one => one !== '') };
  }

  expression(val: SyntaxNode | undefined, context: FiredContext): string | null {
    if (val === undefined) return null;
    const shape = { limitOption: 'LIMIT_OPTION_DEFAULT', op: 'SETOP_NONE' };
    const select = { targetList: [{ ResTarget: { val } }], ...shape };
    return this.statement({ SelectStmt: select } as unknown as SyntaxNode, 'none', context);
  }

  part({ sql, rows, held }: ProcedurePart, within: FiredContext): string | null {
    const context = held === undefined ? within : this.#withHeld(held, within);
    let stmts: readonly SyntaxNode[];
    try {
      stmts = parseStatements(sql).map(one => one.stmt);
    } catch {
      return `which runs what cannot be read: ${sql.slice(0, 60)}`;
    }
    for (const stmt of stmts) {
      const problem = this.statement(stmt, rows, context);
      if (problem !== null) return problem;
    }
    return null;
  }

  /** With the variables that take the row's values as they are. */
  #withHeld(all: ReadonlyMap<string, HeldValue>, context: FiredContext): FiredContext {
    const { row, searchPath } = context;
    if (row === null || row.key.length === 0) return context;
    const { catalog } = this.#input;
    const alike = [...all].filter(([, { value, type }]) => {
      const [node] = (value.CoalesceExpr?.args ?? [value]) as readonly SyntaxNode[];
      const name = node?.ColumnRef?.fields?.[1] as SyntaxNode | undefined;
      const column = columnOf(row.table, name?.String?.sval ?? '');
      return column !== null && keepsValue(column, type, catalog, searchPath);
    });
    const held = new Map(alike.map(([name, { value }]) => [name, value]));
    return { ...context, row: { ...row, held } };
  }

  statement(stmt: SyntaxNode, rows: Rows, context: FiredContext): string | null {
    // What a trigger notifies goes out from every shard; see docs/operations.md.
    if (stmt.NotifyStmt !== undefined) return null;
    const notified = notifiedValues(stmt);
    if (notified !== null) {
      const problems = notified.map(value => this.expression(value, context));
      return problems.find(one => one !== null) ?? null;
    }
    if (!isQuery(stmt)) return `which runs ${statementName(stmt)}`;
    const { place, table, row } = context;
    const names = context.transitions;
    const transitions = names.length === 0 || place.kind === 'copied' ? null : { names, table };
    const own = statementOfRow(stmt, row, transitions, place.kind !== 'copied');
    if (own === null) return 'which runs what cannot be read';
    const { catalog, problem } = this.#withProven(own.stmt, context);
    if (problem !== null) return problem;
    const input: PlanInput = {
      ...this.#input,
      ...{ sql: own.sql, stmt: own.stmt, catalog, searchPath: context.searchPath },
      directive: null,
    };
    const facts = queryFacts(input);
    if (place.kind === 'schema') return inSchema(place, facts, input) ?? this.#writes(input);
    const apart = facts.relations.find(
      one => one.table !== null && (input.schemas?.shardOf(one.table.schema) ?? null) !== null,
    );
    if (apart !== undefined) return `which uses "${apart.name}" of a schema of one shard`;
    const plan = planQuery(input);
    const { wide } = plan;
    if (wide.kind === 'refusal' && wide.always) return `which has ${wide.construct} in it`;
    if (plan.effect !== null) return 'which changes the session';
    const planned = { plan, facts, input, keys: own.keys };
    const wrong =
      place.kind === 'copied'
        ? this.#onCopies(planned, rows, context)
        : besideRow(planned, own.renamed, context);
    return wrong ?? this.#writes(input);
  }

  /** What the statement fires in its turn. */
  #writes(input: PlanInput): string | null {
    for (const write of writesOf(input)) {
      const problem = this.#nested.problem(write);
      if (problem !== null) return `which fires ${problem.construct.replace(/,$/, '')}`;
    }
    return null;
  }

  #onCopies({ plan, facts, input }: Planned, rows: Rows, context: FiredContext): string | null {
    const { copies } = this.#nested;
    for (const { source, table, name, target } of facts.relations) {
      if (['cte', 'subquery', 'function'].includes(source)) continue;
      if (source !== 'omnisharded' || table === null) return `which uses "${name}"`;
      if (!target) copies.read(table, context.name);
    }
    const { SelectStmt: select, InsertStmt, UpdateStmt, DeleteStmt } = input.stmt;
    if (select === undefined) {
      const { wide } = plan;
      const alike = wide.kind === 'scatter' && wide.tag === 'same' && wide.moment !== true;
      if (!alike || plan.momentSql !== null) return 'which writes what is not equal on every copy';
      const inAnyOrder =
        (InsertStmt !== undefined && InsertStmt.onConflictClause === undefined) ||
        DeleteStmt !== undefined ||
        (UpdateStmt !== undefined &&
          writesOf(input).every(write => isCounting(UpdateStmt, write.table)));
      for (const { table, event } of writesOf(input)) {
        copies.write(table, event, inAnyOrder);
      }
      return null;
    }
    const varying =
      callThatVaries(facts, false) ??
      partThatVaries(input.stmt) ??
      copiedMoments(input.stmt, context.table, facts).found ??
      oidOfTable(input.stmt);
    if (varying !== null) return `which has ${varying} in it`;
    if (facts.relations.length === 0) return null;
    const chosen = unorderedPart(input.stmt, input) ?? chosenRows(input.stmt);
    if (chosen !== null) return `which has ${chosen} in it`;
    const single = select.groupClause === undefined && holdsAggregate(input);
    if (rows === 'none' || (rows === 'first' && single)) return null;
    return 'which takes rows of a query in their order';
  }

  /** The catalog in which functions that do nothing unseen are what they are worth. */
  #withProven(
    stmt: SyntaxNode,
    context: FiredContext,
  ): { readonly catalog: Catalog; readonly problem: string | null } {
    const { catalog } = this.#input;
    let functions: Map<string, readonly CatalogFunction[]> | null = null;
    const calls: { schema: string | null; name: string }[] = [];
    walk(stmt, value => {
      const { FuncCall: call } = value as SyntaxNode;
      if (call !== undefined) calls.push(qualifiedName(call.funcname));
      return true;
    });
    for (const { schema, name } of calls) {
      const meant = resolveFunctions(catalog, name, schema, context.searchPath);
      if (meant.length === 0) {
        return { catalog, problem: `which calls ${name}(), which the catalog lacks` };
      }
      for (const one of meant) {
        const problem = this.#ofCall(one, context);
        if (problem === null) continue;
        return { catalog, problem };
      }
      functions ??= new Map(catalog.functions);
      const harmless = (one: CatalogFunction) => meant.includes(one) && this.#isFree(one, context);
      const all = functions.get(name) ?? [];
      functions.set(
        name,
        all.map(one => (harmless(one) ? { ...one, volatility: 'immutable' as const } : one)),
      );
    }
    return { catalog: functions === null ? catalog : { ...catalog, functions }, problem: null };
  }

  /** What it gives is not asked, or is the same everywhere as far as its own text tells. */
  #isFree(one: CatalogFunction, { place }: FiredContext): boolean {
    if (place.kind !== 'copied') return true;
    return one.schema !== 'pg_catalog' ? judgedByText(one) : one.name === 'pg_trigger_depth';
  }

  #ofCall(one: CatalogFunction, context: FiredContext): string | null {
    if (one.schema === 'pg_catalog' || one.volatility === 'immutable') return null;
    const reads = mayReadTables(one);
    if (!reads) return null;
    const name = `${one.schema}.${one.name}`;
    if (!judgedByText(one)) return `which calls ${one.name}(), which is written in ${one.language}`;
    const known = this.#called.get(`${context.place.kind} ${name}`);
    if (known !== undefined) return known;
    this.#called.set(`${context.place.kind} ${name}`, null);
    const problem = this.#ofFunction(one, context);
    this.#called.set(`${context.place.kind} ${name}`, problem);
    return problem;
  }

  #ofFunction({ schema, name }: CatalogFunction, context: FiredContext): string | null {
    const bodies = (this.#input.catalog.bodies?.get(name) ?? []).filter(
      one => one.schema === schema,
    );
    const calls = `which calls ${name}()`;
    if (bodies.length === 0) return `${calls}, whose text is not known`;
    for (const body of bodies) {
      const { parts, unread } = procedureParts(body, null);
      if (unread !== null) return `${calls}, which runs ${unread}`;
      const own = this.inBody(body, { ...context, row: null, transitions: [] });
      for (const part of parts) {
        const problem = this.part(part, own);
        if (problem !== null) return `${calls}, ${problem}`;
      }
    }
    return null;
  }
}

const sameTypes: ReadonlyMap<number, RegExp> = new Map([
  ...[typeOid.int2, typeOid.int4, typeOid.int8].map(
    oid => [oid, /^(smallint|int|integer|bigint|int[248])$/i] as const,
  ),
  [typeOid.uuid, /^uuid$/i],
  ...[typeOid.text, typeOid.varchar].map(
    oid => [oid, /^(text|varchar|character varying)$/i] as const,
  ),
]);

/** A variable of the type holds a value of the column as it is, or it is an error. */
function keepsValue(
  column: Column,
  type: string,
  catalog: Catalog,
  searchPath: readonly string[],
): boolean {
  if (sameTypes.get(column.typeOid)?.test(type)) return true;
  const names = /^(?:(\w+)\.)?(\w+)\.(\w+)%type$/i.exec(type.toLowerCase());
  if (names === null) return false;
  const table = resolveTable(catalog, names[2]!, names[1] ?? null, searchPath);
  const other = table === null ? null : columnOf(table, names[3]!);
  return other?.typeOid === column.typeOid && other.typeModifier === column.typeModifier;
}

function judgedByText({ language }: CatalogFunction): boolean {
  return language === 'sql' || language === 'plpgsql';
}

/** The arguments of PERFORM pg_notify(…); null: it is another statement. */
function notifiedValues(stmt: SyntaxNode): readonly SyntaxNode[] | null {
  const targets = (stmt.SelectStmt?.targetList ?? []) as readonly SyntaxNode[];
  const call = (targets[0]?.ResTarget?.val as SyntaxNode | undefined)?.FuncCall;
  if (targets.length !== 1 || stmt.SelectStmt?.fromClause !== undefined) return null;
  const { schema, name } = qualifiedName(call?.funcname);
  if (name !== 'pg_notify' || (schema !== null && schema !== 'pg_catalog')) return null;
  return stmt.SelectStmt?.whereClause === undefined ? ((call?.args ?? []) as SyntaxNode[]) : null;
}

function statementName(stmt: SyntaxNode): string {
  const [type = 'Stmt'] = Object.keys(stmt);
  return type
    .replace(/Stmt$/, '')
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toUpperCase();
}

/** Sharded: what is read and written has the key of the row. */
function besideRow(
  { plan, facts, input, keys }: Planned,
  renamed: number,
  { place, table }: FiredContext,
): string | null {
  const { wide, route } = plan;
  const copy = facts.relations.find(one => one.target && one.source === 'omnisharded');
  if (copy !== undefined) return `which writes omnisharded table "${copy.name}"`;
  const locked = facts.locking.length > 0 && facts.relations.find(one => one.source !== 'sharded');
  if (locked) return `which locks rows, of "${locked.name}" perhaps those of one copy`;
  if (wide.kind === 'evaluated-insert') return `which inserts into "${wide.table}" ${asked(facts)}`;
  if (renamed > 0 && wide.kind === 'scatter' && isOfWrittenRows(facts, renamed)) return null;
  const isAlike = (group: KeyGroup) => {
    if (!input.scheme.placements.agree(group.placement, place.placement)) return false;
    return group.columns.every((_, at) =>
      group.sets.some(
        ({ column, values }) =>
          column === at &&
          values.length > 0 &&
          values.every(one => one.kind === 'parameter' && !one.array && keys.get(one.index) === at),
      ),
    );
  };
  const own = route.groups.find(group => group.shard !== undefined);
  if (own !== undefined) return `which uses a ${own.table}, of which every shard has its own`;
  const other = route.groups.find(group => !isAlike(group));
  if (other !== undefined) return `which uses "${other.table}" beyond the row's own sharding key`;
  const foreign = facts.relations.find(
    ({ source, table: one, target }) =>
      source === 'sharded' && one !== null && !keepsKey(table, place.key, one, target, input),
  );
  return foreign === undefined ? null : `which uses "${foreign.name}" by a key of another type`;
}

/** The rows that were written, and what goes with each of them, on every shard by itself: all that is
 *  read are transition tables, and what is written is what they are joined with. */
function isOfWrittenRows(facts: ScopeBuilder, renamed: number): boolean {
  const read = facts.relations.filter(one => one.source === 'sharded' && !one.target);
  if (read.length !== renamed || read.some(one => one.nullable)) return false;
  const inserts = facts.insertTargets.size > 0;
  return inserts || read.some(one => one.level === facts.top);
}

/** Why an INSERT needs values before it can run. */
function asked({ relations }: ScopeBuilder): string {
  const target = relations.find(one => one.target);
  const sequence = target?.table?.columns.find(one => one.defaultKind === 'sequence');
  if (sequence === undefined) return "without the row's own sharding key";
  return `with the sequence of column "${sequence.name}", of which every shard has its own`;
}

/** Equal values of the two keys are equal as keys, and are stored as they are. */
function keepsKey(
  from: Table,
  key: readonly string[],
  to: Table,
  stored: boolean,
  { scheme }: PlanInput,
): boolean {
  const columns = scheme.keyOf(to)?.columns ?? [];
  return columns.every((name, at) => {
    const [source, target] = [columnOf(from, key[at] ?? ''), columnOf(to, name)];
    if (source === null || target === null) return false;
    const family = familyOf(source);
    if (family === null || family !== familyOf(target)) return false;
    const modified = target.typeModifier !== -1 && target.typeModifier !== source.typeModifier;
    return !stored || !modified;
  });
}

/** On one shard: its own tables, and what all shards have, to read. */
function inSchema({ shard }: FiredPlace, facts: ScopeBuilder, input: PlanInput): string | null {
  for (const { source, table, name, target } of facts.relations) {
    if (['cte', 'subquery', 'function', 'system'].includes(source)) continue;
    if (table === null) return `which uses "${name}", which shard 0 lacks`;
    if (input.schemas?.shardOf(table.schema) === shard) continue;
    if (target || source !== 'omnisharded') return `which uses "${name}" of other shards`;
  }
  return facts.unknown === null ? null : `which has ${facts.unknown} in it`;
}

/** tg_relid is another on every shard. */
function oidOfTable(stmt: SyntaxNode): string | null {
  return /"tg_relid"/i.test(JSON.stringify(stmt)) ? 'TG_RELID' : null;
}

/** Rows that are chosen by the order in which they are met. */
function chosenRows(stmt: SyntaxNode): string | null {
  const text = JSON.stringify(stmt);
  if (/"limitCount"|"limitOffset"/.test(text)) return 'LIMIT';
  if (/"distinctClause"/.test(text)) return 'DISTINCT';
  if (/"over"/.test(text)) return 'a window function';
  return /"lockingClause"/.test(text) ? 'FOR UPDATE or FOR SHARE' : null;
}

function holdsAggregate({ stmt, catalog, searchPath }: PlanInput): boolean {
  let found = false;
  walk(stmt.SelectStmt?.targetList, value => {
    const node = value as SyntaxNode;
    if (node.SubLink !== undefined) return false;
    if (node.FuncCall === undefined) return true;
    const { schema, name } = qualifiedName(node.FuncCall.funcname);
    const meant = resolveFunctions(catalog, name, schema, searchPath);
    found ||= meant.length > 0 && meant.every(one => one.kind === 'aggregate');
    return true;
  });
  return found;
}
