// Calls from one thread to another and back over a message port, in order: each is answered once,
// with a value or with the error that it ended in.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';

/** Functions that the other side may call. Arguments and values are copied ("structured clone":
 *  plain data, maps and byte arrays survive). */
export type Callable = Record<string, (...args: never[]) => unknown>;

export interface MessagePortLike {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (message: unknown) => void): unknown;
}

type Message =
  | { readonly kind: 'call'; readonly id: number; readonly name: string; readonly args: unknown[] }
  | { readonly kind: 'value'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly error: PlainError };

interface PlainError {
  readonly message: string;
  /** Of the error catalogue; null: not one of its errors. */
  readonly id: string | null;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** `Theirs`: what can be called at the other side. */
export class RemoteCalls<Theirs extends Callable> {
  readonly #port: MessagePortLike;
  readonly #own: Callable;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #ended: Error | null = null;

  constructor(port: MessagePortLike, own: Callable) {
    this.#port = port;
    this.#own = own;
    port.on('message', message => this.#receive(message as Message));
  }

  /** Rejects with the other side's error, or with that of `end`. */
  call<N extends keyof Theirs & string>(
    name: N,
    ...args: Parameters<Theirs[N]>
  ): Promise<Awaited<ReturnType<Theirs[N]>>> {
    if (this.#ended !== null) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId;
      this.#waiting.set(id, { resolve: resolve as Waiting['resolve'], reject });
      this.#port.postMessage({ kind: 'call', id, name, args } satisfies Message);
    });
  }

  /** The other side is gone. */
  end(reason: Error): void {
    this.#ended = reason;
    for (const { reject } of this.#waiting.values()) reject(reason);
    this.#waiting.clear();
  }

  #receive(message: Message): void {
    if (message.kind === 'call') {
      void this.#answer(message.id, message.name, message.args);
      return;
    }
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.kind === 'value') waiting?.resolve(message.value);
    else waiting?.reject(revived(message.error));
  }

  async #answer(id: number, name: string, args: unknown[]): Promise<void> {
    let answer: Message;
    try {
      answer = { kind: 'value', id, value: await this.#own[name]!(...(args as never[])) };
    } catch (error) {
      answer = { kind: 'error', id, error: plain(error) };
    }
    this.#port.postMessage(answer);
  }
}

function plain(error: unknown): PlainError {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof PgError)) return { message, id: null, detail: undefined, hint: undefined };
  return { message, id: error.id, detail: error.detail, hint: error.hint };
}

function revived({ message, id, detail, hint }: PlainError): Error {
  const entry = Object.values(errors).find(one => one.id === id);
  if (entry === undefined) return new Error(message);
  const more = { ...(detail !== undefined && { detail }), ...(hint !== undefined && { hint }) };
  const error = new PgError(entry, {}, more);
  error.message = message;
  return error;
}
