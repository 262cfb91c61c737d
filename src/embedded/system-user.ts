// Who runs the embedded servers. initdb and postgres refuse to run as root (src/backend/main/main.c,
// check_root), so root hands them to a system user that exists already; nothing is added to the
// machine. Anybody else runs them as themselves.

import { readFileSync } from 'node:fs';

export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
}

/** Looked for in this order: distributions that ship PostgreSQL have the first, all have the last. */
const candidates = ['postgres', '_postgres', 'nobody'];

/** The user whom root must run the servers as, or null where this process may run them itself. */
export function unprivilegedUser(): SystemUser | null {
  if (process.getuid?.() !== 0) return null;
  const users = parsePasswd(readFileSync('/etc/passwd', 'utf8'));
  for (const name of candidates) {
    const user = users.get(name);
    if (user !== undefined && user.uid !== 0) return user;
  }
  throw new Error(
    `PostgreSQL does not run as root and /etc/passwd has none of ${candidates.join(', ')}: ` +
      'start this as an ordinary user',
  );
}

/** Names to ids, from the lines of passwd(5). */
export function parsePasswd(text: string): Map<string, SystemUser> {
  const users = new Map<string, SystemUser>();
  for (const line of text.split('\n')) {
    const [name, , uid, gid] = line.split(':');
    if (!name || !/^\d+$/.test(uid ?? '') || !/^\d+$/.test(gid ?? '')) continue;
    users.set(name, { uid: Number(uid), gid: Number(gid) });
  }
  return users;
}
