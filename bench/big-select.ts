// `SELECT * … ORDER BY` over three shards through a streaming client: how fast rows come, and
// whether the proxy's memory grows with them. A PgPack of its own per run, so that no run sees
// memory that another one left.

import { setTimeout as sleep } from 'node:timers/promises';
import { type BenchServers, bigTable, endpointOf } from './bench-servers.ts';
import { residentBytes } from './process-usage.ts';
import { startPgPack } from './proxies.ts';
import { RawClient } from './raw-client.ts';

export interface BigSelectFigures {
  readonly rows: number;
  readonly round: number;
  readonly rowsPerSecond: number;
  readonly firstRowMs: number;
  readonly totalMs: number;
  /** The same statement on one PostgreSQL that holds all rows. */
  readonly singleMs: number;
  /** Resident memory of the proxy in MB: before, at most while it ran, one second later. */
  readonly startMb: number;
  readonly peakMb: number;
  readonly endMb: number;
}

const samplePeriodMs = 50;
const megabyte = 1_048_576;

export async function measureBigSelect(
  servers: BenchServers,
  input: { rows: number; round: number; poolSize: number; profile: string | null },
): Promise<BigSelectFigures> {
  const { rows, round } = input;
  const sql = `SELECT * FROM ${bigTable(rows)} ORDER BY id`;
  const direct = await RawClient.connect(endpointOf(servers.single));
  const { totalMs: singleMs } = await direct.query(sql);
  direct.close();

  const proxy = await startPgPack({
    name: `big-${rows}`,
    shards: servers.shards.map(({ port }) => port),
    poolSize: input.poolSize,
    bigRows: [rows],
    profile: input.profile,
  });
  const client = await RawClient.connect(proxy.endpoint);
  // The catalog is loaded and the shards are connected before it counts.
  await client.query(`SELECT * FROM ${bigTable(rows)} ORDER BY id LIMIT 1`);
  const startMb = residentBytes(proxy.pid) / megabyte;
  let peakMb = startMb;
  const timer = setInterval(() => {
    peakMb = Math.max(peakMb, residentBytes(proxy.pid) / megabyte);
  }, samplePeriodMs);
  const answer = await client.query(sql).finally(() => clearInterval(timer));
  peakMb = Math.max(peakMb, residentBytes(proxy.pid) / megabyte);
  if (answer.tag !== `SELECT ${rows}`) throw new Error(`${sql} was answered ${answer.tag}`);
  await sleep(1_000);
  const endMb = residentBytes(proxy.pid) / megabyte;
  client.close();
  await proxy.stop();
  const { totalMs, firstRowMs } = answer;
  const rowsPerSecond = rows / (totalMs / 1e3);
  return {
    ...{ rows, round, rowsPerSecond, firstRowMs: firstRowMs ?? Number.NaN, totalMs, singleMs },
    ...{ startMb, peakMb, endMb },
  };
}
