// The process's logger: pino, one line per event, on standard error so that standard output
// stays free for what a command prints.

import { type DestinationStream, destination, type Logger, pino } from 'pino';

export type { Logger };

export type LogFormat = 'text' | 'json' | 'json_flattened';

/** `level`: a pino level name; RUST_LOG-like directives are reduced to their first level. */
export function createLogger(level: string, format: LogFormat): Logger {
  const stream = format === 'text' ? textStream() : destination({ dest: 2, sync: false });
  return pino(
    { level: levelName(level), base: null, timestamp: pino.stdTimeFunctions.isoTime },
    stream,
  );
}

export const silentLogger: Logger = pino({ level: 'silent' });

function levelName(directive: string): string {
  const names = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];
  const found = directive
    .toLowerCase()
    .split(/[,=]/)
    .find(word => names.includes(word.trim()));
  return found?.trim() ?? (/\boff\b/i.test(directive) ? 'silent' : 'info');
}

const levelNames: Record<number, string> = {
  10: 'TRACE',
  20: 'DEBUG',
  30: 'INFO',
  40: 'WARN',
  50: 'ERROR',
  60: 'FATAL',
};

/** Lines a person reads: time, level, message, then the other fields as name=value. */
function textStream(): DestinationStream {
  const out = destination({ dest: 2, sync: false });
  return {
    write(line: string): void {
      const { time, level, msg, ...rest } = JSON.parse(line) as Record<string, unknown>;
      const fields = Object.entries(rest).map(([name, value]) => ` ${name}=${plain(value)}`);
      out.write(`${time} ${levelNames[level as number]} ${msg}${fields.join('')}\n`);
    },
  };
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
