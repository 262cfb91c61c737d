// `log_level` in the syntax of RUST_LOG: comma-separated directives, a level by itself or
// `module=level`. PgPack has no modules to tell apart, so the level by itself counts.

import type { Parsed, ValueType } from './value-type.ts';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'off';

const levels: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'off'];

export const logLevel: ValueType<LogLevel> = {
  words: '`trace`, `debug`, `info`, `warn`, `error`, `off`',
  parse(value): Parsed<LogLevel> {
    const fix = `write one of ${levels.map(level => `"${level}"`).join(', ')}`;
    if (typeof value !== 'string') return { ok: false, message: 'expected a string', fix };
    let level: LogLevel = 'info';
    for (const directive of value.split(',')) {
      const [module, wanted] = directive.includes('=')
        ? directive.split('=', 2)
        : [null, directive];
      const known = levels.find(candidate => candidate === wanted?.trim().toLowerCase());
      if (known === undefined) {
        return { ok: false, message: `unknown log level ${JSON.stringify(directive)}`, fix };
      }
      if (module === null) level = known;
    }
    return { ok: true, value: level };
  },
  fromText: text => text,
};
