// The command line of the benchmark.

import { parseArgs } from 'node:util';

const queryModes = ['simple', 'extended', 'prepared'] as const;
export type QueryMode = (typeof queryModes)[number];

const targetNames = ['direct', 'pgbouncer', 'relay', 'single', 'sharded'] as const;
export type TargetName = (typeof targetNames)[number];

/** Those of the targets that pool. */
export type ProxyName = Exclude<TargetName, 'direct' | 'relay'>;

const parts = [
  'pgbench',
  'idle',
  'active',
  'result',
  'memory',
  'merge',
  'literals',
  'micro',
] as const;
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
  /** Of the merge part, for each shard. */
  readonly rows: number;
  /** Of the merge part only statements whose name has this in it. */
  readonly matching: string;
  /** Clients of the parts idle and active, and measured seconds of the latter. */
  readonly idleClients: number;
  readonly activeClients: number;
  readonly activeSeconds: number;
  /** Size of the one big result, in 10⁶ bytes. */
  readonly resultMb: number;
  /** Put the tables into docs/performance.md. */
  readonly writeDocs: boolean;
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
      pgbench   pgbench -S: throughput, latency, CPU of the proxy
      idle      memory of the proxy for each idle client
      active    many clients that wait for 20 server connections: do they wait alike
      result    one big result through one connection
      memory    rows in order, merged from three shards
      merge     statements over all shards: order, groups, what one shard finishes
      literals  hit rate of the statement cache where literals differ
      micro     steps of the hot path, in this process
  --pool 10                server connections per pool
  --big-rows 100000,1000000
  --rows 100000            for each shard, in the part merge
  --matching ''            of the part merge only statements whose name has this in it
  --idle-clients 10000
  --active-clients 5000
  --active-seconds 10
  --result-mb 1000
  --write-docs             put the tables into docs/performance.md
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
      rows: { type: 'string', default: '100000' },
      matching: { type: 'string', default: '' },
      'idle-clients': { type: 'string', default: '10000' },
      'active-clients': { type: 'string', default: '5000' },
      'active-seconds': { type: 'string', default: '10' },
      'result-mb': { type: 'string', default: '1000' },
      'write-docs': { type: 'boolean', default: false },
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
    rows: number('rows', values.rows),
    matching: values.matching,
    idleClients: number('idle-clients', values['idle-clients']),
    activeClients: number('active-clients', values['active-clients']),
    activeSeconds: number('active-seconds', values['active-seconds']),
    resultMb: number('result-mb', values['result-mb']),
    writeDocs: values['write-docs'],
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
