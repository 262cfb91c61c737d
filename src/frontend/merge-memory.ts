// The memory that all merges of this process hold, and the limits of each.

import type { Config } from '../config/config.ts';
import { type MemoryLimits, SharedMemory } from '../executor/memory-budget.ts';

export const mergeMemory = new SharedMemory();

export function mergeLimits({ general }: Config): MemoryLimits {
  const { mergeMemoryLimit: bytesMax, mergeMemoryTotal: sharedBytesMax } = general;
  return { bytesMax, shared: mergeMemory, sharedBytesMax };
}
