// `pgpack configcheck`: everything that is wrong with a configuration, as lines to print.

import { type ConfigInput, readConfig } from './load-config.ts';
import { formatProblem } from './problem.ts';

export interface ConfigCheck {
  readonly ok: boolean;
  /** Errors first, then warnings, then a summary. */
  readonly lines: readonly string[];
}

export function checkConfig(input: ConfigInput): ConfigCheck {
  const { config, errors, warnings } = readConfig(input);
  const lines = [
    ...errors.map(formatProblem),
    ...warnings.map(problem => `warning: ${formatProblem(problem)}`),
  ];
  if (config === null) {
    lines.push(`configuration is not valid: ${counted(errors.length, 'error')}`);
    return { ok: false, lines };
  }
  const databases = [...config.databases.values()];
  const shards = databases.reduce((sum, database) => sum + database.shards.length, 0);
  const counts = [
    counted(databases.length, 'database'),
    counted(shards, 'shard'),
    counted(config.users.length, 'user'),
  ];
  lines.push(`configuration is valid: ${counts.join(', ')}`);
  return { ok: true, lines };
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
