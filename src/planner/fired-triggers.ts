// One trigger or rule: its condition and what its function, or its actions, run for one event.

import type { Table } from '../catalog/catalog.ts';
import type { Fired, Rule, Trigger, WriteEvent } from '../catalog/fired.ts';
import { parseStatements } from '../sql/parser.ts';
import {
  type ProcedureParts,
  procedureParts,
  type TriggerVariables,
} from '../sql/procedure-parts.ts';
import type { SyntaxNode } from '../sql/syntax-tree.ts';
import type { FiredPlace, NestedWrites, Problem } from './fired-place.ts';
import { type FiredContext, FiredStatements } from './fired-statements.ts';
import type { PlanInput } from './plan-input.ts';

/** PostgreSQL's own, which work on the row that is written and nothing else. */
const ownOfRow: ReadonlySet<string> = new Set([
  'suppress_redundant_updates_trigger',
  'tsvector_update_trigger',
  'tsvector_update_trigger_column',
]);
/** Of the extensions of these names: they write the time or the user into the row. */
const setsColumn: ReadonlySet<string> = new Set(['moddatetime', 'insert_username']);

/** Settings of functions by which names mean something else. */
const twisting = /^(plpgsql\.|session_replication_role=)/i;

const writing = /\b(insert|update|delete|merge)\b/i;

export class FiredTriggers {
  readonly #input: PlanInput;
  readonly #statements: FiredStatements;

  constructor(input: PlanInput, nested: NestedWrites) {
    this.#input = input;
    this.#statements = new FiredStatements(input, nested);
  }

  problem(fired: Fired, table: Table, event: WriteEvent, place: FiredPlace): Problem | null {
    const name = `${fired.kind} "${fired.name}" of "${table.name}"`;
    const phrase =
      fired.kind === 'rule'
        ? this.#ofRule(fired, this.#context(name, fired, table, event, place))
        : this.#ofTrigger(fired, event, this.#context(name, fired, table, event, place));
    return phrase === null ? null : { construct: `${name}, ${phrase},`, hint: hints[place.kind] };
  }

  /** Columns that it sets before a row is stored; null: any. */
  assigned(fired: Fired, table: Table, event: WriteEvent): ReadonlySet<string> | null {
    if (fired.kind === 'rule') return null;
    if (!fired.before || !fired.perRow || event === 'delete') return new Set();
    if (fired.body.language === 'internal') return new Set();
    return this.#partsOf(fired, table, event).assigned;
  }

  #ofTrigger(trigger: Trigger, event: WriteEvent, context: FiredContext): string | null {
    const { body, condition } = trigger;
    const { place, table } = context;
    if (trigger.unread) return 'whose condition cannot be read';
    if (condition !== null) {
      const when = parseStatements(condition)[0]?.stmt.CreateTrigStmt?.whenClause as SyntaxNode;
      const problem = this.#statements.expression(when, context);
      if (problem !== null) return problem;
    }
    if (body.schema === 'pg_catalog' && ownOfRow.has(body.name)) return null;
    if (body.language === 'c' && setsColumn.has(body.name)) {
      return place.kind === 'copied' ? `which calls ${body.name}()` : null;
    }
    const setting = body.settings.find(one => twisting.test(one));
    if (setting !== undefined) return `whose function sets ${setting}`;
    const { parts, assigned, reset, catches, unread } = this.#partsOf(trigger, table, event);
    if (unread !== null) return `which runs ${unread}`;
    const stored = trigger.before && trigger.perRow && (event === 'insert' || event === 'update');
    const moved = stored
      ? place.key.find(name => assigned === null || assigned.has(name))
      : undefined;
    if (moved !== undefined) return `which may change sharding key "${moved}"`;
    if (place.kind === 'copied' && catches && parts.some(({ sql }) => writing.test(sql))) {
      return 'which catches errors of what it writes';
    }
    // NEW and OLD are variables like others: what they hold may be another row's key then.
    const isReset = [reset.new, reset.old].some(
      names => names === null || place.key.some(name => names.has(name)),
    );
    const { row: written } = context;
    const row = written !== null && isReset ? { ...written, records: new Set<string>() } : written;
    const own = this.#statements.inBody(body, { ...context, row });
    for (const part of parts) {
      const problem = this.#statements.part(part, own);
      if (problem !== null) return problem;
    }
    return null;
  }

  #ofRule({ definition }: Rule, context: FiredContext): string | null {
    if (definition === null) return 'which cannot be read';
    const rule = parseStatements(definition)[0]?.stmt.RuleStmt;
    if (rule === undefined) return 'which cannot be read';
    if (rule.whereClause !== undefined) {
      const problem = this.#statements.expression(rule.whereClause as SyntaxNode, context);
      if (problem !== null) return problem;
    }
    for (const action of (rule.actions ?? []) as readonly SyntaxNode[]) {
      const problem = this.#statements.statement(action, 'none', context);
      if (problem !== null) return problem;
    }
    return null;
  }

  #context(
    name: string,
    fired: Fired,
    table: Table,
    event: WriteEvent,
    place: FiredPlace,
  ): FiredContext {
    const records = recordsOf[event];
    const perRow = fired.kind === 'rule' || fired.perRow;
    return {
      name,
      place,
      table,
      row: perRow ? { table, key: place.key, records } : null,
      transitions: fired.kind === 'trigger' ? fired.transitions : [],
      searchPath: this.#input.searchPath,
    };
  }

  #partsOf(trigger: Trigger, table: Table, event: WriteEvent): ProcedureParts {
    return procedureParts(trigger.body, variablesOf(trigger, table, event));
  }
}

const hints: Readonly<Record<FiredPlace['kind'], string>> = {
  sharded: 'A trigger may work on the row and on what has its sharding key: WHERE key = NEW.key.',
  copied: 'Copies on all shards must stay equal: what it does must be the same on each of them.',
  schema: 'A trigger may work on tables of the same shard and read what all shards have.',
};

const recordsOf: Readonly<Record<WriteEvent, ReadonlySet<string>>> = {
  insert: new Set(['new']),
  update: new Set(['new', 'old']),
  delete: new Set(['old']),
  truncate: new Set(),
};

function variablesOf(trigger: Trigger, table: Table, event: WriteEvent): TriggerVariables {
  return new Map([
    ['tg_op', event.toUpperCase()],
    ['tg_level', trigger.perRow ? 'ROW' : 'STATEMENT'],
    ['tg_table_name', table.name],
    ['tg_relname', table.name],
    ['tg_table_schema', table.schema],
    ['tg_name', trigger.name],
  ]);
}
