// A schema of the differential tests with its rows: the same for every run, loaded through the
// endpoint under test by COPY.

import { readFileSync } from 'node:fs';
import type { WireClient } from '../wire-client.ts';

export type Value = string | number | null;
export type Row = readonly Value[];

export interface World {
  /** DDL, run on every server past PgPack before it starts. */
  readonly schema: string;
  /** As `startPgPack` takes them. */
  readonly sharded: readonly string[];
  readonly omnisharded: readonly string[];
  /** Rows by table, values in the order of its columns. */
  readonly rows: Readonly<Record<string, () => Iterable<Row>>>;
}

const rowsOfOneCopy = 4000;
const rowsOfOneMessage = 50;

/** DDL from a file beside this one. */
export function schemaOf(name: string): string {
  return readFileSync(new URL(`./${name}.sql`, import.meta.url), 'utf8');
}

/** COPY texts by table, made once for all endpoints. */
export async function loadWorld({ rows }: World, clients: readonly WireClient[]): Promise<void> {
  for (const [table, make] of Object.entries(rows)) {
    let lines: string[] = [];
    let copies = 0;
    for (const row of make()) {
      lines.push(`${row.map(copyText).join('\t')}\n`);
      if (lines.length < rowsOfOneCopy) continue;
      await copyTo(clients, table, lines);
      copies++;
      lines = [];
    }
    if (lines.length > 0) await copyTo(clients, table, lines);
    // The test servers have no autovacuum, and plans for few rows are dear where there are many.
    if (copies > 1) await Promise.all(clients.map(client => client.query(`ANALYZE ${table}`)));
  }
}

async function copyTo(
  clients: readonly WireClient[],
  table: string,
  lines: readonly string[],
): Promise<void> {
  const chunks = Array.from({ length: Math.ceil(lines.length / rowsOfOneMessage) }, (_, chunk) => {
    const start = chunk * rowsOfOneMessage;
    return Buffer.from(lines.slice(start, start + rowsOfOneMessage).join(''));
  });
  await Promise.all(
    clients.map(async client => {
      const { answers } = await client.query(`COPY ${table} FROM STDIN`, chunks);
      const fault = answers.find(answer => answer.error !== null)?.error;
      if (fault != null) throw new Error(`${fault.C} ${fault.M} in COPY ${table}: ${fault.W}`);
    }),
  );
}

function copyText(value: Value): string {
  if (value === null) return '\\N';
  return String(value).replace(/[\\\t\n\r]/g, char => `\\${char}`);
}

export function at<T>(list: readonly T[], index: number): T {
  return list[((index % list.length) + list.length) % list.length]!;
}

export function times(count: number, row: (n: number) => Row): () => Iterable<Row> {
  return function* () {
    for (let n = 0; n < count; n++) yield row(n);
  };
}

/** Date of 2026 plus days, as ISO text. */
export function day(offset: number): string {
  return new Date(Date.UTC(2026, 0, 1) + offset * 86_400_000).toISOString().slice(0, 10);
}

/** `hh:mm:ss` of a number of seconds within a day. */
export function clock(seconds: number): string {
  return new Date((seconds % 86_400) * 1000).toISOString().slice(11, 19);
}

/** Evenly spread numbers below `limit` that look like chance. */
export function scattered(n: number, limit: number): number {
  return Math.floor((((n * 2_654_435_761) >>> 0) / 4_294_967_296) * limit);
}
