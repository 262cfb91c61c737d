// MD5 password authentication: `md5` + md5(md5(password + user) + salt), hex throughout
// (protocol documentation, AuthenticationMD5Password; src/common/md5_common.c).

import { createHash } from 'node:crypto';

/** What a server stores: `md5` and 32 hex digits. */
export function md5Hash(user: string, password: string): string {
  return `md5${md5(Buffer.from(password + user, 'utf8'))}`;
}

/** The answer to a challenge. `salt`: its 4 bytes; `hash` as `md5Hash` returns it. */
export function md5Answer(hash: string, salt: Buffer): string {
  return `md5${md5(Buffer.concat([Buffer.from(hash.slice(3), 'latin1'), salt]))}`;
}

function md5(data: Buffer): string {
  return createHash('md5').update(data).digest('hex');
}
