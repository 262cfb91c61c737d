// Random expressions over one source: predicates, keys to sort by, aggregates, windows. What
// PostgreSQL leaves open is avoided: nothing divides by what may be zero, orders within aggregates
// and windows are total where it shows.

import type { Choices } from './choices.ts';
import type { Source } from './sources.ts';

export class ExpressionGenerator {
  readonly choices: Choices;
  readonly source: Source;

  constructor(choices: Choices, source: Source) {
    this.choices = choices;
    this.source = source;
  }

  /** A column to show in rows. */
  output(): { sql: string; alias: string | null } {
    const { numbers, texts, times, flags, shapes } = this.source;
    const { pick, chance } = this.#bound;
    const alias = chance(30) ? pick(['x', 'y', 'age', 'amount']) : null;
    const number = pick(numbers);
    const sql = pick([
      ...[number, number, pick([...texts, ...times, ...shapes, number])],
      ...[pick(flags), `${number} IS NULL`, `coalesce(${number}, 0)`],
      `CASE WHEN ${this.predicate(1)} THEN 'a' ELSE 'b' END`,
      ...(texts.length > 0 ? [`${pick(texts)} || 'x'`, `upper(${pick(texts)})`] : []),
      ...(chance(12) ? [this.window()] : []),
      ...(chance(15) ? [this.scalar()] : []),
    ]);
    return { sql, alias };
  }

  sortKey(columns: readonly { sql: string; alias: string | null }[]): string {
    const { pick, below } = this.#bound;
    const { numbers, texts, times, flags, shapes } = this.source;
    const column = pick(columns);
    const position = String(1 + below(columns.length));
    const plain = pick([...numbers, ...texts, ...times, ...flags, ...shapes]);
    const key = pick([
      ...[plain, plain, plain, column.alias ?? plain, position, `(${plain})`],
      ...[`${pick(numbers)} + 1`, `${plain} IS NULL`, `coalesce(${pick(numbers)}, 7)`],
      ...(texts.length > 0 ? [`lower(${pick(texts)})`, `${pick(texts)} COLLATE "POSIX"`] : []),
    ]);
    return key + this.direction();
  }

  direction(): string {
    const { pick, chance } = this.#bound;
    const nulls = chance(30) ? pick([' NULLS FIRST', ' NULLS LAST']) : '';
    return pick(['', '', ' DESC', ' ASC']) + nulls;
  }

  /** What rows are grouped by; each shows alike for all rows of a group. */
  group(): string {
    const { ints, numbers, texts, times, flags } = this.source;
    const { pick, chance } = this.#bound;
    const plain = [...texts, ...times, ...numbers, ...flags.filter(one => /^[\w.]+$/.test(one))];
    if (chance(75)) return pick(plain);
    return pick([
      ...[`${pick(numbers)} IS NULL`, `${pick(ints)} / 5`, `coalesce(${pick(ints)}, -1)`],
      ...(texts.length > 0 ? [`lower(${pick(texts)})`, `left(${pick(texts)}, 1)`] : []),
      ...(times.length > 0 ? [`${pick(times)} IS NOT NULL`] : []),
    ]);
  }

  /** An aggregate, or an expression over some. */
  aggregate(): string {
    const { pick, chance } = this.#bound;
    const call = this.#filtered(chance(55) ? this.#splitAggregate() : this.#wholeAggregate());
    if (chance(80)) return call;
    const { ints } = this.source;
    return pick([
      `coalesce(sum(${pick(ints)}), 0)`,
      `max(${pick(ints)}) - min(${pick(ints)})`,
      `sum(${pick(ints)}) * 2 + count(*)`,
      'count(*)::int',
      'count(*) > 3',
      `round(avg(${pick(ints)}), 2)`,
      `CASE WHEN count(*) > 5 THEN 'many' ELSE 'few' END`,
      `nullif(count(${pick(ints)}), 0)`,
    ]);
  }

  having(): string {
    const { pick, below } = this.#bound;
    const { ints, numbers } = this.source;
    return pick([
      `count(*) > ${1 + below(8)}`,
      `sum(${pick(ints)}) > «${below(60)}»`,
      `avg(${pick(numbers)}) IS NOT NULL`,
      `max(${pick(ints)}) - min(${pick(ints)}) < ${5 + below(50)}`,
      `count(DISTINCT ${pick(numbers)}) > 2`,
      `count(*) FILTER (WHERE ${this.predicate(1)}) > 1`,
    ]);
  }

  predicate(depth: number): string {
    const { chance, below, pick } = this.#bound;
    if (depth === 0 || chance(25)) return this.#atom();
    const inner = (): string => this.predicate(depth - 1);
    switch (below(7)) {
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
        return `(${inner()}) IS ${pick(['TRUE', 'FALSE', 'NULL', 'NOT TRUE', 'NOT FALSE'])}`;
      default:
        return `(${inner()}) = (${inner()})`;
    }
  }

  /** A value of the key, small enough to be there. */
  key(): string {
    const value = String(this.choices.below(40) - 12);
    return this.choices.chance(35) ? `«${value}»` : value;
  }

  window(): string {
    const { pick, chance } = this.#bound;
    const { key, unique, ints, texts, numbers } = this.source;
    const part = chance(65) ? key : pick([...texts, ...ints]);
    const within = chance(85) ? `PARTITION BY ${part} ` : '';
    const total = `ORDER BY ${unique.map(one => one + this.direction()).join(', ')}`;
    const call = pick([
      ...['row_number()', 'count(*)', `lag(${pick(numbers)})`, `first_value(${pick(numbers)})`],
      ...[`sum(${pick(ints)})`, `rank()`, `max(${pick(ints)})`, `lead(${pick(ints)}, 2)`],
    ]);
    return `${call} OVER (${within}${total})`;
  }

