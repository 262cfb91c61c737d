// The ways a case goes over the wire: every mode is another path through PgPack.

import type { Case } from './case-file.ts';
import { binaryValue, lifted, withLiterals } from './literals.ts';
import type { Exchange, WireClient } from './wire-client.ts';

export const modes = ['simple', 'extended', 'binary', 'portal'] as const;

/** simple: literals in a Query. extended: text parameters and results, unnamed statement, one
 *  batch. binary: named statement, described first, binary parameters and results. portal: like
 *  extended, fetched in pieces. */
export type Mode = (typeof modes)[number];

export function modesOf(one: Case): readonly Mode[] {
  if (one.simpleOnly) return ['simple'];
  return one.textOnly ? ['simple', 'extended', 'portal'] : modes;
}

/** `ALL=1`: every mode on every number of shards. */
export const thorough = process.env.ALL === '1' || process.env.REWRITE === '1';

/** What the numbers of shards beside three are for: one is relayed, two and four are other ways to
 *  spread the rows. How an answer is sent does not depend on it. */
const modeOf: Readonly<Record<number, Mode>> = { 1: 'extended', 2: 'simple', 4: 'binary' };

/** Of `all`: those in which a case is run on so many shards, every one on three. */
export function modesOn(shards: number, all: readonly Mode[]): readonly Mode[] {
  const one = modeOf[shards];
  if (thorough || one === undefined) return all;
  return all.includes(one) ? [one] : all.slice(-1);
}

/** Those in which a query of the corpus, which changes nothing, is run: two ways on three shards and
 *  one on one other number of shards, by its line. */
export function sampledModes(shards: number, all: readonly Mode[], line: number): readonly Mode[] {
  if (thorough) return all;
  if (shards !== 3) return [1, 2, 4][line % 3] === shards ? modesOn(shards, all) : [];
  const first = line % all.length;
  const second = (first + 1 + (line % Math.max(all.length - 1, 1))) % all.length;
  return [...new Set([all[first]!, all[second]!])];
}

/** Whether numbers of shards on which a case was refused agree with its list. Where not every mode
 *  was run, those that are left out may be the refused ones. */
export function agreesWithList(
  found: readonly number[],
  listed: readonly number[],
  ran: (shards: number) => boolean,
): boolean {
  const missing = listed.filter(one => thorough && ran(one) && !found.includes(one));
  return missing.length === 0 && found.every(one => listed.includes(one));
}

let names = 0;

/** Both exchanges of the mode `binary`; the others have one. */
export async function runCase(client: WireClient, one: Case, mode: Mode): Promise<Exchange[]> {
  const copyIn = one.stdin === null ? [] : chunksOf(one.stdin);
  if (mode === 'simple') return [await client.query(withLiterals(one.sql), copyIn)];
  const { sql, values } = lifted(one.sql);
  if (mode !== 'binary') {
    const limits = mode === 'portal' ? [2, 1, 0] : [0];
    const statement = { sql, name: '', values, resultFormat: 0 as const, limits };
    return [await client.execute(statement, copyIn)];
  }
  const name = `case_${++names}`;
  const prepared = await client.prepare(name, sql);
  if (prepared.answers.some(answer => answer.error !== null)) return [prepared];
  const types = prepared.parameterTypes ?? [];
  const binary = values.map((value, index) => binaryValue(value, types[index] ?? 0));
  const statement = { sql, name, values: binary, resultFormat: 1 as const, limits: [0] };
  return [prepared, await client.execute(statement, copyIn)];
}

/** Uneven pieces, so that rows and escapes are cut anywhere. */
function chunksOf(data: Buffer): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0, size = 1; at < data.length; at += size, size = (size * 7 + 3) % 61) {
    chunks.push(data.subarray(at, at + Math.max(size, 1)));
    size = Math.max(size, 1);
  }
  return chunks;
}
