// Whom root hands the servers to.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePasswd, unprivilegedUser } from '../../src/embedded/system-user.ts';

test('lines of passwd give ids, comments and broken lines are passed over', () => {
  const users = parsePasswd(
    '# macOS begins with comments\nroot:x:0:0:root:/root:/bin/sh\nnobody:*:-2:-2::/:/bin/false\n' +
      'postgres:x:101:104:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash\nbroken\n',
  );
  assert.deepEqual([...users.keys()], ['root', 'postgres']);
  assert.deepEqual(users.get('postgres'), { uid: 101, gid: 104 });
});

test('an ordinary user runs the servers as itself and root never as root', () => {
  const user = unprivilegedUser();
  if (process.getuid?.() === 0) assert.notEqual(user?.uid, 0);
  else assert.equal(user, null);
});
