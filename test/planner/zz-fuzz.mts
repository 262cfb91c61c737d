import pg from 'pg';
import { catalogQueries, buildCatalog } from '../../src/backend/catalog-query.ts';
import { loadParser, parseStatements } from '../../src/sql/parser.ts';
import { planStatement } from '../../src/planner/plan-statement.ts';
import { explainPlan } from '../../src/plan/explain.ts';
await loadParser();
const c = new pg.Client({ host: '127.0.0.1', port: 54718, user: 'postgres' }); await c.connect();
let seed = Number(process.argv[2] ?? 1); const N = Number(process.argv[3] ?? 2000);
function rnd(n: number) { seed = (seed * 1103515245 + 12345) % 2147483648; return Math.floor((seed / 2147483648) * n); }
const pick = <T,>(a: readonly T[]) => a[rnd(a.length)]!;
const K = 7;
await c.query('drop schema if exists f cascade; drop schema if exists s0 cascade; drop schema if exists s1 cascade; drop schema if exists s2 cascade;');
for (const s of ['f', 's0', 's1', 's2']) {
  await c.query(`create schema ${s}; set search_path=${s}; create table a(k bigint, x int, y int); create table b(k bigint, x int, z int); create table d(k int, x int, w int); create table o(k bigint, x int, v int);`);
}
for (const t of ['a', 'b', 'd', 'o']) for (let i = 0; i < 14; i++) {
  const k = rnd(K), x = rnd(9) === 0 ? 'null' : rnd(K), y = rnd(8) === 0 ? 'null' : rnd(4);
  const ss = t === 'o' ? ['f', 's0', 's1', 's2'] : ['f', 's' + (k % 3)];
  for (const s of ss) await c.query(`insert into ${s}.${t} values (${k},${x},${y})`);
}
await c.query('set search_path=f');
const rows: any = {};
for (const [n, q] of Object.entries(catalogQueries)) rows[n] = (await c.query({ text: q, rowMode: 'array', types: { getTypeParser: () => (x: any) => x } })).rows;
const catalog = buildCatalog(rows, 1);
const rules = ['a', 'b', 'd'].map(name => ({ name, schema: null, column: 'k', dataType: 'bigint' }));
const cols: any = { a: ['k', 'x', 'y'], b: ['k', 'x', 'z'], d: ['k', 'x', 'w'], o: ['k', 'x', 'v'] };
let alias = 0;
type R = { al: string; t: string };
const con = () => String(rnd(K));
function ref(rs: R[]) { const r = pick(rs); return `${r.al}.${rnd(3) ? 'k' : pick(cols[r.t] as string[])}`; }
function atom(rs: R[], outer: R[]): string {
  const all = rnd(3) === 0 ? [...rs, ...outer] : rs;
  switch (rnd(14)) {
    case 0: case 1: case 2: case 3: return `${ref(rs)} = ${ref(all)}`;
    case 4: case 5: case 6: return `${pick(rs).al}.k = ${con()}`;
    case 7: return `${ref(rs)} IN (${con()}, ${con()})`;
    case 8: return `${ref(rs)} IS NOT DISTINCT FROM ${rnd(3) ? con() : 'NULL'}`;
    case 9: return `${ref(rs)} <> ${ref(all)}`;
    case 10: return `(${ref(rs)} = ${con()} OR ${ref(rs)} = ${con()})`;
    case 11: return `${ref(rs)} IS NULL`;
    case 12: return `NOT (${ref(rs)} = ${con()})`;
    default: return `(${ref(rs)}, ${ref(rs)}) = (${con()}, ${ref(all)})`;
  }
}
function cond(rs: R[], outer: R[], depth: number): string {
  const n = 1 + rnd(3); const out: string[] = [];
  for (let i = 0; i < n; i++) {
    if (depth > 0 && rnd(6) === 0) {
      const sub: R = { al: 't' + alias++, t: pick(['a', 'b', 'd', 'o']) };
      const w = `(SELECT ${rnd(2) ? 'k' : '1'} FROM ${sub.t} ${sub.al} WHERE ${cond([sub], rs, depth - 1)})`;
      out.push(rnd(3) ? `${rnd(3) ? '' : 'NOT '}EXISTS ${w}` : `${ref(rs)} ${rnd(2) ? '' : 'NOT '}IN ${w.replace('SELECT 1', 'SELECT k')}`);
    } else out.push(atom(rs, outer));
  }
  return out.join(' AND ');
}
function rel(depth: number, outer: R[]): { sql: string; rs: R[] } {
  if (depth === 0 || rnd(3) === 0) { const t = pick(['a', 'b', 'd', 'o', 'a', 'b']); const al = 't' + alias++; return { sql: `${t} ${al}`, rs: [{ al, t }] }; }
  const l = rel(depth - 1, outer), r = rel(depth - 1, outer);
  const rs = [...l.rs, ...r.rs];
  const jt = pick(['JOIN', 'LEFT JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN', 'CROSS JOIN', 'JOIN']);
  if (jt === 'CROSS JOIN') return { sql: `(${l.sql} CROSS JOIN ${r.sql})`, rs };
  if (jt === 'FULL JOIN') return { sql: `(${l.sql} FULL JOIN ${r.sql} ON ${l.rs[0]!.al}.k = ${r.rs[0]!.al}.k)`, rs };
  return { sql: `(${l.sql} ${jt} ${r.sql} ON ${cond(rs, outer, rnd(4) ? 0 : 1)})`, rs };
}
function query(): string {
  alias = 0;
  const f = rel(rnd(4) === 0 ? 0 : rnd(3), []);
  const rs = [...f.rs]; let from = f.sql;
  if (rnd(6) === 0) { const t: R = { al: 't' + alias++, t: pick(['a', 'b', 'd', 'o']) }; from += `, ${t.t} ${t.al}`; rs.push(t); }
  const where = rnd(6) ? ` WHERE ${cond(rs, [], 1)}` : '';
  const mode = rnd(8);
  if (mode === 0) return `SELECT ${ref(rs)} AS g, count(*), sum(${ref(rs)}), max(${ref(rs)}), avg(${ref(rs)}) FROM ${from}${where} GROUP BY 1${rnd(2) ? ' ORDER BY 1 NULLS FIRST LIMIT 3' : ''}`;
  if (mode === 1) return `SELECT count(*), count(${ref(rs)}), min(${ref(rs)}), count(DISTINCT ${pick(rs).al}.k) FROM ${from}${where}`;
  if (mode === 2) { const r = pick(rs); return `SELECT ${r.al}.k, count(*), sum(${ref(rs)}) FROM ${from}${where} GROUP BY ${r.al}.k HAVING count(*) > 1`; }
  if (mode === 3) return `SELECT DISTINCT ${pick(rs).al}.k, ${ref(rs)} FROM ${from}${where}`;
  const list = rs.flatMap(r => cols[r.t].map((x: string) => `${r.al}.${x}`));
  if (mode === 4) return `SELECT * FROM ${from}${where} ORDER BY ${list.join(', ')} LIMIT ${rnd(5)} OFFSET ${rnd(3)}`;
  if (mode === 5) { const one = list[rnd(list.length)]; return `SELECT ${one} FROM ${from}${where} ORDER BY ${list.map((x: string) => x + (rnd(2) ? ' DESC' : '')).join(', ')} LIMIT ${rnd(5)}`; }
  return `SELECT ${list.join(', ')} FROM ${from}${where}`;
}
const everyone = [0, 1, 2];
function shardsOf(route: any): number[] | null {
  let result: number[] | null = null; let all = false;
  for (const g of route.groups) {
    let s: Set<number> | null = null;
    for (const set of g.sets) { const found = new Set<number>(set.values.filter((v: any) => v.kind === 'constant').map((v: any) => Number(v.text) % 3)); s = s === null ? found : s.intersection(found); }
    if (s === null) all = true;
    else if (s.size > 0) { const l = [...s].sort(); if (result === null) result = l; else if (JSON.stringify(l) !== JSON.stringify(result)) return null; }
  }
  if (!all) return result ?? [0];
  if (result !== null && result.length < 3) return null;
  return everyone;
}
const run = async (schema: string, sql: string) => { await c.query(`set search_path=${schema}`); return (await c.query({ text: sql, rowMode: 'array' })).rows.map((r: any[]) => r.map(v => v === null ? null : Number(v))); };
function cmp(keys: any[]) { return (p: any[], q: any[]) => { for (const k of keys) { const a = p[k.column], b = q[k.column]; if (a === b) continue; if (a === null) return k.nullsFirst ? -1 : 1; if (b === null) return k.nullsFirst ? 1 : -1; return (a < b ? -1 : 1) * (k.descending ? -1 : 1); } return 0; }; }
async function exec(node: any, shards: number[]): Promise<any[][]> {
  switch (node.kind) {
    case 'gather': { const out: any[][] = []; for (const s of shards) out.push(...await run('s' + s, node.sql)); return out; }
    case 'merge-sort': case 'sort': return (await exec(node.input, shards)).sort(cmp(node.keys));
    case 'limit': { const r = await exec(node.input, shards); const off = Number(node.offset?.rows ?? 0n); return r.slice(off, node.count ? off + Number(node.count.rows) : undefined); }
    case 'aggregate': {
      const groups = new Map<string, any[]>();
      for (const row of await exec(node.input, shards)) {
        const key = JSON.stringify(node.groupColumns.map((g: number) => row[g]));
        const have = groups.get(key);
        if (!have) { groups.set(key, [...row]); continue; }
        const add = (i: number) => { have[i] = have[i] === null ? row[i] : row[i] === null ? have[i] : have[i] + row[i]; };
        for (const a of node.aggregates) {
          if (a.kind === 'count' || a.kind === 'sum') add(a.column);
          else if (a.kind === 'avg') { add(a.sumColumn); add(a.countColumn); }
          else { const f = a.kind === 'min' ? Math.min : Math.max; have[a.column] = have[a.column] === null ? row[a.column] : row[a.column] === null ? have[a.column] : f(have[a.column], row[a.column]); }
        }
      }
      for (const r of groups.values()) for (const a of node.aggregates) if (a.kind === 'avg') r[a.column] = r[a.sumColumn] === null ? null : r[a.sumColumn] / r[a.countColumn];
      return [...groups.values()];
    }
  }
  return [];
}
const stats: any = {}; let bad = 0;
for (let i = 0; i < N && bad < 5; i++) {
  const sql = query();
  const plan = planStatement({ sql, stmt: parseStatements(sql)[0]!.stmt, catalog, rules, shardCount: 3, searchPath: ['f'] });
  const shards = shardsOf(plan.route);
  let kind: string; let got: any[][];
  try {
    const want = await run('f', sql);
    if (shards !== null && shards.length === 1 && !(plan.wide.kind === 'refusal' && plan.wide.always)) { kind = plan.route.groups.length ? 'relay' : 'any'; got = await run('s' + shards[0], sql); }
    else if (shards === null || plan.wide.kind !== 'merge') { stats.refused = (stats.refused ?? 0) + 1; continue; }
    else { kind = plan.wide.root.kind; got = await exec(plan.wide.root, shards); got = got.map(r => r.slice(0, want[0]?.length ?? r.length)); }
    const norm = (rs: any[][]) => JSON.stringify(rs.map(r => JSON.stringify(r.map(v => typeof v === 'number' ? Number(v.toFixed(6)) : v))).sort());
    stats[kind] = (stats[kind] ?? 0) + 1;
    if (want.length > 0) stats[kind + '+'] = (stats[kind + '+'] ?? 0) + 1;
    if (norm(want) !== norm(got)) { bad++; console.log('MISMATCH', kind, sql, '\n', explainPlan(plan).join('\n'), '\n want', JSON.stringify(want).slice(0, 300), '\n got', JSON.stringify(got).slice(0, 300)); }
  } catch (e: any) { stats['error ' + e.message.slice(0, 50)] = (stats['error ' + e.message.slice(0, 50)] ?? 0) + 1; if ((stats['error ' + e.message.slice(0, 50)]) < 2) console.log(e.message, sql); }
}
console.log(stats);
await c.end();
