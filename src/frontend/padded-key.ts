// A key of type varchar(n) whose value is longer than n only by blanks is cut when it is stored
// (varchar.c, varchar()), so its hash would not be the stored value's. PgPack does not know n where
// values arrive: a written key that ends in a blank is refused.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { ShardingKeyType } from '../sharding/sharding-key.ts';

const blank = 0x20;

/** `bytes` from `start` up to `end`: the key's value. */
export function refusePaddedKey(
  type: ShardingKeyType,
  bytes: Buffer,
  start: number,
  end: number,
): void {
  if (type === 'varchar' && end > start && bytes[end - 1] === blank) throw padded();
}

export function refusePaddedText(type: ShardingKeyType, text: string): void {
  if (type === 'varchar' && text.endsWith(' ')) throw padded();
}

function padded(): PgError {
  const construct = 'writing a sharding key that ends in a blank';
  return new PgError(errors.unsupportedAcrossShards, { construct }, { hint: 'Trim the key.' });
}
