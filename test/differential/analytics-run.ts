// The analytics corpus over many rows, on three shards:
//   node test/differential/analytics-run.ts [rows, default a million]
// It is `queries.test.ts` with other numbers; exit code 0 if every answer is that of one PostgreSQL.

import { spawnSync } from 'node:child_process';

const rows = process.argv[2] ?? '1000000';
const { status } = spawnSync(
  process.execPath,
  ['--test', '--test-timeout=3600000', `${import.meta.dirname}/queries.test.ts`],
  {
    stdio: 'inherit',
    env: { ...process.env, ROWS: rows, SHARDS: '3', FILES: '^analytics', REPLY_SECONDS: '900' },
  },
);
process.exit(status ?? 1);
