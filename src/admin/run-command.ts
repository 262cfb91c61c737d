// Runs one command of the admin database and answers its rows.

import { errors } from '../common/error-catalogue.ts';
import type { Logger } from '../common/logger.ts';
import { PgError } from '../common/pg-error.ts';
import type { Config } from '../config/config.ts';
import type { AdminTarget } from './admin-target.ts';
import type { Averages } from './averages.ts';
import type { Cell, OutputColumn } from './column.ts';
import type { Action, AdminCommand, ShowCommand } from './command.ts';
import { filterRows, numberFrom, operandText, type ParameterValues } from './filter-rows.ts';

/** What the commands of one client see. */
export interface CommandContext {
  readonly target: AdminTarget;
  readonly averages: Averages;
  readonly config: () => Config;
  readonly log: Logger;
  /** See `ViewContext`. */
  readonly summed: boolean;
}

export interface Answer {
  readonly tag: string;
  readonly rows: readonly (readonly Cell[])[];
}

/** Columns of what a command answers; null: it has no rows. */
export function columnsOf(command: AdminCommand): readonly OutputColumn[] | null {
  if (command.kind === 'show') return command.columns.map(index => command.view.columns[index]!);
  return command.kind === 'constant' ? command.columns : null;
}

/** Rejects with PgError. */
export async function runCommand(
  command: AdminCommand,
  parameters: ParameterValues,
  context: CommandContext,
): Promise<Answer> {
  switch (command.kind) {
    case 'show':
      return show(command, parameters, context);
    case 'constant':
      return { tag: command.tag, rows: command.rows };
    case 'action':
      context.log.info(command.action, 'admin command');
      await act(command.action, parameters, context);
      return { tag: command.tag, rows: [] };
    default:
      return { tag: command.tag, rows: [] };
  }
}

async function show(
  command: ShowCommand,
  parameters: ParameterValues,
  { target, averages, config, summed }: CommandContext,
): Promise<Answer> {
  const { view } = command;
  const snapshot = await target.snapshot(view.detail ?? 'all');
  const all = view
    .rows({ snapshot, config: config(), averages, summed })
    .map(row => view.columns.map(column => column.read(row)));
  const kept = filterRows(all, command, parameters);
  const rows = kept.map(row => command.columns.map(index => row[index]!));
  return { tag: command.select ? `SELECT ${rows.length}` : 'SHOW', rows };
}

async function act(
  action: Action,
  parameters: ParameterValues,
  { target, config }: CommandContext,
): Promise<void> {
  switch (action.name) {
    case 'pause':
    case 'resume':
    case 'reconnect':
    case 'waitClose':
    case 'kill':
      return target[action.name](known(action.database, config()));
    case 'enable':
    case 'disable':
      return target.enable(known(action.database, config()), action.name === 'enable');
    case 'killClient': {
      const id = numberFrom(operandText(action.id, parameters) ?? '', 'bigint');
      if (!(await target.killClient(id))) throw new PgError(errors.unknownClient, { id });
      return;
    }
    case 'maintenance':
      return target.maintenance(action.on);
    case 'reload':
      return reload(target);
    case 'shutdown':
      // Whoever asked gets his answer before he is cut.
      setImmediate(() => target.shutdown(action.mode));
      return;
  }
}

/** What is wrong with the files is said to whoever asked. */
async function reload(target: AdminTarget): Promise<void> {
  try {
    await target.reload();
  } catch (error) {
    if (error instanceof PgError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new PgError(errors.configFileError, { reason }, { cause: error });
  }
}

/** The database as the configuration spells it: as written, else in lower case. */
function known<T extends string | null>(name: T, { databases }: Config): T {
  if (name === null || databases.has(name)) return name;
  const lower = name.toLowerCase();
  if (databases.has(lower)) return lower as T;
  throw new PgError(errors.databaseMissing, { database: name });
}
