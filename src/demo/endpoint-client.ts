// The demo's connection to the endpoint: node-postgres, as an application would use it, with every
// value left in its text form and COPY FROM STDIN added.

import pg from 'pg';

export interface Answer {
  readonly columns: readonly string[];
  /** Values as the server wrote them. */
  readonly rows: readonly (readonly (string | null)[])[];
  /** Number of rows that the command tag tells; null where it tells none. */
  readonly rowCount: number | null;
}

export interface EndpointClient {
  query(sql: string, values?: readonly unknown[]): Promise<Answer>;
  /** `chunks` hold whole or partial lines of COPY's text format. */
  copyFrom(sql: string, chunks: Iterable<string>): Promise<void>;
  end(): Promise<void>;
}

/** Opens one connection; `url` is `postgres://user:password@host:port/database`. */
export async function connectEndpoint(url: string): Promise<EndpointClient> {
  const client = new pg.Client({ connectionString: url, application_name: 'pgpack demo' });
  // A connection that breaks while idle shows at the next query.
  client.on('error', () => {});
  await client.connect();
  return {
    async query(sql, values = []) {
      const text = { getTypeParser: () => (value: string) => value };
      const result = await client.query({
        text: sql,
        values: [...values],
        rowMode: 'array',
        types: text as unknown as pg.CustomTypesConfig,
      });
      const columns = result.fields.map(field => field.name);
      return { columns, rows: result.rows as string[][], rowCount: result.rowCount };
    },
    copyFrom(sql, chunks) {
      return new Promise((resolve, reject) => {
        client.query(new CopyFrom(sql, chunks, resolve, reject));
      });
    },
    end: () => client.end(),
  };
}

/** What node-postgres's connection has beyond its published types. */
interface CopyConnection extends pg.Connection {
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
  sendCopyFail(reason: string): void;
}

/** A query object of node-postgres: the client calls `submit` and then a `handle…` per message. */
class CopyFrom implements pg.Submittable {
  private readonly sql: string;
  private readonly chunks: Iterable<string>;
  private readonly resolve: () => void;
  private readonly reject: (error: Error) => void;
  private failed = false;

  constructor(
    sql: string,
    chunks: Iterable<string>,
    resolve: () => void,
    reject: (error: Error) => void,
  ) {
    this.sql = sql;
    this.chunks = chunks;
    this.resolve = resolve;
    this.reject = reject;
  }

  submit(connection: pg.Connection): void {
    connection.query(this.sql);
  }

  handleCopyInResponse(connection: CopyConnection): void {
    void this.send(connection);
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.resolve();
  }

  handleError(error: Error): void {
    this.failed = true;
    this.reject(error);
  }

  private async send(connection: CopyConnection): Promise<void> {
    try {
      for (const chunk of this.chunks) {
        if (this.failed) return;
        connection.sendCopyFromChunk(Buffer.from(chunk));
        if (connection.stream.writableNeedDrain) await drained(connection);
      }
      connection.endCopyFrom();
    } catch (error) {
      connection.sendCopyFail(String(error));
    }
  }
}

function drained(connection: CopyConnection): Promise<void> {
  return new Promise(resolve => {
    const done = (): void => {
      connection.stream.off('drain', done).off('close', done);
      resolve();
    };
    connection.stream.on('drain', done).on('close', done);
  });
}