  /** A subquery of the row's own key, sometimes of all. */
  scalar(): string {
    const { pick, chance } = this.#bound;
    const { beside, key } = this.source;
    if (beside === undefined) return `(SELECT ${pick(this.source.ints)})`;
    const [table, own, number] = beside;
    const what = pick(['count(*)', `max(b.${number})`, `sum(b.${number})`]);
    const where = chance(80) ? ` WHERE b.${own} = ${key}` : '';
    return `(SELECT ${what} FROM ${table} b${where})`;
  }

  #filtered(call: string): string {
    return this.choices.chance(20) ? `${call} FILTER (WHERE ${this.predicate(1)})` : call;
  }

  #splitAggregate(): string {
    const { pick } = this.#bound;
    const { ints, numbers, texts, times, key } = this.source;
    const number = pick(numbers);
    const any = pick([...numbers, ...texts, ...times]);
    const summed = pick([number, `coalesce(${number}, 1)`, `${number} * 2`, `-${number}`]);
    const safe = /i8|i4/.test(summed) ? number : summed;
    return pick([
      ...['count(*)', `count(${any})`, `min(${any})`, `max(${any})`, `sum(${safe})`],
      ...[`avg(${number})`, `min(DISTINCT ${any})`, `count(DISTINCT ${key})`],
      ...[`stddev(${number})`, `var_pop(${pick(ints)})`, `bit_or(${pick(ints)})`],
      `bool_and(${pick(this.source.flags)})`,
    ]);
  }

  #wholeAggregate(): string {
    const { pick } = this.#bound;
    const { ints, numbers, texts, times, unique } = this.source;
    const any = pick([...numbers, ...texts, ...times]);
    const order = `ORDER BY ${[any, ...unique].map(one => one + this.direction()).join(', ')}`;
    return pick([
      ...[`count(DISTINCT ${any})`, `sum(DISTINCT ${pick(ints)})`, `array_agg(${any} ${order})`],
      ...[`json_agg(${pick(ints)} ${order})`, `array_agg(DISTINCT ${any})`],
      `percentile_disc(0.5) WITHIN GROUP (ORDER BY ${any})`,
      `percentile_cont(0.25) WITHIN GROUP (ORDER BY ${pick(ints)})`,
      `mode() WITHIN GROUP (ORDER BY ${any})`,
      `rank(3) WITHIN GROUP (ORDER BY ${pick(ints)})`,
      ...(texts.length > 0 ? [`string_agg(${pick(texts)}, ',' ${order})`] : []),
      ...(texts.length > 0 ? [`string_agg(DISTINCT ${pick(texts)}, '|')`] : []),
    ]);
  }

  #atom(): string {
    const { pick, chance, below, list } = this.#bound;
    const { key, numbers, texts, times, flags, shapes } = this.source;
    const number = pick(numbers);
    const comparison = pick(['=', '<', '>', '<=', '>=', '<>']);
    const keys = list(1, 3, () => this.key());
    const plainKeys = keys.map(one => one.replace(/[«»]/g, '')).join(',');
    const any = pick([...numbers, ...texts, ...times, ...shapes]);
    const atoms = [
      ...[`${key} = ${this.key()}`, `${this.key()} = ${key}`, `${key} = ${this.key()}`],
      ...[`${key} IN (${keys.join(', ')})`, `${key} NOT IN (${keys.join(', ')})`],
      ...[`${key} = ANY ('{${plainKeys}}')`, `${key} = ANY («'{${plainKeys}}'»)`],
      `${key} BETWEEN ${below(20) - 10} AND ${below(60)}`,
      ...[`${key} ${comparison} ${this.key()}`, `${key} % 7 = ${below(7)}`],
      ...[`${number} ${comparison} ${below(100) - 20}`, `${any} IS NULL`],
      ...[`${any} IS NOT NULL`, pick(flags), `${number} > «${below(50)}»`],
      ...(texts.length > 0
        ? [`${pick(texts)} ${comparison} ${pick(["'de'", "«'fr'»", "''", "'a'"])}`]
        : []),
      ...(times.length > 0 ? [`${pick(times)} IS NOT NULL`] : []),
    ];
    return chance(6) ? this.#subquery() : pick(atoms);
  }

  #subquery(): string {
    const { pick, below } = this.#bound;
    const { beside, key } = this.source;
    if (beside === undefined) return `${key} IN (VALUES (1), (2), (5))`;
    const [table, own, number] = beside;
    const rows = `FROM ${table} b WHERE b.${number} > ${below(20)}`;
    return pick([
      `EXISTS (SELECT 1 ${rows} AND b.${own} = ${key})`,
      `NOT EXISTS (SELECT 1 ${rows} AND b.${own} = ${key})`,
      `${key} IN (SELECT b.${own} ${rows})`,
      `${key} NOT IN (SELECT b.${own} ${rows})`,
      `${pick(this.source.ints)} > (SELECT min(b.${number}) ${rows})`,
    ]);
  }

  get #bound() {
    const { choices } = this;
    return {
      below: (limit: number) => choices.below(limit),
      chance: (percent: number) => choices.chance(percent),
      list: <T>(least: number, most: number, one: () => T) => choices.list(least, most, one),
      pick: <T>(items: readonly T[]) => choices.pick(items),
    };
  }
}
