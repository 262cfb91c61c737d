// Triggers, rules and actions of foreign keys from a text of SQL, as a server's catalogs would tell
// them, for planning without a server.

import type { Table } from '../catalog/catalog.ts';
import type { Cascade, CascadeAction, Fired, ProcedureBody, WriteEvent } from '../catalog/fired.ts';
import { quoteName } from './quote-name.ts';
import { nameParts, type RangeVar, type SyntaxNode, type TypeName } from './syntax-tree.ts';

type Constraint = NonNullable<SyntaxNode['Constraint']>;
type Find = (relation: RangeVar | undefined) => Table | null;

interface Declared {
  readonly relation: RangeVar | undefined;
  /** Qualified name of its function; null: a rule. */
  readonly calls: string | null;
  readonly fired: (body: ProcedureBody) => Fired;
  readonly name: string;
}

interface ForeignKey {
  readonly from: Table;
  readonly constraint: Constraint;
  readonly columns: readonly string[];
}

/** What CREATE FUNCTION says of a function that is not there. */
const unknownBody: ProcedureBody = {
  ...{ schema: 'public', name: '', language: 'an unknown language', text: '' },
  ...{ parameters: '', result: 'trigger', settings: [] },
};

export class SchemaFired {
  readonly #bodies: ProcedureBody[] = [];
  readonly #declared: Declared[] = [];
  readonly #keys: ForeignKey[] = [];
  readonly #disabled: { readonly relation: RangeVar | undefined; readonly name: string | null }[] =
    [];

  /** `text`: the statement's own. */
  read(text: string, stmt: SyntaxNode): void {
    const { CreateTrigStmt, RuleStmt, CreateFunctionStmt, AlterTableStmt } = stmt;
    if (CreateFunctionStmt !== undefined) this.#bodies.push(bodyOf(CreateFunctionStmt, text));
    if (CreateTrigStmt !== undefined) this.#trigger(CreateTrigStmt, text);
    if (RuleStmt !== undefined) this.#rule(RuleStmt, text);
    for (const { AlterTableCmd } of (AlterTableStmt?.cmds ?? []) as readonly SyntaxNode[]) {
      const { subtype = '', name = null } = AlterTableCmd ?? {};
      if (!/^AT_DisableTrig(All|User)?$/.test(subtype)) continue;
      this.#disabled.push({ relation: AlterTableStmt?.relation as RangeVar, name });
    }
  }

  foreignKey(from: Table, constraint: Constraint, column: string | null): void {
    if (constraint.contype !== 'CONSTR_FOREIGN') return;
    const names = nameParts(constraint.fk_attrs as readonly SyntaxNode[] | undefined);
    this.#keys.push({ from, constraint, columns: column === null ? names : [column] });
  }

  bodies(): ReadonlyMap<string, readonly ProcedureBody[]> {
    return Map.groupBy(this.#bodies, one => one.name);
  }

  /** The table with what its writes fire. */
  of(table: Table, find: Find): Table {
    const off = this.#disabled.filter(({ relation }) => find(relation) === table);
    const triggers = this.#declared
      .filter(({ relation }) => find(relation) === table)
      .filter(({ name }) => !off.some(one => one.name === null || one.name === name))
      .map(({ calls, fired }) => fired(this.#bodyOf(calls)));
    const cascades = this.#keys
      .filter(({ constraint }) => find(constraint.pktable as RangeVar | undefined) === table)
      .map(key => cascadeOf(key, table))
      .filter(({ onDelete, onUpdate }) => onDelete !== 'none' || onUpdate !== 'none');
    return {
      ...table,
      ...(triggers.length > 0 && { triggers }),
      ...(cascades.length > 0 && { cascades }),
    };
  }

  #bodyOf(name: string | null): ProcedureBody {
    // CREATE OR REPLACE: the last one counts.
    const found = this.#bodies.findLast(one => `${one.schema}.${one.name}` === name);
    if (found !== undefined || name === null) return found ?? unknownBody;
    // A function that is not in the text may be PostgreSQL's own.
    const own = name.replace(/^public\./, '');
    return { ...unknownBody, schema: 'pg_catalog', name: own, language: 'internal' };
  }

  #trigger(create: NonNullable<SyntaxNode['CreateTrigStmt']>, text: string): void {
    const { events = 0, timing = 0, row = false, whenClause } = create;
    const calls = nameParts(create.funcname as readonly SyntaxNode[] | undefined);
    const name = create.trigname ?? '';
    const transitions = ((create.transitionRels ?? []) as readonly SyntaxNode[]).flatMap(
      one => one.TriggerTransition?.name ?? [],
    );
    this.#declared.push({
      ...{ relation: create.relation as RangeVar | undefined, name },
      calls: `${calls.at(-2) ?? 'public'}.${calls.at(-1)}`,
      fired: body => ({
        ...{ kind: 'trigger', name, body, transitions, perRow: row, unread: false },
        events: new Set(eventBits.flatMap(([bit, one]) => ((events & bit) === 0 ? [] : one))),
        before: (timing & beforeBit) !== 0,
        condition: whenClause === undefined ? null : text,
      }),
    });
  }

  #rule(create: NonNullable<SyntaxNode['RuleStmt']>, text: string): void {
    const event = ruleEvents[create.event ?? ''];
    const name = create.rulename ?? '';
    if (event === undefined) return;
    this.#declared.push({
      ...{ relation: create.relation as RangeVar | undefined, name, calls: null },
      fired: () => ({ kind: 'rule', name, events: new Set([event]), definition: text }),
    });
  }
}

