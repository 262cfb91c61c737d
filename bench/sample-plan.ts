// Plans against the sample catalog of the planner's tests, for the steps of the hot path that are
// measured without servers.

import type { PlanStatement } from '../src/frontend/statement-cache.ts';
import { planStatement } from '../src/planner/plan-statement.ts';
import { sampleCatalog, sampleRules } from '../test/planner/sample-catalog.ts';

export const sampleShardCount = 3;

export const sampleKeyTypes = sampleRules.map(({ dataType }) => ({ type: dataType as 'bigint' }));

export const planSample: PlanStatement = (sql, stmt) => ({
  plan: planStatement({
    ...{ sql, stmt, shardCount: sampleShardCount, searchPath: ['public'] },
    catalog: sampleCatalog,
    rules: sampleRules,
  }),
  parameters: 0,
});
