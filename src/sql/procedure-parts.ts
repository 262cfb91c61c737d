// The SQL within a function: what a body in SQL or PL/pgSQL evaluates and runs, by PL/pgSQL's own
// grammar (libpg-query, pl_gram.y). Of a trigger function only what one event reaches is told.

import { parsePlPgSQLSync } from 'libpg-query';
import type { ProcedureBody } from '../catalog/fired.ts';
import { ByteText } from './byte-text.ts';
import { parseStatements } from './parser.ts';
import { printStatement } from './print-statement.ts';
import type { SyntaxNode } from './syntax-tree.ts';
import { depthsOf, tokensOf } from './tokens.ts';

export interface ProcedurePart {
  /** A statement; of an expression, a SELECT. */
  readonly sql: string;
  /** Its rows: none is taken, the first of them, or each in their order. */
  readonly rows: 'none' | 'first' | 'each';
  /** Variables that hold a value of NEW or OLD there, by name. */
  readonly held?: ReadonlyMap<string, HeldValue>;
}

export interface HeldValue {
  /** `new.a`, or COALESCE of such. */
  readonly value: SyntaxNode;
  /** Of the variable, as it is declared. */
  readonly type: string;
}

export interface ProcedureParts {
  readonly parts: readonly ProcedurePart[];
  /** Columns of the record `new` that it sets, in a trigger; null: it may be another record. */
  readonly assigned: ReadonlySet<string> | null;
  /** Columns of `new` and of `old` that are set, after which they are no longer the row's; null: it is
   *  another record. */
  readonly reset: Readonly<Record<'new' | 'old', ReadonlySet<string> | null>>;
  /** It catches errors: what was done before one is undone. */
  readonly catches: boolean;
  /** What runs that is not told here, e.g. `EXECUTE`; null: nothing. */
  readonly unread: string | null;
}

/** What PL/pgSQL's variables of a trigger are, by name in lower case: `tg_op` … */
export type TriggerVariables = ReadonlyMap<string, string>;

/** `variables` null: it is no trigger function. */
export function procedureParts(
  body: ProcedureBody,
  variables: TriggerVariables | null,
): ProcedureParts {
  try {
    if (body.language === 'sql') return { ...nothing, parts: partsOfSql(body.text) };
    if (body.language === 'plpgsql') return new BodyReader(body, variables).read();
  } catch {
    return { ...nothing, unread: 'a text that cannot be read' };
  }
  return { ...nothing, unread: `a text in ${body.language}` };
}

const nothing: ProcedureParts = {
  parts: [],
  assigned: new Set(),
  reset: { new: new Set(), old: new Set() },
  catches: false,
  unread: null,
};

function partsOfSql(text: string): ProcedurePart[] {
  const statements = parseStatements(text);
  const definition = statements[0]?.stmt.CreateFunctionStmt;
  if (definition === undefined) {
    return statements.map(one => ({ sql: one.text, rows: 'first' as const }));
  }
  const queries: SyntaxNode[] = [];
  const add = (tree: SyntaxNode | undefined) => {
    if (tree?.List !== undefined) for (const one of tree.List.items ?? []) add(one as SyntaxNode);
    else if (tree?.ReturnStmt !== undefined) queries.push(selectOf(tree.ReturnStmt.returnval));
    else if (tree !== undefined) queries.push(tree);
  };
  add(definition.sql_body as SyntaxNode | undefined);
  return queries.map(query => {
    const sql = printStatement(query);
    if (sql === null) throw new Error('not printed');
    return { sql, rows: 'first' };
  });
}

function selectOf(val: unknown): SyntaxNode {
  const shape = { limitOption: 'LIMIT_OPTION_DEFAULT', op: 'SETOP_NONE' };
  return { SelectStmt: { targetList: [{ ResTarget: { val } }], ...shape } } as SyntaxNode;
}

/** Members of PL/pgSQL's trees, of which zero and false are left out. */
interface Tree {
  readonly [member: string]: unknown;
}

/** Numbers of the records in every trigger function (pl_comp.c, do_compile). */
const [newRecord, oldRecord] = [0, 1];

