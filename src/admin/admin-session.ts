// One client of the admin database: reads its messages one after the other and answers them, in
// the simple and in the extended protocol.
//
//   idle ──message──▶ working ──answered──▶ idle
//                       └──error in the extended protocol──▶ skipping ──Sync──▶ idle

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { AdminClient } from '../frontend/admin-gate.ts';
import { errorAnswer } from '../frontend/error-answer.ts';
import {
  bindComplete,
  closeComplete,
  commandComplete,
  emptyQueryResponse,
  noData,
  parameterDescription,
  parseComplete,
  portalSuspended,
  readyForQuery,
} from '../protocol/backend-messages.ts';
import {
  clientMessageSize,
  readBind,
  readExecute,
  readParse,
  readTarget,
  stringEnd,
} from '../protocol/client-frame.ts';
import { Frontend, headerBytes, TransactionStatus } from '../protocol/message-codes.ts';
import type { Transport, TransportReceiver } from '../transport/transport.ts';
import { AdminStatements } from './admin-statements.ts';
import type { AdminCommand } from './command.ts';
import { describeColumns, encodeRows, inText } from './encode-answer.ts';
import type { ParameterValues } from './filter-rows.ts';
import { parseCommand } from './parse-command.ts';
import { type Answer, type CommandContext, columnsOf, runCommand } from './run-command.ts';
import { readStatements } from './tokens.ts';

/** Commands are short. */
const messageBytesMax = 1_048_576;

/** What a client may send ahead of the answers before it is made to wait. */
const aheadBytesMax = 2 * messageBytesMax;

export class AdminSession implements TransportReceiver, AdminClient {
  readonly #client: Transport;
  readonly #context: CommandContext;
  readonly #onClosed: () => void;
  readonly #statements = new AdminStatements();
  #pending: Buffer = Buffer.alloc(0);
  #working = false;
  #paused = false;
  #skipping = false;
  #draining = false;
  #closed = false;
  #status: number = TransactionStatus.idle;
  /** Gives up what is waited for. */
  #abort: ((error: PgError) => void) | null = null;

  constructor(client: Transport, context: CommandContext, onClosed: () => void) {
    this.#client = client;
    this.#context = context;
    this.#onClosed = onClosed;
    client.receiver = this;
  }

