// One configuration file: its parsed table, and where in it each key is. Relies on smol-toml for
// parsing; a syntax error becomes a problem like any other.

import { readFileSync } from 'node:fs';
import { parse, TomlError } from 'smol-toml';
import type { Place, Report } from './report.ts';
import { showPath, type TomlPath, TomlPositions } from './toml-positions.ts';
import type { TomlValue } from './value-type.ts';

export class TomlSource {
  readonly file: string;
  readonly table: Readonly<Record<string, TomlValue>>;
  readonly #positions: TomlPositions;

  constructor(file: string, text: string, table: Readonly<Record<string, TomlValue>>) {
    this.file = file;
    this.table = table;
    this.#positions = new TomlPositions(text);
  }

  place(path: TomlPath): Place {
    return { file: this.file, line: this.#positions.lineOf(path), key: showPath(path) };
  }
}

/** The file, or null when it cannot be read or parsed, which is reported. */
export function readTomlSource(file: string, report: Report): TomlSource | null {
  const whole: Place = { file, line: null, key: '' };
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    report.error(
      whole,
      missing ? 'the file does not exist' : `the file cannot be read (${(error as Error).message})`,
      'name another with --config or --users, or give --database-url',
    );
    return null;
  }
  return parseTomlSource(file, text.replace(/^\uFEFF/, ''), report);
}

function parseTomlSource(file: string, text: string, report: Report): TomlSource | null {
  try {
    const table = parse(text, { integersAsBigInt: 'asNeeded', unsafeKeyBehaviour: 'throw' });
    return new TomlSource(file, text, table as unknown as Readonly<Record<string, TomlValue>>);
  } catch (error) {
    const at = error instanceof TomlError ? error : null;
    const reason = ((error as Error).message.split('\n')[0] ?? '').replace(
      /^Invalid TOML document: /,
      '',
    );
    report.error(
      { file, line: at?.line ?? null, key: '' },
      `TOML syntax error${at === null ? '' : ` at column ${at.column}`}: ${reason}`,
      '',
    );
    return null;
  }
}
