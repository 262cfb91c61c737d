// Holds a script's conversation with one server, in one of the ways that a statement can be sent,
// and writes down every message that comes back.

import {
  bind,
  close,
  copyData,
  copyDone,
  describe,
  execute,
  parse,
  sync,
} from '../support/client-bytes.ts';
import type { DatabaseAddress } from '../support/cluster.ts';
import { RawClient } from '../support/raw-client.ts';
import type { Script } from './corpus-file.ts';
import type { Step } from './step.ts';
import { Transcript } from './transcript.ts';

/** How a `.sql` file's paragraphs are sent. `extended`: as the unnamed statement in one exchange;
 *  `prepared`: by a name, prepared in an exchange of its own. `wire`: as the file says. */
export type Way = 'simple' | 'extended' | 'prepared' | 'wire';

export interface Answers {
  readonly step: Step;
  readonly lines: readonly string[];
}

/** Messages of one step, beyond the first, are sent when the one before it is answered. */
type Exchange = Pick<Step, 'send' | 'until'>;

export async function hold(script: Script, address: DatabaseAddress, way: Way): Promise<Answers[]> {
  const conversation = new Conversation(address, way);
  const answers: Answers[] = [];
  try {
    for (const step of script.steps) {
      answers.push(
        await conversation.say(step).catch(error => {
          throw new Error(`${script.file} / ${script.title} / ${step.label}`, { cause: error });
        }),
      );
    }
    answers.push(...(await conversation.rest(script.steps.at(-1)!)));
  } finally {
    conversation.end();
  }
  return answers;
}

class Conversation {
  readonly #address: DatabaseAddress;
  readonly #way: Way;
  readonly #transcript = new Transcript();
  readonly #clients = new Map<string, RawClient>();
  /** Steps whose answers were not awaited. */
  readonly #owed = new Map<string, Step>();
  #names = 0;

  constructor(address: DatabaseAddress, way: Way) {
    this.#address = address;
    this.#way = way;
  }

  async say(step: Step): Promise<Answers> {
    const lines: string[] = [];
    const client = await this.#client(step.client, lines);
    const owed = this.#owed.get(step.client);
    if (owed !== undefined) {
      this.#owed.delete(step.client);
      lines.push(...(await this.#listen(client, owed, owed.copyIn, false)), '(behind it)');
    }
    for (const exchange of this.#exchanges(step)) {
      if (client.closed) {
        lines.push('(closed)');
        break;
      }
      client.send(exchange.send);
      if (step.later) {
        this.#owed.set(step.client, step);
        break;
      }
      const answer = await this.#listen(client, exchange, step.copyIn, this.#isExtended(step));
      lines.push(...answer);
      // What was not prepared cannot be bound; `.wire` files try that.
      if (answer.some(line => line.startsWith('E '))) break;
    }
    return { step, lines };
  }

  /** Answers that are still owed when the script ends. */
  async rest(last: Step): Promise<Answers[]> {
    const answers: Answers[] = [];
    for (const [name, step] of this.#owed) {
      if (step.until.count === 0) continue;
      const lines = await this.#listen(this.#clients.get(name)!, step, step.copyIn, false);
      answers.push({ step: { ...last, label: `(end) ${step.label}` }, lines });
    }
    return answers;
  }

  end(): void {
    for (const client of this.#clients.values()) client.destroy();
  }

  async #client(name: string, lines: string[]): Promise<RawClient> {
    const known = this.#clients.get(name);
    if (known !== undefined) return known;
    const client = await RawClient.login(this.#address, {
      parameters: { application_name: 'conformance', TimeZone: 'UTC' },
    });
    this.#clients.set(name, client);
    const greeting = client.greeting.filter(({ type }) => type !== 'R');
    lines.push(...greeting.map(message => this.#transcript.line(message)), '(logged in)');
    return client;
  }

  #isExtended({ sql }: Step): boolean {
    return sql !== null && this.#way !== 'simple' && !holdsSeveral(sql);
  }

  #exchanges(step: Step): Exchange[] {
    const { sql, until } = step;
    if (sql === null || !this.#isExtended(step)) return [step];
    const run = (statement: string) =>
      Buffer.concat([bind({ statement }), describe('P'), execute(), sync]);
    if (this.#way === 'extended') {
      return [{ send: Buffer.concat([parse('', sql), run('')]), until }];
    }
    const name = `conformance_${++this.#names}`;
    const one = { type: 'Z', count: 1 };
    return [
      { send: Buffer.concat([parse(name, sql), describe('S', name), sync]), until: one },
      { send: run(name), until },
      { send: Buffer.concat([close('S', name), sync]), until: one },
    ];
  }

  async #listen(
    client: RawClient,
    { until }: Exchange,
    copyIn: readonly Buffer[],
    extended: boolean,
  ): Promise<string[]> {
    const lines: string[] = [];
    for (let seen = 0; seen < until.count; ) {
      const message = await client.next();
      if (message === null) return [...lines, '(closed)'];
      lines.push(this.#transcript.line(message));
      if (message.type === 'G' && this.#way !== 'wire') {
        client.send(...copyIn.map(copyData), copyDone, ...(extended ? [sync] : []));
      }
      if (message.type === until.type) seen += 1;
    }
    return lines;
  }
}

/** Several statements in one text cannot be prepared; they stay a simple query. */
function holdsSeveral(sql: string): boolean {
  return /;\s*\S/.test(sql.replace(/\$(\w*)\$[\s\S]*?\$\1\$|'(?:[^']|'')*'|--.*$/gm, 'x'));
}
