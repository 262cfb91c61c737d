// Random SELECTs of the grammar that PgPack answers across shards (and a little around it), by a
// seed. What PostgreSQL itself leaves open is avoided: orders are total or absent, nothing divides,
// equal values that look different (-0, 1.10, 24 hours) are counted and sorted but not shown by
// groups.

import { type Random, seededRandom } from '../sharding/seeded-random.ts';
import type { Case } from './case-file.ts';

interface Source {
  readonly from: string;
  readonly key: string;
  /** Columns that tell every row. */
  readonly unique: readonly string[];
  readonly numbers: readonly string[];
  readonly texts: readonly string[];
  readonly times: readonly string[];
  readonly flags: readonly string[];
  /** Ordered and counted only. */
  readonly shapes: readonly string[];
}

const sources: readonly Source[] = [
  {
    from: 'users',
    key: 'id',
    unique: ['id'],
    numbers: ['id', 'age', 'score'],
    texts: ['email', 'country'],
    times: ['created_at', 'born'],
    flags: ['active'],
    shapes: ['balance'],
  },
  {
    from: 'orders o',
    key: 'o.user_id',
    unique: ['o.user_id', 'o.id'],
    numbers: ['o.id', 'user_id', 'item_id', 'o.amount', 'quantity'],
    texts: [],
    times: ['placed_at'],
    flags: ['o.quantity > 0'],
    shapes: [],
  },
  {
    from: 'kinds k',
    key: 'k.id',
    unique: ['k.id'],
    numbers: ['i2', 'k.i4', 'i8', 'n2', 'o'],
    texts: ['t', 'v', 'k.t'],
    times: ['d', 'ti', 'ttz', 'ts', 'tz'],
    flags: ['b', 'k.b'],
    shapes: ['n', 'f4', 'f8', 'iv', 'u', '"by"'],
  },
  {
    from: 'users u JOIN orders o ON o.user_id = u.id',
    key: 'u.id',
    unique: ['u.id', 'o.id'],
    numbers: ['u.age', 'o.amount', 'u.score', 'o.quantity'],
    texts: ['u.country', 'country', 'email'],
    times: ['u.created_at', 'o.placed_at', 'born'],
    flags: ['u.active', 'active'],
    shapes: ['u.balance'],
  },
  {
    from: 'users u LEFT JOIN orders o ON u.id = o.user_id AND o.quantity > 20',
    key: 'u.id',
    unique: ['u.id', 'o.id'],
    numbers: ['u.age', 'o.amount', 'o.quantity', 'item_id'],
    texts: ['u.country'],
    times: ['u.created_at', 'o.placed_at'],
    flags: ['u.active'],
    shapes: ['balance'],
  },
  {
    from: 'orders o JOIN items i ON i.id = o.item_id',
    key: 'o.user_id',
    unique: ['o.user_id', 'o.id'],
    numbers: ['o.amount', 'i.price', 'quantity', 'i.id'],
    texts: ['i.category', 'category'],
    times: ['placed_at'],
    flags: ['price > 10'],
    shapes: [],
  },
  {
    from: 'small s',
    key: 's.k',
    unique: ['k'],
    numbers: ['k', 's.k'],
    texts: [],
    times: [],
    flags: ['k > 3'],
    shapes: [],
  },
];

/** The statement with the number `index` of the sequence that `seed` names. */
export function randomCase(seed: number, index: number): Case {
  const generator = new StatementGenerator(seededRandom(seed * 1_000_003 + index));
  return { ...generator.statement(), file: `seed ${seed}`, line: index };
}

/** Statements of one transaction, its end included, with the number `index` of the sequence. */
export function randomTransaction(seed: number, index: number): Case[] {
  const generator = new StatementGenerator(seededRandom(seed * 1_000_003 + index));
  return generator.transaction().map(one => ({ ...one, file: `seed ${seed}`, line: index }));
}

