// Random SELECTs on their own:
//   node test/differential/random/run.ts --seed 1 --statements 20000 [--from 0] [--shards '2 3 4']
// Exit code 0 if every answer is that of one PostgreSQL.

import { parseArgs } from 'node:util';
import { removeEverything } from '../../../src/embedded/keeper.ts';
import { startShops } from '../shops.ts';
import { events, forms, tenants } from '../worlds/worlds.ts';
import { checkSelects, reportLines } from './check-selects.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    statements: { type: 'string', default: '2000' },
    from: { type: 'string', default: '0' },
    shards: { type: 'string', default: '2 3 4' },
  },
});

process.exit(await main());

async function main(): Promise<number> {
  const run = {
    seed: Number(values.seed),
    count: Number(values.statements),
    from: Number(values.from),
  };
  try {
    const shardCounts = values.shards.split(' ').map(Number);
    const shops = await startShops('random', [events, tenants, forms], shardCounts);
    const report = await checkSelects(shops, run);
    console.log([`seed ${run.seed}`, ...reportLines(report)].join('\n'));
    for (const wrong of report.wrong) console.log(`\n${wrong}`);
    await shops.close();
    return report.wrong.length === 0 ? 0 : 1;
  } finally {
    await removeEverything();
  }
}
