// Records type-vectors.json from a real server, so that type-vectors.test.ts needs none:
// `node test/hash/record-type-vectors.ts [seed]`. By column type: [text, binary in hexadecimal,
// partition of a table with `partitions`].

import { writeFileSync } from 'node:fs';
import pg from 'pg';
import { startServer } from '../../src/embedded/embedded-server.ts';
import { seededRandom } from '../sharding/seeded-random.ts';
import { edgesOf, keySamples, majorVersion, placeRows } from './compat.ts';
import { structuredTypes } from './structured-samples.ts';

const seed = Number(process.argv[2] ?? 20_261_121);
/** A prime: all of the hash counts. */
const partitions = 61;
const perType = 24;
const textMax = 200;

const server = await startServer({ name: 'type-vectors', password: 'vectors', durable: false });
const client = new pg.Client({ ...server, database: 'postgres' });
await client.connect();
await client.query(structuredTypes);
const version = (await client.query('SHOW server_version')).rows[0].server_version;
const major = await majorVersion(client);
const types: Record<string, readonly unknown[]> = {};
for (const [index, sample] of keySamples.entries()) {
  const random = seededRandom(seed + index);
  const values = edgesOf(sample, major);
  while (values.length < perType) values.push(sample.random(random));
  const rows = await placeRows(client, random, [{ sample, values }], partitions);
  types[sample.columnType] = rows
    .map(({ partition, keys: [key] }) => [key!.text!, key!.binary!, partition] as const)
    .filter(([text]) => text.length <= textMax)
    .slice(0, perType);
}
await client.end();
await server.stop();
const lines = Object.entries(types).map(
  ([type, vectors]) =>
    `${JSON.stringify(type)}: [\n${vectors.map(vector => JSON.stringify(vector)).join(',\n')}\n]`,
);
const head = JSON.stringify({ server: `PostgreSQL ${version}`, seed, partitions }).slice(0, -1);
writeFileSync(
  new URL('./type-vectors.json', import.meta.url),
  `${head},\n"types": {\n${lines.join(',\n')}\n}}\n`,
);
