// Prepared statements and portals of one admin client (protocol section "Extended Query").

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { type BindMessage, type ParseMessage, resultFormat } from '../protocol/client-frame.ts';
import { parameterTypes, parameterValues } from './bind-parameters.ts';
import type { AdminCommand } from './command.ts';
import type { FormatOf } from './encode-answer.ts';
import type { ParameterValues } from './filter-rows.ts';
import { parseCommand } from './parse-command.ts';
import type { Answer } from './run-command.ts';
import { readStatements } from './tokens.ts';

export interface AdminStatement {
  /** null: an empty text. */
  readonly command: AdminCommand | null;
  readonly types: readonly number[];
}

export interface AdminPortal {
  readonly command: AdminCommand | null;
  readonly parameters: ParameterValues;
  readonly formatOf: FormatOf;
  /** Of the first Execute; null: there was none yet. */
  answer: Answer | null;
  /** Rows of it that were sent. */
  sent: number;
}

/** Names one client may hold. */
const namesMax = 1_000;

export class AdminStatements {
  readonly #statements = new Map<string, AdminStatement>();
  readonly #portals = new Map<string, AdminPortal>();

  /** Throws PgError. */
  prepare({ name, sql, parameterTypes: declared }: ParseMessage): void {
    if (name !== '' && this.#statements.has(name)) {
      throw new PgError(errors.preparedStatementExists, { name });
    }
    const found = readStatements(sql);
    if (found.length > 1) throw new PgError(errors.multipleCommands);
    const command = found.length === 0 ? null : parseCommand(found[0]!);
    const types = command === null ? declared : parameterTypes(command, declared);
    limit(this.#statements, 'prepared statements of one client');
    this.#statements.set(name, { command, types });
  }

  /** Throws PgError. */
  bind(bind: BindMessage): void {
    const { portal: name } = bind;
    if (name !== '' && this.#portals.has(name)) throw new PgError(errors.portalExists, { name });
    const { command, types } = this.statement(bind.statement);
    const formats = bind.buffer.subarray(bind.resultFormats, bind.end);
    const copy = { ...bind, buffer: Buffer.from(formats), resultFormats: 0 };
    limit(this.#portals, 'portals of one client');
    this.#portals.set(name, {
      command,
      parameters: parameterValues(bind, types),
      formatOf: column => resultFormat(copy, column),
      answer: null,
      sent: 0,
    });
  }

  statement(name: string): AdminStatement {
    const statement = this.#statements.get(name);
    if (statement !== undefined) return statement;
    if (name === '') throw new PgError(errors.unnamedStatementMissing);
    throw new PgError(errors.preparedStatementMissing, { name });
  }

  portal(name: string): AdminPortal {
    const portal = this.#portals.get(name);
    if (portal === undefined) throw new PgError(errors.portalMissing, { name });
    return portal;
  }

  close(target: 'S' | 'P', name: string): void {
    if (target === 'S') this.#statements.delete(name);
    else this.#portals.delete(name);
  }

  /** DEALLOCATE. Throws `preparedStatementMissing`. */
  deallocate(name: string | null): void {
    if (name === null) this.#statements.clear();
    else if (!this.#statements.delete(name)) {
      throw new PgError(errors.preparedStatementMissing, { name });
    }
  }

  /** Portals end with their transaction. */
  closePortals(): void {
    this.#portals.clear();
  }
}

function limit(all: ReadonlyMap<string, unknown>, what: string): void {
  if (all.size >= namesMax) throw new PgError(errors.memoryLimit, { what, limit: namesMax });
}
