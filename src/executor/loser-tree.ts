// A tournament over k runs (Knuth, The Art of Computer Programming 3, 5.4.1): inner nodes keep the
// loser of their match, so finding the next smallest of k runs costs log2 k comparisons.

export class LoserTree {
  /** Node i (1 … k - 1) holds the run that lost there; node 0 the winner of all. */
  readonly #nodes: Int32Array;
  readonly #runs: number;
  /** True when run `a` comes before run `b`. Must be a strict total order. */
  readonly #before: (a: number, b: number) => boolean;

  constructor(runs: number, before: (a: number, b: number) => boolean) {
    this.#nodes = new Int32Array(Math.max(runs, 1));
    this.#runs = runs;
    this.#before = before;
  }

  /** Plays all matches; call once every run has its first element. */
  build(): void {
    this.#nodes[0] = this.#runs > 1 ? this.#play(1) : 0;
  }

  get winner(): number {
    return this.#nodes[0]!;
  }

  /** Plays the matches of the winner again, after it moved to its next element. */
  replay(): void {
    const nodes = this.#nodes;
    let winner = nodes[0]!;
    for (let node = (winner + this.#runs) >>> 1; node > 0; node >>>= 1) {
      const rival = nodes[node]!;
      if (this.#before(rival, winner)) {
        nodes[node] = winner;
        winner = rival;
      }
    }
    nodes[0] = winner;
  }

  /** Winner of the subtree at `node`; leaves are nodes k … 2k - 1. */
  #play(node: number): number {
    if (node >= this.#runs) return node - this.#runs;
    const left = this.#play(2 * node);
    const right = this.#play(2 * node + 1);
    const leftWins = this.#before(left, right);
    this.#nodes[node] = leftWins ? right : left;
    return leftWins ? left : right;
  }
}
