// Commands of the admin database as plain data.

import type { ShutdownMode } from './admin-target.ts';
import type { Cell, OutputColumn } from './column.ts';
import type { View } from './view.ts';

/** A value in a condition: written there, or a parameter by its number from 0. */
export type Operand =
  | { readonly kind: 'value'; readonly value: string }
  | { readonly kind: 'parameter'; readonly index: number };

export type Comparison = '=' | '<>' | '<' | '<=' | '>' | '>=' | 'like' | 'ilike' | 'in' | 'null';

export interface Condition {
  /** Index in the view's columns. */
  readonly column: number;
  readonly comparison: Comparison;
  readonly negated: boolean;
  /** One, none for `null`, any number for `in`. */
  readonly operands: readonly Operand[];
}

export interface ShowCommand {
  readonly kind: 'show';
  // biome-ignore lint/suspicious/noExplicitAny: a view of any kind of row.
  readonly view: View<any>;
  /** Indexes of the columns asked for, in their order. */
  readonly columns: readonly number[];
  /** All of them have to hold. */
  readonly conditions: readonly Condition[];
  readonly order: readonly { readonly column: number; readonly descending: boolean }[];
  readonly limit: Operand | null;
  /** `SELECT … FROM`: its tag counts rows. */
  readonly select: boolean;
}

/** What has no rows and goes to the target. */
export type Action =
  | {
      readonly name: 'pause' | 'resume' | 'reconnect' | 'waitClose' | 'kill';
      readonly database: string | null;
    }
  | { readonly name: 'enable' | 'disable'; readonly database: string }
  | { readonly name: 'killClient'; readonly id: Operand }
  | { readonly name: 'maintenance'; readonly on: boolean }
  | { readonly name: 'shutdown'; readonly mode: ShutdownMode }
  | { readonly name: 'reload' };

export type AdminCommand =
  | ShowCommand
  | { readonly kind: 'action'; readonly tag: string; readonly action: Action }
  /** Answered without looking at anything. */
  | {
      readonly kind: 'constant';
      readonly tag: string;
      readonly columns: readonly OutputColumn[];
      readonly rows: readonly (readonly Cell[])[];
    }
  | { readonly kind: 'transaction'; readonly tag: string; readonly effect: 'begin' | 'end' }
  /** null: all of them. */
  | { readonly kind: 'deallocate'; readonly tag: string; readonly name: string | null }
  /** Drivers send it at the start of a session; it has no effect. */
  | { readonly kind: 'nothing'; readonly tag: string };
