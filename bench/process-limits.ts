// How many files a process may have open, from /proc: proc_pid_limits(5). Node.js raises its own
// soft limit to the hard one at its start, and children inherit that.

import { readFileSync } from 'node:fs';

/** Files that a proxy has open besides its clients' sockets. */
const reserve = 500;

/** As many clients as are wanted, or as a process may have; `why` says what is in the way. */
export function clientsAllowed(wanted: number): { clients: number; why: string | null } {
  const line = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
  const files = line?.[1] === 'unlimited' ? Number.POSITIVE_INFINITY : Number(line?.[1] ?? 1_024);
  if (files >= wanted + reserve) return { clients: wanted, why: null };
  const clients = Math.max(1, files - reserve);
  return { clients, why: `${clients} clients, not ${wanted}: a process may open ${files} files` };
}