class BodyReader {
  readonly #parts: { readonly part: ProcedurePart; readonly held: Held }[] = [];
  #held: Held = new Map();
  /** How often a variable is set. */
  readonly #times = new Map<number, number>();
  /** Columns of NEW that an UPDATE sets to those of OLD. */
  readonly #kept = new Set<string>();
  /** By the number of a record, its columns that are set. */
  readonly #fields = new Map<number, Set<string>>();
  /** Records that are set as a whole to more than NEW or OLD. */
  readonly #others = new Set<number>();
  /** Records that are set as a whole at all. */
  readonly #filled = new Set([newRecord, oldRecord]);
  /** Records that are set as a whole, to whatever. */
  readonly #replaced = new Set<number>();
  /** Records that become the row. */
  readonly #results = new Set([newRecord]);
  readonly #variables: TriggerVariables | null;
  readonly #datums: readonly Tree[];
  readonly #action: Tree;
  readonly #declaresFirst: boolean;
  #catches = false;
  #unread: string | null = null;

  constructor(body: ProcedureBody, variables: TriggerVariables | null) {
    this.#variables = variables;
    let quote = '$body$';
    while (body.text.includes(quote)) quote = quote.replace('body', 'body_');
    const head = `f(${body.parameters}) RETURNS ${body.result}`;
    // The library knows fields of what is declared as `t`, and not those of `t%ROWTYPE`.
    const text = body.text.replaceAll(/%\s*rowtype\b/gi, '');
    const sql = `CREATE FUNCTION ${head} LANGUAGE plpgsql AS ${quote}${text}${quote}`;
    const read = parsePlPgSQLSync(sql) as unknown as { readonly plpgsql_funcs: readonly Tree[] };
    const procedure = read.plpgsql_funcs[0]!['PLpgSQL_function'] as Tree;
    this.#datums = procedure['datums'] as readonly Tree[];
    this.#action = procedure['action'] as Tree;
    const words = body.text.match(/\b(declare|begin)\b/gi) ?? [];
    this.#declaresFirst = words.findLastIndex(word => /declare/i.test(word)) <= 0;
    // What hides `new` and `old`, or lets variables come before columns.
    const hiding = /#\s*variable_conflict|<<\s*"?(new|old)"?\s*>>/i.test(body.text);
    const records = this.#datums.slice(2).map(one => Object.values(one)[0] as Tree);
    if (hiding || records.some(({ refname }) => refname === 'new' || refname === 'old')) {
      this.#unread = 'names that cannot be told apart';
    }
  }

