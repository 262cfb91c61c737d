// Random statements over four small tables: joins of every kind, correlated and uncorrelated
// subqueries, CTEs, set operations, groups, with equalities on the sharding key in all places where
// they say something of the shard and where they do not.

/** Tables `a`, `b`, `d` are sharded by `k`, `o` is whole on every shard. All columns are integers. */
export const tableColumns: Readonly<Record<string, readonly string[]>> = {
  a: ['k', 'x', 'y'],
  b: ['k', 'x', 'z'],
  d: ['k', 'x', 'w'],
  o: ['k', 'x', 'v'],
};
export const keyValues = 7;

interface Relation {
  readonly alias: string;
  readonly columns: readonly string[];
}

interface From {
  readonly sql: string;
  readonly relations: readonly Relation[];
}

/** mulberry32: the same numbers for the same seed. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed;
  }

  below(limit: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * limit);
  }

  /** True once in `times`. */
  once(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
}

export class RandomQuery {
  private readonly random: Random;
  private aliases = 0;

  constructor(random: Random) {
    this.random = random;
  }

  select(): string {
    const { random } = this;
    this.aliases = 0;
    if (random.once(12)) return this.withQuery();
    if (random.once(14)) return this.setOperation();
    let { sql, relations } = this.from(random.once(4) ? 0 : random.below(3));
    if (random.once(6)) {
      const more = this.table();
      sql += `, ${more.sql}`;
      relations = [...relations, ...more.relations];
    }
    const where = random.once(6) ? '' : ` WHERE ${this.condition(relations, [], 1)}`;
    return this.output(`FROM ${sql}${where}`, relations);
  }

  /** UPDATE or DELETE. */
  change(): string {
    const { random } = this;
    this.aliases = 0;
    const name = random.pick(Object.keys(tableColumns));
    const target = this.table(name);
    const source = random.once(3) ? this.from(random.below(2)) : null;
    const relations = [...target.relations, ...(source?.relations ?? [])];
    const where = random.once(8) ? '' : ` WHERE ${this.condition(relations, [], 1)}`;
    const other = source?.sql;
    if (random.once(2)) {
      return `DELETE FROM ${target.sql}${other ? ` USING ${other}` : ''}${where}`;
    }
    // One value for each row, however many rows of the source it meets.
    const [own] = target.relations;
    const column = own!.columns[2]!;
    const value = random.once(2) ? `${random.below(9)}` : `${own!.alias}.x + ${random.below(9)}`;
    return `UPDATE ${target.sql} SET ${column} = ${value}${other ? ` FROM ${other}` : ''}${where}`;
  }

  private output(rest: string, relations: readonly Relation[]): string {
    const { random } = this;
    const all = relations.flatMap(one => one.columns.map(column => `${one.alias}.${column}`));
    const any = () => this.reference(relations);
    const key = () => `${random.pick(relations).alias}.k`;
    switch (random.below(9)) {
      case 0: {
        const order = random.once(2) ? ' ORDER BY 1 NULLS FIRST LIMIT 3' : '';
        const list = `${any()} AS g, count(*), sum(${any()}), max(${any()}), avg(${any()})`;
        return `SELECT ${list} ${rest} GROUP BY 1${order}`;
      }
      case 1:
        return `SELECT count(*), count(${any()}), min(${any()}), count(DISTINCT ${key()}) ${rest}`;
      case 2: {
        const group = key();
        const having = `GROUP BY ${group} HAVING count(*) > 1`;
        return `SELECT ${group}, count(*), sum(${any()}) ${rest} ${having}`;
      }
      case 3:
        return `SELECT DISTINCT ${key()}, ${any()} ${rest}`;
      case 4: {
        const limit = `LIMIT ${random.below(5)} OFFSET ${random.below(3)}`;
        return `SELECT * ${rest} ORDER BY ${all.join(', ')} ${limit}`;
      }
      case 5: {
        const order = all.map(one => `${one}${random.once(2) ? ' DESC' : ''}`);
        const limit = `LIMIT ${random.below(5)}`;
        return `SELECT ${random.pick(all)} ${rest} ORDER BY ${order.join(', ')} ${limit}`;
      }
      case 6: {
        const group = any();
        const order = `ORDER BY sum(${any()}) NULLS FIRST, ${group}`;
        return `SELECT count(*) ${rest} GROUP BY ${group} ${order} LIMIT ${random.below(4)}`;
      }
      default:
        return `SELECT ${all.join(', ')} ${rest}`;
    }
  }

  private withQuery(): string {
    const { random } = this;
    const inner = this.table();
    const [own] = inner.relations;
    const outer = this.table();
    const relations = [{ alias: 'w', columns: ['k', 'x'] }, ...outer.relations];
    const condition = this.condition(inner.relations, [], 1);
    const cte = `SELECT ${own!.alias}.k, ${own!.alias}.x FROM ${inner.sql} WHERE ${condition}`;
    const join = `${random.pick(['JOIN', 'LEFT JOIN'])} ${outer.sql}`;
    const on = this.condition(relations, [], 0);
    const where = this.condition(relations, [], 0);
    return `WITH w AS (${cte}) SELECT w.k, w.x FROM w ${join} ON ${on} WHERE ${where}`;
  }

