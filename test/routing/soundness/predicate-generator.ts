// Random predicates over the relations in scope: equalities on the key in every spelling and at
// every place, among them those that confine nothing.

import type { Random } from '../../sharding/seeded-random.ts';
import type { Draft } from './draft.ts';
import { arrayConstant, constant, type KeyKind } from './key-kinds.ts';
import type { World, WorldTable } from './world.ts';

/** A relation as predicates see it. */
export interface Visible {
  readonly alias: string;
  /** Columns k, k2 and r by name. */
  readonly kinds: Readonly<Record<string, KeyKind>>;
}

export interface Context {
  readonly world: World;
  readonly random: Random;
  readonly draft: Draft;
}

export function pick<T>(random: Random, items: readonly T[]): T {
  return items[random.below(items.length)]!;
}

export function visible(table: WorldTable, alias: string): Visible {
  return { alias, kinds: table.kinds };
}

export function predicate(context: Context, scope: readonly Visible[], depth: number): string {
  const { random } = context;
  if (depth <= 0 || random.below(3) === 0) return leaf(context, scope, depth);
  const inner = () => predicate(context, scope, depth - 1);
  switch (random.below(14)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return `(${inner()} AND ${inner()})`;
    case 4:
    case 5:
    case 6:
      return `(${inner()} OR ${inner()})`;
    case 7:
      return `NOT (${inner()})`;
    case 8:
      return `(${inner()}) ${pick(random, tests)}`;
    case 9:
      return `CASE WHEN ${inner()} THEN ${inner()} ELSE ${pick(random, ['false', inner()])} END`;
    case 10:
      return `COALESCE(${inner()}, ${pick(random, ['false', 'true'])})`;
    case 11:
      return `((${inner()}) = (${inner()}))`;
    case 12:
      return `(${inner()} AND (${inner()} OR ${inner()}))`;
    default:
      return `NOT (${inner()} OR NOT ${inner()})`;
  }
}

const tests = ['IS TRUE', 'IS NOT TRUE', 'IS FALSE', 'IS NOT FALSE', 'IS UNKNOWN', '= true'];
const comparisons = ['<', '<=', '>', '>=', '<>'];

function leaf(context: Context, scope: readonly Visible[], depth: number): string {
  const { random } = context;
  const relation = pick(random, scope);
  const { alias } = relation;
  switch (random.below(16)) {
    case 0:
      return `${alias}.v = ${random.below(6)}`;
    case 1:
      return pick(random, ['true', 'false', 'NULL', '1 = 1', '1 = 0', `${alias}.v IS NOT NULL`]);
    case 2:
      return depth > 0 ? subquery(context, scope, depth) : rowComparison(context, relation);
    case 3:
      return rowComparison(context, relation);
    case 4:
      return `${alias}.w = ${pick(random, ["'a'", "'5'", `${alias}.w || ''`])}`;
    default: {
      const [column, kind] = keyColumn(context, relation);
      return onColumn(context, `${alias}.${column}`, kind);
    }
  }
}

/** Mostly a column of the key. */
export function keyColumn({ random }: Context, { kinds }: Visible): readonly [string, KeyKind] {
  const columns = Object.entries(kinds).filter(([name]) => name !== 'r');
  if (random.below(8) === 0) return ['r', kinds['r']!];
  return pick(random, columns);
}

function onColumn(context: Context, column: string, kind: KeyKind): string {
  const { random, draft } = context;
  const value = () => constant(kind, random, draft);
  switch (random.below(22)) {
    case 0:
      return `${column} IN (${[0, 1, 2].map(value).join(', ')})`;
    case 1:
      return `${column} = ANY (${arrayConstant(kind, random, draft)})`;
    case 2:
      return `${column} ${pick(random, comparisons)} ${value()}`;
    case 3:
      return `${column} ${pick(random, ['', 'NOT '])}BETWEEN ${value()} AND ${value()}`;
    case 4:
      return `${column} BETWEEN SYMMETRIC ${value()} AND ${value()}`;
    case 5:
      return `${column} IS ${pick(random, ['', 'NOT '])}NULL`;
    case 6:
      return `${column} IS ${pick(random, ['', 'NOT '])}DISTINCT FROM ${value()}`;
    case 7:
      return `${column} NOT IN (${[0, 1].map(value).join(', ')})`;
    case 8:
      return `${column} <> ALL (${arrayConstant(kind, random, draft)})`;
    case 9:
      return `${column} = ALL (${arrayConstant(kind, random, draft)})`;
    case 10:
      return `${column} IN (VALUES (${value()}), (${value()}))`;
    case 11:
      return expression(context, column, kind);
    case 12:
      return `${value()} = ${column}`;
    case 13:
      return `(${column} = ${value()} OR ${column} = ${value()})`;
    case 14:
      return `${column} ${pick(random, ['>', '>='])} ${value()} AND ${column} < ${value()}`;
    default:
      return `${column} = ${value()}`;
  }
}

