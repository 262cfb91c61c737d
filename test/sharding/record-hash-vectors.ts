// Records hash-vectors.json from a real server, so that hash.test.ts needs none:
// `node test/sharding/record-hash-vectors.ts [seed]`. Each vector is
// [value, hash with the partition seed, modulus, remainder of satisfies_hash_partition].

import { writeFileSync } from 'node:fs';
import pg from 'pg';
import { startServer } from '../../src/embedded/embedded-server.ts';
import { type Random, seededRandom } from './seeded-random.ts';

const seed = Number(process.argv[2] ?? 20_261_121);
const count = 400;

const int8Edges = [
  ...['0', '1', '-1', '42', '127', '-128', '32767', '-32768', '65535', '65536'],
  ...['2147483647', '2147483648', '-2147483648', '-2147483649', '4294967295', '4294967296'],
  ...['-4294967296', '-4294967297', '999999999', '1000000000', '9007199254740991'],
  ...['9007199254740993', '-9007199254740993', '999999999999999999', '1000000000000000000'],
  ...['9223372036854775807', '-9223372036854775808', '-9223372036854775807'],
];
const uuidEdges = [
  '00000000-0000-0000-0000-000000000000',
  'ffffffff-ffff-ffff-ffff-ffffffffffff',
  '00000000-0000-0000-0000-000000000001',
  '80000000-0000-0000-0000-000000000000',
];
const textEdges = ['', ' ', 'a', 'ä', '日本語', '😀', "it's", 'tab\there', 'new\nline', '\\N'];

function values(edges: readonly string[], random: Random, one: (random: Random) => string) {
  const all = [...edges];
  while (all.length < count) all.push(one(random));
  return all;
}

function randomInt8(random: Random): string {
  // Every magnitude alike, both signs.
  const bits = 1 + random.below(63);
  const magnitude = BigInt.asUintN(
    bits,
    (BigInt(random.uint32()) << 32n) | BigInt(random.uint32()),
  );
  return String(random.below(2) === 0 ? magnitude : -magnitude);
}

function randomUuid(random: Random): string {
  const hex = Array.from({ length: 4 }, () => random.uint32().toString(16).padStart(8, '0')).join(
    '',
  );
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

function randomText(random: Random): string {
  const alphabet = [...'abcdefghijXYZ0123456789 _-éß€日😀'];
  const length = random.below(60);
  return Array.from({ length }, () => alphabet[random.below(alphabet.length)]).join('');
}

const random = seededRandom(seed);
const columns = [
  { type: 'bigint', hash: 'hashint8extended', values: values(int8Edges, random, randomInt8) },
  { type: 'uuid', hash: 'uuid_hash_extended', values: values(uuidEdges, random, randomUuid) },
  { type: 'varchar', hash: 'hashtextextended', values: values(textEdges, random, randomText) },
];
const server = await startServer({ name: 'vectors', password: 'vectors', durable: false });
const client = new pg.Client({ ...server, database: 'postgres' });
await client.connect();
const version = (await client.query('SHOW server_version')).rows[0].server_version;
const recorded: Record<string, unknown> = { server: `PostgreSQL ${version}`, seed };
for (const { type, hash, values: keys } of columns) {
  await client.query(`CREATE TABLE ${type}_keys (k ${type}) PARTITION BY HASH (k)`);
  const { rows } = await client.query({
    // 8816678312871386365 is HASH_PARTITION_SEED.
    text: `SELECT v, ${hash}(v::${type}, 8816678312871386365)::text, m,
        (SELECT r FROM generate_series(0, m - 1) r
          WHERE satisfies_hash_partition('${type}_keys'::regclass, m, r, v::${type}))
      FROM unnest($1::text[]) WITH ORDINALITY AS u(v, n), LATERAL (SELECT (2 + n % 63)::int) AS x(m)
      ORDER BY n`,
    values: [keys],
    rowMode: 'array',
  });
  recorded[type] = rows;
}
await client.end();
await server.stop();
const lines = JSON.stringify(recorded).replaceAll('],[', '],\n[');
writeFileSync(new URL('./hash-vectors.json', import.meta.url), `${lines}\n`);
