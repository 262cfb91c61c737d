// One paragraph of a `.wire` file: protocol messages, one on a line, that are sent together.
//   parse NAME (oid, …) SQL      bind PORTAL STATEMENT (value, …) formats 0 1 results 1
//   describe S|P NAME            execute PORTAL [rows]        close S|P NAME
//   flush  sync  query SQL  call OID (value, …)  copydata TEXT  copydone  copyfail TEXT  raw HEX
// NAME `-` is the unnamed one. Values: NULL, 'text', \x00ff.

import {
  bind,
  close,
  copyData,
  copyDone,
  copyFail,
  describe,
  execute,
  flush,
  message,
  parse,
  query,
  sync,
} from '../support/client-bytes.ts';
import type { Directives, Step } from './step.ts';

export function wireStep(text: string, directives: Directives): Step {
  const lines = text.split('\n').filter(line => !line.startsWith('--'));
  const readies = lines.filter(line => /^(query|sync|call)\b/.test(line)).length;
  return {
    label: lines.map(line => line.split(' ')[0]).join(' '),
    client: directives.client,
    sql: null,
    send: Buffer.concat(lines.map(wireMessage)),
    until: directives.until ?? { type: 'Z', count: readies },
    later: directives.later || (directives.until === null && readies === 0),
    copyIn: [],
  };
}

function wireMessage(line: string): Buffer {
  const space = line.indexOf(' ');
  const word = space < 0 ? line : line.slice(0, space);
  const rest = space < 0 ? '' : line.slice(space + 1);
  switch (word) {
    case 'parse':
      return parseMessage(rest);
    case 'bind':
      return bindMessage(rest);
    case 'describe':
      return describe(rest.startsWith('S') ? 'S' : 'P', nameOf(rest.slice(2)));
    case 'execute': {
      const [portal = '-', rows = '0'] = rest.split(' ');
      return execute(nameOf(portal), Number(rows));
    }
    case 'close':
      return close(rest.startsWith('S') ? 'S' : 'P', nameOf(rest.slice(2)));
    case 'flush':
      return flush;
    case 'sync':
      return sync;
    case 'query':
      return query(rest);
    case 'call':
      return callMessage(rest);
    case 'copydata':
      return copyData(wireValue(rest) ?? '');
    case 'copydone':
      return copyDone;
    case 'copyfail':
      return copyFail(rest);
    case 'raw':
      return Buffer.from(rest, 'hex');
    default:
      throw new Error(`"${line}" is no message`);
  }
}

function parseMessage(rest: string): Buffer {
  const [, name = '-', types, sql = ''] = /^(\S+)(?: \(([\d, ]*)\))?(?: (.*))?$/.exec(rest) ?? [];
  const oids = types === undefined || types === '' ? [] : types.split(',').map(Number);
  return parse(nameOf(name), sql, oids);
}

function bindMessage(rest: string): Buffer {
  const pattern = /^(\S+) (\S+)(?: \((.*)\))?(?: formats ([\d ]+?))?(?: results ([\d ]+))?$/;
  const [, portal = '-', statement = '-', values = '', formats, results] = pattern.exec(rest) ?? [];
  return bind({
    portal: nameOf(portal),
    statement: nameOf(statement),
    values: valuesOf(values),
    parameterFormats: numbers(formats),
    resultFormats: numbers(results),
  });
}

/** FunctionCall: arguments in text (values in quotes) or binary, result in text. */
function callMessage(rest: string): Buffer {
  const [, oid = '0', values = ''] = /^(\d+)(?: \((.*)\))?$/.exec(rest) ?? [];
  const parts: Buffer[] = [int32(Number(oid)), int16(1), int16(0)];
  const list = valuesOf(values);
  parts.push(int16(list.length));
  for (const value of list) {
    if (value === null) parts.push(int32(-1));
    else parts.push(int32(Buffer.byteLength(value)), Buffer.from(value));
  }
  return message('F', Buffer.concat([...parts, int16(0)]));
}

function valuesOf(text: string): (string | Buffer | null)[] {
  const found = text.match(/NULL|'(?:[^']|'')*'|\\x[0-9a-f]*/g) ?? [];
  return found.map(wireValue);
}

function wireValue(text: string): string | Buffer | null {
  if (text === 'NULL') return null;
  if (text.startsWith('\\x')) return Buffer.from(text.slice(2), 'hex');
  return text.slice(1, -1).replaceAll("''", "'").replaceAll('\\n', '\n').replaceAll('\\t', '\t');
}

function numbers(text: string | undefined): number[] {
  return text === undefined ? [] : text.trim().split(/\s+/).map(Number);
}

function nameOf(word: string): string {
  return word === '-' ? '' : word;
}

function int16(value: number): Buffer {
  const buffer = Buffer.alloc(2);
  buffer.writeInt16BE(value);
  return buffer;
}

function int32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32BE(value);
  return buffer;
}
