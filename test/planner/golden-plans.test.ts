// Golden plans: test/golden/plans/*.test holds cases, each a comment, a statement, `----` and the
// plan that explainPlan prints. `REWRITE=1` writes what the planner says; a person reads the diff.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import type { Catalog, CatalogOperator } from '../../src/catalog/catalog.ts';
import { explainPlan } from '../../src/plan/explain.ts';
import { fragmentOf } from '../../src/plan/merge-plan.ts';
import { planStatement } from '../../src/planner/plan-statement.ts';
import { loadParser, parseStatements } from '../../src/sql/parser.ts';
import { typeOid } from '../../src/types/type-oid.ts';
import { sampleCatalog, sampleScheme } from './sample-catalog.ts';

const folder = new URL('../golden/plans/', import.meta.url);
const rewrite = process.env['REWRITE'] === '1';

const ownEquals: CatalogOperator = {
  schema: 'ops',
  name: '=',
  volatility: 'immutable',
  language: 'internal',
  builtIn: [],
};
const fittingEquals: CatalogOperator = { ...ownEquals, schema: 'fit', builtIn: [typeOid.varchar] };
const ownCatalog: Catalog = {
  ...sampleCatalog,
  operators: new Map([...sampleCatalog.operators, ['=', [ownEquals, fittingEquals]]]),
};

interface Setup {
  readonly shardCount: number;
  readonly path: readonly string[] | null;
}

interface GoldenCase {
  readonly comment: string;
  readonly sql: string;
  readonly expected: string;
}

/** Cases are parted by a blank line and `====`; a file's first line may be `shards: n` or
 *  `path: schemas`, the search path of a catalog with operators ops.= on types of its own and fit.=
 *  on varchar. */
function readCases(text: string): { head: string; schema: Setup; cases: GoldenCase[] } {
  const given = /^(?:shards: (\d+)|path: (.*))\n/.exec(text);
  const body = given === null ? text : text.slice(given[0].length);
  const cases = body
    .split(/^====\n/m)
    .map(part => part.trim())
    .filter(part => part !== '')
    .map(part => {
      const [above = '', expected = ''] = part.split(/^----$/m);
      const comment = /^(#[^\n]*\n)*/.exec(above.trim())?.[0] ?? '';
      const sql = above.trim().slice(comment.length).trim();
      return { comment: comment.trim(), sql, expected: expected.trim() };
    });
  const schema = { shardCount: Number(given?.[1] ?? 3), path: given?.[2]?.split(', ') ?? null };
  return { head: given?.[0] ?? '', schema, cases };
}

function plan(sql: string, { shardCount, path }: Setup): string {
  return parseStatements(sql)
    .map(({ text, stmt }) =>
      planStatement({
        sql: text,
        stmt,
        catalog: path === null ? sampleCatalog : ownCatalog,
        scheme: sampleScheme(shardCount),
        shardCount,
        searchPath: path ?? ['public'],
      }),
    )
    .map(one => {
      if (one.wide.kind === 'merge') parseStatements(fragmentOf(one.wide.root).sql);
      return one;
    })
    .map(one => explainPlan(one).join('\n'))
    .join('\n');
}

describe('golden plans', () => {
  before(loadParser);

  for (const name of readdirSync(folder).filter(one => one.endsWith('.test'))) {
    describe(name, () => {
      const file = new URL(name, folder);
      const { head, schema, cases } = readCases(readFileSync(file, 'utf8'));
      assert.ok(cases.length > 0, `${name} holds no case`);
      if (rewrite) {
        it('is written anew', () => {
          const parts = cases.map(({ comment, sql }) => {
            const above = comment === '' ? sql : `${comment}\n${sql}`;
            return `${above}\n----\n${plan(sql, schema)}\n`;
          });
          writeFileSync(file, head + parts.join('\n====\n'));
          assert.ok(parts.length > 0);
        });
        return;
      }
      for (const { comment, sql, expected } of cases) {
        it(`${comment} ${sql}`.trim().replaceAll('\n', ' '), () => {
          assert.equal(plan(sql, schema), expected);
        });
      }
    });
  }
});
