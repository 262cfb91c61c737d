// 64-bit hash values as two 32-bit halves, and the steps by which PostgreSQL joins them: the key
// columns of a partition (hash_combine64 in src/include/common/hashfn.h), the elements of arrays,
// records and ranges (arrayfuncs.c, rowtypes.c, rangetypes.c).

/** Both halves are 32-bit integers of either sign; their bits count. */
export interface Hash64 {
  high: number;
  low: number;
}

// hash_combine64 adds 0x49A0F4DD15E5A8E3.
const combineHigh = 0x49a0f4dd;
const combineLow = 0x15e5a8e3;

/** Shard (0-based) of a row whose only key column has this hash. `shardCount` is 1 to 65,536. */
export function shardOfKeyHash(hash: Hash64, shardCount: number): number {
  // hash_combine64(0, hash)
  const low = (hash.low + combineLow) | 0;
  const carry = low >>> 0 < combineLow ? 1 : 0;
  return remainder((hash.high + combineHigh + carry) | 0, low, shardCount);
}

/** Shard (0-based) of a row whose key columns were put together by `combineHash`. */
export function shardOfRowHash(hash: Hash64, shardCount: number): number {
  return remainder(hash.high, hash.low, shardCount);
}

const two32 = 0x1_0000_0000;
/** Of the count asked for last: mostly there is one database, with one count. */
let lastCount = 1;
let lastInverse = 1;

/**
 * (high · 2^32 + low) mod N, unsigned. Divisions take most of the time of a short key's hash, so
 * quotients are estimated by the inverse: N ≤ 2^16 keeps every number below 2^53, and an estimate
 * that is off by one leaves a rest that is off by N.
 */
function remainder(high: number, low: number, shardCount: number): number {
  if (shardCount !== lastCount) {
    lastCount = shardCount;
    lastInverse = 1 / shardCount;
  }
  const inverse = lastInverse;
  const highRest = (high >>> 0) - Math.floor((high >>> 0) * inverse) * shardCount;
  const value = highRest * two32 + (low >>> 0);
  const rest = value - Math.floor(value * inverse) * shardCount;
  if (rest < 0) return rest + shardCount;
  return rest < shardCount ? rest : rest - shardCount;
}

/** row ^= key + 0x49a0f4dd15e5a8e3 + (row << 54) + (row >> 7): the next key column that is not NULL. */
export function combineHash(row: Hash64, key: Hash64): void {
  const { high, low } = row;
  addTo(row, key.high, key.low, combineHigh, combineLow);
  addTo(row, row.high, row.low, low << 22, 0);
  addTo(row, row.high, row.low, high >>> 7, (low >>> 7) | (high << 25));
  row.high ^= high;
  row.low ^= low;
}

/** hash = hash · 31 + element, as arrays and records are hashed element by element. */
export function chainHash(hash: Hash64, element: Hash64): void {
  const { high, low } = hash;
  const shiftedHigh = (high << 5) | (low >>> 27);
  const shiftedLow = low << 5;
  // x << 5 minus x is x << 5 plus ~x plus 1.
  addTo(hash, shiftedHigh, shiftedLow, ~high, ~low);
  addTo(hash, hash.high, hash.low, 0, 1);
  addTo(hash, hash.high, hash.low, element.high, element.low);
}

/** ROTATE_HIGH_AND_LOW_32BITS (hashfn.h): each half is rotated by one bit. */
export function rotateHalves(hash: Hash64): void {
  hash.high = (hash.high << 1) | (hash.high >>> 31);
  hash.low = (hash.low << 1) | (hash.low >>> 31);
}

export function xorHash(hash: Hash64, other: Readonly<Hash64>): void {
  hash.high ^= other.high;
  hash.low ^= other.low;
}

function addTo(into: Hash64, high: number, low: number, highB: number, lowB: number): void {
  const sum = (low + lowB) | 0;
  into.high = (high + highB + (sum >>> 0 < low >>> 0 ? 1 : 0)) | 0;
  into.low = sum;
}
