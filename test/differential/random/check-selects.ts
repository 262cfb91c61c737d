// Random SELECTs on one PostgreSQL and through PgPack on several numbers of shards, and what came
// of them: answered, refused by construct, errors on both sides, wrong. A wrong one is made as small
// as it stays wrong.

import type { Case } from '../case-file.ts';
import { difference, isRefusal } from '../compare.ts';
import { type Mode, modes, runCase } from '../modes.ts';
import type { Shops } from '../shops.ts';
import { randomSelect } from '../statement-generator.ts';
import type { Exchange } from '../wire-client.ts';
import { type Clauses, caseOf, shrink } from './clauses.ts';

export interface SelectReport {
  readonly statements: number;
  /** Answers, each of a statement on one number of shards. */
  answered: number;
  /** Refusals by their messages without the names in them, and a statement of each. */
  readonly refused: Map<string, { times: number; readonly example: string }>;
  /** Statements that are errors on PostgreSQL too. */
  errors: number;
  readonly wrong: string[];
}

export interface SelectRun {
  readonly seed: number;
  readonly count: number;
  readonly from: number;
  /** As many wrong ones end the run. */
  readonly wrongMax?: number;
}

export async function checkSelects(shops: Shops, run: SelectRun): Promise<SelectReport> {
  const { seed, count, from, wrongMax = 20 } = run;
  const report: SelectReport = {
    ...{ statements: count, answered: 0, errors: 0, refused: new Map(), wrong: [] },
  };
  for (let index = from; index < from + count && report.wrong.length < wrongMax; index++) {
    const { clauses, case: one } = randomSelect(seed, index);
    const mode = modes[index % modes.length]!;
    const [expected = [], ...answers] = await everywhere(shops, one, mode);
    if (faultOf(expected) !== '') report.errors++;
    for (const [position, got] of answers.entries()) {
      const { shards } = shops.endpoints[position]!;
      if (isRefusal(got)) {
        addRefusal(report, constructOf(faultOf(got)), one.sql);
        continue;
      }
      report.answered++;
      const found = difference(got, expected, one);
      if (found === null) continue;
      const where = `seed ${seed}, number ${index}, ${shards} shards, ${mode}`;
      report.wrong.push(
        `${where}\n  ${one.sql}\n  ${await shrunk(shops, clauses, position, mode)}`,
      );
      break;
    }
  }
  return report;
}

/** Lines for people. */
export function reportLines(report: SelectReport): string[] {
  const { statements, answered, refused, errors, wrong } = report;
  const byConstruct = [...refused].sort(([, a], [, b]) => b.times - a.times);
  const refusals = byConstruct.reduce((sum, [, { times }]) => sum + times, 0);
  return [
    `${statements} statements: ${answered} answers, ${refusals} refusals, ${wrong.length} wrong`,
    `${errors} statements are errors on PostgreSQL too`,
    ...byConstruct.flatMap(([construct, { times, example }]) => [
      `  refused ${times}: ${construct}`,
      `    such as ${example}`,
    ]),
  ];
}

/** The oracle's answer, then those of each endpoint. */
export function everywhere(shops: Shops, one: Case, mode: Mode): Promise<Exchange[][]> {
  const clients = [shops.oracle, ...shops.endpoints.map(({ client }) => client)];
  return Promise.all(clients.map(client => runCase(client, one, mode)));
}

async function shrunk(
  shops: Shops,
  clauses: Clauses,
  position: number,
  mode: Mode,
): Promise<string> {
  const { client } = shops.endpoints[position]!;
  const differs = async (tried: Clauses): Promise<string | null> => {
    const one = caseOf(tried);
    const [expected, got] = await Promise.all(
      [shops.oracle, client].map(each => runCase(each, one, mode)),
    );
    return isRefusal(got!) ? null : difference(got!, expected!, one);
  };
  const smallest = await shrink(clauses, async tried => (await differs(tried)) !== null);
  return `smallest: ${caseOf(smallest).sql}\n  ${await differs(smallest)}`;
}

function faultOf(exchanges: readonly Exchange[]): string {
  const answers = exchanges.flatMap(exchange => exchange.answers);
  return answers.find(answer => answer.error !== null)?.error?.M ?? '';
}

function constructOf(message: string): string {
  return message
    .replace(/"[^"]*"/g, '"…"')
    .replace(/\d+/g, 'n')
    .slice(0, 110);
}

function addRefusal({ refused }: SelectReport, construct: string, sql: string): void {
  const known = refused.get(construct);
  if (known === undefined) refused.set(construct, { times: 1, example: sql });
  else known.times++;
}
