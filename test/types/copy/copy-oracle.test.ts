// Splitting against a real server, with seeded random streams: PostgreSQL takes the whole stream
// if and only if our splitter takes it and PostgreSQL takes both halves of its rows, and then the
// rows and the keys are the same.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { type Random, seededRandom } from '../../sharding/seeded-random.ts';
import { testServers } from '../../support/test-servers.ts';
import { open } from './copy-splitting.ts';

const seed = Number(process.env['PGPACK_TEST_SEED'] ?? 4711);
const streams = 250;
const alphabets = {
  text: ['1', 'a', '\\', '.', 'N', 'x', '4', '"'],
  csv: ['1', 'a', '\\', '.', '"', '""'],
};
const endings = ['\n', '\r\n', '\r'];

let client: pg.Client;

before(async () => {
  const { oracle } = await testServers();
  const { host, port, user, password } = oracle;
  client = new pg.Client({ host, port, user, password, database: 'postgres' });
  await client.connect();
  await client.query('CREATE TEMPORARY TABLE split (n serial, a text, b text)');
});

after(() => client.end());

/** The driver's connection, as far as COPY needs it. */
interface CopyConnection {
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

/** COPY … FROM STDIN with node-postgres, which calls these methods of what it is given to run. */
function copyIn(text: string, data: Buffer): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  client.query({
    submit: (connection: unknown) => (connection as CopyConnection).query(text),
    handleCopyInResponse: (connection: CopyConnection) => {
      connection.sendCopyFromChunk(data);
      connection.endCopyFrom();
    },
    handleCommandComplete: () => {},
    handleError: reject,
    handleReadyForQuery: () => resolve(),
  });
  return promise;
}

function pick<T>(random: Random, values: readonly T[]): T {
  return values[random.below(values.length)]!;
}

function field(random: Random, format: 'text' | 'csv', ending: string): string {
  const letters = Array.from({ length: random.below(5) }, () => pick(random, alphabets[format]));
  const value = letters.join('');
  const chance = random.below(8);
  if (chance === 0) return format === 'csv' ? `"${value}${ending},"` : `${value}\\${ending}`;
  if (chance === 1) return format === 'csv' ? '""' : '\\N';
  if (chance === 2) return format === 'csv' ? '' : '\\.';
  return chance < 6 ? value.replaceAll(/[\\"]/g, '') : value;
}

/** Mostly sound: two columns, one line ending; now and then something else. */
function stream(random: Random, format: 'text' | 'csv'): string {
  const ending = pick(random, endings);
  const delimiter = format === 'csv' ? ',' : '\t';
  let data = '';
  for (let rows = random.below(6); rows > 0; rows--) {
    data += field(random, format, ending) + delimiter + field(random, format, ending);
    data += random.below(40) === 0 ? pick(random, endings) : ending;
    if (random.below(20) === 0) data += `\\.${random.below(4) === 0 ? '' : ending}`;
  }
  return random.below(3) === 0 && data.endsWith(ending) ? data.slice(0, -ending.length) : data;
}

interface CopiedRow {
  readonly a: string | null;
  readonly b: string | null;
}

/** The rows that the server read, or null when it refused the data. */
async function copy(options: string, pieces: readonly Buffer[]): Promise<CopiedRow[] | null> {
  await client.query('TRUNCATE split');
  try {
    await copyIn(`COPY split (a, b) FROM STDIN WITH (${options})`, Buffer.concat([...pieces]));
  } catch (error) {
    if ((error as { code?: string }).code === undefined) throw error;
    return null;
  }
  return (await client.query<CopiedRow>('SELECT a, b FROM split ORDER BY n')).rows;
}

interface Halves {
  readonly keys: (string | null)[];
  readonly parts: readonly [Buffer[], Buffer[]];
}

function halves(
  random: Random,
  format: 'text' | 'csv',
  header: boolean,
  data: Buffer,
): Halves | null {
  const splitter = open(format, { header, keyPosition: 1 });
  const parts: [Buffer[], Buffer[]] = [[], []];
  const keys: (string | null)[] = [];
  const take = (rows: Buffer[]): void => {
    const preamble = splitter.takePreamble();
    if (preamble !== null) for (const part of parts) part.push(preamble);
    for (const row of rows) {
      parts[keys.length % 2]!.push(row);
      keys.push(splitter.keyOf(row, 0)?.toString() ?? null);
    }
  };
  try {
    for (let at = 0; at < data.length; ) {
      const length = 1 + random.below(9);
      take(splitter.push(data.subarray(at, at + length)));
      at += length;
    }
    take(splitter.end());
  } catch (error) {
    assert.equal((error as { sqlstate?: string }).sqlstate, '22P04', String(error));
    return null;
  }
  return { keys, parts };
}

for (const format of ['text', 'csv'] as const) {
  test(`${format}: split halves are read as the whole is (seeded)`, async t => {
    t.diagnostic(`seed ${seed} (PGPACK_TEST_SEED)`);
    const random = seededRandom(seed);
    let taken = 0;
    for (let i = 0; i < streams; i++) {
      const data = stream(random, format);
      const header = random.below(4) === 0;
      const options = `FORMAT ${format}, HEADER ${header}`;
      const shown = `stream ${i}: ${JSON.stringify(data)} ${options}`;
      const whole = await copy(options, [Buffer.from(data)]);
      const split = halves(random, format, header, Buffer.from(data));
      if (whole !== null) assert.ok(split, `only the splitter refuses ${shown}`);
      if (split === null) continue;
      const even = await copy(options, split.parts[0]);
      const odd = await copy(options, split.parts[1]);
      assert.equal(even !== null && odd !== null, whole !== null, shown);
      if (whole === null || even === null || odd === null) continue;
      taken++;
      assert.deepEqual(
        split.keys,
        whole.map(row => row.b),
        shown,
      );
      const merged = whole.map((_, n) => (n % 2 === 0 ? even : odd)[n >> 1]);
      assert.deepEqual(merged, whole, shown);
      assert.equal(even.length + odd.length, whole.length, shown);
    }
    // Enough of the streams must be sound for the comparison to mean something.
    assert.ok(taken > streams / 4, `${taken} of ${streams}`);
  });
}
