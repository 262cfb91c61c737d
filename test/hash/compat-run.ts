// `npm run test:hash-compat -- --seed N --rows N`: the comparison of compat.ts as a table, on a server
// of its own, or on the one of `--url`, which needs an empty database. Exit code 0 only without a
// mismatch.

import { parseArgs } from 'node:util';
import pg from 'pg';
import { startServer } from '../../src/embedded/embedded-server.ts';
import {
  type Comparison,
  compareMutatedTexts,
  compareSeveralColumns,
  compareTypes,
  majorVersion,
} from './compat.ts';
import { compareCasts } from './compat-casts.ts';
import { compareLists, compareRanges } from './compat-mapped.ts';

const { values: options } = parseArgs({
  options: {
    seed: { type: 'string', default: '20261121' },
    rows: { type: 'string', default: '2000' },
    url: { type: 'string' },
    'multi-column-tables': { type: 'string', default: '40' },
  },
});
const seed = Number(options.seed);
const rows = Number(options.rows);
const tables = Number(options['multi-column-tables']);
const shownMax = 3;
const totals = { values: 0, forms: 0, refused: 0, mismatches: 0 };

function report(comparison: Comparison): void {
  const { type, partitions, values, forms, refusals, mismatches } = comparison;
  const numbers = [partitions, values, forms, refusals.length, mismatches.length];
  console.log(type.padEnd(50) + numbers.map(number => String(number).padStart(11)).join(''));
  const shown = [...refusals.slice(0, shownMax), ...mismatches.slice(0, shownMax)];
  for (const line of shown) console.log(`    ${line}`);
  totals.values += values;
  totals.forms += forms;
  totals.refused += refusals.length;
  totals.mismatches += mismatches.length;
}

const server =
  options.url === undefined
    ? await startServer({ name: 'hash-compat', password: 'compat', durable: false })
    : null;
const client = new pg.Client(
  server === null ? { connectionString: options.url } : { ...server, database: 'postgres' },
);
await client.connect();
try {
  const { rows: found } = await client.query<{ version: string }>(
    "SELECT current_setting('server_version') AS version",
  );
  console.log(`PostgreSQL ${found[0]!.version}, seed ${seed}, ${rows} values per type\n`);
  const heads = ['partitions', 'values', 'forms', 'refused', 'mismatches'];
  console.log('type'.padEnd(50) + heads.map(head => head.padStart(11)).join(''));
  for await (const comparison of compareTypes(client, seed, rows)) report(comparison);
  const several = compareSeveralColumns(client, seed, rows, tables);
  for await (const comparison of several) report(comparison);
  for await (const comparison of compareCasts(client, seed, rows)) report(comparison);
  for await (const comparison of compareLists(client, seed, rows)) report(comparison);
  const ranges = compareRanges(client, seed, rows, tables);
  for await (const comparison of ranges) report(comparison);
  // pg_input_is_valid came with 16.
  if ((await majorVersion(client)) >= 16) {
    console.log('\nmutated texts that both read');
    for await (const comparison of compareMutatedTexts(client, seed, rows)) report(comparison);
  }
} finally {
  await client.end();
  await server?.stop();
}
console.log(
  `\n${totals.values} values, ${totals.forms} forms compared, ${totals.refused} refused, ` +
    `${totals.mismatches} mismatches`,
);
process.exitCode = totals.mismatches === 0 && totals.values > 0 ? 0 : 1;