/** The column inside an expression. */
function expression(context: Context, column: string, kind: KeyKind): string {
  const { random, draft } = context;
  const value = constant(kind, random, draft);
  const any = pick(random, kind.pool).replaceAll("'", "''");
  switch (random.below(kind.group === 'integer' ? 8 : 4)) {
    case 0:
      return `${column}::text = '${any}'`;
    case 1:
      return `COALESCE(${column}, ${value}) = ${value}`;
    case 2:
      return `NULLIF(${column}, ${value}) IS NULL`;
    case 3:
      return `(CASE WHEN true THEN ${column} END) = ${value}`;
    case 4:
      return `${column} + 1 = ${value}`;
    case 5:
      return `- ${column} = ${value}`;
    case 6:
      return `${column} % 3 = 1`;
    default:
      return `${column}::int4 = ${value}`;
  }
}

function rowComparison(context: Context, relation: Visible): string {
  const { random, draft } = context;
  const { alias, kinds } = relation;
  const [first, second] = 'k2' in kinds && random.below(4) > 0 ? ['k', 'k2'] : ['k', 'r'];
  const value = (column: string) => constant(kinds[column]!, random, draft);
  const row = () => `(${value(first!)}, ${value(second!)})`;
  const left = `(${alias}.${first}, ${alias}.${second})`;
  switch (random.below(4)) {
    case 0:
      return `${left} = ${row()}`;
    case 1:
      return `${left} IN (${row()}, ${row()})`;
    case 2:
      return `${left} ${pick(random, comparisons)} ${row()}`;
    default:
      return `ROW(${alias}.${first}, ${alias}.v) = ROW(${value(first!)}, ${random.below(6)})`;
  }
}

/** A subquery on another table, correlated by the key, by something else, or not at all. */
function subquery(context: Context, scope: readonly Visible[], depth: number): string {
  const { world, random, draft } = context;
  const table = pick(random, world.tables);
  const inner = visible(table, draft.alias());
  const outer = pick(random, scope);
  const conditions = [
    ...(random.below(4) > 0 ? [correlation(context, inner, outer)] : []),
    ...(random.below(2) === 0 ? [predicate(context, [inner, ...scope], depth - 2)] : []),
  ];
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
  const from = `FROM ${table.name} ${inner.alias}${where}`;
  const column = pick(random, ['k', 'k', 'r']);
  switch (random.below(6)) {
    case 0:
    case 1:
      return `EXISTS (SELECT 1 ${from})`;
    case 2:
      return `NOT EXISTS (SELECT 1 ${from})`;
    case 3:
      return `${outer.alias}.k = (SELECT max(${inner.alias}.${column}) ${from})`;
    case 4:
      return `${outer.alias}.k ${pick(random, ['', 'NOT '])}IN (SELECT ${inner.alias}.${column} ${from})`;
    default:
      return `${outer.alias}.k = ANY (SELECT ${inner.alias}.${column} ${from})`;
  }
}

/** What two relations have in common; their keys, mostly. */
export function correlation(context: Context, a: Visible, b: Visible): string {
  const { random } = context;
  const both = Object.keys(a.kinds).filter(column => column in b.kinds);
  const same = both.every(column => a.kinds[column]!.group === b.kinds[column]!.group);
  if (!same || random.below(12) === 0) return `${a.alias}.v = ${b.alias}.v`;
  const keys = both.filter(column => column !== 'r');
  switch (random.below(8)) {
    case 0:
      return `${a.alias}.k = ${b.alias}.r`;
    case 1:
      return `${a.alias}.${pick(random, both)} = ${b.alias}.k`;
    case 2:
      return `${b.alias}.k = ${a.alias}.k AND ${a.alias}.v >= ${b.alias}.v`;
    case 3:
      return `(${a.alias}.k = ${b.alias}.k OR ${a.alias}.v = ${random.below(6)})`;
    default:
      return keys.map(column => `${a.alias}.${column} = ${b.alias}.${column}`).join(' AND ');
  }
}
