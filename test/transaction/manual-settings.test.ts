// Levels and transactions of the settings that no server hears of, as PostgreSQL has them for its
// own (guc.c).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SettingsRegistry } from '../../src/backend/settings-registry.ts';
import type { Directive } from '../../src/plan/directive.ts';
import { nothingManual } from '../../src/transaction/manual-settings.ts';
import { SessionSettings } from '../../src/transaction/session-settings.ts';

const shard = (number: number): Directive => ({ kind: 'shard', shard: number });
const key: Directive = { kind: 'key', value: 'a' };

function started(startup: Directive | null = null): SessionSettings {
  const manual = { ...nothingManual, directive: startup };
  return new SessionSettings(new SettingsRegistry(), new Map(), manual);
}

test('SET LOCAL comes before SET, and SET before the startup packet', () => {
  const settings = started(shard(0));
  const { manual } = settings;
  settings.begin();
  manual.set('directive', shard(1), false);
  assert.deepEqual(manual.directive, shard(1));
  manual.set('directive', shard(2), true);
  assert.deepEqual(manual.directive, shard(2));
  settings.end(true);
  assert.deepEqual(manual.directive, shard(1));
  manual.reset('pgdog.shard', false);
  assert.deepEqual(manual.directive, shard(0));
});

test('SET takes the place of an earlier SET LOCAL', () => {
  const settings = started();
  const { manual } = settings;
  settings.begin();
  manual.set('directive', shard(1), true);
  manual.set('directive', shard(2), false);
  settings.end(true);
  assert.deepEqual(manual.directive, shard(2));
});

test('a rollback undoes both, ROLLBACK TO what came behind the savepoint', () => {
  const settings = started();
  const { manual } = settings;
  settings.begin();
  manual.set('directive', shard(1), false);
  settings.savepoint('a');
  manual.set('directive', shard(2), true);
  manual.set('role', 'replica', true);
  settings.rollbackTo('a');
  assert.deepEqual(manual.directive, shard(1));
  assert.equal(manual.values.role, null);
  settings.end(false);
  assert.equal(manual.directive, null);
});

test('a local setting can switch the directive of the session off', () => {
  const settings = started(shard(1));
  const { manual } = settings;
  settings.begin();
  manual.set('directive', null, true);
  assert.equal(manual.directive, null);
  settings.end(true);
  assert.deepEqual(manual.directive, shard(1));
});

test('RESET of the other name leaves the directive', () => {
  const { manual } = started();
  manual.set('directive', key, false);
  manual.reset('pgdog.shard', false);
  assert.deepEqual(manual.directive, key);
  manual.reset('pgdog.sharding_key', false);
  assert.equal(manual.directive, null);
});

test('RESET ALL goes back to the startup packet, the local settings included', () => {
  const settings = started(shard(1));
  const { manual } = settings;
  settings.begin();
  manual.set('directive', shard(2), true);
  manual.set('role', 'primary', false);
  settings.resetAll(true);
  assert.deepEqual(manual.directive, shard(1));
  assert.equal(manual.values.role, null);
});
