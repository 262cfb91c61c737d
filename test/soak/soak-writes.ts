// The writing transactions of the soak's clients, in each way a transaction can be sent and can
// end. A write is a row of `ledger` and one more on its slot's counter, in the same transaction.

import { shardOfText } from '../sharding/one-key.ts';
import {
  bind,
  copyData,
  copyDone,
  copyFail,
  execute,
  extended,
  parse,
  query,
  sync,
} from '../support/client-bytes.ts';
import { slotsPerClient, type Write } from './outcomes.ts';
import { expect, type Life, pause } from './soak-actions.ts';
import { type Answer, Lost } from './soak-connection.ts';

export const soakShards = 3;

function byShard(a: Write, b: Write): number {
  const shardOf = ({ slot }: Write) => shardOfText('bigint', `${slot}`, soakShards);
  return shardOf(a) - shardOf(b);
}

/** New writes to one up to three slots of the client, in the order of their shards: transactions
 *  that take connections of small pools in different orders wait for each other. */
function newWrites(life: Life, slotsMax: number): Write[] {
  const first = life.random.below(slotsPerClient);
  const slots = Array.from(
    { length: 1 + life.random.below(slotsMax) },
    (_, i) => life.client * slotsPerClient + ((first + i) % slotsPerClient),
  );
  return slots.map(slot => life.outcomes.begin(slot)).sort(byShard);
}

const insertRow = (write: Write): string =>
  `INSERT INTO ledger (slot, seq) VALUES (${write.slot}, ${write.seq})`;
const countRow = ({ slot }: Write): string =>
  `UPDATE counters SET written = written + 1 WHERE slot = ${slot}`;

/** Sends a write by simple or extended queries. */
async function send(life: Life, write: Write): Promise<void> {
  const { connection, random } = life;
  if (random.below(2) === 0) {
    await connection.query(insertRow(write));
    expect(life, 'counter', (await connection.query(countRow(write))).tags, ['UPDATE 1']);
    return;
  }
  const values = [`${write.slot}`, `${write.seq}`];
  const insert = 'INSERT INTO ledger (slot, seq) VALUES ($1, $2)';
  await connection.ask(insert, [extended(insert, values)]);
  const update = 'UPDATE counters SET written = written + 1 WHERE slot = $1';
  const { tags } = await connection.ask(update, [extended(update, values.slice(0, 1))]);
  expect(life, 'counter', tags, ['UPDATE 1']);
}

/** Runs what comes before the end of a transaction: a loss there leaves nothing behind. */
async function beforeCommit(
  life: Life,
  writes: readonly Write[],
  work: () => Promise<void>,
): Promise<void> {
  life.outcomes.settle(writes, 'absent');
  await work();
}

/** From here on only the answer says what became of the writes. */
async function commit(life: Life, writes: readonly Write[]): Promise<void> {
  const { connection, outcomes } = life;
  outcomes.settle(writes, 'unknown');
  if (life.random.below(25) === 0) {
    connection.raw.send(query('COMMIT'));
    await pause(life.random.below(3));
    connection.raw.destroy();
    throw new Lost('on purpose');
  }
  const { tags, error } = await connection.query('COMMIT');
  expect(life, `COMMIT (${error})`, tags, ['COMMIT']);
  outcomes.settle(writes, 'committed');
}

export async function writeInTransaction(life: Life): Promise<void> {
  const { connection, random } = life;
  const writes = newWrites(life, 3);
  await beforeCommit(life, writes, async () => {
    await connection.query('BEGIN');
    for (const write of writes) await send(life, write);
  });
  const ending = random.below(10);
  if (ending === 0) {
    connection.raw.destroy();
    throw new Lost('on purpose');
  }
  if (ending <= 2) {
    expect(life, 'ROLLBACK', (await connection.query('ROLLBACK')).tags, ['ROLLBACK']);
  } else if (ending === 3) {
    const failing = `SELECT 1 / (${writes[0]!.slot} - slot) FROM counters`;
    await connection.query(`${failing} WHERE slot = ${writes[0]!.slot}`, ['22012']);
    await connection.query(`SELECT 1 FROM counters WHERE slot = 0`, ['25P02']);
    expect(life, 'COMMIT', (await connection.query('COMMIT')).tags, ['ROLLBACK']);
  } else {
    await commit(life, writes);
  }
}

