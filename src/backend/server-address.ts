// Where a pool's servers are and as whom it logs in there.

export interface ServerAddress {
  readonly shard: number;
  /** Host name or address, or the directory of a Unix socket when it begins with `/`. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  /** Passwords to try, in order. */
  readonly passwords: readonly string[];
}
