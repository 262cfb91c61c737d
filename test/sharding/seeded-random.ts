// Repeatable random numbers for tests (mulberry32); a test that uses them prints the seed.

export interface Random {
  uint32(): number;
  /** 0 up to, not including, `limit`. */
  below(limit: number): number;
}

export function seededRandom(seed: number): Random {
  let state = seed | 0;
  const uint32 = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  };
  return { uint32, below: limit => Math.floor((uint32() / 0x1_0000_0000) * limit) };
}
