// What bounds one pool of server connections: numbers of connections, and times.

export interface PoolLimits {
  readonly poolSize: number;
  readonly minPoolSize: number;
  /** Connections beyond `poolSize`, for clients that have waited `reservePoolTimeoutMs`. */
  readonly reservePoolSize: number;
  readonly reservePoolTimeoutMs: number;
  readonly checkoutTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly serverLifetimeMs: number;
  readonly serverLifetimeJitterMs: number;
  readonly rollbackTimeoutMs: number;
  /** Whether connections that a client left in mid-query or in a transaction are mended: always,
   *  only where ROLLBACK does, or never. */
  readonly connectionRecovery: 'recover' | 'rollback_only' | 'drop';
  /** An idle connection is checked when nobody used or checked it for so long. */
  readonly healthcheckIntervalMs: number;
  readonly healthcheckTimeoutMs: number;
  /** Queries of several clients on one connection at a time; see `Pipelines`. */
  readonly pipelineDepth: number;
}