export async function writeWithSavepoint(life: Life): Promise<void> {
  const { connection } = life;
  const kept = newWrites(life, 2);
  await beforeCommit(life, kept, async () => {
    await connection.query('BEGIN');
    for (const write of kept) await send(life, write);
    await connection.query('SAVEPOINT here');
    await connection.query(countRow(kept[0]!));
    await connection.query(insertRow(kept[0]!), ['23505']);
    await connection.query('ROLLBACK TO here');
  });
  await commit(life, kept);
}

/** Two statements in one simple query are one transaction. */
export async function writeInOneQuery(life: Life): Promise<void> {
  const writes = newWrites(life, 1);
  const fails = life.random.below(3) === 0;
  const parts = writes.flatMap(write => [insertRow(write), countRow(write)]);
  if (fails) parts.push(`SELECT 1 / (slot - slot) FROM counters WHERE slot = ${writes[0]!.slot}`);
  await settleBy(life, writes, fails, () =>
    life.connection.query(parts.join('; '), fails ? ['22012'] : []),
  );
}

/** So are the messages up to one Sync. */
export async function writeInPipeline(life: Life): Promise<void> {
  const [write] = newWrites(life, 1) as [Write];
  const fails = life.random.below(3) === 0;
  const slot = `${write.slot}`;
  const messages = [
    parse('', 'INSERT INTO ledger (slot, seq) VALUES ($1, $2)'),
    ...[bind({ values: [slot, `${write.seq}`] }), execute()],
    parse('', 'UPDATE counters SET written = written + 1 WHERE slot = $1'),
    ...[bind({ values: [slot] }), execute()],
  ];
  if (fails) {
    messages.push(parse('', 'SELECT 1 / (slot - slot) FROM counters WHERE slot = $1'));
    messages.push(bind({ values: [slot] }), execute());
  }
  messages.push(sync);
  await settleBy(life, [write], fails, () =>
    life.connection.ask('pipeline', messages, fails ? ['22012'] : []),
  );
}

/** An implicit transaction that commits by itself, unless it is made to fail. */
async function settleBy(
  life: Life,
  writes: readonly Write[],
  fails: boolean,
  run: () => Promise<Answer>,
): Promise<void> {
  life.outcomes.settle(writes, fails ? 'absent' : 'unknown');
  const { sqlstate } = await run();
  if (fails) expect(life, 'error in an implicit transaction', sqlstate, '22012');
  // Without one the only answer that `run` lets pass is a late cancel's.
  else life.outcomes.settle(writes, sqlstate === null ? 'committed' : 'absent');
}

/** COPY of rows for several slots, ended in each way that there is. */
export async function writeByCopy(life: Life): Promise<void> {
  const { connection, random } = life;
  const { raw } = connection;
  const writes = Array.from({ length: 1 + random.below(5) }, () => newWrites(life, 3)).flat();
  writes.sort(byShard);
  let ended = false;
  await beforeCommit(life, writes, async () => {
    await connection.query('BEGIN');
    await connection.beginCopy('COPY ledger (slot, seq) FROM STDIN');
    for (const { slot, seq } of writes) raw.send(copyData(`${slot}\t${seq}\n`));
    const ending = random.below(6);
    if (ending === 0) {
      raw.destroy();
      throw new Lost('on purpose');
    }
    if (ending === 1) {
      raw.send(copyFail('on purpose'));
      await connection.read('CopyFail', ['57014']);
      expect(life, 'COMMIT', (await connection.query('COMMIT')).tags, ['ROLLBACK']);
      ended = true;
      return;
    }
    raw.send(copyDone);
    expect(life, 'COPY', (await connection.read('COPY')).tags, [`COPY ${writes.length}`]);
    for (const write of writes) await connection.query(countRow(write));
  });
  if (!ended) await commit(life, writes);
}
