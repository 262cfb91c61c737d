// PgPack's version, as package.json has it.

import { readFileSync } from 'node:fs';

let known: string | null = null;

export function version(): string {
  known ??= (JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string }).version;
  return known;
}

const packageFile = new URL('../../package.json', import.meta.url);
