// `npm run soak`: the soak for as long as one likes. Exit code 0: nothing was found.

import { parseArgs } from 'node:util';
import { removeEverything } from '../../src/embedded/keeper.ts';
import { runSoak } from './soak.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '20' },
    clients: { type: 'string', default: '500' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const [minutes, clients, seed] = [values.minutes, values.clients, values.seed].map(Number);
if (!(minutes! > 0) || !Number.isInteger(clients) || !Number.isInteger(seed)) {
  process.stderr.write('node test/soak/run.ts [--minutes 20] [--clients 500] [--seed N]\n');
  process.exit(2);
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void removeEverything().then(() => process.exit(130)));
}
const begin = performance.now();
const say = (line: string): void => {
  const seconds = ((performance.now() - begin) / 1_000).toFixed(1);
  process.stdout.write(`${seconds.padStart(7)} s  ${line}\n`);
};
try {
  const options = { seconds: minutes! * 60, clients: clients!, seed: seed!, say };
  const { problems, actions } = await runSoak(options);
  say(`${actions} actions, ${problems.length} problems`);
  for (const problem of problems) process.stdout.write(`${problem}\n`);
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  await removeEverything();
}
