// What happens to the answers of an extended exchange, one step for the answer to each message:
// forwarded, swallowed, or put in by PgPack.

import { Backend } from '../protocol/message-codes.ts';
import type { PreparedStatement } from './prepared-statement.ts';
import type { ClosedStatement } from './session-statements.ts';
import type { FormReader, StatementForm } from './statement-form.ts';

/** What happens to the next answer of an extended exchange, in the order of its messages. */
export type RelayStep =
  | { readonly kind: 'forward' }
  /** The client's own Parse: forwarded. `replaced`: the unnamed statement before. */
  | {
      readonly kind: 'parse';
      readonly statement: PreparedStatement;
      readonly replaced: PreparedStatement | null;
    }
  /** The client's Describe of a statement: forwarded, and its columns noted. */
  | { readonly kind: 'describe'; readonly statement: PreparedStatement }
  /** PgPack's Parse or Close: nobody but us asked. */
  | { readonly kind: 'swallow'; readonly statement: PreparedStatement | null }
  /** PgPack's Close of a statement that makes room for another. */
  | { readonly kind: 'closed'; readonly name: string; readonly sure: boolean }
  /** PgPack's Describe of what was just prepared. */
  | {
      readonly kind: 'form';
      readonly reader: FormReader;
      onForm(form: StatementForm): void;
    }
  /** The server was not asked: PgPack answers. */
  | { readonly kind: 'parse-complete' }
  | { readonly kind: 'close-complete'; readonly closed: ClosedStatement | null };

export function changesPrepared({ kind }: RelayStep): boolean {
  return kind === 'parse' || kind === 'swallow' || kind === 'closed';
}

export function isNamedParse(step: RelayStep): boolean {
  if (step.kind === 'parse') return step.statement.serverName !== '';
  return step.kind === 'parse-complete';
}

/** The message that completes the answer to one message of the extended protocol. */
export function endsStep(type: number): boolean {
  switch (type) {
    case Backend.parseComplete:
    case Backend.bindComplete:
    case Backend.closeComplete:
    case Backend.rowDescription:
    case Backend.noData:
    case Backend.commandComplete:
    case Backend.emptyQuery:
    case Backend.portalSuspended:
      return true;
    default:
      return false;
  }
}
