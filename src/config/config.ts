// The whole configuration, validated and immutable: what `loadConfig` returns.

import type { General } from './general-keys.ts';
import type {
  Admin,
  Memory,
  Mirroring,
  MultiTenant,
  Otel,
  Plugin,
  QueryParser,
  ReplicaLag,
  Replication,
  Rewrite,
  Tcp,
  Vault,
} from './other-keys.ts';
import type { Database, User } from './topology.ts';

export interface Config {
  readonly general: General;
  /** By the name clients connect to. */
  readonly databases: ReadonlyMap<string, Database>;
  readonly users: readonly User[];
  readonly admin: Admin;
  readonly tcp: Tcp;
  readonly memory: Memory;
  readonly rewrite: Rewrite;
  readonly replication: Replication;
  readonly otel: Otel;
  readonly replicaLag: ReplicaLag;
  /** null: the section is absent. */
  readonly multiTenant: MultiTenant | null;
  readonly vault: Vault | null;
  readonly queryParsers: readonly QueryParser[];
  readonly mirroring: readonly Mirroring[];
  readonly plugins: readonly Plugin[];
}
