// Plans against the sample catalog of the planner's tests, for the steps of the hot path that are
// measured without servers.

import type { PlanStatement } from '../src/frontend/statement-cache.ts';
import { planStatement } from '../src/planner/plan-statement.ts';
import { sampleCatalog, sampleScheme } from '../test/planner/sample-catalog.ts';

export const sampleShardCount = 3;

const scheme = sampleScheme(sampleShardCount);

export const samplePlacements = scheme.placements.list;

export const planSample: PlanStatement = (sql, stmt) => ({
  plan: planStatement({
    ...{ sql, stmt, shardCount: sampleShardCount, searchPath: ['public'] },
    catalog: sampleCatalog,
    scheme,
  }),
  parameters: 0,
});