class StatementGenerator {
  readonly #random: Random;
  #source: Source = sources[0]!;

  constructor(random: Random) {
    this.#random = random;
  }

  statement(): Case {
    this.#source = this.#pick(sources);
    const kinds = [() => this.#rows(), () => this.#groups(), () => this.#distinct()];
    const make = this.#chance(45) ? kinds[0]! : this.#chance(80) ? kinds[1]! : kinds[2]!;
    const { sql, total, limited } = make();
    return { ...plainCase(sql, total), compare: limited && !total ? 'count' : 'rows' };
  }

  transaction(): Case[] {
    const inner = this.#list(1, 6, () => (this.#chance(70) ? this.#write() : this.#read()));
    const statements = ['BEGIN', ...inner, this.#chance(60) ? 'COMMIT' : 'ROLLBACK'];
    return statements.map(sql => plainCase(sql, false));
  }

  #read(): string {
    this.#source = this.#pick(sources.slice(0, 2));
    return `SELECT * FROM ${this.#source.from} WHERE ${this.#predicate(2)}`;
  }

  #write(): string {
    const table = this.#random.below(2);
    this.#source = sources[table]!;
    const { from, key, unique } = this.#source;
    const returning = this.#chance(40) ? ` RETURNING ${unique.join(', ')}` : '';
    const number = table === 0 ? 'age' : 'quantity';
    const where = this.#chance(90) ? ` WHERE ${this.#predicate(2)}` : '';
    return this.#pick([
      this.#insert(table) + returning.replaceAll('o.', ''),
      this.#insert(table) + returning.replaceAll('o.', ''),
      `UPDATE ${from} SET ${number} = ${this.#random.below(90)}${where}${returning}`,
      `UPDATE ${from} SET ${number} = abs(coalesce(${number}, 0) % 50) + «1»${where}${returning}`,
      `DELETE FROM ${from} WHERE ${key} = ${this.#key()}${returning}`,
      `DELETE FROM ${from} WHERE ${key} % 9 = 4 AND (${this.#predicate(1)})${returning}`,
      this.#pick(['SAVEPOINT a', 'SAVEPOINT b', 'ROLLBACK TO a', 'RELEASE a', 'ROLLBACK TO b']),
    ]);
  }

  #insert(table: number): string {
    const [columns, ...more] = [
      ['id, email', "'x'", "'it''s'", "«'y'»"],
      ['user_id, id', '1', '«2»', '2000', '77'],
    ][table]!;
    const rows = this.#list(1, 5, () => `(${this.#newKey()}, ${this.#pick(more)})`);
    const conflict = this.#chance(40)
      ? this.#pick([' ON CONFLICT DO NOTHING', ' ON CONFLICT DO NOTHING'])
      : '';
    const name = ['users', 'orders'][table];
    return `INSERT INTO ${name} (${columns}) VALUES ${rows.join(', ')}${conflict}`;
  }

  /** Often free, sometimes taken. */
  #newKey(): string {
    const value = this.#chance(80) ? 1000 + this.#random.below(100_000) : this.#random.below(50);
    return this.#chance(30) ? `«${value}»` : String(value);
  }

  #rows() {
    const columns = this.#list(1, 4, () => this.#output());
    const shown = columns.map(({ sql, alias }) => (alias === null ? sql : `${sql} AS ${alias}`));
    const head = `SELECT ${this.#chance(10) ? '*' : shown.join(', ')} FROM ${this.#source.from}`;
    const keys = this.#list(0, 2, () => this.#sortKey(columns));
    const total = this.#chance(75);
    if (total) keys.push(...this.#source.unique.map(one => one + this.#direction()));
    return this.#finish(head, '', total ? keys : this.#chance(50) ? keys : [], total);
  }

  #distinct() {
    const { key, unique, numbers } = this.#source;
    const columns = [...new Set([key, ...this.#list(0, 1, () => this.#pick(numbers))])];
    if (this.#chance(60)) {
      const keys = columns.map(one => one + this.#direction());
      const head = `SELECT DISTINCT ${columns.join(', ')} FROM ${this.#source.from}`;
      return this.#finish(head, '', keys, true);
    }
    const keys = [key, ...unique].map(one => one + this.#direction());
    const head = `SELECT DISTINCT ON (${key}) ${unique.join(', ')} FROM ${this.#source.from}`;
    return this.#finish(head, '', keys, true);
  }

  #groups() {
    const { key, texts, flags, times, numbers } = this.#source;
    const plain = [...texts, ...times, ...numbers, ...flags.filter(one => /^[\w.]+$/.test(one))];
    const byKey = this.#chance(15);
    const groups = byKey ? [key] : [...new Set(this.#list(0, 2, () => this.#pick(plain)))];
    const shown = groups.filter(() => this.#chance(80));
    const aggregates = this.#list(shown.length > 0 ? 0 : 1, 3, () => this.#aggregate());
    const outputs = [...shown, ...aggregates.map((one, n) => `${one} AS a${n}`)];
    const by = groups.length === 0 ? '' : ` GROUP BY ${groups.join(', ')}`;
    const having = byKey && this.#chance(50) ? ' HAVING count(*) > 1' : '';
    const keys = [...groups];
    if (aggregates.length > 0 && this.#chance(30)) keys.unshift('a0');
    if (this.#chance(10)) keys.unshift('count(*)');
    const directed = keys.map(one => one + this.#direction());
    const head = `SELECT ${outputs.join(', ')} FROM ${this.#source.from}`;
    const total = groups.length > 0 && this.#chance(70);
    return this.#finish(head, by + having, total ? directed : [], total);
  }

  #finish(head: string, grouping: string, keys: readonly string[], total: boolean) {
    const where = this.#chance(75) ? ` WHERE ${this.#predicate(3)}` : '';
    const order = keys.length === 0 ? '' : ` ORDER BY ${keys.join(', ')}`;
    const limit = this.#chance(40) ? ` LIMIT ${this.#count()}` : '';
    const offset = this.#chance(20) ? ` OFFSET ${this.#count()}` : '';
    const sql = `${head}${where}${grouping}${order}${limit}${offset}`;
    return { sql, total, limited: limit + offset !== '' };
  }

  #output(): { sql: string; alias: string | null } {
    const { numbers, texts, times, flags, shapes } = this.#source;
    const alias = this.#chance(30) ? this.#pick(['x', 'y', 'age', 'amount']) : null;
    const number = this.#pick(numbers);
    const sql = this.#pick([
      ...[number, number, this.#pick([...texts, ...times, ...shapes, number])],
      ...[this.#pick(flags), `${number} IS NULL`, `coalesce(${number}, 0)`],
      `CASE WHEN ${this.#predicate(1)} THEN 'a' ELSE 'b' END`,
      ...(texts.length > 0 ? [`${this.#pick(texts)} || 'x'`, `upper(${this.#pick(texts)})`] : []),
    ]);
    return { sql, alias };
  }

  #sortKey(columns: readonly { sql: string; alias: string | null }[]): string {
    const { numbers, texts, times, flags, shapes } = this.#source;
    const column = this.#pick(columns);
    const position = String(1 + this.#random.below(columns.length));
    const plain = this.#pick([...numbers, ...texts, ...times, ...flags, ...shapes]);
    const key = this.#pick([plain, plain, plain, column.alias ?? plain, position, `(${plain})`]);
    return key + this.#direction();
  }

  #aggregate(): string {
    const { numbers, texts, times } = this.#source;
    const number = this.#pick(numbers);
    const any = this.#pick([...numbers, ...texts, ...times]);
    const summed = this.#pick([number, `coalesce(${number}, 1)`, `${number} * 2`, `-${number}`]);
    const safe = summed.includes('i8') || summed.includes('i4') ? number : summed;
    const call = this.#pick([
      ...['count(*)', `count(${any})`, `min(${any})`, `max(${any})`, `sum(${safe})`],
      ...[`avg(${number})`, `min(DISTINCT ${any})`, `count(DISTINCT ${this.#source.key})`],
    ]);
    return this.#chance(20) ? `${call} FILTER (WHERE ${this.#predicate(1)})` : call;
  }

  #predicate(depth: number): string {
    if (depth === 0 || this.#chance(25)) return this.#atom();
    const inner = (): string => this.#predicate(depth - 1);
    switch (this.#random.below(7)) {
      case 0:
      case 1:
        return `${inner()} AND ${inner()}`;
      case 2:
        return `(${inner()} OR ${inner()})`;
      case 3:
        return `NOT (${inner()})`;
      case 4:
        return `CASE WHEN ${inner()} THEN ${inner()} ELSE ${inner()} END`;
      case 5:
        return `(${inner()}) IS ${this.#pick(['TRUE', 'FALSE', 'NULL', 'NOT TRUE', 'NOT FALSE'])}`;
      default:
        return `(${inner()}) = (${inner()})`;
    }
  }

  #atom(): string {
    const { key, numbers, texts, times, flags, shapes } = this.#source;
    const number = this.#pick(numbers);
    const comparison = this.#pick(['=', '<', '>', '<=', '>=', '<>']);
    const keys = this.#list(1, 3, () => this.#key());
    const any = this.#pick([...numbers, ...texts, ...times, ...shapes]);
    return this.#pick([
      ...[`${key} = ${this.#key()}`, `${this.#key()} = ${key}`, `${key} = ${this.#key()}`],
      ...[`${key} IN (${keys.join(', ')})`, `${key} NOT IN (${keys.join(', ')})`],
      `${key} = ANY ('{${keys.map(one => one.replace(/[«»]/g, '')).join(',')}}')`,
      `${key} = ANY («'{${keys.map(one => one.replace(/[«»]/g, '')).join(',')}}'»)`,
      ...[`${key} BETWEEN ${this.#random.below(20) - 10} AND ${this.#random.below(60)}`],
      ...[`${key} ${comparison} ${this.#key()}`, `${key} % 7 = ${this.#random.below(7)}`],
      ...[`${number} ${comparison} ${this.#random.below(100) - 20}`, `${any} IS NULL`],
      ...[`${any} IS NOT NULL`, this.#pick(flags), `${number} > «${this.#random.below(50)}»`],
      ...(texts.length > 0
        ? [`${this.#pick(texts)} ${comparison} ${this.#pick(["'de'", "«'fr'»", "''", "'a'"])}`]
        : []),
      ...(times.length > 0 ? [`${this.#pick(times)} IS NOT NULL`] : []),
    ]);
  }

  #key(): string {
    const value = String(this.#random.below(40) - 12);
    return this.#chance(35) ? `«${value}»` : value;
  }

  #count(): string {
    const rows = this.#chance(80) ? this.#random.below(12) : this.#random.below(200);
    return this.#pick([String(rows), String(rows), `«${rows}»`, this.#chance(80) ? '7' : 'NULL']);
  }

  #direction(): string {
    const nulls = this.#chance(30) ? this.#pick([' NULLS FIRST', ' NULLS LAST']) : '';
    return this.#pick(['', '', ' DESC', ' ASC']) + nulls;
  }

  #list<T>(least: number, most: number, one: () => T): T[] {
    return Array.from({ length: least + this.#random.below(most - least + 1) }, one);
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#random.below(list.length)]!;
  }

  #chance(percent: number): boolean {
    return this.#random.below(100) < percent;
  }
}

function plainCase(sql: string, total: boolean): Case {
  return {
    ...{ file: '', line: 0, sql, text: sql, stdin: null, refused: [] },
    ...{ messages: false, about: false, simpleOnly: false, textOnly: false },
    ...{ compare: 'rows', ordered: total ? null : [] },
  };
}
