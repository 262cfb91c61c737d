// One `SHOW` as data: its name, its columns, and how its rows come from the numbers of a moment.

import type { Config } from '../config/config.ts';
import type { Snapshot, SnapshotDetail } from '../metrics/snapshot.ts';
import type { Averages } from './averages.ts';
import type { Column } from './column.ts';

export interface ViewContext {
  readonly snapshot: Snapshot;
  readonly config: Config;
  readonly averages: Averages;
  /** Rows are summed up as PgBouncer has them, which knows no shards: the client came by one of
   *  the database names of PgBouncer or PgCat. */
  readonly summed: boolean;
}

export interface View<R> {
  /** In upper case, as it stands behind SHOW. */
  readonly name: string;
  readonly meaning: string;
  readonly columns: readonly Column<R>[];
  /** What it reads of a snapshot; `all` when left out. */
  readonly detail?: SnapshotDetail;
  rows(context: ViewContext): readonly R[];
}