  read(): ProcedureParts {
    for (const [number, datum] of this.#datums.entries()) {
      const { default_val: value, cursor_explicit_expr: query } = (datum['PLpgSQL_var'] ??
        {}) as Tree;
      this.#expression(value);
      this.#expression(query, 'each');
      // What an inner block declares may be a column's name outside of it.
      if (value !== undefined) this.#hold(number, this.#declaresFirst ? queryOf(value) : null);
    }
    this.#statement(this.#action);
    const old = this.#resetOf(oldRecord);
    if (old === null || old.size > 0)
      for (const name of this.#kept) this.#setField(newRecord, name);
    return {
      parts: this.#parts.map(({ part, held }) => ({ ...part, held: this.#byName(held) })),
      assigned: this.#assignedToRow(),
      reset: { new: this.#resetOf(newRecord), old },
      catches: this.#catches,
      unread: this.#unread,
    };
  }

  #assignedToRow(): ReadonlySet<string> | null {
    const assigned = new Set<string>();
    for (const record of this.#results) {
      if (this.#others.has(record) || !this.#filled.has(record)) return null;
      for (const name of this.#fields.get(record) ?? []) assigned.add(name);
    }
    return assigned;
  }

  #resetOf(record: number): ReadonlySet<string> | null {
    return this.#replaced.has(record) ? null : (this.#fields.get(record) ?? new Set());
  }

  #hold(number: number, value: string | null): void {
    this.#times.set(number, (this.#times.get(number) ?? 0) + 1);
    if (value === null || this.#datums[number]?.['PLpgSQL_var'] === undefined) return;
    const found = ofRow(selected(value), this.#variables);
    if (found !== null) this.#held = new Map([...this.#held, [number, found]]);
  }

  /** Those that are set once, and whose names mean nothing else. */
  #byName(held: Held): ReadonlyMap<string, HeldValue> {
    const names = this.#datums.map(one => (Object.values(one)[0] as Tree)['refname']);
    const named = new Map<string, HeldValue>();
    for (const [number, value] of held) {
      const name = names[number];
      const { datatype } = this.#datums[number]!['PLpgSQL_var'] as Tree;
      const { typname } = (datatype as Tree)['PLpgSQL_type'] as Tree;
      const isOnly = names.filter(one => one === name).length === 1;
      if (this.#times.get(number) !== 1 || !isOnly) continue;
      named.set(String(name), { value, type: String(typname) });
    }
    return named;
  }

  /** What may be left out, or ends early: what it sets may not be set behind it. */
  #apart(list: unknown): boolean {
    const held = this.#held;
    const goesOn = this.#statements(list);
    this.#held = held;
    return goesOn;
  }

  /** Answers whether what follows may be reached. */
  #statements(list: unknown): boolean {
    for (const one of (list ?? []) as readonly Tree[]) if (!this.#statement(one)) return false;
    return true;
  }

  #statement(tree: Tree): boolean {
    const [type = '', found] = Object.entries(tree)[0] ?? [];
    const one = (found ?? {}) as Tree;
    switch (type.replace('PLpgSQL_stmt_', '')) {
      case 'block':
        return this.#block(one);
      case 'if':
        return this.#if(one);
      case 'case':
        return this.#case(one);
      case 'return':
        this.#return(one);
        return false;
      case 'raise':
        for (const value of (one['params'] ?? []) as readonly unknown[]) this.#expression(value);
        for (const option of (one['options'] ?? []) as readonly Tree[]) {
          this.#expression((option['PLpgSQL_raise_option'] as Tree)['expr']);
        }
        return Number(one['elog_level'] ?? 0) < errorLevel;
      case 'dynexecute':
      case 'dynfors':
        this.#unread ??= 'EXECUTE';
        return true;
      default:
        this.#plain(type.replace('PLpgSQL_stmt_', ''), one);
        return true;
    }
  }

  #plain(type: string, one: Tree): void {
    const rows = loops.has(type) ? 'each' : one['into'] ? 'first' : 'none';
    const expressions = expressionsOf[type];
    if (expressions === undefined) this.#unread ??= type.toUpperCase().replace('_', ' ');
    if (one['dynquery'] !== undefined) this.#unread ??= 'EXECUTE';
    for (const member of expressions ?? []) this.#expression(one[member], rows);
    if (type === 'assign') this.#set(Number(one['varno'] ?? newRecord), queryOf(one['expr']) ?? '');
    if (type === 'foreach_a') this.#assign(one['varno']);
    for (const target of [one['target'], one['var']]) this.#assignTo(target as Tree | undefined);
    for (const item of (one['diag_items'] ?? []) as readonly Tree[]) {
      const { kind, target } = item['PLpgSQL_diag_item'] as Tree;
      if (kind === 'PG_ROUTINE_OID') this.#unread ??= 'PG_ROUTINE_OID';
      this.#assign(target);
    }
    this.#apart(one['body']);
  }

  #set(varno: number, assignment: string): void {
    const field = this.#datums[varno]?.['PLpgSQL_recfield'] as Tree | undefined;
    const name = String(field?.['fieldname']);
    const ofNew = field !== undefined && Number(field['recparentno'] ?? newRecord) === newRecord;
    const value = assignedValue(assignment);
    const isOld = value?.trim().toLowerCase() === `old.${name}`;
    if (ofNew && isOld && this.#variables?.get('tg_op') === 'UPDATE') this.#kept.add(name);
    else this.#assign(varno, recordIn(assignment, this.#datums), value);
  }

