// One big result through one connection, relayed: throughput against PostgreSQL without a proxy,
// and whether the proxy's memory grows with what passes.

import type { BenchOptions, TargetName } from './bench-options.ts';
import { type BenchServers, endpointOf } from './bench-servers.ts';
import { cpuMicros, residentBytes } from './process-usage.ts';
import { proxyStarters } from './proxy-starters.ts';
import { type Endpoint, RawClient } from './raw-client.ts';

export interface BigResultFigures {
  readonly round: number;
  readonly target: TargetName;
  /** Of 10⁶ bytes, of DataRow messages with their headers. */
  readonly megabytes: number;
  readonly mbPerSecond: number;
  /** CPU of the proxy in ms for each 10⁹ bytes; null: there is none. */
  readonly cpuMsPerGb: number | null;
  /** Resident memory of the proxy in MB before, and at most while it ran. */
  readonly startMb: number | null;
  readonly peakMb: number | null;
}

const megabyte = 1_048_576;
const samplePeriodMs = 20;
const valueBytes = 1_000;
/** A DataRow of one value: header, number of columns, length. */
const rowBytes = 5 + 2 + 4 + valueBytes;
const proxyInput = { servers: 3, clientsMax: 100, bigRows: [] };

export async function measureBigResults(
  servers: BenchServers,
  options: BenchOptions,
  say: (line: string) => void,
): Promise<BigResultFigures[]> {
  const proxies = proxyStarters(servers, options, say).map(({ name, start }) => ({
    name,
    async measure(round: number): Promise<BigResultFigures> {
      const proxy = await start(proxyInput);
      try {
        return await measure(proxy.endpoint, proxy.pid, { round, target: name, ...options });
      } finally {
        await proxy.stop();
      }
    },
  }));
  const direct = {
    name: 'direct',
    measure: (round: number) =>
      measure(endpointOf(servers.single), null, { round, target: 'direct', ...options }),
  };
  // Without it there is nothing to relate the others to.
  const targets = [direct, ...proxies];
  const figures: BigResultFigures[] = [];
  for (let round = 1; round <= options.rounds; round++) {
    const from = round % targets.length;
    for (const { name, measure: one } of [...targets.slice(from), ...targets.slice(0, from)]) {
      const found = await one(round);
      figures.push(found);
      say(`round ${round}: ${options.resultMb} MB, ${name}: ${found.mbPerSecond.toFixed(0)} MB/s`);
    }
  }
  return figures;
}

async function measure(
  endpoint: Endpoint,
  pid: number | null,
  input: { round: number; target: TargetName; resultMb: number },
): Promise<BigResultFigures> {
  const rows = Math.ceil((input.resultMb * 1e6) / rowBytes);
  const client = await RawClient.connect(endpoint);
  const sql = (count: number) =>
    `SELECT repeat('x', ${valueBytes}) FROM generate_series(1, ${count})`;
  // What is compiled on the way is compiled now.
  await client.query(sql(20_000));
  const startMb = pid === null ? null : residentBytes(pid) / megabyte;
  const cpuBefore = pid === null ? 0 : cpuMicros(pid);
  let peakMb = startMb;
  const look = (): void => {
    if (pid !== null) peakMb = Math.max(peakMb!, residentBytes(pid) / megabyte);
  };
  const timer = setInterval(look, samplePeriodMs);
  const answer = await client.query(sql(rows)).finally(() => clearInterval(timer));
  look();
  client.close();
  if (answer.tag !== `SELECT ${rows}` || answer.rowBytes !== rows * rowBytes) {
    throw new Error(`${rows} rows were asked for; ${answer.tag}, ${answer.rowBytes} bytes came`);
  }
  const { round, target } = input;
  const megabytes = answer.rowBytes / 1e6;
  return {
    ...{ round, target, megabytes, startMb, peakMb },
    mbPerSecond: megabytes / (answer.totalMs / 1e3),
    cpuMsPerGb: pid === null ? null : (cpuMicros(pid) - cpuBefore) / megabytes,
  };
}
