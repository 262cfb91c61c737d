// SHOW CONFIG: every key of [general], [tcp] and [rewrite] with the value in force. Columns are
// PgBouncer's, whose tools count them.

import type { Config } from '../../config/config.ts';
import type { Keys } from '../../config/key.ts';
import { defaultOf } from '../../config/section-reader.ts';
import { sections } from '../../config/sections.ts';
import { text } from '../column.ts';
import type { View } from '../view.ts';

/** A change of these needs a restart. */
const fixedKeys = new Set([
  'host',
  'port',
  'workers',
  'openmetrics_host',
  'openmetrics_port',
  'openmetrics_namespace',
  'healthcheck_port',
]);

interface SettingRow {
  readonly key: string;
  readonly value: unknown;
  readonly byDefault: unknown;
}

function rowsOf(prefix: string, keys: Keys, values: object): SettingRow[] {
  return Object.entries(keys).map(([property, key]) => ({
    key: prefix + key.name,
    value: (values as Readonly<Record<string, unknown>>)[property],
    byDefault: defaultOf(key),
  }));
}

function allRows(config: Config): SettingRow[] {
  return [
    ...rowsOf('', sections.general.keys, config.general),
    ...rowsOf('tcp.', sections.tcp.keys, config.tcp),
    ...rowsOf('rewrite.', sections.rewrite.keys, config.rewrite),
  ];
}

/** As the file would have it; `none` where nothing limits. */
function shown(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (value === Number.POSITIVE_INFINITY) return 'none';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

export const configView: View<SettingRow> = {
  name: 'CONFIG',
  meaning: 'Settings in force.',
  rows: ({ config }) => allRows(config),
  columns: [
    text('key', 'As docs/configuration.md lists it.', row => row.key),
    text('value', 'In force.', row => shown(row.value)),
    text('default', 'Without the key.', row => shown(row.byDefault)),
    text('changeable', '`yes`: RELOAD changes it.', row => (fixedKeys.has(row.key) ? 'no' : 'yes')),
  ],
};
