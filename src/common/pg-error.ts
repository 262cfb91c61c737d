// The one error class that reaches clients: every refusal, limit and failure of PgPack itself.
// Each has an entry in `error-catalogue.ts`; the fields are those of an ErrorResponse message
// (PostgreSQL protocol, section "Error and Notice Message Fields").

import type { ErrorClass, ErrorEntry, Severity } from './error-catalogue.ts';

export interface PgErrorDetails {
  readonly detail?: string;
  readonly hint?: string;
  /** 1-based character position in the statement's text. */
  readonly position?: number;
  readonly cause?: unknown;
}

export class PgError extends Error {
  readonly id: string;
  readonly sqlstate: string;
  readonly severity: Severity;
  readonly errorClass: ErrorClass;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
  readonly position: number | undefined;

  /** `args` fill the `{name}` places of the entry's message and hint. */
  constructor(
    entry: ErrorEntry,
    args: Record<string, string | number> = {},
    more: PgErrorDetails = {},
  ) {
    super(fill(entry.message, args), more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'PgError';
    this.id = entry.id;
    this.sqlstate = entry.sqlstate;
    this.severity = entry.severity;
    this.errorClass = entry.class;
    this.detail = more.detail;
    this.hint = more.hint ?? (entry.hint === undefined ? undefined : fill(entry.hint, args));
    this.position = more.position;
  }
}

function fill(template: string, args: Record<string, string | number>): string {
  return template.replace(/\{(\w+)\}/g, (place, name: string) => String(args[name] ?? place));
}
