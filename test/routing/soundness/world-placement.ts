// How the rows of a random table are placed: by hash, list or range, as partitions of PostgreSQL
// and as the configuration of PgPack.

import type { Random } from '../../sharding/seeded-random.ts';
import type { KeyKind } from './key-kinds.ts';

interface Piece {
  readonly shard: number;
  /** Positions in the pool. List: the values; range: start (included) and end (not), null: open. */
  readonly values?: readonly number[];
  readonly withNull?: boolean;
  readonly start?: number | null;
  readonly end?: number | null;
}

export interface WorldPlacement {
  readonly method: 'HASH' | 'LIST' | 'RANGE';
  /** Empty: by hash. */
  readonly pieces: readonly Piece[];
  readonly defaultShard: number | null;
}

const byHash: WorldPlacement = { method: 'HASH', pieces: [], defaultShard: null };

export function randomPlacement(
  kind: KeyKind,
  columns: number,
  shardCount: number,
  random: Random,
): WorldPlacement {
  if (columns > 1) return byHash;
  const placement = anyPlacement(kind, shardCount, random);
  // Some key at least has a place.
  return placedValues(placement, kind).some(position => position >= 0) ? placement : byHash;
}

function anyPlacement(kind: KeyKind, shardCount: number, random: Random): WorldPlacement {
  const defaultShard = random.below(2) === 0 ? null : random.below(shardCount);
  switch (random.below(5)) {
    case 0:
      return { method: 'LIST', pieces: listPieces(kind, shardCount, random), defaultShard };
    case 1:
      if (!kind.ordered) return byHash;
      return { method: 'RANGE', pieces: rangePieces(kind, shardCount, random), defaultShard };
    default:
      return byHash;
  }
}

function listPieces(kind: KeyKind, shardCount: number, random: Random): Piece[] {
  const count = shardCount + random.below(2);
  const values: number[][] = Array.from({ length: count }, () => []);
  for (const position of kind.pool.keys()) {
    if (random.below(8) > 0) values[random.below(count)]!.push(position);
  }
  const nulls = random.below(2 * count);
  return values.flatMap((own, piece): Piece[] => {
    if (own.length === 0) return [];
    return [{ shard: piece % shardCount, values: own, withNull: piece === nulls }];
  });
}

function rangePieces(kind: KeyKind, shardCount: number, random: Random): Piece[] {
  const cuts = new Set<number>();
  while (cuts.size < Math.min(shardCount + 1, kind.pool.length)) {
    cuts.add(random.below(kind.pool.length));
  }
  const sorted = [...cuts].sort((a, b) => a - b);
  const bounds = [
    ...(random.below(2) === 0 ? [null] : []),
    ...sorted,
    ...(random.below(2) === 0 ? [null] : []),
  ];
  return bounds.slice(1).flatMap((end, at): Piece[] => {
    if (random.below(8) === 0) return [];
    return [{ shard: random.below(shardCount), start: bounds[at]!, end }];
  });
}

/** Positions in the pool whose rows have a place; -1 among them: NULL has one. */
export function placedValues(placement: WorldPlacement, kind: KeyKind): number[] {
  const { method, pieces, defaultShard } = placement;
  const all = [-1, ...kind.pool.keys()];
  if (method === 'HASH' || defaultShard !== null) return all;
  return all.filter(position =>
    pieces.some(({ values, withNull, start = null, end = null }) => {
      if (values !== undefined) return values.includes(position) || (position < 0 && withNull);
      if (position < 0) return false;
      return (start === null || start <= position) && (end === null || position < end);
    }),
  );
}

/** Partitions whose names end in the number of their shard. */
export function partitions(
  name: string,
  placement: WorldPlacement,
  kind: KeyKind,
  shardCount: number,
): string {
  const { method, pieces, defaultShard } = placement;
  const of = (piece: string, shard: number, bounds: string) =>
    `CREATE TABLE p_${name}_${piece}_${shard} PARTITION OF ${name} ${bounds};`;
  if (method === 'HASH') {
    return Array.from({ length: shardCount }, (_, shard) =>
      of('h', shard, `FOR VALUES WITH (MODULUS ${shardCount}, REMAINDER ${shard})`),
    ).join('\n');
  }
  const literal = (position: number) => `'${kind.pool[position]!.replaceAll("'", "''")}'`;
  const made = pieces.map(({ shard, values, withNull, start = null, end = null }, piece) => {
    if (values !== undefined) {
      const list = [...values.map(literal), ...(withNull ? ['NULL'] : [])];
      return of(`l${piece}`, shard, `FOR VALUES IN (${list.join(', ')})`);
    }
    const from = start === null ? 'MINVALUE' : literal(start);
    const to = end === null ? 'MAXVALUE' : literal(end);
    return of(`r${piece}`, shard, `FOR VALUES FROM (${from}) TO (${to})`);
  });
  return [...made, ...(defaultShard === null ? [] : [of('d', defaultShard, 'DEFAULT')])].join('\n');
}

/** The mappings under an entry of [[sharded_tables]]. */
export function mappings({ pieces, defaultShard }: WorldPlacement, kind: KeyKind): string {
  const value = (position: number) =>
    kind.group === 'integer' ? kind.pool[position]! : JSON.stringify(kind.pool[position]!);
  const mapping = (lines: readonly string[], shard: number) =>
    `[[sharded_tables.mapping]]\n${lines.map(line => `${line}\n`).join('')}shard = ${shard}\n`;
  const made = pieces.map(({ shard, values, withNull, start = null, end = null }) => {
    if (values !== undefined) {
      const list = `values = [${values.map(value).join(', ')}]`;
      return mapping([list, ...(withNull ? ['null = true'] : [])], shard);
    }
    const bounds = [
      ...(start === null ? [] : [`start = ${value(start)}`]),
      ...(end === null ? [] : [`end = ${value(end)}`]),
    ];
    return mapping(bounds, shard);
  });
  return [...made, ...(defaultShard === null ? [] : [mapping([], defaultShard)])].join('');
}
