// Random SELECTs of the grammar that PgPack answers across shards (and a little around it), by a
// seed. What PostgreSQL itself leaves open is avoided: orders are total or absent, nothing divides,
// equal values that look different (-0, 1.10, 24 hours) are counted and sorted but not shown by
// groups.

import type { Case } from './case-file.ts';
import { Choices } from './random/choices.ts';
import { type Clauses, caseOf, emptyClauses } from './random/clauses.ts';
import { ExpressionGenerator } from './random/expression-generator.ts';
import { eventSources, type Source, shopSources } from './random/sources.ts';

const everySource = [...shopSources, ...eventSources];

export interface RandomSelect {
  readonly clauses: Clauses;
  readonly case: Case;
}

/** The statement with the number `index` of the sequence that `seed` names. */
export function randomSelect(seed: number, index: number): RandomSelect {
  const clauses = new StatementGenerator(seed * 1_000_003 + index).select();
  return { clauses, case: { ...caseOf(clauses), file: `seed ${seed}`, line: index } };
}

/** Statements of one transaction, its end included, with the number `index` of the sequence. */
export function randomTransaction(seed: number, index: number): Case[] {
  const generator = new StatementGenerator(seed * 1_000_003 + index);
  return generator.transaction().map(one => ({ ...one, file: `seed ${seed}`, line: index }));
}

class StatementGenerator extends Choices {
  #expressions: ExpressionGenerator = new ExpressionGenerator(this, everySource[0]!);

  select(): Clauses {
    this.#read(this.pick(everySource));
    const kind = this.below(100);
    if (kind < 36) return this.#rows();
    if (kind < 74) return this.#groups();
    if (kind < 88) return this.#distinct();
    return this.#set();
  }

  transaction(): Case[] {
    const inner = this.list(1, 6, () => (this.chance(70) ? this.#write() : this.#readAll()));
    const statements = ['BEGIN', ...inner, this.chance(60) ? 'COMMIT' : 'ROLLBACK'];
    return statements.map(sql => ({ ...caseOf(emptyClauses), sql, text: sql }));
  }

  #read(source: Source): ExpressionGenerator {
    this.#expressions = new ExpressionGenerator(this, source);
    return this.#expressions;
  }

  get #source(): Source {
    return this.#expressions.source;
  }

