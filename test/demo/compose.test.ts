// docker-compose.yml and docker/pgdog.toml say the same as each other and as the repository's own
// configuration. There is no container engine here: that they run is not tested.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load-config.ts';
import type { Database } from '../../src/config/topology.ts';
import { projectRoot, readProjectFile } from '../support/source-tree.ts';

function load(path: string): Database {
  const usersPath = join(projectRoot, 'users.toml');
  const configPath = join(projectRoot, path);
  const { config, warnings } = loadConfig({ configPath, usersPath, databaseUrls: [], env: {} });
  assert.deepEqual(warnings, []);
  return config.databases.get('pgpack')!;
}

test('the configuration of the containers shards as the repository’s own does', () => {
  const [own, containers] = [load('pgdog.toml'), load('docker/pgdog.toml')];
  assert.deepEqual(containers.shardedTables, own.shardedTables);
  assert.deepEqual(containers.omnishardedTables, own.omnishardedTables);
  assert.equal(containers.shards.length, own.shards.length);
});

test('every shard of the containers’ configuration is a service', () => {
  const services = readProjectFile('docker-compose.yml').match(/(?<=^ {2})[\w-]+(?=:)/gm) ?? [];
  const hosts = load('docker/pgdog.toml').shards.map(({ servers }) => servers[0]?.host ?? '');
  assert.deepEqual(
    services.filter(name => name.startsWith('shard-')),
    hosts,
  );
});
