// All keys of [general], grouped as documentation shows them.

import {
  healthKeys,
  listenKeys,
  loginKeys,
  poolKeys,
  timeoutKeys,
} from './general-connection-keys.ts';
import {
  observationKeys,
  reshardingKeys,
  shardingKeys,
  statementKeys,
  twoPhaseKeys,
} from './general-statement-keys.ts';
import type { Keys, Values } from './key.ts';

export const generalKeys = {
  ...listenKeys,
  ...loginKeys,
  ...poolKeys,
  ...timeoutKeys,
  ...statementKeys,
  ...shardingKeys,
  ...twoPhaseKeys,
  ...observationKeys,
  ...healthKeys,
  ...reshardingKeys,
};

export const generalGroups: readonly (readonly [title: string, keys: Keys])[] = [
  ['Listening', listenKeys],
  ['Logging in', loginKeys],
  ['Pools', poolKeys],
  ['Time limits', timeoutKeys],
  ['Statements', statementKeys],
  ['Sharding', shardingKeys],
  ['Two-phase commit', twoPhaseKeys],
  ['Logs and metrics', observationKeys],
  ['Health and replicas', healthKeys],
  ['Resharding', reshardingKeys],
];

/** Every key of [general]; time in ms, `Infinity` or null where there is no limit. */
export type General = Values<typeof generalKeys>;