/** pg_trigger.h */
const beforeBit = 2;
const eventBits: readonly (readonly [number, WriteEvent])[] = [
  [4, 'insert'],
  [8, 'delete'],
  [16, 'update'],
  [32, 'truncate'],
];
const ruleEvents: Readonly<Record<string, WriteEvent>> = {
  CMD_INSERT: 'insert',
  CMD_UPDATE: 'update',
  CMD_DELETE: 'delete',
};
const actions: Readonly<Record<string, CascadeAction>> = { c: 'cascade', n: 'set', d: 'set' };

function cascadeOf({ from, constraint, columns }: ForeignKey, target: Table): Cascade {
  const given = nameParts(constraint.pk_attrs as readonly SyntaxNode[] | undefined);
  const primary = target.uniqueIndexes.find(one => one.primary)?.columns ?? [];
  return {
    name: constraint.conname ?? `${from.name}_${columns.join('_')}_fkey`,
    table: from.oid,
    columns,
    targetColumns: given.length > 0 ? given : primary,
    onDelete: actions[constraint.fk_del_action ?? ''] ?? 'none',
    onUpdate: actions[constraint.fk_upd_action ?? ''] ?? 'none',
  };
}

function bodyOf(
  create: NonNullable<SyntaxNode['CreateFunctionStmt']>,
  text: string,
): ProcedureBody {
  const parts = nameParts(create.funcname as readonly SyntaxNode[] | undefined);
  const options = new Map(
    ((create.options ?? []) as readonly SyntaxNode[]).map(({ DefElem: one }) => [
      one?.defname ?? '',
      (one?.arg ?? {}) as SyntaxNode,
    ]),
  );
  const body = (options.get('as')?.List?.items?.[0] as SyntaxNode | undefined)?.String?.sval;
  const parameters = (create.parameters ?? []) as readonly SyntaxNode[];
  const isTable = (one: SyntaxNode) => one.FunctionParameter?.mode === 'FUNC_PARAM_TABLE';
  const set = options.get('set')?.VariableSetStmt;
  const values = ((set?.args ?? []) as readonly SyntaxNode[]).map(
    one => one.A_Const?.sval?.sval ?? '',
  );
  return {
    ...{ schema: parts.at(-2) ?? 'public', name: parts.at(-1) ?? '', text: body ?? text },
    language: options.get('language')?.String?.sval?.toLowerCase() ?? 'sql',
    parameters: parameters
      .filter(one => !isTable(one))
      .map(parameterText)
      .join(', '),
    result: resultText(create.returnType as TypeName | undefined, parameters, isTable),
    settings: set === undefined ? [] : [`${set.name}=${values.join(', ')}`],
  };
}

const modes: Readonly<Record<string, string>> = {
  FUNC_PARAM_OUT: 'OUT ',
  FUNC_PARAM_INOUT: 'INOUT ',
  FUNC_PARAM_VARIADIC: 'VARIADIC ',
};

function parameterText({ FunctionParameter: one }: SyntaxNode): string {
  const name = one?.name === undefined ? '' : `${plainName(one.name)} `;
  return `${modes[one?.mode ?? ''] ?? ''}${name}${typeText(one?.argType as TypeName | undefined)}`;
}

/** Of parameters by which it returns too, what RETURNS would say; see pg_get_function_result. */
function resultText(
  type: TypeName | undefined,
  parameters: readonly SyntaxNode[],
  isTable: (one: SyntaxNode) => boolean,
): string {
  const columns = parameters.filter(isTable).map(parameterText);
  if (columns.length > 0) return `TABLE(${columns.join(', ')})`;
  const out = parameters.filter(one => one.FunctionParameter?.mode?.endsWith('OUT'));
  const [only] = out;
  if (type !== undefined || only === undefined) return typeText(type);
  const single = only.FunctionParameter?.argType as TypeName | undefined;
  return out.length > 1 ? 'record' : typeText(single);
}

function typeText(type: TypeName | undefined): string {
  if (type === undefined) return 'void';
  const parts = nameParts(type.names as readonly SyntaxNode[]);
  const names = parts[0] === 'pg_catalog' ? parts.slice(1) : parts;
  const arrays = (type.arrayBounds ?? []).length > 0 ? '[]' : '';
  return `${type.setof ? 'SETOF ' : ''}${names.map(plainName).join('.')}${arrays}`;
}

function plainName(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : quoteName(name);
}
