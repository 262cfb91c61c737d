// How often each error of the catalogue went to a client, in this process or worker. Errors are
// made in many places and answered in one, which knows no database; hence one count for all.

const counts = new Map<string, number>();

export function countError(id: string): void {
  counts.set(id, (counts.get(id) ?? 0) + 1);
}

/** By id of the error catalogue; those that never happened are not in it. */
export function errorCounts(): ReadonlyMap<string, number> {
  return counts;
}
