// Placing a key: the hash of each kind of type by its wire forms, of a row of several columns, and
// the search in a mapping.

import type { Mapping } from '../src/config/topology.ts';
import type { Placement } from '../src/sharding/placement.ts';
import { keyColumn, mustPlace, shardedTable } from '../test/sharding/sharded-table.ts';
import { sampleShardCount } from './sample-plan.ts';
import { type MicroFigures, timed, variants } from './timed.ts';

const oid = { int8: 20, text: 25, uuid: 2950, numeric: 1700, timestamptz: 1184 };
const more = { date: 1082, inet: 869, jsonb: 3802, intArray: 1007 };

function placedBy(oids: readonly number[], mapping: Mapping | null = null): Placement {
  const columns = oids.map((_, i) => `k${i}`);
  const keys = oids.map(one => keyColumn(one));
  return mustPlace(shardedTable({ columns, mapping }), keys, sampleShardCount);
}

export function keyPlacements(): MicroFigures[] {
  return [...integers(), ...texts(), ...binaries(), ...rows(), ...mappings()];
}

function made<T>(make: (i: number) => T): T[] {
  return Array.from({ length: variants }, (_, i) => make(i));
}

function integers(): MicroFigures[] {
  const placement = placedBy([oid.int8]);
  const words = made(i => String(1_000_000 + i * 7919));
  const bytes = words.map(word => Buffer.from(word));
  const binary = words.map(int8Bytes);
  return [
    timed('hash: bigint, text of a parameter', i => {
      const key = bytes[i]!;
      return placement.shardOfTextBytes(key, 0, key.length, false);
    }),
    timed('hash: bigint, binary', i => placement.shardOfBinary(binary[i]!, 0, 8, false)),
    timed('hash: bigint, literal', i => placement.shardOfText(words[i]!, false)),
  ];
}

function int8Bytes(word: string): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(word));
  return bytes;
}

function texts(): MicroFigures[] {
  const types: readonly (readonly [string, number, (i: number) => string])[] = [
    ['text of 16 bytes', oid.text, i => `customer-${1_000_000 + i}`],
    ['uuid', oid.uuid, i => `6ba7b810-9dad-11d1-80b4-00c04fd43${hex(i)}`],
    ['numeric', oid.numeric, i => `${1000 + i * 7919}.${10 + (i % 90)}`],
    ['timestamptz', oid.timestamptz, i => `2026-11-21 10:${10 + (i % 50)}:00.${100 + i}+00`],
    ['inet', more.inet, i => `10.1.${i % 256}.17/24`],
    ['jsonb', more.jsonb, i => `{"customer": ${1000 + i}, "tags": ["a", "b"]}`],
    ['integer[]', more.intArray, i => `{${i},${i + 1},${i + 2}}`],
  ];
  return types.map(([name, type, make]) => {
    const placement = placedBy([type]);
    const keys = made(make).map(key => Buffer.from(key));
    return timed(`hash: ${name}, text`, i => {
      const key = keys[i]!;
      return placement.shardOfTextBytes(key, 0, key.length, false);
    });
  });
}

function binaries(): MicroFigures[] {
  const types: readonly (readonly [string, number, (i: number) => Buffer])[] = [
    ['uuid', oid.uuid, i => Buffer.from(`6ba7b8109dad11d180b400c04fd43${hex(i)}`, 'hex')],
    ['timestamptz', oid.timestamptz, i => int8Bytes(String(845_000_000_000_000 + i * 7919))],
    // 5 digits: weight 1, sign +, scale 2.
    ['numeric', oid.numeric, i => Buffer.from(`000300010000000200${hex2(i)}04d2${'0fa0'}`, 'hex')],
  ];
  return types.map(([name, type, make]) => {
    const placement = placedBy([type]);
    const keys = made(make);
    return timed(`hash: ${name}, binary`, i => {
      const key = keys[i]!;
      return placement.shardOfBinary(key, 0, key.length, false);
    });
  });
}

function hex(i: number): string {
  return i.toString(16).padStart(3, '0');
}

function hex2(i: number): string {
  return ((i % 255) + 1).toString(16).padStart(2, '0');
}

function textOf(value: string) {
  const bytes = Buffer.from(value);
  return { kind: 'text', bytes, start: 0, end: bytes.length, type: 0 } as const;
}

function rows(): MicroFigures[] {
  const two = placedBy([oid.int8, oid.text]);
  const three = placedBy([oid.int8, oid.text, more.date]);
  const pairs = made(i => [textOf(`${100_000 + i * 31}`), textOf(`customer-${1_000_000 + i}`)]);
  const triples = pairs.map(pair => [...pair, textOf('2026-11-21')]);
  return [
    timed('hash: bigint and text, one row', i => two.shardOfRow(pairs[i]!)),
    timed('hash: bigint, text and date, one row', i => three.shardOfRow(triples[i]!)),
  ];
}

function mappings(): MicroFigures[] {
  const ranges = Array.from({ length: 64 }, (_, i) => ({
    start: [BigInt(i * 10_000)],
    end: [BigInt(i * 10_000 + 10_000)],
    shard: i % sampleShardCount,
  }));
  const ranged = placedBy([oid.int8], { lists: [], ranges, defaultShard: 0 });
  const lists = Array.from({ length: 4 }, (_, shard) => ({
    values: Array.from({ length: 64 }, (__, i) => `customer-${1_000_000 + i * 4 + shard}`),
    shard: shard % sampleShardCount,
  }));
  const listed = placedBy([oid.text], { lists, ranges: [], defaultShard: 0 });
  const numbers = made(i => Buffer.from(String(i * 2500)));
  const words = made(i => Buffer.from(`customer-${1_000_000 + i}`));
  return [
    timed('range: bigint, text, 64 ranges', i => {
      const key = numbers[i]!;
      return ranged.shardOfTextBytes(key, 0, key.length, false);
    }),
    timed('list: text of 16 bytes, 256 values', i => {
      const key = words[i]!;
      return listed.shardOfTextBytes(key, 0, key.length, false);
    }),
  ];
}
