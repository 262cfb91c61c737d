// The centroids of a sharded vector column, from the configuration or from a file of their own: a
// JSON array of arrays of numbers, all of one length, as PgDog reads it.

import { readFileSync } from 'node:fs';
import type { Report } from './report.ts';
import type { Entry } from './section-reader.ts';
import { centroidList, type ShardedTableEntry } from './sharding-keys.ts';
import type { TomlValue } from './value-type.ts';

type Centroids = readonly (readonly number[])[];

/** Empty where there are none; what is wrong is reported. */
export function buildCentroids(entry: Entry<ShardedTableEntry>, report: Report): Centroids {
  const { centroids: written, centroidsPath } = entry.values;
  if (written.length > 0 && centroidsPath !== null) {
    report.error(entry.at('centroids_path'), 'centroids is there as well', 'remove one of them');
  }
  const key = centroidsPath === null ? 'centroids' : 'centroids_path';
  const centroids = centroidsPath === null ? written : readCentroids(centroidsPath, entry, report);
  const dimensions = centroids[0]?.length;
  const other = centroids.findIndex(({ length }) => length === 0 || length !== dimensions);
  if (other < 0) return centroids;
  const message = `centroid ${other + 1} has ${centroids[other]!.length} dimensions`;
  const fix = dimensions === 0 ? 'write numbers' : `write ${dimensions}, as in the first`;
  report.error(entry.at(key), message, fix);
  return [];
}

function readCentroids(path: string, entry: Entry<ShardedTableEntry>, report: Report): Centroids {
  try {
    const parsed = centroidList.parse(JSON.parse(readFileSync(path, 'utf8')) as TomlValue);
    if (parsed.ok) return parsed.value;
    report.error(entry.at('centroids_path'), `${path}: ${parsed.message}`, parsed.fix);
  } catch (error) {
    const { message } = error as Error;
    report.error(entry.at('centroids_path'), `${path}: ${message}`, 'name a JSON file');
  }
  return [];
}
