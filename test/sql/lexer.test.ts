// Literal lifting, compared with PostgreSQL's own scanner over a corpus and all golden statements.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import { scanSync } from 'libpg-query';
import { type LiftedStatement, liftLiterals, newLiftedStatement } from '../../src/sql/lexer.ts';
import { loadParser } from '../../src/sql/parser.ts';

const padding = 5;

/** Lifts `sql` from the middle of a larger buffer, as it stands in a Query message. */
function lift(sql: string, out: LiftedStatement = newLiftedStatement()) {
  const bytes = Buffer.from(`QXXXX${sql}\0tail 'x' 5`);
  const end = padding + Buffer.byteLength(sql);
  const lifted = liftLiterals(bytes, padding, end, out);
  const literals: { location: number; value: string }[] = [];
  for (let at = 0; lifted && at < out.count; at++) {
    const value = bytes.toString('utf8', out.starts[at], out.ends[at]);
    literals.push({ location: out.locations[at]!, value });
  }
  return { lifted, key: out.key, literals };
}

const corpus = [
  'SELECT abalance FROM pgbench_accounts WHERE aid = 12345;',
  "SELECT 'a', 'it''s', E'x\\'y', 1.5, .5, 1., 1e-5, 1E+7, 0x1F, 0b1, 0o7, 1_000, $1, $2",
  "SELECT $$ 'a' 5 $$, $tag$ ' $$ 5 $tag$, $not, 7",
  "SELECT 1 -- 'comment' 5\n, 2 /* 3 /* nested 4 */ '5' */, 6",
  'SELECT "a 5", "it""s", u2, x3y, _4, a$5 FROM t1 WHERE c1=8',
  "SELECT date'2020-01-01', interval '1 day', B'101', X'1F', N'n', b'1', x'f', n'm'",
  `SELECT U&'d\u00e4ta', U&"data", u & 'x', e & 'y', e`,
  "SELECT 'Übung', '日本', \"Ü5\" FROM größe WHERE ä = 5",
  'SELECT a[1], a[2:3], t.c4, -5, +6, 7-8, 9*10, 5::int, (6)',
  "INSERT INTO t VALUES (1,'a'),(22,'b,c'),(333,'(d)')",
  "SELECT E'a''b', E'\\\\', e'\\'', '' , 'x'",
  'SELECT 123456789012345678, 1234567890123456789',
  'SELECT 1;SELECT 2;',
  'SELECT a<5, b>=6, c<>7, d!=8, e||9, f@>10, g->11, h->>12',
  'select/**/1/**/;--x',
  "SELECT ''",
];

describe('liftLiterals', () => {
  before(loadParser);

  for (const sql of [...corpus, ...goldenStatements()]) {
    it(`lifts only tokens that PostgreSQL's scanner calls literals: ${sql}`, () => {
      const { lifted, literals } = lift(sql);
      if (!lifted)
        return assert.ok(/\\|--/.test(sql), 'only what may be read otherwise has no key');
      const tokens = new Map(scanSync(sql).tokens.map(token => [token.start, token]));
      for (const { location, value } of literals) {
        const token = tokens.get(location);
        assert.ok(token, `no token at ${location}`);
        const quoted = token.tokenName === 'SCONST';
        assert.ok(quoted || ['ICONST', 'FCONST'].includes(token.tokenName), token.tokenName);
        assert.equal(token.text, quoted ? `'${value}'` : value);
      }
      const integers = [...tokens.values()].filter(one => one.tokenName === 'ICONST');
      for (const token of integers.filter(one => /^\d+$/.test(one.text))) {
        assert.ok(
          literals.some(one => one.location === token.start),
          `integer ${token.text} at ${token.start} was not lifted`,
        );
      }
    });

    it(`leaves everything else in the key: ${sql}`, () => {
      const { lifted, key, literals } = lift(sql);
      if (!lifted) return assert.ok(/\\|--/.test(sql));
      let at = 0;
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the marks are control characters
      const filled = key.replace(/[\x01\x02]/g, mark => {
        const { value } = literals[at++]!;
        const bytes = Buffer.from(value).toString('latin1');
        return mark === '\x01' ? bytes : `'${bytes}'`;
      });
      assert.equal(at, literals.length);
      assert.equal(Buffer.from(filled, 'latin1').toString(), sql);
    });
  }
});

describe('the key of a statement', () => {
  it('is one for statements that differ in literals', () => {
    assert.equal(lift('SELECT 1 WHERE a = 22').key, lift('SELECT 9 WHERE a = 3').key);
    assert.equal(lift("SELECT 'a'").key, lift("SELECT 'bc'").key);
  });

  it('differs for integers, strings, numbers and parameters', () => {
    const keys = ["SELECT 'a'", 'SELECT 1', 'SELECT 1.5', 'SELECT $1', "SELECT E'a'"].map(
      sql => lift(sql).key,
    );
    assert.equal(new Set(keys).size, keys.length);
  });

  it('is not given to what another setting or another line could change', () => {
    for (const sql of [
      "SELECT 'a\\'",
      "SELECT 'a'\n'b'",
      "SELECT 'a' -- x\n 'b'",
      "SELECT 'open",
      'SELECT "open',
      'SELECT /* open',
      'SELECT $$ open',
      "SELECT E'open\\'",
    ]) {
      assert.equal(lift(sql).lifted, false, sql);
    }
  });

  it('is not given to more literals or bytes than it is bounded to', () => {
    assert.equal(lift(`SELECT ${Array.from({ length: 257 }, () => 1).join(',')}`).lifted, false);
    assert.equal(lift(`SELECT 1 ${' '.repeat(17_000)}`).lifted, false);
  });

  it('never reads beyond the end', () => {
    for (const sql of corpus) {
      for (let length = 0; length < sql.length; length++) {
        const part = sql.slice(0, length);
        const { lifted, literals } = lift(part);
        const size = Buffer.byteLength(part);
        if (!lifted) continue;
        for (const one of literals) {
          assert.ok(one.location + Buffer.byteLength(one.value) <= size, `${part} at ${length}`);
        }
      }
    }
  });
});

function goldenStatements(): string[] {
  const folder = new URL('../golden/plans/', import.meta.url);
  return readdirSync(folder).flatMap(name =>
    readFileSync(new URL(name, folder), 'utf8')
      .split(/^====\n/m)
      .map(part => (part.split(/^----$/m)[0] ?? '').replaceAll(/^(#.*|shards: \d+)$/gm, '').trim())
      .filter(sql => sql !== ''),
  );
}
