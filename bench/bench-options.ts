// The command line of the benchmark.

import { parseArgs } from 'node:util';

const queryModes = ['simple', 'extended', 'prepared'] as const;
export type QueryMode = (typeof queryModes)[number];

const targetNames = ['direct', 'pgbouncer', 'single', 'sharded'] as const;
export type TargetName = (typeof targetNames)[number];

const parts = ['pgbench', 'memory', 'micro'] as const;
type Part = (typeof parts)[number];

export interface BenchOptions {
  readonly rounds: number;
  /** Measured seconds per cell, after half a second that is not. */
  readonly seconds: number;
  readonly clients: readonly number[];
  readonly modes: readonly QueryMode[];
  readonly targets: readonly TargetName[];
  readonly only: readonly Part[];
  /** Server connections per pool. */
  readonly poolSize: number;
  /** Rows of `big`, in thousands, for the memory part; the last is also compared in time. */
  readonly bigRows: readonly number[];
  /** Directory for a CPU profile of each PgPack, or null. */
  readonly profile: string | null;
}

export const usage = `node bench/run.ts [options]
  --rounds 3               each round measures every cell once, targets interleaved
  --seconds 2              per cell
  --clients 1,8,32,100
  --modes ${queryModes.join(',')}
  --targets ${targetNames.join(',')}
  --only ${parts.join(',')}
  --pool 10                server connections per pool
  --big-rows 100000,1000000
  --profile DIRECTORY      write a CPU profile of each PgPack (open it in Chrome's DevTools)
`;

/** Throws an Error with one line for what it does not understand; null: --help. */
export function readOptions(args: readonly string[]): BenchOptions | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '2' },
      clients: { type: 'string', default: '1,8,32,100' },
      modes: { type: 'string', default: queryModes.join(',') },
      targets: { type: 'string', default: targetNames.join(',') },
      only: { type: 'string', default: parts.join(',') },
      pool: { type: 'string', default: '10' },
      'big-rows': { type: 'string', default: '100000,1000000' },
      profile: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return null;
  return {
    rounds: number('rounds', values.rounds),
    seconds: number('seconds', values.seconds),
    clients: values.clients.split(',').map(text => number('clients', text)),
    modes: words('modes', values.modes, queryModes),
    targets: words('targets', values.targets, targetNames),
    only: words('only', values.only, parts),
    poolSize: number('pool', values.pool),
    bigRows: values['big-rows'].split(',').map(text => number('big-rows', text)),
    profile: values.profile ?? null,
  };
}

function number(option: string, text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new Error(`--${option}: "${text}" is no whole number`);
  return Number(text);
}

function words<Word extends string>(
  option: string,
  text: string,
  known: readonly Word[],
): readonly Word[] {
  return text.split(',').map(word => {
    const found = known.find(one => one === word);
    if (found === undefined) throw new Error(`--${option}: "${word}" is none of ${known}`);
    return found;
  });
}
