// What one client did: plain numbers that its session counts up and that are read only when
// somebody looks.

let ids = 0;

export class SessionStats {
  /** Never given again in this process. */
  readonly id = ++ids;
  readonly connectedAtMs = Date.now();
  queries = 0;
  transactions = 0;
  errors = 0;
  parses = 0;
  binds = 0;
  queryMs = 0;
  transactionMs = 0;
  /** Start of the request that is being answered, and of the transaction that is open, on the
   *  clock of `performance.now()`. */
  startedAtMs = 0;
  transactionAtMs = 0;
  /** The unit of messages that comes next was counted when it came first. */
  comesAgain = false;

  unitPlanned(parses: number, binds: number): void {
    if (!this.comesAgain) {
      this.parses += parses;
      this.binds += binds;
    }
    this.comesAgain = false;
  }
}
