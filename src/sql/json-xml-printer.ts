// SQL text of what pgsql-deparser has no words for, or wrong ones: JSON_VALUE and its kin, JSON_TABLE
// and XMLTABLE (gram.y: json_func_expr, json_table, xmltable).

import { Deparser } from 'pgsql-deparser';
import { quoteName } from './quote-name.ts';
import type { NodeType, SyntaxNode } from './syntax-tree.ts';

type Node = Parameters<Deparser['visit']>[0];
type Context = Parameters<Deparser['BoolExpr']>[1];
type NodeOf<Type extends NodeType> = NonNullable<SyntaxNode[Type]>;
type Behavior = NonNullable<NodeOf<'JsonFuncExpr'>['on_error']>;
type Behaviors = { readonly on_empty?: Behavior; readonly on_error?: Behavior };
type Path = NonNullable<NodeOf<'JsonTable'>['pathspec']>;

const functions: Readonly<Record<string, string>> = {
  JSON_EXISTS_OP: 'JSON_EXISTS',
  JSON_QUERY_OP: 'JSON_QUERY',
  JSON_VALUE_OP: 'JSON_VALUE',
};

const wrappers: Readonly<Record<string, string>> = {
  JSW_NONE: 'WITHOUT WRAPPER',
  JSW_CONDITIONAL: 'WITH CONDITIONAL WRAPPER',
  JSW_UNCONDITIONAL: 'WITH UNCONDITIONAL WRAPPER',
};

const quotings: Readonly<Record<string, string>> = {
  JS_QUOTES_KEEP: 'KEEP QUOTES',
  JS_QUOTES_OMIT: 'OMIT QUOTES',
};

const behaviors: Readonly<Record<string, string>> = {
  JSON_BEHAVIOR_NULL: 'NULL',
  JSON_BEHAVIOR_ERROR: 'ERROR',
  JSON_BEHAVIOR_EMPTY: 'EMPTY',
  JSON_BEHAVIOR_TRUE: 'TRUE',
  JSON_BEHAVIOR_FALSE: 'FALSE',
  JSON_BEHAVIOR_UNKNOWN: 'UNKNOWN',
  JSON_BEHAVIOR_EMPTY_ARRAY: 'EMPTY ARRAY',
  JSON_BEHAVIOR_EMPTY_OBJECT: 'EMPTY OBJECT',
};

export class JsonXmlPrinter extends Deparser {
  JsonFuncExpr(node: NodeOf<'JsonFuncExpr'>, context: Context): string {
    const item = this.JsonValueExpr(node.context_item!, context);
    const path = this.visit(node.pathspec!, context);
    // JSON_EXISTS and JSON_VALUE have no wrapper, whatever their nodes say.
    const ofQuery = node.op === 'JSON_QUERY_OP';
    const parts = [
      `${item}, ${path}`,
      this.#passing(node.passing, context),
      this.formatJsonOutput(node.output, context),
      ...(ofQuery ? [wrappers[node.wrapper!], quotings[node.quotes!]] : []),
      ...this.#behaviors(node, context),
    ];
    return `${functions[node.op!]}(${spaced(parts)})`;
  }

  JsonArgument({ val, name }: NodeOf<'JsonArgument'>, context: Context): string {
    return `${this.JsonValueExpr(val!, context)} AS ${quoteName(name!)}`;
  }

  JsonTable(node: NodeOf<'JsonTable'>, context: Context): string {
    const item = this.JsonValueExpr(node.context_item!, context);
    const parts = [
      `${item}, ${this.#path(node.pathspec!, context)}`,
      this.#passing(node.passing, context),
      this.#columns(node.columns, context),
      ...this.#behaviors(node, context),
    ];
    return this.#inFrom(node, `JSON_TABLE(${spaced(parts)})`, context);
  }

