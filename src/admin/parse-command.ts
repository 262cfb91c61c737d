// One statement of an admin client → a command. What it does not know is an error that says where
// to look, never a silent success.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import type { ShutdownMode } from './admin-target.ts';
import type { Action, AdminCommand } from './command.ts';
import { helpCommand } from './help.ts';
import { findView, operand, parseSelect, parseShow, unknownView } from './parse-show.ts';
import { sessionParameters } from './session-parameters.ts';
import { type Token, TokenReader } from './tokens.ts';

type Parse = (reader: TokenReader, first: Token) => AdminCommand;

const action = (tag: string, parse: (reader: TokenReader) => Action): Parse => {
  return reader => {
    const made = parse(reader);
    reader.expectEnd();
    return { kind: 'action', tag, action: made };
  };
};

const onDatabase = (tag: string, name: 'pause' | 'resume' | 'reconnect' | 'waitClose' | 'kill') =>
  action(tag, reader => ({ name, database: optionalName(reader) }));

/** What may follow (WORK, an isolation level) makes no difference. */
const transaction =
  (tag: string, effect: 'begin' | 'end'): Parse =>
  () => ({ kind: 'transaction', tag, effect });

const commands: Readonly<Record<string, Parse>> = {
  SHOW: parseShowCommand,
  SELECT: parseSelectCommand,
  RELOAD: action('RELOAD', () => ({ name: 'reload' })),
  PAUSE: onDatabase('PAUSE', 'pause'),
  RESUME: onDatabase('RESUME', 'resume'),
  RECONNECT: onDatabase('RECONNECT', 'reconnect'),
  WAIT_CLOSE: onDatabase('WAIT_CLOSE', 'waitClose'),
  KILL: onDatabase('KILL', 'kill'),
  KILL_CLIENT: action('KILL_CLIENT', reader => ({ name: 'killClient', id: operand(reader) })),
  ENABLE: action('ENABLE', reader => ({ name: 'enable', database: reader.takeName().text })),
  DISABLE: action('DISABLE', reader => ({ name: 'disable', database: reader.takeName().text })),
  MAINTENANCE: action('MAINTENANCE', reader => ({ name: 'maintenance', on: onOrOff(reader) })),
  SHUTDOWN: action('SHUTDOWN', reader => ({ name: 'shutdown', mode: shutdownMode(reader) })),
  SET: parseSet,
  RESET: parseReset,
  DISCARD: parseDiscard,
  DEALLOCATE: parseDeallocate,
  BEGIN: transaction('BEGIN', 'begin'),
  START: reader => {
    reader.expectWord('TRANSACTION');
    return { kind: 'transaction', tag: 'START TRANSACTION', effect: 'begin' };
  },
  COMMIT: transaction('COMMIT', 'end'),
  END: transaction('COMMIT', 'end'),
  ROLLBACK: transaction('ROLLBACK', 'end'),
  ABORT: transaction('ROLLBACK', 'end'),
};

/** Throws PgError, mostly `syntaxError`. */
export function parseCommand(tokens: readonly Token[]): AdminCommand {
  const reader = new TokenReader(tokens);
  const first = reader.take();
  const parse = first.kind === 'word' ? commands[first.text.toUpperCase()] : undefined;
  if (parse === undefined) {
    throw new PgError(
      errors.syntaxError,
      { what: `the admin database has no command "${first.text}"` },
      { hint: 'SHOW HELP lists the commands.' },
    );
  }
  return parse(reader, first);
}

function parseShowCommand(reader: TokenReader): AdminCommand {
  if (reader.next === null) return helpCommand;
  if (reader.takeWords('HELP')) {
    reader.expectEnd();
    return helpCommand;
  }
  if (reader.takeWords('TRANSACTION', 'ISOLATION', 'LEVEL'))
    return parameter('transaction_isolation');
  if (reader.takeWords('TIME', 'ZONE')) return parameter('timezone');
  const { text } = reader.takeName();
  const view = findView(text);
  if (view !== null) return parseShow(view, reader);
  const name = text.toLowerCase();
  if (!sessionParameters.has(name)) throw unknownView(text);
  reader.expectEnd();
  return parameter(name);
}

function parameter(name: string): AdminCommand {
  return constant('SHOW', name, sessionParameters.get(name)!);
}

function constant(tag: string, name: string, value: string): AdminCommand {
  return { kind: 'constant', tag, columns: [{ name, type: 'text' }], rows: [[value]] };
}

function parseSelectCommand(reader: TokenReader): AdminCommand {
  // What tools ask to see whether anybody is there.
  if (reader.next?.text === '1') {
    reader.take();
    reader.expectEnd();
    const columns = [{ name: '?column?', type: 'int4' }] as const;
    return { kind: 'constant', tag: 'SELECT 1', columns, rows: [[1]] };
  }
  if (reader.takeWords('VERSION')) {
    reader.expectSymbol('(');
    reader.expectSymbol(')');
    reader.expectEnd();
    return constant('SELECT 1', 'version', sessionParameters.get('server_version')!);
  }
  return parseSelect(reader);
}

/** Settings of the session are taken and have no effect; PgPack's own are in the files. */
function parseSet(reader: TokenReader): AdminCommand {
  if (!reader.takeWords('SESSION')) reader.takeWords('LOCAL');
  const { text } = reader.takeName();
  const name = text.toLowerCase();
  const known =
    sessionParameters.has(name) ||
    ['time', 'names', 'transaction', 'characteristics'].includes(name);
  if (known) return { kind: 'nothing', tag: 'SET' };
  throw noSetting(`SET ${text}`);
}

function parseReset(reader: TokenReader): AdminCommand {
  const { text } = reader.takeName();
  reader.expectEnd();
  const known = text.toUpperCase() === 'ALL' || sessionParameters.has(text.toLowerCase());
  if (known) return { kind: 'nothing', tag: 'RESET' };
  throw noSetting(`RESET ${text}`);
}

function noSetting(command: string): PgError {
  return new PgError(
    errors.unsupported,
    { construct: `${command} in the admin database` },
    { hint: 'Change the configuration file and RELOAD.' },
  );
}

function parseDiscard(reader: TokenReader): AdminCommand {
  reader.expectWord('ALL');
  reader.expectEnd();
  return { kind: 'deallocate', tag: 'DISCARD ALL', name: null };
}

function parseDeallocate(reader: TokenReader): AdminCommand {
  reader.takeWords('PREPARE');
  const token = reader.takeName();
  reader.expectEnd();
  const isAll = token.kind === 'word' && token.text.toUpperCase() === 'ALL';
  if (isAll) return { kind: 'deallocate', tag: 'DEALLOCATE ALL', name: null };
  const name = token.kind === 'word' ? token.text.toLowerCase() : token.text;
  return { kind: 'deallocate', tag: 'DEALLOCATE', name };
}

function optionalName(reader: TokenReader): string | null {
  return reader.next === null ? null : reader.takeName().text;
}

function onOrOff(reader: TokenReader): boolean {
  if (reader.takeWords('ON')) return true;
  reader.expectWord('OFF');
  return false;
}

function shutdownMode(reader: TokenReader): ShutdownMode {
  if (reader.takeWords('WAIT_FOR_SERVERS')) return 'servers';
  return reader.takeWords('WAIT_FOR_CLIENTS') ? 'clients' : 'now';
}