  #block(one: Tree): boolean {
    let goesOn = this.#apart(one['body']);
    const handlers = (one['exceptions'] as Tree | undefined)?.['PLpgSQL_exception_block'] as Tree;
    if (handlers !== undefined) this.#catches = true;
    for (const handler of (handlers?.['exc_list'] ?? []) as readonly Tree[]) {
      const { action } = handler['PLpgSQL_exception'] as Tree;
      goesOn = this.#apart(action) || goesOn;
    }
    return goesOn;
  }

  #if(one: Tree): boolean {
    const others = ((one['elsif_list'] ?? []) as readonly Tree[]).map(
      other => other['PLpgSQL_if_elsif'] as Tree,
    );
    const branches = [
      { condition: one['cond'], body: one['then_body'] },
      ...others.map(other => ({ condition: other['cond'], body: other['stmts'] })),
    ];
    return this.#branches(branches, one['else_body']);
  }

  #case(one: Tree): boolean {
    this.#expression(one['t_expr']);
    const subject = queryOf(one['t_expr'])?.trim();
    const branches = ((one['case_when_list'] ?? []) as readonly Tree[]).map(item => {
      const { expr, stmts } = item['PLpgSQL_case_when'] as Tree;
      const query = queryOf(expr) ?? '';
      const meant = /^\w+$/.test(subject ?? '')
        ? query.replace(/"__Case__Variable_\d+__"/, subject!)
        : query;
      return {
        condition: { PLpgSQL_expr: { query: meant, parseMode: expressionMode } },
        body: stmts,
      };
    });
    return this.#branches(branches, one['else_stmts']);
  }

  #branches(
    branches: readonly { readonly condition: unknown; readonly body: unknown }[],
    otherwise: unknown,
  ): boolean {
    let goesOn = false;
    let certain = true;
    for (const { condition, body } of branches) {
      const known = this.#decided(queryOf(condition));
      if (known === false) continue;
      if (known === null) this.#expression(condition);
      certain &&= known !== null;
      goesOn = (certain ? this.#statements(body) : this.#apart(body)) || goesOn;
      if (known) return goesOn;
    }
    return (certain ? this.#statements(otherwise) : this.#apart(otherwise)) || goesOn;
  }

  #return(one: Tree): void {
    this.#expression(one['expr']);
    const text = queryOf(one['expr']);
    if (text === null) this.#results.add(Number(one['retvarno'] ?? newRecord));
    else if (!/^\s*(null|coalesce\s*\(\s*(new|old)\s*,\s*(new|old)\s*\))\s*$/i.test(text)) {
      this.#others.add(newRecord);
    }
  }

  #expression(tree: unknown, rows: ProcedurePart['rows'] = 'none'): void {
    const { query, parseMode = 0 } = ((tree as Tree)?.['PLpgSQL_expr'] ?? {}) as {
      readonly query?: string;
      readonly parseMode?: number;
    };
    if (query === undefined) return;
    const value = parseMode > expressionMode ? assignedValue(query) : query;
    const sql = parseMode === 0 ? query : `SELECT ${value}`;
    if (value === null) this.#unread ??= 'an assignment that cannot be read';
    else this.#parts.push({ part: { sql, rows }, held: this.#held });
  }

  #assignTo(target: Tree | undefined): void {
    const record = target?.['PLpgSQL_rec'] as Tree | undefined;
    if (record !== undefined) this.#assign(record['dno']);
    const row = target?.['PLpgSQL_row'] as Tree | undefined;
    for (const field of (row?.['fields'] ?? []) as readonly Tree[]) this.#assign(field['varno']);
  }

  /** `from`: the record that it is set to; null: something else. */
  #assign(varno: unknown, from: number | null = null, value: string | null = null): void {
    const number = Number(varno ?? 0);
    this.#hold(number, value);
    this.#filled.add(number);
    this.#replaced.add(number);
    if (from === null) this.#others.add(number);
    else if (number === newRecord) this.#results.add(from);
    else if (from !== newRecord && from !== oldRecord) this.#others.add(number);
    const field = this.#datums[number]?.['PLpgSQL_recfield'] as Tree | undefined;
    if (field === undefined) return;
    this.#setField(Number(field['recparentno'] ?? newRecord), String(field['fieldname']));
  }

  #setField(record: number, name: string): void {
    this.#fields.set(record, (this.#fields.get(record) ?? new Set()).add(name));
  }

  /** What a condition is under the trigger's variables; null: that hangs on more. */
  #decided(query: string | null): boolean | null {
    if (query === null || this.#variables === null) return null;
    return decided(selected(query), this.#variables);
  }
}

/** By the number of a variable, what it was set to from NEW or OLD on the way that is walked. */
type Held = ReadonlyMap<number, SyntaxNode>;

function selected(expression: string): SyntaxNode | undefined {
  const select = parseStatements(`SELECT ${expression}`)[0]?.stmt.SelectStmt;
  return (select?.targetList?.[0] as SyntaxNode)?.ResTarget?.val as SyntaxNode | undefined;
}

/** `new.a`, COALESCE of such, or the CASE of such that is taken; null: it is something else. */
function ofRow(
  node: SyntaxNode | undefined,
  variables: TriggerVariables | null,
): SyntaxNode | null {
  const { ColumnRef, CoalesceExpr, CaseExpr } = node ?? {};
  if (ColumnRef !== undefined) {
    const [record, name] = (ColumnRef.fields ?? []) as readonly SyntaxNode[];
    const isOfRow = record?.String?.sval === 'new' || record?.String?.sval === 'old';
    return isOfRow && name?.String !== undefined ? node! : null;
  }
  if (CoalesceExpr !== undefined) {
    const args = (CoalesceExpr.args ?? []) as readonly SyntaxNode[];
    return args.every(one => one.ColumnRef && ofRow(one, variables) !== null) ? node! : null;
  }
  if (CaseExpr === undefined || CaseExpr.arg !== undefined || variables === null) return null;
  for (const { CaseWhen } of (CaseExpr.args ?? []) as readonly SyntaxNode[]) {
    const known = decided(CaseWhen?.expr as SyntaxNode | undefined, variables);
    if (known === null) return null;
    if (known) return ofRow(CaseWhen?.result as SyntaxNode | undefined, variables);
  }
  return ofRow(CaseExpr.defresult as SyntaxNode | undefined, variables);
}

