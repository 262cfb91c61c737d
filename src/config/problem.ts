// What is wrong with a configuration, as data: where, which key, what, and what to do about it.
// Loading collects problems and throws them all at once.

export interface ConfigProblem {
  /** Path as the user gave it, `environment` or `command line`. */
  readonly file: string;
  /** 1-based; null when the problem is not on a line (environment, a file that is missing). */
  readonly line: number | null;
  /** Dotted path of the key, e.g. `general.port` or `databases[2].host`; empty for a whole file. */
  readonly key: string;
  readonly message: string;
  /** What to do: completes the message after a semicolon. */
  readonly fix: string;
}

/** All problems of one configuration. */
export class ConfigErrors extends Error {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map(formatProblem).join('\n'));
    this.name = 'ConfigErrors';
    this.problems = problems;
  }
}

/** `pgdog.toml:12: general.prot: unknown key; did you mean "port"?` */
export function formatProblem(problem: ConfigProblem): string {
  const line = problem.line === null ? '' : `:${problem.line}`;
  const key = problem.key === '' ? '' : ` ${problem.key}:`;
  const fix = problem.fix === '' ? '' : `; ${problem.fix}`;
  return `${problem.file}${line}:${key} ${problem.message}${fix}`;
}
