// Rows go where PostgreSQL's own hash partitioning puts them: each row that was inserted through
// PgPack on N shards lies in the partition with the remainder of its shard of a table PARTITION BY
// HASH with modulus N (satisfies_hash_partition, partbounds.c), by every way in, and every
// spelling of the key finds it again.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { binaryValue } from '../differential/literals.ts';
import { type Exchange, WireClient } from '../differential/wire-client.ts';
import { type Random, seededRandom } from '../sharding/seeded-random.ts';
import { connect, createTestDatabase, type TestDatabase } from '../support/cluster.ts';
import { type PgPack, startPgPack } from '../support/pgpack.ts';

interface KeyType {
  /** Of the column; names the table. */
  readonly type: string;
  readonly dataType: 'bigint' | 'varchar' | 'uuid';
  readonly oid: number;
  readonly edges: readonly string[];
  random(random: Random): string;
}

const seed = Number(process.env.SEED ?? 20_261_121);
const rowsPerType = 100;

const types: readonly KeyType[] = [
  {
    ...{ type: 'bigint', dataType: 'bigint', oid: 20 },
    edges: [
      ...['0', '1', '-1', '2147483647', '2147483648', '-2147483648', '-2147483649', '4294967295'],
      ...['4294967296', '-4294967296', '-4294967297', '9007199254740993', '-9007199254740993'],
      ...['9223372036854775807', '-9223372036854775808'],
    ],
    random: random => String(BigInt.asIntN(64, (word(random) << 32n) | word(random))),
  },
  {
    ...{ type: 'int', dataType: 'bigint', oid: 23 },
    edges: ['0', '1', '-1', '2147483647', '-2147483648', '65536', '-65536'],
    random: random => String(random.uint32() | 0),
  },
  {
    ...{ type: 'smallint', dataType: 'bigint', oid: 21 },
    edges: ['0', '1', '-1', '32767', '-32768', '255', '256'],
    random: random => String(random.below(65_536) - 32_768),
  },
  {
    ...{ type: 'varchar', dataType: 'varchar', oid: 1043 },
    edges: ['', ' b', 'a', 'A', '123', '-5', "it's", '\\', '\\N', 'tab\there', 'new\nline', 'null'],
    random: text,
  },
  {
    ...{ type: 'text', dataType: 'varchar', oid: 25 },
    edges: ['', 'ä', '日本語', '😀', '"', '{}', 'NULL', '1.0', 'x'.repeat(3000), '\u0001'],
    random: text,
  },
  {
    ...{ type: 'uuid', dataType: 'uuid', oid: 2950 },
    edges: [
      '00000000-0000-0000-0000-000000000000',
      'ffffffff-ffff-ffff-ffff-ffffffffffff',
      '00000000-0000-0000-0000-000000000001',
      '80000000-0000-0000-0000-000000000000',
    ],
    random: random => {
      const hex = Array.from({ length: 4 }, () => word(random).toString(16).padStart(8, '0'));
      return hex.join('').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    },
  },
];

function word(random: Random): bigint {
  return BigInt(random.uint32());
}

/** Without blanks at the end, which PgPack refuses to write. */
function text(random: Random): string {
  const letters = [...'abcXYZ019 _-éß€日😀\'"\\'];
  return Array.from({ length: 1 + random.below(40) }, () => {
    return letters[random.below(letters.length)];
  })
    .join('')
    .trimEnd();
}

/** Different keys, edges first. */
function keysOf({ edges, random: one }: KeyType): string[] {
  const random = seededRandom(seed);
  const keys = new Set(edges);
  while (keys.size < rowsPerType) keys.add(one(random));
  return [...keys];
}

for (const shards of [2, 3, 4]) {
  for (const type of types) {
    test(`${type.type} keys lie on ${shards} shards as in ${shards} hash partitions`, async t => {
      t.diagnostic(`seed ${seed}`);
      const endpoint = endpoints.get(shards)!;
      const keys = keysOf(type);
      await insertEveryWay(endpoint.client, type, keys);
      await assertPlaced(endpoint.database, type, keys);
      await assertFound(endpoint.client, type, keys);
    });
  }
}

interface Endpoint {
  readonly database: TestDatabase;
  readonly pgpack: PgPack;
  readonly client: WireClient;
}

const endpoints = new Map<number, Endpoint>();

before(async () => {
  for (const shards of [2, 3, 4]) {
    const database = await createTestDatabase('placement', shards);
    const statements = types.map(
      ({ type }) =>
        `CREATE TABLE keys_${type} (k ${type} PRIMARY KEY, way text);
        CREATE TABLE parts_${type} (k ${type}) PARTITION BY HASH (k)`,
    );
    await database.runEverywhere(statements.join(';'));
    const sharded = types.map(({ type, dataType }) => `keys_${type}.k ${dataType}`);
    const pgpack = await startPgPack({ database, sharded });
    const client = await WireClient.connect(pgpack.address);
    endpoints.set(shards, { database, pgpack, client });
  }
});

