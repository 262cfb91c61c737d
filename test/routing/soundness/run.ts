// Soundness of routes on its own:
//   node test/routing/soundness/run.ts --seed 1 --statements 100000 [--from 0]
// Exit code 0 if no route missed a shard.

import { parseArgs } from 'node:util';
import { startServer } from '../../../src/embedded/embedded-server.ts';
import { removeEverything } from '../../../src/embedded/keeper.ts';
import { checkRoutes, reportLines } from './check-routes.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    statements: { type: 'string', default: '10000' },
    from: { type: 'string', default: '0' },
  },
});

process.exit(await main());

async function main(): Promise<number> {
  const seed = Number(values.seed);
  try {
    const server = await startServer({
      ...{ name: 'soundness', password: 'test', durable: false },
      settings: { jit: false, autovacuum: false },
    });
    const { host, port, user, password } = server;
    const address = { host, port, user, password, database: 'postgres' };
    const startedMs = performance.now();
    const what = { seed, count: Number(values.statements), from: Number(values.from) };
    const report = await checkRoutes(address, what);
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
    console.log([`seed ${seed}, ${seconds} s`, ...reportLines(report)].join('\n'));
    for (const violation of report.violations) console.log(`\n${violation}`);
    return report.violations.length === 0 ? 0 : 1;
  } finally {
    await removeEverything();
  }
}
