// What a client of the corpus says and what it waits for, whichever kind of file it is from.

/** One thing a client says, and what it then waits for. */
export interface Step {
  /** How differences name it: unique in its script. */
  readonly label: string;
  /** Which of the script's clients says it. */
  readonly client: string;
  /** The text, where the step is one Query message. */
  readonly sql: string | null;
  readonly send: Buffer;
  /** The answer ends with the `count`th message of this type. */
  readonly until: { readonly type: string; readonly count: number };
  /** The answer is read before this client's next step, not now: the statement waits for another
   *  client. */
  readonly later: boolean;
  /** CopyData bodies for a CopyInResponse, in order of the statements; then CopyDone. */
  readonly copyIn: readonly Buffer[];
}

export interface Directives {
  readonly client: string;
  readonly until: Step['until'] | null;
  readonly later: boolean;
}