/** elog.h */
const errorLevel = 21;
/** RAW_PARSE_PLPGSQL_EXPR, parser.h. */
const expressionMode = 2;

const loops: ReadonlySet<string> = new Set(['fors', 'forc', 'open', 'return_query', 'fetch']);
/** Members that are expressions, of statements whose other members are known here. */
const expressionsOf: Readonly<Record<string, readonly string[]>> = {
  assign: ['expr'],
  loop: [],
  while: ['cond'],
  fori: ['lower', 'upper', 'step'],
  fors: ['query'],
  forc: ['argquery'],
  foreach_a: ['expr'],
  exit: ['cond'],
  return_next: ['expr'],
  return_query: ['query'],
  assert: ['cond', 'message'],
  execsql: ['sqlstmt'],
  perform: ['expr'],
  getdiag: [],
  open: ['query', 'argquery'],
  fetch: ['expr'],
  close: [],
};

function queryOf(tree: unknown): string | null {
  const { query } = ((tree as Tree | undefined)?.['PLpgSQL_expr'] ?? {}) as { query?: string };
  return query ?? null;
}

/** What stands behind `name :=`; null: what stands before it is more than a name. */
function assignedValue(text: string): string | null {
  const tokens = tokensOf(text);
  const depths = depthsOf(tokens);
  const at = tokens.findIndex(
    (token, i) => depths[i] === 0 && (token.text === ':=' || token.text === '='),
  );
  const isCall = tokens.slice(0, at).some(token => token.text === '(');
  return at === -1 || isCall ? null : new ByteText(text).slice(tokens[at]!.end);
}

/** Of `name := record`; null: it is set to something else. */
function recordIn(assignment: string | null, datums: readonly Tree[]): number | null {
  const [, name = ''] = /^[^:=]*:?=\s*(\w+)\s*$/.exec(assignment ?? '') ?? [];
  const found = datums.flatMap((one, number) => {
    const { refname } = (one['PLpgSQL_rec'] ?? {}) as Tree;
    return refname === name.toLowerCase() ? number : [];
  });
  return found.length === 1 ? found[0]! : null;
}

function decided(node: SyntaxNode | undefined, variables: TriggerVariables): boolean | null {
  const { A_Expr: expression, BoolExpr: all } = node ?? {};
  if (all !== undefined) {
    const parts = (all.args ?? []).map(one => decided(one as SyntaxNode, variables));
    if (all.boolop === 'NOT_EXPR') return parts[0] === null ? null : !parts[0];
    const decisive = all.boolop === 'OR_EXPR';
    if (parts.includes(decisive)) return decisive;
    return parts.includes(null) ? null : !decisive;
  }
  const { sval: name } = (expression?.name?.[0] as SyntaxNode | undefined)?.String ?? {};
  if (expression?.name?.length !== 1 || (name !== '=' && name !== '<>')) return null;
  const left = constantOf(expression.lexpr as SyntaxNode | undefined, variables);
  const right = expression.rexpr as SyntaxNode | undefined;
  if (left === null) return null;
  if (expression.kind === 'AEXPR_OP') {
    const value = constantOf(right, variables);
    return value === null ? null : (left === value) === (name === '=');
  }
  if (expression.kind !== 'AEXPR_IN') return null;
  const values = (right?.List?.items ?? []).map(one => constantOf(one as SyntaxNode, variables));
  return values.includes(null) ? null : values.includes(left) === (name === '=');
}

function constantOf(node: SyntaxNode | undefined, variables: TriggerVariables): string | null {
  if (node?.A_Const !== undefined) return node.A_Const.sval?.sval ?? null;
  const fields = (node?.ColumnRef?.fields ?? []) as readonly SyntaxNode[];
  if (fields.length !== 1) return null;
  return variables.get(fields[0]?.String?.sval ?? '') ?? null;
}