  onBytes(buffer: Buffer, length: number): void {
    if (this.#closed) return;
    this.#pending = Buffer.concat([this.#pending, buffer.subarray(0, length)]);
    if (!this.#working) void this.#work();
    else if (this.#pending.length > aheadBytesMax && !this.#paused) {
      this.#paused = true;
      this.#client.pause();
    }
  }

  onDrain(): void {}

  onClose(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#abort?.(new PgError(errors.queryCanceled));
    this.#onClosed();
  }

  cancel(): void {
    this.#abort?.(new PgError(errors.queryCanceled));
  }

  drain(): void {
    this.#draining = true;
    if (!this.#working) this.terminate(new PgError(errors.shuttingDown));
  }

  terminate(error: PgError): void {
    this.#end(errorAnswer(error));
  }

  #end(lastBytes?: Buffer): void {
    if (this.#closed) return;
    this.#client.end(lastBytes);
    this.onClose();
  }

  /** Answers what is there, message by message. */
  async #work(): Promise<void> {
    this.#working = true;
    try {
      for (;;) {
        const message = this.#nextMessage();
        if (message === null || this.#closed) break;
        await this.#answer(message);
      }
    } catch (error) {
      this.#end(errorAnswer(error, 'FATAL'));
    }
    this.#working = false;
    if (this.#draining) this.terminate(new PgError(errors.shuttingDown));
  }

  #nextMessage(): Buffer | null {
    const pending = this.#pending;
    const size = clientMessageSize(pending, 0, pending.length, messageBytesMax);
    if (size === 0 || size > pending.length) {
      if (this.#paused) this.#client.resume();
      this.#paused = false;
      return null;
    }
    this.#pending = pending.subarray(size);
    return pending.subarray(0, size);
  }

  /** Rejects with what ends the session. */
  async #answer(message: Buffer): Promise<void> {
    const type = message[0]!;
    if (type === Frontend.terminate) return this.#end();
    if (type === Frontend.sync) {
      this.#skipping = false;
      if (this.#status === TransactionStatus.idle) this.#statements.closePortals();
      this.#client.write(readyForQuery(this.#status));
      return;
    }
    if (this.#skipping) return;
    const isSimple = type === Frontend.query || type === Frontend.functionCall;
    try {
      await this.#dispatch(type, message);
    } catch (error) {
      if (this.#closed) return;
      if (this.#status === TransactionStatus.inTransaction) {
        this.#status = TransactionStatus.failed;
      }
      this.#client.write(errorAnswer(error, 'ERROR'));
      this.#skipping = !isSimple;
    }
    if (isSimple && !this.#closed) this.#client.write(readyForQuery(this.#status));
  }

  async #dispatch(type: number, message: Buffer): Promise<void> {
    const { length } = message;
    switch (type) {
      case Frontend.query:
        return this.#query(message.toString('utf8', headerBytes, stringEnd(message, 5, length)));
      case Frontend.parse:
        this.#statements.prepare(readParse(message, 0, length));
        this.#client.write(parseComplete);
        return;
      case Frontend.bind:
        this.#statements.bind(readBind(message, 0, length));
        this.#client.write(bindComplete);
        return;
      case Frontend.describe:
        return this.#describe(message);
      case Frontend.execute:
        return this.#execute(message);
      case Frontend.close: {
        const { target, name } = readTarget(message, 0, length);
        this.#statements.close(target, name);
        this.#client.write(closeComplete);
        return;
      }
      case Frontend.functionCall:
        throw new PgError(errors.unsupported, { construct: 'a function call' });
      default:
        // Flush: everything is sent at once anyway. CopyData and the like come too late.
        return;
    }
  }

  async #query(sql: string): Promise<void> {
    const statements = readStatements(sql);
    if (statements.length === 0) this.#client.write(emptyQueryResponse);
    for (const tokens of statements) {
      const command = parseCommand(tokens);
      const columns = columnsOf(command);
      const answer = await this.#run(command, []);
      if (this.#closed) return;
      const parts: Buffer[] = [];
      if (columns !== null) {
        parts.push(describeColumns(columns, inText), encodeRows(columns, answer.rows, inText));
      }
      this.#client.write(Buffer.concat([...parts, commandComplete(answer.tag)]));
    }
  }

  #describe(message: Buffer): void {
    const { target, name } = readTarget(message, 0, message.length);
    const { command, types, formatOf } =
      target === 'S'
        ? { ...this.#statements.statement(name), formatOf: inText }
        : { ...this.#statements.portal(name), types: null };
    const columns = command === null ? null : columnsOf(command);
    if (types !== null) this.#client.write(parameterDescription(types));
    this.#client.write(columns === null ? noData : describeColumns(columns, formatOf));
  }

  async #execute(message: Buffer): Promise<void> {
    const { portal: name, rowsMax } = readExecute(message, 0, message.length);
    const portal = this.#statements.portal(name);
    const { command, parameters, formatOf } = portal;
    if (command === null) {
      this.#client.write(emptyQueryResponse);
      return;
    }
    portal.answer ??= await this.#run(command, parameters);
    if (this.#closed) return;
    const { rows, tag } = portal.answer;
    const until = rowsMax > 0 ? Math.min(portal.sent + rowsMax, rows.length) : rows.length;
    const columns = columnsOf(command) ?? [];
    const bytes = encodeRows(columns, rows.slice(portal.sent, until), formatOf);
    const isSuspended = until < rows.length;
    portal.sent = until;
    this.#client.write(
      Buffer.concat([bytes, isSuspended ? portalSuspended : commandComplete(tag)]),
    );
  }

  /** Rejects with PgError: its own, `queryCanceled`, or `inFailedTransaction`. */
  async #run(command: AdminCommand, parameters: ParameterValues): Promise<Answer> {
    if (command.kind === 'transaction') return { tag: this.#transaction(command), rows: [] };
    if (this.#status === TransactionStatus.failed) throw new PgError(errors.inFailedTransaction);
    if (command.kind === 'deallocate') this.#statements.deallocate(command.name);
    const aborted = new Promise<never>((_, reject) => {
      this.#abort = reject;
    });
    try {
      return await Promise.race([runCommand(command, parameters, this.#context), aborted]);
    } catch (error) {
      if (error instanceof PgError && error.id === errors.queryCanceled.id) this.#undo(command);
      throw error;
    } finally {
      this.#abort = null;
    }
  }

  /** Nobody waits for the end of a PAUSE any more: it must not stay behind half done. */
  #undo(command: AdminCommand): void {
    if (command.kind !== 'action' || command.action.name !== 'pause') return;
    this.#context.target.resume(command.action.database).catch(() => {});
  }

  /** Blocks have no effect, but drivers open them. */
  #transaction({ tag, effect }: { tag: string; effect: 'begin' | 'end' }): string {
    const { idle, inTransaction, failed } = TransactionStatus;
    if (effect === 'begin') {
      if (this.#status === failed) throw new PgError(errors.inFailedTransaction);
      this.#status = inTransaction;
      return tag;
    }
    const isFailed = this.#status === failed;
    this.#status = idle;
    return isFailed ? 'ROLLBACK' : tag;
  }
}
