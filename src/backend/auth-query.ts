// Asks a server for the stored password of a user (auth_query): the query runs with the name as
// its parameter, never as part of its text, on a small pool of connections of its own.

import type PQueue from 'p-queue';
import { ByteWriter } from '../protocol/byte-writer.ts';
import { syncMessage, writeExecute, writeParse } from '../protocol/frontend-messages.ts';
import { Frontend } from '../protocol/message-codes.ts';
import type { ShardTarget } from './cluster.ts';
import { readAnswers, readRows } from './internal-query.ts';
import { Pool } from './pool.ts';
import { openServer } from './server-login.ts';

/** Logins that look something up at once; the others wait. */
const connectionsMax = 4;

export class AuthQuery {
  readonly #sql: string;
  readonly #pool: Pool;

  constructor(sql: string, { address, limits, login }: ShardTarget, connectQueue: PQueue) {
    this.#sql = sql;
    const sizes = { poolSize: connectionsMax, minPoolSize: 0, reservePoolSize: 0 };
    const connect = () => openServer(address, login);
    this.#pool = new Pool(address, { ...limits, ...sizes }, connect, connectQueue);
  }

  /** As `pg_authid.rolpassword` has it; null: no such user, or none that has a password. Rejects
   *  with the server's error, with what keeps it from being reached, or with an Error about the
   *  query's result. */
  async find(user: string): Promise<string | null> {
    const server = await this.#pool.acquire();
    try {
      server.unnamed = null;
      server.send(withParameter(this.#sql, user), 1);
      const rows: Buffer[] = [];
      const error = await readAnswers(server, rows);
      if (error !== null) throw error;
      return passwordIn(readRows(Buffer.concat(rows)), user);
    } finally {
      this.#pool.release(server);
    }
  }

  maintain(nowMs: number): void {
    this.#pool.maintain(nowMs);
  }

  /** Lookups that run come to their end. */
  close(): void {
    this.#pool.close();
  }
}

function withParameter(sql: string, value: string): Buffer {
  const out = writeParse(new ByteWriter(512), '', sql);
  // Unnamed portal and statement; text formats; one parameter; results as text.
  out.begin(Frontend.bind).cstring('').cstring('').int16(0).int16(1);
  out.int32(Buffer.byteLength(value)).text(value).int16(0).end();
  return writeExecute(out, '', 2).bytes(syncMessage).take();
}

function passwordIn(rows: readonly (readonly (string | null)[])[], user: string): string | null {
  const [row, second] = rows;
  if (row === undefined) return null;
  if (second !== undefined) throw new Error('auth_query found more than one row');
  if (row.length < 2) throw new Error('auth_query gives one column, not name and password');
  if (row[0] !== user) throw new Error('auth_query found the row of another user');
  return row[1] === '' ? null : (row[1] ?? null);
}
