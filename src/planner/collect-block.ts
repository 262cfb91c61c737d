// A query whose FROM and WHERE every shard can do by itself: what is above them runs over their rows,
// of which only the columns that it names are needed.

import type { ColumnUse, Level } from '../sql/level.ts';
import { outputName } from '../sql/output-names.ts';
import type { ScopeBuilder } from '../sql/scope-builder.ts';
import type { ColumnRef, RangeVar, SelectStmt, SyntaxNode } from '../sql/syntax-tree.ts';
import { isStar, walk } from '../sql/syntax-tree.ts';
import { columnRef, targetsOf } from './collect-table.ts';
import { outputColumns } from './output-columns.ts';

export interface Block {
  /** The rows: each column that is named, once. */
  readonly rows: SelectStmt;
  /** The query over `rows`, which are in this table. */
  over(table: RangeVar): SelectStmt;
}

/** null: what it names cannot be told column by column. */
export function collectBlock(select: SelectStmt, level: Level, facts: ScopeBuilder): Block | null {
  if (select.fromClause === undefined || select.withClause !== undefined) return null;
  const { fromClause, whereClause, ...above } = structuredClone(select);
  const targets = expandedTargets(select, level, facts);
  if (targets === null || holdsSubquery(above)) return null;
  const upper = { ...above, targetList: targets };
  const names = targets.map(target => outputName(target));
  const columns = new BlockColumns(level, unusedPrefix(names));
  if (!columns.replace(upper, new Set(names)) || groupsByPrimaryKey(select, level)) return null;
  const rows = {
    targetList: targetsOf(columns.targets()),
    fromClause,
    ...(whereClause === undefined ? {} : { whereClause }),
    limitOption: 'LIMIT_OPTION_DEFAULT',
    op: 'SETOP_NONE',
  };
  const over = (table: RangeVar) => ({ ...upper, fromClause: [{ RangeVar: table }] });
  return { rows: rows as SelectStmt, over: table => over(table) as SelectStmt };
}

/** Stars expanded, every column by the name that it has; null: not known. */
function expandedTargets(
  select: SelectStmt,
  level: Level,
  facts: ScopeBuilder,
): SyntaxNode[] | null {
  const targets = structuredClone(select.targetList ?? []) as readonly SyntaxNode[];
  const found: SyntaxNode[] = [];
  for (const target of targets) {
    const value = target.ResTarget?.val as SyntaxNode | undefined;
    if (!isStar(value)) {
      const name = outputName(target);
      if (name === null) return null;
      found.push({ ResTarget: { ...target.ResTarget, name } } as SyntaxNode);
      continue;
    }
    const columns = outputColumns([target], level, facts)?.visible;
    if (columns === undefined || columns.some(one => one.use === null)) return null;
    for (const { use } of columns) {
      const val = columnRef([use!.relation.refname, use!.column]);
      found.push({ ResTarget: { name: use!.column, val } } as SyntaxNode);
    }
  }
  return found;
}

function holdsSubquery(tree: unknown): boolean {
  let found = false;
  walk(tree, value => {
    if ('SubLink' in value || 'SelectStmt' in value) found = true;
    return !found;
  });
  return found;
}

/** Columns that depend on a primary key may be left out of GROUP BY; the rows have no key. */
function groupsByPrimaryKey(select: SelectStmt, level: Level): boolean {
  const grouped: ColumnUse[] = [];
  walk(select.groupClause, value => {
    const { ColumnRef } = value as SyntaxNode;
    const use = ColumnRef === undefined ? null : level.resolve(ColumnRef);
    if (use !== null) grouped.push(use);
    return true;
  });
  return level.relations.some(relation => {
    const key = relation.table?.uniqueIndexes.find(index => index.primary)?.columns;
    return key?.every(name =>
      grouped.some(use => use.relation === relation && use.column === name),
    );
  });
}

class BlockColumns {
  readonly #level: Level;
  readonly #prefix: string;
  readonly #uses: ColumnUse[] = [];

  constructor(level: Level, prefix: string) {
    this.#level = level;
    this.#prefix = prefix;
  }

  targets(): SyntaxNode[] {
    return this.#uses.map(({ relation, column }, at) => {
      const names = relation.refname === '' ? [column] : [relation.refname, column];
      return { ResTarget: { name: this.#nameOf(at), val: columnRef(names) } } as SyntaxNode;
    });
  }

  /** False: some reference cannot be told. */
  replace(select: object, outputs: ReadonlySet<string | null>): boolean {
    for (const [clause, tree] of Object.entries(select)) {
      if (!this.#replaceIn(tree, clause, outputs)) return false;
    }
    return true;
  }

  #replaceIn(tree: unknown, clause: string, outputs: ReadonlySet<string | null>): boolean {
    if (clause !== 'sortClause' && clause !== 'distinctClause') {
      return this.#replaceBelow(tree, clause === 'groupClause' ? outputs : new Set());
    }
    // Items that are a bare name mean the output first (findTargetlistEntrySQL92, parse_clause.c).
    return (tree as readonly SyntaxNode[]).every(item => {
      const node = (item.SortBy?.node ?? item) as SyntaxNode;
      return isOutput(node, outputs) || this.#replaceBelow(item, new Set());
    });
  }

  /** `outputs`: names that mean the output where they mean no column. */
  #replaceBelow(tree: unknown, outputs: ReadonlySet<string | null>): boolean {
    let known = true;
    walk(tree, value => {
      const node = value as { ColumnRef?: ColumnRef };
      if (node.ColumnRef === undefined) return known;
      const use = this.#level.resolve(node.ColumnRef);
      if (use === null && isOutput(node as SyntaxNode, outputs)) {
        known &&= this.#surelyNoColumn(node.ColumnRef);
      } else if (use === null || !this.#isOwn(use) || this.#isMerged(node.ColumnRef)) {
        known = false;
      } else {
        node.ColumnRef = columnRef([this.#nameOf(this.#add(use))]).ColumnRef!;
      }
      return false;
    });
    return known;
  }

  #isOwn({ relation }: ColumnUse): boolean {
    return relation.level === this.#level && !relation.hidden;
  }

  /** Its type may be neither side's (USING, NATURAL). */
  #isMerged({ fields }: ColumnRef): boolean {
    const name = (fields?.[0] as SyntaxNode | undefined)?.String?.sval ?? '';
    return fields?.length === 1 && this.#level.merged.has(name);
  }

  #surelyNoColumn({ fields }: ColumnRef): boolean {
    const name = (fields?.[0] as SyntaxNode | undefined)?.String?.sval ?? '';
    if (this.#level.opaque) return false;
    return !this.#level.relations.some(one => one.columns === null || one.columns.includes(name));
  }

  #nameOf(at: number): string {
    return `${this.#prefix}${at + 1}`;
  }

  #add(use: ColumnUse): number {
    const at = this.#uses.findIndex(
      one => one.relation === use.relation && one.column === use.column,
    );
    return at === -1 ? this.#uses.push(use) - 1 : at;
  }
}

/** A bare name of an output column. */
function isOutput(node: SyntaxNode, outputs: ReadonlySet<string | null>): boolean {
  const fields = (node.ColumnRef?.fields ?? []) as readonly SyntaxNode[];
  return fields.length === 1 && outputs.has(fields[0]?.String?.sval ?? '');
}

/** GROUP BY means a column first, ORDER BY an output: no output may have the name of a column. */
function unusedPrefix(outputs: readonly (string | null)[]): string {
  let prefix = 'pgpack ';
  while (outputs.some(name => name?.startsWith(prefix))) prefix += '_';
  return prefix;
}