  JsonTableColumn(node: NodeOf<'JsonTableColumn'>, context: Context): string {
    const { coltype, pathspec, typeName } = node;
    const path = pathspec === undefined ? null : this.#path(pathspec, context);
    if (coltype === 'JTC_NESTED') {
      return `NESTED PATH ${path} ${this.#columns(node.columns, context)}`;
    }
    const name = quoteName(node.name!);
    if (coltype === 'JTC_FOR_ORDINALITY') return `${name} FOR ORDINALITY`;
    const exists = coltype === 'JTC_EXISTS';
    const parts = [
      `${name} ${this.TypeName(typeName!, context)}`,
      coltype === 'JTC_FORMATTED' ? this.formatJsonFormat(node.format) : null,
      exists ? 'EXISTS' : null,
      path === null ? null : `PATH ${path}`,
      ...(exists ? [] : [wrappers[node.wrapper!], quotings[node.quotes!]]),
      ...this.#behaviors(node, context),
    ];
    return spaced(parts);
  }

  override RangeTableFunc(...[node, context]: Parameters<Deparser['RangeTableFunc']>): string {
    const namespaces = (node.namespaces ?? []).map(one => this.#namespace(one, context));
    const columns = (node.columns ?? []).map(one => this.visit(one, context));
    const parts = [
      namespaces.length === 0 ? null : `XMLNAMESPACES(${namespaces.join(', ')}),`,
      `(${this.visit(node.rowexpr!, context)})`,
      `PASSING (${this.visit(node.docexpr!, context)})`,
      `COLUMNS ${columns.join(', ')}`,
    ];
    return this.#inFrom(node, `XMLTABLE(${spaced(parts)})`, context);
  }

  override RangeTableFuncCol(
    ...[node, context]: Parameters<Deparser['RangeTableFuncCol']>
  ): string {
    const { colname, typeName, colexpr, coldefexpr } = node;
    const name = quoteName(colname!);
    if (node.for_ordinality) return `${name} FOR ORDINALITY`;
    return spaced([
      `${name} ${this.TypeName(typeName!, context)}`,
      colexpr === undefined ? null : `PATH (${this.visit(colexpr, context)})`,
      coldefexpr === undefined ? null : `DEFAULT (${this.visit(coldefexpr, context)})`,
      node.is_not_null ? 'NOT NULL' : null,
    ]);
  }

  #namespace(node: SyntaxNode, context: Context): string {
    const { name, val } = node.ResTarget!;
    const uri = `(${this.visit(val!, context)})`;
    return name === undefined ? `DEFAULT ${uri}` : `${uri} AS ${quoteName(name)}`;
  }

  #inFrom(
    { lateral, alias }: NodeOf<'JsonTable'> | NodeOf<'RangeTableFunc'>,
    call: string,
    context: Context,
  ): string {
    const named = alias === undefined ? null : this.Alias(alias, context);
    return spaced([lateral ? 'LATERAL' : null, call, named]);
  }

  #path({ string, name }: Path, context: Context): string {
    const named = name === undefined ? null : `AS ${quoteName(name)}`;
    return spaced([this.visit(string!, context), named]);
  }

  #passing(args: readonly Node[] | undefined, context: Context): string | null {
    if (args === undefined) return null;
    return `PASSING ${args.map(one => this.visit(one, context)).join(', ')}`;
  }

  #columns(columns: readonly Node[] | undefined, context: Context): string {
    return `COLUMNS (${(columns ?? []).map(one => this.visit(one, context)).join(', ')})`;
  }

  #behaviors({ on_empty: empty, on_error: error }: Behaviors, context: Context): string[] {
    return [
      ...(empty === undefined ? [] : [`${this.#behavior(empty, context)} ON EMPTY`]),
      ...(error === undefined ? [] : [`${this.#behavior(error, context)} ON ERROR`]),
    ];
  }

  #behavior({ btype, expr }: Behavior, context: Context): string {
    if (btype === 'JSON_BEHAVIOR_DEFAULT') return `DEFAULT (${this.visit(expr!, context)})`;
    return behaviors[btype ?? ''] ?? '';
  }
}

function spaced(parts: readonly (string | null | undefined)[]): string {
  return parts.filter(part => part != null).join(' ');
}