  private setOperation(): string {
    const operation = this.random.pick(['UNION', 'UNION ALL', 'EXCEPT', 'INTERSECT']);
    const arms = [this.table(), this.table()].map(
      one => `SELECT k, x FROM ${one.sql} WHERE ${this.condition(one.relations, [], 1)}`,
    );
    return arms.join(` ${operation} `);
  }

  private from(depth: number): From {
    const { random } = this;
    if (random.once(12)) return this.derived([]);
    if (depth === 0 || random.once(3)) return this.table();
    if (random.once(10)) return this.lateral(depth);
    if (random.once(8)) return this.using();
    const left = this.from(depth - 1);
    const right = this.from(depth - 1);
    const relations = [...left.relations, ...right.relations];
    const join = random.pick(['JOIN', 'JOIN', 'LEFT', 'LEFT', 'RIGHT', 'FULL', 'CROSS']);
    if (join === 'CROSS') return { sql: `(${left.sql} CROSS JOIN ${right.sql})`, relations };
    // FULL JOIN takes only conditions that can be merged or hashed.
    const on =
      join === 'FULL'
        ? `${left.relations[0]!.alias}.k = ${right.relations[0]!.alias}.k`
        : this.condition(relations, [], random.once(4) ? 1 : 0);
    const words = join === 'JOIN' ? 'JOIN' : `${join} JOIN`;
    return { sql: `(${left.sql} ${words} ${right.sql} ON ${on})`, relations };
  }

  private using(): From {
    const left = this.table();
    const right = this.table();
    const join = this.random.pick(['JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN']);
    const columns = this.random.once(3) ? 'k, x' : 'k';
    const relations = [...left.relations, ...right.relations];
    return { sql: `(${left.sql} ${join} ${right.sql} USING (${columns}))`, relations };
  }

  private lateral(depth: number): From {
    const left = this.from(depth - 1);
    const right = this.derived(left.relations);
    const relations = [...left.relations, ...right.relations];
    const join = this.random.pick(['JOIN', 'LEFT JOIN']);
    const on = this.random.once(2) ? 'true' : this.condition(relations, [], 0);
    return { sql: `(${left.sql} ${join} LATERAL ${right.sql} ON ${on})`, relations };
  }

  private derived(outer: readonly Relation[]): From {
    const inner = this.table();
    const own = inner.relations[0]!.alias;
    const where = this.condition(inner.relations, outer, 0);
    const alias = `t${this.aliases++}`;
    const sql = `(SELECT ${own}.k, ${own}.x FROM ${inner.sql} WHERE ${where}) ${alias}`;
    return { sql, relations: [{ alias, columns: ['k', 'x'] }] };
  }

  private table(name: string = this.random.pick(Object.keys(tableColumns))): From {
    const alias = `t${this.aliases++}`;
    return { sql: `${name} ${alias}`, relations: [{ alias, columns: tableColumns[name]! }] };
  }

  private condition(
    relations: readonly Relation[],
    outer: readonly Relation[],
    depth: number,
  ): string {
    const count = 1 + this.random.below(3);
    const parts = Array.from({ length: count }, () =>
      depth > 0 && this.random.once(6)
        ? this.subquery(relations, depth)
        : this.comparison(relations, outer),
    );
    return parts.join(' AND ');
  }

  private subquery(relations: readonly Relation[], depth: number): string {
    const inner = this.table();
    const where = this.condition(inner.relations, relations, depth - 1);
    const not = this.random.once(3) ? 'NOT ' : '';
    if (this.random.once(3)) {
      return `${this.reference(relations)} ${not}IN (SELECT k FROM ${inner.sql} WHERE ${where})`;
    }
    return `${not}EXISTS (SELECT 1 FROM ${inner.sql} WHERE ${where})`;
  }

  private comparison(relations: readonly Relation[], outer: readonly Relation[]): string {
    const { random } = this;
    const left = this.reference(relations);
    const right = this.reference(random.once(3) ? [...relations, ...outer] : relations);
    const value = String(random.below(keyValues));
    const other = String(random.below(keyValues));
    switch (random.below(14)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return `${left} = ${right}`;
      case 4:
      case 5:
      case 6:
        return `${random.pick(relations).alias}.k = ${value}`;
      case 7:
        return `${left} IN (${value}, ${other})`;
      case 8:
        return `${left} IS NOT DISTINCT FROM ${random.once(4) ? 'NULL' : value}`;
      case 9:
        return `${left} <> ${right}`;
      case 10:
        return `(${left} = ${value} OR ${random.once(2) ? left : right} = ${other})`;
      case 11:
        return `${left} IS NULL`;
      case 12:
        return `NOT (${left} = ${value})`;
      default:
        return `(${left}, ${this.reference(relations)}) = (${value}, ${right})`;
    }
  }

  private reference(relations: readonly Relation[]): string {
    const { alias, columns } = this.random.pick(relations);
    return `${alias}.${this.random.once(3) ? this.random.pick(columns) : 'k'}`;
  }
}
