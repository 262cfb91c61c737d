// Records order-vectors.json from a real server, so that order-vectors.test.ts needs none:
// `node test/hash/record-order-vectors.ts [seed]`. By column type, in PostgreSQL's order: [text,
// binary in hexadecimal, rank], equal values with one rank.

import { writeFileSync } from 'node:fs';
import pg from 'pg';
import { startServer } from '../../src/embedded/embedded-server.ts';
import { seededRandom } from '../sharding/seeded-random.ts';
import { edgesOf, majorVersion } from './compat.ts';
import { collated, orderedSamples } from './compat-mapped.ts';
import { structuredTypes } from './structured-samples.ts';

const seed = Number(process.argv[2] ?? 20_261_121);
const perType = 20;
const textMax = 200;

const server = await startServer({ name: 'order-vectors', password: 'vectors', durable: false });
const client = new pg.Client({ ...server, database: 'postgres' });
await client.connect();
await client.query(structuredTypes);
const version = (await client.query('SHOW server_version')).rows[0].server_version;
const major = await majorVersion(client);
const lines: string[] = [];
for (const [index, sample] of orderedSamples.entries()) {
  const random = seededRandom(seed + index);
  const values = edgesOf(sample, major);
  while (values.length < perType) values.push(sample.random(random));
  const { rows: sends } = await client.query(
    'SELECT typsend::regproc::text AS send FROM pg_type WHERE oid = $1::regtype',
    [sample.inputType],
  );
  const order = collated.includes(sample.columnType) ? 'x COLLATE "C"' : 'x';
  const { rows } = await client.query({
    text: `SELECT x::text, encode(${sends[0].send}(x), 'hex'),
        dense_rank() OVER (ORDER BY ${order})::int
      FROM (SELECT v::${sample.inputType}::${sample.columnType} AS x
        FROM unnest($1::text[]) v) s ORDER BY 3, 1`,
    values: [values],
    rowMode: 'array',
  });
  const vectors = rows.filter(([text]) => text.length <= textMax);
  const written = vectors.map(vector => JSON.stringify(vector)).join(',\n');
  lines.push(`${JSON.stringify(sample.columnType)}: [\n${written}\n]`);
}
await client.end();
await server.stop();
const head = JSON.stringify({ server: `PostgreSQL ${version}`, seed }).slice(0, -1);
writeFileSync(
  new URL('./order-vectors.json', import.meta.url),
  `${head},\n"types": {\n${lines.join(',\n')}\n}}\n`,
);
