// Conversations on the wire, each held with PostgreSQL and with PgPack and compared message by
// message: what a driver sees is the same.

import assert from 'node:assert/strict';
import type { DatabaseAddress } from './cluster.ts';
import { type LoginOptions, RawClient } from './raw-client.ts';

/** What is sent, and the message whose `count`th coming ends the answer (default: one `Z`). */
export interface Exchange {
  readonly send: readonly Buffer[];
  readonly until?: string;
  readonly count?: number;
}

export interface Conversation {
  readonly name: string;
  readonly exchanges: readonly Exchange[];
  readonly login?: LoginOptions;
  /** Makes what a shard and the oracle rightly answer differently the same. */
  readonly normalise?: (line: string) => string;
}

/** Holds the conversation with both and asserts that the answers are the same. */
export async function compare(
  conversation: Conversation,
  oracle: DatabaseAddress,
  pgpack: DatabaseAddress,
): Promise<void> {
  const expected = await hold(conversation, oracle);
  const actual = await hold(conversation, pgpack);
  assert.deepEqual(actual, expected);
}

/** The answers, a blank line between those of one exchange and the next. */
async function hold(conversation: Conversation, address: DatabaseAddress): Promise<string[]> {
  const { exchanges, login = {}, normalise = line => line } = conversation;
  const client = await RawClient.login(address, login);
  const lines: string[] = [];
  try {
    for (const { send, until = 'Z', count = 1 } of exchanges) {
      try {
        lines.push(...(await client.ask(send, until, count)).map(normalise), '');
      } catch (error) {
        lines.push(`(${(error as Error).message})`);
        break;
      }
    }
  } finally {
    client.destroy();
  }
  return lines;
}