  #readAll(): string {
    const one = this.#read(this.pick(shopSources.slice(0, 2)));
    return `SELECT * FROM ${one.source.from} WHERE ${one.predicate(2)}`;
  }

  #write(): string {
    const table = this.below(2);
    const one = this.#read(shopSources[table]!);
    const { from, key, unique } = one.source;
    const returning = this.chance(40) ? ` RETURNING ${unique.join(', ')}` : '';
    const number = table === 0 ? 'age' : 'quantity';
    const where = this.chance(90) ? ` WHERE ${one.predicate(2)}` : '';
    return this.pick([
      this.#insert(table) + returning.replaceAll('o.', ''),
      this.#insert(table) + returning.replaceAll('o.', ''),
      `UPDATE ${from} SET ${number} = ${this.below(90)}${where}${returning}`,
      `UPDATE ${from} SET ${number} = abs(coalesce(${number}, 0) % 50) + «1»${where}${returning}`,
      `DELETE FROM ${from} WHERE ${key} = ${one.key()}${returning}`,
      `DELETE FROM ${from} WHERE ${key} % 9 = 4 AND (${one.predicate(1)})${returning}`,
      this.pick(['SAVEPOINT a', 'SAVEPOINT b', 'ROLLBACK TO a', 'RELEASE a', 'ROLLBACK TO b']),
    ]);
  }

  #insert(table: number): string {
    const [columns, ...more] = [
      ['id, email', "'x'", "'it''s'", "«'y'»"],
      ['user_id, id', '1', '«2»', '2000', '77'],
    ][table]!;
    const rows = this.list(1, 5, () => `(${this.#newKey()}, ${this.pick(more)})`);
    const conflict = this.chance(40) ? ' ON CONFLICT DO NOTHING' : '';
    const name = ['users', 'orders'][table];
    return `INSERT INTO ${name} (${columns}) VALUES ${rows.join(', ')}${conflict}`;
  }

  /** Often free, sometimes taken. */
  #newKey(): string {
    const value = this.chance(80) ? 1000 + this.below(100_000) : this.below(50);
    return this.chance(30) ? `«${value}»` : String(value);
  }

  /** FROM, WHERE and the limits of any SELECT. */
  #around(): Clauses {
    const where = this.chance(70)
      ? this.list(1, 2, () => this.#expressions.predicate(this.chance(50) ? 2 : 1))
      : [];
    const limit = this.chance(35) ? [`LIMIT ${this.#count()}`] : [];
    const offset = this.chance(20) ? [`OFFSET ${this.#count()}`] : [];
    const { from, ctes = '' } = this.#source;
    return { ...emptyClauses, ctes, from, where, limits: [...limit, ...offset] };
  }

  #rows(): Clauses {
    const one = this.#expressions;
    const columns = this.list(1, 4, () => one.output());
    const shown = columns.map(({ sql, alias }) => (alias === null ? sql : `${sql} AS ${alias}`));
    const order = this.list(0, 2, () => one.sortKey(columns));
    const around = { ...this.#around(), outputs: this.chance(10) ? ['*'] : shown };
    const keys = this.#source.unique.map(key => key + one.direction());
    if (this.chance(75)) return { ...around, order: [...order, ...keys], total: true };
    if (order.length > 0 && this.chance(20)) {
      const limits = [`FETCH FIRST ${1 + this.below(6)} ROWS WITH TIES`];
      return { ...around, order, limits, total: true, ties: true };
    }
    return { ...around, order: this.chance(50) ? order : [] };
  }

  #distinct(): Clauses {
    const one = this.#expressions;
    const { key, unique, ints, texts } = this.#source;
    const columns = [
      ...new Set([
        ...(this.chance(50) ? [key] : []),
        ...this.list(1, 2, () => this.pick([...ints, ...texts])),
      ]),
    ];
    const around = { ...this.#around(), total: true };
    if (this.chance(60)) {
      const order = columns.map(column => column + one.direction());
      return { ...around, head: 'SELECT DISTINCT', outputs: columns, order };
    }
    const on = this.pick([key, ...ints, ...texts, `${this.pick(ints)} % 4`]);
    const order = [on, ...unique].map(column => column + one.direction());
    return { ...around, head: `SELECT DISTINCT ON (${on})`, outputs: [on, ...unique], order };
  }

  #groups(): Clauses {
    const one = this.#expressions;
    const byKey = this.chance(15);
    const groups = byKey ? [this.#source.key] : [...new Set(this.list(0, 2, () => one.group()))];
    const shown = groups.filter(() => this.chance(80));
    const aggregates = this.list(shown.length > 0 ? 0 : 1, 3, () => one.aggregate());
    const outputs = [...shown, ...aggregates.map((call, n) => `${call} AS a${n}`)];
    const keys = [...groups];
    if (aggregates.length > 0 && this.chance(30)) keys.unshift('a0');
    if (this.chance(10)) keys.unshift('count(*)');
    const total = groups.length > 0 && this.chance(70);
    const order = total ? keys.map(key => key + one.direction()) : [];
    const having = this.chance(18) ? [one.having()] : [];
    const around = { ...this.#around(), outputs, having };
    if (groups.length > 0 && this.chance(10)) {
      const sets = this.pick(['ROLLUP', 'CUBE']);
      return { ...around, groups: [`${sets} (${groups.join(', ')})`] };
    }
    return { ...around, groups, order, total };
  }

  #set(): Clauses {
    const arm = (): readonly [Source, readonly string[]] => {
      const source = this.pick(everySource.filter(({ ctes }) => ctes === undefined));
      const { key, ints, texts } = source;
      const text = texts.length > 0 && width === 2;
      const second = text ? this.pick(texts) : "'x'";
      return [source, width === 1 ? [this.pick([...ints, key])] : [this.pick(ints), second]];
    };
    const width = 1 + this.below(2);
    const [first, outputs] = arm();
    const operators = ['UNION', 'UNION ALL', 'INTERSECT', 'EXCEPT', 'EXCEPT ALL'];
    const arms = this.list(1, 2, () => {
      const [source, columns] = arm();
      const one = this.#read(source);
      const where = this.chance(60) ? ` WHERE ${one.predicate(1)}` : '';
      return `${this.pick(operators)} SELECT ${columns.join(', ')} FROM ${source.from}${where}`;
    });
    const one = this.#read(first);
    const around = { ...this.#around(), outputs, arms };
    if (this.chance(40)) return around;
    const order = outputs.map((_, position) => `${position + 1}${one.direction()}`);
    return { ...around, order, total: true };
  }

  #count(): string {
    const rows = this.chance(80) ? this.below(12) : this.below(200);
    const all = this.chance(80) ? '7' : 'NULL';
    return this.pick([String(rows), String(rows), `«${rows}»`, all, `(${rows} + 1)`]);
  }
}
