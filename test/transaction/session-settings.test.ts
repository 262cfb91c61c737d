// A session's settings through transactions, savepoints, RESET and changes of user.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SettingsRegistry } from '../../src/backend/settings-registry.ts';
import { SessionSettings } from '../../src/transaction/session-settings.ts';

function session(startup: Readonly<Record<string, string>> = {}): SessionSettings {
  return new SessionSettings(new SettingsRegistry(), new Map(Object.entries(startup)));
}

const shown = ({ current }: SessionSettings) => Object.fromEntries(current);

test('what a rolled back transaction set is undone, what a committed one set stays', () => {
  const settings = session({ a: 'startup' });
  const { id } = settings;
  settings.begin();
  settings.set('a', 'changed');
  settings.set('b', 'new');
  assert.notEqual(settings.id, id);
  settings.end(false);
  assert.deepEqual(shown(settings), { a: 'startup' });
  assert.equal(settings.id, id);
  settings.begin();
  settings.set('b', 'new');
  settings.end(true);
  assert.deepEqual(shown(settings), { a: 'startup', b: 'new' });
});

test('a block that is open is not begun again', () => {
  const settings = session();
  assert.equal(settings.begin(), true);
  settings.set('a', '1');
  assert.equal(settings.begin(), false);
  settings.end(false);
  assert.deepEqual(shown(settings), {});
});

test('ROLLBACK TO keeps the savepoint, RELEASE joins it to what is around it', () => {
  const settings = session();
  settings.begin();
  settings.savepoint('s');
  settings.set('a', '1');
  assert.equal(settings.rollbackTo('s'), true);
  settings.set('a', '2');
  assert.equal(settings.rollbackTo('s'), true);
  assert.deepEqual(shown(settings), {});
  settings.set('a', '3');
  settings.release('s');
  assert.equal(settings.rollbackTo('s'), false);
  settings.end(true);
  assert.deepEqual(shown(settings), { a: '3' });
});

test('SET LOCAL of the search path and of the role counts until its block ends', () => {
  const settings = session({ search_path: 'startup' });
  settings.setLocal('search_path', 'outside a block');
  assert.equal(settings.searchPath, 'startup');
  settings.begin();
  settings.setLocal('search_path', 'local');
  settings.savepoint('s');
  settings.setLocal('role', 'SET LOCAL ROLE x');
  assert.deepEqual([settings.searchPath, settings.role], ['local', 'SET LOCAL ROLE x;']);
  settings.rollbackTo('s');
  assert.deepEqual([settings.searchPath, settings.role], ['local', '']);
  settings.set('search_path', 'session');
  assert.equal(settings.searchPath, 'session');
  settings.end(true);
  assert.equal(settings.searchPath, 'session');
});

test('session authorization takes the role with it', () => {
  const plain = session();
  plain.set('role', 'SET ROLE a');
  plain.set('session_authorization', 'SET SESSION AUTHORIZATION b');
  assert.deepEqual(shown(plain), { session_authorization: 'SET SESSION AUTHORIZATION b' });
  plain.set('role', 'SET ROLE a');
  plain.reset('session_authorization');
  assert.deepEqual(shown(plain), {});
  const started = session({ role: 'SET ROLE startup' });
  started.set('session_authorization', 'SET SESSION AUTHORIZATION b');
  assert.equal(started.current.get('role'), 'SET ROLE NONE');
  started.reset('session_authorization');
  assert.equal(started.current.get('role'), 'SET ROLE startup');
});

test('RESET ALL keeps who the client is, DISCARD ALL does not', () => {
  const settings = session({ a: 'startup' });
  settings.set('role', 'SET ROLE x');
  settings.set('a', 'changed');
  settings.resetAll(true);
  assert.deepEqual(shown(settings), { a: 'startup', role: 'SET ROLE x' });
  settings.resetAll(false);
  assert.deepEqual(shown(settings), { a: 'startup' });
});
