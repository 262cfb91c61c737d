// Random statements over a world's tables: joins on and off the key, inner and outer, subqueries,
// CTEs, set operations, groups, and writes with RETURNING. Rows are told apart by their `n`.

import {
  type Context,
  correlation,
  keyColumn,
  pick,
  predicate,
  type Visible,
  visible,
} from './predicate-generator.ts';
import type { WorldTable } from './world.ts';

interface From {
  readonly sql: string;
  readonly scope: readonly Visible[];
}

export function randomStatement(context: Context): string {
  switch (context.random.below(16)) {
    case 0:
    case 1:
    case 2:
      return plainSelect(context);
    case 3:
    case 4:
      return grouped(context);
    case 5:
    case 6:
      return setOperation(context);
    case 7:
    case 8:
      return withQuery(context);
    case 9:
      return update(context);
    case 10:
      return deletion(context);
    case 11:
      return scalarSubquery(context);
    default:
      return joined(context);
  }
}

function table({ world, random }: Context): WorldTable {
  return pick(random, world.tables);
}

function columnsOf(scope: readonly Visible[]): string {
  return scope.map(({ alias }) => `${alias}.n`).join(', ');
}

function whereOf(context: Context, scope: readonly Visible[], depth = 3): string {
  if (context.random.below(10) === 0) return '';
  return ` WHERE ${predicate(context, scope, context.random.below(depth + 1))}`;
}

function plainSelect(context: Context): string {
  const { random } = context;
  const from = fromItem(context, 1);
  const columns = columnsOf(from.scope);
  const where = whereOf(context, from.scope);
  switch (random.below(6)) {
    case 0:
      return `SELECT ${columns}, ${predicate(context, from.scope, 1)} AS p FROM ${from.sql}${where}`;
    case 1: {
      const [{ alias }] = from.scope as [Visible];
      return `SELECT ${alias}.n, ${alias}.v FROM ${from.sql}${where} ORDER BY ${alias}.n LIMIT 3`;
    }
    default:
      return `SELECT ${columns} FROM ${from.sql}${where}`;
  }
}

function joined(context: Context): string {
  const from = fromJoin(context);
  return `SELECT ${columnsOf(from.scope)} FROM ${from.sql}${whereOf(context, from.scope)}`;
}

function grouped(context: Context): string {
  const { random } = context;
  const from = random.below(3) === 0 ? fromJoin(context) : fromItem(context, 1);
  const where = whereOf(context, from.scope);
  const relation = pick(random, from.scope);
  const { alias } = relation;
  switch (random.below(5)) {
    case 0:
      return `SELECT count(*), min(${alias}.n) FROM ${from.sql}${where}`;
    case 1:
      return `SELECT count(*) FILTER (WHERE ${predicate(context, from.scope, 1)}), count(*)
        FROM ${from.sql}${where}`;
    case 2: {
      const [column] = keyColumn(context, relation);
      const having = predicate(context, [{ ...relation, alias }], 0);
      const kept = having.includes(`${alias}.${column}`) && !/\.[vwr]\b/.test(having);
      return `SELECT ${alias}.k, count(*), max(${alias}.n) FROM ${from.sql}${where}
        GROUP BY ${alias}.k${kept && column === 'k' ? ` HAVING ${having}` : ''}`;
    }
    case 3:
      return `SELECT ${alias}.v, count(*), max(${alias}.n) FROM ${from.sql}${where} GROUP BY 1`;
    default:
      return `SELECT DISTINCT ${alias}.v FROM ${from.sql}${where}`;
  }
}

function setOperation(context: Context): string {
  const { random, draft } = context;
  const operator = pick(random, ['UNION ALL', 'UNION ALL', 'UNION', 'INTERSECT', 'EXCEPT']);
  const first = table(context);
  const alike = context.world.tables.filter(
    other => other.kinds['k']!.group === first.kinds['k']!.group,
  );
  const arm = (of: WorldTable) => {
    const seen = visible(of, draft.alias());
    const { alias } = seen;
    return `SELECT ${alias}.n, ${alias}.k, ${alias}.v FROM ${of.name} ${alias}${whereOf(context, [seen], 1)}`;
  };
  const arms = `${arm(first)} ${operator} ${arm(pick(random, alike))}`;
  if (random.below(2) === 0) return arms;
  const { k } = first.kinds;
  const outer: Visible = { alias: draft.alias(), kinds: { k: k!, r: k! } };
  const [, kind] = ['k', k!] as const;
  const where = predicate(context, [{ ...outer, kinds: { k: kind, r: kind } }], 0);
  const known = /\.[rw]\b/.test(where) ? `${outer.alias}.v = 1` : where;
  return `SELECT ${outer.alias}.n FROM (${arms}) ${outer.alias} WHERE ${known}`;
}

function withQuery(context: Context): string {
  const { random, draft } = context;
  const of = table(context);
  const inner = visible(of, draft.alias());
  const name = draft.alias();
  const how = pick(random, ['', '', 'MATERIALIZED ', 'NOT MATERIALIZED ']);
  const body = `SELECT * FROM ${of.name} ${inner.alias}${whereOf(context, [inner], 1)}`;
  const cte: Visible = { alias: draft.alias(), kinds: of.kinds };
  const head = `WITH ${name} AS ${how}(${body})`;
  const from = `${name} ${cte.alias}`;
  if (random.below(3) === 0) {
    return `${head} SELECT ${cte.alias}.n FROM ${from}${whereOf(context, [cte], 1)}`;
  }
  const again = random.below(4) === 0;
  const other = again ? of : table(context);
  const second = visible(other, draft.alias());
  const scope = [cte, second];
  const kind = pick(random, ['JOIN', 'JOIN', 'LEFT JOIN']);
  return `${head} SELECT ${columnsOf(scope)} FROM ${from} ${kind} ${again ? name : other.name} ${
    second.alias
  } ON ${correlation(context, cte, second)}${whereOf(context, scope, 1)}`;
}

