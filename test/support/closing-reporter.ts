// The reporter of `npm test`: node's `spec`, then which tests were skipped and why, and the
// runner's totals as the very last lines (`spec` prints the failures after the totals).

import { Readable } from 'node:stream';
import { spec } from 'node:test/reporters';

/** Shape of the runner's events, as far as it is needed here (nodejs.org/api/test.html). */
interface RunnerEvent {
  readonly type: string;
  readonly data: {
    readonly name?: string;
    readonly nesting?: number;
    readonly message?: string;
    readonly skip?: string | boolean;
    readonly file?: string;
  };
}

const total = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /;

export default async function* closingReporter(
  source: AsyncIterable<RunnerEvent>,
): AsyncGenerator<string> {
  const totals: string[] = [];
  const skipped: string[] = [];
  async function* watched(): AsyncGenerator<RunnerEvent> {
    for await (const event of source) {
      const { message = '', nesting, skip, name } = event.data;
      if (event.type === 'test:diagnostic' && nesting === 0 && total.test(message)) {
        totals.push(message);
        continue;
      }
      if (event.type === 'test:pass' && skip !== undefined && skip !== false) {
        skipped.push(`${name}: ${skip === true || skip === '' ? 'no reason given' : skip}`);
      }
      yield event;
    }
  }
  yield* Readable.from(watched()).compose(new spec()) as AsyncIterable<string>;
  if (skipped.length > 0) yield `\nskipped:\n${skipped.map(line => `  ${line}\n`).join('')}`;
  yield `\n${totals.map(line => `ℹ ${line}\n`).join('')}`;
}