after(async () => {
  for (const { client, pgpack, database } of endpoints.values()) {
    client.close();
    await pgpack.close();
    await database.drop();
  }
});

/** Literals one by one and many at once, parameters in text and binary form, COPY. */
async function insertEveryWay(
  client: WireClient,
  { type, oid }: KeyType,
  keys: readonly string[],
): Promise<void> {
  const into = `INSERT INTO keys_${type} (way, k) VALUES`;
  const part = (way: number) => keys.filter((_, index) => index % 5 === way);
  for (const key of part(0)) succeeded(await client.query(`${into} ('literal', ${literal(key)})`));
  const rows = part(1).map(key => `('many', ${literal(key)})`);
  succeeded(await client.query(`${into} ${rows.join(', ')}`));
  for (const [way, binary] of [
    [2, false],
    [3, true],
  ] as const) {
    for (const key of part(way)) {
      const value = binary ? binaryValue(key, oid) : key;
      const sql = `${into} ('parameter', $1)`;
      const statement = { sql, name: '', values: [value], resultFormat: 0 as const, limits: [0] };
      succeeded(await client.execute(statement));
    }
  }
  const lines = part(4).map(key => `${copied(key)}\tcopy\n`);
  const data = Buffer.from(lines.join(''));
  succeeded(await client.query(`COPY keys_${type} FROM STDIN`, [data]));
}

function literal(key: string): string {
  return /^-?\d+$/.test(key) && key.length < 25 ? `'${key}'` : `'${key.replaceAll("'", "''")}'`;
}

function copied(key: string): string {
  const names: Readonly<Record<string, string>> = { '\t': '\\t', '\n': '\\n', '\\': '\\\\' };
  return key.replace(/[\t\n\\]/g, char => names[char]!);
}

function succeeded({ answers }: Exchange): void {
  for (const { error } of answers) assert.equal(error?.M, undefined);
}

async function assertPlaced(
  { shards }: TestDatabase,
  { type }: KeyType,
  keys: readonly string[],
): Promise<void> {
  const placed = await Promise.all(
    shards.map(async (address, shard) => {
      const client = await connect(address);
      const { rows } = await client.query({
        text: `SELECT k::text,
            satisfies_hash_partition('parts_${type}'::regclass, $1, $2, k) FROM keys_${type}`,
        values: [shards.length, shard],
        rowMode: 'array',
      });
      await client.end();
      return rows as [key: string, satisfied: boolean][];
    }),
  );
  for (const [shard, rows] of placed.entries()) {
    assert.ok(rows.length > 0, `shard ${shard} has no rows`);
    const strangers = rows.filter(([, satisfied]) => !satisfied).map(([key]) => key);
    assert.deepEqual(strangers, [], `rows on shard ${shard} that are another's`);
  }
  assert.deepEqual(placed.flatMap(rows => rows.map(([key]) => key)).sort(), [...keys].sort());
}

/** Text parameter, binary parameter, literal and array, each by one shard's answer. */
async function assertFound(
  client: WireClient,
  { type, oid }: KeyType,
  keys: readonly string[],
): Promise<void> {
  const sql = `SELECT k::text FROM keys_${type} WHERE k = $1`;
  for (const key of keys.filter((_, index) => index % 4 === 0)) {
    for (const value of [key, binaryValue(key, oid)]) {
      const statement = { sql, name: '', values: [value], resultFormat: 0 as const, limits: [0] };
      assert.deepEqual(rowsOf(await client.execute(statement)), [key]);
    }
    const one = await client.query(`SELECT k::text FROM keys_${type} WHERE k = ${literal(key)}`);
    assert.deepEqual(rowsOf(one), [key]);
  }
  const some = keys.slice(0, 20);
  const list = `{${some.map(key => `"${key.replace(/["\\]/g, char => `\\${char}`)}"`).join(',')}}`;
  const array = `SELECT k::text FROM keys_${type} WHERE k = ANY ($1)`;
  const values = [list];
  const many = await client.execute({ sql: array, name: '', values, resultFormat: 0, limits: [0] });
  assert.deepEqual(rowsOf(many).sort(), [...some].sort());
}

function rowsOf(exchange: Exchange): (string | null)[] {
  succeeded(exchange);
  return exchange.answers.flatMap(answer => answer.rows.map(row => row[0] ?? null));
}