function scalarSubquery(context: Context): string {
  const { draft } = context;
  const from = fromItem(context, 0);
  const [outer] = from.scope as [Visible];
  const of = table(context);
  const inner = visible(of, draft.alias());
  const where = [
    ...(context.random.below(4) > 0 ? [correlation(context, inner, outer)] : []),
    predicate(context, [inner, outer], 0),
  ].join(' AND ');
  return `SELECT ${outer.alias}.n, (SELECT count(*) FROM ${of.name} ${inner.alias} WHERE ${where})
    FROM ${from.sql}${whereOf(context, from.scope, 1)}`;
}

function update(context: Context): string {
  const { random, draft } = context;
  const target = writable(context);
  const seen = visible(target, draft.alias());
  const head = `UPDATE ${target.name} ${seen.alias} SET v = 9`;
  if (random.below(2) === 0) {
    return `${head}${whereOf(context, [seen])} RETURNING ${seen.alias}.n`;
  }
  const other = visible(table(context), draft.alias());
  const name = context.world.tables.find(({ kinds }) => kinds === other.kinds)!.name;
  return `${head} FROM ${name} ${other.alias} WHERE ${correlation(context, seen, other)}
    AND ${predicate(context, [seen, other], 1)} RETURNING ${seen.alias}.n`;
}

function deletion(context: Context): string {
  const { random, draft } = context;
  const target = writable(context);
  const seen = visible(target, draft.alias());
  const head = `DELETE FROM ${target.name} ${seen.alias}`;
  if (random.below(2) === 0) {
    return `${head}${whereOf(context, [seen])} RETURNING ${seen.alias}.n`;
  }
  const using = table(context);
  const other = visible(using, draft.alias());
  return `${head} USING ${using.name} ${other.alias} WHERE ${correlation(context, seen, other)}
    AND ${predicate(context, [seen, other], 1)} RETURNING ${seen.alias}.n`;
}

/** Copies of a whole table cannot be told apart by RETURNING of several shards. */
function writable({ world, random }: Context): WorldTable {
  return pick(
    random,
    world.tables.filter(({ key }) => key.length > 0),
  );
}

function fromJoin(context: Context): From {
  let from = fromItem(context, 1);
  const count = 1 + Math.floor(context.random.below(5) / 3);
  for (let joins = 0; joins < count; joins++) {
    from = joinTo(context, from, context.random.below(5) === 0);
  }
  return from;
}

const joinKinds = [
  ...['JOIN', 'JOIN', 'JOIN', 'INNER JOIN', 'LEFT JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN'],
];

/** `nested`: to a join in parentheses. */
function joinTo(context: Context, left: From, nested: boolean): From {
  const { random } = context;
  const item = fromItem(context, 1);
  const right = nested ? inParentheses(joinTo(context, item, false)) : item;
  const [seen] = right.scope as [Visible];
  const scope = [...left.scope, ...right.scope];
  const on = correlation(context, seen, pick(random, left.scope));
  if (random.below(12) === 0 && !on.includes('OR')) {
    const more = predicate(context, scope, 1);
    const kept = `${left.sql} CROSS JOIN ${right.sql}`;
    return random.below(2) === 0
      ? { sql: `${left.sql} JOIN ${right.sql} ON ${on} AND ${more}`, scope }
      : { sql: `${kept} JOIN LATERAL (SELECT 1) one ON ${on}`, scope };
  }
  const kind = pick(random, joinKinds);
  const alike = seen.kinds['k']!.group === left.scope[0]!.kinds['k']!.group;
  if (random.below(8) === 0 && left.scope.length === 1 && !nested && alike) {
    return { sql: `${left.sql} ${kind} ${right.sql} USING (k)`, scope };
  }
  const more = random.below(4) === 0 ? ` AND ${predicate(context, scope, 1)}` : '';
  return { sql: `${left.sql} ${kind} ${right.sql} ON ${on}${more}`, scope };
}

function inParentheses({ sql, scope }: From): From {
  return { sql: `(${sql})`, scope };
}

/** A table, or a derived one, in which the key may have another column's name. */
function fromItem(context: Context, depth: number): From {
  const { random, draft } = context;
  const of = table(context);
  const alias = draft.alias();
  const kind = depth === 0 ? 9 : random.below(10);
  if (kind > 2) {
    if (kind === 3) {
      const columns = ['n', ...Object.keys(of.kinds)].join(', ');
      return { sql: `${of.name} AS ${alias} (${columns})`, scope: [visible(of, alias)] };
    }
    return { sql: `${of.name} ${alias}`, scope: [visible(of, alias)] };
  }
  const inner = visible(of, draft.alias());
  const { alias: a } = inner;
  const where = whereOf(context, [inner], 1);
  if (kind === 0) {
    const { k, r, ...others } = of.kinds;
    const rest = 'k2' in others ? `, ${a}.k2` : '';
    const list = `${a}.n, ${a}.r AS k${rest}, ${a}.k AS r, ${a}.v, ${a}.w`;
    const kinds = { k: r!, ...others, r: k! };
    return {
      sql: `(SELECT ${list} FROM ${of.name} ${a}${where}) ${alias}`,
      scope: [{ alias, kinds }],
    };
  }
  const limited = random.below(6) === 0 ? ` ORDER BY ${a}.n LIMIT 4` : '';
  const body = `SELECT ${a}.* FROM ${of.name} ${a}${where}${limited}`;
  return { sql: `(${body}) ${alias}`, scope: [visible(of, alias)] };
}
