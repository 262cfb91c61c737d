// Transactions that wait for each other in a circle over several shards. A server sees the waits of
// its own backends (deadlock.c); joined over shards they are a graph in which a circle is a deadlock:
// a statement on several shards ends when it has ended on each, so all that its transaction waits for
// must end before that goes on.

import type { LockWait } from '../backend/lock-waits.ts';

/** A client's transaction on several shards, some of which work for it. */
export interface WideTransaction {
  /** Of the client, see `publicId`. */
  readonly client: number;
  /** Another one as soon as any of its servers has ended what it did. */
  readonly progress: string;
  readonly beganAtMs: number;
  /** See `backendName`. */
  readonly backends: readonly string[];
}

export interface Deadlock {
  /** The transaction that began last. */
  readonly victim: WideTransaction;
  /** Each wait of the circle in words. */
  readonly waits: readonly string[];
}

interface Edge {
  readonly to: string;
  readonly wait: LockWait;
}

/** Those that no server finds by itself, each with a victim of its own. */
export function findDeadlocks(
  transactions: readonly WideTransaction[],
  waits: readonly LockWait[],
): Deadlock[] {
  const owners = new Map(
    transactions.flatMap(one => one.backends.map(backend => [backend, one] as const)),
  );
  const nodeOf = (backend: string): string => {
    const owner = owners.get(backend);
    return owner === undefined ? backend : `client ${owner.client}`;
  };
  const edges = new Map<string, Edge[]>();
  for (const wait of waits) {
    const from = nodeOf(wait.waiter);
    edges.set(from, [...(edges.get(from) ?? []), { to: nodeOf(wait.blocker), wait }]);
  }
  const found: Deadlock[] = [];
  for (let circle = findCircle(edges); circle !== null; circle = findCircle(edges)) {
    const first = circle[0]!;
    const inCircle = circle.flatMap(({ wait }) => owners.get(wait.waiter) ?? []);
    const victim = inCircle.sort((a, b) => b.beganAtMs - a.beganAtMs || b.client - a.client)[0];
    if (victim === undefined || isOfOneServer(circle)) {
      const from = nodeOf(first.wait.waiter);
      edges.set(
        from,
        edges.get(from)!.filter(edge => edge !== first),
      );
      continue;
    }
    edges.delete(`client ${victim.client}`);
    found.push({ victim, waits: circle.map(({ wait }) => inWords(wait, nodeOf)) });
  }
  return found;
}

/** Who blocks is the backend that waits next, all the way round: its server ends that by itself. */
function isOfOneServer(circle: readonly Edge[]): boolean {
  return circle.every(({ wait }, at) => {
    return wait.blocker === circle[(at + 1) % circle.length]!.wait.waiter;
  });
}

function inWords({ waiter, blocker }: LockWait, nodeOf: (backend: string) => string): string {
  const [from, to] = [waiter, blocker].map(backend => {
    const node = nodeOf(backend);
    return node === backend ? backend : `${node} (${backend})`;
  });
  return `${from} waits for ${to}`;
}

/** Depth first; null: there is none. */
function findCircle(edges: ReadonlyMap<string, readonly Edge[]>): Edge[] | null {
  const done = new Set<string>();
  const path: { readonly node: string; next: number }[] = [];
  for (const start of edges.keys()) {
    if (!done.has(start)) path.push({ node: start, next: 0 });
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const edge = edges.get(top.node)?.[top.next++];
      if (edge === undefined) {
        done.add(top.node);
        path.pop();
        continue;
      }
      const from = path.findIndex(({ node }) => node === edge.to);
      if (from >= 0) return path.slice(from).map(({ node, next }) => edges.get(node)![next - 1]!);
      if (!done.has(edge.to)) path.push({ node: edge.to, next: 0 });
    }
  }
  return null;
}
