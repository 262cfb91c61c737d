// Programs of other packages that the benchmark uses where they are installed.

import { accessSync, constants, globSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where Debian keeps what is not in PATH; the newest version first. */
const furtherPlaces = ['/usr/lib/postgresql/*/bin', '/usr/pgsql-*/bin', '/usr/sbin'];

/** Its path, or null. */
export function findProgram(name: string): string | null {
  const inPath = (process.env['PATH'] ?? '').split(delimiter).filter(place => place !== '');
  const further = furtherPlaces.flatMap(place => globSync(place).sort().reverse());
  for (const directory of [...inPath, ...further]) {
    const path = join(directory, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not here: the next.
    }
  }
  return null;
}
