// Shards of keys of one column, as `PARTITION BY HASH` places them.

import type { Placement } from '../../src/sharding/placement.ts';
import { typeOid } from '../../src/types/type-oid.ts';
import { keyColumn, mustPlace, shardedTable } from './sharded-table.ts';

const oids = { bigint: typeOid.int8, varchar: typeOid.varchar, uuid: typeOid.uuid } as const;

export type KeyType = keyof typeof oids;

const table = shardedTable({ columns: ['k'] });
const placements = new Map<string, Placement>();

function hashPlacement(type: KeyType, shardCount: number): Placement {
  const name = `${type} ${shardCount}`;
  let placement = placements.get(name);
  if (placement === undefined) {
    placement = mustPlace(table, [keyColumn(oids[type])], shardCount);
    placements.set(name, placement);
  }
  return placement;
}

export function shardOfText(type: KeyType, text: string, shardCount: number): number {
  return hashPlacement(type, shardCount).shardOfText(text, false);
}

export function shardOfTextBytes(
  type: KeyType,
  bytes: Buffer,
  start: number,
  end: number,
  shardCount: number,
): number {
  return hashPlacement(type, shardCount).shardOfTextBytes(bytes, start, end, false);
}

export function shardOfBinary(
  type: KeyType,
  bytes: Buffer,
  start: number,
  length: number,
  shardCount: number,
): number {
  return hashPlacement(type, shardCount).shardOfBinary(bytes, start, start + length, false);
}
